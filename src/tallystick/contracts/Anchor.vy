# pragma version 0.4.3
"""
@title Anchor
@license Apache-2.0
@notice Hashes with the time at which somebody stated them: documents, roots of registers, heads of
        journals. Whoever states a hash states it for himself; that somebody else stated the same one
        before says nothing about him.
@dev    Nothing that is stated can be taken back. What a hash is of, and how it was salted, is told
        elsewhere.
"""

event Anchored:
    by: indexed(address)
    subject: indexed(bytes32)
    hash: indexed(bytes32)
    kind: uint256

HASHES_MAX: constant(uint256) = 64
KIND_MAX: constant(uint256) = 65535

struct Statement:
    # 1 root of a register, 2 head of a journal, 3 document, 4 acknowledgement
    kind: uint256
    # What it is about: a security at a block, an issuer, a document.
    subject: bytes32
    hash: bytes32

# keccak256(by, subject, hash) -> UTC seconds of the first time
first: HashMap[bytes32, uint256]


@external
def anchor(statements: DynArray[Statement, HASHES_MAX]):
    """
    @notice State hashes. One that the caller has stated before keeps its time, and is told again.
    """
    for s: Statement in statements:
        assert s.kind != 0 and s.kind <= KIND_MAX, "kind-out-of-range"
        assert s.hash != empty(bytes32), "hash-empty"
        key: bytes32 = keccak256(abi_encode(msg.sender, s.subject, s.hash))
        if self.first[key] == 0:
            self.first[key] = block.timestamp
        log Anchored(by=msg.sender, subject=s.subject, hash=s.hash, kind=s.kind)


@external
@view
def firstStated(by: address, subject: bytes32, hash: bytes32) -> uint256:
    """
    @notice When somebody first stated a hash about a subject, in UTC seconds; 0: never.
    """
    return self.first[keccak256(abi_encode(by, subject, hash))]
