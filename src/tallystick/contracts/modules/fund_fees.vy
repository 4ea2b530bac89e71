# pragma version 0.4.3
"""
@title Fees of a basket
@license Apache-2.0
@notice Two levies that stay in the basket, on units created and redeemed; and the manager's fee in units,
        a share a year of those there are. Stated once; they can only be lowered.
@dev    The manager's fee runs by the second, 365 days to the year, on the units issued. How often it is
        brought up to date changes nothing: it is kept as units times basis points times seconds, and
        does not bear fees itself until it has been taken. When the units change otherwise than by the
        basket, in a split say, what is due changes with them.
"""

event FeesSet:
    creation_bps: uint256
    redemption_bps: uint256
    annual_bps: uint256

event ReceiverSet:
    receiver: address

event FeeTaken:
    receiver: indexed(address)
    units: uint256

WHOLE: constant(uint256) = 10_000
LEVY_MAX: constant(uint256) = 500
ANNUAL_MAX: constant(uint256) = 1_000
# Basis points times seconds of a year: what one unit of fee consists of.
YEAR: constant(uint256) = 10_000 * 365 * 86_400

struct Fees:
    creation_bps: uint256
    redemption_bps: uint256
    annual_bps: uint256

fees: Fees
receiver: address
accrued: uint256
# Units issued when the basket last looked.
known: uint256
accrued_at: uint256


@internal
def _state(fees: Fees, receiver: address):
    """
    @notice State the fees at the beginning.
    """
    assert fees.creation_bps <= LEVY_MAX, "fee-too-high"
    assert fees.redemption_bps <= LEVY_MAX, "fee-too-high"
    assert fees.annual_bps <= ANNUAL_MAX, "fee-too-high"
    assert receiver != empty(address), "receiver-empty"
    self.fees = fees
    self.receiver = receiver
    self.accrued_at = block.timestamp
    log FeesSet(
        creation_bps=fees.creation_bps,
        redemption_bps=fees.redemption_bps,
        annual_bps=fees.annual_bps,
    )
    log ReceiverSet(receiver=receiver)


@internal
def _lower(fees: Fees, supply: uint256):
    assert fees.creation_bps <= self.fees.creation_bps, "fee-raised"
    assert fees.redemption_bps <= self.fees.redemption_bps, "fee-raised"
    assert fees.annual_bps <= self.fees.annual_bps, "fee-raised"
    self._accrue(supply)
    self.fees = fees
    log FeesSet(
        creation_bps=fees.creation_bps,
        redemption_bps=fees.redemption_bps,
        annual_bps=fees.annual_bps,
    )


@internal
@view
def _accrued_now(supply: uint256) -> uint256:
    accrued: uint256 = self.accrued
    units: uint256 = supply
    if supply == 0:
        # They went over to another security, and come back with `follow`.
        units = self.known
    elif supply != self.known and self.known != 0:
        accrued = accrued // YEAR * supply // self.known * YEAR
    return accrued + units * self.fees.annual_bps * (block.timestamp - self.accrued_at)


@internal
@view
def _due(supply: uint256) -> uint256:
    """
    @notice Units of fee that are due and not taken.
    @param supply units issued
    """
    return self._accrued_now(supply) // YEAR


@internal
def _accrue(supply: uint256):
    """
    @notice Bring the fee up to date, before the units that there are change.
    """
    self.accrued = self._accrued_now(supply)
    if supply != 0:
        self.known = supply
    self.accrued_at = block.timestamp


@internal
def _take(supply: uint256) -> uint256:
    """
    @notice Units of fee to be issued now. The rest, less than a unit, stays due.
    """
    self._accrue(supply)
    units: uint256 = self.accrued // YEAR
    assert units != 0, "no-fee-due"
    self.accrued -= units * YEAR
    log FeeTaken(receiver=self.receiver, units=units)
    return units
