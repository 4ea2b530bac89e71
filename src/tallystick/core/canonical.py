"""Canonical JSON and its hash: one document, one byte string, one hash.

Keys sorted by code point, no spaces, UTF-8, strings in Unicode form NFC, whole numbers only. Two
programs that hold the same values arrive at the same bytes, as in RFC 8785 without its floats.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from tallystick.core.errors import Invalid
from tallystick.core.hashing import keccak

INTEGER_MAX = 2**53 - 1


def canonical_json(value: Any) -> bytes:
    """The canonical bytes of a value made of objects, lists, strings, integers, booleans and null.

    Raises `Invalid` for floats, for integers beyond 2**53 - 1 (write them as strings), for keys
    that are not strings, and for anything else that JSON does not know.
    """
    return json.dumps(
        _normal(value, "$"), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def canonical_hash(value: Any) -> bytes:
    """keccak-256 of the canonical bytes of a value."""
    digest: bytes = keccak(canonical_json(value))
    return digest


def _normal(value: Any, where: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise Invalid(
                "canonical-integer",
                f"{value} is beyond 2**53 - 1",
                where=where,
                cure="Write a smaller number, or write it as a string.",
            )
        return value
    if isinstance(value, list | tuple):
        return [_normal(member, f"{where}[{at}]") for at, member in enumerate(value)]
    if isinstance(value, dict):
        return {_key(key, where): _normal(value[key], f"{where}.{key}") for key in value}
    raise Invalid(
        "canonical-type",
        f"{type(value).__name__} has no canonical form",
        where=where,
        cure="Write a string, a whole number, true, false, null, a list or a table.",
    )


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise Invalid(
            "canonical-key",
            f"{key!r} is no string",
            where=where,
            cure="Write every key as a string.",
        )
    return unicodedata.normalize("NFC", key)


def with_large_as_text(value: Any) -> Any:
    """The same with integers beyond 2**53 - 1 as decimal strings, as canonical JSON wants them."""
    if isinstance(value, dict):
        return {key: with_large_as_text(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [with_large_as_text(member) for member in value]
    if isinstance(value, int) and abs(value) > INTEGER_MAX:
        return str(value)
    return value
