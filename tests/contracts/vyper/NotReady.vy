# pragma version 0.4.3
"""
@notice A compliance module of the tests that has not been set up.
"""


@external
@view
def canComplianceBind(_compliance: address) -> bool:
    return False


@external
@view
def isPlugAndPlay() -> bool:
    return False
