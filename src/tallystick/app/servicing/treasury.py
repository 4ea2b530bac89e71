"""The issuer's own wallets: what they hold is neither paid nor voted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.core.errors import Refused
from tallystick.core.wallets import Wallet
from tallystick.securities.distribution.declared import TREASURY_MAX

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

KIND = "treasury"


def treasury(workspace: Workspace) -> tuple[Wallet, ...]:
    """The issuer's own wallets, in order."""
    wallets: dict[Wallet, bool] = {}
    for entry in workspace.journal.entries(KIND):
        wallets[Wallet(entry.body["wallet"])] = entry.body["own"]
    return tuple(sorted(wallet for wallet, own in wallets.items() if own))


def set_treasury(workspace: Workspace, wallet: Wallet, *, own: bool) -> None:
    """State that a wallet is the issuer's own, or no longer; said twice it is noted once.

    Raises `Refused` if there are too many of them.
    """
    wallets = treasury(workspace)
    if (wallet in wallets) == own:
        return
    if own and len(wallets) == TREASURY_MAX:
        raise Refused("too-many-treasuries", f"There are {TREASURY_MAX} wallets of the issuer",
                      cure="Gather what they hold in fewer.")  # fmt: skip
    body = {"wallet": wallet, "own": own}
    workspace.journal.append(KIND, body, at_s=workspace.now())
