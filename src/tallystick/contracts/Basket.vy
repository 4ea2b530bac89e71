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
        open to each holder whom the security lets give his units away. An asset that fails holds up
        only who wants it: he can name another receiver, do without it, or wait with his units.
        Weights change by trades that the manager offers and somebody takes, both legs at once.
@dev    It must be an agent of the security. What it holds is what the assets say that it holds, so that
        income, splits and gifts count for the holders without anybody's act. What the manager does is
        in `BasketDesk`, reached by delegate call over the same storage.
"""

from interfaces import ISecurity
from modules import baskets
from modules import fund_fees
from modules import onward
from modules import portfolio
from modules import signatures

initializes: fund_fees
initializes: portfolio
initializes: baskets[fund_fees := fund_fees, portfolio := portfolio]
initializes: onward

exports: onward.__default__

struct Signature:
    deadline: uint256
    v: uint8
    r: bytes32
    s: bytes32

PART: constant(bytes32) = keccak256("Part(address asset,uint256 amount)")
CREATION: constant(bytes32) = keccak256(
    "Creation(address owner,uint256 units,Part[] most,address security,uint256 number,uint256 deadline)Part(address asset,uint256 amount)"
)
REDEMPTION: constant(bytes32) = keccak256(
    "Redemption(address owner,uint256 units,Part[] least,address receiver,uint256 forgone,address security,uint256 number,uint256 deadline)Part(address asset,uint256 amount)"
)
TAKE: constant(bytes32) = keccak256(
    "Take(bytes32 trade,address taker,uint256 number,uint256 deadline)"
)


@deploy
def __init__(desk: address):
    """
    @param desk the second part, fixed for ever
    """
    onward.__init__(desk, baskets.LAYOUT)
    baskets.security = self


# --- create and redeem


@external
def create(units: uint256, most: DynArray[portfolio.Part, portfolio.ASSETS_MAX]) -> uint256:
    """
    @notice Bring the assets for so many units, a multiple of the lot, and be issued them.
    @param most what one gives at the most, of each asset in the order of `assets`
    @return units issued: all of them less the levy
    """
    return self._create(msg.sender, units, most)


@external
def createSigned(
    owner: address,
    units: uint256,
    most: DynArray[portfolio.Part, portfolio.ASSETS_MAX],
    signed: Signature,
) -> uint256:
    """
    @notice The same for somebody who signed it (EIP-712). Anybody may submit it.
    """
    message: bytes32 = keccak256(
        abi_encode(
            CREATION,
            owner,
            units,
            self._hash(most),
            baskets.security,
            baskets.numbers[owner],
            signed.deadline,
        )
    )
    self._use(message, owner, signed)
    return self._create(owner, units, most)


@external
def redeem(
    units: uint256,
    least: DynArray[portfolio.Part, portfolio.ASSETS_MAX],
    receiver: address,
    forgone: uint256,
) -> DynArray[portfolio.Part, portfolio.ASSETS_MAX]:
    """
    @notice Give back units, for which this contract is approved, and be handed what they stand for.
    @param least    what one expects at the least, of each asset in the order of `assets`
    @param receiver who is handed the assets
    @param forgone  assets, by bit of their place, that one does without; they stay with the others
    @return what was handed out
    """
    return self._redeem(msg.sender, units, least, receiver, forgone)


@external
def redeemSigned(
    owner: address,
    units: uint256,
    least: DynArray[portfolio.Part, portfolio.ASSETS_MAX],
    receiver: address,
    forgone: uint256,
    signed: Signature,
) -> DynArray[portfolio.Part, portfolio.ASSETS_MAX]:
    """
    @notice The same for a holder who signed it (EIP-712). Anybody may submit it.
    """
    message: bytes32 = keccak256(
        abi_encode(
            REDEMPTION,
            owner,
            units,
            self._hash(least),
            receiver,
            forgone,
            baskets.security,
            baskets.numbers[owner],
            signed.deadline,
        )
    )
    self._use(message, owner, signed)
    return self._redeem(owner, units, least, receiver, forgone)


@external
def takeFee() -> uint256:
    """
    @notice Issue the manager the units of his fee that are due. Anybody may.
    """
    units: uint256 = fund_fees._take(baskets._supply())
    self._mint(fund_fees.receiver, units)
    return units


# --- trade


@external
def takeTrade(t: baskets.Trade):
    """
    @notice Take a trade: bring what the basket takes, be handed what it gives, or nothing happens.
    """
    self._take(t, msg.sender)


@external
def takeSigned(t: baskets.Trade, taker: address, signed: Signature):
    """
    @notice The same for somebody who signed it (EIP-712). Anybody may submit it.
    """
    id: bytes32 = keccak256(abi_encode(t))
    message: bytes32 = keccak256(
        abi_encode(TAKE, id, taker, baskets.numbers[taker], signed.deadline)
    )
    self._use(message, taker, signed)
    self._take(t, taker)


# --- views


@external
@view
@reentrant
def assets() -> DynArray[address, portfolio.ASSETS_MAX]:
    return portfolio.assets


@external
@view
def holdings() -> DynArray[portfolio.Part, portfolio.ASSETS_MAX]:
    """
    @notice What stands behind the units.
    """
    found: DynArray[portfolio.Part, portfolio.ASSETS_MAX] = []
    for asset: address in portfolio.assets:
        found.append(portfolio.Part(asset=asset, amount=portfolio._read(asset)[1]))
    return found


@external
@view
def unitsOutstanding() -> uint256:
    """
    @notice Units issued, and those of the manager's fee that are due.
    """
    supply: uint256 = baskets._supply()
    return supply + fund_fees._due(supply)


@external
@view
def quoteCreation(units: uint256) -> (DynArray[portfolio.Part, portfolio.ASSETS_MAX], uint256):
    """
    @notice What so many units cost now, and how many are issued for it.
    """
    outstanding: uint256 = baskets._outstanding()
    return self._costs(units, outstanding), self._issued(units, outstanding)


@external
@view
def quoteRedemption(units: uint256) -> DynArray[portfolio.Part, portfolio.ASSETS_MAX]:
    """
    @notice What so many units bring now.
    """
    supply: uint256 = baskets._supply()
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
def feeDue() -> uint256:
    """
    @notice Units of the manager's fee that are due and not taken.
    """
    return fund_fees._due(baskets._supply())


@external
@view
@reentrant
def DOMAIN_SEPARATOR() -> bytes32:
    return signatures._domain_separator(staticcall ISecurity(baskets.security).epoch())


@external
@view
@reentrant
def numberOf(owner: address) -> uint256:
    """
    @notice How many orders of his somebody has signed and seen done.
    """
    return baskets.numbers[owner]


# --- inside


@internal
def _create(
    owner: address, units: uint256, most: DynArray[portfolio.Part, portfolio.ASSETS_MAX]
) -> uint256:
    assert baskets.creation != baskets.NOBODY, "creation-closed"
    assert baskets.creation == baskets.EVERYBODY or baskets.participants[owner], "not-a-participant"
    assert units != 0 and units <= portfolio.AMOUNT_MAX, "units-out-of-range"
    assert units % baskets.lot == 0, "not-whole-lots"
    supply: uint256 = baskets._supply()
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
    log baskets.Created(creator=owner, units=units, issued=issued)
    for part: portfolio.Part in costs:
        portfolio._receive(part.asset, owner, part.amount)
    self._mint(owner, issued)
    return issued


@internal
def _redeem(
    owner: address,
    units: uint256,
    least: DynArray[portfolio.Part, portfolio.ASSETS_MAX],
    receiver: address,
    forgone: uint256,
) -> DynArray[portfolio.Part, portfolio.ASSETS_MAX]:
    assert units != 0, "units-out-of-range"
    self._only_unlocked(owner, units)
    supply: uint256 = baskets._supply()
    fund_fees._accrue(supply)
    outstanding: uint256 = supply + fund_fees._due(supply)
    assert units <= supply, "insufficient-balance"
    counted: uint256 = self._counted(units, outstanding)
    shares: DynArray[portfolio.Part, portfolio.ASSETS_MAX] = []
    assert len(least) == len(portfolio.assets), "assets-differ"
    place: uint256 = 0
    brought: uint256 = 0
    for asset: address in portfolio.assets:
        assert least[place].asset == asset, "assets-differ"
        share: uint256 = 0
        if (forgone >> place) & 1 == 0:
            share = portfolio._held(asset) * counted // outstanding
        else:
            log baskets.Forgone(asset=asset, holder=owner)
        assert share >= least[place].amount, "brings-less"
        shares.append(portfolio.Part(asset=asset, amount=share))
        brought |= share
        place += 1
    assert brought != 0, "nothing-brought"
    log baskets.Redeemed(holder=owner, units=units, counted=counted)
    extcall ISecurity(baskets.security).burnFrom(owner, units)
    fund_fees.known = baskets._supply()
    for part: portfolio.Part in shares:
        if part.amount != 0:
            portfolio._pay(part.asset, receiver, part.amount)
    return shares


@internal
def _take(t: baskets.Trade, taker: address):
    id: bytes32 = keccak256(abi_encode(t))
    assert baskets.offered[id], "trade-not-offered"
    assert block.timestamp < t.until, "trade-expired"
    assert t.counterparty == empty(address) or t.counterparty == taker, "not-the-counterparty"
    baskets.offered[id] = False
    log baskets.TradeTaken(id=id, taker=taker)
    for part: portfolio.Part in t.takes:
        if part.asset not in portfolio.assets:
            baskets._add(part.asset)
        portfolio._receive(part.asset, taker, part.amount)
    for part: portfolio.Part in t.gives:
        assert part.asset in portfolio.assets, "asset-unknown"
        assert part.amount <= portfolio._held(part.asset), "insufficient-assets"
        portfolio._pay(part.asset, taker, part.amount)
        if portfolio._held(part.asset) == 0:
            baskets._remove(part.asset, 0, t.document)


@internal
def _use(message: bytes32, owner: address, signed: Signature):
    """
    @notice Use up a signature: each is of one number, and the next one is of the next. What was signed
            for units that were exchanged since is void.
    """
    assert block.timestamp <= signed.deadline, "signature-expired"
    epoch: uint256 = staticcall ISecurity(baskets.security).epoch()
    signer: address = signatures._signer(message, epoch, signed.v, signed.r, signed.s)
    assert signer == owner, "signature-invalid"
    baskets.numbers[owner] += 1


@internal
@pure
def _hash(parts: DynArray[portfolio.Part, portfolio.ASSETS_MAX]) -> bytes32:
    """
    @notice EIP-712 hash of a list.
    """
    hashes: DynArray[bytes32, portfolio.ASSETS_MAX] = []
    for part: portfolio.Part in parts:
        hashes.append(keccak256(abi_encode(PART, part.asset, part.amount)))
    return keccak256(slice(abi_encode(hashes), 64, 32 * len(hashes)))


@internal
@view
def _only_unlocked(owner: address, units: uint256):
    if baskets.locked_too:
        return
    total: uint256 = 0
    locked: uint256 = 0
    total, locked = staticcall ISecurity(baskets.security).unitsOf(owner)
    assert units <= total, "insufficient-balance"
    assert units <= total - locked, "units-locked"


@internal
def _mint(receiver: address, units: uint256):
    extcall ISecurity(baskets.security).mint(receiver, units)
    fund_fees.known = baskets._supply()


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
        of = baskets.first_units
    costs: DynArray[portfolio.Part, portfolio.ASSETS_MAX] = []
    for asset: address in portfolio.assets:
        amount: uint256 = baskets.first_parts[asset]
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
