# pragma version 0.4.3
"""
@notice A module and compliance of the tests that can be broken.
"""
broken: public(bool)
@external
def break_now():
    self.broken = True
@external
def bindCompliance(_compliance: address):
    pass
@external
def unbindCompliance(_compliance: address):
    assert not self.broken
@external
def bindToken(_token: address):
    pass
@external
def unbindToken(_token: address):
    assert not self.broken
@external
def moduleTransferAction(_from: address, _to: address, _value: uint256):
    assert not self.broken
@external
def moduleMintAction(_to: address, _value: uint256):
    assert not self.broken
@external
def moduleBurnAction(_from: address, _value: uint256):
    assert not self.broken
@external
@view
def moduleCheck(_from: address, _to: address, _value: uint256, _compliance: address) -> bool:
    return not self.broken
@external
@view
def canTransfer(_from: address, _to: address, _value: uint256) -> bool:
    return not self.broken
@external
@view
def canComplianceBind(_compliance: address) -> bool:
    return True
@external
@view
def isPlugAndPlay() -> bool:
    return True
