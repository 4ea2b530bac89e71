"""A settlement contract with people who trade two securities for two kinds of money."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from eth_account import Account

from tallystick.core.hashing import keccak
from tallystick.core.typed_data import Domain
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.services import deploy_service
from tallystick.markets.signed_orders import (
    Cancellation,
    OrderTerms,
    Session,
    packed_trade,
)
from tallystick.securities.claims import Claims
from tests.support.evm import CASH, TOKEN, Outcome, compiled
from tests.support.payouts import HOSTILE
from tests.support.world import OFFICER, OWNER, World, wallet

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

SETTLEMENT = contract("Settlement")
CONTRACT_WALLET = compiled(Path(__file__).parents[1] / "contracts" / "vyper" / "ContractWallet.vy")
VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
VENUE, FEES = wallet(90), wallet(91)
UNLIMITED = 2**256 - 1
RICH = 10**12
HOUR_S = 3_600
CHAIN_ID = 1
# Enough for a batch of a few trades, and what must be left beside.
ENOUGH_GAS = 12_000_000
_S_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def compact(signed: Any) -> bytes:
    """r and vs of a signature (EIP-2098)."""
    vs: int = signed.s | (signed.v - 27) << 255
    return bytes(signed.r.to_bytes(32, "big") + vs.to_bytes(32, "big"))


def malleated(signature: bytes) -> bytes:
    """The other signature that follows from one, without the key (EIP-2)."""
    vs = int.from_bytes(signature[32:], "big")
    s, parity = vs & (2**255 - 1), vs >> 255
    other = (_S_ORDER - s) | (1 - parity) << 255
    return signature[:32] + (other % 2**256).to_bytes(32, "big")


class SignedOrder(msgspec.Struct, frozen=True):
    """An order and its signature."""

    terms: OrderTerms
    signature: bytes


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A trade as somebody sends it for settlement; `starts` of the buyer, then of the seller."""

    number: int
    buy: SignedOrder
    sell: SignedOrder
    lots: int
    price: int
    fees: tuple[int, int] = (0, 0)
    starts: tuple[int, int] = (0, 0)
    security: Wallet
    cash: Wallet
    units_per_lot: int


class Floor:
    """Four investors, of whom the last is a contract, with units, money and allowances."""

    def __init__(self) -> None:
        self.world = World(classes=2)
        self.evm = self.world.evm
        self.settlement = deploy_service("Settlement", lambda _name, data: self.evm.deploy(data))
        self.domain = Domain(CHAIN_ID, Wallet(self.settlement))
        self.cash = self.evm.deploy(CASH.creation("Cash", "USD", 2, OWNER))
        self.hostile = self.evm.deploy(HOSTILE.creation())
        assert self.evm.act(OWNER, CASH, self.cash, "addAgent", OWNER).ok
        self.people: list[LocalAccount] = [
            Account.from_key(bytes([at + 1]) * 32) for at in range(4)
        ]
        self.keys: list[LocalAccount] = [
            Account.from_key(bytes([at + 101]) * 32) for at in range(2)
        ]
        self.owner_of_contract = self.people[3]
        self.contract_wallet = self.evm.deploy(
            CONTRACT_WALLET.creation(self.owner_of_contract.address)
        )
        self.investors = [Wallet(one.address.lower()) for one in self.people[:3]]
        self.investors.append(self.contract_wallet)
        for who in self.investors:
            self.world.admit(who, claims=VERIFIED)
            for at in range(2):
                self.world.mint(who, RICH, at=at)
            self._fund(who)

        for token in self.world.tokens:
            assert self.evm.act(OFFICER, TOKEN, token, "setVenue", self.settlement, True).ok

    def _fund(self, who: Wallet) -> None:
        assert self.evm.act(OWNER, CASH, self.cash, "mint", who, RICH).ok
        assert self.evm.act(OWNER, HOSTILE, self.hostile, "mint", who, RICH).ok
        for token in (*self.world.tokens, self.cash, self.hostile):
            self.allow(who, token, UNLIMITED)

    def allow(self, who: Wallet, token: Wallet, amount: int) -> None:
        """Let the settlement contract move somebody's units or money."""
        assert self.evm.act(who, TOKEN, token, "approve", self.settlement, amount).ok

    @property
    def now(self) -> int:
        return self.evm.now

    def order(self, who: int = 0, *, key: int | None = None, **changes: Any) -> SignedOrder:
        """An order of an investor, signed by himself or by a key."""
        investor = self.investors[who]
        by = self.people[who] if key is None else self.keys[key]
        signer = investor if key is None else Wallet(by.address.lower())
        terms: dict[str, Any] = {
            "investor": investor, "signer": signer, "venue": VENUE,
            "security": self.world.tokens[0], "cash": self.cash, "buys": False,
            "units_per_lot": 10, "lots": 5, "price": 100, "fee_bps": 100,
            "expiry": self.now + HOUR_S, "nonce": 1, "epoch": 0,
        }  # fmt: skip
        made = OrderTerms(**{**terms, **changes})
        return SignedOrder(made, self.sign(by, made.digest(self.domain)))

    @staticmethod
    def sign(by: LocalAccount, digest: bytes) -> bytes:
        """A signature of 32 bytes, in its compact form."""
        return compact(Account.unsafe_sign_hash(digest, by.key))

    def match(self, buy: SignedOrder, sell: SignedOrder, **changes: Any) -> Match:
        """A trade of one lot at the seller's price."""
        values: dict[str, Any] = {
            "number": 1, "buy": buy, "sell": sell, "lots": 1, "price": sell.terms.price,
            "security": sell.terms.security, "cash": sell.terms.cash,
            "units_per_lot": sell.terms.units_per_lot,
        }  # fmt: skip
        return Match(**{**values, **changes})

    def settle(
        self, matches: Sequence[Match], *, by: str = VENUE, gas: int | None = ENOUGH_GAS
    ) -> Outcome:
        """Send trades for settlement."""
        return self.evm.send(by, self.settlement, self.data(matches), gas=gas)

    def data(self, matches: Sequence[Match]) -> str:
        """The call that settles trades."""
        markets: list[tuple[Wallet, Wallet, int]] = []
        proofs: list[bytes] = []
        trades: list[tuple[object, ...]] = []
        for each in matches:
            market = (each.security, each.cash, each.units_per_lot)
            if market not in markets:
                markets.append(market)
            sides = (self._side(each.buy, each.starts[0], proofs),
                     self._side(each.sell, each.starts[1], proofs))  # fmt: skip
            trades.append(packed_trade(each.number, markets.index(market), lots=each.lots,
                                       price=each.price, fees=each.fees, orders=sides)
                          )  # fmt: skip
        return SETTLEMENT.function("settle").encode(markets, trades, proofs, FEES)

    def _side(self, order: SignedOrder, start: int, proofs: list[bytes]) -> tuple[object, ...]:
        if not self.evm.has_code(order.terms.signer):
            return order.terms.packed(start, order.signature)
        proofs.append(order.signature)
        return order.terms.packed(start, b"", proof=len(proofs))

    def hold(self, order: SignedOrder, start: int = 0, *, by: str = VENUE) -> Outcome:
        """Have the units of an order held, of which so many lots are filled."""
        terms, proofs = order.terms, list[bytes]()
        side = self._side(order, start, proofs)
        return self.call("hold", (terms.security, terms.cash, terms.units_per_lot), side, proofs,
                         by=by)  # fmt: skip

    def release(self, order: SignedOrder, *, by: str = VENUE) -> Outcome:
        """Have what is held for an order let go."""
        return self.call("release", *self._number(order), by=by)

    def hold_of(self, order: SignedOrder) -> int:
        """Units that are held for an order."""
        return int(self.view("holdOf", *self._number(order))[2])

    @staticmethod
    def _number(order: SignedOrder) -> tuple[Wallet, Wallet, int]:
        return order.terms.investor, order.terms.signer, order.terms.nonce

    def outcomes(self, outcome: Outcome) -> dict[int, str]:
        """What became of the trades of a batch by number: nothing, or why they were busted."""
        found: dict[int, str] = {}
        for address, topics, data in outcome.logs:
            if address != self.settlement:
                continue
            event = SETTLEMENT.events[topics[0]]
            values = event.decode(topics, data)
            if event.name == "Settled":
                found |= {head % 2**64: "" for head in values["heads"]}
            else:
                found[values["head"] % 2**64] = values["reason"]
        return found

    def session(self, who: int, key: int, **changes: Any) -> Session:
        """What a key may do for an investor."""
        values: dict[str, Any] = {
            "investor": self.investors[who], "key": Wallet(self.keys[key].address.lower()),
            "venue": VENUE, "cash": self.cash, "securities": (self.world.tokens[0],),
            "units": (1_000,), "amount": 10_000, "fee_bps": 100,
            "expiry": self.now + HOUR_S, "serial": 1,
        }  # fmt: skip
        return Session(**{**values, **changes})

    def grant(self, session: Session, signature: bytes = b"", by: str = VENUE) -> Outcome:
        """Have a session counted."""
        return self.call("grantSession", session.members, signature, by=by)

    def cancel(self, cancellation: Cancellation, signature: bytes) -> Outcome:
        """Have a signed cancellation counted."""
        return self.call("cancelFor", *self.voided(cancellation), signature)

    @staticmethod
    def voided(cancellation: Cancellation) -> tuple[object, ...]:
        """A cancellation as the contract takes it."""
        return (cancellation.investor, cancellation.signer, cancellation.lowest_nonce,
                list(cancellation.nonces))  # fmt: skip

    def void(self, who: int, lowest: int = 0, nonces: Sequence[int] = ()) -> Outcome:
        """Have an investor void orders that he signed."""
        me = self.investors[who]
        return self.call("cancel", me, me, lowest, list(nonces), by=me)

    def call(self, name: str, *args: Any, by: str = VENUE) -> Outcome:
        return self.evm.act(by, SETTLEMENT, self.settlement, name, *args)

    def view(self, name: str, *args: Any) -> Any:
        return self.evm.view(SETTLEMENT, self.settlement, name, *args)

    def held(self, token: str, who: str) -> int:
        """Units or money of somebody."""
        held: int = self.evm.view(TOKEN, token, "balanceOf", who)
        return held

    def seed(self, text: str) -> bytes:
        """Bytes that nobody signed."""
        return keccak(text=text) + keccak(text=text + text)
