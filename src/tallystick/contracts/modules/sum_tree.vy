# pragma version 0.4.3
"""
@title Merkle-sum tree
@license Apache-2.0
@notice A tree whose nodes carry, beside their hash, the sum of what lies below them. A leaf proves
        its place in a list and the sum of all that stands before it there.
        Hash of a leaf: keccak256(account, units). Hash of a node: keccak256(left hash, left sum,
        right hash, right sum), all of them words of 32 bytes. The list is filled up to a power of
        two with places of the empty hash and no units.
@dev    A parent's hash binds the sums of both children, so that the spans of two leaves never
        overlap, whoever made the tree. `register.py` builds the same.
"""

DEPTH_MAX: constant(uint256) = 32
UNITS_MAX: constant(uint256) = 2**112 - 1


struct Step:
    # Hash and sum of the other child.
    hash: bytes32
    sum: uint256


struct Place:
    hash: bytes32
    # Sum below the node that was reached, and of all that stands before where it began.
    sum: uint256
    before: uint256


@internal
@pure
def _leaf(account: address, units: uint256) -> bytes32:
    return keccak256(abi_encode(account, units))


@internal
@pure
def _node(left: bytes32, left_sum: uint256, right: bytes32, right_sum: uint256) -> bytes32:
    return keccak256(abi_encode(left, left_sum, right, right_sum))


@internal
@pure
def _climb(
    start: bytes32, sum: uint256, index: uint256, proof: DynArray[Step, DEPTH_MAX]
) -> Place:
    """
    @notice Where the steps of a proof lead from a node, and what stands before it.
    @param index of the node among those of its height
    """
    hash: bytes32 = start
    below: uint256 = sum
    before: uint256 = 0
    rest: uint256 = index
    for step: Step in proof:
        assert step.sum <= UNITS_MAX, "proof-wrong"
        if rest & 1 == 0:
            hash = keccak256(abi_encode(hash, below, step.hash, step.sum))
        else:
            hash = keccak256(abi_encode(step.hash, step.sum, hash, below))
            before = unsafe_add(before, step.sum)
        below = unsafe_add(below, step.sum)
        rest = rest >> 1
    assert rest == 0, "proof-wrong"
    return Place(hash=hash, sum=below, before=before)
