"""Investors with ONCHAINID contracts, and modules of T-REX, through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct

from tallystick.app.workspace import Workspace
from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import Contract
from tallystick.securities.codes import Code
from tests.support.desk import Desk, open_desk
from tests.support.peers import ONCHAINID, TREX, peer

KYC, CLAIM_KEY, ECDSA = 1, 3, 1
IDENTITY, ISSUER = peer(ONCHAINID, "Identity"), peer(ONCHAINID, "ClaimIssuer")
SIGNER = Account.from_key(b"\x42" * 32)
INVESTOR = Wallet("0x" + "1e" * 20)


class Office(Desk):
    """A desk that can also make and call contracts of others, by the owner's key."""

    step = 0

    def deploy(self, what: Contract, *args: Any) -> Wallet:
        return Wallet(self._send("", what.creation(*args)).created)

    def call(self, what: Contract, address: str, name: str, *args: Any) -> None:
        self._send(address, what.function(name).encode(*args))

    def _send(self, to: str, data: str) -> Any:
        self.step += 1
        with Workspace(self.folder) as workspace:
            [done] = workspace.act("owner", [(f"foreign-{self.step}", to, data)])
        return done

    @property
    def owner(self) -> Wallet:
        with Workspace(self.folder) as workspace:
            return workspace.keystore.wallet("owner")

    def refusals(self, *arguments: str) -> list[int]:
        """Codes of the refusals that a command explains; none if it succeeds."""
        result = self.run(*arguments, "--json")
        if result.exit_code == 0:
            return []
        assert result.exit_code == 6, (result.output, result.exception)
        return [refusal["code"] for refusal in json.loads(result.stdout)["refusals"]]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(open_desk(tmp_path / "data").folder)


def test_a_live_identity_is_admitted_as_long_as_its_claim_holds(office: Office) -> None:
    owner = office.owner
    identity = office.deploy(IDENTITY, owner, False)
    issuer = office.deploy(ISSUER, owner)
    key = keccak(encode(["address"], [SIGNER.address]))
    office.call(ISSUER, issuer, "addKey", key, CLAIM_KEY, ECDSA)
    digest = keccak(encode(["address", "uint256", "bytes"], [identity, KYC, b"passed"]))
    claim = bytes(Account.sign_message(encode_defunct(digest), SIGNER.key).signature)
    office.call(IDENTITY, identity, "addClaim", KYC, 1, issuer, claim, b"passed", "")
    mint = ("mint", "ACME", INVESTOR, "5")

    assert office.refusals(*mint) == [Code.RECEIVER_UNKNOWN]
    office.must("identities", "require", str(KYC))
    office.must("identities", "register", INVESTOR, identity, "DE")
    assert office.refusals(*mint) == [Code.RECEIVER_UNVERIFIED]
    office.must("identities", "trust", issuer, str(KYC))
    assert office.refusals(*mint) == []
    [told] = json.loads(office.must("identities", "show", "--json").stdout)["identities"].values()
    assert told["verified"] is True
    assert told["identity"].lower() == identity

    office.must("identities", "require", "7")
    assert office.refusals(*mint) == [Code.RECEIVER_UNVERIFIED]
    office.must("identities", "waive", "7")
    office.must("identities", "trust", issuer, "7")
    assert office.refusals(*mint) == [Code.RECEIVER_UNVERIFIED]
    office.must("identities", "trust", issuer, str(KYC))
    assert office.refusals(*mint) == []
    office.call(ISSUER, issuer, "revokeClaimBySignature", claim)
    assert office.refusals(*mint) == [Code.RECEIVER_UNVERIFIED]
    assert json.loads(office.must("audit", "--json").stdout)["differences"] == []


def test_a_module_of_others_is_asked_and_its_answer_explained(office: Office) -> None:
    allow = peer(TREX, "compliance/modular/modules/CountryAllowModule")
    module = office.deploy(allow)
    office.call(allow, module, "initialize")
    pay = ("transfer", "ACME", "H-1", "H-2", "1")
    office.must("rules", "bind", "ACME", module)
    assert office.refusals(*pay) == [Code.MODULE_REFUSED]
    assert office.refusals("mint", "ACME", "H-2", "1") == [Code.MODULE_REFUSED]
    office.must("rules", "release", "ACME", module)
    assert office.refusals(*pay) == []
