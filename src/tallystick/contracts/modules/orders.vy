# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Signed orders
@license Apache-2.0
@notice What an investor signs, how much of it is filled, and what voids it. How much is filled stands
        in a lane of 64 bits, four to a word; a full lane, or a nonce below the lowest, voids an
        order for everybody. A key that signs for an investor has nonces and lanes of its own.
@dev    An order travels packed, and is hashed as it was signed:
        who   nonce 0..63 | investor 64..223 | instructions 224..239
              | place, from 1, of a contract's signature among those of the batch 240..255
        terms lots 0..63 | lots filled before the trade 64..127 | expiry 128..167
              | highest fee in basis points 168..183; what is above is ignored
        limit cash units for a lot 0..95 | key that signed for the investor, if one did 96..255
"""

from . import proofs
from . import sessions
from . import signatures

initializes: sessions

struct Order:
    who: uint256
    terms: uint256
    limit: uint256
    r: bytes32
    # With the highest bit saying which of two points it is (EIP-2098).
    vs: uint256

# What two orders have in common.
struct Market:
    security: address
    cash: address
    units_per_lot: uint256
    # How often what a unit is was changed.
    epoch: uint256

# What one order is to a trade.
struct Part:
    buys: bool
    lots: uint256
    # Money that changes hands, and the fee of this side, in cash units.
    worth: uint256
    fee: uint256

event OrdersCancelled:
    investor: indexed(address)
    signer: indexed(address)
    lowest_nonce: uint256
    nonces: DynArray[uint256, 64]

ORDER: constant(bytes32) = keccak256(
    "Order(address investor,address signer,address venue,address security,address cash,bool buys,uint256 unitsPerLot,uint256 lots,uint256 price,uint256 feeBps,uint256 expiry,uint256 nonce,uint256 epoch,uint256 instructions)"
)
CANCEL: constant(bytes32) = keccak256(
    "Cancel(address investor,address signer,uint256 lowestNonce,uint256[] nonces)"
)
BASIS_POINTS: constant(uint256) = 10_000
LANE: constant(uint256) = 2**64 - 1
CANCELS_MAX: constant(uint256) = 64
PROOFS_MAX: constant(uint256) = 8
INVESTOR_AT: constant(uint256) = 64
ADDRESS: constant(uint256) = 2**160 - 1
INSTRUCTIONS_AT: constant(uint256) = 224
INSTRUCTIONS: constant(uint256) = 2**16 - 1
PROOF_AT: constant(uint256) = 240
FILLED_AT: constant(uint256) = 64
EXPIRY_AT: constant(uint256) = 128
EXPIRY: constant(uint256) = 2**40 - 1
FEE_AT: constant(uint256) = 168
FEE: constant(uint256) = 2**16 - 1
PRICE: constant(uint256) = 2**96 - 1
SIGNER_AT: constant(uint256) = 96

# Why an order does not stand for its side of a trade.
STANDS: constant(uint256) = 0
EXPIRED: constant(uint256) = 1
FEE_TOO_HIGH: constant(uint256) = 2
CANCELLED: constant(uint256) = 3
START_DIFFERS: constant(uint256) = 4
FILLED: constant(uint256) = 5
NOT_SIGNED: constant(uint256) = 6

# investor, key and nonce / 4 -> lots filled of four orders
fills: HashMap[uint256, uint256]
# Signatures of orders that contracts signed, while they are settled.
signed: transient(DynArray[Bytes[512], PROOFS_MAX])
# investor -> orders of a lower nonce that he signed are void
lowest_nonces: HashMap[address, uint256]
# investor -> key -> orders of a lower nonce that it signed are void
lowest_nonces_of_keys: HashMap[address, HashMap[address, uint256]]


@external
def cancel(
    investor: address, signer: address, lowest: uint256, nonces: DynArray[uint256, CANCELS_MAX]
):
    """
    @notice Void orders, for every venue; for their investor or the key that signed them.
    @param signer who signed them: the investor, or a key
    @param lowest all of a lower nonce are void; 0 leaves it as it is
    """
    assert msg.sender in [investor, signer], "not-yours"
    self._cancel(investor, signer, lowest, nonces)


@external
def cancelFor(
    investor: address,
    signer: address,
    lowest: uint256,
    nonces: DynArray[uint256, CANCELS_MAX],
    signature: Bytes[512],
):
    """
    @notice `cancel` that the investor or the key signed.
    """
    listed: bytes32 = keccak256(slice(abi_encode(nonces), 64, 32 * len(nonces)))
    message: bytes32 = keccak256(abi_encode(CANCEL, investor, signer, lowest, listed))
    digest: bytes32 = signatures._digest(message, 0)
    signed: bool = proofs._proves(investor, digest, signature)
    if not signed:
        signed = proofs._proves(signer, digest, signature)
    assert signed, "signature-invalid"
    self._cancel(investor, signer, lowest, nonces)


@external
@view
@reentrant
def filledLots(investor: address, signer: address, nonce: uint256) -> uint256:
    """
    @notice Lots of an order that are filled; 2**64 - 1 if it is void.
    """
    return self._filled(investor, signer, nonce)


@external
@view
@reentrant
def lowestNonce(investor: address, signer: address) -> uint256:
    """
    @notice Orders of a lower nonce are void.
    """
    return self._lowest_nonce(investor, signer)


@internal
@view
def _filled(investor: address, signer: address, nonce: uint256) -> uint256:
    """
    @notice Lots of an order that are filled; a full lane if it is void.
    """
    if nonce < self._lowest_nonce(investor, signer):
        return LANE
    return (self.fills[self._place(investor, signer, nonce)] >> ((nonce & 3) << 6)) & LANE


@internal
@view
def _is_void(investor: address, signer: address, nonce: uint256) -> bool:
    return self._filled(investor, signer, nonce) == LANE


@internal
def _cancel(
    investor: address, signer: address, lowest: uint256, nonces: DynArray[uint256, CANCELS_MAX]
):
    if lowest > self._lowest_nonce(investor, signer):
        if signer == investor:
            self.lowest_nonces[investor] = lowest
        else:
            self.lowest_nonces_of_keys[investor][signer] = lowest
    for nonce: uint256 in nonces:
        assert nonce <= LANE, "nonce-too-large"
        self.fills[self._place(investor, signer, nonce)] |= LANE << ((nonce & 3) << 6)
    log OrdersCancelled(investor=investor, signer=signer, lowest_nonce=lowest, nonces=nonces)


@internal
@view
def _lowest_nonce(investor: address, signer: address) -> uint256:
    if signer == investor:
        return self.lowest_nonces[investor]
    return self.lowest_nonces_of_keys[investor][signer]


@internal
@pure
def _place(investor: address, signer: address, nonce: uint256) -> uint256:
    """
    @notice Where the lane of an order stands.
    """
    if signer == investor:
        return ((convert(investor, uint256) << INVESTOR_AT) | nonce) >> 2
    return self._place_of_key(investor, signer, nonce)


@internal
@pure
def _place_of_key(investor: address, key: address, nonce: uint256) -> uint256:
    return convert(keccak256(abi_encode(investor, key, nonce >> 2)), uint256)


@internal
@pure
def _investor(who: uint256) -> address:
    return convert((who >> INVESTOR_AT) & ADDRESS, address)


@internal
@pure
def _signer(limit: uint256) -> address:
    """
    @notice The key that signed for the investor; empty if he signed himself.
    """
    return convert(limit >> SIGNER_AT, address)


@internal
def _fill(
    o: Order, part: Part, m: Market, domain: bytes32
) -> uint256:
    """
    @notice Have an order stand for its side of a trade: count the lots as filled, or say why not.
    """
    investor: address = self._investor(o.who)
    nonce: uint256 = o.who & LANE
    lots: uint256 = o.terms & LANE
    expiry: uint256 = (o.terms >> EXPIRY_AT) & EXPIRY
    fee_bps: uint256 = (o.terms >> FEE_AT) & FEE
    if block.timestamp > expiry:
        return EXPIRED
    if part.fee > unsafe_div(unsafe_mul(part.worth, fee_bps), BASIS_POINTS):
        return FEE_TOO_HIGH
    signer: address = investor
    place: uint256 = (o.who & (2**INSTRUCTIONS_AT - 1)) >> 2
    by_key: bool = o.limit >> SIGNER_AT != 0
    if by_key:
        signer = self._signer(o.limit)
        place = self._place_of_key(investor, signer, nonce)
        if nonce < self.lowest_nonces_of_keys[investor][signer]:
            return CANCELLED
    elif nonce < self.lowest_nonces[investor]:
        return CANCELLED
    lane: uint256 = (nonce & 3) << 6
    word: uint256 = self.fills[place]
    filled: uint256 = (word >> lane) & LANE
    if filled == LANE:
        return CANCELLED
    if filled != (o.terms >> FILLED_AT) & LANE:
        return START_DIFFERS
    if unsafe_add(filled, part.lots) > lots:
        return FILLED
    message: bytes32 = keccak256(
        abi_encode(
            ORDER,
            investor,
            signer,
            msg.sender,
            m.security,
            m.cash,
            part.buys,
            m.units_per_lot,
            lots,
            o.limit & PRICE,
            fee_bps,
            expiry,
            nonce,
            m.epoch,
            (o.who >> INSTRUCTIONS_AT) & INSTRUCTIONS,
        )
    )
    digest: bytes32 = keccak256(concat(b"\x19\x01", domain, message))
    if not proofs._recovers(signer, digest, o.r, o.vs):
        at: uint256 = o.who >> PROOF_AT
        if at == 0 or not proofs._confirms(signer, digest, self.signed[at - 1]):
            return NOT_SIGNED
    if by_key:
        code: uint256 = sessions._refusal(self._use(o, part, m), fee_bps)
        if code != STANDS:
            return code
    self.fills[place] = unsafe_add(word, part.lots << lane)
    return STANDS


@internal
@pure
def _signed_by(o: Order) -> address:
    """
    @notice The key that signed, or the investor.
    """
    if o.limit >> SIGNER_AT != 0:
        return self._signer(o.limit)
    return self._investor(o.who)


@internal
def _stands(o: Order, m: Market, domain: bytes32) -> uint256:
    """
    @notice Lots that are left of an order to sell that stands. Reverts with the reason if it does
            not, or its key may not sell so many.
    """
    assert m.units_per_lot != 0, "market-unfit"
    part: Part = Part(buys=False, lots=0, worth=0, fee=0)
    code: uint256 = self._fill(o, part, m, domain)
    part.lots = (o.terms & LANE) - ((o.terms >> FILLED_AT) & LANE)
    if code == STANDS and o.limit >> SIGNER_AT != 0:
        code = sessions._refusal(self._use(o, part, m), (o.terms >> FEE_AT) & FEE)
    if code != STANDS:
        reason: String[32] = self._reason(code)
        raise reason
    return part.lots


@internal
def _count(o: Order, part: Part, m: Market):
    """
    @notice Count a settled trade against the session of the key that signed.
    """
    sessions._count(self._use(o, part, m))


@internal
@pure
def _use(o: Order, part: Part, m: Market) -> sessions.Use:
    """
    @notice What a part of an order uses of its key's session: a buyer's money, a seller's units.
    """
    use: sessions.Use = sessions.Use(
        investor=self._investor(o.who),
        key=self._signer(o.limit),
        security=m.security,
        cash=m.cash,
        spent=0,
        sold=0,
    )
    if part.buys:
        use.spent = part.worth + part.fee
    else:
        use.sold = part.lots * m.units_per_lot
    return use


@internal
@pure
def _reason(code: uint256) -> String[32]:
    """
    @notice A reason in words.
    """
    if code == EXPIRED:
        return "order-expired"
    if code == FEE_TOO_HIGH:
        return "fee-too-high"
    if code == CANCELLED:
        return "order-cancelled"
    if code == START_DIFFERS:
        return "fill-start-differs"
    if code == FILLED:
        return "order-filled"
    if code == NOT_SIGNED:
        return "signature-invalid"
    return sessions._reason(code)
