"""Each reason for which a contract of ours reverts, brought about once."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import resources
from typing import Any

import msgspec
import pytest
from eth_abi.abi import encode
from eth_account import Account

from tallystick.core.hashing import keccak
from tallystick.core.wallets import NOBODY
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.reverts import (
    REVERTS,
    baskets,
    councils,
    markets,
    registries,
    servicing,
    tokens,
)
from tallystick.securities.claims import Claims
from tallystick.securities.codes import Code
from tallystick.securities.packing import pack_rules
from tallystick.securities.proposal import RuleSet
from tests.contracts import (
    test_anchor,
    test_ballot,
    test_basket_reasons,
    test_council_reasons,
    test_distributor_reasons,
    test_exchange,
    test_offering_reasons,
    test_settlement_reasons,
)
from tests.contracts.test_access import CASH_ACCESS, REGISTRY_ACCESS, TOKEN_ACCESS
from tests.support.evm import (
    CASH,
    FACTORY,
    REGISTRY,
    TOKEN,
    Outcome,
    Reverted,
    compile_vyper,
)
from tests.support.world import (
    AGENT,
    DOCUMENT,
    EVEN_LOTS,
    OFFICER,
    OWNER,
    World,
    wallet,
)

VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
ANN, BOB, EVE = wallet(1), wallet(2), wallet(3)
CODE = "0x600a600c600039600a6000f3600080f3" + "00" * 6
NO_CODE = wallet(500)

# Reasons that another module of these tests brings about for every function concerned.
OF_ACCESS = {
    reason for table in (TOKEN_ACCESS, REGISTRY_ACCESS, CASH_ACCESS) for _, reason in table.values()
} | {"registry-of-another-factory", "not-owner-of-the-registry", "not-payable"}


# Those of servicing, brought about in modules of their own.
OF_SERVICES = {
    reason
    for module in (
        test_anchor,
        test_ballot,
        test_basket_reasons,
        test_council_reasons,
        test_distributor_reasons,
        test_exchange,
        test_offering_reasons,
        test_settlement_reasons,
    )
    for reason in module.REASONS
}


class Stage:
    """An issuer with two investors, and short names for acting on it."""

    def __init__(self) -> None:
        self.world = World(classes=2)
        self.world.admit(ANN, claims=VERIFIED)
        self.world.admit(BOB, claims=VERIFIED)
        self.world.mint(ANN, 100)
        self.evm = self.world.evm
        self.cash = self.evm.deploy(CASH.creation("Cash", "USDX", 6, OWNER), OWNER)

    def token(self, caller: str, name: str, *args: Any) -> Outcome:
        return self.evm.act(caller, TOKEN, self.world.token, name, *args)

    def registry(self, caller: str, name: str, *args: Any) -> Outcome:
        return self.evm.act(caller, REGISTRY, self.world.registry_address, name, *args)

    def money(self, caller: str, name: str, *args: Any) -> Outcome:
        return self.evm.act(caller, CASH, self.cash, name, *args)

    def rules(self, **changes: Any) -> Outcome:
        packed = pack_rules(RuleSet())._replace(**changes)
        return self.token(OFFICER, "setRules", packed)

    def issue(self, **changes: Any) -> Outcome:
        names = ("name", "symbol", "decimals", "asset_id", "registry", "onchain_id", "owner",
                 "agent", "officer", "reasons", "limits", "rules")  # fmt: skip
        values = ("N", "S", 0, b"\x09" * 32, self.world.registry_address, NOBODY, OWNER, NOBODY,
                  NOBODY, True, False, pack_rules(RuleSet()))  # fmt: skip
        terms = dict(zip(names, values, strict=True)) | changes
        return self.evm.act(
            OWNER, FACTORY, self.world.platform.factory, "issue", tuple(terms.values())
        )

    def module(self) -> str:
        return self.evm.deploy(compile_vyper(EVEN_LOTS))

    def creation(self, data: str) -> Outcome:
        try:
            self.evm.deploy(data)
        except Reverted as error:
            return Outcome(False, b"", str(error), 0, [])
        return Outcome(True, b"", "", 0, [])


SIGNATURE = (27, b"\x01" * 32, b"\x01" * 32)


def permit(stage: Stage, deadline: int, v: int = 27) -> Outcome:
    return stage.token(EVE, "permit", ANN, EVE, 5, deadline, v, *SIGNATURE[1:])


def authorise(stage: Stage, after: int, before: int, name: str = "transferWithAuthorization",
              caller: str = EVE) -> Outcome:  # fmt: skip
    return stage.token(caller, name, ANN, BOB, 5, after, before, DOCUMENT, *SIGNATURE)


def repeat(count: int, act: Callable[[int], Outcome]) -> Outcome:
    for number in range(count):
        outcome = act(number)
    return outcome


def used_authorization(stage: Stage) -> Outcome:
    signer = Account.from_key(b"\x05" * 32)
    separator = stage.evm.view(TOKEN, stage.world.token, "DOMAIN_SEPARATOR")
    kind = keccak(text="CancelAuthorization(address authorizer,bytes32 nonce)")
    members = encode(["bytes32", "address", "bytes32"], [kind, signer.address, DOCUMENT])
    signed = Account.unsafe_sign_hash(keccak(b"\x19\x01" + separator + keccak(members)), signer.key)
    r, s = signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")
    args = (signer.address, DOCUMENT, signed.v, r, s)
    assert stage.token(EVE, "cancelAuthorization", *args).ok
    return stage.token(EVE, "cancelAuthorization", *args)


def call_with_too_little(stage: Stage) -> Outcome:
    module = stage.module()
    assert stage.token(OFFICER, "addModule", module).ok
    return stage.token(OFFICER, "callModuleFunction", b"abc", module)


def bind_twice(stage: Stage) -> Outcome:
    module = stage.module()
    return repeat(2, lambda _: stage.token(OFFICER, "addModule", module))


def many_lots(stage: Stage) -> Outcome:
    stage.rules(rules=17, holding_period=10**9)
    now = stage.evm.now
    return repeat(80, lambda at: stage.token(
        AGENT, "batchMintLots", [BOB], [1], [now - at]))  # fmt: skip


def foreign_registry() -> Outcome:
    world = World()
    creation = REGISTRY.creation(OWNER, NOBODY, NOBODY, NOBODY, world.platform.registry_admin)
    foreign = world.evm.deploy(creation)
    return world.evm.act(OWNER, TOKEN, world.token, "setIdentityRegistry", foreign)


def long_history(stage: Stage) -> Outcome:
    """4,097 record dates, with a change after each, written as the contract would."""
    dates = 4_097
    stage.evm.poke(stage.world.token, "history", key=ANN, then=dates, value=(dates - 1) << 112)
    for date in range(1, dates):
        stage.evm.poke(stage.world.token, "history", key=ANN, then=date, value=(date - 1) << 112)
    word = stage.evm.slot(stage.world.token, "positions", key=ANN)
    stage.evm.poke(stage.world.token, "positions", key=ANN, value=word | dates << 112)
    config = stage.evm.slot(stage.world.token, "config")
    stage.evm.poke(stage.world.token, "config", value=config | dates << 192)
    stage.evm.poke(stage.world.token, "record_dates", then=0, value=dates)
    return stage.token(EVE, "balanceOfAt", ANN, 1)


def many_record_dates(stage: Stage) -> Outcome:
    last = 2**24 - 1
    config = stage.evm.slot(stage.world.token, "config")
    stage.evm.poke(stage.world.token, "config", value=config | last << 192)
    stage.evm.poke(stage.world.token, "record_dates", then=0, value=last)
    return stage.token(AGENT, "setRecordDate", 0)


def long_answer() -> Outcome:
    """A part whose answer is longer than what is passed on whole."""
    world = World()
    part = world.evm.deploy(compile_vyper(EVEN_LOTS.with_name("TalkativePart.vy")))
    token = world.evm.deploy(TOKEN.creation(part))
    return world.evm.send(EVE, token, "0x12345678")


def many_country_limits(stage: Stage) -> Outcome:
    """Each country that is limited anew takes a number, of which there are 255."""
    tally = stage.evm.slot(stage.world.token, "tally")
    stage.evm.poke(stage.world.token, "tally", value=tally | 255 << 232)
    return stage.rules(rules=1 << 16, country_limited=5, country_investors_max=3)


def many_investors(stage: Stage) -> Outcome:
    """As many as can be counted in a tier."""
    tally = stage.evm.slot(stage.world.token, "tally")
    stage.evm.poke(stage.world.token, "tally", value=tally | (2**24 - 1))
    return stage.token(AGENT, "mint", BOB, 1)


def removed_with_heirs(stage: Stage) -> Outcome:
    stage.token(OFFICER, "joinIssuerLimits")
    stage.token(EVE, "enrol", [ANN])
    stage.token(OFFICER, "registerReason", 7, ANN, BOB, 100, 2, DOCUMENT)
    assert stage.token(AGENT, "declaredTransfer", 7, ANN, BOB, 100).ok
    return stage.registry(AGENT, "deleteIdentity", ANN)


def approve(stage: Stage, until: int) -> Outcome:
    return stage.token(OFFICER, "approveTransfer", ANN, BOB, 1, until, 1, DOCUMENT)


REASONS: dict[str, Callable[[Stage], Outcome]] = {
    "approval-missing": lambda s: s.token(OFFICER, "withdrawApproval", ANN, BOB, 1),
    "approval-over": lambda s: approve(s, s.evm.now),
    "country-limits-used-up": many_country_limits,
    "exemption-unknown": lambda s: s.rules(exemption=65_536),
    "heirs-counted-as-him": removed_with_heirs,
    "kind-unknown": lambda s: s.token(AGENT, "declaredTransfer", 4, ANN, BOB, 1),
    "not-a-venue": lambda s: s.token(EVE, "hold", ANN, 1),
    "not-so-much-held": lambda s: s.token(EVE, "release", ANN, 1),
    "not-so-much-legended": lambda s: s.token(AGENT, "liftLegend", ANN, 1, 1, DOCUMENT),
    "share-too-large": lambda s: s.rules(max_share_bps=10_001),
    "too-many-investors": many_investors,
    "venue-so-already": lambda s: s.token(OFFICER, "setVenue", EVE, False),
    "window-out-of-range": lambda s: s.registry(OFFICER, "setPurchaserLimit", 35, 0),
    "answer-too-long": lambda _: long_answer(),
    "history-too-long": long_history,
    "too-many-record-dates": many_record_dates,
    "acquired-in-the-future": lambda s: s.token(
        AGENT, "batchMintLots", [BOB], [1], [s.evm.now + 1]),
    "amount-too-large": lambda s: s.token(AGENT, "setFrozenTokens", ANN, 2**112),
    "asset-id-empty": lambda s: s.issue(asset_id=b"\x00" * 32),
    "authorization-expired": lambda s: authorise(s, 0, s.evm.now),
    "authorization-not-yet-valid": lambda s: authorise(s, s.evm.now, 2**40),
    "authorization-used": used_authorization,
    "bound-to-itself": lambda s: s.token(OWNER, "bindToken", s.world.token),
    "call-data-too-short": call_with_too_little,
    "claim-unknown": lambda s: s.registry(AGENT, "setClaim", ANN, 8, 1),
    "compliance-set-already": lambda s: s.token(OFFICER, "setCompliance", s.world.token),
    "compliance-without-code": lambda s: s.token(OFFICER, "setCompliance", NO_CODE),
    "country-allowed-and-denied": lambda s: s.rules(
        rules=7, countries_allowed=2, countries_denied=2),
    "country-unknown": lambda s: s.registry(AGENT, "updateCountry", ANN, 999),
    "empty-address": lambda s: s.registry(AGENT, "admit", NOBODY, 0),
    "expiry-out-of-range": lambda s: s.registry(AGENT, "setClaim", ANN, 0, 65_536),
    "identity-differs": lambda s: s.token(AGENT, "recoveryAddress", ANN, EVE, BOB),
    "identity-of-another-investor": lambda s: (
        s.registry(AGENT, "registerIdentity", EVE, wallet(90), 276),
        s.registry(AGENT, "updateIdentity", ANN, wallet(90)))[1],
    "insufficient-allowance": lambda s: s.token(EVE, "transferFrom", ANN, BOB, 1),
    "insufficient-balance": lambda s: s.token(AGENT, "freezePartialTokens", ANN, 101),
    "issuer-known-already": lambda s: repeat(2, lambda _: s.registry(
        OWNER, "addTrustedIssuer", EVE, [1])),
    "issuer-unknown": lambda s: s.registry(OWNER, "removeTrustedIssuer", EVE),
    "issuer-without-topics": lambda s: s.registry(OWNER, "addTrustedIssuer", EVE, []),
    "joined-already": lambda s: repeat(2, lambda _: s.token(OFFICER, "joinIssuerLimits")),
    "lengths-differ": lambda s: s.token(ANN, "batchTransfer", [BOB], []),
    "limit-too-large": lambda s: s.rules(investors_max=2**24),
    "linked-wallets-first": lambda s: (
        s.registry(AGENT, "linkWallet", BOB, EVE), s.registry(AGENT, "deleteIdentity", BOB))[1],
    "lot-size-zero": lambda s: s.rules(rules=1024),
    "module-bound-already": bind_twice,
    "module-not-bound": lambda s: s.token(OFFICER, "removeModule", EVE),
    "module-without-code": lambda s: s.token(OFFICER, "addModule", NO_CODE),
    "name-empty": lambda s: s.token(OWNER, "setName", ""),
    "next-part-of-another-layout": lambda s: s.creation(
        TOKEN.creation(s.world.platform.registry_admin)),
    "next-part-without-code": lambda s: s.creation(TOKEN.creation(NO_CODE)),
    "no-code": lambda s: s.creation(FACTORY.creation(NO_CODE, NO_CODE, NO_CODE)),
    "not-an-agent": lambda s: s.token(OWNER, "removeAgent", EVE),
    "not-an-officer": lambda s: s.token(OWNER, "removeOfficer", EVE),
    "not-bound-by-the-registry": lambda _: foreign_registry(),
    "not-paused": lambda s: s.token(AGENT, "unpause"),
    "not-so-much-frozen": lambda s: s.token(AGENT, "unfreezePartialTokens", ANN, 1),
    "not-the-receiver": lambda s: authorise(s, 0, 2**40, "receiveWithAuthorization"),
    "nothing-to-enrol": lambda s: s.token(EVE, "enrol", [ANN]),
    "paused-already": lambda s: repeat(2, lambda _: s.token(AGENT, "pause")),
    "reason-code-out-of-range": lambda s: s.token(
        OFFICER, "registerReason", 2, ANN, BOB, 1, 0, DOCUMENT),
    "reason-kind-unknown": lambda s: s.token(
        OFFICER, "registerReason", 1, ANN, BOB, 1, 1, DOCUMENT),
    "reason-missing": lambda s: s.token(AGENT, "forcedTransfer", ANN, BOB, 1),
    "reason-without-document": lambda s: s.token(
        OFFICER, "registerReason", 2, ANN, BOB, 1, 1, b"\x00" * 32),
    "no-record-date-ahead": lambda s: s.token(AGENT, "withdrawRecordDate"),
    "record-date-ahead": lambda s: s.token(EVE, "balanceOfAt", ANN, 1),
    "record-date-out-of-order": lambda s: (
        s.token(AGENT, "setRecordDate", s.evm.now + 100),
        s.token(AGENT, "setRecordDate", s.evm.now + 50))[1],
    "record-date-unknown": lambda s: s.token(EVE, "recordDateAt", 1),
    "record-malformed": lambda s: s.registry(AGENT, "admit", EVE, 1 << 224),
    "registered-already": lambda s: s.registry(AGENT, "admit", ANN, 0),
    "registry-bound-already": lambda s: repeat(
        2, lambda _: s.registry(OWNER, "bindIdentityRegistry", EVE)),
    "registry-not-bound": lambda s: s.registry(OWNER, "unbindIdentityRegistry", EVE),
    "registry-without-code": lambda s: s.registry(OWNER, "setClaimTopicsRegistry", NO_CODE),
    "rule-unknown": lambda s: s.rules(rules=1 << 23),
    "same-wallet": lambda s: (
        s.token(OFFICER, "registerReason", 4, ANN, ANN, 0, 1, DOCUMENT),
        s.token(AGENT, "recoveryAddress", ANN, ANN, ANN))[1],
    "signature-expired": lambda s: permit(s, s.evm.now - 1),
    "signature-invalid": lambda s: permit(s, 2**40),
    "signature-malformed": lambda s: permit(s, 2**40, v=0),
    "storage-is-built-in": lambda s: s.registry(OWNER, "setIdentityRegistryStorage", EVE),
    "symbol-empty": lambda s: s.token(OWNER, "setSymbol", ""),
    "time-too-large": lambda s: s.token(AGENT, "setRecordDate", 2**40),
    "token-bound-already": lambda s: s.registry(OWNER, "bindToken", s.world.token),
    "token-in-use": lambda s: s.registry(OWNER, "unbindToken", s.world.token),
    "token-not-bound": lambda s: s.registry(OWNER, "unbindToken", EVE),
    "token-without-code": lambda s: s.registry(OWNER, "bindToken", NO_CODE),
    "too-many-decimals": lambda s: s.issue(decimals=19),
    "too-many-issuers": lambda s: repeat(
        26, lambda at: s.registry(OWNER, "addTrustedIssuer", wallet(at), [1])),
    "too-many-lots": many_lots,
    "too-many-modules": lambda s: repeat(17, lambda _: s.token(OFFICER, "addModule", s.module())),
    "too-many-record-dates-ahead": lambda s: repeat(
        17, lambda at: s.token(AGENT, "setRecordDate", s.evm.now + 100 + at)),
    "too-many-registries": lambda s: repeat(
        33, lambda at: s.registry(OWNER, "bindIdentityRegistry", wallet(at))),
    "too-many-tokens": lambda s: repeat(
        33, lambda _: s.registry(OWNER, "bindToken", s.evm.deploy(CODE))),
    "too-many-topics": lambda s: repeat(16, lambda at: s.registry(OWNER, "addClaimTopic", at)),
    "too-many-wallets": lambda s: repeat(
        256, lambda at: s.registry(AGENT, "linkWallet", ANN, wallet(1_000 + at))),
    "topic-known-already": lambda s: repeat(2, lambda _: s.registry(OWNER, "addClaimTopic", 7)),
    "topic-unknown": lambda s: s.registry(OWNER, "removeClaimTopic", 7),
    "units-held": lambda s: s.registry(AGENT, "deleteIdentity", ANN),
    "units-outstanding": lambda s: s.token(
        OWNER, "setIdentityRegistry", s.world.registry_address),
    "wallet-of-another-investor": lambda s: (
        s.token(OFFICER, "registerReason", 4, ANN, BOB, 0, 1, DOCUMENT),
        s.token(AGENT, "recoveryAddress", ANN, BOB, ANN))[1],
    "wallet-retired": lambda s: (
        s.registry(AGENT, "linkWallet", ANN, EVE),
        s.token(OFFICER, "registerReason", 4, EVE, wallet(4), 0, 1, DOCUMENT),
        s.token(AGENT, "recoveryAddress", EVE, wallet(4), ANN),
        s.token(OFFICER, "registerReason", 4, ANN, EVE, 0, 1, DOCUMENT),
        s.token(AGENT, "recoveryAddress", ANN, EVE, ANN))[4],
    "wallet-unknown": lambda s: s.registry(AGENT, "setClaim", EVE, 0, 1),
    "module-not-ready": lambda s: s.token(OFFICER, "addModule", s.evm.deploy(compile_vyper(
        EVEN_LOTS.with_name("NotReady.vy")))),
}  # fmt: skip


def reasons_in_sources() -> set[str]:
    folder = resources.files("tallystick.contracts")
    found: set[str] = set()
    for part in (folder, folder / "modules"):
        for entry in part.iterdir():
            if entry.name.endswith(".vy"):
                found |= set(re.findall(r'(?:assert .*, |raise )"([a-z0-9-]+)"', entry.read_text()))
    return found


def test_every_reason_is_explained() -> None:
    assert reasons_in_sources() | {"out-of-gas"} == set(REVERTS)
    tables = (tokens.REVERTS, registries.REVERTS, servicing.REVERTS, councils.REVERTS,
              baskets.REVERTS, markets.REVERTS)  # fmt: skip
    assert sum(map(len, tables)) == len(REVERTS), "a reason stands in two tables"


def test_every_reason_is_here() -> None:
    here = set(REASONS) | OF_SERVICES
    assert reasons_in_sources() - here - OF_ACCESS == set()
    assert here - reasons_in_sources() == set()


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_is_given(stage: Stage, reason: str) -> None:
    with stage.evm.anchor():
        outcome = REASONS[reason](stage)
    assert (outcome.ok, outcome.reason) == (False, reason)


def test_every_code_has_its_name_on_chain(stage: Stage) -> None:
    for code in Code:
        name = stage.evm.view(TOKEN, stage.world.token, "messageForTransferRestriction", code.value)
        assert name == code.label
    assert stage.evm.view(TOKEN, stage.world.token, "messageForTransferRestriction", 99) == ""


def _selectors(identifiers: dict[str, str]) -> set[str]:
    return {selector for name, selector in identifiers.items() if name != "__default__()"}


def test_parts_share_one_storage_and_no_selector() -> None:
    for names in (
        (
            "SecurityToken",
            "SecurityTokenAgent",
            "SecurityTokenRules",
            "SecurityTokenControls",
            "SecurityTokenAdmin",
            "SecurityTokenExchange",
        ),
        ("IdentityRegistry", "IdentityRegistryAdmin"),
        ("Distributor", "DistributorChallenges"),
        ("Offering", "OfferingDesk"),
        ("Basket", "BasketDesk"),
    ):
        source = resources.files("tallystick.contracts") / "compiled"
        parts = [msgspec.json.decode((source / f"{name}.json").read_bytes()) for name in names]
        for kind in ("storage_layout", "transient_storage_layout"):
            assert all(part["layout"][kind] == parts[0]["layout"][kind] for part in parts)
        selectors = [_selectors(part["method_identifiers"]) for part in parts]
        for at, one in enumerate(selectors):
            for other in selectors[at + 1 :]:
                assert one & other == set()
    assert contract("SecurityToken").code_bytes < 24_576
