# pragma version 0.4.3
"""
@notice A wallet of the tests that is a contract: it signs by the key of its owner (EIP-1271), or
        behaves as badly as it is told.
"""

# 0 as it should, 1 says yes to all, 2 reverts, 3 burns all gas, 4 answers in few bytes, 5 tries to
# change something, 6 burns what gas it can and then does as it should,
# 7 reverts with the answer, 8 takes r, s and v in 65 bytes alone, as most wallets do
mode: public(uint256)
owner: public(address)
asked: public(uint256)


@deploy
def __init__(owner: address):
    self.owner = owner


@external
def behave(mode: uint256):
    self.mode = mode


@external
def call_(target: address, data: Bytes[4096]):
    raw_call(target, data)


@external
@raw_return
def isValidSignature(digest: bytes32, signature: Bytes[512]) -> Bytes[32]:
    yes: Bytes[32] = concat(0x1626ba7e, empty(bytes28))
    if self.mode == 1:
        return yes
    assert self.mode != 2, "reverts"
    if self.mode == 3:
        total: uint256 = 0
        for i: uint256 in range(10**6):
            total += i
        assert total != 1
    if self.mode == 7:
        raw_revert(yes)
    if self.mode == 4:
        return slice(yes, 0, 4)
    if self.mode == 5:
        self.asked += 1
    if self.mode == 6:
        for i: uint256 in range(10**4):
            if msg.gas < 9_000:
                break
    if self.mode == 8:
        assert len(signature) == 65, "not 65 bytes"
        v: uint256 = convert(slice(signature, 64, 1), uint256)
        signed: address = ecrecover(
            digest, v, convert(slice(signature, 0, 32), uint256),
            convert(slice(signature, 32, 32), uint256),
        )
        assert signed == self.owner, "not the owner"
        return yes
    r: bytes32 = convert(slice(signature, 0, 32), bytes32)
    vs: uint256 = convert(slice(signature, 32, 32), uint256)
    found: address = ecrecover(digest, 27 + (vs >> 255), convert(r, uint256), vs & (2**255 - 1))
    if found == self.owner:
        return yes
    return concat(empty(bytes16), empty(bytes16))
