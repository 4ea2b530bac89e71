"""What a server answers that is an error."""

from __future__ import annotations

from typing import Any

from tallystick.core.errors import (
    Conflict,
    Invalid,
    NotFound,
    Refused,
    TallystickError,
    Unavailable,
)

_KINDS: dict[int, type[TallystickError]] = {
    400: Invalid, 401: Refused, 403: Refused, 404: NotFound, 409: Conflict, 422: Refused,
}  # fmt: skip


class Problem(TallystickError):
    """An error of the server: its code, what is wrong, where, and the cure (RFC 9457).

    `status` is that of HTTP; `refusals` are all that is against an order, if one was refused.
    """

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(
            str(body.get("code") or "server-error"),
            str(body.get("title") or f"The server answers with {status}"),
            where=str(body.get("where") or ""), cure=str(body.get("cure") or ""),
        )  # fmt: skip
        self.status = status
        self.refusals: list[dict[str, Any]] = list(body.get("refusals") or ())
        self.exit_code = _KINDS.get(status, Unavailable).exit_code
