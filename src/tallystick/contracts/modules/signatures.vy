# pragma version 0.4.3
"""
@title EIP-712 signatures
@license Apache-2.0
@notice Domain and signer of a typed message. The domain is built from the address of the clone
        and the chain at run time, so that a signature for one is worth nothing on another.
"""

NAME: constant(String[10]) = "Tallystick"
VERSION: constant(String[1]) = "1"
DOMAIN: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
NAME_HASH: constant(bytes32) = keccak256("Tallystick")
VERSION_HASH: constant(bytes32) = keccak256("1")
# Half the order of secp256k1: above it the same signature would have a second form (EIP-2).
S_MAX: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168


@internal
@view
def _domain_separator() -> bytes32:
    return keccak256(abi_encode(DOMAIN, NAME_HASH, VERSION_HASH, chain.id, self))


@internal
@view
def _signer(message: bytes32, v: uint8, r: bytes32, s: bytes32) -> address:
    """
    @notice Who signed a message of this contract's domain.
    @param message hash of the typed struct
    """
    assert convert(s, uint256) <= S_MAX and (v == 27 or v == 28), "signature-malformed"
    digest: bytes32 = keccak256(concat(b"\x19\x01", self._domain_separator(), message))
    signer: address = ecrecover(digest, v, r, s)
    assert signer != empty(address), "signature-invalid"
    return signer
