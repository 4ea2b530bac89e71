"""What a node, or whoever stands before it, answers that makes no sense, is said to make none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tallystick.core.errors import Unavailable
from tallystick.core.wallets import NOBODY
from tallystick.gateways.chain.logs import iterate_logs
from tallystick.gateways.chain.rpc import Rpc


class Proxy(HTTPServer):
    """Answers whatever it is told to."""

    body = b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(502)
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Nothing is noted."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy()
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.mark.parametrize("body", [
    b"<html>502 Bad Gateway</html>", b"", b"null", b"7", b'"busy"', b"\xff\xfe", b'{"result":',
])  # fmt: skip
def test_an_answer_that_is_none_is_unavailable_not_a_crash(proxy: Proxy, body: bytes) -> None:
    """A page of a proxy that was down for a moment ended the venue."""
    proxy.body = body
    rpc = Rpc(proxy.url)
    asked: list[Callable[[], Any]] = [
        lambda: rpc.call("eth_blockNumber"),
        lambda: rpc.batch([("eth_blockNumber", [])]),
    ]
    if not body.startswith(b"null"):
        asked.append(lambda: list(iterate_logs(rpc, [NOBODY], 0, 1)))
    for ask in asked:
        with pytest.raises(Unavailable) as raised:
            ask()
        assert raised.value.code == "node-answer-unreadable"
    rpc.close()


@pytest.mark.parametrize("body", [b"[]", b"[7]", b'[{"id":-1,"result":"0x1"}]', b'[{"jsonrpc":1}]'])
def test_a_batch_with_calls_left_out_is_no_answer(proxy: Proxy, body: bytes) -> None:
    proxy.body = body
    rpc = Rpc(proxy.url)
    with pytest.raises(Unavailable, match="left calls of a batch"):
        rpc.batch([("eth_blockNumber", [])])
    rpc.close()
