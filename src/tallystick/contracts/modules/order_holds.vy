# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Units held for orders
@license Apache-2.0
@notice An order to sell may ask that its units are held from when a venue takes it until it is
        filled, cancelled or expired: whoever buys them finds them there.
@dev    A hold is of the token, within the allowance that the investor gave; here stands for which
        order it is, so that nobody keeps units bound for longer than their investor signed.
"""

from . import orders

uses: orders

interface Holding:
    def hold(owner: address, units: uint256): nonpayable
    def release(owner: address, units: uint256): nonpayable
    def epoch() -> uint256: view

# What is held for an order: units that are left of it, and until when; `until` is its expiry 0..39 |
# the epoch of the security in which they are held 40..255.
struct Held:
    security: address
    venue: address
    units: uint256
    until: uint256

event HoldPlaced:
    venue: indexed(address)
    investor: indexed(address)
    signer: address
    nonce: uint256
    security: address
    units: uint256

event HoldEnded:
    venue: indexed(address)
    investor: indexed(address)
    signer: address
    nonce: uint256
    units: uint256

# Of the instructions of an order, that it asks for a hold.
ASKED: constant(uint256) = 1 << 6
EPOCH_AT: constant(uint256) = 40

holds: HashMap[bytes32, Held]


@external
def release(investor: address, signer: address, nonce: uint256):
    """
    @notice Let go what is held for an order: by the venue that holds it, or by anybody once the
            order is void.
    """
    place: bytes32 = self._place(investor, signer, nonce)
    held: Held = self.holds[place]
    assert held.units != 0, "nothing-held"
    void: bool = orders._is_void(investor, signer, nonce) or (
        block.timestamp > held.until & orders.EXPIRY
    )
    assert void or msg.sender == held.venue, "still-held"
    self.holds[place] = empty(Held)
    # What changed what a unit is has ended the holds of the token.
    if staticcall Holding(held.security).epoch() == held.until >> EPOCH_AT:
        extcall Holding(held.security).release(investor, held.units)
    log HoldEnded(
        venue=held.venue, investor=investor, signer=signer, nonce=nonce, units=held.units
    )


@external
@view
@reentrant
def holdOf(investor: address, signer: address, nonce: uint256) -> Held:
    """
    @notice What is held for an order.
    """
    return self.holds[self._place(investor, signer, nonce)]


@internal
def _hold(o: orders.Order, m: orders.Market, domain: bytes32):
    """
    @notice Hold what is left of an order that asks for it.
    """
    assert (o.who >> orders.INSTRUCTIONS_AT) & ASKED != 0, "no-hold-asked"
    left: uint256 = orders._stands(o, m, domain)
    investor: address = orders._investor(o.who)
    signer: address = orders._signed_by(o)
    nonce: uint256 = o.who & orders.LANE
    place: bytes32 = self._place(investor, signer, nonce)
    assert self.holds[place].units == 0, "held-already"
    units: uint256 = left * m.units_per_lot
    assert units != 0, "nothing-to-hold"
    self.holds[place] = Held(
        security=m.security,
        venue=msg.sender,
        units=units,
        until=((o.terms >> orders.EXPIRY_AT) & orders.EXPIRY) | (m.epoch << EPOCH_AT),
    )
    extcall Holding(m.security).hold(investor, units)
    log HoldPlaced(
        venue=msg.sender, investor=investor, signer=signer, nonce=nonce, security=m.security,
        units=units,
    )


@internal
@view
def _held(o: orders.Order, m: orders.Market, units: uint256) -> uint256:
    """
    @notice How many of some units of a trade are held for its seller's order by the caller.
    """
    held: Held = self.holds[
        self._place(orders._investor(o.who), orders._signed_by(o), o.who & orders.LANE)
    ]
    if held.security != m.security or held.venue != msg.sender:
        return 0
    if held.until >> EPOCH_AT != m.epoch:
        return 0
    return min(held.units, units)


@internal
def _count(o: orders.Order, units: uint256):
    """
    @notice Note that so many of the units held for an order were delivered.
    """
    place: bytes32 = self._place(
        orders._investor(o.who), orders._signed_by(o), o.who & orders.LANE
    )
    if self.holds[place].units == units:
        self.holds[place] = empty(Held)
    else:
        self.holds[place].units -= units


@internal
@pure
def _place(investor: address, signer: address, nonce: uint256) -> bytes32:
    return keccak256(abi_encode(investor, signer, nonce))
