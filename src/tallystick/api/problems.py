"""Errors as HTTP tells them (RFC 9457): a code, what is wrong, where, and the cure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import Response

from tallystick.app.venue.gate import Turned
from tallystick.core.errors import Conflict, Invalid, NotFound, Refused, TallystickError

if TYPE_CHECKING:
    from starlette.requests import Request

_encode = msgspec.json.Encoder().encode

# Statuses by the kind of an error, the first that fits; those of single codes come before.
_KINDS: Final[tuple[tuple[type[TallystickError], int], ...]] = (
    (Invalid, 400), (NotFound, 404), (Conflict, 409), (Refused, 422),
)  # fmt: skip
_CODES: Final = {"not-logged-in": 401, "login-unknown": 401, "login-expired": 401,
                 "operator-only": 403}  # fmt: skip
_OTHERWISE: Final = 503
METHOD_NOT_ALLOWED: Final = 405


def answered(value: Any, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(_encode(value), status, media_type="application/json")


def problem(error: TallystickError) -> Response:
    """An error as a problem document."""
    status = _CODES.get(error.code) or next(
        (status for kind, status in _KINDS if isinstance(error, kind)), _OTHERWISE
    )
    return _document(error, status)


async def not_routed(request: Request, error: Exception) -> Response:
    """The answer where nothing is, or where that cannot be done."""
    asked, status = f"{request.method} {request.url.path}", getattr(error, "status_code", 404)
    found = (
        Invalid("method-not-allowed", f"{asked} is not possible", where="method",
                cure="See the reference of the API for what is.")
        if status == METHOD_NOT_ALLOWED else
        NotFound("path-unknown", f"There is no {request.url.path}", where="path",
                 cure="See the reference of the API for what there is.")
    )  # fmt: skip
    answer = _document(found, status)
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


def _document(error: TallystickError, status: int) -> Response:
    body: dict[str, Any] = {
        "type": f"urn:tallystick:{error.code}", "title": error.message, "status": status,
        "code": error.code, "cure": error.cure,
    }  # fmt: skip
    if error.where:
        body["where"] = error.where
    if isinstance(error, Turned):
        body["refusals"] = error.refusals
    return Response(_encode(body), status, media_type="application/problem+json")
