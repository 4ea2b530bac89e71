"""Permits (ERC-2612) of people whose keys are kept here: they sign, the agent pays the gas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_account import Account

from tallystick.app.servicing.cash import CASH
from tallystick.core.errors import Refused
from tallystick.core.permits import Permit
from tallystick.core.typed_data import Domain
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.chain.rpc import RpcError

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

VALID_S = 3_600


def permit(
    workspace: Workspace, owner: Wallet, asset: Wallet, spender: Wallet, amount: int, *,
    at_least: int | None = None, key: str,
) -> None:  # fmt: skip
    """Have a permit of an asset submitted, unless the spender may take so much already.

    With `at_least` it is left as it is if he may take that. One that somebody else has submitted
    before is as good. Raises `Refused` if the asset knows no permits.
    """
    needed = amount if at_least is None else at_least

    def allowed() -> bool:
        return int(workspace.view(CASH, asset, "allowance", owner, spender)) >= needed

    if allowed():
        return
    deadline = workspace.now() + VALID_S
    try:
        nonce = workspace.view(CASH, asset, "nonces", owner)
        _, name, version, *_ = workspace.view(CASH, asset, "eip712Domain")
    except (RpcError, ValueError, OverflowError):
        raise Refused(
            "permit-unknown", f"The token {show_wallet(asset)} takes no signed permits",
            cure="Let the owner's wallet approve the spender itself.",
        ) from None  # fmt: skip
    token = Domain(workspace.chain_id, asset, name, version)
    made = Permit(owner=owner, spender=spender, value=amount, nonce=nonce, deadline=deadline)
    signer = LocalSigner(Account.from_key(workspace.vault.key_of(owner)))
    data = CASH.function("permit").encode(*made.call(signer.sign_digest(made.digest(token))))
    try:
        workspace.act("agent", [(f"{key}/permit/{asset}/{nonce}", asset, data)])
    except Refused:
        if not allowed():
            raise
