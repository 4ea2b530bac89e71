# pragma version 0.4.3
"""
@title Baskets
@license Apache-2.0
@notice Storage, structs and events of both parts of a basket, and what both need.
@dev    The implementation names itself as its security: it is no basket, and makes them. The second
        part, called directly, names one that has no code.
"""

from . import fund_fees
from . import portfolio
from ..interfaces import ISecurity

uses: fund_fees
uses: portfolio

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
    # The whole in units of this currency, behind so many units.
    cash: address
    worth: uint256
    units: uint256
    at: uint256
    document: bytes32

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

# He did without the asset: it may have failed.
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
    document: bytes32

event Followed:
    predecessor: indexed(address)
    security: indexed(address)
    document: bytes32

LAYOUT: constant(bytes32) = keccak256("tallystick.basket.storage.1")

NO_SECURITY: constant(address) = 0x0000000000000000000000000000000000000001

NOBODY: constant(uint256) = 0
PARTICIPANTS: constant(uint256) = 1
EVERYBODY: constant(uint256) = 2

security: address
lot: uint256
creation: uint256
locked_too: bool
first_units: uint256
first_parts: HashMap[address, uint256]
participants: HashMap[address, bool]
# How many orders of his somebody has signed and seen done.
numbers: HashMap[address, uint256]
offered: HashMap[bytes32, bool]
nav: Nav


@internal
@view
def _supply() -> uint256:
    return staticcall ISecurity(self.security).totalSupply()


@internal
@view
def _outstanding() -> uint256:
    """
    @notice Units issued, and those of the manager's fee that are due.
    """
    supply: uint256 = self._supply()
    return supply + fund_fees._due(supply)


@internal
def _add(asset: address):
    self._only_other(asset)
    portfolio._add(asset)


@internal
def _remove(asset: address, left: uint256, document: bytes32):
    portfolio._remove(asset, left, document)
    self.first_parts[asset] = 0


@internal
@view
def _only_other(asset: address):
    assert asset != self.security and asset != self, "asset-is-itself"
