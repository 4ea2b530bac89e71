"""Orders of people whose keys are kept here: who signs, and what settlement may move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from eth_account import Account

from tallystick.app.servicing.permits import permit
from tallystick.app.servicing.services import service
from tallystick.app.venue.markets import ROLE
from tallystick.core.typed_data import Domain
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.markets.signed_orders import Session

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.core.wallets import Wallet
    from tallystick.markets.venue.terms import MarketTerms

SETTLEMENT = contract("Settlement")
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


class Bounds(msgspec.Struct, frozen=True):
    """How far a key may trade: units to sell, cash units to spend, seconds from now."""

    units: int
    amount: int
    lasts_s: int


def grant_session(
    workspace: Workspace, investor: Wallet, key_wallet: Wallet, terms: MarketTerms,
    bounds: Bounds, *, key: str,
) -> Session:  # fmt: skip
    """Let a key trade for an investor in a market; he signs, the agent pays the gas.

    A later session of the key takes the place of an earlier one.
    """
    settlement = service(workspace, "Settlement")
    _, _, _, serial = workspace.view(SETTLEMENT, settlement, "sessionOf", investor, key_wallet)
    session = Session(
        investor=investor, key=key_wallet, venue=workspace.keystore.wallet(ROLE), cash=terms.cash,
        securities=(terms.security,), units=(bounds.units,), amount=bounds.amount,
        fee_bps=terms.fee_bps_max, expiry=workspace.now() + bounds.lasts_s, serial=serial + 1,
    )  # fmt: skip

    def call() -> str:
        domain = Domain(workspace.chain_id, settlement)
        signature = signer_of(workspace, investor).sign_digest(session.digest(domain))
        return SETTLEMENT.function("grantSession").encode(session.members, signature)

    workspace.act_once("agent", f"{key}/grantSession", settlement, call)
    return session
