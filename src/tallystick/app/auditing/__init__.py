"""Rebuilds everything from the chain and the journal, and names every difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from tallystick.app.auditing.acts import acts
from tallystick.app.auditing.anchored import anchored
from tallystick.app.auditing.baskets import baskets
from tallystick.app.auditing.books import books
from tallystick.app.auditing.chain import chain
from tallystick.app.auditing.comparing import CALLS_AT_ONCE, Check, Difference, Fact, differences
from tallystick.app.auditing.councils import councils
from tallystick.app.auditing.meetings import meetings
from tallystick.app.auditing.offerings import offerings
from tallystick.app.auditing.payments import payments
from tallystick.app.auditing.redemptions import redemptions
from tallystick.app.auditing.registers import registers
from tallystick.gateways.chain.indexer import rebuild

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.fold import Book

Part = Callable[["Workspace", "Book"], Iterator[Check | Fact]]

# What is looked at, in this order.
PARTS: tuple[tuple[str, Part], ...] = (
    ("chain", chain),
    ("acts", acts),
    ("books", books),
    ("registers", registers),
    ("payments", payments),
    ("redemptions", redemptions),
    ("meetings", meetings),
    ("offerings", offerings),
    ("baskets", baskets),
    ("anchors", anchored),
    ("council", councils),
)

__all__ = ["Audit", "Difference", "audit"]


class Audit(msgspec.Struct, frozen=True):
    """What was compared, as of which block, where it differs; how many figures of each part."""

    block: int
    compared: int
    differences: tuple[Difference, ...]
    parts: dict[str, int] = {}


def audit(workspace: Workspace, *, report: Callable[[int, int], None] | None = None) -> Audit:
    """Rebuild registers, counters, payments, tallies and allocations, and compare them.

    Raises `Unavailable` if an entry of the journal, or a sealed text, is not as it was written.
    """
    founding = workspace.founding
    book = rebuild(workspace.rpc, founding.registry, since=founding.since)
    counts: dict[str, int] = {}
    found: list[Difference] = []
    for number, (name, part) in enumerate(PARTS, start=1):
        checks = part(workspace, book)
        counts[name] = 0
        while some := list(islice(checks, CALLS_AT_ONCE)):
            found += differences(workspace, some, book.block)
            counts[name] += len(some)
        if report is not None:
            report(number, len(PARTS))
    return Audit(book.block, sum(counts.values()), tuple(found), counts)
