"""Onboarding: who applies waits in a queue until everything has been shown, then he is admitted.

The journal keeps pseudonyms, wallets and outcomes; who somebody is lies in the vault from the first
moment, so that applicants are screened with everybody else and can be erased.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.app import admission, evidence, screening
from tallystick.app.keys import require_same
from tallystick.core.errors import Conflict, Invalid, NotFound, Refused
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claim, Claims
from tallystick.securities.onboarding.applications import (
    SCREENING,
    Application,
    Item,
    checklist,
)
from tallystick.securities.onboarding.registrations import Registration, counted
from tallystick.securities.onboarding.us_persons import country_for_rules

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

APPLIED, ENDED = admission.APPLICATION, "application-ended"
REOPENED = "application-reopened"
REASONS = ("documents-missing", "not-eligible", "sanctions", "withdrawn", "other")
APPROVED = "approved"


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal keeps of an application; `row` is a pseudonym of its reference."""

    key: str
    row: str
    home: Wallet
    seeks: tuple[Claim, ...]
    fund: bool


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How an application ended: `approved`, or why not; and who decided."""

    home: Wallet
    outcome: str
    by: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """An item, and until which UTC day what shows it holds; 0 if nothing does today."""

    item: Item
    until_day: int = 0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An open application: since when, of whom, and what has been shown."""

    applied: Applied
    at_s: int
    person: Person
    registration: Registration
    items: tuple[Checked, ...]

    @property
    def missing(self) -> tuple[Item, ...]:
        """What is still to be shown."""
        return tuple(each.item for each in self.items if not each.until_day)


def apply(workspace: Workspace, application: Application, *, key: str) -> Wallet:
    """Take up an application; returns the home wallet. Under a known key nothing is done twice.

    Raises `Conflict` if the reference or the wallet is somebody's already.
    """
    row = admission.row_name(workspace, application.reference)
    for known in _applied(workspace):
        if known.key == key:
            return _same(workspace, known, application, row)
    _check_free(workspace, application, row)
    registration = application.registration
    person = Person(
        name=registration.title, kind=registration.kind, email=application.email,
        reference=application.reference, registration=registration,
    )  # fmt: skip
    with workspace.engine.begin() as connection:
        [(_, home)] = admission.keep_within(workspace, connection, [(person, application.wallet)])
        made = Applied(key=key, row=row, home=home, seeks=application.seeks, fund=application.fund)
        workspace.journal.append_within(
            connection, APPLIED, [msgspec.to_builtins(made)], at_s=workspace.now()
        )
    return home


def waiting(workspace: Workspace) -> list[Standing]:
    """Applications that are open, the oldest first; those of people who were erased are gone."""
    ended = {each.home for each in _ended(workspace)}
    people = workspace.vault.people()
    today = workspace.now() // DAY_S
    shown, clear = evidence.until_days(workspace), screening.Clearance(workspace)
    found: list[Standing] = []
    for entry in workspace.journal.entries(APPLIED):
        applied = msgspec.convert(entry.body, Applied)
        person = people.get(applied.home)
        if applied.home in ended or person is None or person.registration is None:
            continue
        until = {**shown.get(applied.home, {}), SCREENING: clear.until_day(applied.home)}
        found.append(Standing(
            applied=applied, at_s=entry.at_s, person=person, registration=person.registration,
            items=_checked(applied, person.registration, until, today),
        ))  # fmt: skip
    return found


def standing(workspace: Workspace, home: Wallet) -> Standing:
    """The open application of somebody; raises `NotFound` if he has none."""
    for each in waiting(workspace):
        if each.applied.home == home:
            return each
    raise NotFound("application-unknown", f"{show_wallet(home)} has no open application",
                   cure="See those that are open with `onboard list`.")  # fmt: skip


def take_evidence(
    workspace: Workspace, home: Wallet, item: str, document: evidence.Document, *, until_day: int,
    by: str, key: str,
) -> Standing:  # fmt: skip
    """Take a document as evidence of an item.

    Raises `NotFound` if nothing of that name is to be shown, `Invalid` if it has ended already.
    """
    known = standing(workspace, home)
    names = [each.item.name for each in known.items if each.item.name != SCREENING]
    if item not in names:
        raise NotFound("item-unknown", f"No {item!r} is to be shown of him",
                       cure=f"To be shown are: {', '.join(names)}.")  # fmt: skip
    if until_day <= workspace.now() // DAY_S:
        raise Invalid("evidence-ended", "That day has come already", where="--until",
                      cure="Name the first day on which it no longer holds.")  # fmt: skip
    evidence.keep(workspace, home, item, document, until_day=until_day, by=by, key=key)
    return standing(workspace, home)


def approve(workspace: Workspace, home: Wallet, *, by: str) -> Ended:
    """Admit an applicant, with the claims that were shown. Raises `Refused` if something lacks.

    A fund is watched: it acquires on approval only, by which it is looked through. Once more, this
    finishes what was cut off.
    """
    key = f"onboard/{home}"
    known = _ending(workspace, home)
    if known is not None and known.outcome == APPROVED:
        admission.finish(workspace, key)
        return known
    found = standing(workspace, home)
    if found.missing:
        missing = ", ".join(item.name for item in found.missing)
        raise Refused("application-incomplete", f"Still to be shown: {missing}",
                      cure="Take evidence with `onboard evidence`; a list of sanctions is compared "
                      "with `screen run`.")  # fmt: skip
    claims = Claims()
    for each in found.items:
        if each.item.claim is not None:
            claims = claims.stated(each.item.claim, each.until_day)
    newcomer = admission.Newcomer(
        row=found.person.reference, person=found.person, claims=claims,
        country=country_for_rules(found.registration), owners=counted(found.registration).owners,
        watched=found.applied.fund,
    )  # fmt: skip
    made = Ended(home=home, outcome=APPROVED, by=by)
    admission.admit_kept(
        workspace, newcomer, workspace.vault.number_of(home), home, key=key,
        also=(ENDED, msgspec.to_builtins(made)),
    )  # fmt: skip
    return made


def reject(workspace: Workspace, home: Wallet, *, reason: str, by: str) -> Ended:
    """End an application without admitting him. Raises `NotFound` for an unknown reason."""
    if reason not in REASONS:
        raise NotFound("reason-unknown", f"{reason!r} is no reason",
                       cure=f"Known are: {', '.join(REASONS)}.")  # fmt: skip
    known = _ending(workspace, home)
    if known is not None and known.outcome == reason:
        return known
    standing(workspace, home)
    made = Ended(home=home, outcome=reason, by=by)
    workspace.journal.append(ENDED, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def _same(workspace: Workspace, known: Applied, application: Application, row: str) -> Wallet:
    person = workspace.vault.people().get(known.home)
    kept = (known.row, known.seeks, known.fund, person.registration if person else None)
    require_same((row, application.seeks, application.fund, application.registration), kept)
    return known.home


def reopen(workspace: Workspace, home: Wallet, *, by: str) -> Standing:
    """Open the application of somebody again who was rejected; what was shown still counts.

    Raises `NotFound` if it was not rejected.
    """
    known = _ending(workspace, home)
    if known is not None and known.outcome != APPROVED:
        body = {"home": home, "by": by}
        workspace.journal.append(REOPENED, body, at_s=workspace.now())
    return standing(workspace, home)


def _check_free(workspace: Workspace, application: Application, row: str) -> None:
    people = workspace.vault.people()
    known = {each.row for each in _applied(workspace) if each.home in people}
    references = {person.reference for person in people.values()}
    if row in known or application.reference in references:
        raise Conflict("application-known", "Somebody has that reference already",
                       where="reference", cure="If it is he, see `onboard show`, or `onboard "
                       "reopen` if he was rejected; or give another one.")  # fmt: skip
    registered = workspace.book().registry.homes
    if application.wallet in registered or application.wallet in workspace.vault.homes():
        raise Conflict("wallet-registered", "That wallet is an investor's already",
                       where="wallet", cure="Give another wallet.")  # fmt: skip


def _checked(
    applied: Applied, registration: Registration, until: dict[str, int], today: int
) -> tuple[Checked, ...]:
    """What is to be shown, with what shows it and still holds; the last evidence counts."""
    return tuple(
        Checked(item=item, until_day=until.get(item.name, 0)
                if until.get(item.name, 0) > today else 0)
        for item in checklist(registration.kind, applied.seeks)
    )  # fmt: skip


def _applied(workspace: Workspace) -> list[Applied]:
    return [msgspec.convert(entry.body, Applied) for entry in workspace.journal.entries(APPLIED)]


def _ended(workspace: Workspace) -> list[Ended]:
    """How applications ended that are not open again."""
    found: dict[str, Ended] = {}
    for entry in workspace.journal.entries(ENDED, REOPENED):
        if entry.kind == ENDED:
            found[entry.body["home"]] = msgspec.convert(entry.body, Ended)
        else:
            del found[entry.body["home"]]
    return list(found.values())


def _ending(workspace: Workspace, home: Wallet) -> Ended | None:
    return next((each for each in _ended(workspace) if each.home == home), None)
