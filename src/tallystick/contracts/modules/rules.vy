# pragma version 0.4.3
"""
@title Built-in rules
@license Apache-2.0
@notice One function per rule (`_quantities` holds two); each answers a refusal code of `codes`, or
        0. Every rule has a twin in `tallystick.securities.rules`; a property test holds them equal.
@dev    To add a rule: a function here, its call in `_first_refusal` at the place that its code
        gives it, its parameters in a packed word of `state`, its twin in Python. A call costs 60
        gas: what lets most movements pass is looked at where it is made.
"""

from . import codes
from . import counters
from . import countries
from . import lots
from . import movement
from . import position
from . import record
from . import state
from ..interfaces import IRegistry

uses: lots
uses: state

COUNTRIES: constant(uint256) = state.RULE_COUNTRY_ALLOW | state.RULE_COUNTRY_DENY
QUANTITIES: constant(uint256) = state.RULE_LOT_SIZE | state.RULE_MINIMUM_HOLDING
INSTITUTIONAL_AT: constant(uint256) = record.CLAIMS_AT + 16 * record.INSTITUTIONAL_BUYER
SCREENED_AT: constant(uint256) = record.CLAIMS_AT + 16 * record.SCREENED


@internal
@view
def _partial_freeze(home: address, total: uint256, amount: uint256) -> uint256:
    """
    @notice An investor keeps the units that an agent has frozen.
    """
    return codes.UNITS_FROZEN if amount + state.frozen_units[home] > total else codes.ALLOWED


@internal
@view
def _lot_lock(home: address, home_word: uint256, total: uint256, amount: uint256) -> uint256:
    """
    @notice Nobody sells a lot before it is unlocked. A lot that was issued with a lock keeps it, be
            the rule that set it switched off since.
    """
    locked: uint256 = lots._locked(home, home_word, total)
    return codes.LOT_LOCKED if amount + locked > total else codes.ALLOWED


@internal
@pure
def _verified_holder(config: uint256, receiver_record: uint256, due: uint256) -> uint256:
    """
    @notice Units go to registered wallets in use, of investors whose identity is verified today.
    """
    if receiver_record & record.REGISTERED == 0:
        return codes.RECEIVER_UNKNOWN
    if receiver_record & record.RETIRED != 0:
        return codes.RECEIVER_RETIRED
    if config & state.RULE_VERIFIED_HOLDER != 0:
        if (receiver_record >> record.CLAIMS_AT) & record.FOREVER <= due:
            return codes.RECEIVER_UNVERIFIED
    return codes.ALLOWED


@internal
@view
def _country(config: uint256, receiver_record: uint256) -> uint256:
    """
    @notice The acquirer resides in a country that is allowed and not denied.
    """
    country: uint256 = (receiver_record >> record.COUNTRY_AT) & 255
    if (state.countries >> country) & 1 != 0:
        return codes.ALLOWED
    if config & state.RULE_COUNTRY_DENY != 0 and (state.countries_denied >> country) & 1 != 0:
        return codes.COUNTRY_DENIED
    return codes.COUNTRY_NOT_ALLOWED


@internal
@pure
def _investor_tier(config: uint256, receiver_record: uint256, due: uint256) -> uint256:
    """
    @notice The acquirer is accredited, a qualified purchaser, an institutional buyer, or better.
    """
    tier: uint256 = record._tier_of(receiver_record, due)[0]
    if tier < 1 and config & state.RULE_ACCREDITED != 0:
        return codes.NOT_ACCREDITED
    if tier < 2 and config & state.RULE_QUALIFIED != 0:
        return codes.NOT_QUALIFIED
    if tier < 3 and config & state.RULE_INSTITUTIONAL != 0:
        return codes.NOT_INSTITUTIONAL
    return codes.ALLOWED


@internal
@view
def _flow_back(limits: uint256, receiver_record: uint256) -> uint256:
    """
    @notice No US person buys from a holder before the time set, institutional buyers excepted.
    """
    if (limits >> 192) & (2**40 - 1) <= block.timestamp:
        return codes.ALLOWED
    if record._holds(receiver_record, record.INSTITUTIONAL_BUYER, record._due()):
        return codes.ALLOWED
    return codes.FLOW_BACK


@internal
@pure
def _quantities(
    config: uint256, limits: uint256, amount: uint256, sender_total: uint256, receiver_total: uint256
) -> uint256:
    """
    @notice Whole lots are issued and sold, or all that the seller has; a holding is nothing or at
            least so much, on both sides.
    @param limits       see `state`; a round number is 7 bits, times ten to the power above it
    @param sender_total units in all wallets of the seller; 0 for an issue
    """
    if config & state.RULE_LOT_SIZE != 0 and amount != sender_total:
        lot: uint256 = unsafe_mul((limits >> 232) & 127, pow_mod256(10, (limits >> 239) & 31))
        if amount % lot != 0:
            return codes.LOT_SIZE
    if config & state.RULE_MINIMUM_HOLDING != 0 and amount != 0:
        least: uint256 = unsafe_mul((limits >> 244) & 127, pow_mod256(10, limits >> 251))
        if amount < sender_total and unsafe_sub(sender_total, amount) < least:
            return codes.REST_BELOW_MINIMUM
        if unsafe_add(receiver_total, amount) < least:
            return codes.BELOW_MINIMUM
    return codes.ALLOWED


@internal
@view
def _holder_limit(receiver_record: uint256, sender_word: uint256, leaves: bool) -> uint256:
    """
    @notice A new holder must fit into the limits of this class.
    @param sender_word home word of the sender, of use if he leaves by this movement
    """
    tally: uint256 = state.tally
    if tally & (counters.ALL_LIMITED | counters.RETAIL_LIMITED) == 0:
        return codes.ALLOWED
    leaving: uint256 = counters.NOBODY
    if leaves:
        leaving = (sender_word & position.TIER) >> position.TIER_AT
    today: uint256 = record._today()
    tier: uint256 = record._tier_of(receiver_record, record._due())[0]
    verdict: uint256 = counters._verdict(tally, leaving, tier, today)
    return codes.ALLOWED if verdict == counters.WITHIN else codes.HOLDER_LIMIT - 1 + verdict


@internal
@view
def _issuer_limit(m: movement.Movement) -> uint256:
    """
    @notice A new holder must fit into the limits over all classes of the issuer. On a real
            movement the registry answers while it counts; this asks beforehand.
    """
    if m.config & state.FLAG_ISSUER_LIMITS == 0 or m.receiver_total != 0 or m.amount == 0:
        return codes.ALLOWED
    if m.sender_home == m.receiver_home:
        return codes.ALLOWED
    leaver: address = empty(address)
    if m.amount == m.sender_total and m.sender_home_word & position.ENROLLED != 0:
        leaver = m.sender_home
    verdict: uint256 = staticcall IRegistry(
        convert(m.config & movement.ADDRESS, address)
    ).limitVerdict(leaver, m.receiver_home)
    return codes.ALLOWED if verdict == counters.WITHIN else codes.ISSUER_HOLDER_LIMIT - 1 + verdict


@internal
@view
def _supply_cap(amount: uint256) -> uint256:
    """
    @notice No more units exist than the cap.
    """
    word: uint256 = state.supply
    if (word & state.UNITS_MAX) + amount > (word >> 112) & state.UNITS_MAX:
        return codes.SUPPLY_CAP
    return codes.ALLOWED


@internal
@view
def _module(sender: address, receiver: address, amount: uint256) -> uint256:
    """
    @notice The external compliance and the modules bound through ERC-3643 have their say.
    """
    for module: address in state.modules:
        if not self._agrees(
            module,
            abi_encode(
                sender,
                receiver,
                amount,
                self,
                method_id=method_id("moduleCheck(address,address,uint256,address)"),
            ),
        ):
            return codes.MODULE_REFUSED
    compliance: address = state.external_compliance
    if compliance != empty(address):
        if not self._agrees(
            compliance,
            abi_encode(
                sender,
                receiver,
                amount,
                method_id=method_id("canTransfer(address,address,uint256)"),
            ),
        ):
            return codes.MODULE_REFUSED
    return codes.ALLOWED


@internal
@view
def _agrees(asked: address, question: Bytes[132]) -> bool:
    """
    @notice Whether a contract answers yes. One that reverts or answers nonsense refuses: ERC-7943
            wants `canTransfer` never to revert.
    """
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        asked, question, max_outsize=32, is_static_call=True, revert_on_failure=False
    )
    return success and len(answer) == 32 and extract32(answer, 0, output_type=uint256) == 1


@internal
@view
def _eligibility(config: uint256, receiver_record: uint256, receiver_words: uint256) -> uint256:
    """
    @notice What keeps a wallet from acquiring at all, however few units from whomever.
    @param receiver_words its position word and that of its home wallet, or-ed
    """
    due: uint256 = record._due()
    code: uint256 = codes.ALLOWED
    if receiver_record & (record.REGISTERED | record.RETIRED) != record.REGISTERED or (
        (receiver_record >> record.CLAIMS_AT) & record.FOREVER <= due
    ):
        code = self._verified_holder(config, receiver_record, due)
        if code != codes.ALLOWED:
            return code
    if receiver_words & position.FROZEN != 0:
        return codes.RECEIVER_FROZEN
    if config & COUNTRIES != 0:
        if (state.countries >> ((receiver_record >> record.COUNTRY_AT) & 255)) & 1 == 0:
            return self._country(config, receiver_record)
    if config & state.RULE_INVESTOR_TIER != 0:
        if (receiver_record >> INSTITUTIONAL_AT) & record.FOREVER <= due:
            code = self._investor_tier(config, receiver_record, due)
            if code != codes.ALLOWED:
                return code
    if config & state.RULE_SCREENING != 0:
        if (receiver_record >> SCREENED_AT) & record.FOREVER <= due:
            return codes.NOT_SCREENED
    return codes.ALLOWED


@internal
@view
def _first_refusal(m: movement.Movement, kind: uint256) -> uint256:
    """
    @notice The refusal of a resale or an issue with the lowest code, or 0. The balance and the
            limits of the issuer, whose codes come last, are left to the caller.
    """
    limits: uint256 = 0
    if m.config & state.RULES_WITH_LIMITS != 0:
        limits = state.limits
    code: uint256 = codes.ALLOWED
    if kind == movement.RESALE:
        if m.config & state.FLAG_PAUSED != 0:
            return codes.PAUSED
        if (m.sender_word | m.sender_home_word) & position.FROZEN != 0:
            return codes.SENDER_FROZEN
        if m.sender_record & record.RETIRED != 0:
            return codes.SENDER_RETIRED
        if m.sender_home != m.receiver_home:
            if m.sender_home_word & position.PARTLY_FROZEN != 0:
                code = self._partial_freeze(m.sender_home, m.sender_total, m.amount)
                if code != codes.ALLOWED:
                    return code
            if m.config & state.RULE_LOCK_UP != 0:
                if (limits >> 112) & (2**40 - 1) > block.timestamp:
                    return codes.LOCK_UP
            if (m.sender_home_word & position.UNLOCK) >> position.UNLOCK_AT > block.timestamp:
                code = self._lot_lock(
                    m.sender_home, m.sender_home_word, m.sender_total, m.amount
                )
                if code != codes.ALLOWED:
                    return code
    code = self._eligibility(
        m.config, m.receiver_record, m.receiver_word | m.receiver_home_word
    )
    if code != codes.ALLOWED:
        return code
    if m.sender_home != m.receiver_home:
        if m.config & state.RULE_FLOW_BACK != 0 and kind == movement.RESALE:
            if (countries.UNITED_STATES >> ((m.receiver_record >> record.COUNTRY_AT) & 255)) & 1 != 0:
                code = self._flow_back(limits, m.receiver_record)
                if code != codes.ALLOWED:
                    return code
        if m.config & state.RULE_MAX_BALANCE != 0:
            if m.receiver_total + m.amount > limits & state.UNITS_MAX:
                return codes.MAX_BALANCE
        if m.receiver_total == 0 and m.amount != 0:
            code = self._holder_limit(
                m.receiver_record,
                m.sender_home_word if m.amount == m.sender_total else 0,
                m.amount == m.sender_total,
            )
            if code != codes.ALLOWED:
                return code
        if m.config & QUANTITIES != 0:
            code = self._quantities(
                m.config, limits, m.amount, m.sender_total, m.receiver_total
            )
            if code != codes.ALLOWED:
                return code
    if kind == movement.ISSUE:
        code = self._supply_cap(m.amount)
        if code != codes.ALLOWED:
            return code
    if m.config & state.FLAG_EXTERNAL != 0:
        return self._module(m.sender, m.receiver, m.amount)
    return codes.ALLOWED
