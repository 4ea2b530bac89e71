"""The waterfall against published examples, and against what anybody could have chosen instead.

Sources, amounts in millions unless stated:
VD: B. Feld and J. Mendelson, Venture Deals, 3rd ed. (Wiley 2016), pp. 48-52.
MY: A. Metrick and A. Yasuda, Venture Capital and the Finance of Innovation, 2nd ed. (Wiley 2011),
    example 16.4, p. 302.
MC: T. Harms, A Layperson's Guide to the Option Pricing Model (Mercer Capital 2016), exh. 3 and 9.
FH: Foley Hoag LLP, Examples of Liquidation Preference (2014), slide 27.
LT: Liquidation Preference Calculation Table V1. TF: teju finance, course on term sheets, 2.5.
AK: Understanding warrants treatment, scenario 1. DF: Diffen; SE: Senovo; GU: Gust.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.errors import Invalid
from tallystick.securities.liquidation.waterfall import (
    CAPPED,
    FULL,
    NONE,
    Claim,
    breakpoints,
    divide,
)

MILLION = 10**6


def claim(name: str, shares: float, preference: float | str = 0, *, cap: float = 0,
          **more: Any) -> Claim:  # fmt: skip
    """A class, its money in millions."""
    return Claim(name=name, shares=Fraction(str(shares)), cap=Fraction(cap) * MILLION,
                 preference=Fraction(str(preference)) * MILLION, **more)  # fmt: skip


def gets(proceeds: float, *claims: Claim) -> list[float]:
    """What each gets, in millions, to the cent of one."""
    found = divide(int(proceeds * MILLION), claims).shares
    assert sum(share.amount for share in found) == int(proceeds * MILLION)
    return [round(float(share.exact) / MILLION, 4) for share in found]


# VD pp. 48-50: 5 invested at 10; exits below 100 by thirds, 100 by the book's 33 and 67.
@pytest.mark.parametrize(
    ("terms", "exits"),
    [({}, {5: 5, 15: 5, 30: 10, 100: 33}), ({"preference": 10}, {5: 5, 15: 10, 30: 10, 100: 33}),
     ({"participation": FULL}, {5: 5, 15: 8.3, 30: 13.3, 100: 36.35}),
     ({"participation": CAPPED, "cap": 15}, {5: 5, 15: 8.3, 30: 13.3, 100: 33})],
    ids=["1x", "2x", "participating", "capped at 3x"],
)  # fmt: skip
def test_one_series_at_four_exits(terms: dict[str, Any], exits: dict[int, float]) -> None:
    for proceeds, published in exits.items():
        own, others = (33, 67) if proceeds == 100 else (1, 2)
        preferred = claim("A", own, **{"preference": 5, **terms})
        assert gets(proceeds, preferred, claim("common", others))[0] == pytest.approx(
            published, abs=0.05
        )


# VD p. 51: 50 invested for 60 %, sold for 100.
@pytest.mark.parametrize(
    ("terms", "published"),
    [({}, 60), ({"preference": 100}, 100), ({"participation": FULL}, 80),
     ({"participation": CAPPED, "cap": 150}, 80)],
)  # fmt: skip
def test_three_fifths_of_a_sale_for_100(terms: dict[str, Any], published: float) -> None:
    preferred = claim("A", 60, **{"preference": 50, **terms})
    assert gets(100, preferred, claim("common", 40)) == [published, 100 - published]


# VD p. 52: A 5 and B 20 invested, sold for 15.
def test_two_series_that_are_not_covered() -> None:
    stacked = (claim("A", 20, 5, seniority=1), claim("B", 40, 20, seniority=2), claim("c", 40))
    assert gets(15, *stacked) == [0, 15, 0]
    equal = (claim("A", 20, 5), claim("B", 40, 20), claim("c", 40))
    assert gets(15, *equal) == [3, 12, 0]


# MY 16.4: six series, three of them senior; the published course of series D.
SIX = (
    claim("common", 20), claim("A", 10, 6, seniority=1), claim("B", 10, 10, seniority=2),
    claim("C", 10, 12, seniority=3), claim("D", 10, 10, participation=CAPPED, cap=30, seniority=4),
    claim("E", 10, 10, seniority=5), claim("F", 10, 20, participation=FULL, seniority=6),
)  # fmt: skip


@pytest.mark.parametrize(
    ("proceeds", "published"),
    [(30, 0), (35, 5), (40, 10), (68, 10), (88, 15), (190, 30), (225, 30), (260, 30), (468, 56)],
)  # fmt: skip
def test_six_series(proceeds: int, published: float) -> None:
    """Nothing until 30, all of the next 10, a quarter from 68, capped at 190, converted at 260."""
    assert gets(proceeds, *SIX)[4] == published


def test_breakpoints_of_six_series() -> None:
    points = {float(point.proceeds / MILLION): point.parts for point in breakpoints(SIX)}
    assert [point for point in points if point in {30, 40, 68, 190, 260}] == [30, 40, 68, 190, 260]
    assert points[30] == {"D": 1}
    assert points[68]["D"] == Fraction(1, 4)
    assert "D" not in points[190]
    assert points[260]["D"] == Fraction(1, 8)


# MC: two equal ranks, and warrants; amounts in units.
WITH_WARRANTS = (
    Claim(name="A", shares=Fraction(500), preference=Fraction(1_000)),
    Claim(name="B", shares=Fraction(300), preference=Fraction(1_500)),
    Claim(name="common", shares=Fraction(1_500)),
    Claim(name="warrants", shares=Fraction(250), strike=Fraction(10)),
)


def test_breakpoints_with_warrants() -> None:
    found = breakpoints(WITH_WARRANTS)
    assert [int(point.proceeds) for point in found] == [0, 2_500, 5_500, 11_500, 23_000]
    published = [(40.0, 60.0, 0, 0), (0, 0, 100.0, 0), (25.0, 0, 75.0, 0), (21.7, 13.0, 65.2, 0),
                 (19.6, 11.8, 58.8, 9.8)]  # fmt: skip
    for point, parts in zip(found, published, strict=True):
        shown = tuple(round(100 * float(point.parts.get(each.name, 0)), 1)
                      for each in WITH_WARRANTS)  # fmt: skip
        assert shown == parts
    assert [share.amount for share in divide(1_000, WITH_WARRANTS).shares] == [400, 600, 0, 0]


# FH: 5 invested at 20, sold for 40.
@pytest.mark.parametrize(
    ("terms", "published"),
    [({}, 8), ({"participation": CAPPED, "cap": 10}, 10), ({"participation": FULL}, 12)],
)  # fmt: skip
def test_a_fifth_of_a_sale_for_40(terms: dict[str, Any], published: float) -> None:
    assert gets(40, claim("A", 20, 5, **terms), claim("common", 80))[0] == published


# LT: 5 invested at 10; without participation, and twice with a cap of three times.
@pytest.mark.parametrize(
    ("proceeds", "plain", "negotiated"),
    [(5, 5, 5), (10, 5, 10), (20, 6.6667, 13.3333), (30, 10, 15), (40, 13.3333, 15),
     (50, 16.6667, 16.6667), (60, 20, 20), (70, 23.3333, 23.3333), (80, 26.6667, 26.6667),
     (90, 30, 30), (100, 33.3333, 33.3333)],
)  # fmt: skip
def test_a_table_of_eleven_exits(proceeds: int, plain: float, negotiated: float) -> None:
    assert gets(proceeds, claim("A", 1, 5), claim("common", 2))[0] == plain
    capped = claim("A", 1, 10, participation=CAPPED, cap=15)
    assert gets(proceeds, capped, claim("common", 2))[0] == negotiated


# TF: 40 % of the shares, capped at 30, without and with a right to convert.
def test_a_cap_with_and_without_conversion() -> None:
    kept = claim("A", 10, 10, participation=CAPPED, cap=30, convertible=False)
    assert [float(each.proceeds) / MILLION for each in breakpoints((kept, claim("c", 15)))] == [
        0, 10, 60]  # fmt: skip
    free = claim("A", 10, "9.5", participation=CAPPED, cap=30)
    assert [float(each.proceeds) / MILLION for each in breakpoints((free, claim("c", 15)))] == [
        0, 9.5, 60.75, 75]  # fmt: skip


# AK: options at 0.20 and warrants at 1.00 beside a series with accrued dividends; in units.
def test_breakpoints_with_options_and_warrants() -> None:
    thousand = Fraction(1_000)
    found = breakpoints((
        Claim(name="A", shares=thousand, preference=Fraction(1_500)),
        Claim(name="options", shares=thousand, strike=Fraction(1, 5)),
        Claim(name="warrants", shares=thousand, strike=Fraction(1)),
        Claim(name="common", shares=thousand),
    ))  # fmt: skip
    assert [int(point.proceeds) for point in found] == [0, 1_500, 1_700, 3_300, 4_800]


# DF, SE, GU: one example each.
def test_small_examples() -> None:
    assert gets(74, claim("A", 10, 2), claim("c", 90)) == [7.4, 66.6]
    assert divide(74 * MILLION, (claim("A", 10, 2), claim("c", 90))).shares[0].converted
    assert gets(15, claim("A", 25, 3, participation=FULL), claim("c", 75)) == [6, 9]
    assert gets(15, claim("A", 25, 3), claim("c", 75)) == [3.75, 11.25]
    assert gets(10, claim("A", 30, 2, participation=FULL), claim("c", 70))[0] == 4.4


# --- nobody would do better by another choice that was his


def forced(
    proceeds: Fraction, claims: tuple[Claim, ...], converted: tuple[bool, ...]
) -> list[Fraction]:
    """What everybody gets if these convert and those do not: paid in order, then filled up."""
    paid, left = [Fraction(0)] * len(claims), proceeds
    for rank in sorted({each.seniority for each in claims}, reverse=True):
        members = [at for at, each in enumerate(claims)
                   if each.seniority == rank and not converted[at]]  # fmt: skip
        wanted = sum((claims[at].preference for at in members), Fraction(0))
        for at in members:
            if wanted:
                paid[at] = min(left, wanted) * claims[at].preference / wanted
        left -= min(left, wanted)
    x = Fraction(0)
    while left > 0:
        rising, ends = filling(claims, converted, paid, x)
        slope = sum(rising.values(), Fraction(0))
        step = min([left / slope, *(end - x for end in ends)])
        for at, shares in rising.items():
            paid[at] += shares * step
        left, x = left - slope * step, x + step
    return paid


def filling(
    claims: tuple[Claim, ...], converted: tuple[bool, ...], paid: list[Fraction], x: Fraction
) -> tuple[dict[int, Fraction], list[Fraction]]:
    """Who takes of what is left, with how many shares, and values of a share where that ends."""
    rising: dict[int, Fraction] = {}
    ends: list[Fraction] = []
    for at, each in enumerate(claims):
        if each.strike and x < each.strike:
            ends.append(each.strike)
        elif not each.preference or converted[at] or each.participation == FULL:
            rising[at] = each.shares
        elif each.participation == CAPPED and paid[at] < each.cap:
            rising[at] = each.shares
            ends.append(x + (each.cap - paid[at]) / each.shares)
    return rising, ends


preferred_claims = st.builds(
    lambda name, shares, preference, kind, more, rank: Claim(
        name=name, shares=Fraction(shares), preference=Fraction(preference), participation=kind,
        cap=Fraction(preference + more) if kind == CAPPED else Fraction(0), seniority=rank),
    st.uuids().map(str), st.integers(1, 50), st.integers(1, 200),
    st.sampled_from([NONE, FULL, CAPPED]), st.integers(0, 300), st.integers(0, 2),
)  # fmt: skip


@given(
    series=st.lists(preferred_claims, min_size=1, max_size=4),
    common=st.integers(1, 100),
    options=st.integers(0, 20),
    strike=st.integers(1, 5),
    proceeds=st.integers(0, 3_000),
)
@settings(max_examples=150)
def test_no_class_would_do_better_by_another_choice(
    series: list[Claim], common: int, options: int, strike: int, proceeds: int
) -> None:
    claims = (*series, Claim(name="common", shares=Fraction(common)))
    if options:
        claims += (Claim(name="options", shares=Fraction(options), strike=Fraction(strike)),)
    outcome = divide(proceeds, claims)
    chosen = tuple(share.converted for share in outcome.shares)
    assert [share.exact for share in outcome.shares] == forced(Fraction(proceeds), claims, chosen)
    for at, each in enumerate(claims):
        if not each.preference:
            continue
        other = tuple(not one if at == place else one for place, one in enumerate(chosen))
        assert forced(Fraction(proceeds), claims, other)[at] <= outcome.shares[at].exact


@given(
    series=st.lists(preferred_claims, min_size=1, max_size=4),
    common=st.integers(1, 100),
    exits=st.lists(st.integers(0, 5_000), min_size=2, max_size=2, unique=True).map(sorted),
)
def test_nobody_gets_less_of_more_and_all_of_it_is_paid(
    series: list[Claim], common: int, exits: list[int]
) -> None:
    claims = (*series, Claim(name="common", shares=Fraction(common)))
    low, high = (divide(proceeds, claims) for proceeds in exits)
    for one, other in zip(low.shares, high.shares, strict=True):
        assert one.exact <= other.exact
        assert abs(one.exact - one.amount) < 1
    assert sum(share.amount for share in low.shares) == exits[0]
    points = [point.proceeds for point in breakpoints(claims)]
    assert all(one < other for one, other in itertools.pairwise(points))


@pytest.mark.parametrize(
    ("claims", "code"),
    [((claim("A", 1, -5), claim("c", 1)), "claim-malformed"),
     ((claim("A", 1, 5, participation="some"), claim("c", 1)), "claim-malformed"),
     ((claim("A", 1, 5, participation=CAPPED, cap=4), claim("c", 1)), "cap-below-preference"),
     ((claim("A", 0, 5, participation=FULL), claim("c", 1)), "participation-without-shares"),
     ((claim("A", 0, 5),), "nobody-is-left")],
)  # fmt: skip
def test_claims_that_cannot_be(claims: tuple[Claim, ...], code: str) -> None:
    with pytest.raises(Invalid) as found:
        divide(5, claims)
    assert found.value.code == code
