"""`demo market`: the demo's company is traded by its stakeholders, for a day or on and on."""

from __future__ import annotations

import signal
import threading
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from tallystick.app.servicing import cash
from tallystick.app.venue import markets, ordering
from tallystick.app.venue.house import House
from tallystick.app.venue.markets import Asked
from tallystick.app.venue.quality import buckets
from tallystick.cli.output import out, progress, say
from tallystick.cli.venue_access import claiming, served
from tallystick.demo.crowd import Crowd, Traded, Wish
from tallystick.markets.signed_orders import Duration, Instructions, OrderTerms
from tallystick.markets.venue import entries as said

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.app.workspace import Workspace
    from tallystick.core.wallets import Wallet

CASH: Final = "USD"
MONEY: Final = 50_000_000_00
DAY_S: Final = 86_400
# Security, reference price, and lots of a usual order.
MARKETS: Final = (("VLMR", "12.00", 60), ("VLMR-A", "24.50", 25), ("VLMR-B", "31.00", 15))
TICK: Final = "0.01"
# Wishes after which what was matched is settled; orders stand for a week.
SETTLE_EVERY: Final = 40
STANDS_S: Final = 7 * DAY_S
AT_ONCE: Final = Instructions(duration=Duration.IMMEDIATE)
LIMIT: Final = Instructions()


class Trading:
    """The crowd at a venue: what it wants is placed in turn, and settled every so often."""

    def __init__(self, workspace: Workspace, people: list[Wallet], seed: int) -> None:
        self._workspace = workspace
        self._people = people
        self._signers = {each: ordering.signer_of(workspace, each) for each in people}
        self._nonces: dict[Wallet, int] = {}
        self.terms = {each.symbol: each for each in markets.listed(workspace.journal).values()}
        traded = [self._traded(f"{symbol}/{CASH}", usual) for symbol, _, usual in MARKETS]
        self._crowd = Crowd(seed, len(people), traded)

    def _traded(self, symbol: str, usual: int) -> Traded:
        """A market as the crowd sees it."""
        terms = self.terms[symbol]
        held = self._workspace.book().securities[terms.security].balances
        holders = tuple(at for at, who in enumerate(self._people) if held.get(who))
        return Traded(symbol, terms.reference // terms.tick, usual, holders)

    def trade(self, house: House, wishes: int, times: Callable[[int], int] | None = None,
              report: Callable[[int, int], None] | None = None) -> None:  # fmt: skip
        """Have so many wishes come true or be refused; `times` are when, in UTC seconds."""
        for number in range(wishes):
            if times is not None:
                house.premises.clock.shift_s = times(number) - int(time.time())
            self._carry_out(house, self._crowd.wish())
            if number % SETTLE_EVERY == SETTLE_EVERY - 1:
                self._settle(house)
            if report is not None:
                report(number + 1, wishes)
        self._settle(house)

    def step(self, house: House) -> None:
        """Have one wish come true or be refused."""
        self._carry_out(house, self._crowd.wish())

    @staticmethod
    def _settle(house: House) -> None:
        house.floor.follow()
        house.floor.settle()

    def _carry_out(self, house: House, wish: Wish) -> None:
        who = self._people[wish.who]
        if wish.cancels:
            mine = house.floor.sequencer.venue.by_wallet.get(who, {})
            oldest = next((each for each in mine.values() if each.symbol == wish.symbol), None)
            if oldest is not None:
                house.floor.ask([said.CancelAsked(oldest.number, who)])
            return
        order = self._order(house, who, wish)
        signature = self._signers[who].sign_digest(order.digest(house.premises.domain))
        house.floor.ask([said.Placed(order, signature)])

    def _order(self, house: House, who: Wallet, wish: Wish) -> OrderTerms:
        market = house.gate.state.markets[wish.symbol]
        terms = market.terms
        nonce = self._nonces[who] = self._nonces.get(who, house.gate.next_nonce(who, who) - 1) + 1
        return OrderTerms(
            investor=who, signer=who, venue=house.premises.venue, security=terms.security,
            cash=terms.cash, buys=wish.side == "buy", units_per_lot=terms.units_per_lot,
            lots=wish.lots, price=wish.price_ticks * terms.tick, fee_bps=market.fee_bps,
            expiry=house.gate.now_s() + STANDS_S, nonce=nonce, epoch=market.epoch,
            instructions=AT_ONCE if wish.at_once else LIMIT,
        )  # fmt: skip


def open_markets(workspace: Workspace, people: list[Wallet]) -> None:
    """Give everybody money, open the markets, and let settlement move what orders say."""
    money = cash.issue(workspace, CASH, CASH, 2, key="demo/cash")
    for symbol, reference, _ in MARKETS:
        asked = Asked(symbol=symbol, cash=CASH, lot="1", tick=TICK, reference=reference,
                      maker_bps=2, taker_bps=6, auction_bps=3)  # fmt: skip
        markets.open_market(workspace, asked, key=f"demo/market/{symbol}")
    listed = list(markets.listed(workspace.journal).values())
    with progress("Opening accounts") as report:
        for number, who in enumerate(people):
            cash.mint(workspace, money, who, MONEY, key=f"demo/money/{number}")
            ordering.allow(workspace, who, listed[0], buys=True)
            for terms in listed:
                ordering.allow(workspace, who, terms, buys=False)
            report(number + 1, len(people))


def a_day(workspace: Workspace, people: list[Wallet], *, seed: int, orders: int) -> dict[str, Any]:
    """Trade a day that ends now; what came of it, the same for the same seed."""
    trading = Trading(workspace, people, seed)
    begun = int(time.time()) - DAY_S
    house = House.of(workspace)
    try:
        house.premises.clock.shift_s = -DAY_S
        house.premises.begin()
        with progress("Trading a day") as report:
            trading.trade(house, orders, lambda number: begun + number * DAY_S // orders, report)
        return summary(house, people)
    finally:
        house.premises.clock.shift_s = 0
        house.end()


def summary(house: House, people: list[Wallet]) -> dict[str, Any]:
    """Each market's day, and a digest of all trades that says nothing of keys or times."""
    house.recorder.wait()
    records = house.recorder.records
    numbers = {who: at for at, who in enumerate(people)}
    found: dict[str, Any] = {}
    digest = sha256()
    for symbol, market in house.gate.state.markets.items():
        scale = market.terms.scale
        trades = list(records.every_trade(symbol))
        for each in trades:
            sides = [numbers.get(_investor(records.order(number))) for number in
                     (each.buy, each.sell)]  # fmt: skip
            digest.update(f"{symbol} {each.lots} {each.price} {sides}\n".encode())
        spreads = [each.spread_bps for each in buckets(records, symbol, DAY_S)
                   if each.spread_bps is not None]  # fmt: skip
        found[symbol] = {
            "trades": len(trades), "volume": scale.quantity(sum(each.lots for each in trades)),
            "value": scale.money(sum(each.lots * int(each.price) for each in trades)),
            "last": scale.show_price(market.last) if market.last else None,
            "spread_bps": round(sum(spreads) / len(spreads), 1) if spreads else None,
            "settled": sum(each.status == "settled" for each in trades),
        }  # fmt: skip
    return {"markets": found, "digest": digest.hexdigest()[:16]}


def _investor(row: Any) -> Wallet:
    found: Wallet = row.investor
    return found


def say_day(found: dict[str, Any], command: str, folder: object) -> None:
    """Tell how the day was, and what to look at next."""
    table = Table("market", "trades", "volume", "value", "last", "spread bps", "settled", box=None)
    for symbol, each in found["markets"].items():
        table.add_row(symbol, f"{each['trades']:,}", each["volume"], each["value"],
                      str(each["last"]), str(each["spread_bps"]), f"{each['settled']:,}"
                      )  # fmt: skip
    out.print(table)
    say(f"[dim]digest of all trades {found['digest']}: the same for the same seed[/]")
    for line in (
        f"{command} market show VLMR --dir {folder}",
        f"{command} market chart VLMR day.pdf --dir {folder}",
        f"{command} watch VLMR --dir {folder}",
    ):
        say(f"  [bold]{line}[/]")


def go_on(workspace: Workspace, people: list[Wallet], *, seed: int, per_s: float) -> None:
    """Trade on, served for everybody, until interrupted."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    trading = Trading(workspace, people, seed + 1)
    with claiming(workspace.folder) as claim, served(workspace, claim, 0) as (house, url):
        workspace.let_others_act()
        say(f"{url} · trading goes on, {per_s:g} orders a second · Ctrl-C ends it")
        while not ended.wait(1 / per_s):
            house.require_well()
            trading.step(house)
