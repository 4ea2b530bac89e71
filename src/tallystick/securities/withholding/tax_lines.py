"""Lines of tax returns over a year: what was paid to whom, of which kind, and withheld.

1099-DIV and 1099-INT bear cents; 1042-S whole dollars, half of one rounded up, of the sum and not
of each payment (Publication 1187). Box numbers: forms of 2025. Country codes of Form 1042-S are the
IRS's own, which are not ISO's.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tallystick.core.wallets import Wallet

CENTS_DECIMALS = 2
# Box of a 1099-DIV: ordinary dividends, nondividend distributions, cash liquidation distributions.
DIVIDEND_BOXES = {"dividend": "1a", "return-of-capital": "3", "liquidation": "9"}
TAX_WITHHELD_BOX = "4"
INTEREST_BOX = "1"
# Least amounts in cents that are reported, unless something was withheld.
LEAST_CENTS, LEAST_LIQUIDATION_CENTS = 1_000, 60_000

# ISO 3166-1 alpha-2 to IRS country codes, where they differ and both are known.
IRS_COUNTRIES = {
    "AT": "AU", "AU": "AS", "CH": "SZ", "CL": "CI", "CN": "CH", "DE": "GM", "DK": "DA", "ES": "SP",
    "GB": "UK", "IE": "EI", "IL": "IS", "IS": "IC", "JP": "JA", "KR": "KS", "PT": "PO", "RU": "RS",
    "SE": "SW", "SG": "SN", "TR": "TU", "UA": "UP", "ZA": "SF",
}  # fmt: skip


class TaxedPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment with what was decided of it; amounts in units of cash with so many decimals.

    `repaid` is what was given back of what was withheld, after its year had ended.
    """

    home: Wallet
    income: str
    gross: int
    withheld: int
    decimals: int
    report: str
    income_code: str = ""
    exemption_code: str = ""
    rate_bps: int = 0
    repaid: int = 0
    country: str = ""
    status: str = ""


class Line1099(msgspec.Struct, frozen=True, kw_only=True):
    """What a resident was paid: cents by box, those withheld in box 4."""

    home: Wallet
    report: str
    boxes: dict[str, int]


class Line1042S(msgspec.Struct, frozen=True, kw_only=True):
    """What a foreign person was paid of one kind at one rate, in whole dollars by box."""

    home: Wallet
    income_code: str
    exemption_code: str
    rate_bps: int
    country: str
    status: str
    gross: int
    withheld: int
    repaid: int

    @property
    def credit(self) -> int:
        """Box 10: what was withheld and not repaid."""
        return self.withheld - self.repaid


def half_up(amount: int, decimals: int, places: int) -> int:
    """An amount with so many decimals in units with fewer, rounded half up."""
    if decimals <= places:
        return amount * int(10 ** (places - decimals))
    step = int(10 ** (decimals - places))
    return (amount + step // 2) // step


def lines_1099(payments: Iterable[TaxedPayment], report: str) -> list[Line1099]:
    """Lines of a 1099 over a year.

    Left out is who is below the least amounts and had nothing withheld.
    """
    sums: dict[Wallet, dict[str, list[int]]] = {}
    for each in payments:
        if each.report != report:
            continue
        box = INTEREST_BOX if report == "1099-INT" else DIVIDEND_BOXES[each.income]
        boxes = sums.setdefault(each.home, {})
        for name, amount in ((box, each.gross), (TAX_WITHHELD_BOX, each.withheld)):
            boxes.setdefault(name, []).append(half_up(amount, each.decimals, CENTS_DECIMALS))
    lines = [
        Line1099(home=home, report=report, boxes={box: sum(cents) for box, cents in boxes.items()})
        for home, boxes in sorted(sums.items())
    ]
    return [line for line in lines if _reported(line)]


def _reported(line: Line1099) -> bool:
    income = sum(cents for box, cents in line.boxes.items() if box not in {"4", "9"})
    return (
        line.boxes.get(TAX_WITHHELD_BOX, 0) > 0
        or income >= LEAST_CENTS
        or line.boxes.get("9", 0) >= LEAST_LIQUIDATION_CENTS
    )


def lines_1042s(payments: Iterable[TaxedPayment]) -> list[Line1042S]:
    """Lines of Form 1042-S over a year: one for each recipient, income code, code and rate."""
    sums: dict[tuple[Wallet, str, str, int, str, str, int], list[int]] = {}
    for each in payments:
        if each.report != "1042-S":
            continue
        key = (each.home, each.income_code, each.exemption_code, each.rate_bps, each.country,
               each.status, each.decimals)  # fmt: skip
        total = sums.setdefault(key, [0, 0, 0])
        for at, amount in enumerate((each.gross, each.withheld, each.repaid)):
            total[at] += amount
    return [
        Line1042S(
            home=home, income_code=income, exemption_code=exemption, rate_bps=rate,
            country=IRS_COUNTRIES.get(country, country), status=status,
            gross=half_up(gross, decimals, 0), withheld=half_up(withheld, decimals, 0),
            repaid=half_up(repaid, decimals, 0),
        )
        for (home, income, exemption, rate, country, status, decimals), (gross, withheld, repaid)
        in sorted(sums.items())
    ]  # fmt: skip
