"""JSON-RPC over HTTP, for any Ethereum node: `eth_*`, `net_*` and `web3_*` alone."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import msgspec
import urllib3

from tallystick.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BATCH_CALLS_MAX = 500
TIMEOUT_S = 120.0

Call = tuple[str, list[Any]]


# An embedded chain that is halted or whose node is gone says so by this code.
CHAIN_UNAVAILABLE = -32050


class RpcError(Exception):
    """The node answered a call with an error object.

    `data` is the revert data of a failed call, as hex, where the node gives it.
    """

    def __init__(self, method: str, code: int, message: str, data: str | None) -> None:
        super().__init__(f"{method}: {message} ({code})")
        self.method = method
        self.code = code
        self.message = message
        self.data = data


def unreadable(why: str) -> Unavailable:
    """That what a node, or whoever stands before it, answered makes no sense."""
    return Unavailable("node-answer-unreadable", f"The node's answer cannot be read: {why}",
                       cure="Ask again; if it stays so set `chain_url` to another node."
                       )  # fmt: skip


class Rpc:
    """A connection to one node."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self.url = url
        self._pool = urllib3.PoolManager(retries=False, timeout=timeout_s, maxsize=4)
        self._ids = itertools.count(1)
        self._decoder = msgspec.json.Decoder()
        self._encoder = msgspec.json.Encoder()

    def call(self, method: str, *params: Any) -> Any:
        """Call one method and return its result.

        Raises `RpcError` if the node refuses it, `Unavailable` if there is no answer, or none
        that can be read.
        """
        request = self._request((method, list(params)))
        return self._result(method, self._decoded(self.post(request), dict))

    def call_raw(self, method: str, *params: Any) -> bytes:
        """Call one method and return the whole undecoded answer, for bulk readers."""
        return self.post(self._request((method, list(params))))

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Call several methods in as few requests as the bounds allow; raise on the first error."""
        results: list[Any] = []
        for start in range(0, len(calls), BATCH_CALLS_MAX):
            part = calls[start : start + BATCH_CALLS_MAX]
            results.extend(self._batch(part))
        return results

    def _batch(self, calls: Sequence[Call]) -> Iterable[Any]:
        requests = [self._request(call) for call in calls]
        answers = self._decoded(self.post(requests), dict | list)
        if isinstance(answers, dict):
            return [self._result(calls[0][0], answers)]
        by_id = {each.get("id"): each for each in answers if isinstance(each, dict)}
        if not by_id.keys() >= {request["id"] for request in requests}:
            raise unreadable("it left calls of a batch without an answer")
        return [
            self._result(call[0], by_id[request["id"]])
            for call, request in zip(calls, requests, strict=True)
        ]

    def _decoded(self, body: bytes, shape: Any) -> Any:
        """An answer; a proxy before the node may say something else altogether."""
        try:
            found = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(str(error)) from None
        if not isinstance(found, shape):
            raise unreadable("it is no answer to a call")
        return found

    def post(self, body: Any) -> bytes:
        """Send a request body and return the bytes of the answer."""
        try:
            response = self._pool.request(
                "POST",
                self.url,
                body=self._encoder.encode(body),
                headers={"content-type": "application/json"},
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(
                "node-unreachable",
                f"No answer from the node at {self.url}: {type(error).__name__}",
                cure="Start it, or set `chain_url` to one that runs.",
            ) from error
        return response.data

    def _request(self, call: Call) -> dict[str, Any]:
        method, params = call
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}

    @staticmethod
    def _result(method: str, answer: dict[str, Any]) -> Any:
        error = answer.get("error")
        if error is None:
            return answer.get("result")
        data = error.get("data")
        if error.get("code") == CHAIN_UNAVAILABLE and isinstance(data, dict):
            raise Unavailable(str(data.get("code")), error.get("message", ""),
                              cure=str(data.get("cure", "")))  # fmt: skip
        if isinstance(data, dict):
            data = data.get("data")
        raise RpcError(method, error.get("code", 0), error.get("message", ""), data)

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()
