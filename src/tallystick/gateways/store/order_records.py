"""Orders and trades as people ask for them: a fold of the order journal, in a file of its own.

Nothing here is a book of record. The file may be lost at any time, and is made again from the
journal; what was written of it last stands in `cursor`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tallystick.core.wallets import Wallet
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import Told
from tallystick.markets.venue import entries as said
from tallystick.markets.venue import events as came

_METADATA = sa.MetaData()
_FORMAT: Final = 1

ORDER = sa.Table(
    "orders", _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("symbol", sa.String, nullable=False, index=True),
    sa.Column("investor", sa.String(42), nullable=False, index=True),
    sa.Column("signer", sa.String(42), nullable=False),
    sa.Column("nonce", sa.String, nullable=False),
    sa.Column("client_id", sa.String, nullable=False),
    sa.Column("buys", sa.Boolean, nullable=False),
    sa.Column("lots", sa.Integer, nullable=False),
    sa.Column("price", sa.String, nullable=False),
    sa.Column("units_per_lot", sa.String, nullable=False),
    sa.Column("kind", sa.Integer, nullable=False),
    sa.Column("expiry_s", sa.Integer, nullable=False),
    sa.Column("placed_ns", sa.Integer, nullable=False),
    sa.Column("left_lots", sa.Integer, nullable=False),
    sa.Column("filled_lots", sa.Integer, nullable=False),
    sa.Column("ended_ns", sa.Integer, nullable=False),
    sa.Column("code", sa.String, nullable=False),
    sa.UniqueConstraint("investor", "signer", "nonce"),
)  # fmt: skip

TRADE = sa.Table(
    "trades", _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("symbol", sa.String, nullable=False, index=True),
    sa.Column("buy", sa.Integer, nullable=False, index=True),
    sa.Column("sell", sa.Integer, nullable=False, index=True),
    sa.Column("lots", sa.Integer, nullable=False),
    sa.Column("price", sa.String, nullable=False),
    sa.Column("buyer_fee", sa.String, nullable=False),
    sa.Column("seller_fee", sa.String, nullable=False),
    sa.Column("taker", sa.String, nullable=False),
    sa.Column("at_ns", sa.Integer, nullable=False),
    sa.Column("status", sa.String, nullable=False, index=True),
    sa.Column("block", sa.Integer, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
)  # fmt: skip

# Who did what when, and what came of it: one line for every step of an order.
STEP = sa.Table(
    "steps", _METADATA,
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("item", sa.Integer, primary_key=True),
    sa.Column("at_ns", sa.Integer, nullable=False),
    sa.Column("symbol", sa.String, nullable=False),
    sa.Column("number", sa.Integer, nullable=False, index=True),
    sa.Column("investor", sa.String(42), nullable=False, index=True),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("code", sa.String, nullable=False),
    sa.Column("lots", sa.Integer, nullable=False),
    sa.Column("price", sa.String, nullable=False),
)  # fmt: skip

_CURSOR = sa.Table(
    "cursor", _METADATA,
    sa.Column("format", sa.Integer, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
)  # fmt: skip

MATCHED, SETTLED, BUSTED = "matched", "settled", "busted"


def open_records(path: Path) -> sa.Engine:
    """An engine on a file of records, which is not synced at every commit."""
    return open_sqlite(path, synchronous="NORMAL")


class OrderRecords:
    """The fold in one SQLite file."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        inspector = sa.inspect(engine)
        if inspector.has_table("cursor"):
            with engine.connect() as connection:
                written = connection.execute(sa.select(_CURSOR.c.format)).scalar()
            if written != _FORMAT:
                _METADATA.drop_all(engine)
        _METADATA.create_all(engine)

    @property
    def place(self) -> int:
        """The last entry of the journal that is in it."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(_CURSOR.c.place)).scalar() or 0

    def take_up(self, told: Iterable[Told]) -> None:
        """Take up entries of the journal with what came of them, that follow those in it."""
        with self._engine.begin() as connection:
            writing = _Writing(connection)
            place = 0
            for journaled, events in told:
                writing.take(journaled, events)
                place = journaled.place
            writing.flush()
            if place:
                connection.execute(_CURSOR.delete())
                connection.execute(_CURSOR.insert().values(format=_FORMAT, place=place))

    # --- asking

    def order(self, number: int) -> sa.Row[Any] | None:
        """An order by its number."""
        return self._one(sa.select(ORDER).where(ORDER.c.number == number))

    def order_of_nonce(self, investor: Wallet, signer: Wallet, nonce: int) -> sa.Row[Any] | None:
        """An order by the number with which it was signed."""
        return self._one(sa.select(ORDER).where(
            ORDER.c.investor == investor, ORDER.c.signer == signer, ORDER.c.nonce == str(nonce)
        ))  # fmt: skip

    def orders(
        self, investor: Wallet | None = None, *, symbol: str = "", client_id: str = "",
        open_only: bool = False, before: int = 0, limit: int = 100,
    ) -> Sequence[sa.Row[Any]]:  # fmt: skip
        """Orders, the latest first; those of a number below `before` if that is given."""
        query = sa.select(ORDER).order_by(ORDER.c.number.desc()).limit(limit)
        for given, condition in (
            (investor is not None, ORDER.c.investor == investor),
            (symbol, ORDER.c.symbol == symbol), (client_id, ORDER.c.client_id == client_id),
            (open_only, ORDER.c.code == ""), (before, ORDER.c.number < before),
        ):  # fmt: skip
            query = query.where(condition) if given else query
        return self._all(query)

    def trades(
        self, investor: Wallet | None = None, *, symbol: str = "", order: int = 0,
        before: int = 0, limit: int = 100,
    ) -> Sequence[sa.Row[Any]]:  # fmt: skip
        """Trades, the latest first; those of a number below `before` if that is given."""
        query = sa.select(TRADE).order_by(TRADE.c.number.desc()).limit(limit)
        if investor is not None:
            mine = sa.select(ORDER.c.number).where(ORDER.c.investor == investor)
            query = query.where(TRADE.c.buy.in_(mine) | TRADE.c.sell.in_(mine))
        if order:
            query = query.where((TRADE.c.buy == order) | (TRADE.c.sell == order))
        for given, condition in (
            (symbol, TRADE.c.symbol == symbol),
            (before, TRADE.c.number < before),
        ):
            query = query.where(condition) if given else query
        return self._all(query)

    def steps(self, number: int) -> Sequence[sa.Row[Any]]:
        """All that happened to an order, in order."""
        query = sa.select(STEP).where(STEP.c.number == number).order_by(STEP.c.place, STEP.c.item)
        return self._all(query)

    def every_trade(self, symbol: str) -> Iterator[sa.Row[Any]]:
        """All trades of a market, in order; those that were busted are left out."""
        query = (
            sa.select(TRADE).where(TRADE.c.symbol == symbol, TRADE.c.status != BUSTED)
            .order_by(TRADE.c.number)
        )  # fmt: skip
        with self._engine.connect() as connection:
            yield from connection.execute(query)

    def steps_of_market(self, symbol: str) -> Iterator[sa.Row[Any]]:
        """All that happened to the orders of a market, in order, and on which side each is."""
        query = (
            sa.select(STEP, ORDER.c.buys).join(ORDER, ORDER.c.number == STEP.c.number)
            .where(STEP.c.symbol == symbol).order_by(STEP.c.place, STEP.c.item)
        )  # fmt: skip
        with self._engine.connect() as connection:
            yield from connection.execute(query)

    def steps_named(self, symbol: str) -> Iterator[sa.Row[Any]]:
        """All steps in a market, those of refused orders among them, in order."""
        query = sa.select(STEP).where(STEP.c.symbol == symbol).order_by(STEP.c.place, STEP.c.item)
        with self._engine.connect() as connection:
            yield from connection.execute(query)

    def trades_with_sides(self, symbol: str) -> Iterator[sa.Row[Any]]:
        """All trades of a market with their investors, in order."""
        buy, sell = ORDER.alias("buy_order"), ORDER.alias("sell_order")
        query = (
            sa.select(TRADE, buy.c.investor.label("buyer"), sell.c.investor.label("seller"))
            .join(buy, buy.c.number == TRADE.c.buy).join(sell, sell.c.number == TRADE.c.sell)
            .where(TRADE.c.symbol == symbol).order_by(TRADE.c.number)
        )  # fmt: skip
        with self._engine.connect() as connection:
            yield from connection.execute(query)

    def last_ns(self, symbol: str) -> int:
        """When something happened to an order of a market last; 0 if nothing has."""
        query = sa.select(sa.func.max(STEP.c.at_ns)).where(STEP.c.symbol == symbol)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar() or 0

    def every_step(self) -> Iterator[sa.Row[Any]]:
        """The whole audit trail, in order."""
        with self._engine.connect() as connection:
            yield from connection.execute(sa.select(STEP).order_by(STEP.c.place, STEP.c.item))

    def _one(self, query: sa.Select[Any]) -> sa.Row[Any] | None:
        with self._engine.connect() as connection:
            return connection.execute(query).one_or_none()

    def _all(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()


class _Writing:
    """Rows of one transaction; of what is told of an order or a trade again, the last counts."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._orders: dict[int, dict[str, Any]] = {}
        self._trades: dict[int, dict[str, Any]] = {}
        self._changed_orders: dict[int, dict[str, Any]] = {}
        self._changed_trades: dict[int, dict[str, Any]] = {}
        self._steps: list[dict[str, Any]] = []

    def take(self, journaled: said.Journaled, events: Sequence[came.Event]) -> None:
        """Take up an entry and what came of it."""
        entry, at_ns = journaled.entry, journaled.at_ns
        by = getattr(entry, "by", "")
        for item, event in enumerate(events):
            if isinstance(event, came.Accepted) and isinstance(entry, said.Placed):
                self._orders[event.order] = _order_row(event, entry, at_ns)
            elif isinstance(event, came.Traded):
                self._trade(event, at_ns)
            elif isinstance(event, came.Left):
                code = event.code
                self._change(event.order, left_lots=event.lots, ended_ns=at_ns, code=code)
            elif isinstance(event, came.Reduced):
                self._change(event.order, left_lots=event.lots)
            else:
                self._outcome(event)
            self._step(journaled, item, event, by)

    def _trade(self, event: came.Traded, at_ns: int) -> None:
        members = msgspec.structs.asdict(event)
        self._trades[event.trade] = {
            **{name: members[name] for name in ("symbol", "buy", "sell", "lots", "taker")},
            **{name: str(members[name]) for name in ("price", "buyer_fee", "seller_fee")},
            "number": event.trade, "at_ns": at_ns, "status": MATCHED, "block": 0, "reason": "",
        }  # fmt: skip
        for number in (event.buy, event.sell):
            row = self._orders.get(number)
            if row is not None:
                row["left_lots"] -= event.lots
                row["filled_lots"] += event.lots
            else:
                changed = self._changed_orders.setdefault(number, {})
                for name in ("traded", "since"):
                    changed[name] = changed.get(name, 0) + event.lots

    def _outcome(self, event: came.Event) -> None:
        changed: dict[str, Any] | None = None
        if isinstance(event, came.TradeSettled):
            changed = {"status": SETTLED, "block": event.block, "reason": ""}
        elif isinstance(event, came.TradeBusted):
            changed = {"status": BUSTED, "block": event.block, "reason": event.reason}
        elif isinstance(event, came.TradeUnsettled):
            changed = {"status": MATCHED, "block": 0, "reason": ""}
        if changed is not None and hasattr(event, "trade"):
            row = self._trades.get(event.trade)
            if row is not None:
                row.update(changed)
            else:
                self._changed_trades[event.trade] = changed

    def _change(self, number: int, **values: Any) -> None:
        """Note what an order is by now; what was traded `since` that comes off what is left."""
        row = self._orders.get(number)
        if row is not None:
            row.update(values)
            return
        changed = self._changed_orders.setdefault(number, {})
        if "left_lots" in values:
            changed.pop("since", None)
        changed.update(values)

    def _step(self, journaled: said.Journaled, item: int, event: came.Event, by: str) -> None:
        for side, row in enumerate(_step_rows(event)):
            place = {"place": journaled.place, "item": 2 * item + side, "at_ns": journaled.at_ns}
            self._steps.append({**_STEP_EMPTY, **row, **place, "by": by})

    def flush(self) -> None:
        """Write all that was taken up."""
        for table, rows in ((ORDER, self._orders), (TRADE, self._trades)):
            if rows:
                self._connection.execute(table.insert(), list(rows.values()))
        for number, values in self._changed_orders.items():
            traded, since = values.pop("traded", 0), values.pop("since", 0)
            if traded:
                values["filled_lots"] = ORDER.c.filled_lots + traded
            if since:
                values["left_lots"] = values.get("left_lots", ORDER.c.left_lots) - since
            self._update(ORDER, number, values)
        for number, values in self._changed_trades.items():
            self._update(TRADE, number, values)
        if self._steps:
            self._connection.execute(STEP.insert(), self._steps)

    def _update(self, table: sa.Table, number: int, values: dict[str, Any]) -> None:
        query = table.update().where(table.c.number == number).values(values)
        self._connection.execute(query)


_STEP_EMPTY: Final = {"symbol": "", "number": 0, "investor": "", "code": "", "lots": 0, "price": ""}


def _order_row(event: came.Accepted, entry: said.Placed, at_ns: int) -> dict[str, Any]:
    terms = entry.terms
    return {
        "number": event.order, "symbol": event.symbol, "investor": terms.investor,
        "signer": terms.signer, "nonce": str(terms.nonce), "client_id": entry.client_id,
        "buys": terms.buys, "lots": terms.lots, "price": str(terms.price),
        "units_per_lot": str(terms.units_per_lot), "kind": terms.instructions.number,
        "expiry_s": terms.expiry, "placed_ns": at_ns, "left_lots": terms.lots, "filled_lots": 0,
        "ended_ns": 0, "code": "",
    }  # fmt: skip


def _step_rows(event: came.Event) -> list[dict[str, Any]]:
    """Lines of the audit trail; a trade has one for each of its orders."""
    if isinstance(event, came.Accepted):
        return [{"symbol": event.symbol, "number": event.order, "investor": event.investor,
                 "what": "accepted", "lots": event.lots, "price": str(event.price)}]  # fmt: skip
    if isinstance(event, came.Traded):
        return [{"symbol": event.symbol, "number": number, "what": "traded", "lots": event.lots,
                 "code": f"trade-{event.trade}", "price": str(event.price)}
                for number in (event.buy, event.sell)]  # fmt: skip
    if isinstance(event, came.RefusedOrder):
        codes = " ".join(each.code for each in event.refusals)
        return [{"symbol": event.symbol, "investor": event.investor, "what": "refused",
                 "code": codes}]  # fmt: skip
    if isinstance(event, came.Left | came.Reduced):
        what = "left" if isinstance(event, came.Left) else "reduced"
        return [{"symbol": event.symbol, "number": event.order, "what": what,
                 "code": event.code, "lots": event.lots}]  # fmt: skip
    if isinstance(event, came.Unanswered):
        return [{"number": event.order, "what": "unanswered", "code": event.code}]
    return []
