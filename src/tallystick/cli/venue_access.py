"""How commands reach the venue of a data directory: the one that is served, or one for a moment."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tallystick.api.serving import Server, listening
from tallystick.api.venue import VenueApi
from tallystick.app.venue.house import House
from tallystick.client import VenueClient
from tallystick.core.errors import Conflict, Unavailable
from tallystick.gateways.chain.embedded.remote import Address, Claim

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from tallystick.app.workspace import Workspace
    from tallystick.markets.venue.engine import Venue

LOCK = "venue.lock"
LOOPBACK: Final = "127.0.0.1"
STARTED_S: Final = 30.0
SETTLED_S: Final = 10.0
FOLLOWED_S: Final = 10.0
POLL_S: Final = 0.02


@contextmanager
def reached(workspace: Workspace) -> Iterator[VenueClient]:
    """A client of the venue, as its operator.

    If it is served that one is asked. If not it works here until what was matched is settled.
    """
    claim = Claim(workspace.folder / LOCK, "venue")
    try:
        if claim.held:
            with _for_a_moment(workspace, claim) as client:
                yield client
        else:
            address = claim.host()
            client = VenueClient(address.url, token=address.token)
            _await_block(workspace, client)
            yield client
    finally:
        claim.release()


def _await_block(workspace: Workspace, client: VenueClient) -> None:
    """Wait until the venue knows what this command did on the chain, a permit say."""
    head = int(workspace.rpc.call("eth_blockNumber"), 16)
    deadline = time.monotonic() + FOLLOWED_S
    while client.status()["block"] < head and time.monotonic() < deadline:
        time.sleep(POLL_S)


@contextmanager
def claiming(folder: Path) -> Iterator[Claim]:
    """The right to serve the venue of a data directory, or what says who has it.

    It is given up last: whoever takes over finds the chain free.
    """
    claim = Claim(folder / LOCK, "venue")
    try:
        yield claim
    finally:
        claim.release()


def claimed(folder: Path) -> Claim | None:
    """The right to serve the venue of a data directory; None while another process has it."""
    claim = Claim(folder / LOCK, "venue")
    if claim.held:
        return claim
    claim.release()
    return None


@contextmanager
def served(
    workspace: Workspace, claim: Claim, port: int, venue: Venue | None = None
) -> Iterator[tuple[House, str]]:
    """A venue that is served for others, and where; raises `Conflict` if it is served already.

    `venue` is one that stood by.
    """
    if not claim.held:
        raise Conflict("venue-running", f"The venue is served at {claim.host().url} already",
                       cure="Use it there, or stop it first.")  # fmt: skip
    with _serving(workspace, claim, port, for_long=True, venue=venue) as found:
        yield found


@contextmanager
def _serving(
    workspace: Workspace, claim: Claim, port: int, *, for_long: bool, venue: Venue | None = None
) -> Iterator[tuple[House, str]]:
    with listening(LOOPBACK, port) as sock, _working(workspace, venue, for_long=for_long) as house:
        url = _url(sock)
        api = VenueApi(house)
        server = Server(api.application())
        thread = threading.Thread(target=server.run, args=([sock],), daemon=True)
        thread.start()
        try:
            _await_started(server, thread)
            claim.publish(Address(os.getpid(), url, house.operator_token))
            yield house, url
        finally:
            api.end()
            server.end()
            thread.join()


@contextmanager
def _working(workspace: Workspace, venue: Venue | None, *, for_long: bool) -> Iterator[House]:
    house = House.of(workspace, venue)
    try:
        house.begin(for_long=for_long)
        yield house
    finally:
        house.end()


@contextmanager
def _for_a_moment(workspace: Workspace, claim: Claim) -> Iterator[VenueClient]:
    with _serving(workspace, claim, 0, for_long=False) as (house, url):
        yield VenueClient(url, token=house.operator_token)
        deadline = time.monotonic() + SETTLED_S
        while house.floor.is_owing and time.monotonic() < deadline:
            time.sleep(POLL_S)


def _await_started(server: Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + STARTED_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise Unavailable("venue-not-started", "The server did not start",
                              cure="Start it again; report this if it stays so.")  # fmt: skip
        time.sleep(POLL_S)


def _url(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://{host}:{port}"
