# pragma version 0.4.3
"""
@notice A compliance module of the tests: it allows movements of an even number of units, and counts
        the calls that its compliance makes.
"""

bound: public(address)
transfers: public(uint256)
mints: public(uint256)
burns: public(uint256)


@external
def bindCompliance(_compliance: address):
    assert msg.sender == _compliance, "only-compliance"
    assert self.bound == empty(address), "bound-already"
    self.bound = _compliance


@external
def unbindCompliance(_compliance: address):
    assert msg.sender == self.bound, "only-compliance"
    self.bound = empty(address)


@external
def moduleTransferAction(_from: address, _to: address, _value: uint256):
    assert msg.sender == self.bound, "only-compliance"
    self.transfers += 1


@external
def moduleMintAction(_to: address, _value: uint256):
    assert msg.sender == self.bound, "only-compliance"
    self.mints += 1


@external
def moduleBurnAction(_from: address, _value: uint256):
    assert msg.sender == self.bound, "only-compliance"
    self.burns += 1


@external
@view
def moduleCheck(_from: address, _to: address, _value: uint256, _compliance: address) -> bool:
    return _value % 2 == 0


@external
@view
def isComplianceBound(_compliance: address) -> bool:
    return _compliance == self.bound


@external
@view
def canComplianceBind(_compliance: address) -> bool:
    return True


@external
@view
def isPlugAndPlay() -> bool:
    return True


@external
@view
def name() -> String[16]:
    return "EvenLots"
