# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Settlement of trades
@license Apache-2.0
@notice Delivery versus payment of matched orders, each signed by its investor or by a key that he
        limited. It has no owner and no role in any token: units and money move by the allowance that
        each investor gave it, no further than his order says. Who sends a batch is the venue that
        its orders name. A trade is settled whole or busted, and never held up by another one.
@dev    Quantities are lots, prices cash units per lot, so that every value is exact. How much of an
        order is filled stands in a lane of 64 bits by its nonce, four to a word. A trade says what
        an order's lane is before it, and moves that of an order that stands even if it is busted: it
        settles once at most, however often it is sent and in whatever history of the chain, and one
        of which an order stood never after it was busted. Epochs are read once for a batch.
"""

from modules import order_holds
from modules import orders
from modules import sessions
from modules import signatures

initializes: orders
initializes: order_holds[orders := orders]
uses: sessions

exports: (
    sessions.grantSession, sessions.sessionOf, sessions.sessionUnits,
    orders.cancel, orders.cancelFor, orders.filledLots, orders.lowestNonce,
    order_holds.release, order_holds.holdOf,
)

interface Token:
    def release(owner: address, units: uint256): nonpayable
    def transferFrom(sender: address, receiver: address, amount: uint256) -> bool: nonpayable

interface Own:
    def deliver(
        security: address,
        cash: address,
        seller: address,
        buyer: address,
        units: uint256,
        payment: uint256,
        fees: uint256,
        fees_to: address,
    ): nonpayable

# A trade travels packed:
# head number as the venue counts 0..63 | lots 64..127 | cash units for a lot 128..223
#      | place among the markets of the batch 224..255
# fees of the buyer, on top of the value 0..127 | of the seller, out of it 128..255, in cash units
struct Trade:
    head: uint256
    fees: uint256
    buy: orders.Order
    sell: orders.Order

# A market as the venue names it.
struct Named:
    security: address
    cash: address
    units_per_lot: uint256

MARKETS_MAX: constant(uint256) = 16
TRADES_MAX: constant(uint256) = 64

# Trades of a batch that were settled, by their heads.
event Settled:
    venue: indexed(address)
    heads: DynArray[uint256, TRADES_MAX]

# `stood`: 1 if the buyer's order stood, of which the lots count as filled; 2 the seller's; 3 both.
# `answer` is what a token that refuses answered.
event Busted:
    venue: indexed(address)
    head: uint256
    stood: uint256
    reason: String[32]
    answer: Bytes[132]

# Gas left to what the tokens do for one trade. Whoever sends a batch must have come with enough for
# that and all before it, of which all but a 64th can be passed on (EIP-150): no trade is busted, and
# no signature found wanting, because there was too little.
DELIVERY_GAS: constant(uint256) = 700_000
TRADE_GAS: constant(uint256) = 1_100_000
EPOCH_GAS: constant(uint256) = 100_000
ANSWER_MAX: constant(uint256) = 132
LOTS_AT: constant(uint256) = 64
PRICE_AT: constant(uint256) = 128
MARKET_AT: constant(uint256) = 224
FEE: constant(uint256) = 2**128 - 1
SELLER_FEE_AT: constant(uint256) = 128
UNITS_MAX: constant(uint256) = 2**128 - 1

HOLD_ASKED: constant(uint256) = order_holds.ASKED << orders.INSTRUCTIONS_AT
TOKENS_REFUSE: constant(uint256) = 32
OF_NOTHING: constant(uint256) = 33
PRICE_BEYOND_LIMIT: constant(uint256) = 34
SAME_INVESTOR: constant(uint256) = 35
MARKET_UNFIT: constant(uint256) = 36


@external
def settle(
    named: DynArray[Named, MARKETS_MAX],
    trades: DynArray[Trade, TRADES_MAX],
    signed: DynArray[Bytes[512], orders.PROOFS_MAX],
    fees_to: address,
):
    """
    @notice Settle trades of orders that name the caller as their venue, each for itself.
    @param named   markets of the trades
    @param signed  signatures of orders that contracts signed
    @param fees_to who is paid the fees
    """
    domain: bytes32 = signatures._domain_separator(0)
    markets: DynArray[orders.Market, MARKETS_MAX] = []
    for each: Named in named:
        markets.append(self._market(each))
    orders.signed = signed
    settled: DynArray[uint256, TRADES_MAX] = []
    for t: Trade in trades:
        if self._settle(t, markets[t.head >> MARKET_AT], domain, fees_to):
            settled.append(t.head)
    log Settled(venue=msg.sender, heads=settled)


@external
def hold(named: Named, order: orders.Order, signed: DynArray[Bytes[512], orders.PROOFS_MAX]):
    """
    @notice Hold the units of an order to sell that asks for it, and names the caller as its venue.
    @param named  market of the order
    @param signed signature of the order, if a contract signed it
    """
    orders.signed = signed
    order_holds._hold(order, self._market(named), signatures._domain_separator(0))


@external
@reentrant
def deliver(
    security: address,
    cash: address,
    seller: address,
    buyer: address,
    units: uint256,
    payment: uint256,
    fees: uint256,
    fees_to: address,
):
    """
    @notice Move all that a trade moves, or nothing. For this contract alone.
    """
    assert msg.sender == self, "not-for-others"
    self._move(security, seller, buyer, units)
    if payment != 0:
        self._move(cash, buyer, seller, payment)
    if fees != 0:
        self._move(cash, buyer, fees_to, fees)


@external
@reentrant
def deliverHeld(
    held: uint256,
    security: address,
    cash: address,
    seller: address,
    buyer: address,
    units: uint256,
    payment: uint256,
    fees: uint256,
    fees_to: address,
):
    """
    @notice `deliver`, of units of which some are held. For this contract alone.
    """
    assert msg.sender == self, "not-for-others"
    if held != 0:
        extcall Token(security).release(seller, held)
    extcall Own(self).deliver(security, cash, seller, buyer, units, payment, fees, fees_to)


@internal
def _settle(t: Trade, m: orders.Market, domain: bytes32, fees_to: address) -> bool:
    """
    @notice Settle one trade, or bust it. Returns whether it was settled.
    """
    assert msg.gas > TRADE_GAS, "too-little-gas"
    lots: uint256 = (t.head >> LOTS_AT) & orders.LANE
    price: uint256 = (t.head >> PRICE_AT) & orders.PRICE
    worth: uint256 = unsafe_mul(lots, price)
    buyer_fee: uint256 = t.fees & FEE
    seller_fee: uint256 = t.fees >> SELLER_FEE_AT
    buyer: address = orders._investor(t.buy.who)
    seller: address = orders._investor(t.sell.who)
    code: uint256 = orders.STANDS
    if unsafe_mul(worth, m.units_per_lot) == 0:
        code = MARKET_UNFIT if m.units_per_lot == 0 else OF_NOTHING
    elif price > t.buy.limit & orders.PRICE or price < t.sell.limit & orders.PRICE:
        code = PRICE_BEYOND_LIMIT
    elif buyer == seller:
        code = SAME_INVESTOR
    elif seller_fee > worth:
        code = orders.FEE_TOO_HIGH
    answer: Bytes[ANSWER_MAX] = b""
    part: orders.Part = orders.Part(buys=True, lots=lots, worth=worth, fee=buyer_fee)
    stood: uint256 = 0
    if code == orders.STANDS:
        code = orders._fill(t.buy, part, m, domain)
        if code == orders.STANDS:
            stood = 1
        part.buys = False
        part.fee = seller_fee
        seller_code: uint256 = orders._fill(t.sell, part, m, domain)
        if seller_code == orders.STANDS:
            stood += 2
        elif code == orders.STANDS:
            code = seller_code
    if code == orders.STANDS:
        ok: bool = False
        if t.sell.who & HOLD_ASKED == 0:
            ok, answer = raw_call(
                self,
                abi_encode(
                    m.security,
                    m.cash,
                    seller,
                    buyer,
                    unsafe_mul(lots, m.units_per_lot),
                    unsafe_sub(worth, seller_fee),
                    unsafe_add(buyer_fee, seller_fee),
                    fees_to,
                    method_id=method_id(
                        "deliver(address,address,address,address,uint256,uint256,uint256,address)"
                    ),
                ),
                max_outsize=ANSWER_MAX,
                gas=DELIVERY_GAS,
                revert_on_failure=False,
            )
        else:
            ok, answer = self._deliver_held(t, m, fees_to)
        if ok:
            if t.sell.limit >> orders.SIGNER_AT != 0:
                orders._count(t.sell, part, m)
            if t.buy.limit >> orders.SIGNER_AT != 0:
                part.buys = True
                part.fee = buyer_fee
                orders._count(t.buy, part, m)
            return True
        code = TOKENS_REFUSE
    log Busted(
        venue=msg.sender, head=t.head, stood=stood, reason=self._reason(code), answer=answer
    )
    return False


@internal
def _deliver_held(t: Trade, m: orders.Market, fees_to: address) -> (bool, Bytes[ANSWER_MAX]):
    """
    @notice Have a trade delivered whose seller's order asks for a hold: of the units held for it, if
            there are any, and of others.
    """
    lots: uint256 = (t.head >> LOTS_AT) & orders.LANE
    worth: uint256 = lots * ((t.head >> PRICE_AT) & orders.PRICE)
    units: uint256 = lots * m.units_per_lot
    held: uint256 = order_holds._held(t.sell, m, units)
    ok: bool = False
    answer: Bytes[ANSWER_MAX] = b""
    ok, answer = raw_call(
        self,
        abi_encode(
            held,
            m.security,
            m.cash,
            orders._investor(t.sell.who),
            orders._investor(t.buy.who),
            units,
            worth - (t.fees >> SELLER_FEE_AT),
            (t.fees & FEE) + (t.fees >> SELLER_FEE_AT),
            fees_to,
            method_id=method_id(
                "deliverHeld(uint256,address,address,address,address,uint256,uint256,uint256,address)"
            ),
        ),
        max_outsize=ANSWER_MAX,
        gas=DELIVERY_GAS,
        revert_on_failure=False,
    )
    if ok and held != 0:
        order_holds._count(t.sell, held)
    return ok, answer


@internal
@pure
def _reason(code: uint256) -> String[32]:
    """
    @notice A reason in words.
    """
    if code == TOKENS_REFUSE:
        return "tokens-refuse"
    if code == OF_NOTHING:
        return "trade-of-nothing"
    if code == PRICE_BEYOND_LIMIT:
        return "price-beyond-limit"
    if code == SAME_INVESTOR:
        return "same-investor"
    if code == MARKET_UNFIT:
        return "market-unfit"
    return orders._reason(code)


@internal
def _move(token: address, sender: address, receiver: address, amount: uint256):
    """
    @notice Have a token move what its owner allowed; it may answer nothing, but not no. That it has
            code was asked once for all trades.
    """
    moved: bool = extcall Token(token).transferFrom(
        sender, receiver, amount, default_return_value=True, skip_contract_check=True
    )
    assert moved, "not-moved"


@internal
@view
def _market(named: Named) -> orders.Market:
    """
    @notice A market as it is now; one of lots of nothing if it is none: a token without code, a
            security that does not say its epoch, or lots of more units than can be.
    """
    market: orders.Market = orders.Market(
        security=named.security, cash=named.cash, units_per_lot=0, epoch=0
    )
    known: bool = False
    known, market.epoch = self._epoch(named.security)
    if known and named.cash.is_contract and named.units_per_lot <= UNITS_MAX:
        market.units_per_lot = named.units_per_lot
    return market


@internal
@view
def _epoch(security: address) -> (bool, uint256):
    """
    @notice How often what a unit is was changed, if the security says it.
    """
    # What is left to it is there, or no trade would be settled after it.
    ok: bool = False
    answer: Bytes[32] = b""
    ok, answer = raw_call(
        security,
        method_id("epoch()"),
        max_outsize=32,
        gas=EPOCH_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not ok or len(answer) != 32:
        return False, 0
    return True, convert(answer, uint256)


@external
@view
@reentrant
def DOMAIN_SEPARATOR() -> bytes32:
    return signatures._domain_separator(0)


@external
@view
@reentrant
def eip712Domain() -> (bytes1, String[10], String[1], uint256, address, bytes32, DynArray[uint256, 1]):
    """
    @notice ERC-5267.
    """
    return (0x0f, signatures.NAME, "1", chain.id, self, empty(bytes32), [])
