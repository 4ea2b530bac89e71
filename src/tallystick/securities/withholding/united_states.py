"""What is withheld of a payment by an issuer of the United States, and how it is reported.

Chapter 3 (26 U.S.C. 1441 to 1446) and backup withholding (3406). What rests on knowledge and not on
a text that was read says so; chapter 4 (FATCA) is not judged here.
"""

from __future__ import annotations

import msgspec

from tallystick.securities.withholding.forms import FOREIGN, Form, TaxForm
from tallystick.securities.withholding.tables import Table

DIVIDEND, INTEREST, REVENUE = "dividend", "interest", "revenue-share"
CAPITAL, REDEMPTION, LIQUIDATION = "return-of-capital", "redemption", "liquidation"
FRACTIONS = "fractions"
BASIS_POINTS = 10_000

# Income codes of Form 1042-S.
INTEREST_CODE, DIVIDEND_CODE, DIRECT_CODE, CAPITAL_CODE = "01", "06", "07", "37"
# From this UTC day on a rate below the statutory one bears a code; until then only exemption did.
# So two secondary sources say of the forms of 2026; unverified.
REDUCED_BEARS_CODE = 20_454
# Exemption codes of chapter 3.
NOT_EXEMPT, CONNECTED, EXEMPT_BY_CODE, BY_TREATY, PORTFOLIO = "00", "01", "02", "04", "05"


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What of a holder matters: where he resides, his votes in basis points, his form if any."""

    country: str
    votes_bps: int = 0
    form: TaxForm | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What is withheld, in basis points, why, and where it is reported.

    `report` is 1099-DIV, 1099-INT, 1042-S or nothing. `unverified` says that the rule or figure was
    not checked against its text.
    """

    rate_bps: int
    report: str
    income_code: str = ""
    exemption_code: str = ""
    why: str
    citation: str
    unverified: bool = False


def decide(table: Table, income: str, holder: Holding, day: int) -> Decision:
    """What is withheld of an income of a holder, paid on a UTC day.

    Who has no form that holds counts as what his country of residence suggests: a resident is
    subject to backup withholding, anybody else to the statutory rate (26 CFR 1.1441-1(b)(3)).
    """
    form = holder.form if holder.form is not None and holder.form.holds(day) else None
    if income in {REDEMPTION, FRACTIONS, CAPITAL}:
        return _capital(income, form, holder)
    is_foreign = form.form in FOREIGN if form is not None else holder.country != "US"
    if not is_foreign:
        return _resident(table, income, form, day)
    if income == LIQUIDATION:
        return Decision(rate_bps=0, report="", citation="26 U.S.C. 331", unverified=True,
                        why="paid in exchange for stock")  # fmt: skip
    if form is None:
        return _statutory(table, income, day, "no form that holds")
    return _foreign(table, income, form, holder, day)


def _capital(income: str, form: TaxForm | None, holder: Holding) -> Decision:
    """A payment in exchange for units, or of capital: nothing is withheld."""
    foreign = form.form in FOREIGN if form is not None else holder.country != "US"
    report, code = ("1042-S", CAPITAL_CODE) if foreign else ("1099-DIV", "")
    if income in {REDEMPTION, FRACTIONS}:
        report, code = "", ""
    return Decision(
        rate_bps=0, report=report, income_code=code, citation="26 U.S.C. 301(c), 302(a)",
        exemption_code=EXEMPT_BY_CODE if code else "", unverified=True,
        why="capital, not income: as far as there are no earnings and profits",
    )  # fmt: skip


def _resident(table: Table, income: str, form: TaxForm | None, day: int) -> Decision:
    report = "1099-DIV" if income in {DIVIDEND, LIQUIDATION} else "1099-INT"
    if form is not None and not form.backup:
        return Decision(rate_bps=0, report=report, why="gave a W-9", citation="26 U.S.C. 3406(a)")
    if income == LIQUIDATION:
        return Decision(rate_bps=0, report=report, why="paid in exchange for stock",
                        citation="26 U.S.C. 331", unverified=True)  # fmt: skip
    figure = table.figure("backup", day)
    why = "named by the IRS" if form is not None else "no W-9"
    return Decision(rate_bps=figure.rate_bps, report=report, why=f"backup withholding: {why}",
                    citation=figure.citation)  # fmt: skip


def _code_of(income: str) -> str:
    return DIVIDEND_CODE if income == DIVIDEND else INTEREST_CODE


def _statutory(table: Table, income: str, day: int, why: str) -> Decision:
    figure = table.figure("statutory", day)
    return Decision(
        rate_bps=figure.rate_bps, report="1042-S", income_code=_code_of(income),
        exemption_code=NOT_EXEMPT, why=why, citation=figure.citation,
    )  # fmt: skip


def _foreign(table: Table, income: str, form: TaxForm, holder: Holding, day: int) -> Decision:
    if form.form is Form.W8ECI:
        return Decision(
            rate_bps=0, report="1042-S", income_code=_code_of(income), exemption_code=CONNECTED,
            why="connected with a business in the United States", citation="26 CFR 1.1441-4(a)",
            unverified=True,
        )  # fmt: skip
    if form.form is Form.W8EXP:
        return Decision(
            rate_bps=0, report="1042-S", income_code=_code_of(income),
            exemption_code=EXEMPT_BY_CODE, why="a government or an exempt organisation",
            citation="26 U.S.C. 892, 1442", unverified=True,
        )  # fmt: skip
    if form.form is Form.W8IMY:
        return _statutory(table, income, day, "an intermediary who has not said for whom")
    if income == REVENUE:
        # Contingent interest is outside the exemption and outside most treaty rates.
        return _statutory(table, income, day, "interest that depends on revenue (871(h)(4))")
    if income == INTEREST and holder.votes_bps < BASIS_POINTS // 10:
        return Decision(
            rate_bps=0, report="1042-S", income_code=INTEREST_CODE, exemption_code=PORTFOLIO,
            why="portfolio interest", citation="26 U.S.C. 871(h), 881(c)",
        )  # fmt: skip
    return _by_treaty(table, income, form, holder, day)


def _by_treaty(table: Table, income: str, form: TaxForm, holder: Holding, day: int) -> Decision:
    if not form.treaty:
        return _statutory(table, income, day, "claims no treaty")
    found = table.rate(form.country, income, day)
    direct = table.rate(form.country, f"{income}-direct", day)
    code = _code_of(income)
    if form.direct and direct is not None and holder.votes_bps >= direct.votes_bps:
        found, code = direct, DIRECT_CODE
    if found is None:
        return _statutory(table, income, day, f"no treaty with {form.country} covers it")
    return Decision(
        rate_bps=found.rate_bps, report="1042-S", income_code=code,
        exemption_code=NOT_EXEMPT if found.rate_bps and day < REDUCED_BEARS_CODE else BY_TREATY,
        why=f"treaty with {form.country}", citation=f"article {found.article}",
        unverified=found.confidence != "A" or not found.from_verified,
    )  # fmt: skip


def withheld_half_up(gross: int, rate_bps: int) -> int:
    """What is withheld of an amount, rounded half up to its smallest unit."""
    return (gross * rate_bps + BASIS_POINTS // 2) // BASIS_POINTS
