"""Those who place orders in the benchmark: a process of its own, with connections kept open."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import msgspec
import uvloop

CONNECTIONS: Final = 32
_CREATED: Final = b"201"


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
    return msgspec.msgpack.encode(uvloop.run(_drive(load)))


async def _drive(load: Load) -> Answered:
    waiting = list(reversed(load.requests))
    answered = Answered([], 0.0, 0)
    streams = [await asyncio.open_connection(load.host, load.port)
               for _ in range(load.connections)]  # fmt: skip
    begun = time.perf_counter()
    if load.per_s:
        await _paced(load, streams, answered)
    else:
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


async def _paced(load: Load, streams: list[Stream], answered: Answered) -> None:
    """Send requests at their times, whether or not earlier ones were answered."""
    free: asyncio.Queue[Stream] = asyncio.Queue()
    for stream in streams:
        free.put_nowait(stream)
    begun, tasks = time.perf_counter(), []

    async def send(request: bytes, due: float) -> None:
        stream = await free.get()
        await _ask(stream, request, answered, since=due)
        free.put_nowait(stream)

    for at, request in enumerate(load.requests):
        due = begun + at / load.per_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(send(request, due)))
    await asyncio.gather(*tasks)


async def _ask(
    stream: Stream, request: bytes, answered: Answered, since: float | None = None
) -> None:
    reader, writer = stream
    begun = time.perf_counter() if since is None else since
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    answered.waits_s.append(time.perf_counter() - begun)
    if head[9:12] != _CREATED:
        answered.refused += 1
