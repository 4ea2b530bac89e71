"""Serves an application on a port of this machine until it is ended."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import uvicorn

from tallystick.core.errors import Conflict

if TYPE_CHECKING:
    from starlette.applications import Starlette

BACKLOG = 1_024


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises `Conflict` if somebody else has the port."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError:
        found.close()
        raise Conflict("port-taken", f"Something listens on {host}:{port} already",
                       where="--port", cure="Choose another one, or none.") from None  # fmt: skip
    found.listen(BACKLOG)
    return found


class Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    def __init__(self, application: Starlette) -> None:
        super().__init__(uvicorn.Config(
            application, loop="uvloop", http="httptools", log_level="warning", access_log=False,
            timeout_graceful_shutdown=2,
        ))  # fmt: skip

    def end(self) -> None:
        """Have it end: what is under way is answered first."""
        self.should_exit = True
