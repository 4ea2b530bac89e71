"""Work on many things is split so that every part fits, and goes on where it was cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account

from tallystick.core.errors import Refused
from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.embedded.rawtx import TRANSACTION_GAS_MAX
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.chain.outbox import Outbox
from tallystick.gateways.chain.parts import PART_MAX, Work, carry_out_work
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.migrate import migrate
from tests.support.evm import compile_vyper
from tests.support.node import CHAIN_ID, FUNDED_KEY, NODES, Node, plain_node

LEDGER = Path(__file__).parents[1] / "contracts" / "vyper" / "Ledger.vy"
SIGNER = LocalSigner(Account.from_key(FUNDED_KEY))


class PowerCut(Exception):
    """The program ends here."""


class FailingSigner:
    """Signs so many times, then the power is cut."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.wallet: Wallet = SIGNER.wallet

    def sign(self, transaction: dict[str, Any]) -> bytes:
        if self.left == 0:
            raise PowerCut
        self.left -= 1
        return SIGNER.sign(transaction)


class Desk:
    def __init__(self, node: Node, folder: Path) -> None:
        self.rpc = node.rpc
        engine = open_sqlite(folder / "store.sqlite")
        migrate(engine)
        self.outbox = Outbox(engine, self.rpc, chain_id=CHAIN_ID, wait_s=30)
        intent = Intent("ledger", SIGNER.wallet, "", compile_vyper(LEDGER))
        self.ledger = self.outbox.carry_out([intent], SIGNER)[0].created

    def set_cost(self, slots: int) -> None:
        intent = Intent(f"cost-{slots}", SIGNER.wallet, self.ledger, _call("setCost", slots))
        self.outbox.carry_out([intent], SIGNER)

    def work(self, count: int) -> Work:
        return Work("work", self.ledger, count, lambda start, end: _call("work", start, end))

    @property
    def done(self) -> int:
        call = {"to": self.ledger, "data": _call("done")}
        return int(self.rpc.call("eth_call", call, "latest"), 16)


def _call(name: str, *args: int) -> str:
    types = ["uint256"] * len(args)
    selector = keccak(text=f"{name}({','.join(types)})")[:4]
    return "0x" + (selector + encode(types, args)).hex()


@pytest.fixture(scope="module", params=NODES)
def node(request: pytest.FixtureRequest) -> Iterator[Node]:
    with plain_node(request.param) as made:
        yield made


@pytest.fixture
def desk(node: Node, tmp_path: Path) -> Iterator[Desk]:
    start = node.mark()
    yield Desk(node, tmp_path)
    node.take_back(start)


def test_light_work_goes_in_parts_of_the_usual_size_and_says_how_far_it_is(desk: Desk) -> None:
    told: list[tuple[int, int]] = []
    work = desk.work(250)
    done = carry_out_work(desk.outbox, work, SIGNER, report=lambda *at: told.append(at))
    assert len(done) == -(-250 // PART_MAX)
    assert desk.done == 250
    assert told == [(100, 250), (200, 250), (250, 250)]


def test_heavy_work_is_split_until_every_part_fits(desk: Desk) -> None:
    desk.set_cost(20)
    done = carry_out_work(desk.outbox, desk.work(120), SIGNER)
    assert desk.done == 120
    assert len(done) > 2
    for part in done:
        found = desk.rpc.call("eth_getTransactionByHash", part.tx_hash)
        assert int(found["gas"], 16) <= TRANSACTION_GAS_MAX


@pytest.mark.parametrize("signed", [0, 1, 2])
def test_work_that_was_cut_off_goes_on_with_the_parts_it_was_split_into(
    desk: Desk, signed: int
) -> None:
    desk.set_cost(20)
    with pytest.raises(PowerCut):
        carry_out_work(desk.outbox, desk.work(120), FailingSigner(signed))
    desk.set_cost(1)
    done = carry_out_work(desk.outbox, desk.work(120), SIGNER)
    assert desk.done == 120
    again = carry_out_work(desk.outbox, desk.work(120), SIGNER)
    assert [part.tx_hash for part in again] == [part.tx_hash for part in done]
    assert desk.done == 120


def test_one_thing_that_can_never_fit_is_refused_and_what_came_before_is_done(desk: Desk) -> None:
    desk.set_cost(900)
    with pytest.raises(Refused) as raised:
        carry_out_work(desk.outbox, desk.work(3), SIGNER)
    assert raised.value.code == "transaction-gas-too-high"
    assert desk.done == 0
    assert desk.outbox.unfinished() == []


def test_a_part_that_the_chain_refused_after_all_is_tried_anew(desk: Desk) -> None:
    """Somebody else was first between the estimate and the block."""
    intent = Intent("first", SIGNER.wallet, desk.ledger, _call("forbid", 1))
    work = desk.work(3)
    part = Intent("work/0-3", SIGNER.wallet, desk.ledger, work.encode(0, 3))
    desk.outbox.intents.note([part])
    attempt_gas = 400_000
    nonce = int(desk.rpc.call("eth_getTransactionCount", SIGNER.wallet, "latest"), 16)
    desk.outbox.carry_out([intent], SIGNER)
    desk.outbox._sign(part, SIGNER, gas=attempt_gas, nonce=nonce + 1, number=1)
    with pytest.raises(Refused) as raised:
        carry_out_work(desk.outbox, work, SIGNER)
    assert raised.value.code == "forbidden"
    assert desk.done == 0
    desk.outbox.carry_out([Intent("then", SIGNER.wallet, desk.ledger, _call("forbid", 0))], SIGNER)
    carry_out_work(desk.outbox, work, SIGNER)
    assert desk.done == 3
