# pragma version 0.4.3
"""
@title Portfolio
@license Apache-2.0
@notice What stands behind the units of a basket: up to 32 assets, each an ERC-20 that nobody here has
        vetted. What could not be paid out is owed, and belongs to the basket no more.
@dev    What is owed follows its asset: when there is less of that than after the last act here, or when
        its units became others (its epoch), what is owed changes as the whole does. What is given on
        top is the basket's. `index` tells what became of a unit that was owed at first.
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

# What was owed of an asset is owed of the one that took its place.
event OwedConverted:
    asset: indexed(address)
    successor: indexed(address)
    owner: indexed(address)
    amount: uint256

ASSETS_MAX: constant(uint256) = 32
AMOUNT_MAX: constant(uint256) = 2**127 - 1
# Gas left to an asset to say what of it there is, or what replaced it.
READING_GAS: constant(uint256) = 100_000
# Gas left to an asset to be handed out, and that needed beside it: with less it was not tried.
HANDING_GAS: constant(uint256) = 700_000
HANDING_SPARE: constant(uint256) = 150_000

ONE: constant(uint256) = 10**18
INDEX_MAX: constant(uint256) = 2**127
RATIO_MAX: constant(uint256) = 2**32 - 1
REPLACED_MAX: constant(uint256) = 8

# What is owed of an asset in all; zeros while nothing is.
struct Debt:
    amount: uint256
    index: uint256
    # How much of the asset there was, owed or not, after the last act here.
    known: uint256
    epoch: uint256
    creditors: uint256

struct Claim:
    amount: uint256
    # The index when it was written down.
    index: uint256

# So many units of the successor for so many of the asset, and the indexes of both at that time.
struct Conversion:
    successor: address
    numerator: uint256
    denominator: uint256
    index_before: uint256
    index: uint256

assets: DynArray[address, ASSETS_MAX]
debts: HashMap[address, Debt]
claims: HashMap[address, HashMap[address, Claim]]
conversions: HashMap[address, Conversion]
successors: HashMap[address, address]


# --- which assets


@internal
def _add(asset: address):
    assert asset.is_contract, "asset-without-code"
    assert asset not in self.assets, "asset-twice"
    assert self.successors[asset] == empty(address), "asset-replaced"
    assert len(self.assets) < ASSETS_MAX, "too-many-assets"
    self.assets.append(asset)
    log AssetAdded(asset=asset)


@internal
def _remove(asset: address, left: uint256, document: bytes32):
    assert asset in self.assets, "asset-unknown"
    self._swap(asset, empty(address))
    log AssetRemoved(asset=asset, left=left, document=document)


@internal
def _replace(asset: address, numerator: uint256, denominator: uint256) -> address:
    """
    @notice Put in the place of an asset the one for which all of it was exchanged.
    @param numerator   so many of that one for `denominator` of the asset, by which what is owed goes over
    """
    assert self.successors[asset] == empty(address), "asset-replaced"
    successor: address = self._successor(asset)
    assert successor != empty(address), "not-exchanged"
    for i: uint256 in range(REPLACED_MAX):
        if self.successors[successor] == empty(address):
            break
        successor = self.successors[successor]
    assert self.successors[successor] == empty(address) and successor != asset, "asset-replaced"
    assert successor.is_contract, "asset-without-code"
    owed: bool = self.debts[asset].creditors != 0
    if asset in self.assets:
        self._swap(asset, empty(address) if successor in self.assets else successor)
    else:
        assert owed, "asset-unknown"
    self.successors[asset] = successor
    log AssetReplaced(asset=asset, successor=successor)
    if owed:
        self._convert_all(asset, successor, numerator, denominator)
    return successor


@internal
def _convert_all(asset: address, successor: address, numerator: uint256, denominator: uint256):
    """
    @notice Set apart, of what took the place of an asset, what was owed of that.
    """
    assert numerator != 0 and numerator <= RATIO_MAX, "ratio-out-of-range"
    assert denominator != 0 and denominator <= RATIO_MAX, "ratio-out-of-range"
    self._sync(successor)
    old: Debt = self.debts[asset]
    new: Debt = self.debts[successor]
    balance: uint256 = self._balance(successor)[1]
    if new.creditors == 0:
        new = Debt(
            amount=0, index=ONE, known=balance, epoch=self._epoch(successor), creditors=0
        )
    there: uint256 = balance - min(new.amount, balance)
    new.amount += min((old.amount * numerator + denominator - 1) // denominator, there)
    new.creditors += old.creditors
    self.debts[successor] = new
    self.debts[asset] = empty(Debt)
    self.conversions[asset] = Conversion(
        successor=successor,
        numerator=numerator,
        denominator=denominator,
        index_before=old.index,
        index=new.index,
    )


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
def _epoch(asset: address) -> uint256:
    """
    @notice How often what a unit of an asset is was changed; 0 for one that does not tell.
    """
    return self._ask(asset, method_id("epoch()", output_type=Bytes[4]))[1]


@internal
@view
def _debt(asset: address, balance: uint256) -> Debt:
    """
    @notice What is owed of an asset, of which there is so much now.
    """
    d: Debt = self.debts[asset]
    if d.creditors == 0 or balance == 0 or d.known == 0:
        return d
    epoch: uint256 = self._epoch(asset)
    if balance < d.known or epoch != d.epoch:
        d.index = min((d.index * balance + d.known - 1) // d.known, INDEX_MAX)
        d.amount = min((d.amount * balance + d.known - 1) // d.known, balance)
        d.known = balance
        d.epoch = epoch
    elif balance > d.known:
        d.known = balance
    return d


@internal
def _sync(asset: address):
    """
    @notice Write down what became of what is owed.
    """
    if self.debts[asset].creditors != 0:
        self.debts[asset] = self._debt(asset, self._balance(asset)[1])


@internal
def _note(asset: address):
    """
    @notice Note how much there is after an act.
    """
    if self.debts[asset].creditors != 0:
        self.debts[asset].known = self._balance(asset)[1]


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
    return ok, balance - min(self._debt(asset, balance).amount, balance)


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
@view
def _owed_to(asset: address, owner: address) -> uint256:
    """
    @notice What somebody is owed of an asset.
    """
    c: Claim = self.claims[asset][owner]
    if c.amount == 0:
        return 0
    d: Debt = self._debt(asset, self._balance(asset)[1])
    return min(c.amount * d.index // c.index, d.amount)


# --- in and out


@internal
def _receive(asset: address, sender: address, amount: uint256):
    """
    @notice Take in an asset, to the unit. What comes in is the basket's alone.
    """
    if amount == 0:
        return
    self._sync(asset)
    money._take(asset, sender, amount)
    self._note(asset)
    log Received(asset=asset, sender=sender, amount=amount)


@internal
def _pay(asset: address, receiver: address, amount: uint256):
    """
    @notice Pay out. What counts is that it is gone, whatever the asset says; what a receiver sends back
            at once is his gift.
    """
    self._sync(asset)
    before: uint256 = money._held(asset)
    said: bool = extcall Asset(asset).transfer(receiver, amount, default_return_value=True)
    after: uint256 = money._held(asset)
    assert after < before, "asset-refused"
    assert after + amount >= before, "asset-not-whole"
    self._note(asset)
    log Paid(asset=asset, receiver=receiver, amount=amount)


# --- what is owed


@internal
def _owe(asset: address, owner: address, amount: uint256):
    self._sync(asset)
    if self.debts[asset].creditors == 0:
        self.debts[asset] = Debt(
            amount=0,
            index=ONE,
            known=self._balance(asset)[1],
            epoch=self._epoch(asset),
            creditors=0,
        )
    self.debts[asset].amount += amount
    self.debts[asset].creditors += 1
    self._add_claim(asset, owner, amount)
    log Owed(asset=asset, owner=owner, amount=amount)


@internal
def _add_claim(asset: address, owner: address, amount: uint256):
    """
    @notice Add to what somebody is owed. Who was owed something before is counted once.
    """
    index: uint256 = self.debts[asset].index
    c: Claim = self.claims[asset][owner]
    before: uint256 = 0
    if c.index != 0:
        before = c.amount * index // c.index
        self.debts[asset].creditors -= 1
    self.claims[asset][owner] = Claim(amount=min(before + amount, AMOUNT_MAX), index=index)


@internal
def _settle(registry: address, asset: address, owner: address):
    """
    @notice Pay what is owed, if the asset lets it go now.
    """
    word: uint256 = (staticcall IRegistry(registry).statedRecordOf(owner))[0]
    assert word & record.RETIRED == 0, "wallet-retired"
    assert self.successors[asset] == empty(address), "asset-replaced"
    self._sync(asset)
    amount: uint256 = self._owed_to(asset, owner)
    assert amount != 0, "nothing-owed"
    d: Debt = self.debts[asset]
    d.amount -= amount
    d.creditors -= 1
    self.debts[asset] = empty(Debt) if d.creditors == 0 else d
    self.claims[asset][owner] = empty(Claim)
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
    assert self.successors[asset] == empty(address), "asset-replaced"
    self._sync(asset)
    amount: uint256 = self._owed_to(asset, lost)
    assert amount != 0, "nothing-owed"
    self.claims[asset][lost] = empty(Claim)
    self._add_claim(asset, replacement, amount)
    log OwedMoved(asset=asset, lost=lost, replacement=replacement, amount=amount)


@internal
def _convert(asset: address, owner: address):
    """
    @notice Owe somebody, in the place of an asset, the one that took its place.
    """
    c: Claim = self.claims[asset][owner]
    v: Conversion = self.conversions[asset]
    assert v.successor != empty(address) and c.amount != 0, "nothing-owed"
    self.claims[asset][owner] = empty(Claim)
    self._sync(v.successor)
    amount: uint256 = c.amount * v.index_before // c.index * v.numerator // v.denominator
    amount = amount * self.debts[v.successor].index // v.index
    self._add_claim(v.successor, owner, amount)
    log OwedConverted(asset=asset, successor=v.successor, owner=owner, amount=amount)
