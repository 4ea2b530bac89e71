"""The contracts that service an issuer's securities, each deployed when it is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.services import deploy_service

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

KIND = "service"


def deployed(workspace: Workspace) -> dict[str, Wallet]:
    """The services that there are, by name."""
    return {entry.body["name"]: Wallet(entry.body["address"])
            for entry in workspace.journal.entries(KIND)}  # fmt: skip


def service(workspace: Workspace, name: str) -> Wallet:
    """Address of a service; one that was not needed before is deployed by the owner."""
    known = deployed(workspace)
    if name in known:
        return known[name]
    signer = workspace.keystore.signer("owner")

    def deploy(part: str, data: str) -> str:
        intent = Intent(f"service/{part}", signer.wallet, "", data)
        [done] = workspace.outbox.carry_out([intent], signer)
        return done.created

    address = Wallet(deploy_service(name, deploy))
    workspace.journal.append(KIND, {"name": name, "address": address}, at_s=workspace.now())
    return address
