"""Screening of investors against lists of sanctions, reviewed by a person.

What a screening found and what was decided of it stand in the business journal: home wallets and
the numbers of the list, no names. Of each list the last screening counts. Who is like nobody of any
has the claim `screened`; who is like somebody has it not until he is reviewed. Whoever is confirmed
is stopped in every security, also in those issued later, and is never cleared by another list.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app import admission
from tallystick.app.acts import Reason
from tallystick.app.controls import stop
from tallystick.app.csv_rows import Row, Table
from tallystick.app.keys import require_same
from tallystick.app.workspace import REGISTRY, ListedSecurity, Workspace
from tallystick.core.errors import Conflict, Invalid, NotFound
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.parts import Work
from tallystick.securities.claims import Claim
from tallystick.securities.packing import pack_record
from tallystick.securities.sanctions import Listed, Match, screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COLUMNS = ("entry", "name", "aliases")
RUN, REVIEW = "screening", "screening-review"
DIFFERENT, SAME = "different-person", "same-person"
OUTCOMES = (DIFFERENT, SAME)


class Screening(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal keeps of a screening: the list by name and hash, and who was like whom."""

    key: str
    list_name: str
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


class Run(msgspec.Struct, frozen=True):
    """A screening, and its place in the journal: whoever came later was not compared."""

    place: int
    screening: Screening


def run(
    workspace: Workspace, text: str, path: str, *, list_name: str, until_day: int, least: int,
    key: str, report: Callable[[int, int], None] | None = None,
) -> Screening:  # fmt: skip
    """Compare everybody with a list, and state the claim of those who are like nobody.

    Raises `Conflict` if the key stands for another screening, `Invalid` if the day has come.
    """
    found = _known(workspace, key)
    list_hash = sha256(text.encode()).hexdigest()
    asked = (list_name, list_hash, until_day)
    if found is not None:
        require_same(asked, (found.list_name, found.list_hash, found.until_day))
    if found is None:
        if until_day <= workspace.now() // DAY_S:
            raise Invalid("evidence-ended", "That day has come already", where="--until",
                          cure="Name the first day on which it no longer holds.")  # fmt: skip
        listed = read_list(text, path)
        people = {home: person.names for home, person in workspace.vault.people().items()}
        found = Screening(
            key=key,
            list_name=list_name,
            list_hash=list_hash,
            entries=len(listed),
            people=len(people),
            until_day=until_day,
            matches=tuple(screen(people, listed, least=least, report=report)),
        )
        workspace.journal.append(RUN, msgspec.to_builtins(found), at_s=workspace.now())
    state_everybody(workspace, key)
    return found


def state_everybody(workspace: Workspace, key: str) -> None:
    """State the claim of everybody as the last screening of each list and the reviews say."""
    clear = Clearance(workspace)
    wanted = {home: clear.until_day(home) for home in workspace.vault.people()}
    _state(workspace, wanted, key)


class Clearance:
    """Until when each is screened, by the last screening of each list and what was decided."""

    def __init__(self, workspace: Workspace) -> None:
        self._known_since = admission.known_since(workspace)
        self._decided = _decided(workspace)
        self.runs = _last_runs(workspace)
        self.barred = {who for (who, _, _), outcome in self._decided.items() if outcome == SAME}

    def until_day(self, home: Wallet) -> int:
        """The UTC day until which somebody is screened; 0 if he is not."""
        known = self._known_since.get(home)
        if not self.runs or home in self.barred or known is None:
            return 0
        if any(run.place < known or self.open_matches(run, home) for run in self.runs):
            return 0
        return min(run.screening.until_day for run in self.runs)

    def open_matches(self, run: Run, home: Wallet | None = None) -> list[Match]:
        """Matches of a run that nobody has reviewed, of one or of everybody."""
        return [
            match
            for match in run.screening.matches
            if (home is None or match.who == home)
            and (match.who, match.entry, match.seal) not in self._decided
        ]


def pending(workspace: Workspace) -> list[tuple[Screening, Match]]:
    """Matches of the last screening of each list that nobody has reviewed."""
    clear = Clearance(workspace)
    return [(run.screening, match) for run in clear.runs for match in clear.open_matches(run)]


def barred(workspace: Workspace) -> set[Wallet]:
    """Those who were found to be on a list."""
    return Clearance(workspace).barred


def stop_barred(workspace: Workspace, security: ListedSecurity) -> None:
    """Stop those who were found to be on a list in a security that was issued since."""
    held_back = barred(workspace)
    registered = workspace.book().registry.homes if held_back else {}
    for entry in workspace.journal.entries(REVIEW):
        made = msgspec.convert(entry.body, Review)
        if made.outcome == SAME and made.who in registered and made.who in held_back:
            reason = Reason("sanctions", bytes.fromhex(made.document))
            stop(workspace, security, made.who, reason, lift=False,
                 key=f"{made.key}/{security.symbol}")  # fmt: skip


def review(
    workspace: Workspace, who: Wallet, entry: str, outcome: str, *, by: str, document: bytes,
    key: str,
) -> Review:  # fmt: skip
    """Decide of a match, or decide otherwise of one that was confirmed.

    Raises `NotFound` if there is none, `Conflict` for no outcome, or if the key stands for another
    decision.
    """
    for earlier in workspace.journal.entries(REVIEW):
        if earlier.body["key"] == key:
            return _carry_out(workspace, _same(earlier.body, who, entry, outcome))
    if outcome not in OUTCOMES:
        raise Conflict("outcome-unknown", f"{outcome!r} is no outcome of a review",
                       cure=f"Known are: {', '.join(OUTCOMES)}.")  # fmt: skip
    decided = _decided(workspace)
    found = {
        match.seal: run.screening.key
        for run in _last_runs(workspace)
        for match in run.screening.matches
        if (match.who, match.entry) == (who, entry)
        and decided.get((who, entry, match.seal)) != DIFFERENT
    }
    if not found:
        raise NotFound("match-unknown", f"No match of {show_wallet(who)} with {entry} is open",
                       cure="See those that are with `screen pending`.")  # fmt: skip
    salt = bytes.fromhex(workspace.vault.pseudonym(f"document/{key}"))
    for seal, screening in found.items():
        made = Review(
            key=key, screening=screening, who=who, entry=entry, seal=seal, outcome=outcome,
            by=by, document=sha256(salt + sha256(document).digest()).hexdigest(),
        )  # fmt: skip
        workspace.journal.append(REVIEW, msgspec.to_builtins(made), at_s=workspace.now())
    return _carry_out(workspace, made)


def _same(body: Any, who: Wallet, entry: str, outcome: str) -> Review:
    known = msgspec.convert(body, Review)
    require_same((who, entry, outcome), (known.who, known.entry, known.outcome))
    return known


def _carry_out(workspace: Workspace, made: Review) -> Review:
    """Do on the chain what was decided: state the claim, and stop the investor everywhere."""
    if made.outcome == SAME:
        for security in workspace.securities():
            stop_barred(workspace, security)
    _state(workspace, {made.who: Clearance(workspace).until_day(made.who)}, made.key)
    return made


def _last_runs(workspace: Workspace) -> list[Run]:
    """The last screening with each list."""
    last: dict[str, Run] = {}
    for entry in workspace.journal.entries(RUN):
        found = Run(entry.place, msgspec.convert(entry.body, Screening))
        last[found.screening.list_name] = found
    return list(last.values())


def _known(workspace: Workspace, key: str) -> Screening | None:
    for entry in workspace.journal.entries(RUN):
        if entry.body["key"] == key:
            return msgspec.convert(entry.body, Screening)
    return None


def _decided(workspace: Workspace) -> dict[tuple[Wallet, str, str], str]:
    """Outcomes of all reviews; one counts as long as the entry has the same names."""
    reviews = (msgspec.convert(entry.body, Review) for entry in workspace.journal.entries(REVIEW))
    return {(each.who, each.entry, each.seal): each.outcome for each in reviews}


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
