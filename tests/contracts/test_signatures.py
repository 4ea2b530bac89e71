"""Signatures: each is worth what it says, once, on one clone, on one chain."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account

from tallystick.core.hashing import keccak
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import Contract
from tallystick.securities.claims import Claims
from tallystick.securities.parcels import lot_nonce
from tallystick.securities.proposal import Movement
from tests.support.evm import CASH, TOKEN, Outcome
from tests.support.folding import Folding
from tests.support.world import AGENT, OWNER, STRANGER, World, wallet

VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
SIGNER = Account.from_key(b"\x33" * 32)
ANN = Wallet(SIGNER.address.lower())
BOB = wallet(2)
NONCE = b"\x05" * 32
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

TYPES = {
    "Permit": "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline",
    "TransferWithAuthorization": "address from,address to,uint256 value,uint256 validAfter,"
    "uint256 validBefore,bytes32 nonce",
    "ReceiveWithAuthorization": "address from,address to,uint256 value,uint256 validAfter,"
    "uint256 validBefore,bytes32 nonce",
    "CancelAuthorization": "address authorizer,bytes32 nonce",
}


class Table:
    """Two classes of a security, or two cash tokens, of which Ann holds 100 each."""

    def __init__(self, target: Contract) -> None:
        self.target = target
        self.world = World(classes=2)
        self.evm = self.world.evm
        if target is TOKEN:
            for who in (ANN, BOB):
                self.world.admit(who, claims=VERIFIED)
            for at in range(2):
                self.world.mint(ANN, 100, at)
            self.addresses = self.world.tokens
            return
        self.addresses = [self.evm.deploy(CASH.creation("Cash", "USDX", 6, OWNER), OWNER)
                          for _ in range(2)]  # fmt: skip
        for address in self.addresses:
            assert self.evm.act(OWNER, CASH, address, "addAgent", AGENT).ok
            assert self.evm.act(AGENT, CASH, address, "mint", ANN, 100).ok

    def sign(
        self, kind: str, *values: Any, at: int = 0, chain: int | None = None
    ) -> tuple[Any, ...]:
        members = [member.split() for member in TYPES[kind].split(",")]
        domain = self.evm.view(self.target, self.addresses[at], "eip712Domain")
        signed = Account.sign_typed_data(
            SIGNER.key,
            domain_data={"name": domain[1], "version": domain[2], "chainId": chain or domain[3],
                         "verifyingContract": self.addresses[at]},
            message_types={kind: [{"type": one, "name": name} for one, name in members]},
            message_data={name: value for (_, name), value in zip(members, values, strict=True)},
        )  # fmt: skip
        return (*values, signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))

    def send(
        self, name: str, args: tuple[Any, ...], caller: str = STRANGER, at: int = 0
    ) -> Outcome:
        return self.evm.act(caller, self.target, self.addresses[at], name, *args)

    def balance(self, who: str) -> int:
        return int(self.evm.view(self.target, self.addresses[0], "balanceOf", who))


@pytest.fixture(params=[TOKEN, CASH], ids=["security", "cash"])
def table(request: pytest.FixtureRequest) -> Table:
    return Table(request.param)


def pay(table: Table, **options: Any) -> tuple[Any, ...]:
    return table.sign("TransferWithAuthorization", ANN, BOB, 40, 0, 2**40, NONCE, **options)


def test_an_authorization_moves_what_it_says_once(table: Table) -> None:
    signed = pay(table)
    outcome = table.send("transferWithAuthorization", signed)
    assert outcome.ok
    topics = [topics for _, topics, _ in outcome.logs]
    used = keccak(text="AuthorizationUsed(address,bytes32)")
    assert ["0x" + used.hex(), "0x" + "00" * 12 + ANN[2:], "0x" + NONCE.hex()] in topics
    assert (table.balance(ANN), table.balance(BOB)) == (60, 40)
    assert table.send("transferWithAuthorization", signed).reason == "authorization-used"
    assert table.evm.view(table.target, table.addresses[0], "authorizationState", ANN, NONCE)


def test_the_lot_that_a_seller_names_is_told_by_the_logs() -> None:
    table = Table(TOKEN)
    world, sold_day = table.world, table.world.now // DAY_S
    world.mint(ANN, 50, acquired_at=world.now - 9 * DAY_S)
    folding = Folding(world)
    nonce = lot_nonce(sold_day, "a sale")
    signed = table.sign("TransferWithAuthorization", ANN, BOB, 40, 0, 2**40, nonce)
    assert table.send("transferWithAuthorization", signed).ok
    world.models[0].move(Movement.RESALE, ANN, BOB, 40, now_s=world.now, lot_day=sold_day)
    folding.check()
    [bought] = folding.book.securities[world.tokens[0]].parcels[BOB].held
    assert bought.since // DAY_S == sold_day
    world.transfer(ANN, BOB, 5)
    folding.check()
    earliest = folding.book.securities[world.tokens[0]].parcels[BOB].held[0]
    assert (earliest.since // DAY_S, earliest.units) == (sold_day - 9, 5)


@pytest.mark.parametrize("place", range(6))
def test_no_member_of_an_authorization_can_be_changed(table: Table, place: int) -> None:
    signed = list(pay(table))
    signed[place] = [BOB, STRANGER, 41, 1, 2**40 + 1, b"\x06" * 32][place]
    assert table.send("transferWithAuthorization", tuple(signed)).reason == "signature-invalid"


def test_a_signature_for_one_clone_is_worth_nothing_on_another(table: Table) -> None:
    outcome = table.send("transferWithAuthorization", pay(table), at=1)
    assert outcome.reason == "signature-invalid"


def test_a_signature_for_one_chain_is_worth_nothing_on_another(table: Table) -> None:
    outcome = table.send("transferWithAuthorization", pay(table, chain=999))
    assert outcome.reason == "signature-invalid"


def test_the_other_form_of_a_signature_is_refused(table: Table) -> None:
    *members, v, r, s = pay(table)
    other = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    outcome = table.send("transferWithAuthorization", (*members, 55 - v, r, other))
    assert outcome.reason == "signature-malformed"


def test_a_payment_to_be_received_is_submitted_by_its_receiver(table: Table) -> None:
    signed = table.sign("ReceiveWithAuthorization", ANN, BOB, 40, 0, 2**40, NONCE)
    assert table.send("receiveWithAuthorization", signed).reason == "not-the-receiver"
    assert table.send("transferWithAuthorization", signed).reason == "signature-invalid"
    assert table.send("receiveWithAuthorization", signed, caller=BOB).ok
    assert table.balance(BOB) == 40


def test_a_cancelled_authorization_is_void(table: Table) -> None:
    assert table.send("cancelAuthorization", table.sign("CancelAuthorization", ANN, NONCE)).ok
    assert table.send("transferWithAuthorization", pay(table)).reason == "authorization-used"


def test_a_permit_allows_once(table: Table) -> None:
    signed = table.sign("Permit", ANN, STRANGER, 30, 0, 2**40)
    args = (*signed[:3], *signed[4:])
    assert table.send("permit", args).ok
    assert table.send("permit", args).reason == "signature-invalid"
    assert table.send("transferFrom", (ANN, BOB, 31)).reason == "insufficient-allowance"
    assert table.send("transferFrom", (ANN, BOB, 30)).ok
    assert table.balance(BOB) == 30


def test_an_authorization_passes_through_the_rules() -> None:
    table = Table(TOKEN)
    table.world.pause(True)
    assert table.send("transferWithAuthorization", pay(table)).reason == "paused"
    table.world.pause(False)
    assert table.send("transferWithAuthorization", pay(table)).ok


def test_an_unlimited_allowance_is_not_used_up(table: Table) -> None:
    assert table.send("approve", (STRANGER, 2**256 - 1), caller=ANN).ok
    assert table.send("transferFrom", (ANN, BOB, 30)).ok
    allowance = table.evm.view(table.target, table.addresses[0], "allowance", ANN, STRANGER)
    assert allowance == 2**256 - 1
