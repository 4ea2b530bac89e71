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
from . import volumes
from ..interfaces import IRegistry

uses: lots
uses: state
uses: volumes

COUNTRIES: constant(uint256) = state.RULE_COUNTRY_ALLOW | state.RULE_COUNTRY_DENY
QUANTITIES: constant(uint256) = state.RULE_LOT_SIZE | state.RULE_MINIMUM_HOLDING
INSTITUTIONAL_AT: constant(uint256) = record.CLAIMS_AT + 16 * record.INSTITUTIONAL_BUYER
SENDER_WORD_RARE: constant(uint256) = position.FROZEN | position.PARTLY_FROZEN | position.HELD
SENDER_RARE: constant(uint256) = record.RETIRED | (record.FOREVER << movement.AFFILIATE_AT)
SCREENED_AT: constant(uint256) = record.CLAIMS_AT + 16 * record.SCREENED


@internal
@pure
def _kept(kept: uint256, total: uint256, amount: uint256) -> bool:
    """
    @notice Whether an investor would be left with less than the units that he must keep: those that
            an agent has frozen, those with a legend.
    """
    return kept != 0 and amount + kept > total


@internal
@view
def _lot_lock(home: address, home_word: uint256, total: uint256, amount: uint256) -> uint256:
    """
    @notice Nobody sells a lot before it is unlocked. A lot that was issued with a lock keeps it, be
            the rule that set it switched off since.
    """
    locked: uint256 = lots._locked(home, home_word, total)
    return codes.LOT_LOCKED if self._kept(locked, total, amount) else codes.ALLOWED


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
    if (limits >> state.FLOW_BACK_AT) & state.DATE <= block.timestamp:
        return codes.ALLOWED
    if record._holds(receiver_record, record.INSTITUTIONAL_BUYER, record._due()):
        return codes.ALLOWED
    return codes.FLOW_BACK


@internal
@view
def _affiliate_volume(m: movement.Movement) -> uint256:
    """
    @notice An affiliate sells no more than a share of the class within some days.
    """
    if not record._holds(m.sender_record, record.AFFILIATE, record._due()):
        return codes.ALLOWED
    ceilings: uint256 = state.ceilings
    supply: uint256 = state.supply & state.UNITS_MAX
    most: uint256 = supply * ((ceilings >> state.VOLUME_AT) & state.SHARE) // state.BASIS_POINTS
    sold: uint256 = volumes._sold(m.sender_home, (ceilings >> state.WINDOW_AT) & state.WINDOW)
    return codes.AFFILIATE_VOLUME if sold + m.amount > most else codes.ALLOWED


@internal
@view
def _is_approved(m: movement.Movement) -> bool:
    """
    @notice Whether the compliance officer approved just this movement, until now at least.
    """
    key: bytes32 = state._movement(m.sender, m.receiver, m.amount)
    return state.approvals[key] > block.timestamp


@internal
@view
def _largest(m: movement.Movement, kind: uint256) -> uint256:
    """
    @notice No investor holds more than so much, nor buys more than such a share of what there is.
            The limits word has the lesser of the two, which a growing supply leaves behind.
    """
    ceilings: uint256 = state.ceilings
    after: uint256 = m.receiver_total + m.amount
    if m.config & state.RULE_MAX_BALANCE != 0 and after > ceilings & state.UNITS_MAX:
        return codes.MAX_BALANCE
    if m.config & state.RULE_MAX_SHARE != 0 and kind != movement.ISSUE:
        share: uint256 = (ceilings >> state.SHARE_AT) & state.SHARE
        if after > (state.supply & state.UNITS_MAX) * share // state.BASIS_POINTS:
            return codes.MAX_SHARE
    return codes.ALLOWED


@internal
@view
def _country_holders(m: movement.Movement, limited: uint256) -> uint256:
    """
    @notice A new holder of the country that is limited must fit into its limit.
    """
    tally: uint256 = state.tally
    after: uint256 = ((tally >> counters.OF_COUNTRY_AT) & counters.COUNT) + 1
    if m.amount == m.sender_total:
        after -= movement._counts_of_country(tally, m.sender_home_word, limited)
    if after >= tally >> counters.COUNTRY_MAX_AT:
        return codes.COUNTRY_LIMIT
    return codes.ALLOWED


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
        lot: uint256 = unsafe_mul(
            (limits >> state.LOT_AT) & 127, pow_mod256(10, (limits >> 239) & 31)
        )
        if amount % lot != 0:
            return codes.LOT_SIZE
    if config & state.RULE_MINIMUM_HOLDING != 0 and amount != 0:
        least: uint256 = unsafe_mul(
            (limits >> state.LEAST_AT) & 127, pow_mod256(10, limits >> 251)
        )
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
    if tally & (counters.ALL_MAX | counters.RETAIL_MAX) == 0:
        return codes.ALLOWED
    verdict: uint256 = counters._verdict(
        tally,
        (sender_word & position.TIER) >> position.TIER_AT,
        1 if leaves else 0,
        record._tier_of(receiver_record, record._due())[0],
        1,
        record._today(),
    )
    return codes.ALLOWED if verdict == counters.WITHIN else codes.HOLDER_LIMIT - 1 + verdict


@internal
@view
def _of_issuer(m: movement.Movement, kind: uint256) -> uint256:
    """
    @notice A new holder must fit into the limits over all classes of the issuer, and a purchaser
            into that of its offerings. On a real movement the registry answers while it counts;
            this asks beforehand.
    """
    registry: address = convert(m.config & movement.ADDRESS, address)
    if m.amount == 0 or m.sender_home == m.receiver_home:
        return codes.ALLOWED
    if m.config & state.FLAG_ISSUER_LIMITS != 0 and (
        m.receiver_total == 0 or m.receiver_home_word & position.INHERITED != 0
    ):
        leaver: address = empty(address)
        if m.amount == m.sender_total and m.sender_home_word & position.ENROLLED != 0:
            leaver = m.sender_home
        verdict: uint256 = staticcall IRegistry(registry).limitVerdict(leaver, m.receiver_home)
        if verdict != counters.WITHIN:
            return codes.ISSUER_HOLDER_LIMIT - 1 + verdict
    if kind != movement.ISSUE or m.config & state.RULE_PURCHASERS == 0:
        return codes.ALLOWED
    if self._is_purchase(m.receiver_record, m.amount):
        if not staticcall IRegistry(registry).mayPurchase(m.receiver_home):
            return codes.PURCHASER_LIMIT
    return codes.ALLOWED


@internal
@view
def _is_purchase(receiver_record: uint256, amount: uint256) -> bool:
    """
    @notice Whether an issue is to a purchaser who counts, being neither accredited nor better.
    """
    return amount != 0 and record._tier_of(receiver_record, record._due())[0] == 0


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
        # The acquirer resides in a country that is allowed and not denied.
        if (state.countries >> ((receiver_record >> record.COUNTRY_AT) & 255)) & 1 == 0:
            return codes.COUNTRY_NOT_ALLOWED
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
    @notice The refusal of a movement with the lowest code, 0, or `codes.ON_APPROVAL`. The balance
            and the limits of the issuer, whose codes come last, are left to the caller. Forced
            movements and redemptions are not judged here.
    """
    limits: uint256 = 0
    if m.config & state.RULES_WITH_LIMITS != 0:
        limits = state.limits
    code: uint256 = codes.ALLOWED
    if kind != movement.ISSUE:
        # Each of these bits is rare; together they are looked at once.
        if (
            (m.config & state.FLAG_PAUSED)
            | ((m.sender_word | m.sender_home_word) & SENDER_WORD_RARE)
            | (m.sender_record & SENDER_RARE)
        ) != 0 or kind != movement.RESALE:
            code = self._disposal(m, kind, limits)
            if code != codes.ALLOWED:
                return code
        elif m.sender_home != m.receiver_home:
            if m.config & state.RULE_LOCK_UP != 0:
                if (limits >> state.LOCK_UP_AT) & state.DATE > block.timestamp:
                    return codes.LOCK_UP
            if (m.sender_home_word & position.UNLOCK) >> position.UNLOCK_AT > block.timestamp:
                code = self._lot_lock(
                    m.sender_home, m.sender_home_word, m.sender_total, m.amount
                )
                if code != codes.ALLOWED:
                    return code
    elif m.config & state.FLAG_EXCHANGING != 0:
        return codes.PAUSED
    code = self._eligibility(
        m.config, m.receiver_record, m.receiver_word | m.receiver_home_word
    )
    if code != codes.ALLOWED:
        return code
    on_approval: uint256 = codes.ALLOWED
    if m.sender_home != m.receiver_home and kind != movement.INHERITANCE:
        if m.config & state.RULE_FLOW_BACK != 0:
            if (countries.UNITED_STATES >> ((m.receiver_record >> record.COUNTRY_AT) & 255)) & 1 != 0:
                if kind == movement.RESALE or kind == movement.PRIVATE_SALE:
                    code = self._flow_back(limits, m.receiver_record)
                if code != codes.ALLOWED:
                    if kind != movement.RESALE or not self._is_approved(m):
                        return code
                    on_approval = codes.ON_APPROVAL
        if (m.config & state.RULE_APPROVAL) | (m.receiver_record & record.WATCHED) != 0:
            if self._needs_approval(m.receiver_record, kind):
                if not self._is_approved(m):
                    return codes.NOT_APPROVED
                on_approval = codes.ON_APPROVAL
        # What has a higher code than the checks after it.
        late: uint256 = codes.ALLOWED
        if m.config & state.RULES_ON_SIZE != 0:
            if m.receiver_total + m.amount > limits & state.UNITS_MAX:
                late = self._largest(m, kind)
                if late == codes.MAX_BALANCE:
                    return late
        if m.receiver_total == 0 and m.amount != 0:
            code = self._holder_limit(
                m.receiver_record,
                m.sender_home_word if m.amount == m.sender_total else 0,
                m.amount == m.sender_total,
            )
            if code != codes.ALLOWED:
                return code
            if m.config & state.RULE_COUNTRY_HOLDERS != 0 and late == codes.ALLOWED:
                limited: uint256 = (limits >> state.COUNTRY_LIMITED_AT) & 255
                country: uint256 = (m.receiver_record >> record.COUNTRY_AT) & 255
                if counters._is_of(country, limited) != 0:
                    late = self._country_holders(m, limited)
        if m.config & QUANTITIES != 0:
            if kind < movement.FORCED or kind == movement.PRIVATE_SALE:
                code = self._quantities(
                    m.config, limits, m.amount, m.sender_total, m.receiver_total
                )
                if code != codes.ALLOWED:
                    return code
        if late != codes.ALLOWED:
            return late
    if kind == movement.ISSUE:
        code = self._supply_cap(m.amount)
        if code != codes.ALLOWED:
            return code
    if m.config & state.FLAG_EXTERNAL != 0:
        if kind != movement.INHERITANCE:
            code = self._module(m.sender, m.receiver, m.amount)
            if code != codes.ALLOWED:
                return code
    return on_approval


@internal
@view
def _disposal(m: movement.Movement, kind: uint256, limits: uint256) -> uint256:
    """
    @notice What keeps somebody from giving units away. Most resales by most people need not be
            asked: `_first_refusal` says which.
    """
    if m.config & state.FLAG_PAUSED != 0:
        return codes.PAUSED
    if (m.sender_word | m.sender_home_word) & position.FROZEN != 0:
        return codes.SENDER_FROZEN
    if m.sender_record & record.RETIRED != 0:
        return codes.SENDER_RETIRED
    held: uint256 = codes.ALLOWED
    if m.sender_word & position.HELD != 0:
        if self._kept(state._held(m.sender), m.sender_word & position.UNITS, m.amount):
            held = codes.UNITS_HELD
    if m.sender_home == m.receiver_home:
        return held
    code: uint256 = codes.ALLOWED
    if m.sender_home_word & position.PARTLY_FROZEN != 0:
        if self._kept(state.frozen_units[m.sender_home], m.sender_total, m.amount):
            return codes.UNITS_FROZEN
    if m.config & state.RULE_LOCK_UP != 0:
        if kind == movement.RESALE or kind == movement.PRIVATE_SALE:
            if (limits >> state.LOCK_UP_AT) & state.DATE > block.timestamp:
                return codes.LOCK_UP
    if kind == movement.RESALE:
        if (m.sender_home_word & position.UNLOCK) >> position.UNLOCK_AT > block.timestamp:
            code = self._lot_lock(m.sender_home, m.sender_home_word, m.sender_total, m.amount)
            if code != codes.ALLOWED:
                return code
        if m.config & state.RULE_AFFILIATE_VOLUME != 0:
            code = self._affiliate_volume(m)
            if code != codes.ALLOWED:
                return code
    if m.sender_home_word & position.PARTLY_FROZEN != 0:
        if self._kept(state.legend_units[m.sender_home], m.sender_total, m.amount):
            return codes.UNITS_LEGENDED
    if kind == movement.PRIVATE_SALE and m.config & state.RULE_LOCKED_SALE != 0:
        tier: uint256 = record._tier_of(m.receiver_record, record._due())[0]
        if tier < (m.config >> state.LOCKED_SALE_AT) & 3:
            locked: uint256 = lots._locked(m.sender_home, m.sender_home_word, m.sender_total)
            if self._kept(locked, m.sender_total, m.amount):
                return codes.LOCKED_SALE
    return held


@internal
@pure
def _needs_approval(receiver_record: uint256, kind: uint256) -> bool:
    """
    @notice Whether a movement between two investors passes on approval only: what somebody acquires
            by issue or resale who is watched, and every resale if the rule is on.
    """
    if kind == movement.RESALE:
        return True
    return kind == movement.ISSUE and receiver_record & record.WATCHED != 0
