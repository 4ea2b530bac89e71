"""Proofs of holdings: that a wallet held units of a security at a block, and how many there were.

The root is that of a Merkle-sum tree over all wallets with units, in the order of their wallets. A
proof tells a holder's own line, the sums beside it, and nobody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.hashing import keccak
from tallystick.core.sum_tree import Node, SumTree, climb, leaf
from tallystick.core.wallets import Wallet
from tallystick.core.words import number_word, wallet_word

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "tallystick-proof-1"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A holding with its way to the root; sums are whole numbers as text.

    `steps` are hash and sum of the other branch at each level, from the leaf up.
    """

    format: str = FORMAT
    chain_id: int
    security: Wallet
    block: int
    wallet: Wallet
    units: str
    index: int
    steps: tuple[tuple[str, str], ...]
    root: str
    total: str


def subject_of(security: Wallet, block: int) -> bytes:
    """What a root is anchored under: a security as of a block."""
    return keccak(wallet_word(security) + number_word(block))


def root_of(held: Mapping[Wallet, int]) -> Node:
    """Root of a register, and the units of all."""
    lines = sorted((wallet, units) for wallet, units in held.items() if units)
    return SumTree(lines).root if lines else Node(bytes(32), 0)


def prove(
    held: Mapping[Wallet, int], wallet: Wallet, *, chain_id: int, security: Wallet, block: int
) -> Proof:  # fmt: skip
    """The proof of one wallet's units. Raises `Invalid` if it held none."""
    lines = sorted((each, units) for each, units in held.items() if units)
    places = {each: at for at, (each, _) in enumerate(lines)}
    if wallet not in places:
        raise Invalid("nothing-to-prove", "The wallet held no units then", where="who",
                      cure="Name one that did, or an earlier block.")  # fmt: skip
    tree, at = SumTree(lines), places[wallet]
    return Proof(
        chain_id=chain_id, security=security, block=block, wallet=wallet,
        units=str(lines[at][1]), index=at, root=tree.root.hash.hex(), total=str(tree.root.sum),
        steps=tuple((step.hash.hex(), str(step.sum)) for step in tree.proof(at)),
    )  # fmt: skip


def read_proof(data: bytes, *, path: str) -> Proof:
    """A proof from a file. Raises `Invalid` if it is none."""
    try:
        proof = msgspec.json.decode(data, type=Proof)
        _steps(proof)
    except (msgspec.MsgspecError, ValueError, OverflowError):
        raise Invalid("proof-malformed", "That is no proof of a holding", where=path,
                      cure="Name a file that `prove` wrote.") from None  # fmt: skip
    return proof


def holds(proof: Proof) -> bool:
    """Whether the steps lead from the line to the root and the total; says nothing of the root."""
    try:
        reached, _ = climb(leaf(proof.wallet, int(proof.units)), proof.index, _steps(proof))
    except (ValueError, OverflowError):
        return False
    return reached == Node(bytes.fromhex(proof.root), int(proof.total))


def _steps(proof: Proof) -> list[Node]:
    steps = [Node(bytes.fromhex(digest), int(total)) for digest, total in proof.steps]
    if any(len(step.hash) != 32 or step.sum < 0 for step in steps):  # noqa: PLR2004 - bytes
        message = "a step is a hash of 32 bytes and a sum"
        raise ValueError(message)
    return steps
