"""An investor whose wallet is a contract trades as others do (EIP-1271)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account

from tallystick.client import KeySigner, Problem
from tallystick.core.signatures import compacted
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.chain.outbox import Outbox
from tallystick.markets.signed_orders import Login, OrderTerms
from tests.support.counter import SYMBOL, UNLIMITED, Counter, key_of, until
from tests.support.evm import CASH
from tests.support.floor import CONTRACT_WALLET

OWNER = bytes([210]) * 32
FULL_ALONE = 8


def full(digest: bytes) -> bytes:
    """A signature of 65 bytes: r, s, v, as wallets give it."""
    signed = Account.from_key(OWNER).unsafe_sign_hash(digest)
    return bytes(signed.signature)


def compact(digest: bytes) -> bytes:
    return compacted(full(digest))


class Contract:
    """A contract that is admitted, has shares and money, and lets settlement move them."""

    def __init__(self, counter: Counter, mode: int) -> None:
        self._counter, self._sent = counter, 0
        owner = Account.from_key(OWNER).address
        self.wallet = self._carried_out("", CONTRACT_WALLET.creation(owner))
        if mode:
            self.call("behave", mode)
        desk = counter.desk
        desk.must("holders", "import", desk.file("contract.csv", (
            "reference,name,country,verified,wallet\n"
            f"P-9,Person 9,DE,never,{self.wallet}\n")))  # fmt: skip
        desk.must("mint", "ACME", "P-9", "100")
        market = counter.house.gate.state.markets[SYMBOL].terms
        settlement = counter.house.premises.domain.contract
        for token in (market.security, market.cash):
            approve = CASH.function("approve").encode(settlement, UNLIMITED)
            self.call("call_", token, bytes.fromhex(approve[2:]))
        last = int(counter.workspace.rpc.call("eth_blockNumber"), 16)
        until(lambda: counter.house.gate.state.head.number >= last)

    def call(self, name: str, *args: Any) -> None:
        """Call it, as anybody may."""
        self._carried_out(self.wallet, CONTRACT_WALLET.function(name).encode(*args))

    def _carried_out(self, target: str, data: str) -> Wallet:
        workspace = self._counter.workspace
        signer = LocalSigner(Account.from_key(key_of(3)))
        outbox = Outbox(workspace.engine, workspace.rpc, chain_id=workspace.chain_id)
        self._sent += 1
        intent = Intent(f"contract/{self._sent}", signer.wallet, target, data)
        [done] = outbox.carry_out([intent], signer)
        return Wallet(done.created)

    def order(self, **changes: Any) -> OrderTerms:
        """Its offer of ten shares."""
        gate = self._counter.house.gate
        terms = gate.state.markets[SYMBOL].terms
        values: dict[str, Any] = {
            "investor": self.wallet, "signer": self.wallet,
            "venue": self._counter.house.premises.venue, "security": terms.security,
            "cash": terms.cash, "buys": False, "units_per_lot": terms.units_per_lot, "lots": 10,
            "price": terms.scale.price("10"), "fee_bps": 10,
            "expiry": gate.now_s() + 3_600, "nonce": 0, "epoch": 0,
        }  # fmt: skip
        return OrderTerms(**{**values, **changes})


@pytest.mark.parametrize(("mode", "signed"), [(FULL_ALONE, full), (0, compact)])
def test_a_contract_is_asked_about_just_what_it_was_given(
    counter: Counter, mode: int, signed: Callable[[bytes], bytes]
) -> None:
    """What most wallets give was made shorter before they were asked, and they did not know it."""
    contract = Contract(counter, mode)
    venue = counter.operator
    domain = venue.identity().domain
    terms = contract.order()
    placed = venue.place(terms, signed(terms.digest(domain)))
    assert placed["status"] == "open"
    assert counter.trader(2).buy(SYMBOL, "10", "10")["status"] == "filled"
    until(lambda: counter.held(2) == 10)
    until(lambda: venue.order(placed["order"])["trades"][0]["status"] == "settled")
    again = contract.order(nonce=1)
    with pytest.raises(Problem, match="signature-of-another"):
        venue.place(again, KeySigner(key_of(0)).sign_digest(again.digest(domain)))


def test_a_contract_logs_in(counter: Counter) -> None:
    contract = Contract(counter, FULL_ALONE)
    venue = counter.trader(0).venue
    identity = venue.identity()
    login = Login(investor=contract.wallet, signer=contract.wallet, venue=identity.venue,
                  issued_at=int(time.time()))  # fmt: skip
    body = {"investor": contract.wallet, "signer": contract.wallet, "issuedAt": login.issued_at,
            "signature": "0x" + full(login.digest(identity.domain)).hex()}  # fmt: skip
    venue.token = venue._call("POST", "/v1/login", body)["token"]
    assert venue.next_nonce(contract.wallet, contract.wallet) == 0
    assert venue.orders() == []
