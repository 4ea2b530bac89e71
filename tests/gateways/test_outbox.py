"""The outbox: nothing is lost, nothing is doubled; not by a crash, not by a re-organisation."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from tallystick.core.errors import Conflict, Refused, Unavailable
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.intents import Intent, Intents
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.chain.outbox import Outbox
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.migrate import migrate
from tests.support.node import CHAIN_ID, FUNDED_KEY, NODES, Node, plain_node

CASH = contract("Cash")
SIGNER = LocalSigner(Account.from_key(FUNDED_KEY))


class Bank:
    """A cash token whose agent is the funded account, and an outbox to mint with."""

    def __init__(self, node: Node, folder: Path) -> None:
        self.node = node
        self.rpc = node.rpc
        self.folder = folder
        self.outbox = self.open()
        data = CASH.creation("Cash", "USDX", 6, SIGNER.wallet)
        [done] = self.outbox.carry_out([Intent("cash", SIGNER.wallet, "", data)], SIGNER)
        self.cash = done.created
        self.do("agent", "addAgent", SIGNER.wallet)

    def open(self) -> Outbox:
        engine = open_sqlite(self.folder / "store.sqlite")
        migrate(engine)
        return Outbox(engine, self.rpc, chain_id=CHAIN_ID, wait_s=20)

    def intent(self, key: str, name: str, *args: Any) -> Intent:
        return Intent(key, SIGNER.wallet, self.cash, CASH.function(name).encode(*args))

    def do(self, key: str, name: str, *args: Any) -> None:
        self.outbox.carry_out([self.intent(key, name, *args)], SIGNER)

    def balance(self, who: str) -> int:
        function = CASH.function("balanceOf")
        call = {"to": self.cash, "data": function.encode(who)}
        return int(function.decode(self.rpc.call("eth_call", call, "latest")))


@pytest.fixture(scope="module", params=NODES)
def node(request: pytest.FixtureRequest) -> Iterator[Node]:
    with plain_node(request.param) as made:
        yield made


@pytest.fixture
def bank(node: Node, tmp_path: Path) -> Iterator[Bank]:
    start = node.mark()
    yield Bank(node, tmp_path)
    node.take_back(start)


ANN = "0x" + "a1" * 20


def test_the_same_key_again_does_nothing_twice(bank: Bank) -> None:
    bank.do("pay-1", "mint", ANN, 5)
    bank.do("pay-1", "mint", ANN, 5)
    assert bank.balance(ANN) == 5


def test_a_key_stands_for_one_act(bank: Bank) -> None:
    bank.do("pay-1", "mint", ANN, 5)
    with pytest.raises(Conflict) as raised:
        bank.do("pay-1", "mint", ANN, 6)
    assert raised.value.code == "idempotency-key-reused"


def test_what_the_chain_would_refuse_is_not_sent(bank: Bank) -> None:
    before = bank.rpc.call("eth_getTransactionCount", SIGNER.wallet, "latest")
    with pytest.raises(Refused) as raised:
        bank.do("burn", "burn", 10)
    assert raised.value.code == "insufficient-balance"
    assert bank.rpc.call("eth_getTransactionCount", SIGNER.wallet, "latest") == before
    bank.do("mint", "mint", SIGNER.wallet, 10)
    bank.do("burn", "burn", 10)
    assert bank.balance(SIGNER.wallet) == 0


def test_an_act_is_done_once_so_many_blocks_follow_it(bank: Bank) -> None:
    engine = open_sqlite(bank.folder / "store.sqlite")
    waiting = Outbox(engine, bank.rpc, chain_id=CHAIN_ID, confirmations=2, wait_s=0.3)
    pay = [bank.intent("pay", "mint", ANN, 5)]
    for _ in range(2):
        with pytest.raises(Unavailable) as raised:
            waiting.carry_out(pay, SIGNER)
        assert raised.value.code == "transaction-unconfirmed"
        bank.rpc.call("evm_mine")
    [done] = waiting.carry_out(pay, SIGNER)
    assert int(bank.rpc.call("eth_blockNumber"), 16) == done.block_number + 2
    assert bank.balance(ANN) == 5


class Crash(BaseException):
    """The program ends here."""


STEPS = [
    (Intents, "note"), (Outbox, "_estimate"), (Outbox, "_sign"), (Intents, "sign"),
    (Outbox, "_send_latest"), (Outbox, "_await_receipt"), (Intents, "settle"),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "step"), STEPS, ids=[step for _, step in STEPS])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_step_neither_loses_nor_doubles(
    bank: Bank, owner: type, step: str, *, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(owner, step)

    def crash(self: object, *args: Any, **kwargs: Any) -> Any:
        if after:
            real(self, *args, **kwargs)
        raise Crash

    monkeypatch.setattr(owner, step, crash)
    with pytest.raises(Crash):
        bank.do("pay", "mint", ANN, 7)
    monkeypatch.undo()
    bank.outbox = bank.open()
    bank.do("pay", "mint", ANN, 7)
    assert bank.balance(ANN) == 7
    assert bank.outbox.unfinished() == []


def test_reorganisations_of_any_depth_leave_each_intent_done_once(bank: Bank) -> None:
    chance = random.Random(7)
    expected = 0
    marks = [bank.node.mark()]
    for number in range(40):
        bank.do(f"pay-{number}", "mint", ANN, number + 1)
        expected += number + 1
        marks.append(bank.node.mark())
        if chance.random() < 0.3:
            at = chance.randrange(len(marks))
            bank.node.take_back(marks[at])
            bank.outbox.reconcile()
            # A node that was just sent something seals it in its own time.
            for _ in range(500):
                if not bank.outbox.unfinished():
                    break
                time.sleep(0.01)
                bank.outbox.reconcile()
            assert bank.balance(ANN) == expected
            marks = [*marks[:at], bank.node.mark()]


def test_a_reorganisation_is_noticed_by_the_next_act(bank: Bank) -> None:
    bank.do("pay-0", "mint", ANN, 1)
    mark = bank.node.mark()
    for number in range(1, 5):
        bank.do(f"pay-{number}", "mint", ANN, 1)
    bank.node.take_back(mark)
    bank.do("pay-5", "mint", ANN, 1)
    assert bank.balance(ANN) == 6


def test_a_transaction_that_is_not_taken_up_is_sent_again_with_a_higher_fee(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallystick.gateways.chain.outbox.RESEND_AFTER_S", 0.2)
    bank.rpc.call("evm_setAutomine", False)
    bumped: list[int] = []
    real = Outbox._bump

    def bump(self: Outbox, intent: Intent, signer: LocalSigner) -> None:
        real(self, intent, signer)
        bumped.append(len(self.intents.attempts(intent.key)))
        if len(bumped) == 2:
            bank.rpc.call("evm_mine")

    monkeypatch.setattr(Outbox, "_bump", bump)
    try:
        bank.do("slow", "mint", ANN, 3)
    finally:
        bank.rpc.call("evm_setAutomine", True)
    assert bank.balance(ANN) == 3
    assert bumped[-1] == 3


def test_amounts_in_the_store_are_as_sent(bank: Bank) -> None:
    bank.do("pay", "mint", ANN, 9)
    [row, *_] = bank.outbox.intents.settled_latest_first()
    assert row.status == "done"
    assert int.from_bytes(row.data[-32:]) == 9


def test_what_ran_out_of_gas_is_done_with_more(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Outbox._estimate
    monkeypatch.setattr(Outbox, "_estimate", lambda self, intent: real(self, intent) // 4)
    bank.do("pay", "mint", ANN, 9)
    bank.do("pay", "mint", ANN, 9)
    assert bank.balance(ANN) == 9
