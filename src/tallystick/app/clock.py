"""The clock of a sandbox, moved ahead; once for each key."""

from __future__ import annotations

from typing import Any

from tallystick.app.workspace import Workspace
from tallystick.core.errors import Refused
from tallystick.gateways.chain.embedded.host import ADVANCE_MAX_S

KIND = "clock-advanced"


def advance_clock(workspace: Workspace, seconds: int, *, key: str) -> dict[str, Any]:
    """Move the clock of an embedded sandbox ahead; returns what the chain says of itself then.

    Where the clock shall stand is written down first, so that after a crash the same key moves it
    by what is missing, and after that by nothing. Raises `Refused` where time does not travel.
    """
    hosting = workspace.hosting
    if hosting is None:
        raise Refused(
            "not-embedded",
            "Only the clock of an embedded chain can be moved",
            cure="Wait, or try it in a sandbox with an embedded chain.",
        )
    status: dict[str, Any] = hosting.control("status")
    known = {entry.body["key"]: entry.body["offset_s"] for entry in workspace.journal.entries(KIND)}
    target = known.get(key)
    if target is None:
        if not status["sandbox"] or not 0 < seconds <= ADVANCE_MAX_S:
            # The chain says why not, before anything is written down.
            return dict(hosting.control("advance", seconds=seconds))
        target = status["clock_offset_s"] + seconds
        body = {"key": key, "offset_s": target}
        workspace.journal.append(KIND, body, at_s=workspace.now())
    missing = target - status["clock_offset_s"]
    return dict(hosting.control("advance", seconds=missing)) if missing > 0 else status
