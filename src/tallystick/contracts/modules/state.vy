# pragma version 0.4.3
"""
@title Storage, events and constants of a security
@license Apache-2.0
@notice Both halves of a security initialise this module first, so that they share one layout;
        neither declares storage of its own.
        Config word: registry 0..159 | rules that are on 160..183 | flags 184..191
                   | number of the last record date 192..215 | next scheduled record date 216..255
        Limits word: largest holding 0..111 | nobody sells before 112..151
                   | holding period of newly issued units, in seconds 152..191
                   | no flow-back before 192..231 | size of a lot 232..243 | least holding 244..255,
                     the last two as a number of 7 bits times ten to the power in the 5 bits above
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

event ReasonRegistered:
    act: indexed(bytes32)
    code: indexed(uint256)
    document: bytes32

event ReasonWithdrawn:
    act: indexed(bytes32)

event ReasonUsed:
    act: indexed(bytes32)
    code: indexed(uint256)

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
RULES_KNOWN: constant(uint256) = (2**12 - 1) << 160
# Rules whose parameters stand in the limits word.
RULES_WITH_LIMITS: constant(uint256) = (24 << 160) | (7 << 169)

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

# Both halves must agree on this; raise it with every change of the storage below.
LAYOUT: constant(bytes32) = keccak256("tallystick.security-token.storage.1")

# --- storage
config: uint256
limits: uint256
supply: uint256
# Holders of this class by tier and the limits on them, see `counters`.
tally: uint256
# Country indices that may acquire, and those of the others that are denied expressly.
countries: uint256
countries_denied: uint256
positions: HashMap[address, uint256]
# home wallet -> units held by the investor's further wallets
linked_units: HashMap[address, uint256]
# home wallet -> units that the investor must keep
frozen_units: HashMap[address, uint256]
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
# home wallet -> units bound by orders the investor signed
held_units: HashMap[address, uint256]


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
