"""Dossiers of assets, kept in the business journal: each version stays, the latest counts.

Once something in a dossier no longer holds, trading is halted: every venue loses its permission on
the chain, and has it back when a newer version mends it. Both stand in the journal.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from tallystick.app import controls
from tallystick.app.keys import require_same
from tallystick.core.errors import Conflict, NotFound
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.securities.dossier import Dossier, Halt, as_body, halts, require_no_lower

if TYPE_CHECKING:
    from tallystick.app.workspace import ListedSecurity, Workspace

KIND = "dossier"
HALTED, RESUMED = "trading-halted", "trading-resumed"
WITHDRAWN = "venue-withdrawn-while-halted"


class Halting(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal keeps of a halt: a number, and the venues that lose their permission."""

    number: int
    symbol: str
    venues: tuple[Wallet, ...]
    reasons: tuple[str, ...]


class Enforced(msgspec.Struct, frozen=True, kw_only=True):
    """Whether trading is halted and why, at how many venues, and whether there is another way.

    `elsewhere` says that the rules let units be sold without a venue.
    """

    halted: bool
    reasons: tuple[Halt, ...]
    venues: int
    elsewhere: bool


def keep(workspace: Workspace, security: ListedSecurity, dossier: Dossier, *, key: str) -> int:
    """Write down a version of a dossier; returns its number, from 1. Does nothing twice.

    Raises `Conflict` if it is of another vehicle than the terms name.
    """
    vin = security.terms.get("vin", "")
    if dossier.vehicle is not None and vin and dossier.vehicle.vin != vin:
        raise Conflict(
            "dossier-of-another-asset",
            f"The dossier is of {dossier.vehicle.vin}, the terms of {security.symbol} name {vin}",
            cure="Name the security whose vehicle it is.",
        )
    versions = _versions(workspace, security.symbol)
    if versions and all(entry["key"] != key for entry in versions):
        require_no_lower(dossier, msgspec.convert(versions[-1]["dossier"], Dossier))
    body = as_body(dossier)
    hashed = sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()
    for number, entry in enumerate(versions, start=1):
        if entry["key"] == key:
            require_same(hashed, entry["hash"])
            return number
    workspace.journal.append(
        KIND,
        {"key": key, "symbol": security.symbol, "hash": hashed, "dossier": body},
        at_s=workspace.now(),
    )
    return len(versions) + 1


def latest(workspace: Workspace, security: ListedSecurity) -> Dossier:
    """The latest dossier of a security; raises `NotFound` if there is none."""
    versions = _versions(workspace, security.symbol)
    if not versions:
        raise NotFound("dossier-missing", f"{security.symbol} has no dossier",
                       cure="Write one with `dossier set`.")  # fmt: skip
    return msgspec.convert(versions[-1]["dossier"], Dossier)


def withdraw_while_halted(workspace: Workspace, security: ListedSecurity, venue: Wallet) -> bool:
    """Note that a venue shall not have its permission back; whether it was one of a halt's."""
    halting = halt_of(workspace, security)
    if halting is None or venue not in halting.venues:
        return False
    if venue not in _withdrawn(workspace, halting):
        body = {"number": halting.number, "venue": venue}
        workspace.journal.append(WITHDRAWN, body, at_s=workspace.now())
    return True


def _withdrawn(workspace: Workspace, halting: Halting) -> set[str]:
    entries = workspace.journal.entries(WITHDRAWN)
    return {entry.body["venue"] for entry in entries if entry.body["number"] == halting.number}


def reasons_to_halt(workspace: Workspace, security: ListedSecurity, day: int) -> list[Halt]:
    """What in the dossier of a security does not hold on a UTC day; nothing without a dossier."""
    versions = _versions(workspace, security.symbol)
    return halts(msgspec.convert(versions[-1]["dossier"], Dossier), day) if versions else []


def symbols_to_halt(workspace: Workspace, day: int) -> set[str]:
    """Securities in whose dossier something does not hold on a UTC day."""
    newest = {entry.body["symbol"]: entry.body["dossier"]
              for entry in workspace.journal.entries(KIND)}  # fmt: skip
    return {symbol for symbol, body in newest.items()
            if halts(msgspec.convert(body, Dossier), day)}  # fmt: skip


def enforce(workspace: Workspace, security: ListedSecurity) -> Enforced:
    """Halt trading at every venue if the dossier asks it, or let it go on; again, it finishes.

    Raises `NotFound` if there is no dossier.
    """
    reasons = halts(latest(workspace, security), workspace.now() // DAY_S)
    state = workspace.book().securities[security.token]
    halting = halt_of(workspace, security)
    if reasons and halting is None:
        halting = _begin(workspace, security, reasons)
    if halting is not None:
        _set_venues(workspace, security, halting, allowed=not reasons)
    if halting is not None and not reasons:
        body = {"number": halting.number, "symbol": security.symbol}
        workspace.journal.append(RESUMED, body, at_s=workspace.now())
    venues = state.venues if halting is None else halting.venues
    return Enforced(
        halted=bool(reasons), reasons=tuple(reasons), venues=len(venues),
        elsewhere=not state.rules.venues_only,
    )  # fmt: skip


def _begin(workspace: Workspace, security: ListedSecurity, reasons: list[Halt]) -> Halting:
    halting = Halting(
        number=sum(1 for _ in workspace.journal.entries(HALTED)) + 1,
        symbol=security.symbol,
        venues=tuple(sorted(workspace.book().securities[security.token].venues)),
        reasons=tuple(each.why for each in reasons),
    )
    workspace.journal.append(HALTED, msgspec.to_builtins(halting), at_s=workspace.now())
    return halting


def _set_venues(
    workspace: Workspace, security: ListedSecurity, halting: Halting, *, allowed: bool
) -> None:
    """Give the venues of a halt their permission back, or take it, where that was not done."""
    there = workspace.book().securities[security.token].venues
    verb = "resume" if allowed else "halt"
    withdrawn = _withdrawn(workspace, halting)
    for venue in halting.venues:
        if (venue in there) is not allowed and not (allowed and venue in withdrawn):
            key = f"{verb}/{halting.number}/{venue}"
            controls.set_venue(workspace, security, venue, allowed=allowed, key=key)


def halt_of(workspace: Workspace, security: ListedSecurity) -> Halting | None:
    """The halt of a security's trading that has not ended."""
    resumed = {entry.body["number"] for entry in workspace.journal.entries(RESUMED)}
    found = [msgspec.convert(entry.body, Halting) for entry in workspace.journal.entries(HALTED)]
    open_ = [each for each in found if each.number not in resumed]
    return next((each for each in open_ if each.symbol == security.symbol), None)


def _versions(workspace: Workspace, symbol: str) -> list[dict[str, object]]:
    entries = workspace.journal.entries(KIND)
    return [entry.body for entry in entries if entry.body["symbol"] == symbol]
