"""Idempotency keys of commands: the same key again is the same act, or an error."""

from __future__ import annotations

from tallystick.core.errors import Conflict


def require_same(asked: object, known: object) -> None:
    """Raise `Conflict` if what is asked under a key is not what it stands for already."""
    if asked != known:
        raise Conflict(
            "idempotency-key-reused", "This key stands for another act already", where="--key",
            cure="Use a new key for a new act.",
        )  # fmt: skip
