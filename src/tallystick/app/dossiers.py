"""Dossiers of assets, kept in the business journal: each version stays, the latest counts."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import Conflict, NotFound
from tallystick.securities.dossier import Dossier, as_body

if TYPE_CHECKING:
    from tallystick.app.workspace import ListedSecurity, Workspace

KIND = "dossier"


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
    for number, entry in enumerate(versions, start=1):
        if entry["key"] == key:
            return number
    body = as_body(dossier)
    hashed = sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()
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


def _versions(workspace: Workspace, symbol: str) -> list[dict[str, object]]:
    entries = workspace.journal.entries(KIND)
    return [entry.body for entry in entries if entry.body["symbol"] == symbol]
