"""The register of one million transfers: rebuilt from raw logs, and asked for as of any block.

The transfers are really made, on an embedded chain, by batches; then a cold process reads the logs.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from tallystick.app.captable import register
from tallystick.bench.gas import REGISTRY, SEED, TOKEN, Scene, identity_alone
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.fold import Book
from tallystick.gateways.chain.indexer import rebuild
from tallystick.gateways.chain.rpc import Rpc

BATCH = 100
BUDGETS = {"rebuild_s_1m": 60.0, "captable_s_100k": 1.0}
"""Seconds, for one million transfers and one hundred thousand holders."""

Report = Callable[[int, int], None]


def populate(scene: Scene, holders: int, transfers: int, report: Report | None) -> Wallet:
    """Admit holders, issue to each, and make transfers between them; returns the token."""
    token, _ = scene.issue("Register", identity_alone())
    chance = random.Random(SEED)  # noqa: S311 - a seed, so that figures repeat
    wallets = [f"0x{chance.getrandbits(160):040x}" for _ in range(holders)]
    movers = [scene.account() for _ in range(4)]
    named = [mover.address for mover in movers] + wallets
    total = 2 * len(named) + transfers
    done = 0
    for start in range(0, len(named), BATCH):
        part = named[start : start + BATCH]
        records = [scene.record() for _ in part]
        scene.gas(scene.issuer, REGISTRY, scene.registry, "admitBatch", part, records)
        scene.act("batchMint", token, part, [10**9] * len(part))
        done += 2 * len(part)
        if report is not None:
            report(done, total)
    for start in range(0, transfers, BATCH):
        count = min(BATCH, transfers - start)
        targets = [wallets[chance.randrange(holders)] for _ in range(count)]
        mover = movers[start // BATCH % len(movers)]
        scene.gas(mover, TOKEN, token, "batchTransfer", targets, [1 + start % 7] * count)
        if report is not None:
            report(done + start + count, total)
    return Wallet(token)


def ask(url: str, registry: str, token: str) -> dict[str, Any]:
    """What a cold process does: rebuild from logs, then ask for registers as of random blocks."""
    rpc = Rpc(url)
    started = time.perf_counter()
    book: Book = rebuild(rpc, Wallet(registry))
    rebuilt_s = time.perf_counter() - started
    chance = random.Random(SEED)  # noqa: S311 - a seed, so that figures repeat
    answers = []
    for _ in range(5):
        block = chance.randrange(book.block * 3 // 4, book.block + 1)
        started = time.perf_counter()
        found = register("BENCH", book, Wallet(token), {}, now_s=0, as_of=block)
        answers.append(time.perf_counter() - started)
    history = book.histories[Wallet(token)]
    rpc.close()
    return {
        "rebuild_s": rebuilt_s,
        "captable_s": sorted(answers)[len(answers) // 2],
        "holders": len(found.lines),
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
