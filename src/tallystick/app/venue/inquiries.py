"""What people ask of a venue without changing anything: markets, orders, trades."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tallystick.app.venue import wire
from tallystick.core.errors import NotFound, Refused
from tallystick.core.units import show_quantity
from tallystick.core.wallets import Wallet
from tallystick.markets.signed_orders import Instructions
from tallystick.markets.venue.refusals import Why

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import sqlalchemy as sa

    from tallystick.app.venue.floor import Floor
    from tallystick.app.venue.logins import Caller
    from tallystick.app.venue.recording import Recorder
    from tallystick.gateways.store.order_records import OrderRecords
    from tallystick.markets.venue.entries import Placed
    from tallystick.markets.venue.state import Market, VenueState
    from tallystick.markets.venue.terms import MarketTerms

ANSWERS_MAX = 1_000
NUMBERS_MAX = 2**63


class Inquiries:
    """Answers from the state of the venue, and from what was recorded of orders and trades.

    Whoever asks is told of all that was acknowledged before.
    """

    def __init__(self, floor: Callable[[], Floor], recorder: Recorder) -> None:
        self._floor = floor
        self._recorder = recorder

    def _state(self) -> VenueState:
        return self._floor().state

    @contextmanager
    def _still(self) -> Iterator[VenueState]:
        """The state, to which nothing happens meanwhile."""
        with self._floor().sequencer.still:
            yield self._state()

    @property
    def _records(self) -> OrderRecords:
        """The records, once all is in them that was acknowledged."""
        self._recorder.wait()
        return self._recorder.records

    # --- markets, for everybody

    def market(self, symbol: str) -> Market:
        """A market by its symbol. Raises `NotFound` if there is none."""
        markets = self._state().markets
        found = markets.get(symbol)
        if found is None:
            raise NotFound(
                "market-unknown", f"There is no market {symbol!r}", where="symbol",
                cure=f"Known are: {', '.join(markets) or 'none yet'}; `market open` opens one.",
            )  # fmt: skip
        return found

    def markets(self) -> list[dict[str, Any]]:
        """All markets."""
        with self._still() as state:
            return [wire.market_view(market) for market in state.markets.values()]

    def market_now(self, symbol: str) -> dict[str, Any]:
        """A market as it stands."""
        market = self.market(symbol)
        with self._still():
            return wire.market_view(market)

    def book(self, symbol: str, levels: int) -> dict[str, Any]:
        """The best prices of both sides of a market."""
        market = self.market(symbol)
        with self._still():
            bids, asks = (market.book.depth(buy=buy, levels_max=levels) for buy in (True, False))
        return wire.book_view(market.terms, bids, asks)

    def market_trades(self, symbol: str, *, before: int = 0, limit: int = 100
                      ) -> list[dict[str, Any]]:  # fmt: skip
        """Trades of a market, the latest first; nobody is named."""
        market = self.market(symbol)
        rows = self._records.trades(symbol=market.terms.symbol, before=before, limit=limit)
        hidden = ("buy", "sell", "buyer_fee", "seller_fee")
        return [{name: value for name, value in self._trade(row).items() if name not in hidden}
                for row in rows]  # fmt: skip

    # --- orders and trades, for those whose they are

    def order(self, caller: Caller, number: int) -> dict[str, Any]:
        """An order with its trades and steps. Raises `NotFound` if the caller has none such."""
        row = self._records.order(number) if number < NUMBERS_MAX else None
        if row is None or not caller.may_act_on(row.investor, row.signer):
            raise unknown_order(number)
        told = self._told(row)
        told["steps"] = [
            {"at": wire.moment(step.at_ns), "what": step.what, "code": step.code, "by": step.by}
            for step in self._records.steps(number)
        ]
        return told

    def orders(
        self, caller: Caller, *, investor: str = "", symbol: str = "", client_id: str = "",
        open_only: bool = False, before: int = 0, limit: int = 100,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Orders of the caller's, or all if the operator asks, the latest first."""
        who = _whose(caller, investor)
        rows = self._records.orders(who, signer=_key_of(caller), symbol=symbol,
                                    client_id=client_id, open_only=open_only, before=before,
                                    limit=limit)  # fmt: skip
        return [self._summary(row) for row in rows]

    def trades(
        self, caller: Caller, *, investor: str = "", symbol: str = "", before: int = 0,
        limit: int = 100,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Trades of the caller's, or all if the operator asks, the latest first."""
        who = _whose(caller, investor)
        rows = self._records.trades(who, signer=_key_of(caller), symbol=symbol, before=before,
                                    limit=limit)  # fmt: skip
        return [{**self._trade(row), **_own(row)} for row in rows]

    def positions(self, caller: Caller, investor: str = "") -> dict[str, Any]:
        """What an investor's wallet has of all that is traded, and what he traded so far.

        What is bound by orders and owed for trades is not free; what comes in from trades is his
        when they are settled. A key is told of what its session is for.
        """
        who = _whose(caller, investor) or wire.wallet_of(investor, "investor")
        with self._still() as state:
            markets = [market.terms for market in state.markets.values()]
            positions = _positions(state, who)
            if caller.by_key and (session := state.sessions.get(who, {}).get(caller.signer)):
                its = {session.cash, *session.securities}
                positions = [each for each in positions if each["token"] in its]
                markets = [terms for terms in markets if terms.security in its]
        records = self._records
        traded = [_dealt(records, who, terms) for terms in markets]
        return {"investor": who, "positions": positions,
                "traded": [each for each in traded if each["trades"]]}  # fmt: skip

    def taken(self, placed: Placed) -> dict[str, Any] | None:
        """The order that was taken and is this one word for word; none if there is none."""
        terms = placed.terms
        row = self._records.order_of_nonce(terms.investor, terms.signer, terms.nonce)
        same = (
            row is not None
            and self._is_same(row, placed)
            and ((row.expiry_s, row.client_id) == (terms.expiry, placed.client_id))
        )
        return self._told(row) if row is not None and same else None

    def named(self, placed: Placed) -> dict[str, Any] | None:
        """The order that bears the name of this one, and says the same; none if there is none.

        It was signed at another time, with another number.
        """
        terms = placed.terms
        found = self._records.orders(terms.investor, signer=terms.signer,
                                     client_id=placed.client_id, limit=1)  # fmt: skip
        return self._told(found[0]) if found and self._is_same(found[0], placed) else None

    def _is_same(self, row: sa.Row[Any], placed: Placed) -> bool:
        """Whether an order says of what is to be traded what another one says."""
        terms = placed.terms
        market = self._floor().sequencer.venue.market_of(terms)
        symbol = market.terms.symbol if market else ""
        return bool((row.symbol, row.lots, row.price, row.buys, row.kind) == (
            symbol, terms.lots, str(terms.price), terms.buys, terms.instructions.number
        ))  # fmt: skip

    def _told(self, row: sa.Row[Any]) -> dict[str, Any]:
        """An order with its trades."""
        trades = self._records.trades(order=row.number, limit=ANSWERS_MAX)
        return {**self._summary(row), "trades": [self._trade(each) for each in reversed(trades)]}

    def _summary(self, row: sa.Row[Any]) -> dict[str, Any]:
        scale = self.market(row.symbol).terms.scale
        instructions = Instructions.of(row.kind) or Instructions()
        return {
            "order": row.number, "symbol": row.symbol, "side": "buy" if row.buys else "sell",
            "status": order_status(row.code, waits=row.waits), "code": row.code or None,
            "quantity": scale.quantity(row.lots), "price": scale.show_price(int(row.price)),
            "filled": scale.quantity(row.filled_lots), "left": scale.quantity(row.left_lots),
            "client_id": row.client_id or None, "investor": row.investor, "signer": row.signer,
            "kind": "market" if instructions.market else "limit",
            "time_in_force": instructions.duration, "post_only": instructions.post_only,
            "placed": wire.moment(row.placed_ns), "ended": wire.moment(row.ended_ns),
            "expires": wire.moment(row.expiry_s * wire.NS),
        }  # fmt: skip

    def _trade(self, row: sa.Row[Any]) -> dict[str, Any]:
        scale = self.market(row.symbol).terms.scale
        return {
            "trade": row.number, "symbol": row.symbol, "at": wire.moment(row.at_ns),
            "quantity": scale.quantity(row.lots), "price": scale.show_price(int(row.price)),
            "value": scale.money(row.lots * int(row.price)), "taker": row.taker or None,
            "status": row.status, "block": row.block or None, "reason": row.reason or None,
            "buy": row.buy, "sell": row.sell, "buyer_fee": scale.money(int(row.buyer_fee)),
            "seller_fee": scale.money(int(row.seller_fee)),
        }  # fmt: skip


def _dealt(records: OrderRecords, who: Wallet, terms: MarketTerms) -> dict[str, Any]:
    """What somebody bought and sold in a market, and for how much; busted trades left out."""
    dealt, scale = records.dealt(who, terms.symbol), terms.scale
    return {
        "symbol": terms.symbol, "trades": dealt.trades, "bought": scale.quantity(dealt.bought),
        "sold": scale.quantity(dealt.sold), "paid": scale.money(dealt.paid),
        "received": scale.money(dealt.received), "fees": scale.money(dealt.fees),
    }  # fmt: skip


def _own(row: sa.Row[Any]) -> dict[str, Any]:
    """On which side of a trade an investor is, if it was asked for one's."""
    return {"side": "buy" if row.buys else "sell"} if hasattr(row, "buys") else {}


def _positions(state: VenueState, who: Wallet) -> list[dict[str, Any]]:
    """What a wallet has of all that is traded and the venue knows of."""
    incoming, found = _incoming(state, who), dict[Wallet, dict[str, Any]]()
    for market in state.markets.values():
        terms, names = market.terms, market.terms.symbol.split("/")
        for token, name, shown in ((terms.security, names[0], _units_of(terms)),
                                   (terms.cash, names[1], terms.scale.money)):  # fmt: skip
            account = state.means.of(token, who)
            if account is not None:
                found[token] = {
                    "symbol": name, "token": token, "held": shown(account.held),
                    "bound": shown(account.bound), "owed": shown(account.owed),
                    "free": shown(max(0, account.free)), "incoming": shown(incoming[token]),
                    "allowed_to_settle": account.allowed >= account.held,
                }  # fmt: skip
    return list(found.values())


def _incoming(state: VenueState, who: Wallet) -> Counter[Wallet]:
    """What trades that are not settled yet bring to a wallet, by token."""
    found: Counter[Wallet] = Counter()
    for trade in state.pending.values():
        buy, sell = state.orders[trade.buy].terms, state.orders[trade.sell].terms
        if buy.investor == who:
            found[buy.security] += trade.lots * buy.units_per_lot
        if sell.investor == who:
            found[sell.cash] += trade.value - trade.fees[1]
    return found


def _units_of(terms: MarketTerms) -> Callable[[int], str]:
    """How units of a market's security are written."""
    return lambda units: show_quantity(units, terms.decimals)


def order_status(code: str, *, waits: bool) -> str:
    """What an order is called that left for a reason, or has not left, or `waits` for a hold."""
    called = {"": "waiting" if waits else "open", Why.FILLED: "filled", Why.EXPIRED: "expired"}
    return called.get(code, "cancelled")


def unknown_order(number: int) -> NotFound:
    """That the caller has no such order, or is not told of it."""
    return NotFound("order-unknown", f"There is no order {number} of yours", where="order",
                    cure="See `order list`.")  # fmt: skip


def not_logged_in() -> Refused:
    """That the caller has not shown that he may."""
    return Refused("not-logged-in", "Only the investor, a key of his, or the operator may do that",
                   where="authorization", cure="Log in, and show the token that it gives."
                   )  # fmt: skip


def _whose(caller: Caller, investor: str) -> Wallet | None:
    """Of whom is asked; None for all, which the operator alone may ask."""
    if not investor and caller.operator:
        return None
    who = wire.wallet_of(investor, "investor") if investor else caller.investor
    if not who or not caller.speaks_for(who):
        raise not_logged_in()
    return who


def _key_of(caller: Caller) -> Wallet | None:
    """Whose orders alone a caller is told of, within those of an investor; None for all."""
    return caller.signer if caller.by_key else None
