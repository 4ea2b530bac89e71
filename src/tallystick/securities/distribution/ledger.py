"""What became of distributions: a fold of the distributor's events, in their order."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.wallets import Wallet
from tallystick.securities.distribution.declared import Announcement, Distribution

ANNOUNCED, PUBLISHED, STOPPED, EXPIRED = "announced", "published", "stopped", "expired"
UNKNOWN = "not announced"
# As the chain numbers them.
STATUSES = (UNKNOWN, ANNOUNCED, PUBLISHED, STOPPED, EXPIRED)
BANK, REINVESTED = 1, 2

Members = dict[str, Any]


class Record(msgspec.Struct, kw_only=True):
    """A distribution and what was paid of it.

    `paid` are places of its list with the UTC seconds of their payment. `withheld` is by place
    where it was told so, `withheld_pages` the sum for pages. `elsewhere` is what was paid by bank
    or reinvested, by place, with the means.
    """

    announcement: Announcement
    distribution: Distribution
    status: str = ANNOUNCED
    opens_at: int = 0
    paid: dict[int, int] = msgspec.field(default_factory=dict)
    receivers: dict[int, tuple[Wallet, int]] = msgspec.field(default_factory=dict)
    withheld: dict[int, int] = msgspec.field(default_factory=dict)
    withheld_pages: int = 0
    elsewhere: dict[int, tuple[int, int]] = msgspec.field(default_factory=dict)
    returned: int = 0
    stopped_for: int = 0
    # Who asked to be shown his place and was not yet, and until when he must be (UTC seconds).
    demands: dict[Wallet, int] = msgspec.field(default_factory=dict)
    # What the cash token refused to give to the payer.
    owed_to_payer: int = 0


class Ledger(msgspec.Struct):
    """Distributions by their ids, as they are named now, in the order of their announcement."""

    records: dict[bytes, Record] = msgspec.field(default_factory=dict)

    def by_reference(self, reference: bytes) -> Record | None:
        """The last distribution of an announcement."""
        found = [each for each in self.records.values()
                 if each.distribution.reference == reference]  # fmt: skip
        return found[-1] if found else None

    def apply(self, name: str, members: Members, now_s: int) -> None:
        """Take up one event, of a block of that time in UTC seconds."""
        handler = EVENTS.get(name)
        if handler is not None:
            handler(self, members, now_s)

    def of(self, members: Members) -> Record:
        """The distribution an event is about. Raises `Invalid` if it was never announced."""
        found = self.records.get(members["id"])
        if found is None:
            raise Invalid("event-out-of-order", f"{members['id'].hex()} was never announced",
                          cure="Read the logs from the beginning.")  # fmt: skip
        return found


def _announced(ledger: Ledger, members: Members, now_s: int) -> None:
    security, date, at_s, challenge_s, treasury, document = members["announcement"]
    announcement = Announcement(
        security=Wallet(security), record_date=date, record_at=at_s, challenge_s=challenge_s,
        treasury=tuple(Wallet(each) for each in treasury), document=document,
    )  # fmt: skip
    names = Distribution.__struct_fields__
    found = Distribution(**dict(zip(names, members["distribution"], strict=True)))
    record = Record(announcement=announcement, distribution=found)
    if found.total:
        record.status, record.opens_at = PUBLISHED, now_s + challenge_s
    ledger.records[members["id"]] = record


def _published(ledger: Ledger, members: Members, now_s: int) -> None:
    before = ledger.records.pop(members["announced"])
    changed = {name: members[name] for name in ("root", "total", "holders", "withholding")}
    before.distribution = msgspec.structs.replace(before.distribution, **changed)
    before.status, before.opens_at = PUBLISHED, now_s + before.announcement.challenge_s
    ledger.records[members["id"]] = before


def _paid(ledger: Ledger, members: Members, now_s: int) -> None:
    record = ledger.of(members)
    record.paid[members["index"]] = now_s
    record.receivers[members["index"]] = (Wallet(members["receiver"]), members["amount"])


def _page_paid(ledger: Ledger, members: Members, now_s: int) -> None:
    record, start, bits = ledger.of(members), members["start"], members["paid"]
    record.paid.update({start + at: now_s for at in range(bits.bit_length()) if bits >> at & 1})
    record.withheld_pages += members["withheld"]


def _withheld(ledger: Ledger, members: Members, _now_s: int) -> None:
    ledger.of(members).withheld[members["index"]] = members["amount"]


def _paid_elsewhere(ledger: Ledger, members: Members, _now_s: int) -> None:
    ledger.of(members).elsewhere[members["index"]] = (members["means"], members["amount"])


def _stopped(ledger: Ledger, members: Members, _now_s: int) -> None:
    record = ledger.of(members)
    record.status, record.returned = STOPPED, record.distribution.amount
    record.stopped_for = members.get("code", 0)


def _expired(ledger: Ledger, members: Members, _now_s: int) -> None:
    record = ledger.of(members)
    record.status, record.returned = EXPIRED, members["amount"]


def _demanded(ledger: Ledger, members: Members, _now_s: int) -> None:
    record = ledger.of(members)
    record.demands[Wallet(members["wallet"])] = members["until"]
    record.opens_at = max(record.opens_at, members["until"])


def _answered(ledger: Ledger, members: Members, _now_s: int) -> None:
    ledger.of(members).demands.pop(Wallet(members["wallet"]), None)


def _owed_to_payer(ledger: Ledger, members: Members, _now_s: int) -> None:
    ledger.of(members).owed_to_payer += members["amount"]


def _paid_to_payer(ledger: Ledger, members: Members, _now_s: int) -> None:
    ledger.of(members).owed_to_payer -= members["amount"]


EVENTS = {
    "Announced": _announced,
    "Published": _published,
    "Paid": _paid,
    "PagePaid": _page_paid,
    "Withheld": _withheld,
    "PaidElsewhere": _paid_elsewhere,
    "Stopped": _stopped,
    "Challenged": _stopped,
    "Expired": _expired,
    "Demanded": _demanded,
    "Answered": _answered,
    "OwedToPayer": _owed_to_payer,
    "PaidToPayer": _paid_to_payer,
}
