"""Offerings on chain: everybody gets his units or his money, whatever the cash does."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.securities.claims import Claims
from tallystick.securities.offerings.offers import (
    Offer,
    Tier,
    cost_down,
    divide,
)
from tests.support.sale import (
    ANN,
    BOB,
    CYD,
    DAN,
    DAY,
    ESCROW,
    FOREVER,
    HOUR,
    OFFERING,
    PROCEEDS,
    RICH,
    VERIFIED,
    Sale,
)
from tests.support.world import AGENT, DOCUMENT, OFFICER, STRANGER, World, wallet


def test_enough_was_subscribed_and_each_gets_his_units_and_the_issuer_the_money() -> None:
    sale = Sale().subscribed(ann=10, bob=20).closed().settled()
    assert (sale.units_of(ANN), sale.units_of(BOB)) == (20, 40)
    assert (sale.paid_by(ANN), sale.paid_by(BOB)) == (50, 100)
    assert sale.call("collect").ok
    assert sale.cash_of(PROCEEDS) == 150
    assert sale.cash_of(sale.offering) == 0


def test_too_little_was_subscribed_and_everybody_gets_back_what_he_paid() -> None:
    sale = Sale(soft_lots=31).subscribed(ann=10, bob=20).closed()
    assert sale.state()[0] == 2
    assert sale.call("settle", 64).reason == "offering-not-settling"
    for who in (ANN, BOB):
        assert sale.call("refund", who, by=STRANGER).ok
        assert sale.call("refund", who, by=STRANGER).reason == "nothing-to-refund"
        assert sale.paid_by(who) == 0
    assert sale.cash_of(sale.offering) == 0
    assert sale.units_of(ANN) == 0


@given(
    lots=st.lists(st.integers(1, 400), min_size=1, max_size=8),
    hard=st.integers(1, 900),
    price=st.integers(0, 10**4),
    page=st.integers(1, 5),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=40)
def test_an_oversubscribed_offering_is_divided_to_the_lot_and_the_unit(
    lots: list[int], hard: int, price: int, page: int, seed: int
) -> None:
    """Subscribed in any order, some withdrawn or rejected: all lots and all money are there."""
    drawn = random.Random(seed)
    tiers = (Tier(up_to=drawn.randrange(1, 500), until=FOREVER, price=price),
             Tier(up_to=FOREVER, until=FOREVER, price=price + 3))  # fmt: skip
    sale = Sale(soft_lots=0, hard_lots=hard, tiers=tiers, opened=False)
    sale.offer = Offer(**{name: getattr(sale.offer, name)
                          for name in sale.offer.__struct_fields__}
                       | {"withdraw_until": sale.world.now + DAY})  # fmt: skip
    assert sale.call("open", by=AGENT).ok
    people = [wallet(100 + at) for at in range(len(lots))]
    for one in people:
        sale.world.admit(one, claims=VERIFIED)
        sale.money(AGENT, "mint", one, 10**8)
        sale.money(one, "approve", sale.offering, 10**8)
    kept: dict[Wallet, tuple[int, int]] = {}
    sold = 0
    for one, many in zip(people, lots, strict=True):
        cost = sale.offer.price(sold, many, sale.world.now)
        assert cost is not None
        assert sale.subscribe(one, many, cost).ok
        kept[one], sold = (many, cost), sold + many
        if drawn.random() < 0.3:
            gone = drawn.choice(list(kept))
            if drawn.random() < 0.5:
                assert sale.call("withdraw", gone, by=gone).ok
            else:
                assert sale.call("reject", gone, 1, by=AGENT).ok
            sold -= kept.pop(gone)[0]
    sale.closed().settled(page)
    owners = list(kept)
    parts = divide([kept[one][0] for one in owners], hard)
    proceeds = 0
    for one, part in zip(owners, parts, strict=True):
        many, paid = kept[one]
        cost = cost_down(paid, part, many)
        proceeds += cost
        assert sale.units_of(one) == 2 * part
        assert sale.cash_of(one) == 10**8 - cost
        assert abs(part * sold - min(hard, sold) * many) < sold
    for one in set(people) - set(owners):
        assert sale.cash_of(one) == 10**8
    if proceeds:
        assert sale.call("collect").ok
    assert (sale.cash_of(PROCEEDS), sale.cash_of(sale.offering)) == (proceeds, 0)
    assert sum(parts) == min(hard, sold)


def test_prices_follow_what_was_sold_and_the_time() -> None:
    sale = Sale(tiers=(Tier(up_to=10, until=FOREVER, price=4), Tier(up_to=FOREVER, until=1,
                price=1), Tier(up_to=30, until=FOREVER, price=6)))  # fmt: skip
    assert sale.subscribe(ANN, 15, 70).ok
    assert sale.subscribe(BOB, 15, 89).reason == "price-differs"
    assert sale.subscribe(BOB, 15, 90).ok
    assert sale.subscribe(BOB, 1, 6).reason == "no-such-price"
    assert sale.paid_by(BOB) == 90


def test_whom_the_security_refuses_is_paid_back_and_delays_nobody() -> None:
    sale = Sale().subscribed(ann=10, bob=20)
    sale.world.state(ANN, country="DE", claims=Claims())
    sale.closed().settled()
    assert (sale.units_of(ANN), sale.paid_by(ANN)) == (0, 0)
    assert (sale.units_of(BOB), sale.paid_by(BOB)) == (40, 100)


def test_withdrawing_within_the_window_and_the_days_of_reflection() -> None:
    now = World().now
    sale = Sale(withdraw_until=now + HOUR, reflection_s=2 * HOUR).subscribed(ann=10, bob=20)
    assert sale.call("withdraw", ANN, by=BOB).reason == "neither-investor-nor-payer"
    assert sale.call("withdraw", ANN, by=ANN).ok
    assert sale.paid_by(ANN) == 0
    sale.world.advance(HOUR)
    assert sale.call("withdraw", BOB, by=BOB).ok
    assert sale.subscribe(BOB, 20).ok
    sale.world.advance(2 * HOUR)
    assert sale.call("withdraw", BOB, by=BOB).reason == "too-late-to-withdraw"
    sale.world.advance(DAY - 3 * HOUR)
    assert sale.call("close").reason == "offering-goes-on"
    sale.world.advance(2 * HOUR)
    assert sale.call("close").ok


def test_who_is_not_accredited_needs_a_limit() -> None:
    sale = Sale(retail_limited=True)
    assert sale.subscribe(ANN, 10).reason == "limit-not-stated"
    assert sale.call("stateLimit", ANN, 60, by=OFFICER).ok
    assert sale.subscribe(ANN, 10).ok
    assert sale.subscribe(ANN, 3).reason == "above-his-limit"
    assert sale.subscribe(ANN, 2).ok
    assert sale.subscribe(CYD, 100).ok
    assert sale.evm.view(OFFERING, sale.offering, "limitOf", sale.offer.id, ANN) == (True, 60)
    assert sale.evm.view(OFFERING, sale.offering, "limitOf", sale.offer.id, BOB) == (False, 0)


def test_a_recovered_wallet_takes_the_place_of_the_lost_one() -> None:
    for soft in (1, 99):
        sale = Sale(soft_lots=soft).subscribed(ann=10, bob=20)
        assert sale.world.recover(ANN, DAN) == ""
        assert sale.call("substitute", BOB, DAN).reason == "wallet-not-retired"
        assert sale.call("substitute", ANN, CYD).reason == "not-the-holder"
        assert sale.call("substitute", ANN, DAN).ok
        sale.closed().settled()
        if soft == 1:
            assert sale.units_of(DAN) == 20
        else:
            assert sale.call("refund", DAN).ok
            assert sale.cash_of(DAN) == 50


def test_what_a_lost_wallet_paid_waits_for_the_one_in_its_place() -> None:
    sale = Sale().subscribed(ann=10, bob=20)
    assert sale.world.recover(ANN, DAN) == ""
    sale.closed().settled()
    assert sale.owed(ANN) == 50
    assert sale.call("refund", ANN).reason == "wallet-retired"
    assert sale.call("substitute", ANN, DAN).ok
    assert sale.call("refund", DAN).ok
    assert sale.cash_of(DAN) == 50


def test_an_investor_subscribes_with_one_of_his_wallets() -> None:
    """Two would have a limit each, and a lost one could not be replaced by the other."""
    sale = Sale(retail_limited=True)
    sale.world.link(ANN, DAN)
    sale.money(AGENT, "mint", DAN, RICH)
    sale.money(DAN, "approve", sale.offering, RICH)
    assert sale.call("stateLimit", ANN, 60, by=OFFICER).ok
    assert sale.subscribe(DAN, 10).ok
    assert sale.subscribe(ANN, 10).reason == "subscribed-already"
    assert sale.subscribe(DAN, 3).reason == "above-his-limit"
    assert sale.world.recover(DAN, ANN) == ""
    assert sale.call("substitute", DAN, ANN).ok
    assert sale.subscribe(ANN, 3).reason == "above-his-limit"
    assert sale.subscribe(ANN, 2).ok
    sale.closed().settled()
    assert sale.units_of(ANN) == 24


def test_a_wire_is_subscribed_for_and_comes_back_to_who_received_it() -> None:
    sale = Sale(soft_lots=99)
    assert sale.call("subscribeFor", ANN, 10, 50, by=STRANGER).reason == "not-agent"
    assert sale.call("subscribeFor", ANN, 10, 50, by=AGENT).ok
    assert sale.subscribe(ANN, 1).reason == "payer-differs"
    sale.closed()
    assert sale.call("refund", ANN).ok
    assert sale.paid_by(AGENT) == 0


def test_an_escrow_agent_outside_states_who_paid() -> None:
    """As Regulation Crowdfunding asks: no money comes here, units do as everywhere."""
    sale = Sale(cash=NOBODY, escrow=ESCROW)
    assert sale.call("subscribeFor", ANN, 10, 50, by=AGENT).reason == "not-escrow"
    assert sale.subscribe(ANN, 10).reason == "cash-without-code"
    assert sale.call("subscribeFor", ANN, 10, 50, by=ESCROW).ok
    sale.closed().settled()
    assert sale.units_of(ANN) == 20
    assert sale.call("collect").ok


def test_a_cancelled_offering_pays_everybody_back() -> None:
    sale = Sale().subscribed(ann=10, bob=20)
    assert sale.call("cancel", 1, DOCUMENT, by=OFFICER).ok
    for who in (ANN, BOB):
        assert sale.call("refund", who).ok
        assert sale.paid_by(who) == 0


@given(lots=st.lists(st.integers(1, 10**12), min_size=1, max_size=60), hard=st.integers(1, 10**13))
def test_everybody_gets_the_floor_or_ceiling_of_his_share(lots: Sequence[int], hard: int) -> None:
    parts = divide(lots, hard)
    total = sum(lots)
    assert sum(parts) == min(total, hard)
    for own, part in zip(lots, parts, strict=True):
        exact, rest = divmod(own * min(total, hard), total)
        assert part in {exact, exact + bool(rest)}
