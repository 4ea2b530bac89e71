"""Every reason for which an offering refuses an act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tallystick.core.wallets import NOBODY
from tallystick.securities.claims import Claims
from tallystick.securities.exchanges import Ratio
from tallystick.securities.offerings.offers import Tier
from tallystick.securities.proposal import RuleSet
from tests.support.evm import Outcome
from tests.support.payouts import HOSTILE
from tests.support.sale import ANN, BOB, CYD, DAN, DAY, ESCROW, FOREVER, HER, Sale, signed
from tests.support.world import AGENT, DOCUMENT, OFFICER, OWNER, STRANGER, World


def opening(**changes: Any) -> Outcome:
    return Sale(opened=False, **changes).call("open", by=AGENT)


def by_another_wallet() -> Outcome:
    sale = Sale().subscribed(ann=1)
    sale.world.link(ANN, DAN)
    return sale.subscribe(DAN, 1)


def owed_still() -> Outcome:
    sale = Sale(hostile=True).subscribed(ann=1)
    sale.evm.act(OWNER, HOSTILE, sale.cash, "block_", ANN, True)
    assert sale.call("reject", ANN, 1, by=AGENT).ok
    sale.evm.act(OWNER, HOSTILE, sale.cash, "block_", ANN, False)
    return sale.subscribe(ANN, 1)


def limited() -> Outcome:
    sale = Sale(retail_limited=True)
    assert sale.call("stateLimit", ANN, 4, by=OFFICER).ok
    return sale.subscribe(ANN, 1)


def linked() -> Sale:
    """Dan's wallet is another one of Ann's."""
    sale = Sale(retail_limited=True)
    sale.world.link(ANN, DAN)
    return sale


def exchanged() -> Sale:
    """Closed, after the units have become others than were offered."""
    sale = Sale().subscribed(ann=10)
    sale.world.exchange_all(Ratio(1, 10))
    sale.world.advance(DAY)
    assert sale.call("close").ok
    return sale


def stale() -> Sale:
    """Closed, while the counters of holders wait to be refreshed."""
    sale = Sale()
    sale.world.set_rules(RuleSet(retail_max=5))
    until = sale.world.now // DAY + 1
    sale.world.state(CYD, country="DE", claims=Claims((65_535, until, 0, 0, 0, 0, 0, 0)))
    sale.world.mint(CYD, 1)
    sale.subscribed(ann=10)
    sale.world.advance(2 * DAY)
    assert sale.call("close").ok
    return sale


REASONS: dict[str, Callable[[], Outcome]] = {
    "offering-opened-already": lambda: Sale().call("open", by=AGENT),
    "escrow-and-cash": lambda: opening(escrow=ESCROW),
    "offering-without-time": lambda: opening(closes_at=5),
    "offering-without-price": lambda: opening(tiers=()),
    "lots-out-of-range": lambda: opening(hard_lots=0),
    "offering-not-open": lambda: Sale(opened=False).subscribe(ANN, 1),
    "offering-differs": lambda: Sale().call(
        "subscribeAuthorized", (DOCUMENT, HER, 1, 5), (0, 0, DOCUMENT, 27, DOCUMENT, DOCUMENT)),
    "signature-used": lambda: signed(Sale(), number=1),
    "neither-investor-nor-payer": lambda: Sale().subscribed(ann=1).call("withdraw", ANN),
    "not-subscribed": lambda: Sale().call("withdraw", ANN, by=ANN),
    "too-late-to-withdraw": lambda: Sale().subscribed(ann=1).call("withdraw", ANN, by=ANN),
    "subscribed-already": by_another_wallet,
    "offering-goes-on": lambda: Sale().call("close"),
    "offering-not-settling": lambda: Sale().call("settle", 1),
    "offering-no-agent": lambda: Sale(agent=False).subscribed(ann=10).closed().call("settle", 1),
    "nothing-to-refund": lambda: Sale().subscribed(ann=10).call("refund", ANN),
    "nothing-to-collect": lambda: Sale().call("collect"),
    "no-such-price": lambda: Sale(tiers=(Tier(up_to=9, until=FOREVER, price=5),)).subscribe(
        ANN, 10),
    "price-differs": lambda: Sale().subscribe(ANN, 1, 6),
    "refund-first": owed_still,
    "payer-differs": lambda: Sale().subscribed(ann=1).call(
        "subscribeFor", ANN, 1, 5, by=AGENT),
    "below-the-minimum": lambda: Sale(min_lots=2).subscribe(ANN, 1),
    "above-the-maximum": lambda: Sale(max_lots=2).subscribe(ANN, 3),
    "offering-sold-out": lambda: Sale(pro_rata=False).subscribe(ANN, 101),
    "limit-not-stated": lambda: Sale(retail_limited=True).subscribe(ANN, 1),
    "above-his-limit": limited,
    "not-escrow": lambda: Sale(cash=NOBODY, escrow=ESCROW).call(
        "subscribeFor", ANN, 1, 5, by=AGENT),
    "wallet-unknown": lambda: Sale().subscribe(DAN, 1),
    "registry-differs": lambda: opening(registry=STRANGER),
    "offering-not-in-review": lambda: Sale().call("review", 1),
    "units-exchanged": lambda: exchanged().call("review", 1),
    "refresh-first": lambda: stale().call("review", 1),
    "not-a-home-wallet": lambda: linked().call("stateLimit", DAN, 9, by=OFFICER),
    "wallet-not-retired": lambda: Sale().call("substitute", ANN, BOB),
}  # fmt: skip


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_is_given(reason: str) -> None:
    outcome = REASONS[reason]()
    assert (outcome.ok, outcome.reason) == (False, reason)


OTHERS: list[tuple[str, Callable[[], Outcome]]] = [
    ("not-agent", lambda: Sale(opened=False).call("open", by=OFFICER)),
    ("lots-out-of-range", lambda: opening(units_per_lot=2**112)),
    ("time-too-large", lambda: opening(withdraw_until=2**39)),
    ("cash-without-code", lambda: opening(cash=STRANGER)),
    ("empty-address", lambda: opening(proceeds=NOBODY)),
    ("offering-without-time", lambda: opening(opens_at=FOREVER)),
    ("time-too-large", lambda: opening(reflection_s=FOREVER)),
    ("lots-out-of-range", lambda: opening(soft_lots=101)),
    ("lots-out-of-range", lambda: opening(min_lots=1_001)),
    ("lots-out-of-range", lambda: opening(units_per_lot=0)),
    ("lots-out-of-range", lambda: opening(hard_lots=2**64)),
    ("lots-out-of-range", lambda: opening(max_lots=2**64)),
    ("lots-out-of-range", lambda: Sale().subscribe(ANN, 0)),
    ("amount-out-of-range", lambda: opening(tiers=(Tier(up_to=1, until=1, price=2**112),))),
    ("amount-out-of-range", lambda: Sale().call("stateLimit", ANN, 2**112, by=OFFICER)),
    ("not-officer", lambda: Sale().call("stateLimit", ANN, 5, by=AGENT)),
    ("offering-not-open", lambda: Sale().closed().call("stateLimit", ANN, 5, by=OFFICER)),
    ("offering-not-open", lambda: Sale(opens_at=World().now + 5).subscribe(ANN, 1)),
    ("offering-not-open", lambda: Sale().closed().subscribe(ANN, 1)),
    ("offering-not-open", lambda: Sale().subscribed(ann=1).closed().call(
        "withdraw", ANN, by=ANN)),
    ("offering-not-open", lambda: Sale().subscribed(ann=1).closed().call(
        "reject", ANN, 1, by=AGENT)),
    ("offering-not-open", lambda: Sale().closed().call("close")),
    ("offering-not-open", lambda: Sale().closed().call("cancel", 1, DOCUMENT, by=OFFICER)),
    ("not-agent", lambda: Sale().subscribed(ann=1).call("reject", ANN, 1, by=OFFICER)),
    ("reason-code-out-of-range", lambda: Sale().subscribed(ann=1).call(
        "reject", ANN, 0, by=AGENT)),
    ("not-subscribed", lambda: Sale().call("reject", ANN, 1, by=AGENT)),
    ("not-officer", lambda: Sale().call("cancel", 1, DOCUMENT, by=AGENT)),
    ("reason-code-out-of-range", lambda: Sale().call("cancel", 0, DOCUMENT, by=OFFICER)),
    ("reason-without-document", lambda: Sale().call("cancel", 1, bytes(32), by=OFFICER)),
    ("insufficient-allowance", lambda: (sale := Sale(), sale.money(
        ANN, "approve", sale.offering, 4), sale.subscribe(ANN, 1))[2]),
    ("price-differs", lambda: Sale(tiers=(Tier(up_to=FOREVER, until=FOREVER, price=2**111),
                                          )).subscribe(ANN, 4, 2**113)),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "act"), OTHERS, ids=[reason for reason, _ in OTHERS])
def test_another_way_to_the_same_reason(reason: str, act: Callable[[], Outcome]) -> None:
    outcome = act()
    assert (outcome.ok, outcome.reason) == (False, reason)
