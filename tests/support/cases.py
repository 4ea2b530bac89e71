"""Worked cases of the rules, played on chain and on the model at once.

What passes, what is refused. Each case names the rule it is about; together with those of limits
they notice a fault in any of them.
"""

from __future__ import annotations

from tallystick.securities.claims import Claim, Tier
from tallystick.securities.codes import Code
from tallystick.securities.proposal import Movement, RuleSet
from tests.support import cases_of_limits
from tests.support.market import ANN, BOB, CAY, DAN, DAY_S, EVE, Case, claims, expect, market
from tests.support.world import STRANGER, World


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


def held_units() -> None:
    world = market()
    assert not world.hold(ANN, 1)
    world.set_venue(STRANGER, True)
    assert world.hold(ANN, 60)
    assert not world.hold(ANN, 41)
    expect(world, Code.UNITS_HELD, ANN, BOB, 41)
    expect(world, Code.ALLOWED, ANN, BOB, 40)
    expect(world, Code.UNITS_HELD, ANN, BOB, 1)
    assert world.declare(Movement.GIFT, ANN, BOB, 1) is Code.UNITS_HELD
    assert world.transfer_from(STRANGER, ANN, BOB, 1) is Code.UNITS_HELD
    world.place_legend(ANN, 60)
    expect(world, Code.UNITS_LEGENDED, ANN, BOB, 1)
    world.place_legend(ANN, -60)
    assert not world.let_go(ANN, 61)
    assert world.let_go(ANN, 20)
    expect(world, Code.ALLOWED, ANN, BOB, 20)
    assert world.force(ANN, BOB, 10) is Code.ALLOWED
    expect(world, Code.UNITS_HELD, ANN, BOB, 1)
    assert world.let_go(ANN, 40)
    expect(world, Code.ALLOWED, ANN, BOB, 30)
    world.compare([ANN, BOB])


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


CASES: tuple[Case, ...] = (
    paused,
    frozen_investor,
    retired_wallet,
    frozen_units,
    frozen_units_move_between_own_wallets,
    class_lock_up,
    lots,
    verification,
    countries,
    investors_of_a_tier_only,
    screening,
    flow_back,
    bound_module,
    balances,
    lost_wallet_stays_lost,
    recovery_with_lots_and_freezes,
    venues_only,
    approvals,
    investor_on_approval,
    flow_back_on_approval,
    clock_of_affiliates,
    declared_movements,
    private_sale_of_locked_units,
    legends,
    held_units,
    stop_orders,
    *cases_of_limits.CASES,
)
