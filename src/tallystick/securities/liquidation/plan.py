"""A winding-up as people write it in `liquidation.toml`, and who claims what of the proceeds."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from tallystick.core.errors import Invalid, InvalidFile
from tallystick.core.fields import Fields, parse_document
from tallystick.core.units import BASIS_POINTS, parse_quantity
from tallystick.securities.liquidation.preference_terms import PreferenceTerms
from tallystick.securities.liquidation.waterfall import NONE, Claim
from tallystick.securities.terms import Rights

CODE = "liquidation-invalid"


class Debt(msgspec.Struct, frozen=True, kw_only=True):
    """What the issuer owes beside its securities: an amount in units of the cash, and its rank."""

    name: str
    amount: int
    seniority: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to divide, in units of the cash, and what is owed before the securities."""

    cash: str
    proceeds: int
    debts: tuple[Debt, ...] = ()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A class as it stands: whole units of others than the issuer, and what its terms say."""

    symbol: str
    units: Fraction
    rights: Rights
    preference: PreferenceTerms | None = None


def cash_of(text: str, *, path: str) -> str:
    """The symbol of the cash, which tells how amounts are to be read."""
    root = parse_document(text, path=path, code=CODE)
    found = root.text("cash")
    if root.defects:
        raise InvalidFile(CODE, path, root.defects)
    return found


def read_plan(text: str, decimals: int, *, path: str = "liquidation.toml") -> Plan:
    """Read a winding-up. Raises `InvalidFile` with every defect and its place."""
    root = parse_document(text, path=path, code=CODE)

    def money(given: str, *, where: str) -> int:
        return parse_quantity(given, decimals, where=where)

    plan = Plan(
        cash=root.text("cash"), proceeds=root.parsed("proceeds", money, 0),
        debts=tuple(_debt(entry, decimals) for entry in root.tables("debts")),
    )  # fmt: skip
    if not plan.proceeds:
        root.defect("field-missing", "proceeds", "There is nothing to divide",
                    cure="Add `proceeds`.")  # fmt: skip
    names = [each.name for each in plan.debts]
    for name in sorted({each for each in names if names.count(each) > 1}):
        root.defect("debt-duplicate", "debts", f"{name!r} stands twice",
                    cure="Give each debt a name of its own.")  # fmt: skip
    root.finish()
    if root.defects:
        raise InvalidFile(CODE, path, root.defects)
    return plan


def _debt(fields: Fields, decimals: int) -> Debt:
    def money(given: str, *, where: str) -> int:
        return parse_quantity(given, decimals, where=where)

    debt = Debt(name=fields.text("name"), amount=fields.parsed("amount", money, 0),
                seniority=fields.integer("seniority", 1_000))  # fmt: skip
    if not debt.amount:
        fields.defect("field-missing", "amount", "A debt has an amount", cure="Add `amount`.")
    fields.finish()
    return debt


def claims(
    plan: Plan, classes: Sequence[Standing], decimals: int, others: Sequence[Claim] = ()
) -> list[Claim]:
    """All who claim a part of the proceeds: debts, classes with units, and further claims.

    Raises `Invalid` for a debt that does not go before every class, or a preference without what a
    unit was issued for.
    """
    highest = max((each.rights.seniority for each in classes), default=0)
    for debt in plan.debts:
        if debt.seniority <= highest:
            raise Invalid(
                "debt-behind-a-class", f"{debt.name!r} ranks at {debt.seniority}, a class at "
                f"{highest}", where="debts",
                cure="Creditors go first: give it a higher `seniority` than every class.",
            )  # fmt: skip
    debts = [Claim(name=each.name, preference=Fraction(each.amount), convertible=False,
                   seniority=each.seniority) for each in plan.debts]  # fmt: skip
    held = [_of_class(each, decimals) for each in classes if each.units]
    return [*debts, *held, *others]


def _of_class(each: Standing, decimals: int) -> Claim:
    rights, terms = each.rights, each.preference
    if not rights.liquidation_multiple_bps:
        ratio = terms.ratio if terms else Fraction(1)
        return Claim(name=each.symbol, shares=each.units * ratio, seniority=rights.seniority)
    if terms is None:
        raise Invalid(
            "issue-price-unknown", f"{each.symbol} has a preference, and no price that it was "
            "issued for", where=each.symbol,
            cure="State `issue_price` in `[security.preference]` of its terms.",
        )  # fmt: skip
    paid = each.units * terms.price * 10**decimals
    cap = paid * Fraction(rights.participation_cap_bps, BASIS_POINTS)
    participates = rights.participation != NONE
    return Claim(
        name=each.symbol,
        # Participating it takes part as if it had been converted, be that one for one.
        shares=each.units * (terms.ratio or Fraction(int(participates))),
        convertible=terms.common != 0,
        preference=paid * Fraction(rights.liquidation_multiple_bps, BASIS_POINTS),
        participation=rights.participation, cap=cap, seniority=rights.seniority,
    )  # fmt: skip
