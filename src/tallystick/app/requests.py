"""Requests for transfer, presented to the transfer agent: a queue with its turnaround.

The business journal keeps what was asked, when it was received, and what came of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.app import acts, controls
from tallystick.app.keys import require_same
from tallystick.core.errors import Conflict, Invalid, NotFound, Refused
from tallystick.core.wallets import Wallet
from tallystick.securities.proposal import DECLARED, Movement
from tallystick.securities.turnaround import Handled

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.securities.verdict import Verdict

REQUESTED, ENDED = "transfer-request", "transfer-request-ended"
KINDS = {"transfer": Movement.RESALE, **{kind.value: kind for kind in sorted(DECLARED)}}
DONE = "done"
NOT_ROUTINE = frozenset({"documents-missing", "not-in-good-order", "adverse-claim"})
REJECTIONS = ("documents-missing", "not-in-good-order", "refused-by-rules", "adverse-claim",
              "withdrawn", "other")  # fmt: skip


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, and the code and SHA-256 of the document that asks it.

    A routine item is in good order as it comes: no legend, no estate, nothing to be looked into
    (17 CFR 240.17Ad-1(i)). The agent says so.
    """

    key: str
    number: int
    symbol: str
    kind: Movement
    sender: Wallet
    receiver: Wallet
    units: str
    received_s: int
    routine: bool
    reason: str
    document: str


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request: `done`, or why it was sent back."""

    number: int
    outcome: str
    at_s: int


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A request and how it ended, if it did."""

    request: Request
    ended: Ended | None

    @property
    def handled(self) -> Handled:
        """The same for the record of turnaround; what was not in good order is not routine."""
        defective = self.ended is not None and self.ended.outcome in NOT_ROUTINE
        return Handled(
            received_s=self.request.received_s,
            done_s=None if self.ended is None else self.ended.at_s,
            routine=self.request.routine and not defective,
        )


def take_up(workspace: Workspace, request: Request) -> Request:
    """Write down a request under the next number; under a known key the earlier one is returned.

    Raises `Invalid` if it was received in the future.
    """
    known = [each.request for each in items(workspace)]
    for each in known:
        if each.key == request.key:
            return _same(each, request)
    if request.received_s > workspace.now():
        raise Invalid("time-ahead", "That time has not come yet", where="--received",
                      cure="Name the time at which it was received.")  # fmt: skip
    made = msgspec.structs.replace(request, number=len(known) + 1)
    workspace.journal.append(REQUESTED, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def items(workspace: Workspace) -> list[Item]:
    """All requests, in the order of their numbers."""
    ends = (msgspec.convert(entry.body, Ended) for entry in workspace.journal.entries(ENDED))
    ended = {each.number: each for each in ends}
    made = (msgspec.convert(entry.body, Request) for entry in workspace.journal.entries(REQUESTED))
    return [Item(request=each, ended=ended.get(each.number)) for each in made]


def item(workspace: Workspace, number: int) -> Item:
    """A request by its number. Raises `NotFound` if there is none."""
    found = next((each for each in items(workspace) if each.request.number == number), None)
    if found is None:
        raise NotFound("request-unknown", f"There is no request {number}",
                       cure="See them with `requests list`.")  # fmt: skip
    return found


def _open_for(workspace: Workspace, number: int, outcome: str) -> tuple[Request, bool]:
    """A request that is open, or has this very outcome, and whether it is open.

    Raises `Conflict` if it has another.
    """
    found = item(workspace, number)
    if found.ended is not None and found.ended.outcome != outcome:
        raise Conflict("request-ended", f"Request {number} has ended: {found.ended.outcome}",
                       cure="Take up a new one.")  # fmt: skip
    return found.request, found.ended is None


def judge(workspace: Workspace, request: Request) -> Verdict:
    """Every refusal of what is asked, today."""
    return acts.judge(
        workspace, workspace.security(request.symbol), request.kind, request.sender,
        request.receiver, int(request.units),
    )  # fmt: skip


def carry_out(workspace: Workspace, number: int) -> Request:
    """Make the movement that is asked; once more, nothing is done twice.

    Raises `Refused` with the first reason if it may not be made, `Conflict` if it was sent back.
    """
    request, is_open = _open_for(workspace, number, DONE)
    if not is_open:
        return request
    security, key = workspace.security(request.symbol), key_of(workspace, request)
    sides = (request.sender, request.receiver, int(request.units))
    if request.kind is Movement.RESALE:
        acts.transfer(workspace, security, *sides, key=key)
    else:
        if not workspace.known(f"{key}/declaredTransfer"):
            _require_allowed(judge(workspace, request))
        reason = acts.Reason(request.reason, bytes.fromhex(request.document))
        controls.declare(workspace, security, request.kind, *sides, reason, key=key)
    _end(workspace, number, DONE)
    return request


def key_of(workspace: Workspace, request: Request) -> str:
    """The key of the act that carries a request out; another one after each that has failed."""
    name = "transfer" if request.kind is Movement.RESALE else "declaredTransfer"
    attempt = 1
    while workspace.outbox.failed(f"request/{request.number}/{attempt}/{name}"):
        attempt += 1
    return f"request/{request.number}/{attempt}"


def send_back(workspace: Workspace, number: int, reason: str) -> Request:
    """End a request without a movement. Raises `NotFound` for an unknown reason."""
    if reason not in REJECTIONS:
        raise NotFound("reason-unknown", f"{reason!r} is no reason",
                       cure=f"Known are: {', '.join(REJECTIONS)}.")  # fmt: skip
    request, is_open = _open_for(workspace, number, reason)
    if is_open:
        _end(workspace, number, reason)
    return request


def _require_allowed(verdict: Verdict) -> None:
    for first in verdict.refusals[:1]:
        raise Refused(first.code.label, first.message, cure=first.cure)


def _end(workspace: Workspace, number: int, outcome: str) -> None:
    ended = Ended(number=number, outcome=outcome, at_s=workspace.now())
    workspace.journal.append(ENDED, msgspec.to_builtins(ended), at_s=ended.at_s)


def _same(known: Request, wanted: Request) -> Request:
    asked = msgspec.structs.replace(wanted, number=known.number, received_s=known.received_s)
    require_same(asked, known)
    return known
