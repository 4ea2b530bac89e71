"""A venue that is served, and people with wallets of their own who trade on it."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
from eth_account import Account

from tallystick.app.servicing.services import service
from tallystick.app.venue import wire
from tallystick.app.workspace import Workspace
from tallystick.cli.venue_access import claiming, served
from tallystick.client import KeySigner, Problem, Trader, VenueClient
from tallystick.core.errors import Invalid
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.chain.outbox import Outbox
from tallystick.markets.signed_orders import Session
from tests.support.desk import Desk
from tests.support.evm import CASH

SYMBOL = "ACME/USD"
SETTLEMENT = contract("Settlement")
PEOPLE = 4
UNITS, MONEY = "1000", "100000"
UNLIMITED = 2**256 - 1
TERMS = """
[issuer]
name = "Acme"
country = "DE"

[[security]]
symbol = "ACME"
name = "Acme Shares"
kind = "common"
decimals = 0

[security.rules]
max_balance = "1500"
"""


def key_of(number: int) -> bytes:
    """The key of one of the people."""
    return bytes([number + 1]) * 32


def market_of_four(folder: Path, *more: str) -> Desk:
    """Four people with wallets of their own; the first two hold shares, all have money.

    `more` is what is said of the market besides.
    """
    desk = Desk(folder)
    wallets = [Account.from_key(key_of(number)).address for number in range(PEOPLE)]
    rows = [f"P-{number},Person {number},DE,never,{wallet}" for number, wallet in
            enumerate(wallets)]  # fmt: skip
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    header = "reference,name,country,verified,wallet\n"
    desk.must("holders", "import", desk.file("holders.csv", header + "\n".join(rows) + "\n"))
    desk.must("cash", "issue", "USD")
    for number in range(2):
        desk.must("mint", "ACME", f"P-{number}", UNITS)
    for number in range(PEOPLE):
        desk.must("cash", "mint", "USD", f"P-{number}", MONEY)
    desk.must("market", "open", "ACME", "--cash", "USD", "--tick", "0.01", "--reference", "10",
              "--maker-bps", "5", "--taker-bps", "10", *more)  # fmt: skip
    _allow_all(desk)
    return desk


def _allow_all(desk: Desk) -> None:
    """Everybody lets settlement move his units and money, by his own wallet."""
    with Workspace(desk.folder) as workspace:
        settlement = service(workspace, "Settlement")
        data = CASH.function("approve").encode(settlement, UNLIMITED)
        cash = next(workspace.journal.entries("cash")).body["token"]
        for number in range(PEOPLE):
            signer = LocalSigner(Account.from_key(key_of(number)))
            for token in (workspace.security("ACME").token, Wallet(cash)):
                intent = Intent(f"allow/{number}/{token}", signer.wallet, token, data)
                workspace.outbox.carry_out([intent], signer)


class Counter:
    """The venue of a desk, served for as long as this is open."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._stack = ExitStack()
        self.workspace = self._stack.enter_context(Workspace(desk.folder))
        claim = self._stack.enter_context(claiming(desk.folder))
        self.house, self.url = self._stack.enter_context(served(self.workspace, claim, 0))
        self.workspace.let_others_act()
        self.operator = VenueClient(self.url, token=self.house.operator_token)

    def trader(self, number: int) -> Trader:
        """One of the people, logged in."""
        trader = Trader(VenueClient(self.url), KeySigner(key_of(number)))
        trader.log_in()
        return trader

    def signed(self, number: int, message: dict[str, Any]) -> bytes:
        """A signature of the members of an order, whatever they are."""
        signer = KeySigner(key_of(number))
        try:
            terms = msgspec.convert(message, wire.OrderMessage, strict=False).terms()
        except (Invalid, msgspec.ValidationError):
            return bytes(64)
        return signer.sign_digest(terms.digest(self.operator.identity().domain))

    def key(self, number: int, signer: bytes) -> Trader:
        """A key of one of the people, not logged in."""
        investor = Wallet(Account.from_key(key_of(number)).address.lower())
        return Trader(VenueClient(self.url), KeySigner(signer), investor=investor)

    def grant(self, number: int, signer: bytes, **changes: Any) -> None:
        """Have a session of one of the people for a key stand on the chain, and known here."""
        premises, key = self.house.premises, KeySigner(signer).wallet
        market = self.house.gate.state.markets[SYMBOL].terms
        values: dict[str, Any] = {
            "investor": Wallet(Account.from_key(key_of(number)).address.lower()), "key": key,
            "venue": premises.venue, "cash": market.cash, "securities": (market.security,),
            "units": (100,), "amount": 10_000_00, "fee_bps": 100,
            "expiry": self.house.gate.now_s() + 3 * 86_400, "serial": 1,
        }  # fmt: skip
        session = Session(**{**values, **changes})
        self.send_settlement("grantSession", session.members, b"", by=number)
        granted = self.house.gate.state.sessions
        until(lambda: (known := granted.get(session.investor, {}).get(key)) is not None
              and known.serial == session.serial)  # fmt: skip

    def send_settlement(self, name: str, *args: Any, by: int = 3) -> None:
        """Have something sent to the settlement contract."""
        signer = LocalSigner(Account.from_key(key_of(by)))
        data = SETTLEMENT.function(name).encode(*args)
        outbox = Outbox(self.workspace.engine, self.workspace.rpc,
                        chain_id=self.workspace.chain_id)  # fmt: skip
        intent = Intent(f"sent/{data}", signer.wallet, self.house.premises.domain.contract, data)
        outbox.carry_out([intent], signer)

    def held(self, number: int, *, money: bool = False) -> int:
        """Units of somebody on the chain, or his money."""
        address: str = self.workspace.security("ACME").token
        if money:
            address = next(self.workspace.journal.entries("cash")).body["token"]
        who = Account.from_key(key_of(number)).address
        return int(self.workspace.view(CASH, address, "balanceOf", who))

    def close(self) -> None:
        """End the venue."""
        self._stack.close()


class Listening:
    """Takes down the events that somebody is told, in a thread."""

    def __init__(self, venue: VenueClient) -> None:
        self.told: list[dict[str, Any]] = []
        self._venue = venue
        self._arrived = threading.Condition()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for event in self._venue.events(self._ended):
            with self._arrived:
                self.told.append(event)
                self._arrived.notify_all()

    def end(self) -> None:
        """Go away."""
        self._ended.set()
        self._thread.join()

    def await_kinds(self, *kinds: str, timeout_s: float = 20.0) -> None:
        """Wait until events of these kinds were told."""
        with self._arrived:
            assert self._arrived.wait_for(
                lambda: set(kinds) <= {each["type"] for each in self.told}, timeout_s
            ), self.told


def until(holds: Any, timeout_s: float = 20.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def refusals(problem: Problem) -> set[str]:
    return {each["code"] for each in problem.refusals}
