"""Worked cases of the rules, played on chain and on the model at once.

What passes, what is refused. Each case names the rule it is about; together they notice a fault in
any of them.
"""

from __future__ import annotations

from collections.abc import Callable

from tallystick.securities.claims import Claim, Claims, Tier
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Movement, RuleSet
from tests.support.world import World, wallet

DAY_S = 86_400
ANN, BOB, CAY, DAN, EVE = (wallet(number) for number in range(1, 6))

Case = Callable[[], None]


def claims(world: World, *, accredited_days: int = 0, verified_days: int = 1_000) -> Claims:
    today = world.now // DAY_S
    accredited = today + accredited_days if accredited_days else 0
    return Claims((today + verified_days, accredited, 0, 0, 0, 0, 0, 0))


def market(rules: RuleSet = RuleSet(), *, classes: int = 1, issuer_limits: bool = False) -> World:
    """Four verified investors in Germany; Ann holds 100 of each class."""
    world = World(rules, classes=classes, issuer_limits=issuer_limits)
    for who in (ANN, BOB, CAY, DAN):
        world.admit(who, claims=claims(world))
    for at in range(classes):
        assert world.mint(ANN, 100, at) is Code.ALLOWED
    return world


def expect(world: World, code: Code, giver: str, taker: str, units: int, at: int = 0) -> None:
    found = world.transfer(giver, taker, units, at)  # type: ignore[arg-type]
    assert found is code, (found, code)


def paused() -> None:
    world = market()
    world.pause(True)
    expect(world, Code.PAUSED, ANN, BOB, 1)
    assert world.mint(BOB, 1) is Code.ALLOWED
    assert world.force(ANN, CAY, 1) is Code.ALLOWED
    world.pause(False)
    expect(world, Code.ALLOWED, ANN, BOB, 1)


def frozen_investor() -> None:
    world = market()
    world.link(ANN, EVE)
    world.freeze(EVE, True)
    expect(world, Code.SENDER_FROZEN, ANN, BOB, 1)
    expect(world, Code.SENDER_FROZEN, ANN, EVE, 1)
    world.freeze(ANN, False)
    world.freeze(BOB, True)
    expect(world, Code.RECEIVER_FROZEN, ANN, BOB, 1)
    world.freeze(BOB, False)
    expect(world, Code.ALLOWED, ANN, BOB, 1)


def retired_wallet() -> None:
    world = market()
    assert world.recover(ANN, EVE) == ""
    expect(world, Code.SENDER_RETIRED, ANN, BOB, 0)
    expect(world, Code.RECEIVER_RETIRED, EVE, ANN, 1)
    expect(world, Code.ALLOWED, EVE, BOB, 100)
    world.compare([ANN, BOB, EVE])


def frozen_units() -> None:
    world = market()
    world.set_frozen_units(ANN, 60)
    expect(world, Code.UNITS_FROZEN, ANN, BOB, 41)
    expect(world, Code.ALLOWED, ANN, BOB, 40)
    assert world.force(ANN, BOB, 10) is Code.ALLOWED
    world.compare([ANN, BOB])


def frozen_units_move_between_own_wallets() -> None:
    world = market()
    world.link(ANN, EVE)
    world.set_frozen_units(ANN, 100)
    expect(world, Code.ALLOWED, ANN, EVE, 70)
    expect(world, Code.UNITS_FROZEN, EVE, BOB, 1)


def class_lock_up() -> None:
    start = World().now
    world = market(RuleSet(lock_up=True, lock_up_until=start + DAY_S))
    expect(world, Code.LOCK_UP, ANN, BOB, 1)
    world.evm.advance(DAY_S)
    expect(world, Code.ALLOWED, ANN, BOB, 1)


def lots() -> None:
    world = market(RuleSet(lock_up=True, holding_period_s=10 * DAY_S))
    expect(world, Code.LOT_LOCKED, ANN, BOB, 1)
    world.mint(ANN, 50, acquired_at=world.now - 8 * DAY_S)
    world.mint(ANN, 30, acquired_at=world.now - 20 * DAY_S)
    expect(world, Code.ALLOWED, ANN, BOB, 30)
    expect(world, Code.LOT_LOCKED, ANN, BOB, 1)
    world.evm.advance(2 * DAY_S)
    expect(world, Code.LOT_LOCKED, ANN, BOB, 51)
    expect(world, Code.ALLOWED, ANN, BOB, 50)
    assert world.force(ANN, CAY, 40) is Code.ALLOWED
    expect(world, Code.LOT_LOCKED, CAY, BOB, 1)
    world.compare([ANN, BOB, CAY])
    world.set_rules(RuleSet())
    expect(world, Code.LOT_LOCKED, CAY, BOB, 1)
    world.evm.advance(8 * DAY_S)
    expect(world, Code.ALLOWED, CAY, BOB, 40)


def verification() -> None:
    world = market()
    expect(world, Code.RECEIVER_UNKNOWN, ANN, EVE, 1)
    world.admit(EVE, claims=claims(world, verified_days=2))
    expect(world, Code.ALLOWED, ANN, EVE, 10)
    world.evm.advance(2 * DAY_S)
    expect(world, Code.RECEIVER_UNVERIFIED, ANN, EVE, 1)
    expect(world, Code.ALLOWED, EVE, ANN, 10)
    world.set_rules(RuleSet(verified_holder=False))
    expect(world, Code.ALLOWED, ANN, EVE, 1)


def countries() -> None:
    world = market(RuleSet(countries_allowed=frozenset({"DE", "FR"})))
    world.state(BOB, country="US", claims=claims(world))
    world.state(CAY, country="", claims=claims(world))
    expect(world, Code.COUNTRY_NOT_ALLOWED, ANN, BOB, 1)
    expect(world, Code.COUNTRY_NOT_ALLOWED, ANN, CAY, 1)
    expect(world, Code.ALLOWED, ANN, DAN, 1)
    world.set_rules(RuleSet(countries_denied=frozenset({"US"})))
    expect(world, Code.COUNTRY_NOT_ALLOWED, ANN, BOB, 1)
    expect(world, Code.COUNTRY_NOT_ALLOWED, ANN, CAY, 1)
    assert world.force(ANN, BOB, 1) is Code.COUNTRY_NOT_ALLOWED


def investors_of_a_tier_only() -> None:
    world = market()
    for tier, code in (
        (Tier.ACCREDITED, Code.NOT_ACCREDITED),
        (Tier.QUALIFIED_PURCHASER, Code.NOT_QUALIFIED),
        (Tier.INSTITUTIONAL_BUYER, Code.NOT_INSTITUTIONAL),
    ):
        world.set_rules(RuleSet(investor_tier=tier))
        expect(world, code, ANN, BOB, 1)
        assert world.mint(BOB, 1) is code
        assert world.force(ANN, BOB, 1) is code
        world.set_claim(BOB, Claim(tier), world.now // DAY_S + 2)
        expect(world, Code.ALLOWED, ANN, BOB, 1)
        expect(world, code, BOB, ANN, 1)
        world.set_claim(ANN, Claim(tier), world.now // DAY_S + 1)
    world.evm.advance(2 * DAY_S)
    expect(world, Code.NOT_INSTITUTIONAL, ANN, BOB, 1)


def screening() -> None:
    world = market()
    world.set_rules(RuleSet(screening=True))
    expect(world, Code.NOT_SCREENED, ANN, BOB, 1)
    world.set_claim(BOB, Claim.SCREENED, world.now // DAY_S + 1)
    expect(world, Code.ALLOWED, ANN, BOB, 1)
    world.evm.advance(DAY_S)
    expect(world, Code.NOT_SCREENED, ANN, BOB, 1)


def flow_back() -> None:
    until = World().now + 40 * DAY_S
    world = market(RuleSet(flow_back_until=until))
    world.state(BOB, country="PR", claims=claims(world))
    assert world.mint(BOB, 1) is Code.ALLOWED
    expect(world, Code.FLOW_BACK, ANN, BOB, 1)
    expect(world, Code.ALLOWED, BOB, ANN, 1)
    world.set_claim(BOB, Claim.INSTITUTIONAL_BUYER, 65_535)
    expect(world, Code.ALLOWED, ANN, BOB, 1)
    world.set_claim(BOB, Claim.INSTITUTIONAL_BUYER, 0)
    expect(world, Code.FLOW_BACK, ANN, BOB, 1)
    world.evm.advance(40 * DAY_S)
    expect(world, Code.ALLOWED, ANN, BOB, 1)


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


def bound_module() -> None:
    world = market()
    world.bind_module()
    expect(world, Code.MODULE_REFUSED, ANN, BOB, 3)
    expect(world, Code.ALLOWED, ANN, BOB, 4)
    assert world.mint(BOB, 1) is Code.MODULE_REFUSED
    assert world.force(ANN, BOB, 1) is Code.ALLOWED


def balances() -> None:
    world = market()
    expect(world, Code.INSUFFICIENT_BALANCE, ANN, BOB, 101)
    expect(world, Code.ALLOWED, ANN, BOB, 0)
    expect(world, Code.ALLOWED, ANN, ANN, 100)
    assert world.burn(ANN, 101) is Code.INSUFFICIENT_BALANCE


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


def lost_wallet_stays_lost() -> None:
    """Its word stands for the sum of others: whoever was admitted with it again held nothing."""
    world = market()
    assert world.recover(ANN, EVE) == ""
    expect(world, Code.ALLOWED, EVE, BOB, 100)
    assert world.remove(EVE) == ""
    assert world.remove(ANN) == "wallet-retired"
    assert world.admit(ANN, claims=claims(world)) == "registered-already"
    world.compare([ANN, BOB, EVE])


def recovery_with_lots_and_freezes() -> None:
    world = market(RuleSet(lock_up=True, holding_period_s=5 * DAY_S))
    world.set_frozen_units(ANN, 20)
    assert world.recover(ANN, EVE) == ""
    expect(world, Code.UNITS_FROZEN, EVE, BOB, 90)
    expect(world, Code.LOT_LOCKED, EVE, BOB, 10)
    world.evm.advance(5 * DAY_S)
    expect(world, Code.ALLOWED, EVE, BOB, 80)
    world.compare([ANN, BOB, EVE])


def venues_only() -> None:
    world = market(RuleSet(venues_only=True))
    expect(world, Code.ALLOWED, ANN, BOB, 1)
    assert world.transfer_from(DAN, ANN, BOB, 1) is Code.VENUE_NOT_ALLOWED
    world.set_venue(DAN, True)
    assert world.transfer_from(DAN, ANN, BOB, 1) is Code.ALLOWED
    world.pause(True)
    assert world.transfer_from(CAY, ANN, BOB, 1) is Code.PAUSED
    world.pause(False)
    world.set_venue(DAN, False)
    assert world.transfer_from(DAN, ANN, BOB, 1) is Code.VENUE_NOT_ALLOWED


def approvals() -> None:
    world = market(RuleSet(approval=True))
    expect(world, Code.NOT_APPROVED, ANN, BOB, 5)
    world.approve(ANN, BOB, 5, 2 * DAY_S)
    expect(world, Code.NOT_APPROVED, ANN, BOB, 6)
    expect(world, Code.NOT_APPROVED, BOB, ANN, 5)
    expect(world, Code.ALLOWED, ANN, BOB, 5)
    expect(world, Code.NOT_APPROVED, ANN, BOB, 5)
    world.approve(ANN, BOB, 5, DAY_S)
    world.evm.advance(DAY_S)
    expect(world, Code.NOT_APPROVED, ANN, BOB, 5)
    world.approve(ANN, BOB, 5, DAY_S)
    world.withdraw_approval(ANN, BOB, 5)
    expect(world, Code.NOT_APPROVED, ANN, BOB, 5)
    assert world.mint(BOB, 5) is Code.ALLOWED
    assert world.declare(Movement.GIFT, ANN, BOB, 5) is Code.ALLOWED


def investor_on_approval() -> None:
    world = market()
    world.state(BOB, country="DE", claims=claims(world), watched=True)
    expect(world, Code.NOT_APPROVED, ANN, BOB, 5)
    assert world.mint(BOB, 7) is Code.NOT_APPROVED
    world.approve(None, BOB, 7, DAY_S)
    assert world.mint(BOB, 7) is Code.ALLOWED
    assert world.mint(BOB, 7) is Code.NOT_APPROVED
    expect(world, Code.ALLOWED, BOB, ANN, 7)


def flow_back_on_approval() -> None:
    until = World().now + 40 * DAY_S
    world = market(RuleSet(flow_back_until=until))
    world.state(BOB, country="US", claims=claims(world))
    expect(world, Code.FLOW_BACK, ANN, BOB, 3)
    assert world.declare(Movement.PRIVATE_SALE, ANN, BOB, 3) is Code.FLOW_BACK
    world.approve(ANN, BOB, 3, DAY_S)
    assert world.declare(Movement.PRIVATE_SALE, ANN, BOB, 3) is Code.FLOW_BACK
    expect(world, Code.ALLOWED, ANN, BOB, 3)
    expect(world, Code.FLOW_BACK, ANN, BOB, 3)
    assert world.declare(Movement.INHERITANCE, ANN, BOB, 3) is Code.ALLOWED


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


def clock_of_affiliates() -> None:
    """17 CFR 230.144(d)(1): the period starts anew with a sale by an affiliate."""
    world = market(RuleSet(lock_up=True, holding_period_s=10 * DAY_S))
    world.evm.advance(10 * DAY_S)
    world.set_claim(ANN, Claim.AFFILIATE, world.now // DAY_S + 30)
    expect(world, Code.ALLOWED, ANN, BOB, 20)
    expect(world, Code.LOT_LOCKED, BOB, CAY, 1)
    world.evm.advance(4 * DAY_S)
    assert world.declare(Movement.PRIVATE_SALE, BOB, CAY, 5) is Code.ALLOWED
    assert world.declare(Movement.PRIVATE_SALE, ANN, CAY, 5) is Code.ALLOWED
    world.evm.advance(6 * DAY_S)
    expect(world, Code.LOT_LOCKED, CAY, DAN, 6)
    expect(world, Code.ALLOWED, CAY, DAN, 5)
    expect(world, Code.ALLOWED, BOB, DAN, 15)
    world.evm.advance(4 * DAY_S)
    expect(world, Code.ALLOWED, CAY, DAN, 5)
    world.compare([ANN, BOB, CAY, DAN])


def declared_movements() -> None:
    """Gift, pledge, death or divorce and a private sale take lots with their clock."""
    world = market(RuleSet(lock_up=True, lock_up_until=World().now + 2 * DAY_S,
                           holding_period_s=5 * DAY_S, lot_size=10, max_balance=110))  # fmt: skip
    assert world.declare(Movement.PRIVATE_SALE, ANN, BOB, 10) is Code.LOCK_UP
    assert world.declare(Movement.GIFT, ANN, BOB, 7) is Code.ALLOWED
    world.evm.advance(2 * DAY_S)
    assert world.declare(Movement.PRIVATE_SALE, ANN, CAY, 7) is Code.LOT_SIZE
    assert world.declare(Movement.PRIVATE_SALE, ANN, CAY, 10) is Code.ALLOWED
    assert world.declare(Movement.PLEDGE, ANN, DAN, 3) is Code.ALLOWED
    assert world.mint(DAN, 100) is Code.ALLOWED
    assert world.declare(Movement.GIFT, ANN, DAN, 80) is Code.MAX_BALANCE
    assert world.declare(Movement.INHERITANCE, ANN, DAN, 80) is Code.ALLOWED
    expect(world, Code.LOT_LOCKED, CAY, ANN, 10)
    world.evm.advance(3 * DAY_S)
    expect(world, Code.ALLOWED, CAY, ANN, 10)
    expect(world, Code.LOT_LOCKED, DAN, CAY, 90)
    world.freeze(ANN, True)
    assert world.declare(Movement.GIFT, ANN, CAY, 10) is Code.SENDER_FROZEN
    world.compare([ANN, BOB, CAY, DAN])


def private_sale_of_locked_units() -> None:
    world = market(RuleSet(lock_up=True, holding_period_s=5 * DAY_S,
                           locked_sale_tier=Tier.ACCREDITED))  # fmt: skip
    world.mint(ANN, 20, acquired_at=world.now - 9 * DAY_S)
    assert world.declare(Movement.PRIVATE_SALE, ANN, BOB, 20) is Code.ALLOWED
    assert world.declare(Movement.PRIVATE_SALE, ANN, BOB, 1) is Code.LOCKED_SALE
    assert world.declare(Movement.GIFT, ANN, BOB, 1) is Code.ALLOWED
    assert world.declare(Movement.PRIVATE_SALE, CAY, BOB, 1) is Code.INSUFFICIENT_BALANCE
    world.set_claim(BOB, Claim.ACCREDITED, 65_535)
    assert world.declare(Movement.PRIVATE_SALE, ANN, BOB, 50) is Code.ALLOWED
    expect(world, Code.LOT_LOCKED, BOB, CAY, 21)
    world.evm.advance(5 * DAY_S)
    assert world.declare(Movement.PRIVATE_SALE, ANN, CAY, 49) is Code.ALLOWED


def legends() -> None:
    world = market()
    world.place_legend(ANN, 60)
    expect(world, Code.UNITS_LEGENDED, ANN, BOB, 41)
    assert world.declare(Movement.GIFT, ANN, BOB, 41) is Code.UNITS_LEGENDED
    expect(world, Code.ALLOWED, ANN, BOB, 40)
    expect(world, Code.UNITS_LEGENDED, ANN, BOB, 100)
    world.set_frozen_units(ANN, 10)
    world.set_frozen_units(ANN, 0)
    expect(world, Code.UNITS_LEGENDED, ANN, BOB, 1)
    world.place_legend(ANN, -20)
    expect(world, Code.ALLOWED, ANN, BOB, 20)
    assert world.force(ANN, BOB, 10) is Code.ALLOWED
    expect(world, Code.UNITS_LEGENDED, ANN, BOB, 1)
    world.place_legend(ANN, -40)
    expect(world, Code.ALLOWED, ANN, BOB, 30)
    world.compare([ANN, BOB])


def stop_orders() -> None:
    world = market()
    world.stop(ANN, True)
    expect(world, Code.SENDER_FROZEN, ANN, BOB, 1)
    world.stop(ANN, False)
    expect(world, Code.ALLOWED, ANN, BOB, 1)


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
    paused, frozen_investor, retired_wallet, frozen_units, frozen_units_move_between_own_wallets,
    class_lock_up, lots, verification, countries, largest_holding, investors_of_a_tier_only,
    screening, flow_back, whole_lots, least_holding, limit_of_holders,
    limit_of_retail_holders, bought_before_accreditation, lost_accreditation, cap, bound_module,
    balances, limit_over_classes, joining_issuer_limits_later, recovery_with_lots_and_freezes,
    lost_wallet_stays_lost, venues_only, approvals, investor_on_approval, flow_back_on_approval,
    volume_of_affiliates, clock_of_affiliates, declared_movements,
    private_sale_of_locked_units, legends, stop_orders,
    largest_share, limit_of_holders_of_a_country, limit_of_a_country_set_later,
    purchasers_in_a_window, owners_over_classes, heirs_are_counted_as_whom_they_take_after,
)  # fmt: skip
