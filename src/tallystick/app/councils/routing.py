"""Acts of an issuer whose roles a council holds: done at once where one member may, else proposed.

An act that several must agree to becomes a proposal with a number. The command that wanted it ends
with `signatures-needed`; run again under the same key it goes on where it stopped, and carries the
act out if enough have agreed since. Whatever way it went, it stands in the outbox under its key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.app.councils import kept
from tallystick.app.councils.kept import COUNCIL, Proposal
from tallystick.core.errors import Conflict, NotFound, Refused
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import revert_reason
from tallystick.gateways.chain.intents import Done, Intent
from tallystick.gateways.chain.keys import ROLES
from tallystick.gateways.chain.outbox import refusal
from tallystick.gateways.chain.rpc import RpcError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.intents import Row
    from tallystick.gateways.chain.parts import Work

# So many things are done in one act: what is agreed to must not depend on the gas of the day.
PART = 50
ACT, EXECUTE = COUNCIL.function("act"), COUNCIL.function("execute")
# Refusals of the council itself, which others can end by agreeing, or the clock.
WAITING = {"signatures-needed", "delay-not-over", "above-the-limit"}
# Keys that commands make up themselves begin with these.
INTERNAL = {"issue", "dealing", "wire", "service", "request", "document"}
Act = tuple[str, str, str]


class Step(msgspec.Struct, frozen=True):
    """A transaction to be sent by the key of a role."""

    role: str
    intent: Intent


def inner(row: Row, council: Wallet | None) -> tuple[Wallet, bytes]:
    """Whom an intent that was noted calls with what, behind the council if it goes through it."""
    data = bytes(row.data)
    if row.recipient != council:
        return Wallet(row.recipient), data
    if data[:4] == ACT.selector:
        target, call = ACT.arguments(data)
        return Wallet(target.lower()), call
    if data[:4] == EXECUTE.selector:
        [(target, call, *_)] = EXECUTE.arguments(data)
        return Wallet(target.lower()), call
    return Wallet(row.recipient), data


def act(
    workspace: Workspace, council: Wallet, role: str, calls: Sequence[Act], *,
    report: Callable[[int, int], None] | None = None,
) -> list[Done]:  # fmt: skip
    """Carry out calls (key, address, data) in order through the council.

    Raises `Conflict` with the numbers of the proposals if others have to agree; what comes before
    them is done, and all that needs agreement is proposed at once.
    """
    workspace.outbox.reconcile()
    done: list[Done] = []
    waiting: list[Proposal] = []
    for batch in _batches(_steps(workspace, council, role, calls, waiting)):
        signer = workspace.keystore.signer(batch[0].role)
        try:
            done += workspace.outbox.carry_out([step.intent for step in batch], signer)
        except Refused as error:
            if error.code not in WAITING:
                raise
            waiting.append(_refused(workspace, council, role, batch))
        if report is not None:
            report(len(done), len(calls))
    if waiting:
        raise signatures_needed(workspace, waiting)
    return done


def act_on_many(
    workspace: Workspace, council: Wallet, role: str, work: Work, *,
    report: Callable[[int, int], None] | None = None,
) -> list[Done]:  # fmt: skip
    """`act` on many things, in parts; those that were begun stay as they were begun."""
    calls: list[Act] = []
    known = {each.key for each in kept.proposals(workspace)}
    start = 0
    while start < work.count:
        end = workspace.outbox.intents.part_begun(work.key, start) or min(start + PART, work.count)
        key = f"{work.key}/{start}-{end}"
        if workspace.outbox.failed(key) and key not in known:
            workspace.outbox.intents.start_again(key)
        calls.append((key, work.recipient, work.encode(start, end)))
        start = end
    return act(workspace, council, role, calls, report=report)


def _steps(
    workspace: Workspace, council: Wallet, role: str, calls: Sequence[Act],
    waiting: list[Proposal],
) -> Iterator[Step]:  # fmt: skip
    """What can be sent now, in order, until something waits; the rest of that is proposed."""
    proposed = {each.key: each for each in kept.proposals(workspace)}
    for key, address, data in calls:
        row = workspace.outbox.intents.row(key)
        if row is not None and waiting and row.status == "noted":
            # Of a batch in which an act before it was not let pass: it keeps its turn.
            continue
        if row is not None:
            yield _as_noted(workspace, council, row, (key, address, data))
            continue
        target, raw = Wallet(address.lower()), bytes.fromhex(data[2:])
        alone = None if key in proposed else who_may(workspace, council, role, target, raw)
        if alone is not None:
            if not waiting:
                wallet = workspace.keystore.wallet(alone)
                yield Step(alone, Intent(key, wallet, council, ACT.encode(target, raw)))
            continue
        found = _proposed(workspace, council, role, (key, target, data), first=not waiting)
        step = None if waiting else _executing(workspace, council, role, found)
        if step is None:
            waiting.append(found)
        else:
            yield step


def _batches(steps: Iterator[Step]) -> Iterator[list[Step]]:
    """Steps of one key that can be sent one after another; what was proposed goes by itself."""
    batch: list[Step] = []
    for step in steps:
        alone = step.intent.data.startswith("0x" + EXECUTE.selector.hex())
        if batch and (alone or step.role != batch[0].role):
            yield batch
            batch = []
        batch.append(step)
        if alone:
            yield batch
            batch = []
    if batch:
        yield batch


def _as_noted(workspace: Workspace, council: Wallet, row: Row, asked: Act) -> Step:
    """An intent as it was noted before; raises `Conflict` if it was for something else."""
    key, address, data = asked
    if inner(row, council) != (address.lower(), bytes.fromhex(data[2:])):
        raise Conflict("idempotency-key-reused", f"Key {key!r} stands for another act already",
                       cure="Use a new key for a new act.")  # fmt: skip
    roles = [role for role in ROLES if workspace.keystore.wallet(role) == row.account]
    if not roles:
        raise NotFound("key-missing", "The key that began this act is not here",
                       where=str(row.account), cure="Restore it from a backup.")  # fmt: skip
    noted = Intent(key, Wallet(row.account), row.recipient, "0x" + bytes(row.data).hex())
    return Step(roles[0], noted)


def who_may(
    workspace: Workspace, council: Wallet, role: str, target: Wallet, data: bytes
) -> str | None:  # fmt: skip
    """The role, of those whose keys are here, that may do it alone; the one asked first."""
    for each in _ours(role):
        wallet = workspace.keystore.wallet(each)
        if workspace.view(COUNCIL, council, "mayActAlone", wallet, target, data):
            return each
    return None


def _ours(role: str) -> list[str]:
    return [role, *(each for each in ROLES if each != role)]


def member_here(workspace: Workspace, council: Wallet, role: str = "agent") -> str:
    """A role whose key is here and a member. Raises `Refused` if none is."""
    members = {each[0].lower() for each in workspace.view(COUNCIL, council, "members")}
    for each in _ours(role):
        if workspace.keystore.wallet(each) in members:
            return each
    raise Refused("not-a-member", "None of the keys kept here is a member of the council",
                  cure="Have the council take one in, or act where a member's key is.")  # fmt: skip


def _proposed(
    workspace: Workspace, council: Wallet, role: str, asked: tuple[str, Wallet, str], *,
    first: bool,
) -> Proposal:  # fmt: skip
    """The proposal for an act; made if it was not, unless the contract would refuse it anyway.

    What comes after another act that waits cannot be tried yet.
    """
    key, target, data = asked
    if first and not workspace.outbox.known(f"propose/{key}"):
        _try(workspace, council, target, data)
    found = kept.note(workspace, key, target, data)
    policy = kept.policy_for(workspace, council, target, found.call.data)
    if not policy.documented or found.code:
        submit(workspace, council, found, role)
    return found


def submit(workspace: Workspace, council: Wallet, found: Proposal, role: str = "agent") -> Done:
    """Propose it to the council, which says that the proposer agrees; once."""
    signer = workspace.keystore.signer(member_here(workspace, council, role))
    data = COUNCIL.function("propose").encode(found.call.members)
    row = workspace.outbox.intents.row(f"propose/{found.key}")
    account = signer.wallet if row is None else Wallet(row.account)
    intent = Intent(f"propose/{found.key}", account, council, data)
    [done] = workspace.outbox.carry_out([intent], signer)
    return done


def _try(workspace: Workspace, council: Wallet, target: Wallet, data: str) -> None:
    """Raise `Refused` if the contract would refuse a call of the council."""
    try:
        workspace.rpc.call("eth_call", {"from": council, "to": target, "data": data}, "latest")
    except RpcError as error:
        reason = revert_reason(error.data) if error.data else ""
        raise refusal(reason, error.message) from error


def _executing(
    workspace: Workspace, council: Wallet, role: str, found: Proposal
) -> Step | None:  # fmt: skip
    """The transaction that carries a proposal out; None if it is not proposed yet."""
    if not workspace.outbox.done(f"propose/{found.key}"):
        return None
    sender = member_here(workspace, council, role)
    data = EXECUTE.encode(found.call.members)
    return Step(sender, Intent(found.key, workspace.keystore.wallet(sender), council, data))


def carry_out(workspace: Workspace, council: Wallet, found: Proposal) -> Done:
    """Carry out one proposal. Raises `Conflict` if it waits still."""
    [done] = act(workspace, council, "agent", [(found.key, found.target, found.data)])
    return done


def _refused(
    workspace: Workspace, council: Wallet, role: str, batch: Sequence[Step]
) -> Proposal:  # fmt: skip
    """The proposal for the first act of a batch that the council did not let pass.

    Several payments may each be within the limit of a day, and not all of them together.
    """
    workspace.outbox.reconcile()
    intent = next(step.intent for step in batch if not workspace.outbox.done(step.intent.key))
    known = {each.key: each for each in kept.proposals(workspace)}
    if intent.key in known:
        return known[intent.key]
    target, data = ACT.arguments(bytes.fromhex(intent.data[2:]))
    asked = (intent.key, Wallet(target.lower()), "0x" + data.hex())
    return _proposed(workspace, council, role, asked, first=False)


def signatures_needed(workspace: Workspace, waiting: list[Proposal]) -> Conflict:
    """That acts wait for others, by the numbers of their proposals."""
    numbers = ", ".join(str(each.number) for each in waiting)
    one = len(waiting) == 1
    begun, _, rest = waiting[0].key.partition("/")
    key = f" with --key {begun}" if rest and begun not in INTERNAL else ""
    undocumented = [
        each.number for each in waiting
        if not workspace.outbox.known(f"propose/{each.key}")
    ]  # fmt: skip
    cure = f"`council proposal {waiting[0].number}` says what is missing"
    if undocumented:
        cure = f"State why: `council propose {undocumented[0]} --reason … --document …`"
    return Conflict(
        "signatures-needed",
        f"{'Proposal' if one else 'Proposals'} {numbers} {'waits' if one else 'wait'} for the "
        "council",
        cure=f"{cure}. Then run the same command again{key}.",
    )  # fmt: skip
