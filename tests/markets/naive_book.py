"""An order book as one would write it first: a list, sorted anew for every order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tallystick.markets.order_book import Fill, Order, Outcome, Prevented, SelfTrade


@dataclass
class Waiting:
    number: int
    owner: Any
    buy: bool
    price: int
    left: int
    came: int


class NaiveBook:
    """What `OrderBook` must do, told as simply as possible."""

    def __init__(self, agree: Callable[[Any, Any, int], int] | None = None) -> None:
        """`agree` is told the owners of taker and maker, and the lots."""
        self.waiting: list[Waiting] = []
        self.agree = agree
        self.came = 0

    def side(self, *, buy: bool) -> list[Waiting]:
        sign = -1 if buy else 1
        return sorted(
            (each for each in self.waiting if each.buy == buy),
            key=lambda each: (sign * each.price, each.came),
        )

    def resting(self) -> list[tuple[int, int]]:
        both = self.side(buy=True) + self.side(buy=False)
        return [(each.number, each.left) for each in both]

    def enter(self, order: Order, *, waits: bool = True) -> list[Outcome]:
        outcomes: list[Outcome] = []
        left = order.left
        for maker in self.side(buy=not order.buy):
            if not left or (maker.price > order.price if order.buy else maker.price < order.price):
                break
            lots = min(left, maker.left)
            if maker.owner == order.owner:
                taken, given = {
                    SelfTrade.CANCEL_TAKER: (left, 0),
                    SelfTrade.CANCEL_MAKER: (0, maker.left),
                    SelfTrade.CANCEL_BOTH: (left, maker.left),
                    SelfTrade.DECREMENT: (lots, lots),
                }[order.self_trade]
                outcomes.append(Prevented(order.number, maker.number, taken, given))
                left -= taken
                maker.left -= given
                continue
            if self.agree is not None:
                lots = self.agree(order.owner, maker.owner, lots)
            if lots:
                outcomes.append(Fill(order.number, maker.number, maker.price, lots))
                left -= lots
                maker.left -= lots
        self.waiting = [each for each in self.waiting if each.left]
        if left and waits:
            self.came += 1
            self.waiting.append(
                Waiting(order.number, order.owner, order.buy, order.price, left, self.came)
            )
        return outcomes

    def cancel(self, number: int) -> int:
        found = sum(each.left for each in self.waiting if each.number == number)
        self.waiting = [each for each in self.waiting if each.number != number]
        return found

    def reduce(self, number: int, lots: int) -> bool:
        for each in self.waiting:
            if each.number == number and 0 < lots < each.left:
                each.left = lots
                return True
        return False
