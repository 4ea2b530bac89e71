"""Members, policies, limits and calls of a council, as its contract takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tallystick.core.hashing import keccak
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.core.words import number_word, wallet_word

# Groups by name; their place is their bit.
GROUPS = ("owner", "agent", "officer", "director", "trustee")
# A proposal lapses so many seconds after it was made.
LIFE_S = 90 * 86_400
SELECTOR_BYTES = 4
ANY_SELECTOR = bytes(SELECTOR_BYTES)


def bits_of(groups: tuple[str, ...]) -> int:
    """Groups as a number with a bit for each."""
    return sum(1 << GROUPS.index(each) for each in set(groups))


def groups_in(bits: int) -> tuple[str, ...]:
    """The names of the groups of such a number; one without a name is told by its number."""
    return tuple(
        GROUPS[at] if at < len(GROUPS) else f"group {at}"
        for at in range(bits.bit_length()) if bits >> at & 1
    )  # fmt: skip


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member, and the groups that he belongs to; none: he is to be a member no longer."""

    wallet: Wallet
    groups: tuple[str, ...]

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        return (self.wallet, bits_of(self.groups))

    @classmethod
    def read(cls, members: tuple[Any, ...]) -> Member:
        """From what contracts give."""
        wallet, groups = members
        return cls(wallet=Wallet(wallet.lower()), groups=groups_in(groups))


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How many must agree, who among them, how long it then waits, whether it needs a document.

    A payment needs less within the limit of the day: then `small_signatures` is not 0, and the
    amount (and the currency, unless it is the contract that is called) stands at a place, counted
    from one, among the words of the arguments. `exempt` may be given any amount.
    """

    signatures: int
    groups: tuple[str, ...] = ()
    delay_s: int = 0
    documented: bool = False
    small_signatures: int = 0
    small_groups: tuple[str, ...] = ()
    amount_at: int = 0
    money_at: int = 0
    exempt: Wallet = NOBODY

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        return (self.signatures, bits_of(self.groups), self.delay_s, self.documented,
                self.small_signatures, bits_of(self.small_groups), self.amount_at, self.money_at,
                self.exempt)  # fmt: skip

    @classmethod
    def read(cls, members: tuple[Any, ...]) -> Policy:
        """From what contracts give."""
        signatures, groups, delay_s, documented, small, small_groups, amount, money, exempt = (
            members
        )
        return cls(
            signatures=signatures, groups=groups_in(groups), delay_s=delay_s,
            documented=documented, small_signatures=small, small_groups=groups_in(small_groups),
            amount_at=amount, money_at=money, exempt=Wallet(exempt.lower()),
        )  # fmt: skip

    @property
    def two_at_least(self) -> bool:
        """Whether nobody can do it alone."""
        return self.signatures > 1


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A policy for a function of a contract; of whatever contract; or for all that none names."""

    policy: Policy
    target: Wallet = NOBODY
    selector: bytes = ANY_SELECTOR

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        return (self.target, self.selector, self.policy.members)

    @classmethod
    def read(cls, members: tuple[Any, ...]) -> Setting:
        """From what contracts give."""
        target, selector, policy = members
        return cls(target=Wallet(target.lower()), selector=bytes(selector),
                   policy=Policy.read(policy))  # fmt: skip


class Alike(msgspec.Struct, frozen=True):
    """A function, of whatever contract, that has the policy of a setting; counted from zero."""

    selector: bytes
    place: int

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        return (self.selector, self.place)


def folded(settings: Sequence[Setting]) -> tuple[list[Setting], list[Alike]]:
    """The same policies said once each: what else has one, of whatever contract, is like it."""
    kept: list[Setting] = []
    alike: list[Alike] = []
    for each in settings:
        same = next((place for place, one in enumerate(kept) if one.policy == each.policy), None)
        named = each.target == NOBODY and each.selector != ANY_SELECTOR
        if same is None or not named:
            kept.append(each)
        else:
            alike.append(Alike(each.selector, same))
    return kept, alike


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a currency that as few as a small payment needs may pay within a day, UTC."""

    money: Wallet
    units: int

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        return (self.money, self.units)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is proposed: what is called with which data, and why.

    `code` is a reason, `document` the hash of what says so; both may be empty.
    """

    target: Wallet
    data: bytes
    salt: bytes
    code: int = 0
    document: bytes = bytes(32)

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        return (self.target, self.data, self.salt, self.code, self.document)

    @property
    def id(self) -> bytes:
        """By which the council knows it."""
        return keccak(wallet_word(self.target) + keccak(self.data) + self.salt
                      + number_word(self.code) + self.document)  # fmt: skip

    def approval(self, council: Wallet, chain_id: int, number: int, deadline: int
                 ) -> dict[str, Any]:  # fmt: skip
        """What a member signs (EIP-712) to agree; `number`: how often he changed his mind."""
        fields = {"target": "address", "data": "bytes", "salt": "bytes32", "code": "uint256",
                  "document": "bytes32", "number": "uint256", "deadline": "uint256"}  # fmt: skip
        domain = {"name": "string", "version": "string", "chainId": "uint256",
                  "verifyingContract": "address"}  # fmt: skip
        return {
            "types": {name: [{"name": each, "type": kind} for each, kind in kinds.items()]
                      for name, kinds in (("EIP712Domain", domain), ("Approval", fields))},
            "primaryType": "Approval",
            "domain": {"name": "Tallystick", "version": "1", "chainId": chain_id,
                       "verifyingContract": council},
            "message": {"target": self.target, "data": "0x" + self.data.hex(),
                        "salt": "0x" + self.salt.hex(), "code": self.code,
                        "document": "0x" + self.document.hex(), "number": number,
                        "deadline": deadline},
        }  # fmt: skip
