# pragma version 0.4.3
"""
@notice A compliance of the tests that writes down what it is told, and reverts when it is asked.
"""
event Told:
    what: String[16]
    sender: address
    receiver: address
    amount: uint256

silent: public(bool)


@external
def fall_silent():
    self.silent = True


@external
def bindToken(_token: address):
    pass


@external
def unbindToken(_token: address):
    pass


@external
@view
def canTransfer(_from: address, _to: address, _value: uint256) -> bool:
    assert not self.silent, "boo"
    return True


@external
def transferred(_from: address, _to: address, _value: uint256):
    log Told(what="transferred", sender=_from, receiver=_to, amount=_value)


@external
def created(_to: address, _value: uint256):
    log Told(what="created", sender=empty(address), receiver=_to, amount=_value)


@external
def destroyed(_from: address, _value: uint256):
    log Told(what="destroyed", sender=_from, receiver=empty(address), amount=_value)
