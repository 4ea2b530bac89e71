"""What happened in a market, in order, and who stood behind it: for those who watch over it."""

from __future__ import annotations

import msgspec

from tallystick.core.wallets import Wallet


class Entered(msgspec.Struct, frozen=True):
    """An order was taken; `owner` is the investor behind it, by his home wallet."""

    at_ns: int
    order: int
    owner: Wallet
    buys: bool
    lots: int
    price: int


class Matched(msgspec.Struct, frozen=True):
    """Two orders met; `taker` is the side that came last: `buy`, `sell`, or neither in a call.

    One that was `busted` took lots from both orders all the same.
    """

    at_ns: int
    trade: int
    buy: int
    sell: int
    lots: int
    price: int
    taker: str
    busted: bool = False


class Lessened(msgspec.Struct, frozen=True):
    """So many lots are left of an order without a trade; 0 if it is gone.

    `by_owner` says that he wanted it so, and not the venue.
    """

    at_ns: int
    order: int
    lots: int
    by_owner: bool = True


Happening = Entered | Matched | Lessened


class Open(msgspec.Struct):
    """An order on the book, with what is left of it."""

    order: int
    owner: Wallet
    buys: bool
    price: int
    lots: int


class OpenOrders:
    """Orders as they stand while a tape is read."""

    def __init__(self) -> None:
        self.orders: dict[int, Open] = {}
        self._owners: dict[int, Wallet] = {}
        self._mine: dict[tuple[Wallet, bool], dict[int, Open]] = {}

    def take(self, happening: Happening) -> None:
        """Take up what happened next."""
        if isinstance(happening, Entered):
            order = Open(happening.order, happening.owner, happening.buys, happening.price,
                         happening.lots)  # fmt: skip
            self._owners[order.order] = order.owner
            self.orders[order.order] = order
            self._mine.setdefault((order.owner, order.buys), {})[order.order] = order
        elif isinstance(happening, Matched):
            for number in (happening.buy, happening.sell):
                self._leave(number, self.orders[number].lots - happening.lots)
        elif happening.order in self.orders:
            self._leave(happening.order, happening.lots)

    def _leave(self, number: int, lots: int) -> None:
        order = self.orders[number]
        order.lots = lots
        if lots <= 0:
            del self.orders[number]
            del self._mine[order.owner, order.buys][number]

    def owner(self, number: int) -> Wallet:
        """Whose an order is, or was."""
        return self._owners[number]

    def of(self, owner: Wallet, *, buys: bool) -> dict[int, Open]:
        """The orders of an investor on a side, by number."""
        return self._mine.get((owner, buys), {})
