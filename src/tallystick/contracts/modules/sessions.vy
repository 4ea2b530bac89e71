# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Keys that sign orders for an investor
@license Apache-2.0
@notice An investor lets a key sign orders for him within limits: which securities, for which money,
        how much in all, at what fee, until when. What the key has used up is counted here. A later
        session of the same key takes the place of an earlier one; one of no amount ends it.
"""

from . import proofs
from . import signatures

struct Session:
    investor: address
    key: address
    cash: address
    securities: DynArray[address, 16]
    # Money that all its trades may come to, bought and sold, in units of `cash`.
    amount: uint256
    fee_bps: uint256
    # UTC seconds, the last at which a trade may settle.
    expiry: uint256
    # Higher than that of any earlier session of the key.
    serial: uint256

event SessionGranted:
    investor: indexed(address)
    key: indexed(address)
    cash: indexed(address)
    securities: DynArray[address, 16]
    amount: uint256
    fee_bps: uint256
    expiry: uint256
    serial: uint256

SESSION: constant(bytes32) = keccak256(
    "Session(address investor,address key,address cash,address[] securities,uint256 amount,uint256 feeBps,uint256 expiry,uint256 serial)"
)
SECURITIES_MAX: constant(uint256) = 16
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
# session, security and money -> whether the one covers the others
covered: HashMap[bytes32, bool]


@external
def grantSession(session: Session, signature: Bytes[512]):
    """
    @notice Let a key sign orders, as its investor signed or himself says.
    @param signature of the investor, nothing if he calls himself
    """
    assert session.key not in [empty(address), session.investor], "session-key-invalid"
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
    for security: address in session.securities:
        pair: bytes32 = self._pair(
            session.investor, session.key, session.serial, security, session.cash
        )
        self.covered[pair] = True
    log SessionGranted(
        investor=session.investor,
        key=session.key,
        cash=session.cash,
        securities=session.securities,
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
    @notice What a key has left: amount of money, highest fee in basis points, expiry, serial.
    """
    word: uint256 = self.sessions[investor][key]
    return (
        word & AMOUNT, (word >> FEE_AT) & FEE, (word >> EXPIRY_AT) & EXPIRY, word >> SERIAL_AT
    )


@external
@view
@reentrant
def sessionCovers(investor: address, key: address, security: address, cash: address) -> bool:
    """
    @notice Whether the latest session of a key is for a security and money.
    """
    serial: uint256 = self.sessions[investor][key] >> SERIAL_AT
    return self.covered[self._pair(investor, key, serial, security, cash)]


@internal
@view
def _refusal(
    investor: address,
    key: address,
    security: address,
    cash: address,
    amount: uint256,
    fee_bps: uint256,
) -> uint256:
    """
    @notice Why a key may not trade for an investor; 0 if it may.
    @param amount  money that changes hands
    @param fee_bps the highest fee that the order allows
    """
    word: uint256 = self.sessions[investor][key]
    if word == 0:
        return MISSING
    if block.timestamp > (word >> EXPIRY_AT) & EXPIRY:
        return EXPIRED
    if not self.covered[self._pair(investor, key, word >> SERIAL_AT, security, cash)]:
        return OF_ANOTHER_MARKET
    if fee_bps > (word >> FEE_AT) & FEE:
        return FEE_TOO_HIGH
    if amount > word & AMOUNT:
        return USED_UP
    return 0


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
def _use(investor: address, key: address, amount: uint256):
    """
    @notice Count money that changed hands, which the session had left.
    """
    self.sessions[investor][key] -= amount


@internal
@pure
def _pair(
    investor: address, key: address, serial: uint256, security: address, cash: address
) -> bytes32:
    return keccak256(abi_encode(investor, key, serial, security, cash))


@internal
@pure
def _message(session: Session) -> bytes32:
    # Members of an array are hashed without their number (EIP-712).
    listed: bytes32 = keccak256(
        slice(abi_encode(session.securities), 64, 32 * len(session.securities))
    )
    return keccak256(
        abi_encode(
            SESSION,
            session.investor,
            session.key,
            session.cash,
            listed,
            session.amount,
            session.fee_bps,
            session.expiry,
            session.serial,
        )
    )
