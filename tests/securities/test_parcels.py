"""Provenance of lots: first in, first out; what goes on with them and what begins anew."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.fold import Book
from tallystick.gateways.chain.indexer import pack_book, unpack_book
from tallystick.securities.claims import Claim, Claims
from tallystick.securities.codes import Code
from tallystick.securities.parcels import Parcel, Source, lot_named, lot_nonce
from tallystick.securities.proposal import Movement, RuleSet
from tallystick.securities.registry import Registry
from tallystick.securities.security import Security
from tests.support.world import wallet

DAY_S = 86_400
ANN, BOB, CAY = (wallet(number) for number in range(1, 4))


def security(exemption: str = "reg-d-506b") -> Security:
    made = Security(registry=Registry())
    made.set_rules(RuleSet(exemption=exemption))
    for home in (ANN, BOB, CAY):
        claims = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
        made.registry.admit(home, number=1, country="US", claims=claims)
    made.move(Movement.ISSUE, None, ANN, 60, now_s=10 * DAY_S)
    made.set_rules(RuleSet(exemption="reg-a-tier-2"))
    made.move(Movement.ISSUE, None, ANN, 40, now_s=20 * DAY_S, acquired_at=5 * DAY_S)
    return made


def test_the_exemption_of_an_issue_goes_with_its_units() -> None:
    made = security()
    made.move(Movement.RESALE, ANN, BOB, 50, now_s=30 * DAY_S)
    assert made.parcels[BOB].held == [
        Parcel(5 * DAY_S, 30 * DAY_S, 40, Movement.RESALE, Source.OTHER, "reg-a-tier-2"),
        Parcel(10 * DAY_S, 30 * DAY_S, 10, Movement.RESALE, Source.OTHER, "reg-d-506b"),
    ]
    assert [each.units for each in made.parcels[ANN].held] == [50]


def test_a_sale_by_an_affiliate_begins_the_period_anew_and_a_gift_carries_it_on() -> None:
    made = security()
    claims = made.registry.investors[ANN].claims
    made.registry.investors[ANN].claims = claims.stated(Claim.AFFILIATE, 65_535)
    made.move(Movement.PRIVATE_SALE, ANN, BOB, 30, now_s=30 * DAY_S)
    made.move(Movement.GIFT, ANN, CAY, 30, now_s=31 * DAY_S)
    [sold] = made.parcels[BOB].held
    assert (sold.since, sold.source, sold.how) == (
        30 * DAY_S, Source.AFFILIATE, Movement.PRIVATE_SALE,
    )  # fmt: skip
    given = made.parcels[CAY].held
    assert [(each.since, each.units, each.source) for each in given] == [
        (5 * DAY_S, 10, Source.OTHER), (10 * DAY_S, 20, Source.OTHER),
    ]  # fmt: skip


def test_who_gives_up_all_has_no_parcel_left() -> None:
    made = security()
    made.move(Movement.RESALE, ANN, BOB, 100, now_s=30 * DAY_S)
    made.move(Movement.REDEMPTION, BOB, None, 100, now_s=31 * DAY_S)
    assert made.parcels == {}


def test_a_seller_may_name_the_lot_and_the_rest_goes_first_in_first_out() -> None:
    made = security()
    made.move(Movement.RESALE, ANN, BOB, 70, now_s=30 * DAY_S, lot_day=10)
    sold = made.parcels[BOB].held
    assert [(each.since, each.units) for each in sold] == [(5 * DAY_S, 10), (10 * DAY_S, 60)]
    assert [(each.since, each.units) for each in made.parcels[ANN].held] == [(5 * DAY_S, 30)]


def test_a_named_lot_that_is_locked_or_not_held_is_passed_over() -> None:
    made = security()
    made.set_rules(RuleSet(lock_up=True, holding_period_s=20 * DAY_S))
    made.move(Movement.ISSUE, None, ANN, 50, now_s=25 * DAY_S)
    made.move(Movement.RESALE, ANN, BOB, 10, now_s=27 * DAY_S, lot_day=25)
    made.move(Movement.RESALE, ANN, BOB, 10, now_s=28 * DAY_S, lot_day=7)
    assert {each.since for each in made.parcels[BOB].held} == {5 * DAY_S}
    made.move(Movement.RESALE, ANN, BOB, 10, now_s=45 * DAY_S, lot_day=25)
    assert {each.since for each in made.parcels[BOB].held} == {5 * DAY_S, 25 * DAY_S}


def test_a_lot_that_is_locked_cannot_be_named_once_the_rule_is_off() -> None:
    """A lot keeps its lock when the rule is switched off."""
    made = security()
    made.set_rules(RuleSet(lock_up=True, holding_period_s=20 * DAY_S))
    made.move(Movement.ISSUE, None, ANN, 50, now_s=25 * DAY_S)
    made.set_rules(RuleSet())
    made.move(Movement.RESALE, ANN, BOB, 10, now_s=27 * DAY_S, lot_day=25)
    assert {each.since for each in made.parcels[BOB].held} == {5 * DAY_S}


def test_what_is_legended_and_what_is_locked_are_the_same_units() -> None:
    """As the chain has it, so that a sale that it lets pass takes no locked lot."""
    made = security()
    made.set_rules(RuleSet(lock_up=True, holding_period_s=20 * DAY_S))
    made.place_legend(ANN, 50, 13)
    made.move(Movement.ISSUE, None, ANN, 50, now_s=25 * DAY_S)
    assert made.judge(Movement.RESALE, ANN, BOB, 100, now_s=26 * DAY_S).code not in {
        Code.LOT_LOCKED, Code.UNITS_LEGENDED,
    }  # fmt: skip
    made.move(Movement.RESALE, ANN, BOB, 100, now_s=26 * DAY_S)
    assert legends(made, ANN) == [(25, 50, 13)]
    assert {day for day, *_ in legends(made, BOB)} == {5, 10}


def legends(made: Security, home: Wallet) -> list[tuple[int, int, int]]:
    return [(each.since // DAY_S, each.units, each.legend) for each in made.parcels[home].held]


def test_legends_are_on_the_latest_lots_and_lifted_in_the_order_they_were_placed() -> None:
    made = security()
    made.place_legend(ANN, 50, 13)
    assert legends(made, ANN) == [(5, 40, 0), (10, 10, 0), (10, 50, 13)]
    made.place_legend(ANN, 20, 15)
    assert legends(made, ANN) == [(5, 30, 0), (5, 10, 13), (10, 40, 13), (10, 20, 15)]
    made.move(Movement.RESALE, ANN, BOB, 25, now_s=30 * DAY_S)
    assert legends(made, ANN) == [(5, 5, 0), (5, 10, 13), (10, 40, 13), (10, 20, 15)]
    assert legends(made, BOB) == [(5, 25, 0)]
    made.place_legend(ANN, -45, 16)
    assert legends(made, ANN) == [(5, 15, 0), (10, 35, 0), (10, 5, 13), (10, 20, 15)]


def test_what_comes_to_somebody_with_more_legends_than_units_bears_one() -> None:
    made = security()
    made.place_legend(ANN, 100, 13)
    made.move(Movement.FORCED, ANN, BOB, 70, now_s=30 * DAY_S)
    assert legends(made, BOB) == [(5, 40, 0), (10, 30, 0)]
    made.move(Movement.RESALE, BOB, ANN, 40, now_s=31 * DAY_S)
    assert {legend for *_, legend in legends(made, ANN)} == {13}


@given(placed=st.lists(st.integers(-40, 40), max_size=8), sold=st.integers(1, 60))
def test_as_many_units_of_parcels_bear_a_legend_as_of_the_holder(
    placed: list[int], sold: int
) -> None:
    made = security()
    for units in placed:
        before = made.holders[ANN].legend_units
        made.place_legend(ANN, max(-before, min(units, 100 - before)), 13)
    made.move(Movement.FORCED, ANN, BOB, sold, now_s=30 * DAY_S)
    bearing = sum(each.units for each in made.parcels[ANN].held if each.legend)
    assert bearing == min(made.holders[ANN].legend_units, 100 - sold)
    assert sum(each.units for each in made.parcels[ANN].held) == 100 - sold


@given(day=st.integers(0, 2**32 - 1), apart=st.text())
def test_a_nonce_tells_the_lot_it_names(day: int, apart: str) -> None:
    assert lot_named(lot_nonce(day, apart)) == day
    assert len(lot_nonce(day, apart)) == 32


def test_any_other_nonce_names_no_lot() -> None:
    assert lot_named(b"\x05" * 32) is None


def test_a_book_with_everything_in_it_is_kept_whole() -> None:
    """Approvals without a giver, venues, legends, sales and parcels among it."""
    made = security()
    made.approve(None, BOB, 5, until_s=99)
    made.approve(ANN, BOB, 6, until_s=98)
    made.set_venue(CAY, allowed=True)
    made.place_legend(ANN, 7, 13)
    made.registry.purchases.limit, made.registry.purchases.days = 35, 90
    made.registry.purchases.note(ANN, 1, 20_000)
    book = Book(registry=made.registry, securities={wallet(9): made}, block=3)
    kept = unpack_book(msgspec.msgpack.decode(msgspec.msgpack.encode(pack_book(book))))
    assert kept == book
