# pragma version 0.4.3
"""
@title Portfolio
@license Apache-2.0
@notice What stands behind the units of a basket: up to 32 assets, each an ERC-20 that nobody here has
        vetted. What there is of an asset is what it says itself.
"""

from . import money

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

# Units of another asset took the place of all that there was.
event AssetReplaced:
    asset: indexed(address)
    successor: indexed(address)

ASSETS_MAX: constant(uint256) = 32
AMOUNT_MAX: constant(uint256) = 2**127 - 1
# Gas left to an asset to say what of it there is, or what replaced it.
READING_GAS: constant(uint256) = 100_000

assets: DynArray[address, ASSETS_MAX]


# --- which assets


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
    self._swap(asset, empty(address))
    log AssetRemoved(asset=asset, left=left, document=document)


@internal
def _replace(asset: address) -> address:
    """
    @notice Put in the place of an asset the one for which all of it was exchanged.
    """
    assert asset in self.assets, "asset-unknown"
    successor: address = self._successor(asset)
    assert successor != empty(address), "not-exchanged"
    assert successor.is_contract, "asset-without-code"
    self._swap(asset, empty(address) if successor in self.assets else successor)
    log AssetReplaced(asset=asset, successor=successor)
    return successor


@internal
def _swap(asset: address, other: address):
    """
    @notice Have another asset in the place of one, or none.
    """
    kept: DynArray[address, ASSETS_MAX] = []
    for each: address in self.assets:
        if each != asset:
            kept.append(each)
        elif other != empty(address):
            kept.append(other)
    self.assets = kept


# --- how much there is


@internal
@view
def _ask(asset: address, question: Bytes[36]) -> (bool, uint256):
    """
    @notice What an asset answers; and whether it does at all.
    """
    ok: bool = False
    answer: Bytes[32] = b""
    ok, answer = raw_call(
        asset,
        question,
        max_outsize=32,
        gas=READING_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not ok or len(answer) != 32:
        return False, 0
    return True, convert(answer, uint256)


@internal
@view
def _balance(asset: address) -> (bool, uint256):
    """
    @notice How much of an asset is here; and whether the asset said so at all.
    """
    ok: bool = False
    balance: uint256 = 0
    ok, balance = self._ask(asset, abi_encode(self, method_id=method_id("balanceOf(address)")))
    return ok, min(balance, AMOUNT_MAX)


@internal
@view
def _successor(asset: address) -> address:
    """
    @notice The security whose units took the place of all that was here of an asset; empty if none did.
    """
    ok: bool = False
    found: uint256 = 0
    ok, found = self._balance(asset)
    if not ok or found != 0:
        return empty(address)
    ok, found = self._ask(asset, method_id("successor()", output_type=Bytes[4]))
    if not ok or found >= 2**160:
        return empty(address)
    return convert(found, address)


@internal
@view
def _read(asset: address) -> (bool, uint256):
    """
    @notice How much of an asset there is; and whether that is known: the asset says so, and was not
            exchanged for another one that is not counted yet.
    """
    ok: bool = False
    balance: uint256 = 0
    ok, balance = self._balance(asset)
    if ok and balance == 0:
        ok = self._successor(asset) == empty(address)
    return ok, balance


@internal
@view
def _held(asset: address) -> uint256:
    """
    @notice How much of an asset there is, which must be known.
    """
    ok: bool = False
    amount: uint256 = 0
    ok, amount = self._read(asset)
    assert ok, "asset-unreadable"
    return amount


# --- in and out


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
    @notice Pay out. What counts is that it is gone, whatever the asset says; what a receiver sends back
            at once is his gift.
    """
    before: uint256 = money._held(asset)
    said: bool = extcall Asset(asset).transfer(receiver, amount, default_return_value=True)
    after: uint256 = money._held(asset)
    assert after < before, "asset-refused"
    assert after + amount >= before, "asset-not-whole"
    log Paid(asset=asset, receiver=receiver, amount=amount)
