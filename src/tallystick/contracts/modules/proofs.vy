# pragma version 0.4.3
"""
@title Proofs that somebody signed
@license Apache-2.0
@notice An account signs with its key; a contract is asked (EIP-1271), with little gas and without the
        power to change anything. The key comes first, so that an account which has code as well
        (EIP-7702) is not asked.
"""

from . import signatures

interface Wallet:
    def isValidSignature(digest: bytes32, signature: Bytes[512]) -> bytes4: view

VALID: constant(bytes32) = 0x1626ba7e00000000000000000000000000000000000000000000000000000000
PROOF_MAX: constant(uint256) = 512
# Gas left to a contract that is asked. Where trades are settled it is there; where a session or a
# cancellation is signed, who comes with less is refused.
PROOF_GAS: constant(uint256) = 100_000
# The highest bit of `vs` says which of two points it is (EIP-2098).
S: constant(uint256) = 2**255 - 1


@internal
@pure
def _recovers(signer: address, digest: bytes32, r: bytes32, vs: uint256) -> bool:
    """
    @notice Whether an account signed. A signature has one form: the other one, which anybody can
            make of it, is none (EIP-2).
    @param vs s, and above it in the highest bit which of two points (EIP-2098)
    """
    s: uint256 = vs & S
    if s > signatures.S_MAX:
        return False
    found: address = ecrecover(digest, 27 + (vs >> 255), convert(r, uint256), s)
    return found != empty(address) and found == signer


@internal
@view
def _confirms(signer: address, digest: bytes32, signature: Bytes[PROOF_MAX]) -> bool:
    """
    @notice Whether a contract says that it signed.
    """
    if not signer.is_contract:
        return False
    ok: bool = False
    answer: Bytes[32] = b""
    ok, answer = raw_call(
        signer,
        abi_encode(digest, signature, method_id=method_id("isValidSignature(bytes32,bytes)")),
        max_outsize=32,
        gas=PROOF_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    return ok and len(answer) == 32 and convert(answer, bytes32) == VALID


@internal
@view
def _proves(signer: address, digest: bytes32, signature: Bytes[PROOF_MAX]) -> bool:
    """
    @notice Whether an account or a contract signed.
    @param signature r and vs, in 64 bytes; or whatever a contract takes for one
    """
    if len(signature) == 64:
        r: bytes32 = convert(slice(signature, 0, 32), bytes32)
        vs: uint256 = convert(slice(signature, 32, 32), uint256)
        if self._recovers(signer, digest, r, vs):
            return True
    return self._confirms(signer, digest, signature)
