"""ONCHAINID identities, as their own package ships them, are verified live."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct

from tallystick.core.hashing import keccak
from tallystick.core.wallets import NOBODY, Wallet
from tests.support.evm import REGISTRY, TOKEN, Outcome, compile_vyper
from tests.support.peers import ONCHAINID, peer
from tests.support.world import AGENT, EVEN_LOTS, OWNER, STRANGER, World, wallet

KYC, RESIDENCE = 1, 7
GERMANY = 276
# What a statement, a refresh or a freeze costs at the most while few classes are bound.
MOST_GAS_OF_AN_ACT = 200_000
CLAIM_KEY, ECDSA = 3, 1
MANAGER = wallet(50)
INVESTOR, FURTHER, OTHER = wallet(60), wallet(61), wallet(62)
SIGNER = Account.from_key(b"\x42" * 32)

IDENTITY = peer(ONCHAINID, "Identity")
ISSUER = peer(ONCHAINID, "ClaimIssuer")


class Scene:
    """A registry that requires a KYC claim, a claim issuer, and an investor with an identity."""

    def __init__(self) -> None:
        self.world = World()
        self.evm = self.world.evm
        self.identity = self.evm.deploy(IDENTITY.creation(INVESTOR, False), INVESTOR)
        self.issuer = self.new_issuer()
        self.registry(OWNER, "addClaimTopic", KYC)
        self.registry(OWNER, "addTrustedIssuer", self.issuer, [KYC])
        self.claim = self.sign(KYC)
        self.add_claim(KYC, self.issuer, self.claim)
        self.registry(AGENT, "registerIdentity", INVESTOR, self.identity, GERMANY)

    def new_issuer(self) -> Wallet:
        issuer = self.evm.deploy(ISSUER.creation(MANAGER), MANAGER)
        key = keccak(encode(["address"], [SIGNER.address]))
        assert self.evm.act(MANAGER, ISSUER, issuer, "addKey", key, CLAIM_KEY, ECDSA).ok
        return issuer

    def registry(self, caller: str, name: str, *args: Any) -> None:
        outcome = self.evm.act(caller, REGISTRY, self.world.registry_address, name, *args)
        assert outcome.ok, outcome.reason

    def sign(self, topic: int, data: bytes = b"passed") -> bytes:
        digest = keccak(encode(["address", "uint256", "bytes"], [self.identity, topic, data]))
        return bytes(Account.sign_message(encode_defunct(digest), SIGNER.key).signature)

    def add_claim(
        self, topic: int, issuer: str, signature: bytes, data: bytes = b"passed"
    ) -> Outcome:
        return self.evm.act(INVESTOR, IDENTITY, self.identity, "addClaim", topic, 1, issuer,
                            signature, data, "")  # fmt: skip

    @property
    def verified(self) -> bool:
        view = self.evm.view
        address = self.world.registry_address
        answer = bool(view(REGISTRY, address, "isVerified", INVESTOR))
        minted = view(TOKEN, self.world.token, "detectIssueRestriction", INVESTOR, 1) == 0
        assert answer == minted == view(TOKEN, self.world.token, "canReceive", INVESTOR)
        return answer


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_real_signed_claim_admits(scene: Scene) -> None:
    assert scene.verified
    world = scene.world
    assert scene.evm.act(AGENT, TOKEN, world.token, "mint", INVESTOR, 10).ok
    assert scene.evm.view(REGISTRY, world.registry_address, "identity", INVESTOR) == scene.identity
    assert scene.evm.view(REGISTRY, world.registry_address, "investorCountry", INVESTOR) == GERMANY


def test_a_claim_revoked_at_its_issuer_refuses_at_once(scene: Scene) -> None:
    assert scene.evm.act(MANAGER, ISSUER, scene.issuer, "revokeClaimBySignature", scene.claim).ok
    assert not scene.verified
    outcome = scene.evm.act(AGENT, TOKEN, scene.world.token, "mint", INVESTOR, 10)
    assert outcome.reason == "receiver-unverified"


def test_a_claim_removed_by_its_holder_refuses_at_once(scene: Scene) -> None:
    claim_id = keccak(encode(["address", "uint256"], [scene.issuer, KYC]))
    assert scene.evm.act(INVESTOR, IDENTITY, scene.identity, "removeClaim", claim_id).ok
    assert not scene.verified


def test_an_issuer_no_longer_trusted_refuses_at_once(scene: Scene) -> None:
    scene.registry(OWNER, "removeTrustedIssuer", scene.issuer)
    assert not scene.verified


def test_an_issuer_not_trusted_for_the_topic_refuses(scene: Scene) -> None:
    scene.registry(OWNER, "updateIssuerClaimTopics", scene.issuer, [RESIDENCE])
    assert not scene.verified


def test_a_topic_required_anew_refuses_until_it_is_claimed(scene: Scene) -> None:
    scene.registry(OWNER, "addClaimTopic", RESIDENCE)
    assert not scene.verified
    scene.registry(OWNER, "updateIssuerClaimTopics", scene.issuer, [KYC, RESIDENCE])
    assert scene.add_claim(RESIDENCE, scene.issuer, scene.sign(RESIDENCE)).ok
    assert scene.verified


def test_a_second_trusted_issuer_is_as_good(scene: Scene) -> None:
    other = scene.new_issuer()
    scene.registry(OWNER, "removeTrustedIssuer", scene.issuer)
    scene.registry(OWNER, "addTrustedIssuer", other, [KYC])
    assert not scene.verified
    assert scene.add_claim(KYC, other, scene.sign(KYC)).ok
    assert scene.verified


def test_a_claim_of_an_issuer_of_ones_own_is_worth_nothing(scene: Scene) -> None:
    scene.registry(OWNER, "removeTrustedIssuer", scene.issuer)
    own = scene.evm.deploy(ISSUER.creation(INVESTOR), INVESTOR)
    assert scene.add_claim(KYC, own, b"\x00" * 65).ok is False
    scene.registry(OWNER, "addTrustedIssuer", scene.new_issuer(), [KYC])
    assert not scene.verified


def test_wallets_of_one_identity_are_one_investor(scene: Scene) -> None:
    scene.registry(AGENT, "registerIdentity", FURTHER, scene.identity, GERMANY)
    token = scene.world.token
    for receiver in (INVESTOR, FURTHER):
        assert scene.evm.act(AGENT, TOKEN, token, "mint", receiver, 10).ok
    assert sum(scene.evm.view(TOKEN, token, "holderCounts")) == 1
    assert scene.evm.view(TOKEN, token, "unitsOf", INVESTOR) == (20, 0)


def test_a_sellers_claims_are_not_asked(scene: Scene) -> None:
    world = scene.world
    assert scene.evm.act(AGENT, TOKEN, world.token, "mint", INVESTOR, 10).ok
    scene.registry(AGENT, "admit", OTHER, 65_535 << 56)
    scene.registry(OWNER, "removeTrustedIssuer", scene.issuer)
    assert scene.evm.act(INVESTOR, TOKEN, world.token, "transfer", OTHER, 10).ok


@pytest.mark.parametrize("hostile", ["no code", "no identity", "burns gas", "lies", "floods"])
def test_a_hostile_identity_is_not_verified_and_stops_nobody(scene: Scene, hostile: str) -> None:
    folder = EVEN_LOTS.parent
    address = {
        "no code": lambda: STRANGER,
        "no identity": lambda: scene.evm.deploy(compile_vyper(EVEN_LOTS)),
        "burns gas": lambda: scene.evm.deploy(compile_vyper(folder / "BurningIdentity.vy")),
        "lies": lambda: scene.evm.deploy(compile_vyper(folder / "LyingIdentity.vy")),
        "floods": lambda: scene.evm.deploy(compile_vyper(folder / "FloodingIdentity.vy")),
    }[hostile]()
    scene.registry(AGENT, "registerIdentity", OTHER, address, GERMANY)
    assert not scene.evm.view(REGISTRY, scene.world.registry_address, "isVerified", OTHER)
    view = scene.evm.view(TOKEN, scene.world.token, "canTransfer", INVESTOR, OTHER, 1)
    assert view is False
    assert scene.verified
    assert address != NOBODY


ACTS_ON_HIS_OWN = {
    "his claims": ("registry", "setClaim", (OTHER, 1, 65_535)),
    "his count": ("registry", "refresh", ([OTHER],)),
    "his freeze": ("token", "setAddressFrozen", (OTHER, True)),
    "units frozen": ("token", "setFrozenTokens", (OTHER, 5)),
}


@pytest.mark.parametrize("act", ACTS_ON_HIS_OWN)
def test_an_identity_that_burns_gas_makes_no_act_on_its_investor_dear(
    scene: Scene, act: str
) -> None:
    hostile = scene.evm.deploy(compile_vyper(EVEN_LOTS.parent / "BurningIdentity.vy"))
    scene.registry(AGENT, "registerIdentity", OTHER, hostile, GERMANY)
    for number in range(10):
        scene.registry(OWNER, "addTrustedIssuer", wallet(600 + number), [KYC])
    target, name, args = ACTS_ON_HIS_OWN[act]
    where = {
        "registry": (REGISTRY, scene.world.registry_address),
        "token": (TOKEN, scene.world.token),
    }[target]
    outcome = scene.evm.act(AGENT, *where, name, *args)
    assert outcome.ok
    assert outcome.gas < MOST_GAS_OF_AN_ACT
