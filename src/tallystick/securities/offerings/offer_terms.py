"""What is offered on which conditions, as people write it in `offering.toml`."""

from __future__ import annotations

import msgspec

from tallystick.core.errors import InvalidFile
from tallystick.core.fields import Fields, parse_document
from tallystick.core.times import DAY_S, parse_time
from tallystick.core.units import parse_quantity
from tallystick.core.wallets import NOBODY, Wallet, parse_wallet
from tallystick.securities.offerings.offers import LOTS_MAX, TIERS_MAX, Tier

REFLECTION_DAYS_MAX = 366
NEVER_S = 2**40 - 1


class OfferTerms(msgspec.Struct, frozen=True, kw_only=True):
    """An offering as it is written: quantities in units, prices in units of cash per lot.

    Times are UTC seconds; caps and limits are in lots.
    """

    symbol: str
    cash: str
    units_per_lot: int
    soft_lots: int
    hard_lots: int
    min_lots: int
    max_lots: int
    opens_at: int
    closes_at: int
    withdraw_until: int
    reflection_s: int
    tiers: tuple[Tier, ...]
    pro_rata: bool
    retail_limited: bool
    escrow: Wallet


class Decimals(msgspec.Struct, frozen=True):
    """Decimal places of a security and of its cash."""

    units: int
    cash: int


def head(text: str, *, path: str) -> tuple[str, str]:
    """Symbol of the security and of the cash, which tell how the rest is to be read."""
    root = parse_document(text, path=path, code="offering-invalid")
    found = (root.text("symbol"), root.text("cash", ""))
    if root.defects:
        raise InvalidFile("offering-invalid", path, root.defects)
    return found


def read_offer_terms(text: str, decimals: Decimals, *, path: str = "offering.toml") -> OfferTerms:
    """The terms of an offering. Raises `InvalidFile` with every defect and its place."""
    root = parse_document(text, path=path, code="offering-invalid")

    def quantity(given: str, *, where: str) -> int:
        return parse_quantity(given, decimals.units, where=where)

    lot = root.parsed("lot", quantity, 10**decimals.units)

    def lots(name: str, default: int) -> int:
        return _lots(root, name, decimals, lot, default)

    hard = lots("hard_cap", 0)
    terms = OfferTerms(
        symbol=root.text("symbol"), cash=root.text("cash", ""), units_per_lot=lot,
        soft_lots=lots("soft_cap", 0), hard_lots=hard, min_lots=lots("minimum", 1),
        max_lots=lots("maximum", max(hard, 1)), opens_at=root.parsed("opens", parse_time, 0),
        closes_at=root.parsed("closes", parse_time, 0),
        withdraw_until=root.parsed("withdraw_until", parse_time, 0),
        reflection_s=root.integer("reflection_days", 0, highest=REFLECTION_DAYS_MAX) * DAY_S,
        tiers=tuple(_tier(fields, decimals, lot) for fields in root.tables("prices")),
        pro_rata=root.flag("pro_rata", default=False),
        retail_limited=root.flag("retail_limited", default=False),
        escrow=root.parsed("escrow", parse_wallet, NOBODY),
    )  # fmt: skip
    root.finish()
    _check(terms, root)
    if root.defects:
        raise InvalidFile("offering-invalid", path, root.defects)
    return terms


def _lots(fields: Fields, name: str, decimals: Decimals, lot: int, default: int) -> int:
    """A quantity of units as lots, of which it must be a whole number."""

    def quantity(given: str, *, where: str) -> int:
        return parse_quantity(given, decimals.units, where=where)

    units: int = fields.parsed(name, quantity, default * lot)
    if units % lot:
        fields.defect("not-whole-lots", name, "It is no whole number of lots",
                      cure="Write a multiple of `lot`.")  # fmt: skip
    return units // lot


def _tier(fields: Fields, decimals: Decimals, lot: int) -> Tier:
    def money(given: str, *, where: str) -> int:
        return parse_quantity(given, decimals.cash, where=where)

    tier = Tier(up_to=_lots(fields, "up_to", decimals, lot, LOTS_MAX),
                until=fields.parsed("until", parse_time, NEVER_S),
                price=fields.parsed("price", money, 0))  # fmt: skip
    if not tier.price:
        fields.defect("field-missing", "price", "A price of a lot is needed", cure="Add `price`.")
    fields.finish()
    return tier


def _check(terms: OfferTerms, root: Fields) -> None:
    code = "offering-senseless"
    if not 0 < terms.hard_lots <= LOTS_MAX:
        root.defect(code, "hard_cap", "Nothing is offered", cure="Write how many at most.")
    if terms.soft_lots > terms.hard_lots:
        root.defect(code, "soft_cap", "It is above the hard cap", cure="Write less.")
    if terms.min_lots > terms.max_lots:
        root.defect(code, "minimum", "It is above the maximum", cure="Write less.")
    if not terms.opens_at < terms.closes_at:
        root.defect(code, "closes", "It closes before it opens", cure="Name a time after `opens`.")
    if terms.withdraw_until > terms.closes_at > 0:
        root.defect(code, "withdraw_until", "It lies after the closing",
                    cure="Name an earlier time.")  # fmt: skip
    if not 0 < len(terms.tiers) <= TIERS_MAX:
        root.defect(code, "prices", f"There are {len(terms.tiers)}",
                    cure=f"Write 1 to {TIERS_MAX} of them.")  # fmt: skip
    if bool(terms.cash) == (terms.escrow != NOBODY):
        root.defect(code, "cash", "Money is kept here, or by an escrow agent outside",
                    cure="Name `cash`, or `escrow`.")  # fmt: skip
