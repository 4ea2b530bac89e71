"""The register of one million transfers: rebuilt from raw logs, and asked for as of any block.

The transfers are really made, on an embedded chain, by batches; then a cold process reads the logs.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from eth_account.signers.local import LocalAccount

from tallystick.app.captable import register
from tallystick.app.workspace import ListedSecurity
from tallystick.bench.gas import REGISTRY, SEED, TOKEN, Scene, identity_alone
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.embedded.anvil import BLOCK_GAS
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.fold import Book
from tallystick.gateways.chain.indexer import rebuild
from tallystick.gateways.chain.rpc import Rpc

BATCH = 100
# Gas that a transaction may use; as many as fit share a block.
ARRIVAL_GAS = 5_000_000
MOVE_GAS = 2_400_000
BUDGETS = {"rebuild_s_1m": 60.0, "captable_s_100k": 1.0}
# Random blocks that a register is asked for; the figure is the slowest answer.
ASKED = 5
"""Seconds, for one million transfers and one hundred thousand holders."""

Report = Callable[[int, int], None]
Call = tuple[LocalAccount, str, str]


def populate(scene: Scene, holders: int, transfers: int, report: Report | None) -> Wallet:
    """Admit holders, issue to each, and make transfers between them; returns the token."""
    token, _ = scene.issue("Register", identity_alone())
    chance = random.Random(SEED)  # noqa: S311 - a seed, so that figures repeat
    wallets = [f"0x{chance.getrandbits(160):040x}" for _ in range(holders)]
    movers = [scene.account() for _ in range(4)]
    arrivals = list(_arrivals(scene, token, [mover.address for mover in movers] + wallets))
    moves = list(_moves(token, movers, wallets, transfers, chance))
    done, total = 0, len(arrivals) + len(moves)
    for calls, gas in ((arrivals, ARRIVAL_GAS), (moves, MOVE_GAS)):
        scene.gas_limit = gas
        together = BLOCK_GAS // gas
        for start in range(0, len(calls), together):
            part = calls[start : start + together]
            scene.send_together(part)
            done += len(part)
            if report is not None:
                report(done, total)
    return Wallet(token)


def _arrivals(scene: Scene, token: str, wallets: list[str]) -> Iterator[Call]:
    admit, mint = REGISTRY.function("admitBatch"), TOKEN.function("batchMint")
    for start in range(0, len(wallets), BATCH):
        part = wallets[start : start + BATCH]
        records = [scene.record() for _ in part]
        yield scene.issuer, scene.registry, admit.encode(part, records)
        yield scene.issuer, token, mint.encode(part, [10**9] * len(part))


def _moves(
    token: str, movers: list[LocalAccount], wallets: list[str], transfers: int,
    chance: random.Random,
) -> Iterator[Call]:  # fmt: skip
    move = TOKEN.function("batchTransfer")
    for start in range(0, transfers, BATCH):
        count = min(BATCH, transfers - start)
        targets = [wallets[chance.randrange(len(wallets))] for _ in range(count)]
        mover = movers[start // BATCH % len(movers)]
        yield mover, token, move.encode(targets, [1 + start % 7] * count)


def ask(url: str, registry: str, token: str) -> dict[str, Any]:
    """What a cold process does: rebuild from logs, then ask for registers as of random blocks."""
    rpc = Rpc(url)
    started = time.perf_counter()
    book: Book = rebuild(rpc, Wallet(registry))
    rebuilt_s = time.perf_counter() - started
    listed = ListedSecurity("BENCH", "Benchmark", 0, Wallet(token), "", {})
    chance = random.Random(SEED)  # noqa: S311 - a seed, so that figures repeat
    answers: list[float] = []
    holders = len(register(listed, book, {}, now_s=0).lines)
    while len(answers) < ASKED:
        block = chance.randrange(book.block + 1)
        started = time.perf_counter()
        found = register(listed, book, {}, now_s=0, as_of=block)
        took_s = time.perf_counter() - started
        # Earlier than the last of them arrived there are fewer to be told of.
        if len(found.lines) == holders:
            answers.append(took_s)
    history = book.histories[listed.token]
    rpc.close()
    return {
        "rebuild_s": rebuilt_s,
        "captable_s": max(answers),
        "holders": holders,
        "changes": len(history.blocks),
    }


def run(
    *, holders: int = 100_000, transfers: int = 1_000_000, report: Report | None = None
) -> dict[str, Any]:
    """Measure: `figures` in seconds, scaled to nothing; `size` says what was measured."""
    with (
        TemporaryDirectory() as folder,
        Hosting(
            Path(folder) / "chain.sqlite", clock=lambda: int(time.time()), sandbox=True
        ) as hosting,
    ):
        scene = Scene(hosting)
        token = populate(scene, holders, transfers, report)
        command = [sys.executable, "-m", "tallystick.bench.register", hosting.url, scene.registry,
                   token]  # fmt: skip
        answer = subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - ourselves
        scene.close()
    found = msgspec.json.decode(answer.stdout)
    return {
        "figures": {"rebuild_s_1m": found["rebuild_s"], "captable_s_100k": found["captable_s"]},
        "budgets": BUDGETS,
        "size": {"transfers": transfers, "holders": found["holders"], "changes": found["changes"]},
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(ask(*sys.argv[1:4])))
