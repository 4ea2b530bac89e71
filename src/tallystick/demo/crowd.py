"""A crowd that trades: seeded, so that the same seed does the same again.

Each market has a value that wanders; makers quote around it, takers come when a price seems good to
them, patient ones wait far away, and all of them think better of it now and then.
"""

from __future__ import annotations

import random
from typing import Final

import msgspec

# Which part of what is done is what.
_MAKES: Final = 0.38
_TAKES: Final = 0.68
_WAITS: Final = 0.76
# How the value wanders, and how far from it prices are, in ticks.
_STEP_SD: Final = 1.6
_PULL: Final = 0.002
_QUOTE_MAX: Final = 6
_CROSS: Final = 4
_FAR: Final = 30
# By how much takers want more than makers offer.
_TAKEN: Final = 3


class Traded(msgspec.Struct, frozen=True):
    """A market as the crowd sees it: where its value begins, usual quantities, and who can sell."""

    symbol: str
    value_ticks: int
    lots_usual: int
    holders: tuple[int, ...]


class Wish(msgspec.Struct, frozen=True):
    """What somebody wants: to place an order at a price in ticks, or to cancel his oldest one."""

    who: int
    symbol: str
    side: str = ""
    lots: int = 0
    price_ticks: int = 0
    at_once: bool = False

    @property
    def cancels(self) -> bool:
        """Whether an order is to be cancelled."""
        return not self.side


class Crowd:
    """So many people; `wish` is what the next one wants."""

    def __init__(self, seed: int, people: int, markets: list[Traded]) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a seed, so that it can be had again
        self._people = people
        self._markets = markets
        self._values = {each.symbol: float(each.value_ticks) for each in markets}

    def wish(self) -> Wish:
        """What somebody wants next."""
        drawn = self._random
        market = drawn.choice(self._markets)
        value = self._wander(market)
        kind, side = drawn.random(), drawn.choice(("buy", "sell"))
        who = drawn.randrange(self._people) if side == "buy" else drawn.choice(market.holders)
        sign = 1 if side == "buy" else -1
        if kind >= _WAITS:
            return Wish(who, market.symbol)
        if kind < _MAKES:
            away = -sign * drawn.randint(1, _QUOTE_MAX)
        elif kind < _TAKES:
            away = sign * _CROSS
        else:
            away = -sign * drawn.randint(_QUOTE_MAX, _FAR)
        takes = _MAKES <= kind < _TAKES
        usual = market.lots_usual * (_TAKEN if takes else 1)
        lots = max(1, int(drawn.lognormvariate(0, 0.7) * usual))
        return Wish(who, market.symbol, side, lots, max(1, round(value) + away), takes)

    def _wander(self, market: Traded) -> float:
        """The value after another step: at random, and a little back to where it began."""
        value = self._values[market.symbol]
        value += self._random.gauss(0, _STEP_SD) + _PULL * (market.value_ticks - value)
        self._values[market.symbol] = max(2.0, value)
        return self._values[market.symbol]
