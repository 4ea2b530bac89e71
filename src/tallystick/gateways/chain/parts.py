"""Work on many things at once, split into as few transactions as the chain's limit lets pass.

Each part is an intent of its own whose key says from where to where it goes. What was begun stands
in the outbox, so that work that was interrupted goes on with the parts it was split into, and
nothing is done twice. A part that the chain refused is tried anew when the work is done again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeVar

import msgspec

from tallystick.core.errors import Refused
from tallystick.gateways.chain.intents import Done, Intent
from tallystick.gateways.chain.outbox import GAS_TOO_HIGH, Outbox, Signer

T = TypeVar("T")
DIGEST_LENGTH = 16
PART_MAX = 100
PARTS_AHEAD_MAX = 50


class Work(msgspec.Struct, frozen=True):
    """So many things to be done at one contract; `encode` gives the call for some of them."""

    key: str
    recipient: str
    count: int
    encode: Callable[[int, int], str]

    @classmethod
    def left(
        cls, key: str, recipient: str, members: Sequence[T], encode: Callable[[Sequence[T]], str]
    ) -> Work:
        """Work on what is left of something: with other members under the same key it is another.

        So it is finished after it was cut off, though fewer members are left.
        """
        digest = sha256(repr(members).encode()).hexdigest()[:DIGEST_LENGTH]
        return cls(f"{key}/{digest}", recipient, len(members),
                   lambda start, end: encode(members[start:end]))  # fmt: skip


def carry_out_work(
    outbox: Outbox, work: Work, signer: Signer, *,
    report: Callable[[int, int], None] | None = None,
) -> list[Done]:  # fmt: skip
    """Carry out all of it in order; parts done before are only looked up.

    Raises `Refused` with the reason of the first part that the chain refuses; those before it are
    done, and nothing after it.
    """
    outbox.reconcile()
    done: list[Done] = []
    start, size = 0, PART_MAX
    while start < work.count:
        parts: list[tuple[Intent, int]] = []
        refused: Refused | None = None
        while start < work.count and len(parts) < PARTS_AHEAD_MAX and refused is None:
            try:
                part, start, size = _begin_part(outbox, work, start, size, signer)
                parts.append((part, start))
            except Refused as error:
                refused = error
        for part, end in parts:
            done.append(outbox.complete(part, signer))
            if report is not None:
                report(end, work.count)
        if refused is not None:
            raise refused
    return done


def _begin_part(
    outbox: Outbox, work: Work, start: int, size: int, signer: Signer
) -> tuple[Intent, int, int]:
    """Begin the part that starts there, halved until it fits; its intent, end and size."""
    end = outbox.intents.part_begun(work.key, start)
    if end is not None:
        intent = _part(work, start, end, signer)
        outbox.begin_anew(intent, signer)
        return intent, end, size
    while True:
        end = min(start + size, work.count)
        intent = _part(work, start, end, signer)
        try:
            outbox.begin([intent], signer)
        except Refused as error:
            if error.code != GAS_TOO_HIGH or end - start == 1:
                raise
            size = (end - start) // 2
        else:
            return intent, end, size


def _part(work: Work, start: int, end: int, signer: Signer) -> Intent:
    key = f"{work.key}/{start}-{end}"
    return Intent(key, signer.wallet, work.recipient, work.encode(start, end))
