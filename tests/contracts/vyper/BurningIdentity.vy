# pragma version 0.4.3
"""
@notice An identity of the tests that burns all the gas it is given.
"""


@external
@view
def __default__():
    for i: uint256 in range(10_000_000):
        assert keccak256(abi_encode(i)) != empty(bytes32)
