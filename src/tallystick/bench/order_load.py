"""Those who place orders in the benchmark: a process of its own, with connections kept open."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Final

import msgspec
import uvloop

CONNECTIONS: Final = 32
_CREATED: Final = b"201"
_END: Final = b"\r\n\r\n"


class Load(msgspec.Struct):
    """Requests ready to be sent, and how: as fast as they are answered, or so many a second."""

    host: str
    port: int
    requests: list[bytes]
    per_s: float = 0.0
    connections: int = CONNECTIONS


class Answered(msgspec.Struct):
    """Seconds from sending to the answer of each request, in the order of answers, and overall."""

    waits_s: list[float]
    spent_s: float
    refused: int


def drive(packed: bytes) -> bytes:
    """Carry out a load given as bytes, in this process; what came of it as bytes."""
    load = msgspec.msgpack.decode(packed, type=Load)
    answered = _paced(load) if load.per_s else uvloop.run(_drive(load))
    return msgspec.msgpack.encode(answered)


async def _drive(load: Load) -> Answered:
    """Send requests as fast as they are answered."""
    waiting = list(reversed(load.requests))
    answered = Answered([], 0.0, 0)
    streams = [await asyncio.open_connection(load.host, load.port)
               for _ in range(load.connections)]  # fmt: skip
    begun = time.perf_counter()
    await asyncio.gather(*(_in_turn(stream, waiting, answered) for stream in streams))
    answered.spent_s = time.perf_counter() - begun
    for _, writer in streams:
        writer.close()
    return answered


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _in_turn(stream: Stream, waiting: list[bytes], answered: Answered) -> None:
    """Send one request after the other as they are answered."""
    while waiting:
        await _ask(stream, waiting.pop(), answered)


async def _ask(stream: Stream, request: bytes, answered: Answered) -> None:
    reader, writer = stream
    begun = time.perf_counter()
    writer.write(request)
    head = await reader.readuntil(_END)
    await reader.readexactly(_length(head))
    _note(answered, head, time.perf_counter() - begun)


def _paced(load: Load) -> Answered:
    """Send requests at their times; each connection has a thread, which sleeps most of the time."""
    answered = Answered([], 0.0, 0)
    begun = time.perf_counter() + 0.1
    threads = [threading.Thread(target=_at_their_times, args=(load, at, begun, answered))
               for at in range(load.connections)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answered.spent_s = time.perf_counter() - begun
    return answered


def _at_their_times(load: Load, first: int, begun: float, answered: Answered) -> None:
    """Send every n-th request when it is due; the wait counts from then."""
    with socket.create_connection((load.host, load.port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = line.makefile("rb")
        for at in range(first, len(load.requests), load.connections):
            due = begun + at / load.per_s
            time.sleep(max(0.0, due - time.perf_counter()))
            line.sendall(load.requests[at])
            head = b""
            while not head.endswith(_END):
                head += reader.readline()
            reader.read(_length(head))
            _note(answered, head, time.perf_counter() - due)


def _length(head: bytes) -> int:
    return int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])


def _note(answered: Answered, head: bytes, wait_s: float) -> None:
    answered.waits_s.append(wait_s)
    if head[9:12] != _CREATED:
        answered.refused += 1
