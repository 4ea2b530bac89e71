# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Approvals, venues, legends and stop orders
@license Apache-2.0
@notice What the compliance officer allows one by one, and what the transfer agent places on units of
        an investor with evidence, and lifts.
"""

from . import movement
from . import position
from . import roles
from . import state

uses: movement
uses: roles
uses: state

CODE_MAX: constant(uint256) = 65535


@external
def approveTransfer(
    sender: address,
    receiver: address,
    amount: uint256,
    until: uint256,
    code: uint256,
    document: bytes32,
):
    """
    @notice Approve one movement: a resale, or an issue if the sender is empty. It is used up by it.
    @param until UTC seconds from which it no longer holds
    """
    roles._only_officer()
    self._check_evidence(code, document)
    assert until > block.timestamp and until < 2**40, "approval-over"
    state.approvals[state._movement(sender, receiver, amount)] = until
    log state.TransferApproved(
        sender=sender, receiver=receiver, amount=amount, until=until, code=code, document=document
    )


@external
def withdrawApproval(sender: address, receiver: address, amount: uint256):
    """
    @notice Take back an approval that has not been used.
    """
    roles._only_officer()
    key: bytes32 = state._movement(sender, receiver, amount)
    assert state.approvals[key] != 0, "approval-missing"
    state.approvals[key] = 0
    log state.ApprovalWithdrawn(sender=sender, receiver=receiver, amount=amount)


@external
@view
@reentrant
def approvedUntil(sender: address, receiver: address, amount: uint256) -> uint256:
    """
    @notice UTC seconds until which a movement is approved; 0 if it never was, or was made since.
    """
    return state.approvals[state._movement(sender, receiver, amount)]


@external
def setVenue(venue: address, allowed: bool):
    """
    @notice Let a contract carry out transfers for others while only venues may, or no longer.
    """
    roles._only_officer()
    assert state.venues[venue] != allowed, "venue-so-already"
    state.venues[venue] = allowed
    log state.VenueSet(venue=venue, allowed=allowed)


@external
@view
@reentrant
def isVenue(venue: address) -> bool:
    return state.venues[venue]


@external
def placeLegend(wallet: address, units: uint256, code: uint256, document: bytes32):
    """
    @notice Mark units of an investor with a legend: he cannot sell them until it is lifted.
    """
    roles._only_agent()
    self._check_evidence(code, document)
    h: movement.Holding = movement._of(wallet, state.config)
    before: uint256 = state.legend_units[h.home]
    assert units <= h.total and before + units <= h.total, "insufficient-balance"
    self._set_legends(h, before + units)
    log state.LegendPlaced(investor=h.home, code=code, units=units, document=document)


@external
def liftLegend(wallet: address, units: uint256, code: uint256, document: bytes32):
    """
    @notice Free units of a legend, on the evidence of a document.
    """
    roles._only_agent()
    self._check_evidence(code, document)
    h: movement.Holding = movement._of(wallet, state.config)
    before: uint256 = state.legend_units[h.home]
    assert units <= before, "not-so-much-legended"
    self._set_legends(h, before - units)
    log state.LegendLifted(investor=h.home, code=code, units=units, document=document)


@external
@view
@reentrant
def legendUnits(wallet: address) -> uint256:
    """
    @notice Units of the investor behind a wallet that bear a legend; may exceed what he holds.
    """
    return state.legend_units[movement._of(wallet, state.config).home]


@external
def placeStop(wallet: address, code: uint256, document: bytes32):
    """
    @notice Stop an investor from sending and receiving, on the evidence of a document.
    """
    roles._only_agent()
    self._check_evidence(code, document)
    h: movement.Holding = movement._of(wallet, state.config)
    state.positions[h.home] = h.home_word | position.FROZEN
    log state.AddressFrozen(_userAddress=h.home, _isFrozen=True, _owner=msg.sender)
    log state.StopPlaced(investor=h.home, code=code, document=document)


@external
def liftStop(wallet: address, code: uint256, document: bytes32):
    """
    @notice Lift a stop order, and any freeze of the investor, on the evidence of a document.
    """
    roles._only_agent()
    self._check_evidence(code, document)
    h: movement.Holding = movement._of(wallet, state.config)
    state.positions[h.home] = h.home_word & ~position.FROZEN
    log state.AddressFrozen(_userAddress=h.home, _isFrozen=False, _owner=msg.sender)
    log state.StopLifted(investor=h.home, code=code, document=document)


@internal
@pure
def _check_evidence(code: uint256, document: bytes32):
    assert code != 0 and code <= CODE_MAX, "reason-code-out-of-range"
    assert document != empty(bytes32), "reason-without-document"


@internal
def _set_legends(h: movement.Holding, after: uint256):
    state.legend_units[h.home] = after
    word: uint256 = h.home_word & ~position.PARTLY_FROZEN
    if after != 0 or state.frozen_units[h.home] != 0:
        word |= position.PARTLY_FROZEN
    if word != h.home_word:
        state.positions[h.home] = word
