# pragma version 0.4.3
"""
@title Policies of a council
@license Apache-2.0
@notice Who must agree to which kind of act. A kind is a function of a contract, a function of whatever
        contract, or what no policy names. Members belong to groups (owner, agent, officer, as the
        council likes); a policy says how many must agree, which groups must be among them, how long
        the act then waits, and whether it needs a document. Payments may need less while what was
        moved of a currency within a day is small.
@dev    A policy is one word: signatures 0..7 | groups 8..39 | delay in seconds 40..71 | documented 72
        | signatures 80..87 and groups 88..119 for a small payment | place of the amount among the
        words of the arguments, plus one 120..127 | place of the currency, plus one 128..135
"""

struct Member:
    wallet: address
    # Bits of the groups he belongs to; 0: no member.
    groups: uint256

struct Policy:
    # How many must agree; 0: there is no such policy.
    signatures: uint256
    # Bits of the groups of which somebody must be among them.
    groups: uint256
    # Seconds from the last signature that was needed until it may be done.
    delay_s: uint256
    # Whether a reason code and the hash of a document must be stated.
    documented: bool
    # The same for a payment within the limit of the day.
    small_signatures: uint256
    small_groups: uint256
    # Where among the words of the arguments the amount is, plus one; 0: it is no payment.
    amount_at: uint256
    # Where the currency is, plus one; 0: it is the contract that is called.
    money_at: uint256
    # Who may be given any amount (first argument) by as few as a small one needs.
    exempt: address

struct Setting:
    # Empty: whatever contract.
    target: address
    # Empty, with an empty target: whatever no policy names.
    selector: bytes4
    policy: Policy

struct Alike:
    selector: bytes4
    # Which setting, counted from zero.
    place: uint256

struct Limit:
    money: address
    # Smallest units a day, UTC.
    units: uint256

event MemberSet:
    member: indexed(address)
    groups: uint256

event PolicySet:
    target: indexed(address)
    selector: indexed(bytes4)
    policy: Policy

event LimitSet:
    money: indexed(address)
    units: uint256

MEMBERS_MAX: constant(uint256) = 32
SETTINGS_MAX: constant(uint256) = 128
LIMITS_MAX: constant(uint256) = 32
GROUP_MAX: constant(uint256) = 2**32 - 1
DELAY_MAX: constant(uint256) = 90 * 86_400
# Places are looked for among so many words.
AT_MAX: constant(uint256) = 8
AT: constant(uint256) = 255
DELAY: constant(uint256) = 40
DOCUMENTED: constant(uint256) = 1 << 72
SMALL: constant(uint256) = 80
AMOUNT_AT: constant(uint256) = 120
MONEY_AT: constant(uint256) = 128

groups: HashMap[address, uint256]
# How often somebody has left: what he agreed to before he did counts no longer if he comes back.
left: HashMap[address, uint256]
members: DynArray[address, MEMBERS_MAX]
# target << 32 | selector -> word
words: HashMap[uint256, uint256]
exempt: HashMap[uint256, address]
keys: DynArray[uint256, SETTINGS_MAX]
# currency -> smallest units a day, and what was moved of it on a day
limits: HashMap[address, uint256]
moved: HashMap[address, HashMap[uint256, uint256]]


# --- set


@internal
def _set(members: DynArray[Member, MEMBERS_MAX], settings: DynArray[Setting, SETTINGS_MAX], limits: DynArray[Limit, LIMITS_MAX]):
    """
    @notice Set members, policies and limits; those not named stay. Whatever is asked of whom must be
            possible afterwards.
    """
    for m: Member in members:
        self._set_member(m)
    for s: Setting in settings:
        self._set_policy(s)
    for l: Limit in limits:
        self.limits[l.money] = l.units
        log LimitSet(money=l.money, units=l.units)
    self._check_attainable()


@internal
def _set_member(m: Member):
    assert m.wallet not in [empty(address), self], "empty-address"
    assert m.groups <= GROUP_MAX, "group-unknown"
    if self.groups[m.wallet] == 0 and m.groups != 0:
        assert len(self.members) < MEMBERS_MAX, "too-many-members"
        self.members.append(m.wallet)
    elif self.groups[m.wallet] != 0 and m.groups == 0:
        self.left[m.wallet] += 1
        last: address = self.members.pop()
        for i: uint256 in range(len(self.members), bound=MEMBERS_MAX):
            if self.members[i] == m.wallet:
                self.members[i] = last
    self.groups[m.wallet] = m.groups
    log MemberSet(member=m.wallet, groups=m.groups)


@internal
def _set_policy(s: Setting):
    p: Policy = s.policy
    key: uint256 = self._key(s.target, s.selector)
    if p.signatures == 0:
        assert key != 0, "default-policy-needed"
        self._remove_policy(key)
    else:
        assert p.signatures <= MEMBERS_MAX and p.small_signatures <= MEMBERS_MAX, "too-many-signatures"
        assert p.groups <= GROUP_MAX and p.small_groups <= GROUP_MAX, "group-unknown"
        assert p.delay_s <= DELAY_MAX, "delay-too-long"
        assert p.amount_at <= AT_MAX and p.money_at <= AT_MAX, "place-out-of-range"
        assert (p.amount_at == 0) == (p.small_signatures == 0), "limit-incomplete"
        if self.words[key] == 0:
            assert len(self.keys) < SETTINGS_MAX, "too-many-policies"
            self.keys.append(key)
        word: uint256 = p.signatures | p.groups << 8 | p.delay_s << DELAY
        if p.documented:
            word |= DOCUMENTED
        word |= p.small_signatures << SMALL | p.small_groups << (SMALL + 8)
        self.words[key] = word | p.amount_at << AMOUNT_AT | p.money_at << MONEY_AT
        self.exempt[key] = p.exempt
    log PolicySet(target=s.target, selector=s.selector, policy=p)


@internal
def _remove_policy(key: uint256):
    if self.words[key] == 0:
        return
    self.words[key] = 0
    last: uint256 = self.keys.pop()
    for i: uint256 in range(len(self.keys), bound=SETTINGS_MAX):
        if self.keys[i] == key:
            self.keys[i] = last


@internal
@view
def _check_attainable():
    """
    @notice All members together fulfil every policy, so that nothing is out of reach for ever.
    """
    assert self.words[0] != 0, "default-policy-needed"
    everybody: uint256 = 0
    for member: address in self.members:
        everybody |= self.groups[member]
    for key: uint256 in self.keys:
        word: uint256 = self.words[key]
        assert self._fulfils(word, len(self.members), everybody), "policy-out-of-reach"
        assert self._fulfils(word >> SMALL, len(self.members), everybody), "policy-out-of-reach"


# --- ask


@internal
@pure
def _key(target: address, selector: bytes4) -> uint256:
    return convert(target, uint256) << 32 | convert(selector, uint256)


@internal
@view
def _key_for(target: address, selector: bytes4) -> uint256:
    """
    @notice Key of the policy that a call is subject to.
    """
    key: uint256 = self._key(target, selector)
    if self.words[key] != 0:
        return key
    key = convert(selector, uint256)
    if self.words[key] != 0:
        return key
    return 0


@internal
@pure
def _fulfils(word: uint256, count: uint256, groups: uint256) -> bool:
    """
    @notice Whether so many who together belong to these groups are as many and such as are needed.
    """
    needed: uint256 = (word >> 8) & GROUP_MAX
    return count >= word & 255 and groups & needed == needed


@internal
@pure
def _is_immediate(word: uint256) -> bool:
    """
    @notice Whether it waits for nothing and needs no document.
    """
    return (word >> DELAY) & 2**32 - 1 == 0 and word & DOCUMENTED == 0


@internal
@view
def _policy(key: uint256) -> Policy:
    word: uint256 = self.words[key]
    return Policy(
        signatures=word & 255,
        groups=(word >> 8) & GROUP_MAX,
        delay_s=self._delay(word),
        documented=word & DOCUMENTED != 0,
        small_signatures=(word >> SMALL) & 255,
        small_groups=(word >> (SMALL + 8)) & GROUP_MAX,
        amount_at=(word >> AMOUNT_AT) & AT,
        money_at=(word >> MONEY_AT) & AT,
        exempt=self.exempt[key],
    )


@internal
@pure
def _delay(word: uint256) -> uint256:
    return (word >> DELAY) & 2**32 - 1


# --- pay


@internal
@view
def _payment(
    key: uint256, word: uint256, target: address, words: DynArray[uint256, AT_MAX]
) -> (address, uint256):
    """
    @notice Currency and amount that a call moves; nothing if it goes to whom any amount may be given.
    """
    place: uint256 = (word >> AMOUNT_AT) & AT
    assert place != 0, "signatures-needed"
    money: address = target
    money_at: uint256 = (word >> MONEY_AT) & AT
    if money_at != 0:
        money = convert(self._argument(words, money_at - 1), address)
    exempt: address = self.exempt[key]
    if exempt != empty(address) and self._argument(words, 0) == convert(exempt, uint256):
        return money, 0
    return money, self._argument(words, place - 1)


@internal
@pure
def _argument(words: DynArray[uint256, AT_MAX], at: uint256) -> uint256:
    assert at < len(words), "call-data-too-short"
    return words[at]


@internal
def _pay_small(
    key: uint256,
    word: uint256,
    target: address,
    words: DynArray[uint256, AT_MAX],
    count: uint256,
    groups: uint256,
):
    """
    @notice Count a payment against the limit of the day, if so few may make one within it.
    """
    money: address = empty(address)
    units: uint256 = 0
    money, units = self._payment(key, word, target, words)
    assert self._fulfils(word >> SMALL, count, groups), "signatures-needed"
    assert self._is_small(money, units), "above-the-limit"
    if units != 0:
        self._move(money, units)


@internal
@view
def _is_small(money: address, units: uint256) -> bool:
    """
    @notice Whether so much more of a currency is within today's limit.
    """
    if units == 0:
        return True
    limit: uint256 = self.limits[money]
    before: uint256 = self.moved[money][self._today()]
    return before <= limit and units <= limit - before


@internal
def _move(money: address, units: uint256):
    self.moved[money][self._today()] += units


@internal
@view
def _today() -> uint256:
    return block.timestamp // 86_400
