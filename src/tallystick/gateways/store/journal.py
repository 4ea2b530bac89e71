"""The business journal: what people decided and what a calculation was given, hash-chained.

Each entry bears the hash of the one before, so that an entry that was changed, removed or slipped
in is found by reading through. No personal data: a body names investors by their number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from tallystick.core.canonical import canonical_json
from tallystick.core.errors import NotFound, Unavailable
from tallystick.core.hashing import keccak
from tallystick.gateways.store.schema import JOURNAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
        with self._engine.begin() as connection:
            return self.append_within(connection, kind, [body], at_s=at_s)[0]

    @staticmethod
    def append_within(
        connection: sa.Connection, kind: str, bodies: Iterable[Any], *, at_s: int
    ) -> list[Entry]:
        """Add entries within a transaction of the store; they are there when it commits."""
        last = sa.select(JOURNAL.c.place, JOURNAL.c.hash).order_by(JOURNAL.c.place.desc()).limit(1)
        row = connection.execute(last).one_or_none()
        place, previous = (row.place, row.hash) if row else (0, GENESIS)
        entries: list[Entry] = []
        rows: list[dict[str, Any]] = []
        for body in bodies:
            place += 1
            data = canonical_json(body)
            digest = _hash(previous, place, at_s, kind, data)
            rows.append({"place": place, "at_s": at_s, "kind": kind, "body": data,
                         "previous": previous, "hash": digest})  # fmt: skip
            entries.append(Entry(place, at_s, kind, body, digest))
            previous = digest
        if rows:
            connection.execute(JOURNAL.insert(), rows)
        return entries

    def entries(self, kind: str, *kinds: str) -> Iterator[Entry]:
        """Entries of some kinds, in order; each is verified as it is read.

        That none was removed or slipped in is for `verified` to say, which reads all of them.
        Raises `Unavailable` at the first entry that is not as it was written.
        """
        wanted = JOURNAL.c.kind.in_((kind, *kinds))
        query = sa.select(JOURNAL).where(wanted).order_by(JOURNAL.c.place)
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                yield _entry(row)

    def head(self) -> Entry:
        """The last entry. Raises `NotFound` if there is none."""
        query = sa.select(JOURNAL).order_by(JOURNAL.c.place.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound("journal-empty", "Nothing is in the business journal",
                           cure="Set the data directory up with `init`.")  # fmt: skip
        return _entry(row)

    def verified(self) -> Iterator[Entry]:
        """All entries in order, and that they are all there.

        Raises `Unavailable` at the first that is missing or not as it was written.
        """
        previous, place = GENESIS, 1
        with self._engine.connect() as connection:
            for row in connection.execute(sa.select(JOURNAL).order_by(JOURNAL.c.place)):
                if (row.place, row.previous) != (place, previous):
                    raise _broken(place)
                yield _entry(row)
                previous, place = row.hash, place + 1


def _entry(row: sa.Row[Any]) -> Entry:
    if _hash(row.previous, row.place, row.at_s, row.kind, row.body) != row.hash:
        raise _broken(row.place)
    return Entry(row.place, row.at_s, row.kind, msgspec.json.decode(row.body), row.hash)


def _broken(place: int) -> Unavailable:
    return Unavailable(
        "journal-broken",
        f"Entry {place} of the business journal is not as it was written",
        cure="Restore the data directory from a backup.",
    )
