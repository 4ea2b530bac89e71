"""`serve`: what runs for as long as it is wished."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tallystick.app.venue.markets import ROLE
from tallystick.app.venue.standby import Standby
from tallystick.cli.opening import ask_once, open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json
from tallystick.cli.output import as_json, complain, say
from tallystick.cli.venue_access import claimed, claiming, served
from tallystick.core.errors import Conflict, NotFound, Unavailable
from tallystick.core.wallets import show_wallet

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.embedded.remote import Claim
    from tallystick.markets.venue.engine import Venue

ROLES = ("venue", "standby")
CHECK_S = 0.5
PORT_TAKEN = "port-taken"
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
    with ExitStack() as stack:
        venue = None
        if role == "standby":
            standby = stack.enter_context(closing(_standing_by(opened, json=json)))
            claim = _stood_by(standby, folder, ended)
            if claim is not None:
                stack.callback(claim.release)
                venue, opened = standby.venue, partial(_opened_patiently, opened, ended)
        else:
            claim = stack.enter_context(claiming(folder))
        while claim is not None:
            try:
                _serve(opened, claim, port, ended, venue, json=json)
            except Conflict as error:
                # Who takes over waits for the port: there is nobody else.
                if venue is None or error.code != PORT_TAKEN or ended.wait(CHECK_S):
                    raise
                complain(error, json=False)
            else:
                break
    if not json:
        say("ended; nothing acknowledged is lost")


def _standing_by(opened: Callable[[], Workspace], *, json: bool) -> Standby:
    """The venue as its journal has it, and all that is asked of people to go on with it."""
    with opened() as workspace:
        workspace.keystore.signer(ROLE)
        standby = Standby.of(workspace)
    place = standby.venue.state.place
    if json:
        as_json({"standing_by": True, "place": place, "pid": os.getpid()})
        sys.stdout.flush()
    else:
        say(f"standing by · read as far as entry {place:,} · Ctrl-C ends it")
    return standby


def _stood_by(standby: Standby, folder: Path, ended: threading.Event) -> Claim | None:
    """Read along until nobody else serves; the right to do so, unless it is ended."""
    while not ended.is_set():
        standby.follow()
        if (claim := claimed(folder)) is not None:
            return claim
        ended.wait(FOLLOW_S)
    return None


def _opened_patiently(opened: Callable[[], Workspace], ended: threading.Event) -> Workspace:
    """The data directory, once a command that has it lets go, or the chain answers."""
    while True:
        try:
            return opened()
        except (Conflict, Unavailable) as error:
            complain(error, json=False)
            if ended.wait(CHECK_S):
                raise


def _serve(
    opened: Callable[[], Workspace], claim: Claim, port: int, ended: threading.Event,
    venue: Venue | None, *, json: bool,
) -> None:  # fmt: skip
    """Serve until it is ended."""
    with opened() as workspace, served(workspace, claim, port, venue) as (house, url):
        workspace.let_others_act()
        if json:
            as_json({"url": url, "venue": house.premises.venue, "pid": os.getpid()})
            sys.stdout.flush()
        else:
            markets = ", ".join(house.gate.state.markets) or "no market yet"
            say(f"{url} · {markets} · venue {show_wallet(house.premises.venue)} · Ctrl-C ends it")
        while not ended.wait(CHECK_S):
            house.require_well()
