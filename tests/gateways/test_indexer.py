"""The indexer: whatever the chain takes back, the book equals a fresh rebuild."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from eth_account import Account

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.fold import Book
from tallystick.gateways.chain.indexer import Index, pack_book, rebuild, unpack_book
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.chain.outbox import Outbox
from tallystick.gateways.chain.platform import deploy_platform
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.migrate import migrate
from tallystick.securities.claims import Claims
from tallystick.securities.packing import pack_record, pack_rules
from tallystick.securities.proposal import RuleSet
from tests.support.node import CHAIN_ID, FUNDED_KEY, NODES, Node, plain_node

TOKEN, REGISTRY, FACTORY = (
    contract(name) for name in ("SecurityToken", "IdentityRegistry", "Factory")
)
SIGNER = LocalSigner(Account.from_key(FUNDED_KEY))
ME = SIGNER.wallet
VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
WALLETS = [Wallet(f"0x{number:040x}") for number in range(0x100, 0x10A)]


class Issuer:
    """An issuer on a plain node, with an outbox that keeps its acts through re-organisations."""

    def __init__(self, node: Node, folder: Path) -> None:
        self.node = node
        self.rpc = node.rpc
        engine = open_sqlite(folder / "store.sqlite")
        migrate(engine)
        self.outbox = Outbox(engine, self.rpc, chain_id=CHAIN_ID, wait_s=30)
        self.step = 0
        platform = deploy_platform(lambda name, data: self.send(name, "", data).created)
        factory = Wallet(platform.factory)
        self.registry = self._made(factory, FACTORY, "createRegistry", ME, ME, ME)
        terms = ("Acme", "ACME", 0, b"\x01" * 32, self.registry, NOBODY, ME, ME, ME, False, True,
                 pack_rules(RuleSet(lock_up=True, holding_period_s=60, retail_max=50)))  # fmt: skip
        self.token = self._made(factory, FACTORY, "issue", terms)
        for number, wallet in enumerate(WALLETS):
            record = pack_record(number=number + 1, country="DE", claims=VERIFIED)
            self.act(REGISTRY, self.registry, "admit", wallet, record)

    def send(self, key: str, to: str, data: str) -> Any:
        [done] = self.outbox.carry_out([Intent(key, ME, to, data)], SIGNER)
        return done

    def act(self, target: Any, to: str, name: str, *args: Any) -> Any:
        self.step += 1
        return self.send(f"{self.step}-{name}", to, target.function(name).encode(*args))

    def _made(self, factory: Wallet, target: Any, name: str, *args: Any) -> Wallet:
        done = self.act(target, factory, name, *args)
        receipt = self.rpc.call("eth_getTransactionReceipt", done.tx_hash)
        logs = [log for log in receipt["logs"] if log["address"] == factory]
        return Wallet("0x" + logs[-1]["topics"][1][-40:])

    def move(self, chance: random.Random) -> None:
        giver, taker = chance.sample(WALLETS, 2)
        amount = chance.randrange(1, 50)
        act = chance.choice(["mint", "mint", "forcedTransfer", "burn", "freezePartialTokens"])
        args = {"mint": (taker, amount), "forcedTransfer": (giver, taker, amount)}
        data = TOKEN.function(act).encode(*args.get(act, (giver, amount)))
        call = {"from": ME, "to": self.token, "data": data}
        try:
            self.rpc.call("eth_call", call, "latest")
        except Exception:  # noqa: BLE001 - the chain refuses it; then it is not tried
            return
        self.act(TOKEN, self.token, act, *args.get(act, (giver, amount)))


@pytest.fixture(scope="module", params=NODES)
def node(request: pytest.FixtureRequest) -> Iterator[Node]:
    with plain_node(request.param) as made:
        yield made


@pytest.fixture
def issuer(node: Node, tmp_path: Path) -> Iterator[Issuer]:
    start = node.mark()
    yield Issuer(node, tmp_path)
    node.take_back(start)


def test_reorganisations_end_in_a_fresh_rebuild(
    issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallystick.gateways.chain.indexer.CHECKPOINT_BLOCKS", 3)
    chance = random.Random(11)
    index = Index(tmp_path / "index", issuer.rpc, issuer.registry)
    marks = [issuer.node.mark()]
    for _ in range(40):
        issuer.move(chance)
        marks.append(issuer.node.mark())
        if chance.random() < 0.2:
            at = chance.randrange(len(marks))
            issuer.node.take_back(marks[at])
            marks = [*marks[:at], issuer.node.mark()]
            if chance.random() < 0.5:
                assert index.book() == rebuild(issuer.rpc, issuer.registry)
            issuer.outbox.reconcile()
        assert index.book() == rebuild(issuer.rpc, issuer.registry)
    book = index.book()
    security = book.securities[issuer.token]
    function = TOKEN.function("balanceOf")
    for wallet in WALLETS:
        call = {"to": issuer.token, "data": function.encode(wallet)}
        seen = function.decode(issuer.rpc.call("eth_call", call, "latest"))
        assert seen == security.balances.get(wallet, 0)


def test_the_register_as_of_a_block_is_what_it_was_then(issuer: Issuer) -> None:
    chance = random.Random(5)
    seen: dict[int, dict[Wallet, int]] = {}
    for _ in range(25):
        issuer.move(chance)
        book = rebuild(issuer.rpc, issuer.registry)
        balances = book.securities[issuer.token].balances
        seen[book.block] = {wallet: units for wallet, units in balances.items() if units}
    history = rebuild(issuer.rpc, issuer.registry).histories[issuer.token]
    for block, balances in seen.items():
        assert history.as_of(block) == balances
    assert history.as_of(0) == {}


def test_a_checkpoint_is_the_book(issuer: Issuer) -> None:
    chance = random.Random(3)
    for _ in range(15):
        issuer.move(chance)
    book = rebuild(issuer.rpc, issuer.registry)
    assert unpack_book(msgspec.msgpack.decode(msgspec.msgpack.encode(pack_book(book)))) == book


def test_a_checkpoint_holds_more_units_than_a_word_of_the_machine(tmp_path: Path) -> None:
    """A thousand units of 18 decimals are more than 2**64: a checkpoint could not be written."""
    book, token, holder = Book(block=1), Wallet("0x" + "aa" * 20), Wallet("0x" + "bb" * 20)
    book.add(token)
    book.securities[token].balances[holder] = 2**111
    book.securities[token].approvals[None, holder, 2**111] = 7
    path = tmp_path / "checkpoint"
    path.write_bytes(msgspec.msgpack.encode(pack_book(book)))
    assert unpack_book(msgspec.msgpack.decode(path.read_bytes())) == book


@pytest.mark.parametrize("damage", ["torn", "empty", "foreign"])
def test_a_damaged_checkpoint_is_thrown_away(
    issuer: Issuer, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallystick.gateways.chain.indexer.CHECKPOINT_BLOCKS", 1)
    index = Index(tmp_path / "index", issuer.rpc, issuer.registry)
    book = index.book()
    [path] = (tmp_path / "index").glob("*.checkpoint")
    data = path.read_bytes()
    path.write_bytes({"torn": data[: len(data) // 2], "empty": b"", "foreign": b"\x93\x01\x02\x03"}[
        damage
    ])  # fmt: skip
    assert index.book() == book
