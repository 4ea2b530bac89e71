"""Built-in rules. One file each; `TABLE` is the whole list, in the order of refusal codes.

To add a rule: a module here with a `check`, a line in `TABLE`, its twin in `rules.vy`, its heading
in the rule reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.securities.rules import (
    affiliate_volume,
    approval,
    balance,
    country,
    country_limit,
    flow_back,
    freeze,
    holder_limit,
    investor_tier,
    issuer_limit,
    legend,
    lock_up,
    locked_sale,
    lot_size,
    max_balance,
    max_share,
    minimum_holding,
    module,
    partial_freeze,
    pause,
    purchaser_limit,
    screening,
    supply_cap,
    venue,
    verified_holder,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.securities.proposal import Proposal
    from tallystick.securities.verdict import Refusal

TABLE: tuple[tuple[str, Callable[[Proposal], list[Refusal]]], ...] = (
    ("pause", pause.check),
    ("venue", venue.check),
    ("freeze", freeze.check),
    ("partial-freeze", partial_freeze.check),
    ("lock-up", lock_up.check),
    ("affiliate-volume", affiliate_volume.check),
    ("legend", legend.check),
    ("locked-sale", locked_sale.check),
    ("verified-holder", verified_holder.check),
    ("country", country.check),
    ("investor-tier", investor_tier.check),
    ("screening", screening.check),
    ("flow-back", flow_back.check),
    ("approval", approval.check),
    ("max-balance", max_balance.check),
    ("holder-limit", holder_limit.check),
    ("lot-size", lot_size.check),
    ("minimum-holding", minimum_holding.check),
    ("max-share", max_share.check),
    ("country-limit", country_limit.check),
    ("supply-cap", supply_cap.check),
    ("module", module.check),
    ("balance", balance.check),
    ("issuer-limit", issuer_limit.check),
    ("purchaser-limit", purchaser_limit.check),
)


def evaluate(proposal: Proposal) -> list[Refusal]:
    """Every refusal of a movement, the one that the chain reports first; empty if it may happen."""
    refusals: list[Refusal] = []
    for _, check in TABLE:
        if found := check(proposal):
            refusals += found
    return sorted(refusals, key=lambda refusal: refusal.code) if refusals else refusals
