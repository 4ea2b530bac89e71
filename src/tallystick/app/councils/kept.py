"""What the journal keeps of a council: where it is, what was proposed to it, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import Conflict, NotFound
from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.securities.councils.policies import Call, Policy

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

COUNCIL = contract("Council")
SET_UP, PROPOSAL, GROUNDS = "council", "proposal", "grounds"
NO_DOCUMENT = bytes(32)


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """An act that waits for members: the key it is done under, and the call they agree to.

    `code` and `document` (a salted hash) are why; where its policy asks for them it is not proposed
    before they are stated.
    """

    number: int
    key: str
    target: Wallet
    data: str
    code: int = 0
    document: str = NO_DOCUMENT.hex()

    @property
    def call(self) -> Call:
        """What is agreed to."""
        return Call(target=self.target, data=bytes.fromhex(self.data[2:]),
                    salt=keccak(text=f"proposal/{self.key}"), code=self.code,
                    document=bytes.fromhex(self.document))  # fmt: skip


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How a proposal stands: times in UTC seconds (0: not yet), who agrees, and its policy."""

    proposed_at: int
    ready_at: int
    executed: bool
    agreed: tuple[Wallet, ...]
    policy: Policy


def council_of(workspace: Workspace) -> Wallet | None:
    """The council that holds the roles; None if their keys do."""
    entry = next(workspace.journal.entries(SET_UP), None)
    return None if entry is None else Wallet(entry.body["address"])


def required_council(workspace: Workspace) -> Wallet:
    """The council. Raises `NotFound` if there is none."""
    found = workspace.council
    if found is None:
        raise NotFound("no-council", "The roles are held by keys, not by a council",
                       cure="Set one up with `council set-up`.")  # fmt: skip
    return found


def proposals(workspace: Workspace) -> list[Proposal]:
    """All that was proposed from here, in order, with the grounds that were stated since."""
    found = {entry.body["number"]: msgspec.convert(entry.body, Proposal)
             for entry in workspace.journal.entries(PROPOSAL)}  # fmt: skip
    for entry in workspace.journal.entries(GROUNDS):
        number = entry.body["number"]
        found[number] = msgspec.structs.replace(
            found[number], code=entry.body["code"], document=entry.body["document"]
        )
    return list(found.values())


def proposal(workspace: Workspace, number: int) -> Proposal:
    """A proposal by its number. Raises `NotFound`."""
    found = proposals(workspace)
    if not 1 <= number <= len(found):
        raise NotFound("proposal-not-known", f"There is no proposal {number}",
                       cure="`council proposals` lists them.")  # fmt: skip
    return found[number - 1]


def note(workspace: Workspace, key: str, target: Wallet, data: str) -> Proposal:
    """Write down what is to be proposed. Raises `Conflict` if the key stands for something else."""
    known = proposals(workspace)
    for each in known:
        if each.key == key:
            if (each.target, each.data) != (target, data):
                raise Conflict(
                    "idempotency-key-reused", f"Proposal {each.number} of this key is another act",
                    where="--key", cure="Use a new key for a new act.",
                )  # fmt: skip
            return each
    made = Proposal(number=len(known) + 1, key=key, target=target, data=data)
    workspace.journal.append(PROPOSAL, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def state_grounds(workspace: Workspace, number: int, code: int, document: bytes) -> Proposal:
    """Write down why something is proposed. Raises `Conflict` if it was proposed otherwise."""
    found = proposal(workspace, number)
    stated = (code, document.hex())
    if (found.code, found.document) == stated:
        return found
    if workspace.outbox.known(f"propose/{found.key}"):
        raise Conflict("proposed-otherwise", f"Proposal {number} was made with other grounds",
                       cure="Do the act under a new key.")  # fmt: skip
    body = {"number": number, "code": code, "document": document.hex()}
    workspace.journal.append(GROUNDS, body, at_s=workspace.now())
    return proposal(workspace, number)


def policy_for(workspace: Workspace, council: Wallet, target: Wallet, data: bytes) -> Policy:
    """The policy that a call is subject to."""
    return Policy.read(workspace.view(COUNCIL, council, "policyFor", target, data[:4]))


def state_of(workspace: Workspace, council: Wallet, call: Call) -> State:
    """How a call stands with the council."""
    proposed_at, ready_at, executed, agreed = workspace.view(
        COUNCIL, council, "proposalOf", call.id
    )
    return State(
        proposed_at=proposed_at, ready_at=ready_at, executed=executed,
        agreed=tuple(Wallet(each.lower()) for each in agreed),
        policy=policy_for(workspace, council, call.target, call.data),
    )  # fmt: skip
