"""Merkle tree over hashes, filled up to a power of two with empty ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.core.hashing import keccak

if TYPE_CHECKING:
    from collections.abc import Sequence

EMPTY_HASH = bytes(32)


class HashTree:
    """The tree of a list of hashes, in the order given. Raises `ValueError` if there are none."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        if not hashes:
            message = "an empty list has no tree"
            raise ValueError(message)
        # Of each level only what is not empty; `_empty` is what stands in all other places.
        self._levels = [list(hashes)]
        self._empty = [EMPTY_HASH]
        while 2 ** (len(self._levels) - 1) < len(hashes):
            level, empty = self._levels[-1], self._empty[-1]
            padded = [*level, empty] if len(level) % 2 else level
            self._levels.append(
                [keccak(padded[at] + padded[at + 1]) for at in range(0, len(padded), 2)]
            )
            self._empty.append(keccak(empty + empty))

    @property
    def root(self) -> bytes:
        """Hash of the whole list."""
        return self._levels[-1][0]

    def proof(self, index: int, *, height: int = 0) -> list[bytes]:
        """Steps from a node to the root; of a leaf, or of a subtree of `2 ** height` of them."""
        steps: list[bytes] = []
        for level, empty in zip(self._levels[height:-1], self._empty[height:-1], strict=True):
            sibling = index ^ 1
            steps.append(level[sibling] if sibling < len(level) else empty)
            index >>= 1
        return steps


def climb(start: bytes, index: int, steps: Sequence[bytes]) -> bytes:
    """The root that a proof leads to from a node."""
    found = start
    for step in steps:
        found = keccak(step + found) if index & 1 else keccak(found + step)
        index >>= 1
    return found
