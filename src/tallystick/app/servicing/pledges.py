"""Pledges to an offering, and wires that pay them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.app.keys import require_same
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing import subscribing
from tallystick.core.errors import Invalid, Refused
from tallystick.core.units import parse_quantity, show_money
from tallystick.core.wallets import Wallet
from tallystick.securities.offerings.wires import Wire, reference_of

if TYPE_CHECKING:
    from tallystick.app.servicing.offerings import Opened
    from tallystick.app.workspace import Workspace

KIND = "pledge"
# A pledge is paid, or its wire waits for a person.
PAID, UNKNOWN, OTHER_AMOUNT, REFUSED = "subscribed", "no pledge", "other amount", "refused"


class Pledge(msgspec.Struct, frozen=True, kw_only=True):
    """What an investor will pay by a wire that bears this reference, in lots and units of cash."""

    offering: int
    key: str
    wallet: Wallet
    lots: int
    amount: str
    reference: str


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """A wire and what came of it; `detail` says more where it waits for a person."""

    wire: str
    amount: str
    outcome: str
    reference: str = ""
    detail: str = ""


def pledges(workspace: Workspace) -> list[Pledge]:
    """All pledges, in order."""
    return [msgspec.convert(entry.body, Pledge) for entry in workspace.journal.entries(KIND)]


def pledge(workspace: Workspace, opened: Opened, wallet: Wallet, lots: int, *, key: str) -> Pledge:
    """Note that an investor will pay by wire; returns the reference that he is to state.

    The same key again is nothing new.
    """
    known = pledges(workspace)
    same = next((each for each in known if each.key == key), None)
    if same is not None:
        require_same((opened.number, wallet, lots), (same.offering, same.wallet, same.lots))
        return same
    made = Pledge(
        offering=opened.number, key=key, wallet=wallet, lots=lots,
        amount=str(subscribing.price(workspace, opened, lots)),
        reference=reference_of(f"O{opened.number}P{len(known) + 1:05d}"),
    )  # fmt: skip
    workspace.journal.append(KIND, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def take_wires(
    workspace: Workspace, opened: Opened, wires: list[Wire], currency: str
) -> list[Matched]:
    """Subscribe for everybody whose wire has come; what does not fit waits for a person.

    A wire that was taken before is looked up by the bank's id, and done once.
    """
    known = {each.reference: each for each in pledges(workspace) if each.offering == opened.number}
    return [_take(workspace, opened, wire, currency, known) for wire in wires]


def _take(
    workspace: Workspace, opened: Opened, wire: Wire, currency: str, known: dict[str, Pledge]
) -> Matched:
    found = [known[each] for each in wire.references if each in known]
    if len(found) != 1:
        return Matched(wire=wire.id, amount=wire.amount, outcome=UNKNOWN)
    [pledged] = found
    money = cash_tokens.money(workspace, opened.terms.cash)
    key = f"wire/{opened.number}/{wire.id}"
    made = Matched(wire=wire.id, amount=wire.amount, outcome=PAID, reference=pledged.reference)
    if not workspace.known(f"{key}/subscribe"):
        wanted = subscribing.price(workspace, opened, pledged.lots)
        if wire.currency != currency or _units(wire, money.decimals) != wanted:
            detail = f"{show_money(wanted, money.decimals)} {currency} would be due now"
            return msgspec.structs.replace(made, outcome=OTHER_AMOUNT, detail=detail)
        verdict = subscribing.judge(workspace, opened, pledged.wallet, pledged.lots)
        if not verdict.allowed:
            detail = verdict.refusals[0].message
            return msgspec.structs.replace(made, outcome=REFUSED, detail=detail)
    try:
        subscribing.subscribe_for(workspace, opened, pledged.wallet, pledged.lots, key=key)
    except Refused as error:
        return msgspec.structs.replace(made, outcome=REFUSED, detail=error.message)
    return made


def _units(wire: Wire, decimals: int) -> int:
    whole, _, part = wire.amount.partition(".")
    plain = f"{whole}.{part.rstrip('0')}" if part.rstrip("0") else whole
    try:
        return parse_quantity(plain, decimals, where=wire.where)
    except Invalid:
        return 0
