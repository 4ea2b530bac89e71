# pragma version 0.4.3
"""
@notice An identity of the tests that vouches for itself: it is the issuer of its own claims and calls
        all of them valid.
"""


@external
@view
def getClaim(_claimId: bytes32) -> (uint256, uint256, address, Bytes[32], Bytes[32], String[32]):
    return 1, 1, self, b"signature", b"data", ""


@external
@view
def isClaimValid(_identity: address, topic: uint256, sig: Bytes[64], data: Bytes[64]) -> bool:
    return True
