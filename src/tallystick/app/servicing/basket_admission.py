"""Admission of a basket among the investors of an issuer, whose securities it shall hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app import admission
from tallystick.app.admission import Newcomer
from tallystick.core.times import FOREVER_DAY
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claim, Claims
from tallystick.securities.onboarding.registrations import Kind

if TYPE_CHECKING:
    from tallystick.app.servicing.baskets import Opened
    from tallystick.app.workspace import Workspace
    from tallystick.core.wallets import Wallet


def admit(workspace: Workspace, made: Opened, country: str, *, key: str) -> Wallet:
    """Admit a basket among the investors here, so that it may hold securities of this issuer."""
    name = f"Basket {made.symbol}"
    newcomer = Newcomer(
        row=name, person=Person(name=name, kind=Kind.ENTITY, email="", reference=name),
        country=country, claims=Claims().stated(Claim.VERIFIED, FOREVER_DAY), wallet=made.at,
    )  # fmt: skip
    return admission.admit(workspace, [newcomer], key=key).homes[0]
