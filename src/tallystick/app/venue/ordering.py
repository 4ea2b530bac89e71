"""Orders of people whose keys are kept here: who signs, and what settlement may move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_account import Account

from tallystick.app.servicing.permits import permit
from tallystick.app.servicing.services import service
from tallystick.gateways.chain.keys import LocalSigner

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.core.wallets import Wallet
    from tallystick.markets.venue.terms import MarketTerms

UNLIMITED = 2**256 - 1
# An allowance of less than this is renewed.
ENOUGH = 2**128


def signer_of(workspace: Workspace, investor: Wallet) -> LocalSigner:
    """The key that is kept for an investor. Raises `NotFound` if none is."""
    return LocalSigner(Account.from_key(workspace.vault.key_of(investor)))


def allow(workspace: Workspace, investor: Wallet, terms: MarketTerms, *, buys: bool) -> None:
    """Let settlement move what orders of an investor's give, by his permit.

    The settlement contract moves only what an order says that he signed.
    """
    token = terms.cash if buys else terms.security
    settlement = service(workspace, "Settlement")
    key = f"settlement/{investor}"
    permit(workspace, investor, token, settlement, UNLIMITED, at_least=ENOUGH, key=key)
