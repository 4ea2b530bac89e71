"""The contracts that service securities, each made when it is first needed: of what it consists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.gateways.chain.contracts import contract

if TYPE_CHECKING:
    from collections.abc import Callable

# The parts of a service, the last one first: each is given the address of the one before.
SERVICES: dict[str, tuple[str, ...]] = {
    "Distributor": ("DistributorChallenges", "Distributor"),
    "Anchor": ("Anchor",),
    "Ballot": ("Ballot",),
    "Offering": ("OfferingDesk", "Offering"),
    "Basket": ("BasketDesk", "Basket"),
    "Settlement": ("Settlement",),
}


def deploy_service(name: str, deploy: Callable[[str, str], str]) -> str:
    """Deploy a service and return its address.

    `deploy` is given the name of a contract and the data of a creating transaction; it returns the
    address created.
    """
    address = ""
    for part in SERVICES[name]:
        address = deploy(part, contract(part).creation(*([address] if address else [])))
    return address
