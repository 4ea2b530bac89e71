"""Winding up: proceeds divided among creditors and classes, and paid to holders for their units."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from tallystick.app.acts import Reason
from tallystick.app.keys import require_same
from tallystick.app.servicing import called, grants, redemptions
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.called import Redemption
from tallystick.app.servicing.redemptions import Wish
from tallystick.app.servicing.treasury import treasury
from tallystick.core.errors import Conflict, NotFound
from tallystick.securities.liquidation.plan import Plan, Standing, cash_of, claims, read_plan
from tallystick.securities.liquidation.preference_terms import PreferenceTerms
from tallystick.securities.liquidation.waterfall import (
    Breakpoint,
    Claim,
    Outcome,
    breakpoints,
    divide,
)
from tallystick.securities.redemptions import LIQUIDATION
from tallystick.securities.terms import Rights

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.app.workspace import Workspace

KIND = "liquidation"


class Divided(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets what of the proceeds, and from which proceeds on they go to whom."""

    plan: Plan
    decimals: int
    outcome: Outcome
    breakpoints: tuple[Breakpoint, ...]
    symbols: tuple[str, ...]
    claims: tuple[Claim, ...]


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A winding-up as the business journal keeps it: what each class gets, in units of the cash.

    `others` get theirs outside: creditors. `units` are those of each class then, whole ones.
    """

    number: int
    key: str
    seal: str
    cash: str
    proceeds: str
    document: str
    classes: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]


def standing(workspace: Workspace) -> list[Standing]:
    """All classes of the issuer as they stand, the issuer's own units left out."""
    book, own = workspace.book(), treasury(workspace)
    found: list[Standing] = []
    for security in workspace.securities():
        held = book.securities[security.token].balances
        units = sum(each for wallet, each in held.items() if wallet not in own)
        preference = security.terms.get("preference")
        found.append(Standing(
            symbol=security.symbol, units=Fraction(units, 10**security.decimals),
            rights=msgspec.convert(security.terms["rights"], Rights),
            preference=msgspec.convert(preference, PreferenceTerms) if preference else None,
        ))  # fmt: skip
    return found


def foresee(workspace: Workspace, text: str, *, path: str) -> Divided:
    """How the proceeds of a file would be divided now."""
    decimals = cash_tokens.money(workspace, cash_of(text, path=path)).decimals
    plan = read_plan(text, decimals, path=path)
    classes = standing(workspace)
    found = claims(plan, classes, decimals, grants.claims(workspace, decimals))
    return Divided(
        plan=plan, decimals=decimals, outcome=divide(plan.proceeds, found),
        breakpoints=tuple(breakpoints(found)), symbols=tuple(each.symbol for each in classes),
        claims=tuple(found),
    )  # fmt: skip


def liquidations(workspace: Workspace) -> list[Begun]:
    """All windings-up, in the order of their numbers."""
    return [msgspec.convert(entry.body, Begun) for entry in workspace.journal.entries(KIND)]


def liquidation(workspace: Workspace, number: int) -> Begun:
    """A winding-up by its number. Raises `NotFound` if there is none."""
    found = next((each for each in liquidations(workspace) if each.number == number), None)
    if found is None:
        raise NotFound("liquidation-unknown", f"There is no liquidation {number}",
                       cure="Announce one with `liquidation announce`.")  # fmt: skip
    return found


def announce(
    workspace: Workspace, text: str, document: bytes, *, path: str, key: str
) -> Begun:  # fmt: skip
    """Write down how the proceeds are divided; `document` is SHA-256 of what resolved it.

    The agent must have what the classes get. Nothing is done twice under one key.
    """
    seal = sha256(text.encode()).hexdigest()
    known = next((each for each in liquidations(workspace) if each.key == key), None)
    if known is not None:
        require_same((seal, document.hex()), (known.seal, known.document))
        return known
    divided = foresee(workspace, text, path=path)
    shares = [(each.name, str(each.amount)) for each in divided.outcome.shares]
    classes = [each for each in shares if each[0] in divided.symbols]
    money = cash_tokens.money(workspace, divided.plan.cash)
    owed = sum(int(amount) for _, amount in classes)
    have = cash_tokens.balance(workspace, money, workspace.acting("agent"))
    if have < owed:
        raise cash_tokens.short(money, have, owed)
    made = Begun(
        number=len(liquidations(workspace)) + 1, key=key, seal=seal, cash=divided.plan.cash,
        proceeds=str(divided.plan.proceeds), document=document.hex(), classes=tuple(classes),
        others=tuple(each for each in shares if each[0] not in divided.symbols),
        units=tuple((each.symbol, str(each.units)) for each in standing(workspace)),
    )  # fmt: skip
    workspace.journal.append(KIND, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def _require_same_units(workspace: Workspace, begun: Begun) -> None:
    """Raise `Conflict` if the classes are no longer those that the proceeds were divided among."""
    redeemed = {each.symbol for each in called.all_redemptions(workspace)
                if each.key.startswith(f"{begun.key}/")}  # fmt: skip
    now = {each.symbol: str(each.units) for each in standing(workspace)}
    for symbol, units in begun.units:
        if symbol not in redeemed and now[symbol] != units:
            raise Conflict(
                "units-changed", f"{symbol} had {units} units when it was announced, and has "
                f"{now[symbol]}", cure="Announce the liquidation anew.",
            )  # fmt: skip


def carry_out(
    workspace: Workspace, number: int, *, report: Callable[[int, int], None] | None = None
) -> list[tuple[Redemption, redemptions.Progress]]:  # fmt: skip
    """Redeem all units of every class for what it gets; goes on where it was cut off.

    Raises `Conflict` if units were issued or redeemed since it was announced.
    """
    begun = liquidation(workspace, number)
    _require_same_units(workspace, begun)
    done: list[tuple[Redemption, redemptions.Progress]] = []
    for symbol, amount in begun.classes:
        wish = Wish(
            symbol=symbol, cash=begun.cash, kind=LIQUIDATION, amount=int(amount), at_s=0,
            reason=Reason("redemption", bytes.fromhex(begun.document)),
        )  # fmt: skip
        made = redemptions.announce(workspace, wish, key=f"{begun.key}/{symbol}")
        done.append((made, redemptions.carry_out(workspace, made.number, report=report)))
    return done
