"""Nobody unauthorised: every function that changes something, tried by everybody who may not."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.core.wallets import NOBODY
from tallystick.gateways.chain.contracts import Contract, contract
from tallystick.securities.claims import Claims
from tallystick.securities.packing import pack_rules
from tallystick.securities.proposal import RuleSet
from tests.support.evm import CASH, FACTORY, REGISTRY, TOKEN, Evm, address_in, compile_vyper
from tests.support.world import AGENT, EVEN_LOTS, OFFICER, OWNER, STRANGER, World, wallet

VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
HOLDER = wallet(1)
FORMER_AGENT, FORMER_OFFICER = wallet(77), wallet(78)
RULES = pack_rules(RuleSet())
TERMS = ("N", "S", 0, b"\x09" * 32, NOBODY, NOBODY, OWNER, NOBODY, NOBODY, True, False, RULES)

PARTS = ("token", "token_agent", "token_rules", "token_controls", "token_admin",
         "token_exchange")  # fmt: skip

# Who may call what, and the reason for which others are turned away. `None`: anybody may try.
TOKEN_ACCESS: dict[str, tuple[str | None, str]] = {
    **dict.fromkeys(
        ("mint", "batchMint", "batchMintLots", "burn", "batchBurn", "forcedTransfer",
         "batchForcedTransfer", "recoveryAddress", "pause", "unpause", "setAddressFrozen",
         "batchSetAddressFrozen", "freezePartialTokens", "batchFreezePartialTokens",
         "unfreezePartialTokens", "batchUnfreezePartialTokens", "setFrozenTokens", "setRecordDate",
         "withdrawRecordDate", "declaredTransfer", "placeLegend", "liftLegend", "placeStop",
         "liftStop", "beginExchange", "exchange", "endExchange", "burnFrom"),
        (AGENT, "not-agent"),
    ),
    **dict.fromkeys(
        ("registerReason", "withdrawReason", "setCompliance", "addModule", "removeModule",
         "callModuleFunction", "setRules", "joinIssuerLimits", "approveTransfer",
         "withdrawApproval", "setVenue", "announceExchange", "withdrawExchange",
         "setPredecessor"),
        (OFFICER, "not-officer"),
    ),
    **dict.fromkeys(
        ("transferOwnership", "addAgent", "removeAgent", "addOfficer", "removeOfficer", "setName",
         "setSymbol", "setOnchainID", "setIdentityRegistry", "addRecorder", "removeRecorder"),
        (OWNER, "not-owner"),
    ),
    "acceptOwnership": ("the pending owner", "not-the-pending-owner"),
    "initialize": ("the factory, once", "initialised-already"),
    "refresh": ("the registry", "not-the-registry"),
    "takeOver": ("a predecessor", "not-a-predecessor"),
    **dict.fromkeys(("bindToken", "unbindToken"), ("nobody", "bound-to-itself")),
    **dict.fromkeys(("transferred", "created", "destroyed"), ("nobody", "not-the-token")),
    **dict.fromkeys(
        ("transfer", "transferFrom", "batchTransfer", "approve", "permit",
         "transferWithAuthorization", "receiveWithAuthorization", "cancelAuthorization", "enrol",
         "hold", "release"),
        (None, ""),
    ),
}  # fmt: skip

REGISTRY_ACCESS: dict[str, tuple[str | None, str]] = {
    **dict.fromkeys(
        ("admit", "admitBatch", "setRecord", "setRecords", "setClaim", "linkWallet",
         "registerIdentity", "batchRegisterIdentity", "deleteIdentity", "updateCountry",
         "updateIdentity", "addIdentityToStorage", "removeIdentityFromStorage",
         "modifyStoredInvestorCountry", "modifyStoredIdentity"),
        (AGENT, "not-agent"),
    ),
    **dict.fromkeys(("setIssuerLimits", "setPurchaserLimit"), (OFFICER, "not-officer")),
    **dict.fromkeys(
        ("transferOwnership", "addAgent", "removeAgent", "addOfficer", "removeOfficer",
         "bindToken", "unbindToken", "addClaimTopic", "removeClaimTopic", "addTrustedIssuer",
         "removeTrustedIssuer", "updateIssuerClaimTopics", "setIdentityRegistryStorage",
         "setClaimTopicsRegistry", "setTrustedIssuersRegistry", "bindIdentityRegistry",
         "unbindIdentityRegistry"),
        (OWNER, "not-owner"),
    ),
    "acceptOwnership": ("the pending owner", "not-the-pending-owner"),
    **dict.fromkeys(
        ("moved", "inherited", "acquired", "purchased", "enrolmentBegan", "enrolmentEnded",
         "replaceWallet"),
        ("a bound token", "not-a-bound-token"),
    ),
    "refresh": (None, ""),
}  # fmt: skip

CASH_ACCESS: dict[str, tuple[str | None, str]] = {
    "mint": (AGENT, "not-agent"),
    **dict.fromkeys(("transferOwnership", "addAgent", "removeAgent"), (OWNER, "not-owner")),
    "acceptOwnership": ("the pending owner", "not-the-pending-owner"),
    **dict.fromkeys(
        ("transfer", "transferFrom", "approve", "permit", "transferWithAuthorization",
         "receiveWithAuthorization", "cancelAuthorization", "burn"),
        (None, ""),
    ),
}  # fmt: skip


def changing(target: Contract) -> set[str]:
    return set(target.functions) - target.views


def sample(kind: str) -> Any:
    """A value of an ABI type."""
    if kind.endswith("[]"):
        return []
    if kind.startswith("("):
        if kind.startswith("(address,address[]"):
            return (STRANGER, [], [], [], False, 0, 0, 0, False)
        return TERMS if kind.startswith("(string") else RULES
    return {
        "address": STRANGER, "bool": True, "string": "x", "bytes": b"\x00" * 4,
        "bytes32": b"\x01" * 32, "uint8": 27, "uint16": 276,
    }.get(kind, 0)  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    made.admit(HOLDER, claims=VERIFIED)
    made.mint(HOLDER, 100)
    for target, address in ((TOKEN, made.token), (REGISTRY, made.registry_address)):
        for role, former in (("Agent", FORMER_AGENT), ("Officer", FORMER_OFFICER)):
            assert made.evm.act(OWNER, target, address, f"add{role}", former).ok
            assert made.evm.act(OWNER, target, address, f"remove{role}", former).ok
    made.bind_module()
    return made


def outsiders(world: World) -> list[str]:
    """Everybody who might try: people without the role, modules, and contracts of the platform."""
    [bound] = world.modules
    assert bound is not None
    foreign = world.evm.deploy(compile_vyper(EVEN_LOTS))
    # A part that others are running cannot send a transaction here; another of its code can.
    exchange = world.evm.deploy(contract("SecurityTokenExchange").creation())
    admin = world.evm.deploy(contract("SecurityTokenAdmin").creation(exchange))
    controls = world.evm.deploy(contract("SecurityTokenControls").creation(admin))
    parts = (admin, controls, world.platform.registry_blueprint)
    return [STRANGER, HOLDER, FORMER_AGENT, FORMER_OFFICER, OWNER, AGENT, OFFICER, bound, foreign,
            *parts]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "table"),
    [(TOKEN, TOKEN_ACCESS), (REGISTRY, REGISTRY_ACCESS), (CASH, CASH_ACCESS)],
    ids=["token", "registry", "cash"],
)
def test_the_tables_name_every_function(
    target: Contract, table: dict[str, tuple[str | None, str]]
) -> None:
    assert changing(target) == set(table)


def refuse_everybody_else(
    world: World, target: Contract, address: str, name: str,
    table: dict[str, tuple[str | None, str]],
) -> None:  # fmt: skip
    allowed, reason = table[name]
    function = target.function(name)
    data = function.encode(*(sample(kind) for kind in function.inputs))
    for caller in outsiders(world):
        if caller == allowed:
            continue
        outcome = world.evm.send(caller, address, data)
        assert (outcome.ok, outcome.reason) == (False, reason), (name, caller)


@pytest.mark.parametrize("name", [name for name, who in TOKEN_ACCESS.items() if who[0]])
def test_a_security_refuses_who_may_not(world: World, name: str) -> None:
    refuse_everybody_else(world, TOKEN, world.token, name, TOKEN_ACCESS)


@pytest.mark.parametrize("name", [name for name, who in REGISTRY_ACCESS.items() if who[0]])
def test_a_registry_refuses_who_may_not(world: World, name: str) -> None:
    refuse_everybody_else(world, REGISTRY, world.registry_address, name, REGISTRY_ACCESS)


@pytest.mark.parametrize("name", [
    "moved", "inherited", "acquired", "purchased", "enrolmentBegan", "enrolmentEnded",
    "replaceWallet",
])  # fmt: skip
def test_a_registry_heeds_no_security_of_another_issuer(world: World, name: str) -> None:
    factory = world.platform.factory
    made = world.evm.act(OWNER, FACTORY, factory, "createRegistry", OWNER, NOBODY, NOBODY)
    terms = list(TERMS)
    terms[4] = address_in(made)
    other = address_in(world.evm.act(OWNER, FACTORY, factory, "issue", tuple(terms)))
    function = REGISTRY.function(name)
    data = function.encode(*(sample(kind) for kind in function.inputs))
    outcome = world.evm.send(other, world.registry_address, data)
    assert outcome.reason == "not-a-bound-token"


def test_a_security_heeds_no_registry_of_another_issuer(world: World) -> None:
    outcome = world.evm.act(STRANGER, FACTORY, world.platform.factory, "createRegistry",
                            STRANGER, NOBODY, NOBODY)  # fmt: skip
    other = address_in(outcome)
    assert world.evm.act(other, TOKEN, world.token, "refresh", HOLDER).reason == "not-the-registry"


def test_cash_is_minted_by_agents_alone() -> None:
    evm = Evm()
    cash = evm.deploy(CASH.creation("Cash", "USDX", 6, OWNER), OWNER)
    assert evm.act(STRANGER, CASH, cash, "mint", STRANGER, 5).reason == "not-agent"
    assert evm.act(OWNER, CASH, cash, "mint", STRANGER, 5).reason == "not-agent"
    assert evm.act(STRANGER, CASH, cash, "addAgent", STRANGER).reason == "not-owner"
    assert evm.act(OWNER, CASH, cash, "addAgent", AGENT).ok
    assert evm.act(AGENT, CASH, cash, "mint", STRANGER, 5).ok


@pytest.mark.parametrize("part", PARTS)
def test_implementations_cannot_be_initialised(world: World, part: str) -> None:
    address = getattr(world.platform, part)
    outcome = world.evm.act(OWNER, TOKEN, address, "initialize", TERMS)
    assert not outcome.ok
    assert world.evm.slot(address, "config") >> 187 & 1


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["mint", "setRules", "pause", "addAgent", "recoveryAddress"])
def test_nobody_holds_a_role_in_an_implementation(world: World, part: str, name: str) -> None:
    function = TOKEN.function(name)
    data = function.encode(*(sample(kind) for kind in function.inputs))
    for caller in (OWNER, AGENT, OFFICER, STRANGER):
        assert not world.evm.send(caller, getattr(world.platform, part), data).ok


def test_only_the_owner_of_a_registry_issues_into_it(world: World) -> None:
    terms = list(TERMS)
    terms[4] = world.registry_address
    for caller in (STRANGER, AGENT, OFFICER, HOLDER):
        outcome = world.evm.act(caller, FACTORY, world.platform.factory, "issue", tuple(terms))
        assert outcome.reason == "not-owner-of-the-registry"


def test_the_factory_trusts_no_registry_but_its_own(world: World) -> None:
    admin = world.evm.deploy(contract("IdentityRegistryAdmin").creation(), STRANGER)
    foreign = world.evm.deploy(
        REGISTRY.creation(STRANGER, NOBODY, NOBODY, world.platform.factory, admin), STRANGER
    )
    terms = list(TERMS)
    terms[4] = foreign
    outcome = world.evm.act(STRANGER, FACTORY, world.platform.factory, "issue", tuple(terms))
    assert outcome.reason == "registry-of-another-factory"


def test_ownership_passes_in_two_steps(world: World) -> None:
    heir = wallet(88)
    for target, address in ((TOKEN, world.token), (REGISTRY, world.registry_address)):
        assert world.evm.act(OWNER, target, address, "transferOwnership", heir).ok
        assert world.evm.view(target, address, "owner") == OWNER
        assert world.evm.act(STRANGER, target, address, "acceptOwnership").reason == (
            "not-the-pending-owner"
        )
        assert world.evm.act(heir, target, address, "acceptOwnership").ok
        assert world.evm.act(OWNER, target, address, "addAgent", STRANGER).reason == "not-owner"
        assert world.evm.act(heir, target, address, "transferOwnership", OWNER).ok
        assert world.evm.act(OWNER, target, address, "acceptOwnership").ok


def test_a_security_takes_no_money(world: World) -> None:
    world.evm.give(AGENT, 10)
    data = TOKEN.function("pause").encode()
    assert not world.evm.send(AGENT, world.token, data, value=1).ok
