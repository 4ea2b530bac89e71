"""Everything that waits for somebody of the issuer: what it is, since when, and until when.

To add a kind of work: a function here and a line in `SOURCES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.app import dossiers, onboarding, requests, screening
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claim
from tallystick.securities.onboarding.applications import label
from tallystick.securities.turnaround import due_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tallystick.app.workspace import Workspace


# An affiliate's claim ends three months after he ceased to be one, and is not renewed.
RENEWED = tuple(claim for claim in Claim if claim is not Claim.AFFILIATE)


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work: of what kind, about whom, what is to be done, since and by which UTC day.

    What is about an asset is about nobody. In `command` stands `{who}` for whom it is about.
    """

    kind: str
    who: Wallet | None
    what: str
    command: str
    since_day: int | None = None
    due_day: int | None = None


def waiting(workspace: Workspace, days: int) -> list[Waiting]:
    """What waits, the most urgent first; claims that end, and minors who come of age, in `days`."""
    found = [each for source in SOURCES for each in source(workspace, days)]
    urgency = {True: 0, False: 1}
    return sorted(found, key=lambda each: (urgency[each.due_day is not None], each.due_day or 0,
                                           each.since_day or 0))  # fmt: skip


def _applications(workspace: Workspace, _days: int) -> Iterator[Waiting]:
    for each in onboarding.waiting(workspace):
        missing = ", ".join(item.name for item in each.missing)
        yield Waiting(
            kind="application", who=each.applied.home, since_day=each.at_s // DAY_S,
            what=f"to be shown: {missing}" if missing else "everything is shown: to be decided",
            command="onboard show {who}" if missing else "onboard approve {who}",
        )  # fmt: skip


def _matches(workspace: Workspace, _days: int) -> Iterator[Waiting]:
    for _, match in screening.pending(workspace):
        yield Waiting(
            kind="match", who=match.who, what=f"like entry {match.entry} of the list",
            command=f"screen review {{who}} {match.entry}",
        )  # fmt: skip


def _requests(workspace: Workspace, _days: int) -> Iterator[Waiting]:
    office = workspace.settings.office
    for each in requests.items(workspace):
        request = each.request
        if each.ended is None:
            yield Waiting(
                kind="request", who=request.sender, since_day=request.received_s // DAY_S,
                what=f"{request.kind} of {request.symbol} (request {request.number})",
                command=f"requests carry-out {request.number}",
                due_day=due_s(request.received_s, office) // DAY_S if request.routine else None,
            )  # fmt: skip


def _claims(workspace: Workspace, days: int) -> Iterator[Waiting]:
    today = workspace.now() // DAY_S
    erased = workspace.vault.homes() - workspace.vault.people().keys()
    for home, investor in workspace.book().registry.investors.items():
        for claim in () if home in erased else RENEWED:
            until = investor.claims.expiry_days[claim]
            if 0 < until <= today + days:
                verb = "ended" if until <= today else "ends"
                again = f"holders claim {{who}} {claim.name.lower()} DATE --document FILE --by WHO"
                if claim is Claim.SCREENED:
                    again = "screen run LIST.csv --until DATE"
                yield Waiting(
                    kind="claim", who=home, what=f"{label(claim)} {verb}: to be verified again",
                    command=again, due_day=until,
                )  # fmt: skip


def _minors(workspace: Workspace, days: int) -> Iterator[Waiting]:
    today = workspace.now() // DAY_S
    states = workspace.book().securities.values()
    for home, person in workspace.vault.people().items():
        of_age = person.registration.of_age_day if person.registration else 0
        if 0 < of_age <= today + days and any(state.total(home) for state in states):
            yield Waiting(
                kind="minor", who=home, what="comes of age: to be registered in his own name",
                command="requests add SYMBOL gift {who} WHO AMOUNT --reason gift --document FILE",
                due_day=of_age,
            )  # fmt: skip


def _dossiers(workspace: Workspace, days: int) -> Iterator[Waiting]:
    day = workspace.now() // DAY_S + days
    for security in workspace.securities():
        reasons = dossiers.reasons_to_halt(workspace, security, day)
        if not reasons and dossiers.halt_of(workspace, security) is not None:
            yield Waiting(
                kind="dossier", who=None, command=f"dossier enforce {security.symbol}",
                what=f"{security.symbol}: the dossier holds, and trading is still halted",
            )  # fmt: skip
        for reason in reasons:
            yield Waiting(
                kind="dossier", who=None, what=f"{security.symbol}: {reason.cure}",
                command=f"dossier enforce {security.symbol}", due_day=reason.since_day,
            )  # fmt: skip


SOURCES: tuple[Callable[[Workspace, int], Iterator[Waiting]], ...] = (
    _requests, _claims, _minors, _dossiers, _matches, _applications,
)  # fmt: skip
