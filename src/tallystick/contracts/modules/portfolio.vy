# pragma version 0.4.3
"""
@title Portfolio
@license Apache-2.0
@notice What stands behind the units of a basket: up to 32 assets, each an ERC-20 that nobody here has
        vetted. What could not be paid out is owed, and belongs to the basket no more.
"""

from . import money
from ..interfaces import IRegistry
from . import record

interface Asset:
    def transfer(receiver: address, amount: uint256) -> bool: nonpayable

struct Part:
    asset: address
    amount: uint256

event AssetAdded:
    asset: indexed(address)

event AssetRemoved:
    asset: indexed(address)
    # What of it nobody can redeem any more, and why.
    left: uint256
    document: bytes32

event Received:
    asset: indexed(address)
    sender: indexed(address)
    amount: uint256

event Paid:
    asset: indexed(address)
    receiver: indexed(address)
    amount: uint256

event Owed:
    asset: indexed(address)
    owner: indexed(address)
    amount: uint256

event OwedPaid:
    asset: indexed(address)
    owner: indexed(address)
    amount: uint256

# What was owed to a lost wallet goes to another one of the same investor.
event OwedMoved:
    asset: indexed(address)
    lost: indexed(address)
    replacement: indexed(address)
    amount: uint256

ASSETS_MAX: constant(uint256) = 32
AMOUNT_MAX: constant(uint256) = 2**128 - 1
# Gas left to an asset to say what of it there is.
READING_GAS: constant(uint256) = 100_000
# Gas left to an asset to be handed out, and that needed beside it: with less it was not tried.
HANDING_GAS: constant(uint256) = 700_000
HANDING_SPARE: constant(uint256) = 150_000

assets: DynArray[address, ASSETS_MAX]
owed: HashMap[address, HashMap[address, uint256]]
owed_in_all: HashMap[address, uint256]


@internal
def _add(asset: address):
    assert asset.is_contract, "asset-without-code"
    assert asset not in self.assets, "asset-twice"
    assert len(self.assets) < ASSETS_MAX, "too-many-assets"
    self.assets.append(asset)
    log AssetAdded(asset=asset)


@internal
def _remove(asset: address, left: uint256, document: bytes32):
    assert asset in self.assets, "asset-unknown"
    kept: DynArray[address, ASSETS_MAX] = []
    for each: address in self.assets:
        if each != asset:
            kept.append(each)
    self.assets = kept
    log AssetRemoved(asset=asset, left=left, document=document)


@internal
@view
def _read(asset: address) -> (bool, uint256):
    """
    @notice How much of an asset is the basket's; and whether the asset said so at all.
    """
    ok: bool = False
    answer: Bytes[32] = b""
    ok, answer = raw_call(
        asset,
        abi_encode(self, method_id=method_id("balanceOf(address)")),
        max_outsize=32,
        gas=READING_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not ok or len(answer) != 32:
        return False, 0
    balance: uint256 = convert(answer, uint256)
    owed: uint256 = self.owed_in_all[asset]
    if balance <= owed:
        return True, 0
    return True, min(balance - owed, AMOUNT_MAX)


@internal
@view
def _held(asset: address) -> uint256:
    """
    @notice How much of an asset is the basket's.
    """
    ok: bool = False
    amount: uint256 = 0
    ok, amount = self._read(asset)
    assert ok, "asset-unreadable"
    return amount


@internal
def _receive(asset: address, sender: address, amount: uint256):
    """
    @notice Take in an asset, to the unit.
    """
    if amount == 0:
        return
    money._take(asset, sender, amount)
    log Received(asset=asset, sender=sender, amount=amount)


@internal
def _pay(asset: address, receiver: address, amount: uint256):
    """
    @notice Pay out what is the basket's. What counts is that it is gone, whatever the asset says; what
            a receiver sends back at once is his gift.
    """
    before: uint256 = money._held(asset)
    said: bool = extcall Asset(asset).transfer(receiver, amount, default_return_value=True)
    after: uint256 = money._held(asset)
    assert after < before, "asset-refused"
    assert after + amount >= before, "asset-not-whole"
    log Paid(asset=asset, receiver=receiver, amount=amount)


@internal
def _owe(asset: address, owner: address, amount: uint256):
    self.owed[asset][owner] += amount
    self.owed_in_all[asset] += amount
    log Owed(asset=asset, owner=owner, amount=amount)


@internal
def _settle(registry: address, asset: address, owner: address):
    """
    @notice Pay what is owed, if the asset lets it go now.
    """
    word: uint256 = (staticcall IRegistry(registry).statedRecordOf(owner))[0]
    assert word & record.RETIRED == 0, "wallet-retired"
    amount: uint256 = self.owed[asset][owner]
    assert amount != 0, "nothing-owed"
    self.owed[asset][owner] = 0
    self.owed_in_all[asset] -= amount
    log OwedPaid(asset=asset, owner=owner, amount=amount)
    self._pay(asset, owner, amount)


@internal
def _move_owed(registry: address, asset: address, lost: address, replacement: address):
    """
    @notice Owe to another wallet of the same investor what was owed to one that is lost.
    """
    word: uint256 = 0
    home: address = empty(address)
    word, home = staticcall IRegistry(registry).statedRecordOf(lost)
    assert word & record.RETIRED != 0, "wallet-not-retired"
    home_of_replacement: address = empty(address)
    word, home_of_replacement = staticcall IRegistry(registry).statedRecordOf(replacement)
    assert word & record.RETIRED == 0 and home == home_of_replacement, "not-the-holder"
    amount: uint256 = self.owed[asset][lost]
    assert amount != 0, "nothing-owed"
    self.owed[asset][lost] = 0
    self.owed[asset][replacement] += amount
    log OwedMoved(asset=asset, lost=lost, replacement=replacement, amount=amount)
