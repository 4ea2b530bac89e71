"""Rules as terms state them, those of the presets that they name included."""

from __future__ import annotations

from tallystick.core.countries import country_index
from tallystick.core.errors import Invalid, InvalidFile
from tallystick.core.fields import Fields
from tallystick.core.times import DAY_S, TIME_MAX, parse_time
from tallystick.core.units import BASIS_POINTS, parse_quantity
from tallystick.securities.claims import Tier
from tallystick.securities.composition import compose
from tallystick.securities.packing import DATE_MAX, EXEMPTIONS, WINDOW_DAYS_MAX, pack_round
from tallystick.securities.presets import Resolved
from tallystick.securities.proposal import RuleSet
from tallystick.securities.tally import COUNTRY_LIMIT_MAX, UNLIMITED

# The chain counts to 2**24 - 2; the next number says that there is no limit.
LIMIT_MAX = UNLIMITED - 1
TIERS = {
    "": Tier.RETAIL,
    "accredited": Tier.ACCREDITED,
    "qualified_purchaser": Tier.QUALIFIED_PURCHASER,
    "institutional_buyer": Tier.INSTITUTIONAL_BUYER,
}


def composed(own: RuleSet, resolved: list[Resolved], security: Fields, decimals: int) -> RuleSet:
    """Rules of the terms and of their presets: all that any of them asks."""
    parts = [own]
    for each in resolved:
        stated = {name: value for name, value in each.rules.items() if name != "issuer_limits"}
        within = Fields(stated, security.place(f"presets.{each.name}"), security.defects)
        parts.append(read_rules(within, Fields({}, within.where, security.defects), decimals))
    try:
        return compose(*parts)
    except Invalid as error:
        security.defects.append(error)
        return own


def rules_of(name: str, resolved: Resolved) -> RuleSet:
    """The rules that a preset comes to, by itself, for a security without decimals."""
    defects: list[Invalid] = []
    rules = composed(RuleSet(), [resolved], Fields({}, name, defects), 0)
    if defects:
        raise InvalidFile("terms-invalid", name, defects)
    return rules


def read_rules(fields: Fields, security: Fields, decimals: int) -> RuleSet:
    """Read `[security.rules]`, and what the security itself says of them."""

    def quantity(text: str, *, where: str) -> int | None:
        return parse_quantity(text, decimals, where=where)

    def round_quantity(text: str, *, where: str) -> int | None:
        units = parse_quantity(text, decimals, where=where)
        pack_round(units, where=where)
        return units

    holding_days = fields.integer("holding_period_days", 0, highest=TIME_MAX // DAY_S)
    lock_up_until = fields.parsed("lock_up_until", _date, 0)
    rules = RuleSet(
        verified_holder=fields.flag("verified_holder", default=True),
        countries_allowed=_countries(fields, "countries_allowed"),
        countries_denied=_countries(fields, "countries_denied"),
        max_balance=fields.parsed("max_balance", quantity, None),
        lock_up=bool(holding_days or lock_up_until),
        lock_up_until=lock_up_until,
        holding_period_s=holding_days * DAY_S,
        investor_tier=TIERS.get(fields.choice("investor_tier", tuple(TIERS), ""), Tier.RETAIL),
        screening=fields.flag("screening", default=False),
        flow_back_until=fields.parsed("flow_back_until", _date, 0) or None,
        lot_size=fields.parsed("lot_size", round_quantity, None),
        minimum_holding=fields.parsed("minimum_holding", round_quantity, None),
        supply_cap=security.parsed("authorised", quantity, None),
        investors_max=optional(fields, "investors_max"),
        retail_max=optional(fields, "retail_max"),
        max_share_bps=optional(fields, "max_share_bps", BASIS_POINTS),
        approval=fields.flag("approval", default=False),
        affiliate_volume_bps=optional(fields, "affiliate_volume_bps", BASIS_POINTS),
        affiliate_window_days=fields.integer("affiliate_window_days", 0, highest=WINDOW_DAYS_MAX),
        purchasers_limited=fields.flag("purchasers_limited", default=False),
        country_limited=fields.parsed("country_limited", read_country, ""),
        country_max=optional(fields, "country_max", COUNTRY_LIMIT_MAX),
        venues_only=fields.flag("venues_only", default=False),
        locked_sale_tier=TIERS.get(
            fields.choice("locked_sale_tier", tuple(TIERS), ""), Tier.RETAIL
        ),
        exemption=fields.choice("exemption", EXEMPTIONS, ""),
        investors_min=optional(fields, "investors_min") or None,
    )
    _check_pairs(fields, rules)
    both = (rules.countries_allowed or frozenset()) & (rules.countries_denied or frozenset())
    if both:
        fields.defect(
            "country-allowed-and-denied",
            "countries_denied",
            f"{', '.join(sorted(both))} is allowed and denied at once",
            cure="Leave it out of one of the two lists.",
        )
    fields.finish()
    return rules


def _check_pairs(fields: Fields, rules: RuleSet) -> None:
    """Name a parameter that says nothing without another."""
    pairs = (
        ("country_limited", bool(rules.country_limited), "country_max",
         rules.country_max is not None),
        ("affiliate_window_days", rules.affiliate_window_days > 0, "affiliate_volume_bps",
         rules.affiliate_volume_bps is not None),
    )  # fmt: skip
    for one, has_one, other, has_other in pairs:
        if has_one != has_other:
            given, missing = (one, other) if has_one else (other, one)
            fields.defect("field-missing", missing, f"`{given}` says nothing without it",
                          cure=f"Add `{missing}`, or leave out `{given}`.")  # fmt: skip


def _date(text: str, *, where: str) -> int:
    """A time that rules can have."""
    moment = parse_time(text, where=where)
    if moment > DATE_MAX:
        raise Invalid("time-too-late", "Rules have times until 2106", where=where,
                      cure="Choose an earlier one.")  # fmt: skip
    return moment


def _countries(fields: Fields, name: str) -> frozenset[str] | None:
    codes = fields.texts(name)
    if codes is None:
        return None
    for code in codes:
        try:
            country_index(code, where=fields.place(name))
        except Invalid as error:
            fields.defects.append(error)
            return None
    return frozenset(codes)


def optional(fields: Fields, name: str, highest: int = LIMIT_MAX) -> int | None:
    """A whole number, or None if it is not there."""
    return fields.integer(name, highest=highest) if fields.has(name) else None


def read_country(text: str, *, where: str) -> str:
    """A country by its two letters. Raises `Invalid` if there is none."""
    country_index(text, where=where)
    return text
