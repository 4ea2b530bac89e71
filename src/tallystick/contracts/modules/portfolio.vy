# pragma version 0.4.3
"""
@title Portfolio
@license Apache-2.0
@notice What stands behind the units of a basket: up to 32 assets, each an ERC-20 that nobody here has
        vetted. What could not be paid out is owed, and belongs to the basket no more.
@dev    What is owed is a share of all there is of the asset, so that a split, a rebase or an exchange
        for another asset changes what is owed as it changes the rest. While none happens a share is a
        unit. Shares are kept under the first address that the asset had (`_root`).
"""

from . import money
from . import record
from ..interfaces import IRegistry

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

event Owed:
    asset: indexed(address)
    owner: indexed(address)
    amount: uint256
    shares: uint256

event OwedPaid:
    asset: indexed(address)
    owner: indexed(address)
    amount: uint256
    shares: uint256

# What was owed to a lost wallet goes to another one of the same investor.
event OwedMoved:
    asset: indexed(address)
    lost: indexed(address)
    replacement: indexed(address)
    shares: uint256

ASSETS_MAX: constant(uint256) = 32
AMOUNT_MAX: constant(uint256) = 2**127 - 1
# Gas left to an asset to say what of it there is, or what replaced it.
READING_GAS: constant(uint256) = 100_000
# Gas left to an asset to be handed out, and that needed beside it: with less it was not tried.
HANDING_GAS: constant(uint256) = 700_000
HANDING_SPARE: constant(uint256) = 150_000

# What is owed of an asset: so many shares of the whole; zeros while nothing is.
struct Debt:
    shares: uint256
    whole: uint256

assets: DynArray[address, ASSETS_MAX]
debts: HashMap[address, Debt]
owed: HashMap[address, HashMap[address, uint256]]
roots: HashMap[address, address]
replaced: HashMap[address, bool]


# --- which assets


@internal
def _add(asset: address):
    assert asset.is_contract, "asset-without-code"
    assert asset not in self.assets, "asset-twice"
    assert not self.replaced[asset], "asset-replaced"
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
    if successor in self.assets:
        assert self.debts[self._root(asset)].shares == 0, "asset-twice"
        self._swap(asset, empty(address))
    else:
        assert successor.is_contract, "asset-without-code"
        assert not self.replaced[successor], "asset-replaced"
        assert self.debts[self._root(successor)].shares == 0, "asset-owed"
        self.roots[successor] = self._root(asset)
        self._swap(asset, successor)
    self.replaced[asset] = True
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


@internal
@view
def _root(asset: address) -> address:
    root: address = self.roots[asset]
    return asset if root == empty(address) else root


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
    @notice How much of an asset is here, owed or not; and whether the asset said so at all.
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
    @notice How much of an asset is the basket's; and whether that is known: the asset says so, and was
            not exchanged for another one that is not counted yet.
    """
    ok: bool = False
    balance: uint256 = 0
    ok, balance = self._balance(asset)
    if ok and balance == 0:
        ok = self._successor(asset) == empty(address)
    return ok, balance - self._part_up(self.debts[self._root(asset)], balance)


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
@pure
def _part_up(debt: Debt, balance: uint256) -> uint256:
    """
    @notice What is owed of so much that there is.
    """
    if debt.shares == 0:
        return 0
    return (debt.shares * balance + debt.whole - 1) // debt.whole


@internal
@view
def _owed_to(asset: address, owner: address) -> uint256:
    """
    @notice What somebody is owed of an asset.
    """
    root: address = self._root(asset)
    shares: uint256 = self.owed[root][owner]
    if shares == 0:
        return 0
    return shares * self._balance(asset)[1] // self.debts[root].whole


# --- in and out


@internal
def _receive(asset: address, sender: address, amount: uint256):
    """
    @notice Take in an asset, to the unit.
    """
    if amount == 0:
        return
    root: address = self._root(asset)
    debt: Debt = self.debts[root]
    if debt.shares != 0:
        # What comes in is the basket's alone.
        balance: uint256 = max(self._balance(asset)[1], 1)
        self.debts[root].whole += min(amount * debt.whole // balance, AMOUNT_MAX - debt.whole)
    money._take(asset, sender, amount)
    log Received(asset=asset, sender=sender, amount=amount)


@internal
def _pay(asset: address, receiver: address, amount: uint256):
    """
    @notice Pay out what is the basket's.
    """
    root: address = self._root(asset)
    debt: Debt = self.debts[root]
    if debt.shares != 0:
        balance: uint256 = max(self._balance(asset)[1], 1)
        less: uint256 = (amount * debt.whole + balance - 1) // balance
        self.debts[root].whole -= min(less, debt.whole - debt.shares)
    self._hand_out(asset, receiver, amount)


@internal
def _hand_out(asset: address, receiver: address, amount: uint256):
    """
    @notice What counts is that it is gone, whatever the asset says; what a receiver sends back at once is
            his gift.
    """
    before: uint256 = money._held(asset)
    said: bool = extcall Asset(asset).transfer(receiver, amount, default_return_value=True)
    after: uint256 = money._held(asset)
    assert after < before, "asset-refused"
    assert after + amount >= before, "asset-not-whole"
    log Paid(asset=asset, receiver=receiver, amount=amount)


# --- what is owed


@internal
def _owe(asset: address, owner: address, amount: uint256):
    root: address = self._root(asset)
    debt: Debt = self.debts[root]
    balance: uint256 = self._balance(asset)[1]
    shares: uint256 = amount
    if debt.shares == 0:
        debt.whole = max(balance, amount)
    else:
        shares = min(amount * debt.whole // max(balance, 1), debt.whole - debt.shares)
    debt.shares += shares
    self.debts[root] = debt
    self.owed[root][owner] += shares
    log Owed(asset=asset, owner=owner, amount=amount, shares=shares)


@internal
def _settle(registry: address, asset: address, owner: address):
    """
    @notice Pay what is owed, if the asset lets it go now.
    """
    word: uint256 = (staticcall IRegistry(registry).statedRecordOf(owner))[0]
    assert word & record.RETIRED == 0, "wallet-retired"
    amount: uint256 = self._owed_to(asset, owner)
    assert amount != 0, "nothing-owed"
    root: address = self._root(asset)
    shares: uint256 = self.owed[root][owner]
    debt: Debt = self.debts[root]
    debt.shares -= shares
    debt.whole = 0 if debt.shares == 0 else debt.whole - shares
    self.debts[root] = debt
    self.owed[root][owner] = 0
    log OwedPaid(asset=asset, owner=owner, amount=amount, shares=shares)
    self._hand_out(asset, owner, amount)


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
    root: address = self._root(asset)
    shares: uint256 = self.owed[root][lost]
    assert shares != 0, "nothing-owed"
    self.owed[root][lost] = 0
    self.owed[root][replacement] += shares
    log OwedMoved(asset=asset, lost=lost, replacement=replacement, shares=shares)
