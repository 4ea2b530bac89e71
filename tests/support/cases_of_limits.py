"""Worked cases of limits: on holders, holdings, purchasers, and what may exist or be sold."""

from __future__ import annotations

from tallystick.securities.claims import Claim
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Movement, RuleSet
from tests.support.market import ANN, BOB, CAY, DAN, DAY_S, EVE, Case, claims, expect, market


def whole_lots() -> None:
    world = market()
    world.set_rules(RuleSet(lot_size=30))
    assert world.mint(BOB, 40) is Code.LOT_SIZE
    expect(world, Code.LOT_SIZE, ANN, BOB, 40)
    expect(world, Code.ALLOWED, ANN, BOB, 60)
    world.link(ANN, EVE)
    expect(world, Code.ALLOWED, ANN, EVE, 7)
    expect(world, Code.LOT_SIZE, ANN, BOB, 33)
    expect(world, Code.ALLOWED, EVE, ANN, 7)
    expect(world, Code.ALLOWED, ANN, BOB, 40)


def least_holding() -> None:
    world = market()
    world.set_rules(RuleSet(minimum_holding=20))
    assert world.mint(BOB, 19) is Code.BELOW_MINIMUM
    expect(world, Code.BELOW_MINIMUM, ANN, BOB, 19)
    expect(world, Code.REST_BELOW_MINIMUM, ANN, BOB, 81)
    expect(world, Code.ALLOWED, ANN, BOB, 80)
    expect(world, Code.ALLOWED, ANN, BOB, 0)
    expect(world, Code.ALLOWED, ANN, BOB, 20)


def largest_holding() -> None:
    world = market(RuleSet(max_balance=100))
    expect(world, Code.ALLOWED, ANN, BOB, 40)
    assert world.mint(BOB, 61) is Code.MAX_BALANCE
    assert world.mint(BOB, 60) is Code.ALLOWED
    expect(world, Code.MAX_BALANCE, ANN, BOB, 1)
    world.link(BOB, EVE)
    expect(world, Code.MAX_BALANCE, ANN, EVE, 1)
    expect(world, Code.ALLOWED, BOB, EVE, 50)


def limit_of_holders() -> None:
    world = market(RuleSet(investors_max=2))
    expect(world, Code.ALLOWED, ANN, BOB, 10)
    expect(world, Code.HOLDER_LIMIT, ANN, CAY, 1)
    expect(world, Code.ALLOWED, BOB, CAY, 10)
    assert world.mint(BOB, 1) is Code.HOLDER_LIMIT
    assert world.force(ANN, BOB, 1) is Code.ALLOWED
    expect(world, Code.HOLDER_LIMIT, ANN, DAN, 1)


def limit_of_retail_holders() -> None:
    world = market(RuleSet(retail_max=2))
    world.state(CAY, country="DE", claims=claims(world, accredited_days=3))
    expect(world, Code.ALLOWED, ANN, BOB, 10)
    expect(world, Code.RETAIL_LIMIT, ANN, DAN, 1)
    expect(world, Code.ALLOWED, ANN, CAY, 10)
    expect(world, Code.ALLOWED, BOB, ANN, 10)
    world.evm.advance(3 * DAY_S)
    expect(world, Code.RETAIL_LIMIT_STALE, ANN, DAN, 1)
    expect(world, Code.ALLOWED, CAY, ANN, 5)
    world.refresh(CAY)
    expect(world, Code.RETAIL_LIMIT, ANN, DAN, 1)
    expect(world, Code.ALLOWED, CAY, ANN, 5)
    expect(world, Code.ALLOWED, ANN, DAN, 1)
    world.compare([ANN, BOB, CAY, DAN])


def bought_before_accreditation() -> None:
    """ANCHORS, holder limits, a: whoever becomes accredited after buying can still sell out."""
    world = market(RuleSet(retail_max=2))
    expect(world, Code.ALLOWED, ANN, BOB, 10)
    world.state(BOB, country="DE", claims=claims(world, accredited_days=100))
    expect(world, Code.ALLOWED, BOB, ANN, 10)
    world.compare([ANN, BOB])


def lost_accreditation() -> None:
    """ANCHORS, holder limits, b: who loses his status is counted as what he has become."""
    world = market(RuleSet(retail_max=2))
    world.state(BOB, country="DE", claims=claims(world, accredited_days=100))
    expect(world, Code.ALLOWED, ANN, BOB, 10)
    world.state(BOB, country="DE", claims=claims(world))
    expect(world, Code.RETAIL_LIMIT, ANN, CAY, 1)
    expect(world, Code.ALLOWED, BOB, ANN, 10)
    expect(world, Code.ALLOWED, ANN, CAY, 1)
    expect(world, Code.RETAIL_LIMIT, ANN, DAN, 1)
    world.compare([ANN, BOB, CAY, DAN])


def cap() -> None:
    world = market(RuleSet(supply_cap=120))
    assert world.mint(BOB, 21) is Code.SUPPLY_CAP
    assert world.mint(BOB, 20) is Code.ALLOWED
    assert world.burn(BOB, 5) is Code.ALLOWED
    assert world.mint(BOB, 5) is Code.ALLOWED


def limit_over_classes() -> None:
    world = market(classes=2, issuer_limits=True)
    world.set_issuer_limits(2, None)
    expect(world, Code.ALLOWED, ANN, BOB, 10)
    expect(world, Code.ALLOWED, ANN, BOB, 10, 1)
    expect(world, Code.ISSUER_HOLDER_LIMIT, ANN, CAY, 1, 1)
    expect(world, Code.ISSUER_HOLDER_LIMIT, BOB, CAY, 10)
    expect(world, Code.ALLOWED, BOB, ANN, 10, 1)
    expect(world, Code.ALLOWED, BOB, CAY, 10)
    world.set_issuer_limits(None, 2)
    expect(world, Code.ISSUER_RETAIL_LIMIT, ANN, DAN, 1)
    world.compare([ANN, BOB, CAY, DAN])


def joining_issuer_limits_later() -> None:
    world = market()
    expect(world, Code.ALLOWED, ANN, BOB, 10)
    world.set_issuer_limits(3, None)
    world.join_issuer_limits()
    expect(world, Code.ISSUER_LIMIT_STALE, ANN, CAY, 1)
    world.enrol([BOB])
    expect(world, Code.ISSUER_LIMIT_STALE, ANN, CAY, 1)
    world.enrol([ANN, BOB])
    expect(world, Code.ALLOWED, ANN, CAY, 1)
    expect(world, Code.ISSUER_HOLDER_LIMIT, ANN, DAN, 1)
    world.compare([ANN, BOB, CAY, DAN])


def volume_of_affiliates() -> None:
    world = market(RuleSet(affiliate_volume_bps=1_000, affiliate_window_days=3))
    expect(world, Code.ALLOWED, ANN, BOB, 1)
    world.set_claim(ANN, Claim.AFFILIATE, world.now // DAY_S + 30)
    expect(world, Code.AFFILIATE_VOLUME, ANN, BOB, 11)
    expect(world, Code.ALLOWED, ANN, BOB, 6)
    expect(world, Code.ALLOWED, ANN, BOB, 2)
    expect(world, Code.AFFILIATE_VOLUME, ANN, BOB, 3)
    world.evm.advance(DAY_S)
    expect(world, Code.ALLOWED, ANN, BOB, 2)
    world.evm.advance(DAY_S)
    expect(world, Code.AFFILIATE_VOLUME, ANN, BOB, 1)
    world.evm.advance(DAY_S)
    expect(world, Code.AFFILIATE_VOLUME, ANN, BOB, 9)
    expect(world, Code.ALLOWED, ANN, BOB, 8)
    assert world.declare(Movement.GIFT, ANN, BOB, 9) is Code.ALLOWED
    world.set_claim(ANN, Claim.AFFILIATE, 0)
    expect(world, Code.ALLOWED, ANN, BOB, 60)
    world.compare([ANN, BOB])


def largest_share() -> None:
    world = market()
    world.set_rules(RuleSet(max_share_bps=2_500, max_balance=60))
    expect(world, Code.ALLOWED, ANN, BOB, 25)
    expect(world, Code.MAX_SHARE, ANN, BOB, 1)
    assert world.mint(BOB, 35) is Code.ALLOWED
    assert world.mint(BOB, 1) is Code.MAX_BALANCE
    expect(world, Code.ALLOWED, ANN, CAY, 33)
    expect(world, Code.MAX_SHARE, ANN, CAY, 1)
    world.refresh(CAY)
    expect(world, Code.ALLOWED, ANN, DAN, 33)
    assert world.burn(BOB, 35) is Code.ALLOWED
    expect(world, Code.MAX_SHARE, ANN, DAN, 1)
    expect(world, Code.ALLOWED, DAN, ANN, 9)
    expect(world, Code.ALLOWED, ANN, DAN, 1)
    expect(world, Code.MAX_SHARE, ANN, DAN, 1)
    assert world.declare(Movement.GIFT, ANN, DAN, 1) is Code.MAX_SHARE


def limit_of_holders_of_a_country() -> None:
    world = market(RuleSet(country_limited="US", country_max=1))
    for who, country in ((BOB, "US"), (CAY, "PR"), (EVE, "US")):
        world.admit(who, claims=claims(world))
        world.state(who, country=country, claims=claims(world))
    expect(world, Code.ALLOWED, ANN, BOB, 10)
    expect(world, Code.COUNTRY_LIMIT, ANN, CAY, 1)
    assert world.mint(EVE, 1) is Code.COUNTRY_LIMIT
    expect(world, Code.ALLOWED, ANN, DAN, 1)
    expect(world, Code.ALLOWED, BOB, CAY, 10)
    world.state(CAY, country="FR", claims=claims(world))
    expect(world, Code.ALLOWED, ANN, BOB, 10)
    world.compare([ANN, BOB, CAY, DAN, EVE])


def limit_of_a_country_set_later() -> None:
    """Until they are looked at all holders are presumed to be of the country: it fails closed."""
    world = market()
    world.state(CAY, country="FR", claims=claims(world))
    expect(world, Code.ALLOWED, ANN, BOB, 10)
    world.set_rules(RuleSet(country_limited="FR", country_max=2))
    expect(world, Code.COUNTRY_LIMIT, ANN, CAY, 1)
    expect(world, Code.ALLOWED, BOB, CAY, 10)
    world.refresh(ANN)
    world.set_rules(RuleSet(country_limited="FR", country_max=1))
    world.state(DAN, country="FR", claims=claims(world))
    expect(world, Code.COUNTRY_LIMIT, ANN, DAN, 1)
    world.set_rules(RuleSet())
    expect(world, Code.ALLOWED, ANN, DAN, 1)
    world.set_rules(RuleSet(country_limited="FR", country_max=2))
    world.refresh(ANN)
    world.compare([ANN, BOB, CAY, DAN])


def purchasers_in_a_window() -> None:
    """Over all classes that say so, once each, by status when they bought; never by a resale."""
    world = market(RuleSet(purchasers_limited=True), classes=2)
    world.admit(EVE, claims=claims(world, accredited_days=100))
    world.set_purchaser_limit(2, 90)
    assert world.mint(BOB, 5) is Code.ALLOWED
    assert world.mint(BOB, 5, 1) is Code.ALLOWED
    world.evm.advance(10 * DAY_S)
    assert world.mint(CAY, 5, 1) is Code.ALLOWED
    assert world.mint(DAN, 5) is Code.PURCHASER_LIMIT
    expect(world, Code.ALLOWED, ANN, DAN, 5)
    assert world.mint(EVE, 5) is Code.ALLOWED
    world.set_claim(BOB, Claim.ACCREDITED, 65_535)
    assert world.mint(DAN, 5) is Code.PURCHASER_LIMIT
    world.evm.advance(79 * DAY_S)
    assert world.mint(DAN, 5) is Code.PURCHASER_LIMIT
    world.evm.advance(DAY_S)
    assert world.mint(DAN, 5) is Code.ALLOWED
    assert world.mint(ANN, 5) is Code.PURCHASER_LIMIT
    world.set_purchaser_limit(None, 200)
    assert world.mint(ANN, 5) is Code.ALLOWED
    world.set_purchaser_limit(4, 30)
    world.compare([ANN, BOB, CAY, DAN, EVE])


def owners_over_classes() -> None:
    """3(c)(1): who is looked through counts as many, who is counted with another as none."""
    world = market(classes=2, issuer_limits=True)
    world.set_issuer_limits(4, None)
    world.state(BOB, country="DE", claims=claims(world), owners=4)
    expect(world, Code.ISSUER_HOLDER_LIMIT, ANN, BOB, 1)
    world.state(BOB, country="DE", claims=claims(world), owners=3)
    expect(world, Code.ALLOWED, ANN, BOB, 1)
    expect(world, Code.ALLOWED, ANN, BOB, 1, 1)
    expect(world, Code.ISSUER_HOLDER_LIMIT, ANN, CAY, 1)
    world.state(CAY, country="DE", claims=claims(world), owners=0)
    expect(world, Code.ALLOWED, ANN, CAY, 1)
    expect(world, Code.ALLOWED, BOB, ANN, 1)
    expect(world, Code.ALLOWED, BOB, DAN, 1, 1)
    world.compare([ANN, BOB, CAY, DAN])


def heirs_are_counted_as_whom_they_take_after() -> None:
    """Investment Company Act 3(c)(1)(B)."""
    world = market(classes=2, issuer_limits=True)
    world.set_issuer_limits(2, None)
    expect(world, Code.ALLOWED, ANN, BOB, 50)
    assert world.declare(Movement.GIFT, ANN, CAY, 10) is Code.ISSUER_HOLDER_LIMIT
    assert world.declare(Movement.INHERITANCE, ANN, CAY, 10) is Code.ALLOWED
    assert world.declare(Movement.INHERITANCE, ANN, DAN, 40) is Code.ALLOWED
    assert world.declare(Movement.INHERITANCE, ANN, DAN, 100, 1) is Code.ALLOWED
    assert world.registry.tally.total == 2
    expect(world, Code.ISSUER_HOLDER_LIMIT, BOB, CAY, 1)
    expect(world, Code.ISSUER_HOLDER_LIMIT, BOB, DAN, 1)
    world.set_issuer_limits(3, None)
    expect(world, Code.ALLOWED, BOB, DAN, 1)
    assert world.registry.tally.total == 3
    world.refresh(CAY)
    world.refresh(ANN)
    assert world.remove(ANN) == "heirs-counted-as-him"
    expect(world, Code.ALLOWED, CAY, DAN, 10)
    assert world.registry.tally.total == 2
    assert world.declare(Movement.INHERITANCE, DAN, BOB, 50) is Code.ALLOWED
    world.compare([ANN, BOB, CAY, DAN])


CASES: tuple[Case, ...] = (
    whole_lots,
    least_holding,
    largest_holding,
    limit_of_holders,
    limit_of_retail_holders,
    bought_before_accreditation,
    lost_accreditation,
    cap,
    limit_over_classes,
    joining_issuer_limits_later,
    volume_of_affiliates,
    largest_share,
    limit_of_holders_of_a_country,
    limit_of_a_country_set_later,
    purchasers_in_a_window,
    owners_over_classes,
    heirs_are_counted_as_whom_they_take_after,
)
