"""Faults to be planted in what the rules of the model rest on, by name."""

from __future__ import annotations

from typing import Any

from tallystick.securities import movements
from tallystick.securities.lots import Lots
from tallystick.securities.proposal import Party
from tallystick.securities.purchases import Purchases
from tallystick.securities.registry import Registry
from tallystick.securities.security import Security
from tallystick.securities.tally import LimitVerdict, Tally


def _forgets_tracking(self: Tally, tier: int, tracked_day: int, *, owners: int = 1) -> None:
    self.counts[tier] -= owners


def _off_by_one(self: Tally, *_: object, **__: object) -> LimitVerdict:
    over = self.investors_max is not None and self.total > self.investors_max
    return LimitVerdict.TOO_MANY if over else LimitVerdict.WITHIN


def _nothing(*_: object, **__: object) -> None:
    """Does nothing."""


# Whose part it is, which, and what is put in its place.
FAULTS: tuple[tuple[Any, str, Any], ...] = (
    (Tally, "is_stale", lambda *_: False),
    (Tally, "leave", _forgets_tracking),
    (Tally, "verdict", _off_by_one),
    (Tally, "advance", _nothing),
    (Tally, "limit_country", _nothing),
    (Lots, "plus", lambda self, *_: self),
    (Lots, "minus", lambda self, *_: (self, ())),
    (Lots, "locked_units", lambda *_: 0),
    (Purchases, "count", lambda *_, **__: 0),
    (Purchases, "note", _nothing),
    (Registry, "acquired", _nothing),
    (Registry, "_no_longer_heir", _nothing),
    (Party, "sold", lambda *_: 0),
    (movements, "_sells_as_affiliate", lambda *_: False),
    (movements, "_use_approval", _nothing),
    (movements, "_unfreeze_taken", _nothing),
    (Security, "_issuer_verdict", lambda *_: LimitVerdict.WITHIN),
    (Security, "refresh", _nothing),
)
