# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Basket, second part: the manager's desk
@license Apache-2.0
@notice Opens a basket, states what it is created from, by whom and at which fees, changes its assets,
        offers trades, states its value. Reached from `Basket` by delegate call.
@dev    One implementation makes an EIP-1167 clone of itself for each basket.
"""

from interfaces import ISecurity
from modules import baskets
from modules import fund_fees
from modules import portfolio

initializes: fund_fees
initializes: portfolio
initializes: baskets[fund_fees := fund_fees, portfolio := portfolio]

interface Basket:
    def initialize(t: baskets.Terms): nonpayable


@deploy
def __init__():
    baskets.security = baskets.NO_SECURITY


# --- open


@external
def open(t: baskets.Terms) -> address:
    """
    @notice Make the basket behind a security, as one of its agents.
    """
    assert staticcall ISecurity(t.security).isAgent(msg.sender), "not-agent"
    assert baskets.security == self, "not-the-implementation"
    basket: address = create_minimal_proxy_to(self)
    extcall Basket(basket).initialize(t)
    log baskets.Opened(basket=basket, security=t.security, document=t.document)
    return basket


@external
def initialize(t: baskets.Terms):
    """
    @notice The first call to a new basket, in the transaction that makes it.
    """
    assert baskets.security == empty(address), "initialised-already"
    assert t.document != empty(bytes32), "document-empty"
    baskets.security = t.security
    baskets.locked_too = t.locked_too
    self._set_creation(t.creation, t.lot)
    fund_fees._state(t.fees, t.receiver)
    for part: portfolio.Part in t.parts:
        baskets._add(part.asset)
    self._compose(t.parts, t.units)


@external
def compose(parts: DynArray[portfolio.Part, portfolio.ASSETS_MAX], units: uint256):
    """
    @notice State anew, while there are no units, what the first ones are created from.
    """
    self._only_agent()
    assert baskets._outstanding() == 0, "basket-in-use"
    for part: portfolio.Part in parts:
        if part.asset not in portfolio.assets:
            baskets._add(part.asset)
    self._compose(parts, units)


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
    baskets.participants[participant] = allowed
    log baskets.ParticipantSet(participant=participant, allowed=allowed)


@external
def lowerFees(fees: fund_fees.Fees):
    """
    @notice Lower some of the fees; none can be raised.
    """
    self._only_agent()
    fund_fees._lower(fees, baskets._supply())


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
    baskets._add(asset)


@external
def removeAsset(asset: address, document: bytes32):
    """
    @notice Count an asset no longer. If there is some of it left, nobody can redeem that any more.
    """
    self._only_agent()
    assert document != empty(bytes32), "document-empty"
    baskets._remove(asset, portfolio._read(asset)[1], document)


@external
def replaceAsset(asset: address):
    """
    @notice Count, in the place of an asset, the security for whose units all of it was exchanged. Anybody
            may; until then nobody can create units.
    """
    baskets._only_other(portfolio._replace(asset))
    baskets.first_parts[asset] = 0


@external
def stateNav(cash: address, worth: uint256, document: bytes32):
    """
    @notice State what all that stands behind the units is worth now, by a document.
    """
    self._only_agent()
    assert document != empty(bytes32), "document-empty"
    stated: baskets.Nav = baskets.Nav(
        cash=cash,
        worth=worth,
        units=baskets._outstanding(),
        at=block.timestamp,
        document=document,
    )
    baskets.nav = stated
    log baskets.NavStated(cash=cash, worth=worth, units=stated.units, document=document)


@external
def follow(document: bytes32):
    """
    @notice Go on behind the security whose units replaced those of this one, once all were exchanged.
    """
    self._only_agent()
    assert document != empty(bytes32), "document-empty"
    predecessor: address = baskets.security
    successor: address = staticcall ISecurity(predecessor).successor()
    assert successor != empty(address) and baskets._supply() == 0, "not-exchanged"
    assert successor not in portfolio.assets, "asset-is-itself"
    baskets.security = successor
    log baskets.Followed(predecessor=predecessor, security=successor, document=document)


# --- trade


@external
def offerTrade(t: baskets.Trade) -> bytes32:
    """
    @notice Offer assets for others, to one counterparty or to whoever takes it, until a time.
    @return what identifies it: keccak256 of its encoding
    """
    self._only_agent()
    assert t.document != empty(bytes32), "document-empty"
    assert t.until > block.timestamp, "trade-expired"
    assert len(t.gives) + len(t.takes) != 0, "nothing-traded"
    self._only_amounts(t.gives)
    self._only_amounts(t.takes)
    id: bytes32 = keccak256(abi_encode(t))
    assert not baskets.offered[id], "trade-offered-already"
    baskets.offered[id] = True
    log baskets.TradeOffered(id=id, trade=t)
    return id


@external
def withdrawTrade(id: bytes32):
    """
    @notice Take back a trade that nobody has taken.
    """
    self._only_agent()
    assert baskets.offered[id], "trade-not-offered"
    baskets.offered[id] = False
    log baskets.TradeWithdrawn(id=id)


# --- views


@external
@view
@reentrant
def security() -> address:
    return baskets.security


@external
@view
@reentrant
def lot() -> uint256:
    """
    @notice Units are created in multiples of this.
    """
    return baskets.lot


@external
@view
@reentrant
def creation() -> uint256:
    """
    @notice Who may create units: 0 nobody, 1 participants, 2 whoever may hold them.
    """
    return baskets.creation


@external
@view
@reentrant
def isParticipant(who: address) -> bool:
    return baskets.participants[who]


@external
@view
@reentrant
def lockedToo() -> bool:
    """
    @notice Whether units within a holding period can be redeemed as well.
    """
    return baskets.locked_too


@external
@view
@reentrant
def firstUnits() -> uint256:
    """
    @notice How many units the first composition (`firstPart`) is for.
    """
    return baskets.first_units


@external
@view
@reentrant
def firstPart(asset: address) -> uint256:
    return baskets.first_parts[asset]


@external
@view
@reentrant
def isOffered(id: bytes32) -> bool:
    return baskets.offered[id]


@external
@view
@reentrant
def nav() -> baskets.Nav:
    """
    @notice What was last stated to be its value.
    """
    return baskets.nav


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
def storageLayout() -> bytes32:
    """
    @notice Which storage this part works on.
    """
    return baskets.LAYOUT


# --- inside


@internal
@view
def _only_agent():
    assert staticcall ISecurity(baskets.security).isAgent(msg.sender), "not-agent"


@internal
@pure
def _only_amounts(parts: DynArray[portfolio.Part, portfolio.ASSETS_MAX]):
    for part: portfolio.Part in parts:
        assert part.amount != 0 and part.amount <= portfolio.AMOUNT_MAX, "amount-out-of-range"


@internal
def _compose(parts: DynArray[portfolio.Part, portfolio.ASSETS_MAX], units: uint256):
    """
    @notice State what the first units are created from: of the assets that are not named, nothing.
    """
    assert units != 0 and units <= portfolio.AMOUNT_MAX, "units-out-of-range"
    for asset: address in portfolio.assets:
        baskets.first_parts[asset] = 0
    for part: portfolio.Part in parts:
        assert part.amount <= portfolio.AMOUNT_MAX, "amount-out-of-range"
        baskets.first_parts[part.asset] = part.amount
        log baskets.Composed(asset=part.asset, amount=part.amount, units=units)
    baskets.first_units = units


@internal
def _set_creation(creation: uint256, lot: uint256):
    assert creation <= baskets.EVERYBODY, "creation-unknown"
    assert lot != 0 and lot <= portfolio.AMOUNT_MAX, "lot-out-of-range"
    baskets.creation = creation
    baskets.lot = lot
    log baskets.CreationSet(creation=creation, lot=lot)
