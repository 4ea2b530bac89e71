"""What the contracts mean by the reasons for which they revert, and how to mend it.

Refusals by the rules are in `securities.codes`; these are all the others, in the table of the first
contract that gives them. A test holds the tables against the contracts' sources.
"""

from __future__ import annotations

from tallystick.gateways.chain.reverts import (
    baskets,
    councils,
    markets,
    registries,
    servicing,
    tokens,
)

REVERTS: dict[str, tuple[str, str]] = {
    **tokens.REVERTS,
    **registries.REVERTS,
    **servicing.REVERTS,
    **councils.REVERTS,
    **baskets.REVERTS,
    **markets.REVERTS,
}
