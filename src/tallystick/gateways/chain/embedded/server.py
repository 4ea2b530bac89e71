"""HTTP in front of the embedded chain: JSON-RPC for clients, and control for its operator."""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from tallystick.core.errors import TallystickError, Unavailable
from tallystick.gateways.chain.embedded.gate import NotServed, admit, screen
from tallystick.gateways.chain.rpc import CHAIN_UNAVAILABLE, RpcError

if TYPE_CHECKING:
    from tallystick.gateways.chain.embedded.host import EmbeddedChain

BODY_BYTES_MAX = 16 * 2**20
BATCH_MAX = 1000
LOCAL_HOSTS = {"127.0.0.1", "localhost", "[::1]"}

_encoder = msgspec.json.Encoder()


def make_app(chain: EmbeddedChain, token: str) -> web.Application:
    """The application; `token` is what its operator must show to control it."""
    app = web.Application(client_max_size=BODY_BYTES_MAX)

    async def serve_rpc(request: web.Request) -> web.Response:
        _refuse_strangers(request)
        try:
            body = msgspec.json.decode(await request.read())
        except msgspec.DecodeError:
            return _json(_error(None, -32700, "The body is no JSON"))
        if not isinstance(body, list):
            return _json(await answer(chain, body))
        if not 0 < len(body) <= BATCH_MAX:
            return _json(_error(None, -32600, f"A batch holds 1 to {BATCH_MAX} calls"))
        return _json(await asyncio.gather(*(answer(chain, call) for call in body)))

    async def control(request: web.Request) -> web.Response:
        _refuse_strangers(request)
        shown = request.headers.get("authorization", "")
        if not hmac.compare_digest(shown, f"Bearer {token}"):
            raise web.HTTPUnauthorized
        try:
            asked = msgspec.json.decode(await request.read())
            return _json({"result": await chain.control(request.match_info["act"], asked)})
        except TallystickError as error:
            told = {"code": error.code, "message": error.message, "cure": error.cure}
            return _json({"error": told})

    app.router.add_post("/", serve_rpc)
    app.router.add_post("/control/{act}", control)
    return app


def _refuse_strangers(request: web.Request) -> None:
    """Browsers of other sites, and names that were made to resolve to this machine."""
    host = (request.host or "").rsplit(":", 1)[0]
    if host not in LOCAL_HOSTS or "origin" in request.headers:
        raise web.HTTPForbidden


async def answer(chain: EmbeddedChain, call: Any) -> dict[str, Any]:
    """Serve one JSON-RPC call."""
    if not isinstance(call, dict):
        return _error(None, -32600, "A call is an object")
    request_id = call.get("id")
    method = call.get("method")
    try:
        params = admit(method, call.get("params", []), chain.head.number)
        result = await _serve(chain, str(method), params)
    except NotServed as verdict:
        return _error(request_id, verdict.code, verdict.message)
    except RpcError as error:
        return _error(request_id, error.code, error.message, error.data)
    except Unavailable as error:
        told = {"code": error.code, "cure": error.cure}
        return _error(request_id, CHAIN_UNAVAILABLE, error.message, told)
    except TallystickError as error:
        return _error(request_id, -32000, f"{error.code}: {error.message}")
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


async def _serve(chain: EmbeddedChain, method: str, params: list[Any]) -> Any:
    if method == "eth_blockNumber":
        return hex(chain.head.number)
    if method == "eth_sendRawTransaction":
        if len(params) != 1 or not isinstance(params[0], str):
            raise NotServed(-32602, "eth_sendRawTransaction takes one hex string")
        return await chain.submit(params[0])
    return screen(method, await chain.ask(method, params), chain.head.number)


def _error(request_id: Any, code: int, message: str, data: Any = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "id": request_id, "error": error}


def _json(body: Any) -> web.Response:
    return web.Response(body=_encoder.encode(body), content_type="application/json")
