"""Issue securities: make a class on the chain, set the issuer's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.app.workspace import FACTORY, REGISTRY, ListedSecurity, Workspace
from tallystick.core.errors import Conflict
from tallystick.core.wallets import NOBODY
from tallystick.gateways.chain.keys import ROLES
from tallystick.securities.packing import pack_rules
from tallystick.securities.tally import UNLIMITED

if TYPE_CHECKING:
    from tallystick.securities.terms import Prospectus, Terms


def issue(workspace: Workspace, terms: Terms) -> ListedSecurity:
    """Issue one class on the chain and write its terms to the journal; does nothing twice.

    The terms are the key: an issue that was cut off is finished by the same terms. Raises
    `Conflict` if its symbol is taken by other terms.
    """
    asset_id = terms.asset_id()
    for listed in workspace.securities():
        if listed.symbol == terms.symbol:
            if listed.asset_id == asset_id.hex():
                return listed
            raise Conflict(
                "symbol-taken",
                f"{terms.symbol} was issued under other terms",
                cure="Choose another symbol; the rules alone are changed with `rules set`.",
            )
    founding = workspace.founding
    call = FACTORY.function("issue").encode(
        (
            terms.name, terms.symbol, terms.decimals, asset_id, founding.registry, NOBODY,
            *(workspace.acting(role) for role in ROLES),
            terms.reasons_required, terms.issuer_limits, pack_rules(terms.rules),
        )
    )  # fmt: skip
    [done] = workspace.act("owner", [(f"issue/{asset_id.hex()}", founding.platform.factory, call)])
    token = workspace.topic_address(done, founding.platform.factory, 1)
    listed = ListedSecurity(
        terms.symbol, terms.name, terms.decimals, token, asset_id.hex(), terms.canonical()
    )
    workspace.journal.append("issued", msgspec.to_builtins(listed), at_s=workspace.now())
    return listed


def set_issuer_limits(workspace: Workspace, prospectus: Prospectus, *, key: str) -> None:
    """Set the limits over all classes that a prospectus states."""
    registry = workspace.founding.registry
    limits = [prospectus.investors_max, prospectus.retail_max]
    if limits != [None, None]:
        data = REGISTRY.function("setIssuerLimits").encode(
            *(UNLIMITED if limit is None else limit for limit in limits)
        )
        workspace.act("officer", [(f"{key}/issuer-limits", registry, data)])
    purchasers, days = prospectus.purchasers_max, prospectus.purchasers_window_days
    counted = any(terms.rules.purchasers_limited for terms in prospectus.securities)
    if purchasers is not None or counted:
        data = REGISTRY.function("setPurchaserLimit").encode(
            UNLIMITED if purchasers is None else purchasers, days
        )
        workspace.act("officer", [(f"{key}/purchaser-limit", registry, data)])
