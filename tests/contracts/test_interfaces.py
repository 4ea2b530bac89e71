"""The surfaces of the standards are there: every function, every event, and what ERC-165 says."""

from __future__ import annotations

from functools import reduce

import pytest
from eth_abi.abi import decode, encode

from tallystick.core.hashing import keccak
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import Contract
from tallystick.securities.claims import Claim
from tallystick.securities.codes import Code
from tests.support.evm import CASH, REGISTRY, TOKEN, compile_vyper
from tests.support.market import ANN, BOB, EVE, market
from tests.support.peers import TREX, peer
from tests.support.world import AGENT, EVEN_LOTS, OFFICER, OWNER, STRANGER, World

ERC20 = (
    "totalSupply()", "balanceOf(address)", "transfer(address,uint256)", "name()", "symbol()",
    "transferFrom(address,address,uint256)", "approve(address,uint256)", "decimals()",
    "allowance(address,address)",
)  # fmt: skip
ERC2612 = (
    "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", "nonces(address)",
    "DOMAIN_SEPARATOR()",
)  # fmt: skip
ERC1404 = (
    "detectTransferRestriction(address,address,uint256)", "messageForTransferRestriction(uint8)",
)  # fmt: skip
ERC7943 = (
    "forcedTransfer(address,address,uint256)", "setFrozenTokens(address,uint256)",
    "canTransfer(address,address,uint256)", "canSend(address)", "canReceive(address)",
    "getFrozenTokens(address)",
)  # fmt: skip
ERC3009 = (
    "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
    "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
    "cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)",
    "authorizationState(address,bytes32)",
)  # fmt: skip
ERC165 = ("supportsInterface(bytes4)",)
EVENTS = {
    "Transfer(address,address,uint256)", "Approval(address,address,uint256)",
    "ForcedTransfer(address,address,uint256)", "Frozen(address,uint256)",
}  # fmt: skip
# A security is its own compliance from the beginning and for good.
NEVER = {"TokenBound", "TokenUnbound"}
TREX_INTERFACES = [
    (TOKEN, "token/IToken"),
    (TOKEN, "compliance/modular/IModularCompliance"),
    (REGISTRY, "registry/interface/IIdentityRegistry"),
    (REGISTRY, "registry/interface/IIdentityRegistryStorage"),
    (REGISTRY, "registry/interface/IClaimTopicsRegistry"),
    (REGISTRY, "registry/interface/ITrustedIssuersRegistry"),
]


def selectors(target: Contract) -> set[bytes]:
    return {function.selector for function in target.functions.values()}


def selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


@pytest.mark.parametrize(
    ("target", "signatures"),
    [
        (TOKEN, ERC20), (TOKEN, ERC2612), (TOKEN, ERC1404), (TOKEN, ERC7943), (TOKEN, ERC165),
        (TOKEN, ERC3009), (CASH, ERC20), (CASH, ERC2612), (CASH, ERC3009),
    ],
    ids=["20", "2612", "1404", "7943", "165", "3009", "cash-20", "cash-2612", "cash-3009"],
)  # fmt: skip
def test_every_function_of_a_standard_is_there(
    target: Contract, signatures: tuple[str, ...]
) -> None:
    assert [one for one in signatures if selector(one) not in selectors(target)] == []


def test_events_of_the_standards_are_there() -> None:
    topics = {"0x" + keccak(text=signature).hex() for signature in EVENTS}
    assert topics <= set(TOKEN.events)


@pytest.mark.parametrize(("target", "interface"), TREX_INTERFACES, ids=lambda one: str(one)[-28:])
def test_everything_in_the_interfaces_of_erc3643_is_there(target: Contract, interface: str) -> None:
    wanted = peer(TREX, interface)
    for name, function in wanted.functions.items():
        assert function.selector in selectors(target), name
        own = next(one for one in target.functions.values() if one.selector == function.selector)
        assert own.outputs == function.outputs, name
        assert (name in wanted.views) == (own.name in target.views), name
    for topic, event in wanted.events.items():
        if target is TOKEN and event.name in NEVER:
            continue
        own_event = target.events.get(topic)
        assert own_event is not None, event.name
        assert len(own_event.indexed) == len(event.indexed), event.name


ERC173 = ("owner()", "transferOwnership(address)")
ERC5267 = ("eip712Domain()",)


@pytest.mark.parametrize(
    "signatures",
    [
        ERC165, ERC7943, [one for one in ERC20 if not one.endswith("()")], ERC2612, ERC1404,
        ERC173, ERC5267,
    ],
)  # fmt: skip
def test_erc165_names_what_is_there(signatures: list[str]) -> None:
    world = market()
    members = [*signatures, "totalSupply()"] if len(signatures) == 5 else signatures
    number = reduce(lambda found, one: found ^ int.from_bytes(selector(one)), members, 0)

    def supports(interface: bytes) -> bool:
        return bool(world.evm.view(TOKEN, world.token, "supportsInterface", interface))

    assert supports(number.to_bytes(4))
    assert not supports(b"\xff" * 4)
    assert not supports(b"\x12\x34\x56\x78")


def test_every_code_has_its_message_on_chain() -> None:
    world = market()
    for code in Code:
        if code.value > 255:
            continue
        told = world.evm.view(TOKEN, world.token, "messageForTransferRestriction", code.value)
        assert told == code.label


def test_erc1404_rejects_exactly_when_it_says_so() -> None:
    world = market()
    for amount in (0, 1, 100, 101, 2**255):
        asked = (ANN, BOB, amount)
        code = world.evm.view(TOKEN, world.token, "detectTransferRestriction", *asked)
        with world.evm.anchor():
            outcome = world.evm.act(ANN, TOKEN, world.token, "transfer", BOB, amount)
        assert outcome.ok == (code == 0)


def test_frozen_units_may_exceed_the_balance_and_are_overwritten() -> None:
    world = market()
    for units in (250, 40, 0):
        world.set_frozen_units(ANN, units)
        assert world.evm.view(TOKEN, world.token, "getFrozenTokens", ANN) == units
        assert world.evm.view(TOKEN, world.token, "balanceOf", ANN) == 100
    assert world.evm.act(STRANGER, TOKEN, world.token, "setFrozenTokens", ANN, 1).reason
    assert world.evm.view(TOKEN, world.token, "owner") == OWNER


def test_who_may_send_and_receive_is_told() -> None:
    world = market()

    def told() -> tuple[bool, bool]:
        return tuple(
            world.evm.view(TOKEN, world.token, name, ANN) for name in ("canSend", "canReceive")
        )

    assert told() == (True, True)
    world.freeze(ANN, frozen=True)
    assert told() == (False, False)
    world.freeze(ANN, frozen=False)
    world.recover(ANN, EVE)
    assert told() == (False, False)
    world.set_claim(BOB, Claim.VERIFIED, 0)
    can = [world.evm.view(TOKEN, world.token, name, BOB) for name in ("canSend", "canReceive")]
    assert can == [True, False]


@pytest.mark.parametrize(("frozen", "free"), [(40, 60), (100, 0), (150, 0)])
def test_the_error_about_frozen_units_tells_how_many_are_free(frozen: int, free: int) -> None:
    """ERC-7943, `ERC7943InsufficientUnfrozenBalance(account, amount, unfrozen)`."""
    world = market()
    world.set_frozen_units(ANN, frozen)
    outcome = world.evm.act(ANN, TOKEN, world.token, "transfer", BOB, 70)
    error = keccak(text="ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)")[:4]
    assert outcome.output == error + encode(["address", "uint256", "uint256"], [ANN, 70, free])


@pytest.fixture
def recorder() -> tuple[World, Wallet]:
    world = market()
    compliance = world.evm.deploy(compile_vyper(EVEN_LOTS.with_name("Recorder.vy")))
    assert world.evm.act(OFFICER, TOKEN, world.token, "setCompliance", compliance).ok
    return world, compliance


def test_an_external_compliance_is_told_of_every_movement(recorder: tuple[World, Wallet]) -> None:
    world, compliance = recorder
    document = b"\x01" * 32
    for kind, sender, receiver in ((2, ANN, BOB), (3, BOB, NOBODY), (4, ANN, EVE)):
        amount = 0 if kind == 4 else 5
        terms = (kind, sender, receiver, amount, 1, document)
        assert world.evm.act(OFFICER, TOKEN, world.token, "registerReason", *terms).ok
    for caller, name, args, expected in (
        (AGENT, "mint", (BOB, 7), ("created", NOBODY, BOB, 7)),
        (ANN, "transfer", (BOB, 3), ("transferred", ANN, BOB, 3)),
        (AGENT, "forcedTransfer", (ANN, BOB, 5), ("transferred", ANN, BOB, 5)),
        (AGENT, "burn", (BOB, 5), ("destroyed", BOB, NOBODY, 5)),
        (AGENT, "recoveryAddress", (ANN, EVE, ANN), ("transferred", ANN, EVE, 92)),
    ):
        outcome = world.evm.act(caller, TOKEN, world.token, name, *args)
        assert outcome.ok, outcome.reason
        told = [log for log in outcome.logs if log[0] == compliance]
        members = ["string", "address", "address", "uint256"]
        assert [decode(members, bytes.fromhex(log[2][2:])) for log in told] == [expected]


def test_what_reverts_when_it_is_asked_refuses(recorder: tuple[World, Wallet]) -> None:
    """ERC-7943: `canTransfer` must not revert."""
    world, compliance = recorder
    assert world.evm.view(TOKEN, world.token, "canTransfer", ANN, BOB, 1) is True
    fall_silent = "0x" + keccak(text="fall_silent()")[:4].hex()
    assert world.evm.send(STRANGER, compliance, fall_silent).ok
    assert world.evm.view(TOKEN, world.token, "canTransfer", ANN, BOB, 1) is False
    code = world.evm.view(TOKEN, world.token, "detectTransferRestriction", ANN, BOB, 1)
    assert code == Code.MODULE_REFUSED
    outcome = world.evm.act(ANN, TOKEN, world.token, "transfer", BOB, 1)
    assert outcome.reason == "module-refused"


def test_payments_leave_the_events_of_their_standards() -> None:
    """ERC-3009 and ERC-20, on `Cash`."""
    names = {event.name for event in CASH.events.values()}
    assert {"Transfer", "Approval", "AuthorizationUsed", "AuthorizationCanceled"} <= names
