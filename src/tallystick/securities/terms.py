"""Terms: what a security is. Read from `terms.toml`, hashed to its asset id.

One file describes an issuer and its classes. The canonical JSON of a class, with its issuer, is
what the asset id is the hash of; it is written to the business journal whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from tallystick.core.canonical import canonical_hash
from tallystick.core.errors import Invalid, InvalidFile
from tallystick.core.fields import Fields, parse_document
from tallystick.core.identifiers import parse_cfi, parse_isin, parse_lei, parse_vin
from tallystick.core.times import parse_time
from tallystick.core.units import DECIMALS_MAX
from tallystick.securities.bonds.bond_terms import BondTerms, read_bond
from tallystick.securities.bonds.day_counts import DAY_COUNTS
from tallystick.securities.composition import least
from tallystick.securities.liquidation.preference_terms import PreferenceTerms, read_preference
from tallystick.securities.offering_limits import OfferingLimits
from tallystick.securities.presets import Preset, Resolved, resolve
from tallystick.securities.proposal import RuleSet
from tallystick.securities.purchases import PURCHASE_DAYS_MAX
from tallystick.securities.rule_terms import composed, optional, read_country, read_rules

KINDS = (
    "common",
    "preferred",
    "bond",
    "fund-unit",
    "real-estate",
    "revenue-share",
    "vehicle",
    "basket",
)
PARTICIPATION = ("none", "full", "capped")
NAME_BYTES_MAX = 64
SYMBOL_BYTES_MAX = 16
_SYMBOL = re.compile(r"[A-Z0-9]+(?:[.-][A-Z0-9]+)*")
_SHA256 = re.compile("[0-9a-f]{64}")


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit entitles to.

    `liquidation_multiple_bps` is the preference as ten-thousandths of the issue price, 0 for none;
    a higher `seniority` is paid earlier. `coupon_bps` is a year's interest in ten-thousandths of
    the nominal.
    """

    dividend: bool = False
    votes_per_unit: int = 0
    seniority: int = 0
    liquidation_multiple_bps: int = 0
    participation: str = "none"
    participation_cap_bps: int = 0
    coupon_bps: int = 0
    day_count: str = ""
    maturity_s: int = 0
    converts_to: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document of the security: its title, the SHA-256 of its bytes, and where it is."""

    title: str
    sha256: str
    link: str = ""


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """Who issues."""

    name: str
    country: str
    lei: str = ""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A preset that terms name, with its options; `as_of` is the date of its figures."""

    name: str
    as_of: str
    options: dict[str, str] = {}


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of one class.

    `rules` are all that hold, those of its `presets` included; `offerings` are the limits of offers
    by the preset that has them.
    """

    issuer: Issuer
    symbol: str
    name: str
    kind: str
    decimals: int
    stock_class: str = ""
    isin: str = ""
    cfi: str = ""
    vin: str = ""
    rights: Rights = Rights()
    rules: RuleSet = RuleSet()
    documents: tuple[Document, ...] = ()
    reasons_required: bool = True
    issuer_limits: bool = False
    presets: tuple[Named, ...] = ()
    offerings: dict[str, OfferingLimits] = {}
    bond: BondTerms | None = None
    preference: PreferenceTerms | None = None

    @staticmethod
    def canonical_rules(rules: RuleSet) -> dict[str, Any]:
        """Rules as they are hashed: sets sorted, amounts as strings."""
        value: dict[str, Any] = msgspec.to_builtins(rules)
        for name in ("countries_allowed", "countries_denied"):
            value[name] = None if value[name] is None else sorted(value[name])
        for name in ("max_balance", "supply_cap", "lot_size", "minimum_holding"):
            value[name] = None if value[name] is None else str(value[name])
        return value

    def canonical(self) -> dict[str, Any]:
        """The value whose canonical JSON is hashed."""
        value = msgspec.to_builtins(self)
        for name in ("bond", "preference"):
            if value[name] is None:
                del value[name]
        return {
            "format": "tallystick-terms-1",
            **value,
            "rules": self.canonical_rules(self.rules),
        }

    def asset_id(self) -> bytes:
        """keccak-256 of the canonical terms."""
        return canonical_hash(self.canonical())


class Prospectus(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in one `terms.toml`: the issuer, its own limits, and its classes."""

    issuer: Issuer
    investors_max: int | None
    retail_max: int | None
    purchasers_max: int | None
    purchasers_window_days: int
    securities: tuple[Terms, ...]


def read_terms(
    text: str, *, path: str = "terms.toml", presets: Mapping[str, Preset] | None = None
) -> Prospectus:
    """Read the terms of an issuer's securities, which may name presets.

    Raises `InvalidFile` with every defect and its place.
    """
    known = {} if presets is None else presets
    root = parse_document(text, path=path, code="terms-invalid")
    defects = root.defects
    issuer = _issuer(root.table("issuer"))
    limits = root.table("limits")
    investors_max, retail_max = optional(limits, "investors_max"), optional(limits, "retail_max")
    purchasers_max = optional(limits, "purchasers_max")
    window_days = limits.integer("purchasers_window_days", 90, lowest=1, highest=PURCHASE_DAYS_MAX)
    limits.finish()
    read = [_security(fields, issuer, known) for fields in root.tables("security")]
    securities = tuple(terms for terms, _ in read)
    for each in (each for _, resolved in read for each in resolved):
        investors_max = least(investors_max, each.issuer.get("investors_max"))
        purchasers_max = least(purchasers_max, each.issuer.get("purchasers_max"))
        window_days = max(window_days, each.issuer.get("purchasers_window_days", 0))
    root.finish()
    if not securities:
        root.defect(
            "terms-empty",
            "security",
            "No security is described",
            cure="Put at least one table into the list `security`.",
        )
    symbols = [terms.symbol for terms in securities]
    for symbol in {symbol for symbol in symbols if symbols.count(symbol) > 1}:
        root.defect(
            "symbol-duplicate",
            "security",
            f"Symbol {symbol!r} stands twice",
            cure="Give each security a symbol of its own.",
        )
    if defects:
        raise InvalidFile("terms-invalid", path, defects)
    return Prospectus(
        issuer=issuer,
        investors_max=investors_max,
        retail_max=retail_max,
        purchasers_max=purchasers_max,
        purchasers_window_days=window_days,
        securities=securities,
    )


def _issuer(fields: Fields) -> Issuer:
    issuer = Issuer(
        name=fields.text("name"),
        country=fields.parsed("country", read_country, ""),
        lei=fields.parsed("lei", parse_lei, ""),
    )
    fields.finish()
    return issuer


def _security(
    fields: Fields, issuer: Issuer, presets: Mapping[str, Preset]
) -> tuple[Terms, list[Resolved]]:
    decimals = fields.integer("decimals", 0)
    if decimals > DECIMALS_MAX:
        fields.defect(
            "too-many-decimals",
            "decimals",
            f"At most {DECIMALS_MAX}",
            cure=f"Write 0 to {DECIMALS_MAX}.",
        )
        decimals = DECIMALS_MAX
    kind = fields.choice("kind", KINDS)
    rules = fields.table("rules")
    rights = _rights(fields.table("rights"))
    named, resolved = _presets(fields, presets)
    terms = Terms(
        issuer=issuer,
        symbol=_symbol(fields),
        name=_bounded(fields, "name", NAME_BYTES_MAX),
        kind=kind,
        decimals=decimals,
        stock_class=fields.text("stock_class", ""),
        isin=fields.parsed("isin", parse_isin, ""),
        cfi=fields.parsed("cfi", parse_cfi, ""),
        vin=fields.parsed("vin", parse_vin, ""),
        rights=rights,
        rules=composed(read_rules(rules, fields, decimals), resolved, fields, decimals),
        documents=tuple(_document(entry) for entry in fields.tables("documents")),
        reasons_required=fields.flag("reasons_required", default=True),
        issuer_limits=fields.flag("issuer_limits", default=False)
        or any(each.rules.get("issuer_limits") for each in resolved),
        presets=named,
        offerings={
            each.name: msgspec.convert(each.offering, OfferingLimits)
            for each in resolved
            if each.offering
        },
        bond=_bond(fields, rights),
        preference=read_preference(fields.table("preference"))
        if fields.has("preference")
        else None,
    )
    if kind == "vehicle" and not terms.vin:
        fields.defect(
            "field-missing",
            "vin",
            "A vehicle is known by its VIN",
            cure="Add `vin`, as the vehicle's papers give it.",
        )
    fields.finish()
    return terms, resolved


def _bond(fields: Fields, rights: Rights) -> BondTerms | None:
    if not fields.has("bond"):
        return None
    return read_bond(
        fields.table("bond"), coupon_bps=rights.coupon_bps, day_count=rights.day_count,
        maturity_s=rights.maturity_s,
    )  # fmt: skip


def _presets(
    fields: Fields, known: Mapping[str, Preset]
) -> tuple[tuple[Named, ...], list[Resolved]]:
    """The presets that a security names, and what they come to."""
    named: list[Named] = []
    resolved: list[Resolved] = []
    as_of = fields.text("presets_as_of", "")
    for entry in fields.tables("presets"):
        name = entry.choice("name", tuple(known))
        if name not in known:
            continue
        options = {
            option: entry.text(option) for option in known[name].options if entry.has(option)
        }
        entry.finish()
        if not as_of:
            fields.defect(
                "field-missing",
                "presets_as_of",
                "Figures of presets change by date",
                cure="Add `presets_as_of` with the date whose figures shall hold.",
            )
            continue
        try:
            resolved.append(resolve(known[name], options, as_of=as_of, where=entry.where))
        except Invalid as error:
            fields.defects.append(error)
            continue
        named.append(Named(name=name, as_of=as_of, options=options))
    return tuple(named), resolved


def _symbol(fields: Fields) -> str:
    symbol = _bounded(fields, "symbol", SYMBOL_BYTES_MAX)
    if symbol and not _SYMBOL.fullmatch(symbol):
        fields.defect(
            "symbol-malformed",
            "symbol",
            "A symbol is of capital letters and digits, with points or hyphens within",
            cure="Write it so, such as ACME or ACME.B.",
        )
    return symbol


def _bounded(fields: Fields, name: str, bytes_max: int) -> str:
    text = fields.text(name)
    if len(text.encode()) > bytes_max:
        fields.defect(
            "field-too-long",
            name,
            f"More than {bytes_max} bytes",
            cure=f"Shorten it to {bytes_max} bytes.",
        )
    return text


def _rights(fields: Fields) -> Rights:
    rights = Rights(
        dividend=fields.flag("dividend", default=False),
        votes_per_unit=fields.integer("votes_per_unit", 0),
        seniority=fields.integer("seniority", 0),
        liquidation_multiple_bps=fields.integer("liquidation_multiple_bps", 0),
        participation=fields.choice("participation", PARTICIPATION, "none"),
        participation_cap_bps=fields.integer("participation_cap_bps", 0),
        coupon_bps=fields.integer("coupon_bps", 0),
        day_count=fields.choice("day_count", ("", *DAY_COUNTS), ""),
        maturity_s=fields.parsed("maturity", parse_time, 0),
        converts_to=fields.text("converts_to", ""),
    )
    if rights.coupon_bps and not rights.day_count:
        fields.defect(
            "field-missing",
            "day_count",
            "A coupon needs a day count",
            cure=f"Add `day_count`, one of {', '.join(DAY_COUNTS)}.",
        )
    fields.finish()
    return rights


def _document(fields: Fields) -> Document:
    document = Document(
        title=fields.text("title"), sha256=fields.text("sha256"), link=fields.text("link", "")
    )
    if not _SHA256.fullmatch(document.sha256):
        fields.defect(
            "hash-malformed",
            "sha256",
            "It must be 64 lower-case hex digits",
            cure="Write the digits that `sha256sum` prints for the document.",
        )
    fields.finish()
    return document
