"""An embedded chain that another process of this machine hosts."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO, Any

import msgspec
import urllib3

from tallystick.core.errors import Unavailable


class Address(msgspec.Struct, frozen=True):
    """Where a hosted chain is served, and what its operator must show to control it."""

    pid: int
    url: str
    token: str


class Claim:
    """The right to host something of a data directory; at most one process has it.

    `what` it is: its chain, or its venue.
    """

    def __init__(self, path: Path, what: str = "chain") -> None:
        self._path = path
        self._what = what
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._file: IO[str] = os.fdopen(descriptor, "r+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.held = False
        else:
            self.held = True
            # Whoever had it before is not served there any more.
            self._file.truncate(0)

    def publish(self, address: Address) -> None:
        """Tell other processes where it is served."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(msgspec.json.encode(address).decode())
        self._file.flush()

    def host(self) -> Address:
        """Where the process that has the right serves it."""
        self._file.seek(0)
        try:
            return msgspec.json.decode(self._file.read(), type=Address)
        except msgspec.DecodeError:
            raise Unavailable(
                "host-starting",
                f"Another process is just starting the {self._what} of this data directory",
                cure="Run the command again in a moment.",
            ) from None

    def release(self) -> None:
        """Give up the right."""
        if self.held:
            self._file.seek(0)
            self._file.truncate()
        self._file.close()


class RemoteChain:
    """Controls a chain that another process hosts."""

    def __init__(self, address: Address) -> None:
        self.url = address.url
        self._token = address.token
        self._pool = urllib3.PoolManager(retries=False, timeout=60)

    def control(self, act: str, **asked: Any) -> Any:
        """An act of the operator, see `EmbeddedChain.control`."""
        response = self._pool.request(
            "POST",
            f"{self.url}/control/{act}",
            body=msgspec.json.encode(asked),
            headers={"authorization": f"Bearer {self._token}"},
        )
        answer = msgspec.json.decode(response.data)
        if "error" in answer:
            told = answer["error"]
            raise Unavailable(told["code"], told["message"], cure=told["cure"])
        return answer["result"]
