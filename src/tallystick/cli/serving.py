"""`serve`: what runs for as long as it is wished."""

from __future__ import annotations

import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tallystick.app.venue.standby import Standby
from tallystick.cli.opening import ask_once, open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json
from tallystick.cli.output import as_json, say
from tallystick.cli.venue_access import claimed, served
from tallystick.core.errors import NotFound
from tallystick.core.wallets import show_wallet

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.embedded.remote import Claim
    from tallystick.markets.venue.engine import Venue

ROLES = ("venue", "standby")
CHECK_S = 0.5
# How often one who stands by reads on, and looks whether he is the one now.
FOLLOW_S = 0.05


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(serve)


def serve(
    *,
    role: Annotated[str, typer.Option(help=f"What to serve: {', '.join(ROLES)}.")] = "venue",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Loopback port; any free one.")] = 0,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Run the venue: orders over HTTP, matching around the clock, settlement; until interrupted.

    A standby reads along while another process serves, and serves as soon as nobody else does.
    """
    if role not in ROLES:
        raise NotFound("role-unknown", f"There is no role {role!r} yet", where="--role",
                       cure=f"There is: {', '.join(ROLES)}.")  # fmt: skip
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    opened = partial(open_workspace, folder, ask=ask_once())
    claim, venue = None, None
    if role == "standby":
        claim, venue = _stood_by(opened, folder, ended, json=json)
    if not ended.is_set():
        _serve(opened, port, ended, claim, venue, json=json)
    if not json:
        say("ended; nothing acknowledged is lost")


def _stood_by(
    opened: Callable[[], Workspace], folder: Path, ended: threading.Event, *, json: bool
) -> tuple[Claim | None, Venue]:
    """Wait until nobody else serves; the right to do so, and the venue as its journal has it."""
    with opened() as workspace:
        standby = Standby.of(workspace)
    try:
        place = standby.venue.state.place
        if json:
            as_json({"standing_by": True, "place": place, "pid": os.getpid()})
            sys.stdout.flush()
        else:
            say(f"standing by · read as far as entry {place:,} · Ctrl-C ends it")
        while not ended.is_set():
            standby.follow()
            if (claim := claimed(folder)) is not None:
                return claim, standby.venue
            ended.wait(FOLLOW_S)
    finally:
        standby.close()
    return None, standby.venue


def _serve(
    opened: Callable[[], Workspace], port: int, ended: threading.Event, claim: Claim | None,
    venue: Venue | None, *, json: bool,
) -> None:  # fmt: skip
    """Serve until it is ended."""
    with opened() as workspace, served(workspace, port, claim, venue) as (house, url):
        workspace.let_others_act()
        if json:
            as_json({"url": url, "venue": house.premises.venue, "pid": os.getpid()})
            sys.stdout.flush()
        else:
            markets = ", ".join(house.gate.state.markets) or "no market yet"
            say(f"{url} · {markets} · venue {show_wallet(house.premises.venue)} · Ctrl-C ends it")
        while not ended.wait(CHECK_S):
            house.require_well()
