"""A basket of three assets behind a security, on a chain in this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_account import Account

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.services import deploy_service
from tallystick.securities.baskets.in_kind import Fees
from tallystick.securities.claims import Claims
from tallystick.securities.exchanges import Ratio
from tallystick.securities.proposal import RuleSet
from tests.support.evm import TOKEN, Evm, Outcome, address_in
from tests.support.payouts import HOSTILE
from tests.support.world import AGENT, DOCUMENT, OFFICER, OWNER, World, wallet

BASKET = contract("Basket")
VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
ANN, BOB, CYD = (wallet(number) for number in range(1, 4))
SIGNER = Account.from_key(b"\x09" * 32)
HER = Wallet(SIGNER.address.lower())
MANAGER, DEALER = wallet(70), wallet(71)
RICH = 10**15
MOST = 2**128 - 1
DAY, YEAR = 86_400, 365 * 86_400
NO_FEES = Fees()


class Hamper:
    """A security, its basket of hostile assets that behave, and people with some of each."""

    def __init__(self, *, fees: Fees = NO_FEES, amounts: Sequence[int] = (30, 20, 7),
                 agent: bool = True, opened: bool = True, rules: RuleSet = RuleSet(),
                 reasons: bool = True, classes: int = 1, **changes: Any) -> None:  # fmt: skip
        self.world = World(rules, reasons=reasons, classes=classes)
        self.evm: Evm = self.world.evm
        self.token = self.world.token
        self.fees = fees
        for home in (ANN, BOB, CYD, HER, MANAGER):
            self.world.admit(home, claims=VERIFIED)
        self.assets = [self.asset() for _ in amounts]
        self.implementation = deploy_service("Basket", lambda _name, data: self.evm.deploy(data))
        terms: dict[str, Any] = {
            "security": self.token,
            "parts": list(zip(self.assets, amounts, strict=True)), "units": 10, "lot": 10,
            "creation": 2, "locked_too": False,
            "fees": (fees.creation_bps, fees.redemption_bps, fees.annual_bps),
            "receiver": MANAGER, "document": DOCUMENT,
        }  # fmt: skip
        self.terms = {**terms, **changes}
        self.at = NOBODY
        if opened:
            outcome = self.open()
            assert outcome.ok, outcome.reason
            self.at = address_in(outcome)
            if agent:
                assert self.evm.act(OWNER, TOKEN, self.token, "addAgent", self.at).ok
            for who in (ANN, BOB, CYD, HER, DEALER):
                self.approve(who)

    def asset(self) -> Wallet:
        """One more asset, of which everybody has plenty."""
        made = self.evm.deploy(HOSTILE.creation())
        for who in (ANN, BOB, CYD, HER, DEALER):
            assert self.evm.act(OWNER, HOSTILE, made, "mint", who, RICH).ok
        return made

    def approve(self, who: str) -> None:
        for asset in self.assets:
            assert self.evm.act(who, HOSTILE, asset, "approve", self.at, MOST).ok
        assert self.evm.act(who, TOKEN, self.token, "approve", self.at, 2**256 - 1).ok

    def open(self, by: str = AGENT) -> Outcome:
        return self.evm.act(by, BASKET, self.implementation, "open", tuple(self.terms.values()))

    def call(self, name: str, *args: Any, by: str = AGENT) -> Outcome:
        return self.evm.act(by, BASKET, self.at, name, *args)

    def view(self, name: str, *args: Any) -> Any:
        return self.evm.view(BASKET, self.at, name, *args)

    def listed(self) -> list[str]:
        found: list[str] = list(self.view("assets"))
        return found

    def create(self, who: str, units: int, most: int = MOST) -> Outcome:
        return self.call("create", units, [(asset, most) for asset in self.listed()], by=who)

    def redeem(self, who: str, units: int, *, least: int = 0, receiver: str = "", forgone: int = 0
               ) -> Outcome:  # fmt: skip
        parts = [(asset, least) for asset in self.listed()]
        return self.call("redeem", units, parts, receiver or who, forgone, by=who)

    def signed_creation(self, units: int = 10, *, most: int = 30, deadline_s: int = 0,
                        number: int = 0) -> Outcome:  # fmt: skip
        """Hers for ten units at thirty of each asset; submitted with what is named instead."""
        deadline = self.world.now + deadline_s
        parts = [{"asset": asset, "amount": 30} for asset in self.listed()]
        message = {"owner": HER, "units": 10, "most": parts, "security": self.token,
                   "number": number, "deadline": deadline}  # fmt: skip
        signature = self.signature("Creation", message)
        given = [(asset, most) for asset in self.listed()]
        return self.call("createSigned", HER, units, given, (deadline, *signature), by=DEALER)

    def signed_redemption(self, units: int, *, least: int = 0, receiver: str = HER,
                          forgone: int = 0) -> Outcome:  # fmt: skip
        """Her second order, for five units at whatever they bring."""
        deadline = self.world.now
        parts = [{"asset": asset, "amount": 0} for asset in self.listed()]
        message = {"owner": HER, "units": 5, "least": parts, "receiver": HER, "forgone": 0,
                   "security": self.token, "number": 1,
                   "deadline": deadline}  # fmt: skip
        signature = self.signature("Redemption", message)
        given = [(asset, least) for asset in self.listed()]
        order = (HER, units, given, receiver, forgone)
        return self.call("redeemSigned", *order, (deadline, *signature), by=DEALER)

    def signature(self, kind: str, message: dict[str, Any]) -> tuple[int, bytes, bytes]:
        """What she signs (EIP-712)."""
        kinds = {"owner": "address", "units": "uint256", "most": "Part[]", "least": "Part[]",
                 "receiver": "address", "forgone": "uint256", "security": "address",
                 "number": "uint256",
                 "deadline": "uint256"}  # fmt: skip
        typed = {
            "domain": {"name": "Tallystick", "version": str(self.epoch + 1), "chainId": 1,
                       "verifyingContract": self.at},
            "primaryType": kind,
            "types": {
                "EIP712Domain": [
                    {"name": "name", "type": "string"}, {"name": "version", "type": "string"},
                    {"name": "chainId", "type": "uint256"},
                    {"name": "verifyingContract", "type": "address"},
                ],
                "Part": [{"name": "asset", "type": "address"},
                         {"name": "amount", "type": "uint256"}],
                kind: [{"name": name, "type": kinds[name]} for name in message],
            },
            "message": message,
        }  # fmt: skip
        made = SIGNER.sign_typed_data(full_message=typed)
        return made.v, made.r.to_bytes(32, "big"), made.s.to_bytes(32, "big")

    @property
    def epoch(self) -> int:
        number: int = self.evm.view(TOKEN, self.token, "epoch")
        return number

    def held(self) -> list[int]:
        """What is the basket's of each asset that it had at first."""
        return [self.of(asset, self.at) for asset in self.assets]

    def of(self, asset: str, who: str) -> int:
        amount: int = self.evm.view(HOSTILE, asset, "balanceOf", who)
        return amount

    def units_of(self, who: str) -> int:
        units: int = self.evm.view(TOKEN, self.token, "balanceOf", who)
        return units

    @property
    def supply(self) -> int:
        units: int = self.evm.view(TOKEN, self.token, "totalSupply")
        return units

    def behave(self, at: int, mode: int) -> None:
        assert self.evm.act(OWNER, HOSTILE, self.assets[at], "behave", mode).ok

    def block(self, at: int, who: str, blocked: bool = True) -> None:
        assert self.evm.act(OWNER, HOSTILE, self.assets[at], "block_", who, blocked).ok

    def trade(
        self,
        gives: Sequence[tuple[str, int]],
        takes: Sequence[tuple[str, int]],
        counterparty: str = NOBODY,
        until_s: int = DAY,
        salt: int = 0,
    ) -> tuple[Any, ...]:
        return (counterparty, list(gives), list(takes), self.world.now + until_s, DOCUMENT,
                salt.to_bytes(32, "big"))  # fmt: skip

    def exchange(self, ratio: Ratio, to: str = "") -> None:
        """Exchange all units, of the people who are here, for those of this or another security."""
        if to:
            assert self.evm.act(OFFICER, TOKEN, to, "setPredecessor", self.token, True).ok
        terms = (to or self.token, ratio.numerator, ratio.denominator, 0, 1, DOCUMENT)
        assert self.token_act(OFFICER, "announceExchange", *terms).ok
        assert self.token_act(AGENT, "beginExchange").ok
        who = [each for each in (ANN, BOB, CYD, HER, MANAGER) if self.units_of(each)]
        assert self.token_act(AGENT, "exchange", who).ok
        assert self.token_act(AGENT, "endExchange").ok

    def scale(self, asset: str, numerator: int, denominator: int, splits: int = 0) -> None:
        """What the basket has of an asset changes by nobody's act here; `splits` of it are told."""
        args = (self.at, numerator, denominator, splits)
        assert self.evm.act(OWNER, HOSTILE, asset, "scale", *args).ok

    def exchanged(self, asset: str) -> Wallet:
        """All that the basket has of an asset was exchanged: one of the other for ten."""
        other = self.asset()
        had = self.of(asset, self.at)
        self.scale(asset, 0, 1)
        assert self.evm.act(OWNER, HOSTILE, asset, "succeed", other).ok
        assert self.evm.act(OWNER, HOSTILE, other, "mint", self.at, had // 10).ok
        for who in (ANN, BOB, CYD, HER, DEALER):
            assert self.evm.act(who, HOSTILE, other, "approve", self.at, MOST).ok
        return other

    def token_act(self, by: str, name: str, *args: Any) -> Outcome:
        return self.evm.act(by, TOKEN, self.token, name, *args)
