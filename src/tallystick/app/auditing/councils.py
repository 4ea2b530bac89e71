"""The council: that it holds every role, no key holds one beside it, and what it carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app.auditing.comparing import Check, Fact
from tallystick.app.councils import kept
from tallystick.app.councils.founding import with_roles
from tallystick.app.servicing.baskets import baskets
from tallystick.app.servicing.services import deployed
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.events import events_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.contracts import Contract
    from tallystick.gateways.chain.fold import Book


def councils(workspace: Workspace, _book: Book) -> Iterator[Check | Fact]:
    """Who holds which role, and every proposal beside the act that carried it out."""
    council = workspace.council
    if council is None:
        return
    for target, of in with_roles(workspace):
        yield from _roles(workspace, council, target, of)
    for each in kept.proposals(workspace):
        state = kept.state_of(workspace, council, each.call)
        yield Fact(f"proposal {each.number}: is proposed", state.proposed_at != 0,
                   workspace.outbox.done(f"propose/{each.key}"))  # fmt: skip
        yield Fact(f"proposal {each.number}: is carried out", state.executed,
                   workspace.outbox.done(each.key))  # fmt: skip


def _roles(
    workspace: Workspace, council: Wallet, target: Wallet, of: Contract
) -> Iterator[Check]:  # fmt: skip
    """The council alone holds the roles, beside services that were made agents of a security."""
    services = set(deployed(workspace).values()) | {each.at for each in baskets(workspace)}
    yield Check(f"{target}: owner", of, target, "owner", (), council,
                lambda found: Wallet(found.lower()))  # fmt: skip
    names = [name for name in ("AgentAdded", "OfficerAdded") if name in
             {each.name for each in of.events.values()}]  # fmt: skip
    for event in events_of(workspace.rpc, of, target, since=workspace.founding.since, names=names):
        holder = Wallet(next(iter(event.members.values())).lower())
        if holder not in services:
            view = "isAgent" if event.name == "AgentAdded" else "isOfficer"
            yield Check(f"{target}: {view} {holder}", of, target, view, (holder,),
                        holder == council)  # fmt: skip
