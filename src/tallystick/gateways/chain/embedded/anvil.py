"""The anvil process: started on loopback with mining off, and spoken to by JSON-RPC."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from tallystick.core.errors import NotFound, Unavailable
from tallystick.gateways.chain.rpc import Call, RpcError

HARDFORK = "osaka"
BLOCK_GAS = 60_000_000
START_WAIT_S = 20.0
# States of past blocks that can be asked for; older ones are answered from logs.
STATES_KEPT = 128
POLL_S = 0.01
SETTLED_S = 0.03
STARTS_MAX = 3
ANSWER_BYTES_MAX = 2**32
PR_SET_PDEATHSIG = 1


def find_anvil(configured: str = "") -> Path:
    """Where the anvil binary is: as configured, beside this Python, or on PATH."""
    candidates = [
        configured,
        shutil.which("anvil", path=str(Path(sys.executable).parent)),
        shutil.which("anvil"),
    ]
    for candidate in candidates:
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    raise NotFound(
        "anvil-missing",
        "There is no anvil binary",
        cure="Run `make setup`, put anvil on PATH, or set `anvil` to where it is.",
    )


def _die_with_parent() -> None:
    """Have the kernel end the child when its parent ends, however that happens."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Anvil:
    """A running anvil; use `start` to make one."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process = process
        self.url = url
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=64), read_bufsize=2**20
        )
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder()

    @classmethod
    async def start(cls, binary: Path, *, chain_id: int, genesis_time_s: int) -> Anvil:
        """Start a fresh node without accounts, and wait until it answers.

        Raises `Unavailable` if it does not answer within `START_WAIT_S`.
        """
        for _ in range(STARTS_MAX - 1):
            # Between finding a free port and listening on it somebody else may take it.
            with contextlib.suppress(Unavailable):
                return await cls._start_once(binary, chain_id, genesis_time_s)
        return await cls._start_once(binary, chain_id, genesis_time_s)

    @classmethod
    async def _start_once(cls, binary: Path, chain_id: int, genesis_time_s: int) -> Anvil:
        port = free_port()
        command = [
            str(binary), "--host", "127.0.0.1", "--port", str(port), "--no-cors", "--silent",
            "--no-mining", "--order", "fifo", "--base-fee", "0", "--gas-price", "0",
            "--gas-limit", str(BLOCK_GAS), "--enable-tx-gas-limit", "--hardfork", HARDFORK,
            "--chain-id", str(chain_id), "--timestamp", str(genesis_time_s), "--accounts", "0",
            "--no-request-size-limit",
            # Else it writes the state of every older block to the home directory, many GB of them,
            # and leaves them there when it is killed.
            "--prune-history", str(STATES_KEPT),
        ]  # fmt: skip
        process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own command, starts at once
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one call, no allocation, no locks
        )
        node = cls(process, f"http://127.0.0.1:{port}")
        try:
            await node._wait_until_ready(chain_id)
        except BaseException:
            await node.stop()
            raise
        return node

    async def _wait_until_ready(self, chain_id: int) -> None:
        """Wait until this node answers, and not another one that took its port."""
        for _ in range(int(START_WAIT_S / POLL_S)):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(Unavailable):
                answered = int(await self.call("eth_chainId"), 16)
                # One that finds its port taken ends within this time.
                await asyncio.sleep(SETTLED_S)
                if answered == chain_id and self.process.poll() is None:
                    return
            await asyncio.sleep(POLL_S)
        raise Unavailable(
            "anvil-silent",
            f"anvil did not answer within {START_WAIT_S:.0f} s of its start",
            cure="Run `anvil` by hand to see what it says.",
        )

    async def call(self, method: str, *params: Any) -> Any:
        """Call one method; raises `RpcError` or `Unavailable`."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = self._decoder.decode(await self.post(self._encoder.encode(body)))
        return _result(method, answer)

    async def batch(self, calls: list[Call]) -> list[Any]:
        """Call several methods in one request; an error stands in the list in its place."""
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(calls)
        ]
        answers = self._decoder.decode(await self.post(self._encoder.encode(body)))
        ordered = sorted(answers, key=lambda answer: answer["id"])
        results: list[Any] = []
        for (method, _), answer in zip(calls, ordered, strict=True):
            try:
                results.append(_result(method, answer))
            except RpcError as error:
                results.append(error)
        return results

    async def post(self, body: bytes) -> bytes:
        """Send a request body and return the bytes of the answer."""
        try:
            # A large body goes in pieces, so that others are served meanwhile.
            async with self._session.post(
                self.url, data=io.BytesIO(body), headers={"content-type": "application/json"}
            ) as response:
                return await response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(
                "anvil-gone",
                f"anvil does not answer any more: {type(error).__name__}",
                cure="Start the chain again; nothing acknowledged is lost.",
            ) from error

    async def stop(self) -> None:
        """End the process, whatever it is doing; its state lives in the journal alone."""
        await self._session.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None


def _result(method: str, answer: dict[str, Any]) -> Any:
    error = answer.get("error")
    if error is None:
        return answer.get("result")
    raise RpcError(method, error.get("code", 0), error.get("message", ""), error.get("data"))


def process_is_alive(pid: int) -> bool:
    """Whether a process of this number runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
