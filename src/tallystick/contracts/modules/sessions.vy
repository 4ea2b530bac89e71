# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Keys that sign orders for an investor
@license Apache-2.0
@notice An investor lets a key sign orders for him within limits: at which venue, how many units of
        which securities it may sell, for how much money it may buy, at what fee, until when. What it
        has used up is counted here. A later session of the same key takes the place of an earlier
        one; one of no securities ends it.
"""

from . import proofs
from . import signatures

SECURITIES_MAX: constant(uint256) = 16

struct Session:
    investor: address
    key: address
    venue: address
    cash: address
    securities: DynArray[address, SECURITIES_MAX]
    # Most units to be sold of each.
    units: DynArray[uint256, SECURITIES_MAX]
    # Most money to be spent on all, fees included, in units of `cash`.
    amount: uint256
    fee_bps: uint256
    # UTC seconds, the last at which a trade may settle.
    expiry: uint256
    # Higher than that of any earlier session of the key.
    serial: uint256

# What a trade uses of a session.
struct Use:
    investor: address
    key: address
    security: address
    cash: address
    # Money with the fee, of a buyer.
    spent: uint256
    # Units, of a seller.
    sold: uint256

event SessionGranted:
    investor: indexed(address)
    key: indexed(address)
    venue: indexed(address)
    cash: address
    securities: DynArray[address, SECURITIES_MAX]
    units: DynArray[uint256, SECURITIES_MAX]
    amount: uint256
    fee_bps: uint256
    expiry: uint256
    serial: uint256

SESSION: constant(bytes32) = keccak256(
    "Session(address investor,address key,address venue,address cash,address[] securities,uint256[] units,uint256 amount,uint256 feeBps,uint256 expiry,uint256 serial)"
)
AMOUNT: constant(uint256) = 2**128 - 1
FEE_AT: constant(uint256) = 128
FEE: constant(uint256) = 2**16 - 1
EXPIRY_AT: constant(uint256) = 144
EXPIRY: constant(uint256) = 2**40 - 1
SERIAL_AT: constant(uint256) = 184
SERIAL: constant(uint256) = 2**64 - 1

# Why a key may not trade for an investor.
MISSING: constant(uint256) = 16
EXPIRED: constant(uint256) = 17
OF_ANOTHER_MARKET: constant(uint256) = 18
FEE_TOO_HIGH: constant(uint256) = 19
USED_UP: constant(uint256) = 20

# investor -> key -> amount left 0..127 | highest fee 128..143 | expiry 144..183 | serial 184..247
sessions: HashMap[address, HashMap[address, uint256]]
# session, venue, security and money -> units left to be sold, and one; 0 if it is not for them
covered: HashMap[bytes32, uint256]


@external
def grantSession(session: Session, signature: Bytes[512]):
    """
    @notice Let a key sign orders, as its investor signed or himself says.
    @param signature of the investor, nothing if he calls himself
    """
    assert session.key not in [empty(address), session.investor], "session-key-invalid"
    assert len(session.units) == len(session.securities), "units-not-for-each"
    assert session.amount <= AMOUNT, "amount-too-large"
    assert session.fee_bps <= FEE, "session-fee-too-high"
    assert session.expiry <= EXPIRY, "expiry-too-far"
    assert session.serial <= SERIAL, "serial-too-high"
    before: uint256 = self.sessions[session.investor][session.key]
    assert session.serial > before >> SERIAL_AT, "session-superseded"
    if msg.sender != session.investor:
        digest: bytes32 = signatures._digest(self._message(session), 0)
        assert proofs._proves(session.investor, digest, signature), "signature-invalid"
    self.sessions[session.investor][session.key] = (
        session.amount
        | (session.fee_bps << FEE_AT)
        | (session.expiry << EXPIRY_AT)
        | (session.serial << SERIAL_AT)
    )
    for at: uint256 in range(len(session.securities), bound=SECURITIES_MAX):
        assert session.units[at] <= AMOUNT, "amount-too-large"
        place: bytes32 = self._place(
            session.investor,
            session.key,
            session.serial,
            session.venue,
            session.securities[at],
            session.cash,
        )
        self.covered[place] = session.units[at] + 1
    log SessionGranted(
        investor=session.investor,
        key=session.key,
        venue=session.venue,
        cash=session.cash,
        securities=session.securities,
        units=session.units,
        amount=session.amount,
        fee_bps=session.fee_bps,
        expiry=session.expiry,
        serial=session.serial,
    )


@external
@view
@reentrant
def sessionOf(investor: address, key: address) -> (uint256, uint256, uint256, uint256):
    """
    @notice What a key has left: money to be spent, highest fee in basis points, expiry, serial.
    """
    word: uint256 = self.sessions[investor][key]
    return (
        word & AMOUNT, (word >> FEE_AT) & FEE, (word >> EXPIRY_AT) & EXPIRY, word >> SERIAL_AT
    )


@external
@view
@reentrant
def sessionUnits(
    investor: address, key: address, venue: address, security: address, cash: address
) -> (bool, uint256):
    """
    @notice Whether the latest session of a key is for a security and money at a venue, and how many
            units it has left to sell.
    """
    serial: uint256 = self.sessions[investor][key] >> SERIAL_AT
    covered: uint256 = self.covered[self._place(investor, key, serial, venue, security, cash)]
    if covered == 0:
        return False, 0
    return True, covered - 1


@internal
@view
def _refusal(use: Use, fee_bps: uint256) -> uint256:
    """
    @notice Why a key may not trade for an investor at the caller's venue; 0 if it may.
    @param fee_bps the highest fee that the order allows
    """
    word: uint256 = self.sessions[use.investor][use.key]
    if word == 0:
        return MISSING
    if block.timestamp > (word >> EXPIRY_AT) & EXPIRY:
        return EXPIRED
    covered: uint256 = self.covered[self._place_of(use, word >> SERIAL_AT)]
    if covered == 0:
        return OF_ANOTHER_MARKET
    if fee_bps > (word >> FEE_AT) & FEE:
        return FEE_TOO_HIGH
    if use.spent > word & AMOUNT or use.sold >= covered:
        return USED_UP
    return 0


@internal
def _count(use: Use):
    """
    @notice Count what a settled trade used of a session, which had so much left.
    """
    word: uint256 = self.sessions[use.investor][use.key]
    if use.spent != 0:
        self.sessions[use.investor][use.key] = word - use.spent
    if use.sold != 0:
        self.covered[self._place_of(use, word >> SERIAL_AT)] -= use.sold


@internal
@pure
def _reason(code: uint256) -> String[32]:
    """
    @notice A reason in words.
    """
    if code == MISSING:
        return "session-missing"
    if code == EXPIRED:
        return "session-expired"
    if code == OF_ANOTHER_MARKET:
        return "session-of-another-market"
    if code == FEE_TOO_HIGH:
        return "session-fee-too-high"
    return "session-used-up"


@internal
@view
def _place_of(use: Use, serial: uint256) -> bytes32:
    return self._place(use.investor, use.key, serial, msg.sender, use.security, use.cash)


@internal
@pure
def _place(
    investor: address,
    key: address,
    serial: uint256,
    venue: address,
    security: address,
    cash: address,
) -> bytes32:
    """
    @notice Where it stands what a session has left of a security.
    """
    return keccak256(abi_encode(investor, key, serial, venue, security, cash))


@internal
@pure
def _message(session: Session) -> bytes32:
    # Members of an array are hashed without their number (EIP-712).
    securities: bytes32 = keccak256(
        slice(abi_encode(session.securities), 64, 32 * len(session.securities))
    )
    units: bytes32 = keccak256(slice(abi_encode(session.units), 64, 32 * len(session.units)))
    return keccak256(
        abi_encode(
            SESSION,
            session.investor,
            session.key,
            session.venue,
            session.cash,
            securities,
            units,
            session.amount,
            session.fee_bps,
            session.expiry,
            session.serial,
        )
    )
