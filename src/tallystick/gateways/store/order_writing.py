"""Makes rows of orders, trades and steps of what the order journal has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tallystick.gateways.store.dealings import Trade, count
from tallystick.gateways.store.order_tables import (
    BUSTED,
    MATCHED,
    ORDER,
    SETTLED,
    STEP,
    TRADE,
    WAITS,
)
from tallystick.markets.venue import entries as said
from tallystick.markets.venue import events as came


class Writing:
    """Rows of one transaction; of what is told of an order or a trade again, the last counts."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._orders: dict[int, dict[str, Any]] = {}
        self._trades: dict[int, dict[str, Any]] = {}
        self._changed_orders: dict[int, dict[str, Any]] = {}
        self._changed_trades: dict[int, dict[str, Any]] = {}
        self._steps: list[dict[str, Any]] = []
        # Trades that are to be counted in what investors traded, or not to be any more.
        self._counted: list[tuple[int, int]] = []

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
            elif isinstance(event, came.Held):
                self._change(event.order, waits=False)
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
        self._counted.append((event.trade, 1))
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
        if isinstance(event, came.TradeBusted):
            self._counted.append((event.trade, -1))
        elif isinstance(event, came.TradeUnsettled) and self._status(event.trade) == BUSTED:
            self._counted.append((event.trade, 1))
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

    def _status(self, trade: int) -> str:
        """How a trade stands so far."""
        row = self._trades.get(trade) or self._changed_trades.get(trade)
        if row is not None:
            return str(row["status"])
        query = sa.select(TRADE.c.status).where(TRADE.c.number == trade)
        return str(self._connection.execute(query).scalar())

    def _count(self) -> None:
        """Count trades that were made, or busted, in what investors traded."""
        if not self._counted:
            return
        buy, sell = ORDER.alias("buy_order"), ORDER.alias("sell_order")
        query = (
            sa.select(TRADE, buy.c.investor.label("buyer"), sell.c.investor.label("seller"))
            .join(buy, buy.c.number == TRADE.c.buy).join(sell, sell.c.number == TRADE.c.sell)
        )  # fmt: skip
        numbers = sorted({number for number, _ in self._counted})
        known: dict[int, Trade] = {}
        for start in range(0, len(numbers), ASKED_AT_ONCE):
            part = query.where(TRADE.c.number.in_(numbers[start : start + ASKED_AT_ONCE]))
            for row in self._connection.execute(part):
                known[row.number] = Trade(row.symbol, row.buyer, row.seller, row.lots,
                                          int(row.price), (int(row.buyer_fee), int(row.seller_fee))
                                          )  # fmt: skip
        count(self._connection, ((known[number], sign) for number, sign in self._counted))

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
            self._steps.append({**_STEP_EMPTY, **_as_asked(journaled.entry, event), **row, **place,
                                "by": by})  # fmt: skip

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
        self._count()

    def _update(self, table: sa.Table, number: int, values: dict[str, Any]) -> None:
        query = table.update().where(table.c.number == number).values(values)
        self._connection.execute(query)


# Rows that are asked for by their numbers in one question.
ASKED_AT_ONCE: Final = 500
# What a file of SQLite can have in a column of numbers.
LOTS_MAX: Final = 2**63 - 1
_STEP_EMPTY: Final = {"symbol": "", "number": 0, "investor": "", "signer": "", "side": "",
                      "code": "", "lots": 0, "price": ""}  # fmt: skip


def _as_asked(entry: said.Entry, event: came.Event) -> dict[str, Any]:
    """An order as it was asked for, where a step is that it was taken, or was not.

    Lots that no order can have are in the journal alone.
    """
    if not (
        isinstance(entry, said.Placed) and isinstance(event, came.Accepted | came.RefusedOrder)
    ):
        return {}
    terms = entry.terms
    return {"signer": terms.signer, "side": "buy" if terms.buys else "sell",
            "lots": terms.lots if terms.lots <= LOTS_MAX else 0,
            "price": str(terms.price)}  # fmt: skip


def _order_row(event: came.Accepted, entry: said.Placed, at_ns: int) -> dict[str, Any]:
    terms = entry.terms
    return {
        "number": event.order, "symbol": event.symbol, "investor": terms.investor,
        "signer": terms.signer, "nonce": str(terms.nonce), "client_id": entry.client_id,
        "buys": terms.buys, "lots": terms.lots, "price": str(terms.price),
        "units_per_lot": str(terms.units_per_lot), "kind": terms.instructions.number,
        "expiry_s": terms.expiry, "placed_ns": at_ns, "left_lots": terms.lots, "filled_lots": 0,
        "ended_ns": 0, "code": "", "waits": event.waits,
    }  # fmt: skip


def _step_rows(event: came.Event) -> list[dict[str, Any]]:
    """Lines of the audit trail; a trade has one for each of its orders."""
    if isinstance(event, came.Accepted):
        return [{"symbol": event.symbol, "number": event.order, "investor": event.investor,
                 "what": "accepted", "lots": event.lots, "price": str(event.price),
                 "code": WAITS if event.waits else ""}]  # fmt: skip
    if isinstance(event, came.Traded):
        return [{"symbol": event.symbol, "number": number, "what": "traded", "lots": event.lots,
                 "code": f"trade-{event.trade}", "price": str(event.price)}
                for number in (event.buy, event.sell)]  # fmt: skip
    if isinstance(event, came.RefusedOrder):
        codes = " ".join(each.code for each in event.refusals)
        return [{"symbol": event.symbol, "investor": event.investor, "what": "refused",
                 "code": codes}]  # fmt: skip
    if isinstance(event, came.Unanswered):
        return [{"number": event.order, "what": "unanswered", "code": event.code}]
    return _rows_of_change(event) or _market_rows(event)


def _rows_of_change(event: came.Event) -> list[dict[str, Any]]:
    """Lines of what happens to an order that was taken, without a trade."""
    if isinstance(event, came.Left | came.Reduced):
        what = "left" if isinstance(event, came.Left) else "reduced"
        return [{"symbol": event.symbol, "number": event.order, "what": what,
                 "code": event.code, "lots": event.lots}]  # fmt: skip
    if isinstance(event, came.Held):
        return [{"symbol": event.symbol, "number": event.order, "what": "held",
                 "lots": event.lots, "price": str(event.price)}]  # fmt: skip
    if isinstance(event, came.Released):
        return [{"symbol": event.symbol, "number": event.order, "what": "released"}]
    return []


def _market_rows(event: came.Event) -> list[dict[str, Any]]:
    """Lines of what happens to a market, and of what became of trades."""
    if isinstance(event, came.PhaseBegan):
        return [{"symbol": event.symbol, "what": event.phase, "code": event.code}]
    if isinstance(event, came.MarketSet):
        return [{"symbol": event.symbol, "what": "terms-set"}]
    if isinstance(event, came.Uncrossed):
        return [{"symbol": event.symbol, "what": "uncrossed", "lots": event.lots,
                 "price": str(event.price) if event.price else ""}]  # fmt: skip
    if isinstance(event, came.TradeSettled | came.TradeBusted | came.TradeUnsettled):
        what = {came.TradeSettled: "settled", came.TradeBusted: "busted"}.get(type(event), "undone")
        why = f" {event.reason}" if isinstance(event, came.TradeBusted) else ""
        return [{"what": what, "code": f"trade-{event.trade}{why}"}]
    return []
