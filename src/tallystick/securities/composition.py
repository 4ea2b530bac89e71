"""Rule sets put together: what several of them ask, all at once.

Each parameter has one way to become stricter. What is named together holds together: nothing that
one rule set asks is given up because another does not ask it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import msgspec

from tallystick.core.errors import Invalid
from tallystick.securities.proposal import RuleSet


def least(one: int | None, other: int | None) -> int | None:
    """The lesser of two limits, of which None is none."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _most(one: int | None, other: int | None) -> int | None:
    return max(one or 0, other or 0) or None


def _multiple(one: int | None, other: int | None) -> int | None:
    return math.lcm(one or 1, other or 1) if one or other else None


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _either(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one | other


def _first(one: str, other: str) -> str:
    return one or other


STRICTER: dict[str, Callable[[Any, Any], Any]] = {
    "verified_holder": max,
    "countries_allowed": _both,
    "countries_denied": _either,
    "max_balance": least,
    "lock_up": max,
    "lock_up_until": max,
    "holding_period_s": max,
    "investor_tier": max,
    "screening": max,
    "flow_back_until": _most,
    "lot_size": _multiple,
    "minimum_holding": _most,
    "supply_cap": least,
    "investors_max": least,
    "retail_max": least,
    "max_share_bps": least,
    "approval": max,
    "affiliate_volume_bps": least,
    "affiliate_window_days": max,
    "purchasers_limited": max,
    "country_limited": _first,
    "country_max": least,
    "venues_only": max,
    "locked_sale_tier": max,
    "exemption": _first,
    "investors_min": _most,
}


def compose(*parts: RuleSet) -> RuleSet:
    """The rule set that asks all that its parts ask; of exemptions the first that is named.

    Raises `Invalid` if the holders of two different countries are limited: the chain limits one.
    """
    limited = {part.country_limited for part in parts if part.country_max is not None}
    if len(limited) > 1:
        raise Invalid(
            "countries-limited",
            f"The holders of {', '.join(sorted(limited))} are limited, and only one country can be",
            cure="Keep the limit of one of them.",
        )
    whole = reduce(_joined, parts)
    if whole.countries_allowed is None or whole.countries_denied is None:
        return whole
    allowed = whole.countries_allowed - whole.countries_denied
    return msgspec.structs.replace(whole, countries_allowed=allowed, countries_denied=None)


def _joined(one: RuleSet, other: RuleSet) -> RuleSet:
    return RuleSet(**{
        name: stricter(getattr(one, name), getattr(other, name))
        for name, stricter in STRICTER.items()
    })  # fmt: skip
