# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Council
@license Apache-2.0
@notice Holds the roles of an issuer for several people. What may be done by whom together is said in
        policies, one for each kind of act: a daily act by one member of the right group at once; a
        forced transfer, a recovery, other rules, a payment above the limit by as many as its policy
        asks, who agree to the very call, with its reason and document, in the open and after a delay.
@dev    Immutable, and nobody's: members, policies and limits change by its own call alone, so by the
        policy for that, and never so that a policy is out of reach. A call that was proposed is known
        by its hash; agreements are counted when it is carried out, by the members and the policy of
        then. A member who is a contract cannot sign and calls `approve`.
"""

from modules import policies
from modules import signatures

initializes: policies

struct Signature:
    signer: address
    # UTC seconds
    deadline: uint256
    v: uint8
    r: bytes32
    s: bytes32

struct Call:
    target: address
    data: Bytes[DATA_MAX]
    # Tells apart calls that are otherwise the same.
    salt: bytes32
    # Why, in the issuer's own list of codes, and the hash of the document that says so.
    code: uint256
    document: bytes32

event Acted:
    by: indexed(address)
    target: indexed(address)
    selector: indexed(bytes4)

event Proposed:
    id: indexed(bytes32)
    by: indexed(address)
    call: Call

event Approved:
    id: indexed(bytes32)
    by: indexed(address)

event Revoked:
    id: indexed(bytes32)
    by: indexed(address)

event Executed:
    id: indexed(bytes32)
    by: indexed(address)

APPROVAL: constant(bytes32) = keccak256(
    "Approval(address target,bytes data,bytes32 salt,uint256 code,bytes32 document,uint256 number,uint256 deadline)"
)
DATA_MAX: constant(uint256) = 32_768
CODE_MAX: constant(uint256) = 65_535
# A proposal lapses so many seconds after it was made.
LIFE_S: constant(uint256) = 90 * 86_400
TIME: constant(uint256) = 2**40 - 1
READY_AT: constant(uint256) = 40
EXECUTED: constant(uint256) = 1 << 80
NUMBER_AT: constant(uint256) = 128

# id -> when it was proposed 0..39 | since when it has had the signatures it needs 40..79 | executed 80
proposals: HashMap[bytes32, uint256]
# id -> member -> 0: does not agree, else how often he had left when he agreed, plus one 0..127
# | how often he changed his mind 128..255
approvals: HashMap[bytes32, HashMap[address, uint256]]


@deploy
def __init__(
    members: DynArray[policies.Member, policies.MEMBERS_MAX],
    settings: DynArray[policies.Setting, policies.SETTINGS_MAX],
    alike: DynArray[policies.Alike, policies.SETTINGS_MAX],
    limits: DynArray[policies.Limit, policies.LIMITS_MAX],
):
    """
    @param settings one of them for what no other policy names
    @param alike    functions, of whatever contract, that have the policy of one of the settings: so all
                    of them fit into the code of one creation (EIP-3860)
    """
    for a: policies.Alike in alike:
        assert a.place < len(settings), "setting-unknown"
        policies._set_policy(
            policies.Setting(
                target=empty(address), selector=a.selector, policy=settings[a.place].policy
            )
        )
    policies._set(members, settings, limits)


# --- act


@external
def act(target: address, data: Bytes[DATA_MAX]):
    """
    @notice Do what one member may do alone, at once.
    """
    groups: uint256 = self._groups(msg.sender)
    assert len(data) >= 4, "call-data-too-short"
    selector: bytes4 = convert(slice(data, 0, 4), bytes4)
    key: uint256 = policies._key_for(target, selector)
    word: uint256 = policies.words[key]
    if not (policies._is_immediate(word) and policies._fulfils(word, 1, groups)):
        words: DynArray[uint256, policies.AT_MAX] = []
        for i: uint256 in range(policies.AT_MAX):
            if len(data) < 36 + 32 * i:
                break
            words.append(extract32(data, 4 + 32 * i, output_type=uint256))
        policies._pay_small(key, word, target, words, 1, groups)
    log Acted(by=msg.sender, target=target, selector=selector)
    assert target.is_contract, "no-code"
    self._check_answer(word, raw_call(target, data, max_outsize=32))


@external
def propose(call: Call) -> bytes32:
    """
    @notice Propose a call, which the proposer agrees to. Returns its id.
    """
    self._groups(msg.sender)
    assert call.code <= CODE_MAX, "reason-code-out-of-range"
    assert len(call.data) >= 4, "call-data-too-short"
    selector: bytes4 = convert(slice(call.data, 0, 4), bytes4)
    word: uint256 = policies.words[policies._key_for(call.target, selector)]
    if word & policies.DOCUMENTED != 0:
        assert call.code != 0, "reason-code-out-of-range"
        assert call.document != empty(bytes32), "reason-without-document"
    id: bytes32 = self._id(call.target, keccak256(call.data), call.salt, call.code, call.document)
    assert self.proposals[id] == 0, "proposed-already"
    self.proposals[id] = block.timestamp
    log Proposed(id=id, by=msg.sender, call=call)
    self._approve(id, word, msg.sender)
    return id


@external
def approve(call: Call):
    """
    @notice Agree to a call that was proposed.
    """
    self._groups(msg.sender)
    assert len(call.data) >= 4, "call-data-too-short"
    selector: bytes4 = convert(slice(call.data, 0, 4), bytes4)
    id: bytes32 = self._id(call.target, keccak256(call.data), call.salt, call.code, call.document)
    self._approve(id, policies.words[policies._key_for(call.target, selector)], msg.sender)


@external
def approveSigned(call: Call, signed: Signature):
    """
    @notice `approve` for a member who signed that he does. Anybody may submit it and pay the gas.
    """
    self._groups(signed.signer)
    assert len(call.data) >= 4, "call-data-too-short"
    selector: bytes4 = convert(slice(call.data, 0, 4), bytes4)
    data: bytes32 = keccak256(call.data)
    id: bytes32 = self._id(call.target, data, call.salt, call.code, call.document)
    number: uint256 = self.approvals[id][signed.signer] >> NUMBER_AT
    assert block.timestamp <= signed.deadline, "signature-expired"
    message: bytes32 = keccak256(
        abi_encode(
            APPROVAL,
            call.target,
            data,
            call.salt,
            call.code,
            call.document,
            number,
            signed.deadline,
        )
    )
    signer: address = signatures._signer(message, 0, signed.v, signed.r, signed.s)
    assert signer == signed.signer, "signature-invalid"
    self._approve(id, policies.words[policies._key_for(call.target, selector)], signer)


@external
def revoke(call: Call):
    """
    @notice Agree no longer.
    """
    assert len(call.data) >= 4, "call-data-too-short"
    selector: bytes4 = convert(slice(call.data, 0, 4), bytes4)
    id: bytes32 = self._id(call.target, keccak256(call.data), call.salt, call.code, call.document)
    self._only_open(id)
    assert self._agrees(id, msg.sender), "not-approved"
    self.approvals[id][msg.sender] = ((self.approvals[id][msg.sender] >> NUMBER_AT) + 1) << NUMBER_AT
    log Revoked(id=id, by=msg.sender)
    count: uint256 = 0
    groups: uint256 = 0
    count, groups = self._agreed(id)
    if not policies._fulfils(policies.words[policies._key_for(call.target, selector)], count, groups):
        self.proposals[id] &= TIME


@external
def execute(call: Call):
    """
    @notice Carry out a call that as many as needed agree to and whose delay is over. By a member.
    """
    self._groups(msg.sender)
    assert len(call.data) >= 4, "call-data-too-short"
    selector: bytes4 = convert(slice(call.data, 0, 4), bytes4)
    id: bytes32 = self._id(call.target, keccak256(call.data), call.salt, call.code, call.document)
    self._only_open(id)
    key: uint256 = policies._key_for(call.target, selector)
    word: uint256 = policies.words[key]
    count: uint256 = 0
    groups: uint256 = 0
    count, groups = self._agreed(id)
    if policies._fulfils(word, count, groups):
        if word & policies.DOCUMENTED != 0:
            assert call.document != empty(bytes32), "reason-without-document"
        ready_at: uint256 = (self.proposals[id] >> READY_AT) & TIME
        # The policy may have become another one since: its delay begins when somebody agrees anew.
        assert ready_at != 0, "signatures-needed"
        assert block.timestamp >= ready_at + policies._delay(word), "delay-not-over"
    else:
        words: DynArray[uint256, policies.AT_MAX] = []
        for i: uint256 in range(policies.AT_MAX):
            if len(call.data) < 36 + 32 * i:
                break
            words.append(extract32(call.data, 4 + 32 * i, output_type=uint256))
        policies._pay_small(key, word, call.target, words, count, groups)
    self.proposals[id] |= EXECUTED
    log Executed(id=id, by=msg.sender)
    assert call.target.is_contract, "no-code"
    self._check_answer(word, raw_call(call.target, call.data, max_outsize=32))


@external
@reentrant
def change(
    members: DynArray[policies.Member, policies.MEMBERS_MAX],
    settings: DynArray[policies.Setting, policies.SETTINGS_MAX],
    limits: DynArray[policies.Limit, policies.LIMITS_MAX],
):
    """
    @notice Set members (without groups: removed), policies (without signatures: removed) and limits;
            those not named stay. By the council itself alone, so as its policy for this asks.
    """
    assert msg.sender == self, "not-the-council"
    policies._set(members, settings, limits)


# --- views


@external
@view
@reentrant
def members() -> DynArray[policies.Member, policies.MEMBERS_MAX]:
    """
    @notice Who belongs to it, and to which groups.
    """
    found: DynArray[policies.Member, policies.MEMBERS_MAX] = []
    for member: address in policies.members:
        found.append(policies.Member(wallet=member, groups=policies.groups[member]))
    return found


@external
@view
@reentrant
def policyFor(target: address, selector: bytes4) -> policies.Policy:
    """
    @notice The policy that a function of a contract is subject to.
    """
    return policies._policy(policies._key_for(target, selector))


@external
@view
@reentrant
def settings() -> DynArray[policies.Setting, policies.SETTINGS_MAX]:
    """
    @notice All policies, as they were set.
    """
    found: DynArray[policies.Setting, policies.SETTINGS_MAX] = []
    for key: uint256 in policies.keys:
        found.append(
            policies.Setting(
                target=convert(key >> 32, address),
                selector=convert(convert(key & 2**32 - 1, uint32), bytes4),
                policy=policies._policy(key),
            )
        )
    return found


@external
@view
@reentrant
def limitOf(money: address) -> (uint256, uint256):
    """
    @notice What may be moved of a currency within a day as a small payment, and what was today.
    """
    return policies.limits[money], policies.moved[money][policies._today()]


@external
@view
@reentrant
def mayActAlone(member: address, target: address, data: Bytes[DATA_MAX]) -> bool:
    """
    @notice Whether `act` by this member would pass as things stand, whatever the contract called says.
    """
    groups: uint256 = policies.groups[member]
    if groups == 0:
        return False
    assert len(data) >= 4, "call-data-too-short"
    selector: bytes4 = convert(slice(data, 0, 4), bytes4)
    key: uint256 = policies._key_for(target, selector)
    word: uint256 = policies.words[key]
    if policies._is_immediate(word) and policies._fulfils(word, 1, groups):
        return True
    if (word >> policies.AMOUNT_AT) & policies.AT == 0:
        return False
    money: address = empty(address)
    units: uint256 = 0
    words: DynArray[uint256, policies.AT_MAX] = []
    for i: uint256 in range(policies.AT_MAX):
        if len(data) < 36 + 32 * i:
            break
        words.append(extract32(data, 4 + 32 * i, output_type=uint256))
    money, units = policies._payment(key, word, target, words)
    return policies._fulfils(word >> policies.SMALL, 1, groups) and policies._is_small(money, units)


@external
@view
@reentrant
def proposalOf(id: bytes32) -> (uint256, uint256, bool, DynArray[address, policies.MEMBERS_MAX]):
    """
    @notice When it was proposed, since when it has had the signatures it needs (0: it has not), in UTC
            seconds; whether it was executed; the members who agree.
    """
    word: uint256 = self.proposals[id]
    agreed: DynArray[address, policies.MEMBERS_MAX] = []
    for member: address in policies.members:
        if self._agrees(id, member):
            agreed.append(member)
    return word & TIME, (word >> READY_AT) & TIME, word & EXECUTED != 0, agreed


@external
@view
@reentrant
def idOf(call: Call) -> bytes32:
    return self._id(call.target, keccak256(call.data), call.salt, call.code, call.document)


@external
@view
@reentrant
def numberOf(id: bytes32, member: address) -> uint256:
    """
    @notice How often a member changed his mind about a proposal: he signs that with his agreement.
    """
    return self.approvals[id][member] >> NUMBER_AT


@external
@view
@reentrant
def eip712Domain() -> (
    bytes1, String[10], String[78], uint256, address, bytes32, DynArray[uint256, 1]
):
    """
    @notice The domain of what members sign (ERC-5267).
    """
    return 0x0f, signatures.NAME, "1", chain.id, self, empty(bytes32), []


# --- inside


@internal
@view
def _groups(who: address) -> uint256:
    groups: uint256 = policies.groups[who]
    assert groups != 0, "not-a-member"
    return groups


@internal
@pure
def _id(target: address, data: bytes32, salt: bytes32, code: uint256, document: bytes32) -> bytes32:
    """
    @param data hash of the data of the call
    """
    return keccak256(abi_encode(target, data, salt, code, document))


@internal
@view
def _only_open(id: bytes32):
    word: uint256 = self.proposals[id]
    assert word != 0, "proposal-unknown"
    assert word & EXECUTED == 0, "executed-already"
    assert block.timestamp < (word & TIME) + LIFE_S, "proposal-lapsed"


@internal
@view
def _agrees(id: bytes32, member: address) -> bool:
    return self.approvals[id][member] & (2**NUMBER_AT - 1) == policies.left[member] + 1


@internal
@view
def _agreed(id: bytes32) -> (uint256, uint256):
    """
    @notice How many of those who are members now agree, and the groups that they belong to.
    """
    count: uint256 = 0
    groups: uint256 = 0
    for member: address in policies.members:
        if self._agrees(id, member):
            count += 1
            groups |= policies.groups[member]
    return count, groups


@internal
def _approve(id: bytes32, word: uint256, member: address):
    """
    @notice Note that a member agrees. When that makes up what the policy asks, the delay begins.
    """
    self._only_open(id)
    count: uint256 = 0
    groups: uint256 = 0
    count, groups = self._agreed(id)
    enough_before: bool = policies._fulfils(word, count, groups)
    if not self._agrees(id, member):
        number: uint256 = self.approvals[id][member] >> NUMBER_AT
        self.approvals[id][member] = number << NUMBER_AT | policies.left[member] + 1
        log Approved(id=id, by=member)
        count += 1
        groups |= policies.groups[member]
    proposal: uint256 = self.proposals[id]
    is_ready: bool = (proposal >> READY_AT) & TIME != 0
    if policies._fulfils(word, count, groups) and not (enough_before and is_ready):
        self.proposals[id] = (proposal & TIME) | block.timestamp << READY_AT


@internal
@pure
def _check_answer(word: uint256, answer: Bytes[32]):
    """
    @notice A payment must not answer no. What a contract refuses is refused for its reason before.
    """
    if (word >> policies.AMOUNT_AT) & policies.AT != 0 and len(answer) == 32:
        assert convert(answer, uint256) != 0, "cash-refused"
