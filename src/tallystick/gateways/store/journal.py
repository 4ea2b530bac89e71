"""The business journal: what people decided and what a calculation was given, hash-chained.

Each entry bears the hash of the one before, so that an entry that was changed, removed or slipped
in is found by reading through. No personal data: a body names investors by their number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from tallystick.core.canonical import canonical_json
from tallystick.core.errors import Unavailable
from tallystick.core.hashing import keccak
from tallystick.gateways.store.schema import JOURNAL

if TYPE_CHECKING:
    from collections.abc import Iterator

GENESIS = bytes(32)


class Entry(msgspec.Struct, frozen=True):
    """One entry: its place from 1, time in UTC seconds, kind and body."""

    place: int
    at_s: int
    kind: str
    body: Any
    hash: bytes


def _hash(previous: bytes, place: int, at_s: int, kind: str, body: bytes) -> bytes:
    head = canonical_json([place, at_s, kind])
    digest: bytes = keccak(previous + len(head).to_bytes(4, "big") + head + body)
    return digest


class BusinessJournal:
    """The journal in the store."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def append(self, kind: str, body: Any, *, at_s: int) -> Entry:
        """Add an entry; it is on the disk when this returns."""
        data = canonical_json(body)
        last = sa.select(JOURNAL.c.place, JOURNAL.c.hash).order_by(JOURNAL.c.place.desc()).limit(1)
        with self._engine.begin() as connection:
            row = connection.execute(last).one_or_none()
            place, previous = (row.place + 1, row.hash) if row else (1, GENESIS)
            digest = _hash(previous, place, at_s, kind, data)
            connection.execute(
                JOURNAL.insert().values(
                    place=place, at_s=at_s, kind=kind, body=data, previous=previous, hash=digest
                )
            )
        return Entry(place, at_s, kind, body, digest)

    def entries(self, *kinds: str) -> Iterator[Entry]:
        """Entries in order, of some kinds or of all; each is verified as it is read.

        Raises `Unavailable` at the first entry that is not as it was written.
        """
        previous = GENESIS
        expected = 1
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(JOURNAL).order_by(JOURNAL.c.place))
            for row in rows:
                digest = _hash(previous, row.place, row.at_s, row.kind, row.body)
                intact = row.place == expected and row.previous == previous
                if not intact or digest != row.hash:
                    raise Unavailable(
                        "journal-broken",
                        f"Entry {expected} of the business journal is not as it was written",
                        cure="Restore the data directory from a backup.",
                    )
                previous, expected = row.hash, expected + 1
                if not kinds or row.kind in kinds:
                    body = msgspec.json.decode(row.body)
                    yield Entry(row.place, row.at_s, row.kind, body, row.hash)
