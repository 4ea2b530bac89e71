"""Built-in rules. One file each; `TABLE` is the whole list, in the order of refusal codes.

To add a rule: a module here with a `check`, a line in `TABLE`, its twin in `rules.vy`, its heading
in the rule reference. The line says which parameters switch it on, if any do, and which kinds of
movements it judges, if not all, so that it is not asked where it has nothing to say.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tallystick.securities.proposal import SALES, Movement, RuleSet
from tallystick.securities.rules import (
    affiliate_volume,
    approval,
    balance,
    country,
    country_limit,
    flow_back,
    freeze,
    held,
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

    Check = Callable[[Proposal], list[Refusal]]


class Rule(NamedTuple):
    """A rule of the list: on while one of its parameters is set, or always; for some kinds."""

    name: str
    check: Check
    parameters: tuple[str, ...] = ()
    kinds: frozenset[Movement] = frozenset(Movement)

    def judges(self, rules: RuleSet, kind: Movement) -> bool:
        """Whether it has anything to say about a kind of movement under a rule set."""
        is_set = [getattr(rules, each) != getattr(_NO_RULES, each) for each in self.parameters]
        return kind in self.kinds and (not is_set or any(is_set))


_NO_RULES = RuleSet()
_ISSUES = frozenset({Movement.ISSUE})
_RESALES = frozenset({Movement.RESALE})
_PRIVATE_SALES = frozenset({Movement.PRIVATE_SALE})
_SALES_AND_ISSUES = SALES | _ISSUES

TABLE: tuple[Rule, ...] = (
    Rule("pause", pause.check),
    Rule("venue", venue.check, ("venues_only",), _RESALES),
    Rule("freeze", freeze.check),
    Rule("partial-freeze", partial_freeze.check),
    Rule("lock-up", lock_up.check, kinds=SALES),
    Rule("affiliate-volume", affiliate_volume.check, ("affiliate_volume_bps",)),
    Rule("legend", legend.check),
    Rule("locked-sale", locked_sale.check, ("locked_sale_tier",), _PRIVATE_SALES),
    Rule("held", held.check),
    Rule("verified-holder", verified_holder.check),
    Rule("country", country.check, ("countries_allowed", "countries_denied")),
    Rule("investor-tier", investor_tier.check, ("investor_tier",)),
    Rule("screening", screening.check, ("screening",)),
    Rule("flow-back", flow_back.check, ("flow_back_until",)),
    Rule("approval", approval.check),
    Rule("max-balance", max_balance.check, ("max_balance",)),
    Rule("holder-limit", holder_limit.check),
    Rule("lot-size", lot_size.check, ("lot_size",), _SALES_AND_ISSUES),
    Rule("minimum-holding", minimum_holding.check, ("minimum_holding",), _SALES_AND_ISSUES),
    Rule("max-share", max_share.check, ("max_share_bps",)),
    Rule("country-limit", country_limit.check, ("country_max",)),
    Rule("supply-cap", supply_cap.check, kinds=_ISSUES),
    Rule("module", module.check),
    Rule("balance", balance.check),
    Rule("issuer-limit", issuer_limit.check),
    Rule("purchaser-limit", purchaser_limit.check, kinds=_ISSUES),
)


@lru_cache(maxsize=1_024)
def asked(rules: RuleSet, kind: Movement) -> tuple[Check, ...]:
    """What is asked about a kind of movement while these rules are set."""
    return tuple(rule.check for rule in TABLE if rule.judges(rules, kind))


def evaluate(proposal: Proposal) -> list[Refusal]:
    """Every refusal of a movement, the one that the chain reports first; empty if it may happen."""
    refusals: list[Refusal] = []
    for check in asked(proposal.rules, proposal.kind):
        if found := check(proposal):
            refusals += found
    return sorted(refusals, key=lambda refusal: refusal.code) if refusals else refusals
