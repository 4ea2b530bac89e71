"""Screening of investors against lists of sanctions, reviewed by a person.

What a screening found and what was decided of it stand in the business journal: home wallets and
the numbers of the list, no names. Who is like nobody has the claim `screened`; who is like somebody
has it not until he is reviewed. Whoever is confirmed is stopped in every security.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from tallystick.app.acts import Reason
from tallystick.app.controls import stop
from tallystick.app.csv_rows import Row, Table
from tallystick.app.workspace import REGISTRY, Workspace
from tallystick.core.errors import Conflict, NotFound
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.parts import Work
from tallystick.securities.claims import Claim
from tallystick.securities.packing import pack_record
from tallystick.securities.sanctions import Listed, Match, screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COLUMNS = ("entry", "name", "aliases")
RUN, REVIEW = "screening", "screening-review"
OUTCOMES = ("different-person", "same-person")


class Screening(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal keeps of a screening: the list by its hash, and who was like whom."""

    key: str
    list_hash: str
    entries: int
    people: int
    until_day: int
    matches: tuple[Match, ...]


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decided of a match, and the hash of the document that says why."""

    key: str
    screening: str
    who: Wallet
    entry: str
    seal: str
    outcome: str
    by: str
    document: str


def read_list(text: str, path: str) -> list[Listed]:
    """A list of sanctions in CSV; further names of an entry are separated by semicolons.

    Raises `InvalidFile` with every defect of every row.
    """
    table = Table(text, path, columns=COLUMNS, required=("entry", "name"))
    listed = [_listed(row) for row in table.rows]
    table.name_duplicates("entry")
    table.finish("list-invalid")
    return listed


def _listed(row: Row) -> Listed:
    aliases = [alias.strip() for alias in row.text("aliases").split(";") if alias.strip()]
    return Listed(entry=row.required("entry"), names=(row.required("name"), *aliases))


def run(
    workspace: Workspace, text: str, path: str, *, until_day: int, least: int, key: str,
    report: Callable[[int, int], None] | None = None,
) -> Screening:  # fmt: skip
    """Compare everybody with a list, and state the claim of those who are like nobody."""
    found = _known(workspace, key)
    if found is None:
        listed = read_list(text, path)
        people = {home: person.name for home, person in workspace.vault.people().items()}
        found = Screening(
            key=key,
            list_hash=sha256(text.encode()).hexdigest(),
            entries=len(listed),
            people=len(people),
            until_day=until_day,
            matches=tuple(screen(people, listed, least=least, report=report)),
        )
        workspace.journal.append(RUN, msgspec.to_builtins(found), at_s=workspace.now())
    alike = {match.who for match in found.matches} - _cleared(workspace, found)
    wanted = {home: 0 if home in alike else found.until_day for home in workspace.vault.people()}
    _state(workspace, wanted, key)
    return found


def pending(workspace: Workspace) -> list[tuple[Screening, Match]]:
    """Matches of the last screening that nobody has reviewed."""
    runs = [msgspec.convert(entry.body, Screening) for entry in workspace.journal.entries(RUN)]
    if not runs:
        return []
    last, done = runs[-1], _decided(workspace)
    return [
        (last, match) for match in last.matches if (match.who, match.entry, match.seal) not in done
    ]


def clear_until(workspace: Workspace, home: Wallet, *, known_since: int) -> int:
    """Until which UTC day somebody is screened by the last run, if that came after he was known.

    0 if it did not, or if somebody alike has not been found to be another. `known_since` is a place
    in the journal.
    """
    last = None
    for entry in workspace.journal.entries(RUN):
        last = entry
    if last is None or last.place < known_since:
        return 0
    screening = msgspec.convert(last.body, Screening)
    alike = {match.who for match in screening.matches} - _cleared(workspace, screening)
    return 0 if home in alike else screening.until_day


def review(
    workspace: Workspace, who: Wallet, entry: str, outcome: str, *, by: str, document: bytes,
    key: str,
) -> Review:  # fmt: skip
    """Decide of a match. Raises `NotFound` if it is not open, `Conflict` for no outcome."""
    for earlier in workspace.journal.entries(REVIEW):
        if earlier.body["key"] == key:
            return _carry_out(workspace, msgspec.convert(earlier.body, Review))
    if outcome not in OUTCOMES:
        raise Conflict("outcome-unknown", f"{outcome!r} is no outcome of a review",
                       cure=f"Known are: {', '.join(OUTCOMES)}.")  # fmt: skip
    found = [
        (run, each) for run, each in pending(workspace) if (each.who, each.entry) == (who, entry)
    ]
    if not found:
        raise NotFound("match-unknown", f"No match of {show_wallet(who)} with {entry} is open",
                       cure="See those that are with `screen pending`.")  # fmt: skip
    [(screening, match)] = found
    made = Review(
        key=key, screening=screening.key, who=who, entry=entry, seal=match.seal, outcome=outcome,
        by=by, document=sha256(document).hexdigest(),
    )  # fmt: skip
    workspace.journal.append(REVIEW, msgspec.to_builtins(made), at_s=workspace.now())
    return _carry_out(workspace, made)


def _carry_out(workspace: Workspace, made: Review) -> Review:
    """Do on the chain what was decided: state the claim, or stop the investor everywhere."""
    screening = _known(workspace, made.screening)
    if made.outcome == "same-person":
        reason = Reason("sanctions", bytes.fromhex(made.document))
        for security in workspace.securities():
            stop(workspace, security, made.who, reason, lift=False,
                 key=f"{made.key}/{security.symbol}")  # fmt: skip
        return made
    if screening is not None and made.who in _cleared(workspace, screening):
        _state(workspace, {made.who: screening.until_day}, made.key)
    return made


def _known(workspace: Workspace, key: str) -> Screening | None:
    for entry in workspace.journal.entries(RUN):
        if entry.body["key"] == key:
            return msgspec.convert(entry.body, Screening)
    return None


def _decided(workspace: Workspace) -> dict[tuple[Wallet, str, str], str]:
    """Outcomes of all reviews; one counts as long as the entry has the same names."""
    reviews = (msgspec.convert(entry.body, Review) for entry in workspace.journal.entries(REVIEW))
    return {(each.who, each.entry, each.seal): each.outcome for each in reviews}


def _cleared(workspace: Workspace, screening: Screening) -> set[Wallet]:
    """Those of whom every match was found to be somebody else."""
    decided = _decided(workspace)
    unclear = {
        match.who
        for match in screening.matches
        if decided.get((match.who, match.entry, match.seal)) != "different-person"
    }
    return {match.who for match in screening.matches} - unclear


def _state(workspace: Workspace, wanted: dict[Wallet, int], key: str) -> None:
    """State the claim of everybody for whom it is another than it was."""
    registry = workspace.book().registry
    changed: list[tuple[Wallet, int]] = []
    for home, day in sorted(wanted.items()):
        investor = registry.investors.get(home)
        if investor is None or investor.claims.expiry_days[Claim.SCREENED] == day:
            continue
        record = pack_record(
            number=investor.number,
            country=investor.country,
            claims=investor.claims.stated(Claim.SCREENED, day),
            owners=investor.owners,
            watched=investor.watched,
        )
        changed.append((home, record))
    if changed:
        _act(workspace, changed, key)


def _act(workspace: Workspace, changed: Sequence[tuple[Wallet, int]], key: str) -> None:
    def encode(part: Sequence[tuple[Wallet, int]]) -> str:
        return REGISTRY.function("setRecords").encode(
            [home for home, _ in part], [record for _, record in part]
        )

    registry = workspace.founding.registry
    workspace.act_on_many("agent", Work.left(f"{key}/screened", registry, changed, encode))
