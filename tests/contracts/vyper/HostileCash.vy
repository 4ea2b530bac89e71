# pragma version 0.4.3
"""
@notice Money of the tests that behaves as badly as it is told.
"""

# What it does when it is to move: 0 as it should, 1 answers false, 2 reverts, 3 keeps a hundredth,
# 4 says nothing, 5 calls back first, 6 burns all gas, 7 answers a number that is no truth value,
# 8 answers true and moves nothing, 9 answers false and moves it, 10 one unit comes back at once,
# 11 one unit more than it should leaves, 12 it takes much gas, 13 it moves only with much gas left.
mode: public(uint256)
blocked: public(HashMap[address, bool])
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
target: address
message: Bytes[8192]
calledBack: public(bool)
# The asset that took the place of this one, as a security tells it.
successor: public(address)
epoch: public(uint256)
moved: uint256


@external
def behave(mode: uint256):
    self.mode = mode


@external
def block_(who: address, blocked: bool):
    self.blocked[who] = blocked


@external
def plan(target: address, message: Bytes[8192]):
    self.target = target
    self.message = message


@external
def mint(who: address, amount: uint256):
    self.balanceOf[who] += amount


@external
def scale(who: address, numerator: uint256, denominator: uint256, splits: uint256):
    """
    @notice A split, told or not; or all that was exchanged for something else.
    """
    self.epoch += splits
    self.balanceOf[who] = self.balanceOf[who] * numerator // denominator


@external
def succeed(successor: address):
    self.successor = successor


@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    return True


@external
@raw_return
def transfer(receiver: address, amount: uint256) -> Bytes[64]:
    return self._move(msg.sender, receiver, amount)


@external
@raw_return
def transferFrom(sender: address, receiver: address, amount: uint256) -> Bytes[64]:
    self.allowance[sender][msg.sender] -= amount
    return self._move(sender, receiver, amount)


@internal
def _move(sender: address, receiver: address, amount: uint256) -> Bytes[64]:
    assert not self.blocked[receiver] and not self.blocked[sender], "blocked"
    if self.mode == 1:
        return abi_encode(False)
    assert self.mode != 2, "reverts"
    if self.mode == 5:
        self.calledBack = raw_call(self.target, self.message, revert_on_failure=False)
    if self.mode == 6:
        for i: uint256 in range(10**6):
            self.moved = i
    if self.mode == 12:
        for i: uint256 in range(2_500):
            self.moved = i
    if self.mode == 13:
        assert msg.gas > 615_000, "too-little-gas-left"
    if self.mode == 8:
        return abi_encode(True)
    kept: uint256 = 0
    if self.mode == 3:
        kept = amount // 100
    self.balanceOf[sender] -= amount
    self.balanceOf[receiver] += amount - kept
    if self.mode == 10:
        self.balanceOf[sender] += 1
        self.balanceOf[receiver] -= 1
    if self.mode == 11:
        self.balanceOf[sender] -= 1
    if self.mode == 4:
        return b""
    if self.mode == 7:
        return abi_encode(convert(2, uint256))
    if self.mode == 9:
        return abi_encode(False)
    return abi_encode(True)
