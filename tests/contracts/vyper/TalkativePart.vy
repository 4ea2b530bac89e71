# pragma version 0.4.3
"""
@notice A part of the tests that answers with more than 1,024 bytes.
"""


@external
@view
def storageLayout() -> bytes32:
    return keccak256("tallystick.security-token.storage.5")


@external
@raw_return
def __default__() -> Bytes[1056]:
    words: bytes32[33] = empty(bytes32[33])
    return abi_encode(words)
