# pragma version 0.4.3
"""
@notice A registry of somebody who would like to be the agent of a security that is not his.
"""


@external
@view
def isAgent(agent: address) -> bool:
    return True


@external
@view
def isBound(token: address) -> bool:
    return True


@external
@view
def statedRecordOf(wallet: address) -> (uint256, address):
    return 1, wallet


@external
@view
def retiredAmong(wallets: DynArray[address, 128]) -> uint256:
    return 0
