"""`serve`: what runs for as long as it is wished."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Annotated

import typer

from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json
from tallystick.cli.output import as_json, say
from tallystick.cli.venue_access import served
from tallystick.core.errors import NotFound
from tallystick.core.wallets import show_wallet

ROLES = ("venue",)
CHECK_S = 0.5


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
    """Run the venue: orders over HTTP, matching around the clock, settlement; until interrupted."""
    if role not in ROLES:
        raise NotFound("role-unknown", f"There is no role {role!r} yet", where="--role",
                       cure=f"There is: {', '.join(ROLES)}.")  # fmt: skip
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with open_workspace(folder) as workspace, served(workspace, port) as (house, url):
        workspace.let_others_act()
        if json:
            as_json({"url": url, "venue": house.premises.venue, "pid": os.getpid()})
            sys.stdout.flush()
        else:
            markets = ", ".join(house.gate.state.markets) or "no market yet"
            say(f"{url} · {markets} · venue {show_wallet(house.premises.venue)} · Ctrl-C ends it")
        while not ended.wait(CHECK_S):
            house.require_well()
    if not json:
        say("ended; nothing acknowledged is lost")
