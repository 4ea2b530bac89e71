"""Tells who is connected what came of his orders, as it happens (server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

import msgspec

from tallystick.app.venue.telling import Teller, Whose

if TYPE_CHECKING:
    from tallystick.app.venue.logins import Caller
    from tallystick.markets.venue.entries import Journaled
    from tallystick.markets.venue.events import Event
    from tallystick.markets.venue.state import VenueState

# Events that may wait for one who reads slowly; beyond that he is cut off, and comes again.
BEHIND_MAX: Final = 10_000
HEARTBEAT_S: Final = 1.0


class Listener:
    """One who is connected."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.waiting: asyncio.Queue[bytes | None] = asyncio.Queue(BEHIND_MAX)


class Feed:
    """Who is connected, and to whom an event is to be told. All within one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, state: VenueState) -> None:
        self._loop = loop
        self._teller = Teller(state)
        self._listeners: set[Listener] = set()
        self._closed = False

    def tell(self, journaled: Journaled, events: list[Event]) -> None:
        """Take up what came of an entry, from whichever thread."""
        self._loop.call_soon_threadsafe(self._deliver, journaled, events)

    def connected(self, login: str) -> bool:
        """Whether somebody is connected by that login."""
        return any(each.caller.login == login for each in self._listeners)

    async def listen(self, listener: Listener) -> AsyncGenerator[bytes]:
        """What a listener is told, and a sign of life each second, until he goes."""
        self._listeners.add(listener)
        try:
            yield b": connected\n\n"
            while not self._closed:
                try:
                    told = await asyncio.wait_for(listener.waiting.get(), HEARTBEAT_S)
                except TimeoutError:
                    yield b": alive\n\n"
                    continue
                if told is None:
                    return
                yield told
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """Let everybody go, from whichever thread."""
        self._loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        self._closed = True
        for listener in self._listeners:
            _put(listener, None)

    def _deliver(self, journaled: Journaled, events: list[Event]) -> None:
        for event in events:
            self._teller.note(journaled, event)
            for whose, body in self._teller.tell(journaled, event, self._listens):
                told = (f"id: {journaled.place}\nevent: {body['type']}\n".encode()
                        + b"data: " + msgspec.json.encode(body) + b"\n\n")  # fmt: skip
                for listener in self._listeners:
                    if listener.caller.may_act_on(*whose):
                        _put(listener, told)

    def _listens(self, whose: Whose) -> bool:
        """Whether anybody listens who may be told what concerns an investor's order."""
        return any(listener.caller.may_act_on(*whose) for listener in self._listeners)


def _put(listener: Listener, told: bytes | None) -> None:
    """Have a listener told; one who is too far behind is cut off."""
    try:
        listener.waiting.put_nowait(told)
    except asyncio.QueueFull:
        while not listener.waiting.empty():
            listener.waiting.get_nowait()
        listener.waiting.put_nowait(None)
