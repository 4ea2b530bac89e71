# pragma version 0.4.3
"""
@title Storage, events and constants of a security
@license Apache-2.0
@notice Both halves of a security initialise this module first, so that they share one layout;
        neither declares storage of its own.
        Config word: registry 0..159 | rules that are on 160..183 | flags 184..191
                   | number of the last record date 192..215 | next scheduled record date 216..255
        Limits word: largest holding 0..111, the lesser of the two in `ceilings`
                   | nobody sells before 112..143 | holding period of newly issued units, in
                     seconds 144..183 | no flow-back before 184..215 | country whose holders are
                     limited 216..223 | size of a lot 232..243 | least holding 244..255, the last
                     two as a number of 7 bits times ten to the power in the 5 bits above
        Supply word: supply 0..111 | cap 112..223 (2**112 - 1: none)
                   | number of the last record date that saw it 224..247 | decimals 248..255
@dev    Units are whole numbers of the smallest unit, at most 2**112 - 1.
"""

from . import counters
from . import roles

initializes: counters
initializes: roles

# --- ERC-20, ERC-2612 and authorizations in the manner of ERC-3009
event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256

event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256

event AuthorizationUsed:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

event AuthorizationCanceled:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

# --- ERC-3643
event UpdatedTokenInformation:
    _newName: indexed(String[64])
    _newSymbol: indexed(String[16])
    _newDecimals: uint8
    _newVersion: String[16]
    _newOnchainID: indexed(address)

event IdentityRegistryAdded:
    _identityRegistry: indexed(address)

event ComplianceAdded:
    _compliance: indexed(address)

event RecoverySuccess:
    _lostWallet: indexed(address)
    _newWallet: indexed(address)
    _investorOnchainID: indexed(address)

event AddressFrozen:
    _userAddress: indexed(address)
    _isFrozen: indexed(bool)
    _owner: indexed(address)

event TokensFrozen:
    _userAddress: indexed(address)
    _amount: uint256

event TokensUnfrozen:
    _userAddress: indexed(address)
    _amount: uint256

event Paused:
    _userAddress: address

event Unpaused:
    _userAddress: address

event ModuleAdded:
    _module: indexed(address)

event ModuleRemoved:
    _module: indexed(address)

event ModuleInteraction:
    target: indexed(address)
    selector: bytes4

# --- ERC-7943
event ForcedTransfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

event Frozen:
    account: indexed(address)
    amount: uint256

# --- Tallystick
event Issued:
    asset_id: indexed(bytes32)
    registry: indexed(address)

event RulesSet:
    rules: uint256
    max_balance: uint256
    max_share_bps: uint256
    lock_up_until: uint256
    holding_period: uint256
    flow_back_until: uint256
    lot_size: uint256
    minimum_holding: uint256
    supply_cap: uint256
    countries_allowed: uint256
    countries_denied: uint256
    investors_max: uint256
    retail_investors_max: uint256
    country_limited: uint256
    country_investors_max: uint256
    affiliate_volume_bps: uint256
    affiliate_window_days: uint256
    exemption: uint256
    investors_min: uint256

event LotAcquired:
    investor: indexed(address)
    units: uint256
    acquired_at: uint256

event TierChanged:
    investor: indexed(address)
    tier_before: uint256
    tier_after: uint256

event IssuerLimitsJoined:
    investors_to_enrol: uint256

event EnrolmentEnded:
    investors: uint256

event InvestorEnrolled:
    investor: indexed(address)

event RecordDateSet:
    record_date: indexed(uint256)
    at: uint256

event RecordDateWithdrawn:
    record_date: indexed(uint256)

event TransferDeclared:
    sender: indexed(address)
    receiver: indexed(address)
    kind: indexed(uint256)
    amount: uint256

event TransferApproved:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256
    until: uint256
    code: uint256
    document: bytes32

event ApprovalWithdrawn:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

event VenueSet:
    venue: indexed(address)
    allowed: bool

event LegendPlaced:
    investor: indexed(address)
    code: indexed(uint256)
    units: uint256
    document: bytes32

event LegendLifted:
    investor: indexed(address)
    code: indexed(uint256)
    units: uint256
    document: bytes32

# `held` is what is held of the wallet then, for all spenders.
event UnitsHeld:
    owner: indexed(address)
    spender: indexed(address)
    units: uint256
    held: uint256

event UnitsReleased:
    owner: indexed(address)
    spender: indexed(address)
    units: uint256
    held: uint256

event StopPlaced:
    investor: indexed(address)
    code: indexed(uint256)
    document: bytes32

event StopLifted:
    investor: indexed(address)
    code: indexed(uint256)
    document: bytes32

event ReasonRegistered:
    act: indexed(bytes32)
    code: indexed(uint256)
    document: bytes32

event ReasonWithdrawn:
    act: indexed(bytes32)

event ReasonUsed:
    act: indexed(bytes32)
    code: indexed(uint256)

event ExchangeAnnounced:
    to: indexed(address)
    numerator: uint256
    denominator: uint256
    not_before: uint256
    code: indexed(uint256)
    document: bytes32

event ExchangeWithdrawn:
    pass

event PredecessorSet:
    token: indexed(address)
    allowed: bool

event ExchangeBegan:
    epoch: indexed(uint256)
    units: uint256

# All units of an investor; transfers to and from nobody follow. What is left over of a unit is
# `remainder` divided by the denominator.
event Exchanged:
    investor: indexed(address)
    to: indexed(address)
    before: uint256
    after: uint256
    remainder: uint256

event ExchangeEnded:
    epoch: indexed(uint256)

# --- rules, by bit of the config word
RULES_AT: constant(uint256) = 160
RULES: constant(uint256) = (2**24 - 1) << 160
RULE_VERIFIED_HOLDER: constant(uint256) = 1 << 160
RULE_COUNTRY_ALLOW: constant(uint256) = 1 << 161
RULE_COUNTRY_DENY: constant(uint256) = 1 << 162
RULE_MAX_BALANCE: constant(uint256) = 1 << 163
RULE_LOCK_UP: constant(uint256) = 1 << 164
# Acquirers are accredited or better, qualified purchasers or better, institutional buyers.
RULE_ACCREDITED: constant(uint256) = 1 << 165
RULE_QUALIFIED: constant(uint256) = 1 << 166
RULE_INSTITUTIONAL: constant(uint256) = 1 << 167
RULE_INVESTOR_TIER: constant(uint256) = 7 << 165
RULE_SCREENING: constant(uint256) = 1 << 168
RULE_FLOW_BACK: constant(uint256) = 1 << 169
RULE_LOT_SIZE: constant(uint256) = 1 << 170
RULE_MINIMUM_HOLDING: constant(uint256) = 1 << 171
RULE_MAX_SHARE: constant(uint256) = 1 << 172
RULE_APPROVAL: constant(uint256) = 1 << 173
RULE_AFFILIATE_VOLUME: constant(uint256) = 1 << 174
RULE_PURCHASERS: constant(uint256) = 1 << 175
RULE_COUNTRY_HOLDERS: constant(uint256) = 1 << 176
RULE_VENUES: constant(uint256) = 1 << 177
# Who may buy units privately that are still locked: at least this tier, in two bits.
LOCKED_SALE_AT: constant(uint256) = 178
RULE_LOCKED_SALE: constant(uint256) = 3 << 178
RULES_KNOWN: constant(uint256) = (2**20 - 1) << 160
# Rules whose parameters stand in the limits word.
RULES_WITH_LIMITS: constant(uint256) = (24 << 160) | (15 << 169) | RULE_COUNTRY_HOLDERS
RULES_ON_SIZE: constant(uint256) = RULE_MAX_BALANCE | RULE_MAX_SHARE

FLAG_PAUSED: constant(uint256) = 1 << 184
FLAG_EXTERNAL: constant(uint256) = 1 << 185
FLAG_REASONS: constant(uint256) = 1 << 186
FLAG_INITIALISED: constant(uint256) = 1 << 187
# New holders are counted with the issuer too, whose limits then apply.
FLAG_ISSUER_LIMITS: constant(uint256) = 1 << 188
# Holders of before that are still being counted.
FLAG_ENROLLING: constant(uint256) = 1 << 189
# Units exist or have existed, or a home wallet was recovered: the registry stays for good.
FLAG_SETTLED: constant(uint256) = 1 << 190
# Units are being exchanged, or went over to another security for good.
FLAG_EXCHANGING: constant(uint256) = 1 << 191

LOCK_UP_AT: constant(uint256) = 112
HOLDING_AT: constant(uint256) = 144
FLOW_BACK_AT: constant(uint256) = 184
COUNTRY_LIMITED_AT: constant(uint256) = 216
LOT_AT: constant(uint256) = 232
LEAST_AT: constant(uint256) = 244
DATE: constant(uint256) = 2**32 - 1
PERIOD: constant(uint256) = 2**40 - 1

# In `ceilings`.
SHARE_AT: constant(uint256) = 112
VOLUME_AT: constant(uint256) = 126
WINDOW_AT: constant(uint256) = 140
EXEMPTION_AT: constant(uint256) = 152
INVESTORS_MIN_AT: constant(uint256) = 168
BASIS_POINTS: constant(uint256) = 10_000
SHARE: constant(uint256) = 2**14 - 1
WINDOW: constant(uint256) = 2**12 - 1

SUPPLY_CAP_AT: constant(uint256) = 112
SUPPLY_SEEN_AT: constant(uint256) = 224
SUPPLY_SEEN: constant(uint256) = (2**24 - 1) << 224
DECIMALS_AT: constant(uint256) = 248

RECORD_AT: constant(uint256) = 192
RECORD: constant(uint256) = (2**24 - 1) << 192
NEXT_AT: constant(uint256) = 216
NEXT: constant(uint256) = (2**40 - 1) << 216

UNITS_MAX: constant(uint256) = 2**112 - 1
BATCH_MAX: constant(uint256) = 128
MODULES_MAX: constant(uint256) = 16
RECORD_DATES_AHEAD_MAX: constant(uint256) = 16

EPOCH_AT: constant(uint256) = 112
# Both halves must agree on this; raise it with every change of the storage below.
LAYOUT: constant(bytes32) = keccak256("tallystick.security-token.storage.5")

# --- storage
config: uint256
limits: uint256
supply: uint256
# Holders of this class by tier and the limits on them, see `counters`.
tally: uint256
# Country indices that may acquire.
countries: uint256
# largest holding 0..111 | its share of the units in existence, in basis points 112..125
# | share of the class that an affiliate may sell 126..139 within so many days 140..151
# | exemption under which units are issued now 152..167
# | fewest investors who shall hold the class 168..191, of which a warning is given off the chain
ceilings: uint256
positions: HashMap[address, uint256]
# home wallet -> units held by the investor's further wallets
linked_units: HashMap[address, uint256]
# home wallet -> units that the investor must keep
frozen_units: HashMap[address, uint256]
# home wallet -> units that bear a legend
legend_units: HashMap[address, uint256]
# home wallet of an affiliate -> 0 -> last entry; entry -> day << 112 | running sum of units sold
sales: HashMap[address, HashMap[uint256, uint256]]
# key of a movement, see `_movement` -> UTC seconds until which the officer approves it
approvals: HashMap[bytes32, uint256]
# who may carry out transfers for others while only venues may
venues: HashMap[address, bool]
# home wallet -> index -> unlock time << 112 | running sum of locked units
locks: HashMap[address, HashMap[uint256, uint256]]
# wallet -> record date -> previous record date noted << 112 | units held then
history: HashMap[address, HashMap[uint256, uint256]]
supply_history: HashMap[uint256, uint256]
record_dates: HashMap[uint256, uint256]
allowances: HashMap[address, HashMap[address, uint256]]
nonces: HashMap[address, uint256]
authorizations: HashMap[address, HashMap[bytes32, bool]]
# act -> code << 40 | registered at
reasons: HashMap[bytes32, uint256]
asset_id: bytes32
name: String[64]
symbol: String[16]
onchain_id: address
external_compliance: address
modules: DynArray[address, MODULES_MAX]
# Raised by whatever changes what a unit is; orders signed for an earlier epoch are void.
epoch: uint256
# The token that replaced this one, if any.
successor: address
# wallet -> units held for spenders 0..111 | the epoch in which they are 112..255
held_units: HashMap[address, uint256]
# new units 0..31 | for so many old ones 32..63 | not before 64..103; 0 if none is announced
exchange: uint256
exchange_to: address
# Old units that are not exchanged yet, and all there were when it began.
exchange_left: uint256
exchange_units: uint256
# Epoch -> home wallet -> whether that investor was exchanged when it began.
exchanged: HashMap[uint256, HashMap[address, bool]]
# Securities whose units may be exchanged for those of this one.
predecessors: HashMap[address, bool]
# wallet -> spender -> units held for him, with the epoch as above
holds: HashMap[address, HashMap[address, uint256]]


@internal
@view
def _held(wallet: address) -> uint256:
    return self._of_now(self.held_units[wallet])


@internal
@view
def _held_for(wallet: address, spender: address) -> uint256:
    return self._of_now(self.holds[wallet][spender])


@internal
@view
def _of_now(word: uint256) -> uint256:
    """
    @notice What is held; nothing if it was in an epoch that is over.
    """
    return word & UNITS_MAX if word >> EPOCH_AT == self.epoch else 0


@internal
def _use_reason(kind: uint256, sender: address, receiver: address, amount: uint256):
    """
    @notice Consume the reason registered for an act that a holder did not order himself.
    @param kind as in `movement`
    """
    act: bytes32 = keccak256(abi_encode(kind, sender, receiver, amount))
    reason: uint256 = self.reasons[act]
    assert reason != 0, "reason-missing"
    self.reasons[act] = 0
    log ReasonUsed(act=act, code=reason >> 40)


@internal
@pure
def _movement(sender: address, receiver: address, amount: uint256) -> bytes32:
    """
    @notice Key of a movement that an officer approves; the sender of an issue is empty.
    """
    return keccak256(abi_encode(sender, receiver, amount))


@internal
@view
def _largest(word: uint256, config: uint256, supply: uint256) -> uint256:
    """
    @notice What no investor may exceed: the lesser of the largest holding and share, if on.
    @param word   the ceilings
    @param supply units in existence
    """
    if config & RULES_ON_SIZE == 0:
        return 0
    result: uint256 = UNITS_MAX
    if config & RULE_MAX_BALANCE != 0:
        result = word & UNITS_MAX
    if config & RULE_MAX_SHARE != 0:
        result = min(result, supply * ((word >> SHARE_AT) & SHARE) // BASIS_POINTS)
    return result


@internal
def _refresh_largest(config: uint256, supply: uint256):
    """
    @notice Keep the largest holding in the limits word at what it is for so many units.
    """
    limits: uint256 = self.limits
    largest: uint256 = self._largest(self.ceilings, config, supply)
    if limits & UNITS_MAX != largest:
        self.limits = (limits & ~UNITS_MAX) | largest


@internal
def _settled(config: uint256) -> uint256:
    """
    @notice The config word after record dates that have passed took effect.
    """
    date: uint256 = (config & RECORD) >> RECORD_AT
    next_at: uint256 = config >> NEXT_AT
    for i: uint256 in range(RECORD_DATES_AHEAD_MAX):
        if next_at == 0 or block.timestamp < next_at:
            break
        date += 1
        next_at = self.record_dates[date + 1]
    result: uint256 = (
        (config & ~(RECORD | NEXT))
        | (date << RECORD_AT)
        | (next_at << NEXT_AT)
    )
    self.config = result
    return result


@internal
def _config() -> uint256:
    config: uint256 = self.config
    if config >> NEXT_AT != 0:
        if block.timestamp >= config >> NEXT_AT:
            return self._settled(config)
    return config
