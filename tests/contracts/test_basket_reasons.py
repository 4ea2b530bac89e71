"""Every reason for which a basket refuses an act, and who may do what with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tallystick.core.wallets import NOBODY
from tallystick.securities.baskets.in_kind import Fees
from tallystick.securities.exchanges import Ratio
from tallystick.securities.proposal import RuleSet
from tests.support.basketry import ANN, BASKET, BOB, DEALER, MOST, YEAR, Hamper
from tests.support.evm import Outcome
from tests.support.payouts import HOSTILE
from tests.support.world import AGENT, DOCUMENT, OWNER, STRANGER, wallet

HIGH = Fees(annual_bps=1_000)


def filled(**changes: Any) -> Hamper:
    """With a hundred units of Ann's."""
    hamper = Hamper(**changes)
    assert hamper.create(ANN, 100).ok
    return hamper


def opening(**changes: Any) -> Outcome:
    hamper = Hamper(opened=False, **changes)
    return hamper.open()


def opening_with(*parts: Callable[[Hamper], tuple[str, int]]) -> Outcome:
    hamper = Hamper(opened=False)
    hamper.terms["parts"] = [part(hamper) for part in parts]
    return hamper.open()


def redeeming_other(least: Callable[[Hamper], list[tuple[str, int]]]) -> Outcome:
    hamper = filled()
    return hamper.call("redeem", 10, least(hamper), ANN, 0, by=ANN)


def mute(hamper: Hamper) -> str:
    """An asset that says nothing."""
    made = hamper.evm.deploy("0x600a600c600039600a6000f3600080fd" + "00" * 6)
    assert hamper.call("addAsset", made).ok
    return made


def with_mute() -> Outcome:
    hamper = filled()
    mute(hamper)
    return hamper.redeem(ANN, 10)


def misbehaving(mode: int) -> Outcome:
    """An asset that does not do as it is told."""
    hamper = filled()
    hamper.behave(0, mode)
    return hamper.redeem(ANN, 50)


def many_assets() -> Outcome:
    hamper = Hamper()
    for _ in range(33):
        outcome = hamper.call("addAsset", hamper.evm.deploy(HOSTILE.creation()))
    return outcome


def offered(hamper: Hamper, **changes: Any) -> tuple[Any, ...]:
    trade = hamper.trade([(hamper.assets[0], 1)], [(hamper.assets[1], 1)], **changes)
    assert hamper.call("offerTrade", trade).ok
    return trade


def offered_twice() -> Outcome:
    hamper = filled()
    return hamper.call("offerTrade", offered(hamper))


def too_large_a_trade() -> Outcome:
    hamper = filled()
    trade = hamper.trade([(hamper.assets[0], 301)], [])
    assert hamper.call("offerTrade", trade).ok
    return hamper.call("takeTrade", trade, by=DEALER)


def trade_in_something_else() -> Outcome:
    hamper = filled()
    trade = hamper.trade([(hamper.asset(), 1)], [])
    assert hamper.call("offerTrade", trade).ok
    return hamper.call("takeTrade", trade, by=DEALER)


def trade_for_another() -> Outcome:
    hamper = filled()
    return hamper.call("takeTrade", offered(hamper, counterparty=DEALER), by=BOB)


def locked() -> Outcome:
    return filled(rules=RuleSet(lock_up=True, holding_period_s=YEAR)).redeem(ANN, 10)


def worthless() -> Outcome:
    return Hamper(amounts=(0, 0)).create(ANN, 10)


def all_of_it_levy() -> Outcome:
    hamper = Hamper(fees=Fees(creation_bps=1), lot=1)
    assert hamper.create(ANN, 100).ok
    return hamper.create(BOB, 1)


def followed_into_itself() -> Outcome:
    """The security that replaced its own is an asset already."""
    hamper = Hamper(classes=2, lot=1)
    second = hamper.world.tokens[1]
    assert hamper.create(ANN, 10).ok
    assert hamper.call("addAsset", second).ok
    hamper.exchange(Ratio(1, 1), to=second)
    return hamper.call("follow", DOCUMENT)


def signing(**changes: Any) -> Outcome:
    """Hers for ten units; submitted with something changed."""
    return Hamper().signed_creation(**changes)


def redeeming(times: int = 1, **changes: Any) -> Outcome:
    hamper = Hamper()
    assert hamper.signed_creation(10).ok
    for _ in range(times):
        outcome = hamper.signed_redemption(5, **changes)
    return outcome


def replaced_by(successor: Callable[[Hamper], str], *, listed: bool = True) -> Outcome:
    hamper = filled()
    first = hamper.assets[0]
    if not listed:
        assert hamper.call("removeAsset", first, DOCUMENT).ok
    hamper.scale(first, 0, 1)
    assert hamper.evm.act(OWNER, HOSTILE, first, "succeed", successor(hamper)).ok
    return hamper.call("replaceAsset", first, by=STRANGER)


def exchanged_and_not_replaced() -> Outcome:
    hamper = filled()
    hamper.exchanged(hamper.assets[0])
    return hamper.create(ANN, 10)


def raised(**changes: int) -> Outcome:
    fees = {"creation_bps": 10, "redemption_bps": 10, "annual_bps": 10}
    hamper = Hamper(fees=Fees(**fees))
    return hamper.call("lowerFees", tuple((fees | changes).values()))


REASONS: dict[str, Callable[[], Outcome]] = {
    "asset-is-itself": lambda: opening_with(lambda h: (h.token, 5)),
    "asset-not-whole": lambda: misbehaving(11),
    "asset-refused": lambda: misbehaving(1),
    "asset-twice": lambda: opening_with(lambda h: (h.assets[0], 5), lambda h: (h.assets[0], 6)),
    "asset-unknown": trade_in_something_else,
    "asset-unreadable": with_mute,
    "asset-without-code": lambda: opening_with(lambda h: (wallet(500), 5)),
    "assets-differ": lambda: redeeming_other(lambda h: [(each, 0) for each in h.assets[:2]]),
    "basket-in-use": lambda: filled().call("compose", [], 5),
    "brings-less": lambda: filled().redeem(ANN, 10, least=31),
    "costs-more": lambda: Hamper().create(ANN, 10, 29),
    "creation-closed": lambda: Hamper(creation=0).create(ANN, 10),
    "creation-unknown": lambda: opening(creation=3),
    "document-empty": lambda: opening(document=bytes(32)),
    "fee-raised": lambda: raised(creation_bps=11),
    "fee-too-high": lambda: opening(fees=Fees(creation_bps=501)),
    "insufficient-assets": too_large_a_trade,
    "lot-out-of-range": lambda: opening(lot=0),
    "no-fee-due": lambda: Hamper().call("takeFee"),
    "not-a-participant": lambda: Hamper(creation=1).create(ANN, 10),
    "not-exchanged": lambda: filled().call("follow", DOCUMENT),
    "not-the-counterparty": trade_for_another,
    "not-the-implementation": lambda: (h := Hamper()).call("open", tuple(h.terms.values())),
    "not-whole-lots": lambda: Hamper().create(ANN, 15),
    "nothing-brought": worthless,
    "nothing-issued": all_of_it_levy,
    "nothing-traded": lambda: Hamper().call("offerTrade", Hamper().trade([], [])),
    "receiver-empty": lambda: opening(receiver=NOBODY),
    "too-many-assets": many_assets,
    "trade-expired": lambda: Hamper().call("offerTrade", Hamper().trade([(ANN, 1)], [],
                                                                        until_s=0)),
    "trade-not-offered": lambda: Hamper().call("withdrawTrade", DOCUMENT),
    "trade-offered-already": offered_twice,
    "units-locked": locked,
    "units-out-of-range": lambda: Hamper().create(ANN, 0),
}  # fmt: skip

# The same reasons elsewhere, and those that other contracts give too.
ELSEWHERE: list[tuple[str, Callable[[], Outcome]]] = [
    ("amount-out-of-range", lambda: opening_with(lambda h: (h.assets[0], MOST + 1))),
    ("amount-out-of-range", lambda: (h := Hamper()).call("offerTrade", h.trade([(ANN, 0)], []))),
    ("amount-out-of-range", lambda: (h := Hamper()).call("offerTrade", h.trade([], [(ANN, 0)]))),
    ("asset-is-itself", followed_into_itself),
    ("asset-is-itself", lambda: replaced_by(lambda h: h.token)),
    ("asset-is-itself", lambda: replaced_by(lambda h: h.at)),
    ("asset-unknown", lambda: replaced_by(lambda h: h.assets[1], listed=False)),
    ("asset-unknown", lambda: Hamper().call("replaceAsset", ANN)),
    ("asset-unreadable", exchanged_and_not_replaced),
    ("asset-without-code", lambda: replaced_by(lambda _: wallet(500))),
    ("not-exchanged", lambda: (h := filled()).call("replaceAsset", h.assets[0])),
    ("signature-invalid", lambda: redeeming(forgone=1)),
    ("asset-unknown", lambda: Hamper().call("removeAsset", ANN, DOCUMENT)),
    ("assets-differ", lambda: redeeming_other(lambda h: [(each, 0) for each in h.assets[::-1]])),
    ("assets-differ", lambda: Hamper().call("create", 10, [], by=ANN)),
    ("document-empty", lambda: Hamper().call("removeAsset", ANN, bytes(32))),
    ("document-empty", lambda: Hamper().call("stateNav", ANN, 1, bytes(32))),
    ("document-empty", lambda: Hamper().call("follow", bytes(32))),
    ("fee-raised", lambda: raised(redemption_bps=11)),
    ("fee-raised", lambda: raised(annual_bps=11)),
    ("fee-too-high", lambda: opening(fees=Fees(redemption_bps=501))),
    ("fee-too-high", lambda: opening(fees=Fees(annual_bps=1_001))),
    ("initialised-already", lambda: (h := Hamper()).call("initialize", tuple(h.terms.values()))),
    ("insufficient-balance", lambda: filled().redeem(ANN, 101)),
    ("insufficient-balance", lambda: filled().redeem(BOB, 10)),
    ("lot-out-of-range", lambda: Hamper().call("setCreation", 1, MOST + 1)),
    ("not-agent", lambda: Hamper(agent=False).create(ANN, 10)),
    ("receiver-empty", lambda: Hamper().call("setReceiver", NOBODY)),
    ("signature-expired", lambda: signing(deadline_s=-1)),
    ("signature-invalid", lambda: signing(units=20)),
    ("signature-invalid", lambda: signing(number=1)),
    ("signature-invalid", lambda: signing(most=31)),
    ("signature-invalid", lambda: redeeming(receiver=DEALER)),
    ("signature-invalid", lambda: redeeming(least=1)),
    ("signature-invalid", lambda: redeeming(times=2)),
    ("units-out-of-range", lambda: filled().redeem(ANN, 0)),
    ("units-out-of-range", lambda: opening(units=0)),
]


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_is_given(reason: str) -> None:
    outcome = REASONS[reason]()
    assert (outcome.ok, outcome.reason) == (False, reason)


@pytest.mark.parametrize(("reason", "act"), ELSEWHERE)
def test_a_reason_is_given_elsewhere(reason: str, act: Callable[[], Outcome]) -> None:
    outcome = act()
    assert (outcome.ok, outcome.reason) == (False, reason)


BY_AGENT: dict[str, tuple[Any, ...]] = {
    "compose": ([], 1), "setCreation": (0, 1), "setParticipant": (ANN, True),
    "lowerFees": ((0, 0, 0),), "setReceiver": (ANN,), "addAsset": (ANN,),
    "removeAsset": (ANN, DOCUMENT), "offerTrade": ((NOBODY, [], [], 0, DOCUMENT, DOCUMENT),),
    "withdrawTrade": (DOCUMENT,), "stateNav": (ANN, 1, DOCUMENT), "follow": (DOCUMENT,),
}  # fmt: skip
BY_ANYBODY = {
    "replaceAsset",
    "takeSigned",
    "create",
    "redeem",
    "createSigned",
    "redeemSigned",
    "takeFee",
    "takeTrade",
}
BY_CONTRACTS = {"initialize": "initialised-already", "open": "not-agent"}


def test_the_tables_name_every_function() -> None:
    assert set(BASKET.functions) - BASKET.views == {*BY_AGENT, *BY_ANYBODY, *BY_CONTRACTS}


@pytest.mark.parametrize("name", sorted(BY_AGENT))
@pytest.mark.parametrize("who", [STRANGER, ANN, OWNER])
def test_nobody_else_manages(name: str, who: str) -> None:
    hamper = filled()
    assert hamper.call(name, *BY_AGENT[name], by=who).reason == "not-agent"


def test_nobody_opens_or_begins_a_basket_of_others() -> None:
    hamper = Hamper()
    terms = tuple(hamper.terms.values())
    assert hamper.open(by=STRANGER).reason == "not-agent"
    for who in (STRANGER, AGENT, OWNER):
        at = hamper.implementation
        assert hamper.evm.act(who, BASKET, at, "initialize", terms).reason == "initialised-already"


def test_a_trade_is_taken_back() -> None:
    hamper = filled()
    trade = offered(hamper)
    offer = bytes.fromhex(hamper.evm.logged[-1][1][-1][1][1][2:])
    outcome = hamper.call("withdrawTrade", offer)
    assert outcome.ok
    assert hamper.call("takeTrade", trade, by=DEALER).reason == "trade-not-offered"
    assert hamper.call("offerTrade", trade).ok
