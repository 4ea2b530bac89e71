"""Members agree to what is proposed, by a key kept here or by a signature made elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.app.councils import founding, kept
from tallystick.app.councils.kept import COUNCIL, Proposal, State
from tallystick.app.signing import signer_of
from tallystick.core.errors import Conflict, Refused
from tallystick.gateways.chain.intents import Done, Intent
from tallystick.securities.councils.policies import LIFE_S

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.core.wallets import Wallet


def state(workspace: Workspace, found: Proposal) -> State:
    """How a proposal stands with the council."""
    return kept.state_of(workspace, kept.required_council(workspace), found.call)


def typed_approval(workspace: Workspace, found: Proposal, member: Wallet) -> dict[str, Any]:
    """What a member signs (EIP-712) to agree; it holds for as long as the proposal does.

    Raises `Conflict` if it is not proposed yet, `Refused` for somebody who is no member.
    """
    council, at = kept.required_council(workspace), _proposed_at(workspace, found)
    if member not in {each.wallet for each in founding.members_of(workspace, council)}:
        raise Refused("not-a-member", f"{member} is not a member of the council",
                      cure="Name a member; `council show` lists them.")  # fmt: skip
    number = int(workspace.view(COUNCIL, council, "numberOf", found.call.id, member))
    return found.call.approval(council, workspace.chain_id, number, at + LIFE_S)


def _proposed_at(workspace: Workspace, found: Proposal) -> int:
    at = state(workspace, found).proposed_at
    if not at:
        raise Conflict("not-proposed", f"Proposal {found.number} has not been made yet",
                       cure="Run the command that wants it again, or `council propose`."
                       )  # fmt: skip
    return at


def approve_signed(
    workspace: Workspace, found: Proposal, member: Wallet, signature: str
) -> Done:  # fmt: skip
    """Submit a member's signature. Raises `Refused` if it is not his, or for something else."""
    typed = typed_approval(workspace, found, member)
    if signer_of(typed, signature) != member:
        raise Refused("signature-invalid", f"{member} has not signed this", where="--signature",
                      cure="Have him sign what `council approval` prints.")  # fmt: skip
    raw = bytes.fromhex(signature.removeprefix("0x"))
    signed = (member, typed["message"]["deadline"], raw[64], raw[:32], raw[32:64])
    data = COUNCIL.function("approveSigned").encode(found.call.members, signed)
    return _send(workspace, found, "agent", member, "approve", data)


def approve(workspace: Workspace, found: Proposal, role: str) -> Done:
    """Agree by a key kept here. Raises `Refused` if it is not a member's."""
    _proposed_at(workspace, found)
    data = COUNCIL.function("approve").encode(found.call.members)
    return _send(workspace, found, role, workspace.keystore.wallet(role), "approve", data)


def revoke(workspace: Workspace, found: Proposal, role: str) -> Done:
    """Agree no longer, by a key kept here."""
    data = COUNCIL.function("revoke").encode(found.call.members)
    return _send(workspace, found, role, workspace.keystore.wallet(role), "revoke", data)


def _send(
    workspace: Workspace, found: Proposal, role: str, member: Wallet, what: str, data: str
) -> Done:
    council = kept.required_council(workspace)
    number = int(workspace.view(COUNCIL, council, "numberOf", found.call.id, member))
    signer = workspace.keystore.signer(role)
    key = f"council/{what}/{found.call.id.hex()}/{member}/{number}"
    [done] = workspace.outbox.carry_out([Intent(key, signer.wallet, council, data)], signer)
    return done
