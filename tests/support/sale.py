"""An offering on a chain in this process, and what investors sign for it."""

from __future__ import annotations

from typing import Any

from eth_account import Account

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.services import deploy_service
from tallystick.securities.claims import Claims
from tallystick.securities.offerings.offers import Offer, Tier, authorization_nonce
from tests.support.evm import CASH, TOKEN, Outcome
from tests.support.payouts import HOSTILE
from tests.support.world import AGENT, DOCUMENT, OWNER, STRANGER, World, wallet

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
        return self.reviewed()

    def reviewed(self, page: int = 64) -> Sale:
        while self.state()[0] == 5:
            outcome = self.call("review", page)
            assert outcome.ok, outcome.reason
        return self

    def settled(self, page: int = 64) -> Sale:
        while self.state()[0] == 3:
            assert self.call("settle", page).ok
        return self


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
