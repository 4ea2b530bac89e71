# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Basket
@license Apache-2.0
@notice Stands behind the units of one security with other assets: securities, money, any ERC-20. Who
        brings the assets for a lot of units is issued them; who gives units back is handed his part of
        every asset. With S units outstanding, the manager's due ones among them, and B of an asset,
            u units cost ceil(B * u / S) of it, and bring floor(B * u / S),
        so that no other holder's unit ever stands for less by it. Redemption cannot be closed: it is
        open to each holder whom the security lets give his units away. An asset that refuses him
        delays the others not; he is owed it.
        Weights change by trades that the manager offers and somebody takes, both legs at once.
@dev    It must be an agent of the security. What it holds is what the assets say that it holds, so that
        income, splits and gifts count for the holders without anybody's act. One implementation makes
        an EIP-1167 clone of itself for each basket.
"""

from interfaces import ISecurity
from modules import fund_fees
from modules import portfolio

initializes: fund_fees
initializes: portfolio

struct Terms:
    security: address
    # What the first units are created from: so much of each asset for so many units.
    parts: DynArray[portfolio.Part, portfolio.ASSETS_MAX]
    units: uint256
    # Units are created in multiples of this.
    lot: uint256
    # 0 nobody may create units, 1 participants, 2 whoever may hold them
    creation: uint256
    # Whether units within a holding period can be redeemed as well.
    locked_too: bool
    fees: fund_fees.Fees
    receiver: address
    document: bytes32

struct Trade:
    # Who may take it; empty for anybody.
    counterparty: address
    gives: DynArray[portfolio.Part, portfolio.ASSETS_MAX]
    takes: DynArray[portfolio.Part, portfolio.ASSETS_MAX]
    until: uint256
    document: bytes32
    salt: bytes32

struct Nav:
    # The whole, in units of this currency; and of how many units.
    cash: address
    worth: uint256
    units: uint256
    at: uint256
    document: bytes32

interface Basket:
    def initialize(t: Terms): nonpayable

event Opened:
    basket: indexed(address)
    security: indexed(address)
    document: bytes32

# The first so many units cost so much of an asset.
event Composed:
    asset: indexed(address)
    amount: uint256
    units: uint256

event CreationSet:
    creation: uint256
    lot: uint256

event ParticipantSet:
    participant: indexed(address)
    allowed: bool

event Created:
    creator: indexed(address)
    # What he brought the assets for, and what he was issued of it.
    units: uint256
    issued: uint256

event Redeemed:
    holder: indexed(address)
    # What he gave back, and what he was handed the assets for.
    units: uint256
    counted: uint256

# The asset did not say what of it there is, and he did without.
event Forgone:
    asset: indexed(address)
    holder: indexed(address)

event TradeOffered:
    id: indexed(bytes32)
    trade: Trade

event TradeWithdrawn:
    id: indexed(bytes32)

event TradeTaken:
    id: indexed(bytes32)
    taker: indexed(address)

event NavStated:
    cash: indexed(address)
    worth: uint256
    units: uint256
    at: uint256
    document: bytes32

event Followed:
    predecessor: indexed(address)
    security: indexed(address)
    document: bytes32

NOBODY: constant(uint256) = 0
PARTICIPANTS: constant(uint256) = 1
EVERYBODY: constant(uint256) = 2

IMPLEMENTATION: immutable(address)

security: public(address)
lot: public(uint256)
creation: public(uint256)
lockedToo: public(bool)
first_units: uint256
firstPart: public(HashMap[address, uint256])
isParticipant: public(HashMap[address, bool])
isOffered: public(HashMap[bytes32, bool])
nav: public(Nav)


@deploy
def __init__():
    IMPLEMENTATION = self


# --- open


@external
def open(t: Terms) -> address:
    """
    @notice Make the basket behind a security, as one of its agents.
    """
    assert staticcall ISecurity(t.security).isAgent(msg.sender), "not-agent"
    basket: address = create_minimal_proxy_to(IMPLEMENTATION)
    extcall Basket(basket).initialize(t)
    log Opened(basket=basket, security=t.security, document=t.document)
    return basket


@external
def initialize(t: Terms):
    """
    @notice The first call to a new basket, by the implementation that made it.
    """
    assert msg.sender == IMPLEMENTATION and self.security == empty(address), "initialised-already"
    assert t.document != empty(bytes32), "document-empty"
    self.security = t.security
    self.lockedToo = t.locked_too
    self._set_creation(t.creation, t.lot)
    fund_fees._state(t.fees, t.receiver)
    for part: portfolio.Part in t.parts:
        self._add(part.asset)
    self._compose(t.parts, t.units)


@external
def compose(parts: DynArray[portfolio.Part, portfolio.ASSETS_MAX], units: uint256):
    """
    @notice State anew, while there are no units, what the first ones are created from.
    """
    self._only_agent()
    supply: uint256 = self._supply()
    assert supply + fund_fees._due(supply) == 0, "basket-in-use"
    for part: portfolio.Part in parts:
        if part.asset not in portfolio.assets:
            self._add(part.asset)
    self._compose(parts, units)


# --- create and redeem


@external
def create(units: uint256, most: DynArray[portfolio.Part, portfolio.ASSETS_MAX]) -> uint256:
    """
    @notice Bring the assets for so many units, a multiple of the lot, and be issued them.
    @param most what he gives at the most, of each asset in the order of `assets`
    @return units issued: all of them less the levy
    """
    assert self.creation != NOBODY, "creation-closed"
    assert self.creation == EVERYBODY or self.isParticipant[msg.sender], "not-a-participant"
    assert units != 0 and units <= portfolio.AMOUNT_MAX, "units-out-of-range"
    assert units % self.lot == 0, "not-whole-lots"
    supply: uint256 = self._supply()
    fund_fees._accrue(supply)
    outstanding: uint256 = supply + fund_fees._due(supply)
    costs: DynArray[portfolio.Part, portfolio.ASSETS_MAX] = self._costs(units, outstanding)
    brought: uint256 = 0
    assert len(most) == len(costs), "assets-differ"
    place: uint256 = 0
    for part: portfolio.Part in costs:
        assert most[place].asset == part.asset, "assets-differ"
        assert part.amount <= most[place].amount, "costs-more"
        brought |= part.amount
        place += 1
    assert brought != 0, "nothing-brought"
    issued: uint256 = self._issued(units, outstanding)
    assert issued != 0, "nothing-issued"
    log Created(creator=msg.sender, units=units, issued=issued)
    for part: portfolio.Part in costs:
        portfolio._receive(part.asset, msg.sender, part.amount)
    self._mint(msg.sender, issued)
    return issued


@external
def redeem(
    units: uint256, least: DynArray[portfolio.Part, portfolio.ASSETS_MAX], in_part: bool
) -> DynArray[portfolio.Part, portfolio.ASSETS_MAX]:
    """
    @notice Give back units, for which this contract is approved, and be handed what they stand for.
    @param least   what he expects at the least, of each asset in the order of `assets`
    @param in_part whether he is content to be owed what an asset refuses to hand him, and to do without
                   one that does not even say how much of it there is
    @return what he was handed or is owed
    """
    assert units != 0, "units-out-of-range"
    self._only_unlocked(units)
    supply: uint256 = self._supply()
    fund_fees._accrue(supply)
    outstanding: uint256 = supply + fund_fees._due(supply)
    assert units <= supply, "insufficient-balance"
    counted: uint256 = self._counted(units, outstanding)
    shares: DynArray[portfolio.Part, portfolio.ASSETS_MAX] = []
    for asset: address in portfolio.assets:
        known: bool = False
        held: uint256 = 0
        known, held = portfolio._read(asset)
        if not known:
            assert in_part, "asset-unreadable"
            log Forgone(asset=asset, holder=msg.sender)
        shares.append(portfolio.Part(asset=asset, amount=held * counted // outstanding))
    assert len(least) == len(shares), "assets-differ"
    place: uint256 = 0
    for part: portfolio.Part in shares:
        assert least[place].asset == part.asset, "assets-differ"
        assert part.amount >= least[place].amount, "brings-less"
        place += 1
    log Redeemed(holder=msg.sender, units=units, counted=counted)
    extcall ISecurity(self.security).burnFrom(msg.sender, units)
    fund_fees.known = self._supply()
    for part: portfolio.Part in shares:
        if part.amount == 0:
            continue
        if not self._handed(part, msg.sender):
            assert in_part, "asset-refused"
            portfolio._owe(part.asset, msg.sender, part.amount)
    return shares


@external
@reentrant
def hand(part: portfolio.Part, receiver: address):
    """
    @notice Hand out an asset: a call of this contract to itself, so that an asset that fails undoes
            no more than that.
    """
    assert msg.sender == self, "not-the-basket"
    portfolio._pay(part.asset, receiver, part.amount)


@external
def collect(asset: address, owner: address):
    """
    @notice Pay what is owed to somebody whom an asset refused before. Anybody may.
    """
    portfolio._settle(self._registry(), asset, owner)


@external
def substitute(asset: address, lost: address, replacement: address):
    """
    @notice Owe to another wallet of the same investor what was owed to one that is lost. Anybody may.
    """
    portfolio._move_owed(self._registry(), asset, lost, replacement)


@external
def takeFee() -> uint256:
    """
    @notice Issue the manager the units of his fee that are due. Anybody may.
    """
    units: uint256 = fund_fees._take(self._supply())
    self._mint(fund_fees.receiver, units)
    return units


# --- manage


@external
def setCreation(creation: uint256, lot: uint256):
    """
    @notice State who may create units, and in multiples of how many.
    """
    self._only_agent()
    self._set_creation(creation, lot)


@external
def setParticipant(participant: address, allowed: bool):
    """
    @notice Let somebody create units, or no longer, where only participants may.
    """
    self._only_agent()
    self.isParticipant[participant] = allowed
    log ParticipantSet(participant=participant, allowed=allowed)


@external
def lowerFees(fees: fund_fees.Fees):
    """
    @notice Lower some of the fees; none can be raised.
    """
    self._only_agent()
    fund_fees._lower(fees, self._supply())


@external
def setReceiver(receiver: address):
    """
    @notice State who is issued the manager's fee.
    """
    self._only_agent()
    assert receiver != empty(address), "receiver-empty"
    fund_fees.receiver = receiver
    log fund_fees.ReceiverSet(receiver=receiver)


@external
def addAsset(asset: address):
    """
    @notice Count an asset, of which the basket may have some already, among those behind the units.
    """
    self._only_agent()
    self._add(asset)


@external
def removeAsset(asset: address, document: bytes32):
    """
    @notice Count an asset no longer. If there is some of it left, nobody can redeem that any more.
    """
    self._only_agent()
    assert document != empty(bytes32), "document-empty"
    portfolio._remove(asset, portfolio._read(asset)[1], document)


@external
def offerTrade(t: Trade) -> bytes32:
    """
    @notice Offer assets for others, to one counterparty or to whoever takes it, until a time.
    @return what identifies it: keccak256 of its encoding
    """
    self._only_agent()
    assert t.document != empty(bytes32), "document-empty"
    assert t.until > block.timestamp, "trade-expired"
    assert len(t.gives) + len(t.takes) != 0, "nothing-traded"
    id: bytes32 = keccak256(abi_encode(t))
    assert not self.isOffered[id], "trade-offered-already"
    self.isOffered[id] = True
    log TradeOffered(id=id, trade=t)
    return id


@external
def withdrawTrade(id: bytes32):
    """
    @notice Take back a trade that nobody has taken.
    """
    self._only_agent()
    assert self.isOffered[id], "trade-not-offered"
    self.isOffered[id] = False
    log TradeWithdrawn(id=id)


@external
def takeTrade(t: Trade):
    """
    @notice Take a trade: bring what the basket takes, be handed what it gives, or nothing happens.
    """
    id: bytes32 = keccak256(abi_encode(t))
    assert self.isOffered[id], "trade-not-offered"
    assert block.timestamp < t.until, "trade-expired"
    assert t.counterparty == empty(address) or t.counterparty == msg.sender, "not-the-counterparty"
    self.isOffered[id] = False
    log TradeTaken(id=id, taker=msg.sender)
    for part: portfolio.Part in t.takes:
        if part.asset not in portfolio.assets:
            self._add(part.asset)
        portfolio._receive(part.asset, msg.sender, part.amount)
    for part: portfolio.Part in t.gives:
        assert part.asset in portfolio.assets, "asset-unknown"
        # What is owed to holders is not there to be given.
        assert part.amount <= portfolio._held(part.asset), "insufficient-assets"
        portfolio._pay(part.asset, msg.sender, part.amount)
        if portfolio._held(part.asset) == 0:
            portfolio._remove(part.asset, 0, t.document)


@external
def stateNav(cash: address, worth: uint256, at: uint256, document: bytes32):
    """
    @notice State what all that stands behind the units was worth at a time, by a document.
    """
    self._only_agent()
    assert document != empty(bytes32), "document-empty"
    assert at <= block.timestamp, "time-ahead"
    supply: uint256 = self._supply()
    stated: Nav = Nav(
        cash=cash, worth=worth, units=supply + fund_fees._due(supply), at=at, document=document
    )
    self.nav = stated
    log NavStated(cash=cash, worth=worth, units=stated.units, at=at, document=document)


@external
def follow(document: bytes32):
    """
    @notice Go on behind the security whose units replaced those of this one, once all were exchanged.
    """
    self._only_agent()
    assert document != empty(bytes32), "document-empty"
    predecessor: address = self.security
    successor: address = staticcall ISecurity(predecessor).successor()
    assert successor != empty(address) and self._supply() == 0, "not-exchanged"
    assert successor not in portfolio.assets, "asset-is-itself"
    self.security = successor
    log Followed(predecessor=predecessor, security=successor, document=document)


# --- views


@external
@view
@reentrant
def assets() -> DynArray[address, portfolio.ASSETS_MAX]:
    return portfolio.assets


@external
@view
@reentrant
def holdings() -> DynArray[portfolio.Part, portfolio.ASSETS_MAX]:
    """
    @notice What stands behind the units, without what is owed.
    """
    found: DynArray[portfolio.Part, portfolio.ASSETS_MAX] = []
    for asset: address in portfolio.assets:
        found.append(portfolio.Part(asset=asset, amount=portfolio._read(asset)[1]))
    return found


@external
@view
@reentrant
def unitsOutstanding() -> uint256:
    """
    @notice Units issued, and those of the manager's fee that are due.
    """
    supply: uint256 = self._supply()
    return supply + fund_fees._due(supply)


@external
@view
@reentrant
def quoteCreation(units: uint256) -> (DynArray[portfolio.Part, portfolio.ASSETS_MAX], uint256):
    """
    @notice What so many units cost now, and how many are issued for it.
    """
    supply: uint256 = self._supply()
    outstanding: uint256 = supply + fund_fees._due(supply)
    return self._costs(units, outstanding), self._issued(units, outstanding)


@external
@view
@reentrant
def quoteRedemption(units: uint256) -> DynArray[portfolio.Part, portfolio.ASSETS_MAX]:
    """
    @notice What so many units bring now.
    """
    supply: uint256 = self._supply()
    outstanding: uint256 = supply + fund_fees._due(supply)
    assert units <= outstanding and outstanding != 0, "insufficient-balance"
    counted: uint256 = self._counted(units, outstanding)
    found: DynArray[portfolio.Part, portfolio.ASSETS_MAX] = []
    for asset: address in portfolio.assets:
        share: uint256 = portfolio._read(asset)[1] * counted // outstanding
        found.append(portfolio.Part(asset=asset, amount=share))
    return found


@external
@view
@reentrant
def owedOf(asset: address, owner: address) -> uint256:
    return portfolio.owed[asset][owner]


@external
@view
@reentrant
def owedInAll(asset: address) -> uint256:
    return portfolio.owed_in_all[asset]


@external
@view
@reentrant
def fees() -> fund_fees.Fees:
    return fund_fees.fees


@external
@view
@reentrant
def feeReceiver() -> address:
    return fund_fees.receiver


@external
@view
@reentrant
def feeDue() -> uint256:
    """
    @notice Units of the manager's fee that are due and not taken.
    """
    return fund_fees._due(self._supply())


@external
@view
@reentrant
def firstUnits() -> uint256:
    """
    @notice How many units the first composition (`firstPart`) is for.
    """
    return self.first_units


# --- inside


@internal
@view
def _only_agent():
    assert staticcall ISecurity(self.security).isAgent(msg.sender), "not-agent"


@internal
@view
def _only_unlocked(units: uint256):
    if self.lockedToo:
        return
    total: uint256 = 0
    locked: uint256 = 0
    total, locked = staticcall ISecurity(self.security).unitsOf(msg.sender)
    assert units <= total, "insufficient-balance"
    assert units <= total - locked, "units-locked"


@internal
def _mint(receiver: address, units: uint256):
    extcall ISecurity(self.security).mint(receiver, units)
    fund_fees.known = self._supply()


@internal
@view
def _supply() -> uint256:
    return staticcall ISecurity(self.security).totalSupply()


@internal
@view
def _registry() -> address:
    return staticcall ISecurity(self.security).identityRegistry()


@internal
def _add(asset: address):
    assert asset != self.security and asset != self, "asset-is-itself"
    portfolio._add(asset)


@internal
def _compose(parts: DynArray[portfolio.Part, portfolio.ASSETS_MAX], units: uint256):
    """
    @notice State what the first units are created from: of the assets that are not named, nothing.
    """
    assert units != 0 and units <= portfolio.AMOUNT_MAX, "units-out-of-range"
    for asset: address in portfolio.assets:
        self.firstPart[asset] = 0
    for part: portfolio.Part in parts:
        assert part.amount <= portfolio.AMOUNT_MAX, "amount-out-of-range"
        self.firstPart[part.asset] = part.amount
        log Composed(asset=part.asset, amount=part.amount, units=units)
    self.first_units = units


@internal
def _set_creation(creation: uint256, lot: uint256):
    assert creation <= EVERYBODY, "creation-unknown"
    assert lot != 0 and lot <= portfolio.AMOUNT_MAX, "lot-out-of-range"
    self.creation = creation
    self.lot = lot
    log CreationSet(creation=creation, lot=lot)


@internal
@view
def _costs(
    units: uint256, outstanding: uint256
) -> DynArray[portfolio.Part, portfolio.ASSETS_MAX]:
    """
    @notice What units cost: their part of what there is, or of the first composition.
    """
    of: uint256 = outstanding
    if outstanding == 0:
        of = self.first_units
    costs: DynArray[portfolio.Part, portfolio.ASSETS_MAX] = []
    for asset: address in portfolio.assets:
        amount: uint256 = self.firstPart[asset]
        if outstanding != 0:
            amount = portfolio._held(asset)
        costs.append(portfolio.Part(asset=asset, amount=(amount * units + of - 1) // of))
    return costs


@internal
@view
def _issued(units: uint256, outstanding: uint256) -> uint256:
    """
    @notice Units issued for the assets of so many. Of the first ones nobody else would have the levy.
    """
    if outstanding == 0:
        return units
    return units * (fund_fees.WHOLE - fund_fees.fees.creation_bps) // fund_fees.WHOLE


@internal
@view
def _counted(units: uint256, outstanding: uint256) -> uint256:
    """
    @notice Units whose assets are handed out for so many given back. Of the last ones nobody else would
            have the levy.
    """
    if units == outstanding:
        return units
    return units * (fund_fees.WHOLE - fund_fees.fees.redemption_bps) // fund_fees.WHOLE


@internal
def _handed(part: portfolio.Part, receiver: address) -> bool:
    assert msg.gas * 63 // 64 > portfolio.HANDING_GAS + portfolio.HANDING_SPARE, "too-little-gas"
    done: bool = raw_call(
        self,
        abi_encode(part, receiver, method_id=method_id("hand((address,uint256),address)")),
        gas=portfolio.HANDING_GAS,
        revert_on_failure=False,
    )
    return done
