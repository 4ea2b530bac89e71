"""Meetings: what is voted on by whom, and a recount of what was cast from the ballot's events."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet
from tallystick.core.words import number_word, wallet_word
from tallystick.securities.ballots.polls import Item, Result, decide

CLASSES_MAX, ITEMS_MAX = 8, 32
Members = dict[str, Any]


class Voting(msgspec.Struct, frozen=True, kw_only=True):
    """A class that votes: votes of its smallest unit, number and time of its record date."""

    token: Wallet
    votes: int
    record_date: int
    record_at: int

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        return (self.token, self.votes, self.record_date, self.record_at)


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting as the chain has it.

    Times are UTC seconds, `document` is a salted hash of the notice.
    """

    registry: Wallet
    opens_at: int
    closes_at: int
    quorum_bps: int
    classes: tuple[Voting, ...]
    items: tuple[Item, ...]
    treasury: tuple[Wallet, ...]
    document: bytes

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        return (self.registry, self.opens_at, self.closes_at, self.quorum_bps,
                [each.members for each in self.classes], [each.members for each in self.items],
                list(self.treasury), self.document)  # fmt: skip

    @property
    def id(self) -> bytes:
        """keccak-256 of its ABI encoding."""
        classes = [number_word(len(self.classes))]
        for each in self.classes:
            classes += [wallet_word(each.token), number_word(each.votes),
                        number_word(each.record_date), number_word(each.record_at)]  # fmt: skip
        items = [number_word(len(self.items))]
        for item in self.items:
            items += [number_word(int(getattr(item, name))) for name in item.__struct_fields__]
        head = 8 * 32
        treasury_at = head + 32 * (len(classes) + len(items))
        words = [
            number_word(32), wallet_word(self.registry), number_word(self.opens_at),
            number_word(self.closes_at), number_word(self.quorum_bps), number_word(head),
            number_word(head + 32 * len(classes)), number_word(treasury_at), self.document,
            *classes, *items, number_word(len(self.treasury)),
            *(wallet_word(wallet) for wallet in self.treasury),
        ]  # fmt: skip
        return keccak(b"".join(words))


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """A vote as it stands: by whom it was cast for whom, and how."""

    owner: Wallet
    by: Wallet
    amounts: tuple[int, ...]


class Count(msgspec.Struct):
    """Votes of one meeting, counted from events alone: the last of each owner stands."""

    # (item, class, owner) -> vote
    votes: dict[tuple[int, int, Wallet], Cast] = msgspec.field(default_factory=dict)
    proxies: dict[Wallet, Wallet] = msgspec.field(default_factory=dict)
    cancelled: bool = False

    def apply(self, name: str, members: Members) -> None:
        """Take up one event of the meeting."""
        if name == "Cast":
            owner = Wallet(members["owner"])
            key = (members["item"], members["share_class"], owner)
            self.votes[key] = Cast(owner=owner, by=Wallet(members["by"]),
                                   amounts=tuple(members["amounts"]))  # fmt: skip
        elif name == "ProxyAppointed":
            self.proxies[Wallet(members["owner"])] = Wallet(members["proxy"])
        elif name == "MeetingCancelled":
            self.cancelled = True

    def tally(self, item: int, share_class: int, options: int) -> list[int]:
        """Votes by option on an item in one class."""
        sums = [0] * options
        for (voted_on, of_class, _), vote in self.votes.items():
            if (voted_on, of_class) == (item, share_class):
                sums = [one + other for one, other in zip(sums, vote.amounts, strict=True)]
        return sums

    def result(self, meeting: Meeting, item: int, all_votes: list[int]) -> Result:
        """What an item came to, given all the votes that there are in each class."""
        options = meeting.items[item].options
        by_class = [(self.tally(item, at, options), every) for at, every in enumerate(all_votes)]
        return decide(meeting.items[item], by_class, meeting.quorum_bps)
