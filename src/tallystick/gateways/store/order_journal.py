"""The order journal: entries in order, each bound to all before it, committed in groups.

What was appended is on the disk when `append` returns. One writer at a time: each begins a term of
its own, and one whose term is over can append nothing any more, whatever it believes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import msgspec
import sqlalchemy as sa

from tallystick.core.errors import Conflict, Unavailable
from tallystick.markets.venue.entries import Journaled
from tallystick.markets.venue.events import Event

_METADATA = sa.MetaData()

# Entries that were committed together, with what came of each.
_GROUP = sa.Table(
    "entries", _METADATA,
    sa.Column("last", sa.Integer, primary_key=True),
    sa.Column("first", sa.Integer, nullable=False, unique=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)  # fmt: skip

_TERM = sa.Table(
    "term", _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
)  # fmt: skip

_SNAPSHOT = sa.Table(
    "snapshot", _METADATA,
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("state_hash", sa.String(64), nullable=False),
    sa.Column("state", sa.LargeBinary, nullable=False),
)  # fmt: skip

# One statement, so that nobody can begin a term between the question and the writing.
_APPEND = _GROUP.insert().from_select(
    ["last", "first", "body", "hash"],
    sa.select(
        sa.bindparam("p_last", type_=sa.Integer), sa.bindparam("p_first", type_=sa.Integer),
        sa.bindparam("p_body", type_=sa.LargeBinary), sa.bindparam("p_hash", type_=sa.LargeBinary),
    ).where(
        sa.select(sa.func.max(_TERM.c.number)).scalar_subquery()
        == sa.bindparam("p_term", type_=sa.Integer)
    ),
)  # fmt: skip

SNAPSHOTS_KEPT = 2
READ_AT_ONCE = 256
GENESIS = b"\x00" * 32

Told = tuple[Journaled, list[Event]]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Told]).decode


class Kept(msgspec.Struct, frozen=True):
    """A state of the venue that was kept, with its hash, and the last entry in it."""

    place: int
    state_hash: str
    state: bytes


class OrderJournal:
    """The journal in one SQLite file or database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        _METADATA.create_all(engine)
        self._term = 0
        self._place, self._hash = self._last()

    # --- writing

    def begin_term(self) -> int:
        """Become the one who writes; whoever did before does no more. Returns the term."""
        with self._engine.begin() as connection:
            last = connection.execute(sa.select(sa.func.max(_TERM.c.number))).scalar() or 0
            connection.execute(_TERM.insert().values(number=last + 1))
            connection.execute(_TERM.delete().where(_TERM.c.number <= last))
        self._term = last + 1
        self._place, self._hash = self._last()
        return self._term

    def append(self, group: Sequence[Told]) -> None:
        """Add entries with what came of them, all or none; they are on the disk when this returns.

        Raises `Conflict` if another writer has begun a term since.
        """
        first = group[0][0].place
        if [journaled.place for journaled, _ in group] != [*range(first, first + len(group))] or (
            first != self._place + 1
        ):
            message = f"entries from {first} on do not follow {self._place}"
            raise ValueError(message)
        body = _encode(group)
        last, digest = first + len(group) - 1, sha256(self._hash + body).digest()
        with self._engine.begin() as connection:
            added = connection.execute(_APPEND, {
                "p_last": last, "p_first": first, "p_body": body, "p_hash": digest,
                "p_term": self._term,
            })  # fmt: skip
            if added.rowcount != 1:
                raise Conflict(
                    "venue-taken-over", "Another process runs the venue by now",
                    cure="Send orders to that one.",
                )  # fmt: skip
        self._place, self._hash = last, digest

    def keep(self, kept: Kept) -> None:
        """Keep a state to begin from; older ones are forgotten but for one."""
        with self._engine.begin() as connection:
            connection.execute(_SNAPSHOT.delete().where(_SNAPSHOT.c.place == kept.place))
            connection.execute(_SNAPSHOT.insert().values(msgspec.structs.asdict(kept)))
            newest = sa.select(_SNAPSHOT.c.place).order_by(_SNAPSHOT.c.place.desc())
            places = connection.execute(newest).scalars().all()
            connection.execute(
                _SNAPSHOT.delete().where(_SNAPSHOT.c.place.in_(places[SNAPSHOTS_KEPT:]))
            )

    # --- reading

    @property
    def place(self) -> int:
        """The place of the last entry; 0 if there is none."""
        return self._place

    def entries(self, since: int = 0) -> Iterator[Told]:
        """Entries after a place with what came of them, in order, as they are by now.

        Raises `Unavailable` at one that is not as it was written.
        """
        place, digest = self._before(since + 1)
        while rows := self._rows(place):
            for row in rows:
                if row.first != place + 1 or sha256(digest + row.body).digest() != row.hash:
                    raise Unavailable(
                        "order-journal-broken",
                        f"Entry {place + 1} of the order journal, or one committed with it, is "
                        "not as it was written",
                        cure="Restore the data directory from a backup.",
                    )
                place, digest = row.last, row.hash
                for journaled, events in _decode(row.body):
                    if journaled.place > since:
                        yield journaled, events

    def kept(self) -> Iterator[Kept]:
        """States to begin from, the latest first."""
        with self._engine.connect() as connection:
            query = sa.select(_SNAPSHOT).order_by(_SNAPSHOT.c.place.desc())
            for row in connection.execute(query).all():
                yield Kept(row.place, row.state_hash, row.state)

    def _rows(self, after: int) -> Sequence[sa.Row[Any]]:
        query = (
            sa.select(_GROUP).where(_GROUP.c.last > after).order_by(_GROUP.c.last)
            .limit(READ_AT_ONCE)
        )  # fmt: skip
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    def _before(self, place: int) -> tuple[int, bytes]:
        """The last place and the hash of what was committed before that in which an entry is."""
        query = (
            sa.select(_GROUP.c.last, _GROUP.c.hash).where(_GROUP.c.last < place)
            .order_by(_GROUP.c.last.desc()).limit(1)
        )  # fmt: skip
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return (0, GENESIS) if row is None else (row.last, row.hash)

    def _last(self) -> tuple[int, bytes]:
        with self._engine.connect() as connection:
            last = connection.execute(sa.select(sa.func.max(_GROUP.c.last))).scalar() or 0
        return self._before(last + 1)
