"""Merkle-sum tree: a list of accounts with units whose root binds every line and every running sum.

The same as `contracts/modules/sum_tree.vy`, byte for byte: a leaf is keccak256 of account and
units, a node keccak256 of left hash, left sum, right hash, right sum, all of them words of 32
bytes. The list is filled up to a power of two with places of the empty hash and no units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tallystick.core.hashing import keccak
from tallystick.core.units import UNITS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tallystick.core.wallets import Wallet

DEPTH_MAX = 32
EMPTY_HASH = bytes(32)


class Node(NamedTuple):
    """Hash of a node, and the sum of the units below it."""

    hash: bytes
    sum: int


EMPTY = Node(EMPTY_HASH, 0)


def leaf(account: Wallet, units: int) -> Node:
    """The leaf of one account."""
    return Node(keccak(bytes(12) + bytes.fromhex(account[2:]) + units.to_bytes(32, "big")), units)


def parent(left: Node, right: Node) -> Node:
    """The node above two others."""
    words = left.hash + left.sum.to_bytes(32, "big") + right.hash + right.sum.to_bytes(32, "big")
    return Node(keccak(words), left.sum + right.sum)


def climb(start: Node, index: int, steps: Sequence[Node]) -> tuple[Node, int]:
    """The root that a proof leads to, and the units of all that stands before where it began.

    Raises `ValueError` if the index does not fit the length of the proof.
    """
    node, before = start, 0
    for step in steps:
        if index & 1:
            before += step.sum
            node = parent(step, node)
        else:
            node = parent(node, step)
        index >>= 1
    if index:
        message = "the place is beyond the list"
        raise ValueError(message)
    return node, before


class SumTree:
    """The tree of a list of accounts with units, in the order given.

    Raises `ValueError` for a list that is empty or too long, or for units that no security has.
    """

    def __init__(
        self,
        lines: Sequence[tuple[Wallet, int]],
        *,
        report: Callable[[int, int], None] | None = None,
    ) -> None:
        if not 0 < len(lines) <= 2**DEPTH_MAX:
            message = f"a list of {len(lines)} lines has no tree"
            raise ValueError(message)
        if any(not 0 <= units <= UNITS_MAX for _, units in lines):
            message = "units out of range"
            raise ValueError(message)
        bottom: list[Node] = []
        for account, units in lines:
            bottom.append(leaf(account, units))
            if report is not None and len(bottom) % 1_000 == 0:
                report(len(bottom), 2 * len(lines))
        # Of each level only what is not empty; `_empty` is what stands in all other places.
        self._levels = [bottom]
        self._empty = [EMPTY]
        while 2 ** (len(self._levels) - 1) < len(lines):
            self._levels.append(self._above(self._levels[-1], self._empty[-1]))
            self._empty.append(parent(self._empty[-1], self._empty[-1]))
        if report is not None:
            report(2 * len(lines), 2 * len(lines))

    @staticmethod
    def _above(level: list[Node], empty: Node) -> list[Node]:
        padded = [*level, empty] if len(level) % 2 else level
        return [parent(padded[at], padded[at + 1]) for at in range(0, len(padded), 2)]

    @property
    def depth(self) -> int:
        """Steps from a leaf to the root."""
        return len(self._levels) - 1

    @property
    def root(self) -> Node:
        """Root hash and the sum of all units."""
        return self._levels[-1][0]

    def proof(self, index: int, *, height: int = 0) -> list[Node]:
        """Steps from a node to the root; of a leaf, or of a subtree of `2 ** height` of them."""
        steps: list[Node] = []
        for level, empty in zip(self._levels[height:-1], self._empty[height:-1], strict=True):
            sibling = index ^ 1
            steps.append(level[sibling] if sibling < len(level) else empty)
            index >>= 1
        return steps
