# pragma version 0.4.3
"""
@title EIP-712 signatures
@license Apache-2.0
@notice Domain and signer of a typed message. The domain is built from the address of the clone
        and the chain at run time, so that a signature for one is worth nothing on another. Its
        version is one more than the epoch of a security: what was signed for units that were
        exchanged since is void.
"""

NAME: constant(String[10]) = "Tallystick"
DOMAIN: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
NAME_HASH: constant(bytes32) = keccak256("Tallystick")
VERSION_HASH: constant(bytes32) = keccak256("1")
# Half the order of secp256k1: above it the same signature would have a second form (EIP-2).
S_MAX: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168


@internal
@pure
def _version(epoch: uint256) -> String[78]:
    return uint2str(unsafe_add(epoch, 1))


@internal
@view
def _domain_separator(epoch: uint256) -> bytes32:
    """
    @param epoch of the security; 0 for what has none
    """
    version: bytes32 = VERSION_HASH
    if epoch != 0:
        version = keccak256(self._version(epoch))
    return keccak256(abi_encode(DOMAIN, NAME_HASH, version, chain.id, self))


@internal
@view
def _digest(message: bytes32, epoch: uint256) -> bytes32:
    """
    @notice What is signed for a message of this contract's domain.
    """
    return keccak256(concat(b"\x19\x01", self._domain_separator(epoch), message))


@internal
@view
def _signer(message: bytes32, epoch: uint256, v: uint8, r: bytes32, s: bytes32) -> address:
    """
    @notice Who signed a message of this contract's domain.
    @param message hash of the typed struct
    """
    assert convert(s, uint256) <= S_MAX and (v == 27 or v == 28), "signature-malformed"
    # As `_digest`, whose call would cost every authorization 38 gas.
    digest: bytes32 = keccak256(concat(b"\x19\x01", self._domain_separator(epoch), message))
    signer: address = ecrecover(digest, v, r, s)
    assert signer != empty(address), "signature-invalid"
    return signer
