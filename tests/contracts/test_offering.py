"""Offerings on chain: everybody gets his units or his money, whatever the cash does."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.services import deploy_service
from tallystick.securities.claims import Claims
from tallystick.securities.offerings.offers import (
    Offer,
    Tier,
    authorization_nonce,
    cost_down,
    divide,
)
from tests.support.evm import CASH, TOKEN, Outcome
from tests.support.payouts import HOSTILE
from tests.support.world import AGENT, DOCUMENT, OFFICER, OWNER, STRANGER, World, wallet

OFFERING = contract("Offering")
VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
ACCREDITED = Claims((65_535, 65_535, 0, 0, 0, 0, 0, 0))
ANN, BOB, CYD, DAN = (wallet(number) for number in range(1, 5))
SIGNER = Account.from_key(b"\x05" * 32)
HER = Wallet(SIGNER.address.lower())
PROCEEDS = wallet(77)
ESCROW = wallet(78)
RICH = 10**9
HOUR, DAY = 3_600, 86_400
FOREVER = 2**40


class Sale:
    """A world in which a security is offered."""

    def __init__(self, *, hostile: bool = False, opened: bool = True, agent: bool = True,
                 **changes: Any) -> None:  # fmt: skip
        self.world = World()
        self.evm = self.world.evm
        for home, claims in ((ANN, VERIFIED), (BOB, VERIFIED), (CYD, ACCREDITED), (HER, VERIFIED)):
            self.world.admit(home, claims=claims)
        self.offering = deploy_service("Offering", lambda _name, data: self.evm.deploy(data))
        self.cash_abi = HOSTILE if hostile else CASH
        if hostile:
            self.cash = self.evm.deploy(HOSTILE.creation())
            minter = OWNER
        else:
            self.cash = self.evm.deploy(CASH.creation("Cash", "USDX", 2, OWNER))
            self.money(OWNER, "addAgent", AGENT)
            minter = AGENT
        for home in (ANN, BOB, CYD, HER, AGENT):
            self.money(minter, "mint", home, RICH)
            self.money(home, "approve", self.offering, RICH)
        if agent:
            assert self.evm.act(OWNER, TOKEN, self.world.token, "addAgent", self.offering).ok
        now = self.world.now
        members: dict[str, Any] = {
            "security": self.world.token, "registry": self.world.registry_address,
            "cash": self.cash, "proceeds": PROCEEDS, "escrow": NOBODY, "units_per_lot": 2,
            "soft_lots": 10, "hard_lots": 100, "min_lots": 1, "max_lots": 1_000, "opens_at": now,
            "closes_at": now + DAY, "withdraw_until": now, "reflection_s": 0,
            "tiers": (Tier(up_to=FOREVER, until=FOREVER, price=5),), "pro_rata": True,
            "retail_limited": False, "document": DOCUMENT,
        }  # fmt: skip
        self.offer = Offer(**{**members, **changes})
        if opened:
            outcome = self.call("open", by=AGENT)
            assert outcome.ok, outcome.reason
            assert outcome.output == self.offer.id

    def money(self, caller: str, name: str, *args: Any) -> Outcome:
        return self.evm.act(caller, CASH, self.cash, name, *args)

    def cash_of(self, who: str) -> int:
        held: int = self.evm.view(CASH, self.cash, "balanceOf", who)
        return held

    def paid_by(self, who: str) -> int:
        return RICH - self.cash_of(who)

    def units_of(self, who: str) -> int:
        held: int = self.evm.view(TOKEN, self.world.token, "balanceOf", who)
        return held

    def call(self, name: str, *args: Any, by: str = STRANGER) -> Outcome:
        return self.evm.act(by, OFFERING, self.offering, name, self.offer.members, *args)

    def state(self) -> tuple[int, ...]:
        found: tuple[int, ...] = self.evm.view(OFFERING, self.offering, "stateOf", self.offer.id)
        return found

    def owed(self, investor: str) -> int:
        record = self.evm.view(OFFERING, self.offering, "recordOf", self.offer.id, investor)
        return int(record[1])

    def subscribe(self, who: str, lots: int, amount: int | None = None) -> Outcome:
        return self.call("subscribe", lots, 5 * lots if amount is None else amount, by=who)

    def subscribed(self, **lots: int) -> Sale:
        people = {"ann": ANN, "bob": BOB, "cyd": CYD, "her": HER}
        for name, many in lots.items():
            assert self.subscribe(people[name], many).ok
        return self

    def closed(self) -> Sale:
        self.world.advance(DAY)
        assert self.call("close").ok
        return self

    def settled(self, page: int = 64) -> Sale:
        while self.state()[0] == 3:
            assert self.call("settle", page).ok
        return self


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


# --- gasless


def typed(
    contract_at: str, domain: dict[str, Any], kind: str, members: dict[str, tuple[str, Any]],
    key: Any = SIGNER,
) -> tuple[int, bytes, bytes]:  # fmt: skip
    found = Account.sign_typed_data(
        key.key, domain_data={**domain, "chainId": 1, "verifyingContract": contract_at},
        message_types={kind: [{"name": name, "type": of} for name, (of, _) in members.items()]},
        message_data={name: value for name, (_, value) in members.items()},
    )  # fmt: skip
    return found.v, found.r.to_bytes(32, "big"), found.s.to_bytes(32, "big")


OURS = {"name": "Tallystick", "version": "1"}


def authorized(sale: Sale, lots: int = 10, amount: int = 50, salt: bytes = b"\x01" * 32,
               value: int | None = None) -> Outcome:  # fmt: skip
    nonce = authorization_nonce(sale.offer.id, HER, lots, amount, salt)
    signature = typed(sale.cash, OURS, "ReceiveWithAuthorization", {
        "from": ("address", HER), "to": ("address", sale.offering),
        "value": ("uint256", amount if value is None else value), "validAfter": ("uint256", 0),
        "validBefore": ("uint256", FOREVER), "nonce": ("bytes32", nonce),
    })  # fmt: skip
    sub = (sale.offer.id, HER, lots, amount)
    return sale.call("subscribeAuthorized", sub, (0, FOREVER, salt, *signature))


def signed(
    sale: Sale, lots: int = 10, amount: int = 50, number: int = 0, *, permits: bool = True,
    key: Any = SIGNER, deadline: int = FOREVER,
) -> Outcome:  # fmt: skip
    signature = typed(sale.offering, OURS, "Subscription", {
        "offer": ("bytes32", sale.offer.id), "investor": ("address", HER),
        "lots": ("uint256", lots), "amount": ("uint256", amount), "number": ("uint256", number),
        "deadline": ("uint256", deadline)}, key)  # fmt: skip
    permit = permitted(sale, amount) if permits else (0, 0, bytes(32), bytes(32))
    sub = (sale.offer.id, HER, lots, amount)
    return sale.call("subscribeSigned", sub, (number, deadline, *signature), permit)


def permitted(sale: Sale, amount: int) -> tuple[Any, ...]:
    nonce = sale.evm.view(CASH, sale.cash, "nonces", HER)
    signature = typed(sale.cash, OURS, "Permit", {
        "owner": ("address", HER), "spender": ("address", sale.offering),
        "value": ("uint256", amount), "nonce": ("uint256", nonce),
        "deadline": ("uint256", FOREVER)})  # fmt: skip
    return (FOREVER, *signature)


def test_an_investor_without_gas_signs_an_authorization() -> None:
    sale = Sale()
    assert authorized(sale, value=49).reason == "signature-invalid"
    assert authorized(sale).ok
    assert authorized(sale).reason == "authorization-used"
    assert sale.paid_by(HER) == 50


def test_an_authorization_is_for_one_subscription_alone() -> None:
    """With other lots, another amount or another offering its nonce is another."""
    sale = Sale()
    nonce = authorization_nonce(sale.offer.id, HER, 10, 50, b"\x01" * 32)
    signature = typed(sale.cash, OURS, "ReceiveWithAuthorization", {
        "from": ("address", HER), "to": ("address", sale.offering), "value": ("uint256", 50),
        "validAfter": ("uint256", 0), "validBefore": ("uint256", FOREVER),
        "nonce": ("bytes32", nonce)})  # fmt: skip
    for sub, salt in (((HER, 10, 50), b"\x02"), ((ANN, 10, 50), b"\x01"),
                      ((HER, 11, 55), b"\x01")):  # fmt: skip
        outcome = sale.call("subscribeAuthorized", (sale.offer.id, *sub),
                            (0, FOREVER, salt * 32, *signature))  # fmt: skip
        assert outcome.reason == "signature-invalid"
    other = (DOCUMENT, HER, 10, 50)
    outcome = sale.call("subscribeAuthorized", other, (0, FOREVER, b"\x01" * 32, *signature))
    assert outcome.reason == "offering-differs"


def test_a_permit_that_somebody_else_submitted_harms_nobody() -> None:
    sale = Sale()
    sale.money(HER, "approve", sale.offering, 0)
    deadline, v, r, s = permitted(sale, 50)
    with sale.evm.anchor():
        assert signed(sale).ok
    ahead = signed
    assert sale.money(STRANGER, "permit", HER, sale.offering, 50, deadline, v, r, s).ok
    assert ahead(sale).ok
    assert sale.paid_by(HER) == 50


def test_nobody_subscribes_for_her_without_her_signature() -> None:
    sale = Sale()
    other = Account.from_key(b"\x06" * 32)
    assert signed(sale, key=other).reason == "signature-invalid"
    assert signed(sale, deadline=5).reason == "signature-expired"
    assert signed(sale, permits=False).ok
    assert signed(sale, permits=False).reason == "signature-used"
    assert sale.paid_by(HER) == 50


# --- hostile cash


@pytest.mark.parametrize("mode", [1, 2, 6])
@pytest.mark.parametrize("soft", [1, 99])
def test_cash_that_refuses_to_pay_back_loses_nobodys_money(mode: int, soft: int) -> None:
    """It answers false, reverts, burns all gas: what it refuses is owed and paid later."""
    sale = Sale(hostile=True, soft_lots=soft, hard_lots=99).subscribed(ann=10, bob=20)
    sale.evm.act(OWNER, HOSTILE, sale.cash, "behave", mode)
    assert sale.call("reject", ANN, 1, by=AGENT).ok
    assert sale.owed(ANN) == 50
    sale.closed()
    if soft == 1:
        assert sale.call("settle", 64).ok
        assert sale.call("collect").reason == "cash-refused"
    else:
        assert sale.call("refund", BOB).reason == "cash-refused"
    sale.evm.act(OWNER, HOSTILE, sale.cash, "behave", 4)
    assert sale.call("refund", ANN).ok
    assert sale.paid_by(ANN) == 0
    if soft == 1:
        assert sale.call("collect").ok
        assert (sale.paid_by(BOB), sale.cash_of(PROCEEDS)) == (100, 100)
    else:
        assert sale.call("refund", BOB).ok
        assert sale.paid_by(BOB) == 0
    assert sale.cash_of(sale.offering) == 0


@pytest.mark.parametrize("mode", [7, 9])
def test_cash_that_moves_and_denies_it_pays_nobody_twice(mode: int) -> None:
    sale = Sale(hostile=True, hard_lots=15).subscribed(ann=10, bob=20)
    sale.evm.act(OWNER, HOSTILE, sale.cash, "behave", mode)
    sale.closed().settled()
    assert (sale.paid_by(ANN), sale.paid_by(BOB)) == (25, 50)
    assert (sale.owed(ANN), sale.owed(BOB)) == (0, 0)
    assert sale.call("refund", ANN).reason == "nothing-to-refund"


def test_an_account_that_the_cash_blocks_delays_nobody() -> None:
    sale = Sale(hostile=True, hard_lots=15).subscribed(ann=10, bob=20)
    sale.evm.act(OWNER, HOSTILE, sale.cash, "block_", ANN, True)
    sale.closed().settled()
    assert (sale.units_of(ANN), sale.units_of(BOB)) == (10, 20)
    assert sale.paid_by(BOB) == 50
    assert sale.call("refund", ANN).reason == "cash-refused"
    sale.evm.act(OWNER, HOSTILE, sale.cash, "block_", ANN, False)
    assert sale.call("refund", ANN).ok
    assert sale.paid_by(ANN) == 25


@pytest.mark.parametrize(("mode", "reason"), [(1, "cash-refused"), (3, "cash-not-whole"),
                                              (8, "cash-not-whole")])  # fmt: skip
def test_cash_that_does_not_arrive_whole_subscribes_nothing(mode: int, reason: str) -> None:
    sale = Sale(hostile=True)
    sale.evm.act(OWNER, HOSTILE, sale.cash, "behave", mode)
    assert sale.subscribe(ANN, 100).reason == reason
    assert sale.state()[1] == 0


def test_cash_that_calls_back_gets_nothing_twice() -> None:
    sale = Sale(hostile=True, soft_lots=99).subscribed(ann=10, bob=20).closed()
    members = sale.offer.members
    for name, args in (("refund", (members, ANN)), ("refund", (members, BOB)),
                       ("settle", (members, 9)), ("collect", (members,))):  # fmt: skip
        with sale.evm.anchor():
            raw = bytes.fromhex(OFFERING.function(name).encode(*args)[2:])
            sale.evm.act(OWNER, HOSTILE, sale.cash, "plan", sale.offering, raw)
            sale.evm.act(OWNER, HOSTILE, sale.cash, "behave", 5)
            assert sale.call("refund", ANN).ok
            assert not sale.evm.view(HOSTILE, sale.cash, "calledBack")
            assert (sale.paid_by(ANN), sale.paid_by(BOB)) == (0, 100)


# --- each reason once


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
    "wallet-not-retired": lambda: Sale().call("substitute", ANN, BOB),
}  # fmt: skip


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_is_given(reason: str) -> None:
    outcome = REASONS[reason]()
    assert (outcome.ok, outcome.reason) == (False, reason)


OTHERS: list[tuple[str, Callable[[], Outcome]]] = [
    ("not-agent", lambda: Sale(opened=False).call("open", by=OFFICER)),
    ("not-a-bound-token", lambda: opening(security=STRANGER)),
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
