"""Orders and trades as people ask for them: a fold of the order journal, in a file of its own.

Nothing here is a book of record. The file may be lost at any time, and is made again from the
journal; what was written of it last stands in `cursor`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tallystick.core.wallets import Wallet
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.dealings import Dealt, dealt_so_far
from tallystick.gateways.store.order_journal import Told
from tallystick.gateways.store.order_tables import (
    BUSTED,
    CURSOR,
    FORMAT,
    METADATA,
    ORDER,
    STEP,
    TRADE,
)
from tallystick.gateways.store.order_writing import Writing


def open_records(path: Path) -> sa.Engine:
    """An engine on a file of records, which is not synced at every commit."""
    return open_sqlite(path, synchronous="NORMAL")


class OrderRecords:
    """The fold in one SQLite file."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        with engine.begin() as connection:
            # Others may make, or read, the same file now.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            if sa.inspect(connection).has_table("cursor"):
                written = connection.execute(sa.select(CURSOR.c.format)).scalar()
                if written != FORMAT:
                    METADATA.drop_all(connection)
            METADATA.create_all(connection)

    @property
    def place(self) -> int:
        """The last entry of the journal that is in it."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(CURSOR.c.place)).scalar() or 0

    def take_up(self, told: Sequence[Told]) -> bool:
        """Take up entries of the journal with what came of them; those in it are passed over.

        Several processes may do so. False if they do not follow what is in it.
        """
        with self._engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            place = connection.execute(sa.select(CURSOR.c.place)).scalar() or 0
            new = [each for each in told if each[0].place > place]
            if not new:
                return True
            if new[0][0].place != place + 1:
                return False
            writing = Writing(connection)
            for journaled, events in new:
                writing.take(journaled, events)
            writing.flush()
            connection.execute(CURSOR.delete())
            connection.execute(CURSOR.insert().values(format=FORMAT, place=new[-1][0].place))
        return True

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
        self, investor: Wallet | None = None, *, signer: Wallet | None = None, symbol: str = "",
        client_id: str = "", open_only: bool = False, before: int = 0, limit: int = 100,
    ) -> Sequence[sa.Row[Any]]:  # fmt: skip
        """Orders, the latest first; those of a number below `before` if that is given."""
        query = sa.select(ORDER).order_by(ORDER.c.number.desc()).limit(limit)
        for given, condition in (
            (investor is not None, ORDER.c.investor == investor),
            (signer is not None, ORDER.c.signer == signer),
            (symbol, ORDER.c.symbol == symbol), (client_id, ORDER.c.client_id == client_id),
            (open_only, ORDER.c.code == ""), (before, ORDER.c.number < before),
        ):  # fmt: skip
            query = query.where(condition) if given else query
        return self._all(query)

    def trade(self, number: int) -> sa.Row[Any] | None:
        """A trade by its number."""
        return self._one(sa.select(TRADE).where(TRADE.c.number == number))

    def trades(
        self, investor: Wallet | None = None, *, signer: Wallet | None = None, symbol: str = "",
        order: int = 0, before: int = 0, limit: int = 100,
    ) -> Sequence[sa.Row[Any]]:  # fmt: skip
        """Trades, the latest first; those of a number below `before` if that is given.

        Of an investor's each says as `buys` whether he is its buyer.
        """
        query = sa.select(TRADE).order_by(TRADE.c.number.desc()).limit(limit)
        if investor is not None:
            mine = _numbers(investor, signer)
            buys = TRADE.c.buy.in_(mine)
            query = query.add_columns(buys.label("buys")).where(buys | TRADE.c.sell.in_(mine))
        if order:
            query = query.where((TRADE.c.buy == order) | (TRADE.c.sell == order))
        for given, condition in (
            (symbol, TRADE.c.symbol == symbol),
            (before, TRADE.c.number < before),
        ):
            query = query.where(condition) if given else query
        return self._all(query)

    def dealt(self, investor: Wallet, symbol: str) -> Dealt:
        """What an investor traded in a market in all; what was busted is left out."""
        with self._engine.connect() as connection:
            return dealt_so_far(connection, investor, symbol)

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
        """All that happened to the orders of a market, in order, with side and owner of each."""
        query = (
            sa.select(STEP, ORDER.c.buys, ORDER.c.investor.label("owner"))
            .join(ORDER, ORDER.c.number == STEP.c.number)
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
        """The whole audit trail, in order, with whose each order is and on which side."""
        query = (
            sa.select(STEP, ORDER.c.investor.label("owner"), ORDER.c.signer.label("key"),
                      ORDER.c.buys, ORDER.c.symbol.label("market"))
            .outerjoin(ORDER, ORDER.c.number == STEP.c.number)
            .order_by(STEP.c.place, STEP.c.item)
        )  # fmt: skip
        with self._engine.connect() as connection:
            yield from connection.execute(query)

    def _one(self, query: sa.Select[Any]) -> sa.Row[Any] | None:
        with self._engine.connect() as connection:
            return connection.execute(query).one_or_none()

    def _all(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with self._engine.connect() as connection:
            return connection.execute(query).all()


def _numbers(investor: Wallet, signer: Wallet | None) -> sa.Select[Any]:
    """Numbers of an investor's orders, or of those that one signed."""
    mine = sa.select(ORDER.c.number).where(ORDER.c.investor == investor)
    return mine if signer is None else mine.where(ORDER.c.signer == signer)
