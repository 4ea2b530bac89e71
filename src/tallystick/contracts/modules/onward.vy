# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Onward to the next part of a contract
@license Apache-2.0
@notice One contract may hold no more than 24,576 bytes of code (EIP-170), so that a security is one
        storage with six parts of code, and a registry one with two. Each part passes on, by
        delegate call, what it does not know itself.
"""

interface Part:
    def storageLayout() -> bytes32: view

# A longer answer would be cut in silence, so that it is refused instead.
ANSWER_MAX: constant(uint256) = 1024

NEXT_PART: immutable(address)


@deploy
def __init__(next_part: address, layout: bytes32):
    # A delegate call to an address without code succeeds and does nothing.
    assert next_part.is_contract, "next-part-without-code"
    assert staticcall Part(next_part).storageLayout() == layout, "next-part-of-another-layout"
    NEXT_PART = next_part


@external
@payable
@reentrant
@raw_return
def __default__() -> Bytes[1056]:
    assert msg.value == 0, "not-payable"
    answer: Bytes[1056] = raw_call(NEXT_PART, msg.data, max_outsize=1056, is_delegate_call=True)
    assert len(answer) <= ANSWER_MAX, "answer-too-long"
    return answer
