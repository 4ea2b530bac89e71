"""Dry runs: who is named trapped is, who is not has somebody to sell to; orders that would fail."""

from __future__ import annotations

import copy

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claim, Claims
from tallystick.securities.codes import Code
from tallystick.securities.dry_run import Pending, dry_run
from tallystick.securities.proposal import Movement, RuleSet
from tallystick.securities.registry import Registry
from tallystick.securities.security import Security
from tests.securities.test_analysis import BEST, narrow_rules
from tests.support.evm import GENESIS_S
from tests.support.machine import claims_of
from tests.support.world import wallet

# Long after every lock has ended, and every claim but those without end.
LATER_S = 2**32
HOMES = [wallet(number) for number in range(5)]
NEWCOMERS = [wallet(100), wallet(101), wallet(102), wallet(103)]


def register(holdings: list[tuple[str, Claims, int]]) -> Security:
    """A security without rules, and who holds what of it."""
    security = Security(registry=Registry())
    for home, (country, claims, units) in zip(HOMES, holdings, strict=False):
        security.registry.admit(home, number=7, country=country, claims=claims)
        security.move(Movement.ISSUE, None, home, units, now_s=GENESIS_S)
    for home, country in zip(NEWCOMERS, ("DE", "US", "FR", "JP"), strict=True):
        security.registry.admit(home, number=7, country=country, claims=BEST)
    return security


def sells(security: Security, seller: Wallet) -> bool:
    """Whether an investor can sell anything, to anybody: every buyer and every amount is tried."""
    return any(
        security.judge(Movement.RESALE, seller, buyer, amount, now_s=LATER_S).allowed
        for buyer in [*HOMES, *NEWCOMERS]
        if buyer != seller and buyer in security.registry.investors
        for amount in range(1, security.total(seller) + 1)
    )


@settings(max_examples=150)
@given(rules=narrow_rules(), holdings=st.lists(
    st.tuples(st.sampled_from(["DE", "US", "FR"]), claims_of, st.integers(1, 25)),
    min_size=1, max_size=5,
))  # fmt: skip
def test_nobody_is_trapped_but_those_who_are_named(
    rules: RuleSet, holdings: list[tuple[str, Claims, int]]
) -> None:
    security = register(holdings)
    named = dry_run(security, rules, now_s=GENESIS_S).trapped
    free = msgspec.structs.replace(rules, approval=False)
    ideal = copy.deepcopy(security)
    for home in HOMES[: len(holdings)]:
        # Claims can be renewed; who is an affiliate stays one.
        affiliate = security.registry.investors[home].claims.holds(
            Claim.AFFILIATE, GENESIS_S // DAY_S
        )
        expiry = 65_535 if affiliate else 0
        ideal.registry.investors[home].claims = BEST.stated(Claim.AFFILIATE, expiry)
        ideal.refresh(home, now_s=LATER_S)
    ideal.set_rules(free)
    for home in HOMES[: len(holdings)]:
        ideal.refresh(home, now_s=LATER_S)
    for home in HOMES[: len(holdings)]:
        assert sells(ideal, home) == (home not in named), (home, rules)


def test_who_sells_out_makes_no_room_in_a_country_he_does_not_reside_in() -> None:
    security = register([("FR", BEST, 14), ("FR", BEST, 23)])
    only_americans = RuleSet(
        countries_allowed=frozenset({"US"}), country_limited="US", country_max=0
    )
    assert dry_run(security, only_americans, now_s=GENESIS_S).trapped == tuple(HOMES[:2])


def test_orders_and_transfers_that_would_fail_are_named() -> None:
    security = register([("DE", BEST, 20), ("DE", BEST, 4)])
    first, second, stranger = HOMES[0], HOMES[1], NEWCOMERS[1]
    found = dry_run(
        security,
        RuleSet(max_balance=20, countries_denied=frozenset({"US"}), lot_size=4),
        now_s=GENESIS_S,
        pending=[
            Pending(key="sell 8", sender=first, receiver=None, units=8),
            Pending(key="sell 100", sender=first, receiver=None, units=100),
            Pending(key="buy 16", sender=None, receiver=second, units=16),
            Pending(key="buy 20", sender=None, receiver=second, units=20),
            Pending(key="buy abroad", sender=None, receiver=stranger, units=4),
            Pending(key="give 3", sender=first, receiver=second, units=3),
        ],
    )
    assert {each.key: [refusal.code for refusal in each.refusals] for each in found.failing} == {
        "sell 100": [Code.INSUFFICIENT_BALANCE],
        "buy 20": [Code.MAX_BALANCE],
        "buy abroad": [Code.COUNTRY_NOT_ALLOWED],
        "give 3": [Code.LOT_SIZE],
    }


def test_a_dry_run_changes_nothing() -> None:
    security = register([("DE", BEST, 20), ("US", BEST, 4)])
    before = copy.deepcopy(security)
    found = dry_run(security, RuleSet(investors_max=1, country_limited="US", country_max=0,
                                      investors_min=5), now_s=GENESIS_S)  # fmt: skip
    assert security == before
    assert [each.code for each in found.limits_passed] == [Code.HOLDER_LIMIT, Code.COUNTRY_LIMIT]
    assert found.missing == 3
