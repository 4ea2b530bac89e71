# pragma version 0.4.3
"""
@notice An identity of the tests whose answer is far longer than a claim, with offsets that lead
        nowhere.
"""


@external
@view
@raw_return
def getClaim(_claimId: bytes32) -> Bytes[4096]:
    words: DynArray[uint256, 120] = []
    for i: uint256 in range(120):
        words.append(max_value(uint256))
    return abi_encode(words)
