"""An embedded chain beside the program that uses it: its own thread, its own loopback port."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from tallystick.core.errors import Unavailable
from tallystick.gateways.chain.embedded.anvil import find_anvil
from tallystick.gateways.chain.embedded.host import EmbeddedChain, open_chain
from tallystick.gateways.chain.embedded.journal import BlockJournal
from tallystick.gateways.chain.embedded.server import make_app
from tallystick.gateways.store.database import Connect, open_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Embedded chains get numbers nobody else uses, so that no signature means anything elsewhere.
CHAIN_ID_BASE = 7_000_000_000
CHAIN_ID_SPAN = 1_000_000_000
BACKLOG = 128


def new_chain_id() -> int:
    """A random chain id in the range of embedded chains."""
    return CHAIN_ID_BASE + secrets.randbelow(CHAIN_ID_SPAN)


def _listen(port: int) -> socket.socket:
    """A socket on a loopback port, any free one if it is 0; held from the beginning.

    It listens at once: two sockets may be bound to a port as long as neither does.
    """
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(("127.0.0.1", port))
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        raise Unavailable(
            "port-in-use",
            f"Port {port} of this machine is in use",
            cure="Stop what uses it, or choose another with `--port`.",
        ) from error
    return found


class Hosting:
    """Runs an embedded chain and its HTTP server until closed; a context manager."""

    def __init__(
        self, path: Path, *, clock: Callable[[], int], sandbox: bool, anvil: str = "",
        port: int = 0, chain_id: int = 0, report: Callable[[int, int], None] | None = None,
        connect: Connect | None = None,
    ) -> None:  # fmt: skip
        self.token = secrets.token_hex(16)
        self._path = path
        self._clock = clock
        self._sandbox = sandbox
        self._anvil = anvil
        self._report = report
        self._chain_id = chain_id or new_chain_id()
        self._connect = connect
        self._socket = _listen(port)
        self._port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._chain: EmbeddedChain | None = None
        self._runner: web.AppRunner | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._do(self._open())
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Where the chain is served."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def node_pid(self) -> int:
        """Process number of the node."""
        return self._running().node_pid

    def control(self, act: str, **asked: Any) -> Any:
        """An act of the operator, see `EmbeddedChain.control`."""
        return self._do(self._running().control(act, asked))

    def _running(self) -> EmbeddedChain:
        if self._chain is None:
            raise Unavailable(
                "chain-not-running",
                "The embedded chain does not run",
                cure="Start the chain again.",
            )
        return self._chain

    def _do(self, act: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(act, self._loop).result()

    async def _open(self) -> None:
        self._chain = await open_chain(
            BlockJournal(open_sqlite(self._path, connect=self._connect)),
            find_anvil(self._anvil),
            clock=self._clock,
            sandbox=self._sandbox,
            new_chain_id=self._chain_id,
            report=self._report,
        )
        self._runner = web.AppRunner(make_app(self._chain, self.token), access_log=None)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()

    async def _shut(self) -> None:
        """End what was begun and not waited for, by an interrupt say; then server and node."""
        begun = asyncio.all_tasks() - {asyncio.current_task()}
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
        if self._chain is not None:
            await self._chain.close()

    def close(self) -> None:
        """Stop serving, end the node, and leave everything on the disk."""
        if not self._loop.is_running():
            return
        try:
            self._do(self._shut())
        finally:
            self._socket.close()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
