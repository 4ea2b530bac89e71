"""The contracts that all securities share: what to deploy, in which order, with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.gateways.chain.contracts import contract

if TYPE_CHECKING:
    from collections.abc import Callable

# Address of a contract -> what the next one is given.
Deploy = "Callable[[str, str], str]"


class Platform(msgspec.Struct, frozen=True):
    """Addresses of the shared contracts."""

    token_admin: str
    token_controls: str
    token_rules: str
    token_agent: str
    token: str
    registry_admin: str
    registry_blueprint: str
    factory: str
    # Empty where it was deployed before units could be exchanged.
    token_exchange: str = ""


def deploy_platform(deploy: Callable[[str, str], str]) -> Platform:
    """Deploy everything that securities share.

    `deploy` is given a name, unique within this call, and the data of a creating transaction; it
    returns the address created.
    """
    token_exchange = deploy("token-exchange", contract("SecurityTokenExchange").creation())
    token_admin = deploy("token-admin", contract("SecurityTokenAdmin").creation(token_exchange))
    token_controls = deploy(
        "token-controls", contract("SecurityTokenControls").creation(token_admin)
    )
    token_rules = deploy("token-rules", contract("SecurityTokenRules").creation(token_controls))
    token_agent = deploy("token-agent", contract("SecurityTokenAgent").creation(token_rules))
    token = deploy("token", contract("SecurityToken").creation(token_agent))
    registry_admin = deploy("registry-admin", contract("IdentityRegistryAdmin").creation())
    blueprint = deploy("registry-blueprint", contract("IdentityRegistry").blueprint)
    factory = deploy("factory", contract("Factory").creation(token, blueprint, registry_admin))
    return Platform(
        token_admin,
        token_controls,
        token_rules,
        token_agent,
        token,
        registry_admin,
        blueprint,
        factory,
        token_exchange,
    )
