"""What is withheld: by form, residence, income and date; and how it is reported."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.countries import country_index
from tallystick.core.errors import Invalid
from tallystick.core.times import FOREVER_DAY
from tallystick.core.wallets import Wallet
from tallystick.gateways.treaties import tables
from tallystick.securities.withholding.forms import Form, TaxForm, check_form
from tallystick.securities.withholding.reclaims import reclaim
from tallystick.securities.withholding.tax_lines import (
    TaxedPayment,
    half_up,
    lines_1042s,
    lines_1099,
)
from tallystick.securities.withholding.united_states import (
    Holding,
    decide,
    withheld_half_up,
)

US = tables()["US"]
ANN, BOB = Wallet("0x" + "a" * 40), Wallet("0x" + "b" * 40)


def day(year: int, month: int, of_month: int) -> int:
    return (date(year, month, of_month) - date(1970, 1, 1)).days


PAID = day(2026, 11, 23)


def given_form(kind: Form, country: str = "DE", **changes: Any) -> TaxForm:
    return TaxForm(form=kind, country=country, **{"signed_day": day(2026, 1, 5), **changes})


def holder(country: str, form: TaxForm | None = None, votes_bps: int = 0) -> Holding:
    return Holding(country=country, form=form, votes_bps=votes_bps)


def rate(income: str, of: Holding, on: int = PAID) -> tuple[int, str]:
    found = decide(US, income, of, on)
    return found.rate_bps, found.report


# Without a form: 30 % of a foreign person's, 24 % of a resident's (26 U.S.C. 1441, 3406).
@pytest.mark.parametrize(
    ("country", "income", "expected"),
    [("DE", "dividend", (3_000, "1042-S")), ("US", "dividend", (2_400, "1099-DIV")),
     ("US", "interest", (2_400, "1099-INT")), ("SG", "interest", (3_000, "1042-S")),
     ("DE", "redemption", (0, "")), ("US", "liquidation", (0, "1099-DIV"))],
)  # fmt: skip
def test_who_gave_no_form(country: str, income: str, expected: tuple[int, str]) -> None:
    assert rate(income, holder(country)) == expected


def test_backup_withholding_was_28_percent_until_2017() -> None:
    assert rate("dividend", holder("US"), day(2017, 12, 31)) == (2_800, "1099-DIV")
    assert rate("dividend", holder("US"), day(2018, 1, 1)) == (2_400, "1099-DIV")


def test_a_resident_with_a_form_has_nothing_withheld_unless_he_was_named() -> None:
    assert rate("dividend", holder("US", given_form(Form.W9, "US"))) == (0, "1099-DIV")
    named = given_form(Form.W9, "US", backup=True)
    assert rate("interest", holder("US", named)) == (2_400, "1099-INT")


# IRS Tax Treaty Tables, Table 1; the rate of a direct investor needs the votes.
@pytest.mark.parametrize(
    ("country", "general", "direct"),
    [("DE", 1_500, 500), ("GB", 1_500, 500), ("CA", 1_500, 500), ("JP", 1_000, 500),
     ("CN", 1_000, 1_000), ("IN", 2_500, 1_500), ("IL", 2_500, 1_250), ("KR", 1_500, 1_000),
     ("SG", 3_000, 3_000), ("BR", 3_000, 3_000)],
)  # fmt: skip
def test_dividends_under_treaties(country: str, general: int, direct: int) -> None:
    person = given_form(Form.W8BEN, country, treaty=True)
    assert rate("dividend", holder(country, person)) == (general, "1042-S")
    company = given_form(Form.W8BENE, country, treaty=True, direct=True)
    assert rate("dividend", holder(country, company, 9_999))[0] == direct
    assert rate("dividend", holder(country, company, 10))[0] == general


def test_treaties_end_and_are_suspended() -> None:
    hungarian = holder("HU", given_form(Form.W8BEN, "HU", treaty=True, signed_day=day(2022, 1, 1)))
    assert rate("dividend", hungarian, day(2023, 12, 31))[0] == 1_500
    assert rate("dividend", hungarian, day(2024, 1, 1))[0] == 3_000
    russian = holder("RU", given_form(Form.W8BEN, "RU", treaty=True, signed_day=day(2023, 1, 1)))
    assert rate("dividend", russian, day(2024, 8, 15))[0] == 1_000
    assert rate("dividend", russian, day(2024, 8, 16))[0] == 3_000


def test_a_form_ends_with_the_third_calendar_year_after_its_signature() -> None:
    form = given_form(Form.W8BEN, treaty=True, signed_day=day(2023, 3, 1))
    assert form.until_day == day(2027, 1, 1)
    assert rate("dividend", holder("DE", form), day(2026, 12, 31))[0] == 1_500
    assert rate("dividend", holder("DE", form), day(2027, 1, 1))[0] == 3_000
    assert given_form(Form.W9, "US").until_day == FOREVER_DAY


def test_coupons_are_portfolio_interest_but_not_to_who_has_a_tenth_of_the_votes() -> None:
    form = given_form(Form.W8BEN, "SG")
    found = decide(US, "interest", holder("SG", form), PAID)
    assert (found.rate_bps, found.income_code, found.exemption_code) == (0, "01", "05")
    assert rate("interest", holder("SG", form, 1_000))[0] == 3_000
    italian = given_form(Form.W8BENE, "IT", treaty=True)
    assert rate("interest", holder("IT", italian, 1_000))[0] == 1_000


def test_interest_that_depends_on_revenue_is_no_portfolio_interest() -> None:
    form = given_form(Form.W8BEN, "GB", treaty=True)
    assert rate("revenue-share", holder("GB", form)) == (3_000, "1042-S")


@pytest.mark.parametrize(("kind", "bps", "code"), [(Form.W8ECI, 0, "01"), (Form.W8EXP, 0, "02"),
                                                   (Form.W8IMY, 3_000, "00")])  # fmt: skip
def test_other_forms(kind: Form, bps: int, code: str) -> None:
    found = decide(US, "dividend", holder("DE", given_form(kind)), PAID)
    assert (found.rate_bps, found.exemption_code) == (bps, code)


def test_what_was_not_checked_says_so() -> None:
    unverified = {(each.country, each.kind) for each in US.treaty
                  if each.confidence != "A" or not each.from_verified}  # fmt: skip
    assert ("NO", "interest") in unverified
    norwegian = given_form(Form.W8BENE, "NO", treaty=True)
    assert decide(US, "interest", holder("NO", norwegian, 5_000), PAID).unverified


def test_every_rate_names_a_country_and_an_article() -> None:
    for each in US.treaty:
        assert country_index(each.country)
        assert each.article
        assert 0 <= each.rate_bps <= 3_000
        assert each.until is None or each.until > each.first
        assert each.votes_bps or not each.kind.endswith("-direct")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"form": Form.W9, "country": "US", "treaty": True}, "treaty-on-w-9"),
     ({"form": Form.W8BEN, "treaty": True, "direct": True}, "direct-rate-claimed"),
     ({"form": Form.W8BENE, "direct": True}, "direct-rate-claimed"),
     ({"form": Form.W8BEN, "country": "US"}, "form-of-a-resident"),
     ({"form": Form.W8BEN, "signed_day": PAID + 1}, "signed-in-the-future")],
)  # fmt: skip
def test_forms_that_say_what_they_cannot(changes: dict[str, Any], code: str) -> None:
    members = {"form": Form.W8BEN, "country": "DE", "signed_day": PAID, **changes}
    with pytest.raises(Invalid) as found:
        check_form(TaxForm(**members), today=PAID)
    assert found.value.code == code


@given(gross=st.integers(0, 2**112), bps=st.integers(0, 10_000))
def test_withheld_plus_net_is_gross_and_never_off_by_more_than_a_half(gross: int, bps: int) -> None:
    kept = withheld_half_up(gross, bps)
    assert 0 <= kept <= gross
    assert abs(2 * kept * 10_000 - 2 * gross * bps) <= 10_000


# Publication 515: 100 of a dividend, 30 withheld, a W-8BEN of a British resident the year after.
def test_what_a_later_form_gives_back() -> None:
    form = given_form(Form.W8BEN, "GB", treaty=True, signed_day=day(2027, 2, 10))
    found = reclaim(US, "dividend", holder("GB"), form, gross=10_000, withheld=3_000,
                    paid_day=PAID)  # fmt: skip
    assert (found.amount, found.due, found.until_day) == (1_500, 1_500, day(2027, 3, 16))


def paid(home: Wallet, gross: int, withheld: int, **changes: Any) -> TaxedPayment:
    members: dict[str, Any] = {
        "income": "dividend", "decimals": 2, "report": "1042-S", "income_code": "06",
        "exemption_code": "00", "rate_bps": 3_000, "country": "DE", "status": "16",
    }  # fmt: skip
    return TaxedPayment(home=home, gross=gross, withheld=withheld, **{**members, **changes})


def test_form_1042s_is_in_whole_dollars_of_the_sum() -> None:
    lines = lines_1042s([paid(ANN, 1_049, 315), paid(ANN, 1_001, 300), paid(BOB, 50, 15)])
    assert [(line.home, line.gross, line.withheld) for line in lines] == [(ANN, 21, 6), (BOB, 1, 0)]
    assert lines[0].country == "GM"


def test_form_1042s_has_a_line_for_each_code_and_rate_and_tells_what_came_back() -> None:
    lines = lines_1042s([
        paid(ANN, 10_000, 3_000, repaid=1_500), paid(ANN, 10_000, 1_500, rate_bps=1_500),
    ])  # fmt: skip
    assert [(line.rate_bps, line.withheld, line.repaid, line.credit) for line in lines] == [
        (1_500, 15, 0, 15), (3_000, 30, 15, 15)]  # fmt: skip


def test_1099s_leave_out_who_is_below_the_least_amount() -> None:
    small = paid(ANN, 999, 0, report="1099-DIV")
    assert lines_1099([small], "1099-DIV") == []
    [line] = lines_1099([small, paid(ANN, 1, 0, report="1099-DIV")], "1099-DIV")
    assert line.boxes == {"1a": 1_000, "4": 0}
    [line] = lines_1099([paid(BOB, 500, 120, report="1099-INT")], "1099-INT")
    assert line.boxes == {"1": 500, "4": 120}
    proceeds = paid(BOB, 59_999, 0, report="1099-DIV", income="liquidation")
    assert lines_1099([proceeds], "1099-DIV") == []


@given(amount=st.integers(0, 10**30), decimals=st.integers(0, 18), places=st.integers(0, 18))
def test_amounts_are_rounded_half_up(amount: int, decimals: int, places: int) -> None:
    found = half_up(amount, decimals, places)
    assert abs(2 * found * 10**decimals - 2 * amount * 10**places) <= max(10**decimals, 1)
