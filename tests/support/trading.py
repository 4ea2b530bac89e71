"""A venue at work until somebody kills it: people trade, what is matched is settled.

`python -m tests.support.trading FOLDER DRIVER` goes on where the run before was cut off.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from tallystick.app.venue.house import House
from tallystick.app.venue.opening import ORDERS
from tallystick.app.venue.rules import BookRules
from tallystick.app.venue.sequencer import restored
from tallystick.app.workspace import TOKEN, Workspace
from tallystick.client import KeySigner
from tallystick.core.errors import TallystickError
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal
from tallystick.markets.signed_orders import Duration, Instructions, OrderTerms
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import Accepted, RefusedOrder
from tallystick.markets.venue.snapshot import state_hash
from tallystick.markets.venue.state import Holding
from tests.support.counter import MONEY, PEOPLE, SYMBOL, UNITS, key_of
from tests.support.evm import CASH
from tests.support.load import DRIVERS

MID, WIDTH = 1_000, 12
SETTLED_WITHIN_S = 60.0
_SETTLEMENT = contract("Settlement")


def trade_for_ever(house: House, number: int, lock: threading.Lock) -> None:
    """Place one order after the other for one of the people; tell each that is acknowledged."""
    signer, drawn = KeySigner(key_of(number)), random.Random()
    terms = house.gate.state.markets[SYMBOL].terms
    for nonce in itertools.count(house.gate.next_nonce(signer.wallet, signer.wallet)):
        buys = drawn.random() < 0.5
        order = OrderTerms(
            investor=signer.wallet, signer=signer.wallet, venue=house.premises.venue,
            security=terms.security, cash=terms.cash, buys=buys, units_per_lot=1,
            lots=drawn.randint(1, 5), price=MID + drawn.randint(-WIDTH, WIDTH), fee_bps=10,
            expiry=house.gate.now_s() + 3_600, nonce=nonce, epoch=0,
            instructions=Instructions(duration=drawn.choice(
                [Duration.GOOD_TILL, Duration.IMMEDIATE])).held_if(asked=terms.holds, buys=buys),
        )  # fmt: skip
        signature = signer.sign_digest(order.digest(house.premises.domain))
        placed = said.Placed(order, signature, client_id=f"{number}-{nonce}")
        [events] = house.floor.ask([placed])
        taken = any(isinstance(event, Accepted) for event in events)
        with lock:
            sys.stdout.write(f"ack {number}/{nonce}/{int(taken)}\n")
            sys.stdout.flush()
        if any(isinstance(event, RefusedOrder) for event in events):
            _make_room(house, signer.wallet)


def _make_room(house: House, who: Wallet) -> None:
    """Cancel the older half of somebody's orders, which bind what he has."""
    mine = sorted(house.floor.sequencer.venue.by_wallet.get(who, {}).copy())
    house.floor.ask([said.CancelAsked(each, who) for each in mine[: len(mine) // 2 + 1]])


def main(folder: Path, driver: str) -> None:
    with Workspace(folder, connect=DRIVERS[driver]) as workspace:
        assert isinstance(workspace.hosting, Hosting)
        node = workspace.hosting.node_pid
        sys.stdout.write(f"node {node}\n")
        sys.stdout.flush()
        house = House.of(workspace)
        house.begin(for_long=False)
        lock = threading.Lock()
        for number in range(PEOPLE):
            threading.Thread(target=_until_it_ends, args=(house, number, lock), daemon=True
                             ).start()  # fmt: skip
        while True:
            try:
                house.require_well()
            except TallystickError:
                os._exit(1)
            time.sleep(0.05)


def _until_it_ends(house: House, number: int, lock: threading.Lock) -> None:
    try:
        trade_for_ever(house, number, lock)
    except (TallystickError, OSError):
        # The node is gone, and with it this program in a moment.
        return


def check(folder: Path, acknowledged: set[str]) -> dict[str, int]:
    """All that was acknowledged is in the journal, all that was matched ends once, nothing is lost.

    Returns how many trades were settled and busted.
    """
    with Workspace(folder) as workspace:
        house = House.of(workspace)
        house.premises.begin()
        deadline = time.monotonic() + SETTLED_WITHIN_S
        while house.floor.is_owing:
            assert time.monotonic() < deadline, house.gate.state.pending
            house.floor.follow()
            house.floor.settle()
        _check_acknowledged(house, acknowledged)
        ended = _check_trades(workspace, house)
        _check_sums(workspace, house)
        _check_holds(workspace, house)
        _check_replay(workspace, house)
        house.recorder.wait()
        statuses = Counter(row.status for row in house.recorder.records.trades(limit=10**9))
        assert statuses == ended
        house.end()
    return {"settled": ended["settled"], "busted": ended["busted"]}


def _check_acknowledged(house: House, acknowledged: set[str]) -> None:
    numbers = {KeySigner(key_of(number)).wallet: number for number in range(PEOPLE)}
    found: dict[tuple[int, int], bool] = {}
    for journaled, events in house.floor.sequencer.journal.entries():
        if isinstance(journaled.entry, said.Placed):
            place = (numbers[journaled.entry.terms.investor], journaled.entry.terms.nonce)
            taken = any(isinstance(event, Accepted) for event in events)
            assert not (taken and found.get(place)), "an order was taken twice"
            found[place] = found.get(place, False) or taken
    for each in acknowledged:
        number, nonce, told = map(int, each.split("/"))
        assert (number, nonce) in found, f"{each} was acknowledged and is lost"
        assert found[number, nonce] or not told, f"{each} was taken and is not any more"


def _check_trades(workspace: Workspace, house: House) -> Counter[str]:
    """Every trade stands on the chain once; what the journal says of it is what the chain says."""
    logs = workspace.rpc.call("eth_getLogs", {
        "address": house.premises.domain.contract, "fromBlock": "0x0", "toBlock": "latest"
    })  # fmt: skip
    outcomes: dict[int, str] = {}
    for log in logs:
        event = _SETTLEMENT.events[log["topics"][0]]
        if event.name not in {"Settled", "Busted"}:
            continue
        values = event.decode(log["topics"], log["data"])
        for head in values["heads"] if event.name == "Settled" else [values["head"]]:
            number = head % 2**64
            assert number not in outcomes, f"trade {number} ended twice"
            outcomes[number] = event.name.lower()
    made = house.gate.state.trades_made
    assert set(outcomes) == set(range(1, made + 1))
    return Counter(outcomes.values())


def _check_sums(workspace: Workspace, house: House) -> None:
    """Nobody's units or money are lost or made."""
    people = [KeySigner(key_of(number)).wallet for number in range(PEOPLE)]
    terms = house.gate.state.markets[SYMBOL].terms
    for token, total in ((terms.security, 2 * int(UNITS)), (terms.cash, PEOPLE * int(MONEY) * 100)):
        held = [int(workspace.view(CASH, token, "balanceOf", who))
                for who in (*people, house.premises.venue)]  # fmt: skip
        assert sum(held) == total, (held, total)
    for account in house.gate.state.means.accounts[terms.security].values():
        assert account.owed == 0


def _check_holds(workspace: Workspace, house: House) -> None:
    """What is held of people is what is left of their orders to sell, and no more."""
    token = house.gate.state.markets[SYMBOL].terms.security
    for number in range(PEOPLE):
        who = KeySigner(key_of(number)).wallet
        kept = sum(order.held for order in house.gate.state.orders.values()
                   if order.terms.investor == who)  # fmt: skip
        assert workspace.view(TOKEN, token, "heldUnits", who) == kept
        mine = house.floor.sequencer.venue.by_wallet.get(who, {}).values()
        assert kept == sum(order.need(order.left) for order in mine
                           if order.holding is not Holding.NONE)  # fmt: skip


def _check_replay(workspace: Workspace, house: House) -> None:
    """The journal alone gives the same state, from its first entry on."""
    journal = OrderJournal(open_sqlite(workspace.folder / ORDERS))
    journal.kept = lambda: iter(())  # type: ignore[method-assign]
    founding = workspace.founding
    again = restored(journal, lambda: BookRules(founding.registry, house.premises.domain.contract))
    assert state_hash(again) == state_hash(house.floor.sequencer.venue)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
