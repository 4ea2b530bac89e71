# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Distributor
@license Apache-2.0
@notice Dividends, coupons, revenue shares, proceeds of a liquidation: an amount of money among the
        holders of a security, to the unit. A holder gets
            floor(amount * S_i / total) - floor(amount * S_(i-1) / total)
        where S is the running sum of units in a list of holders in the order of their wallets. The
        list is public, a fold of the security's logs; its root is declared as a Merkle-sum tree and
        may be challenged for a stated time before payment begins.
@dev    A distribution is stored as one word under the hash of all that defines it. Its money is kept
        apart: what it pays out is bounded by its amount, since the spans of two leaves never overlap
        and each is paid once.
"""

from interfaces import IRegistry
from interfaces import ISecurity
from modules import money
from modules import record
from modules import sum_tree

struct Announcement:
    security: address
    # Number of the record date of the security, 0: holdings are those of the logs at `record_at`.
    record_date: uint256
    # UTC seconds; who held then is paid.
    record_at: uint256
    # How long the root can be challenged.
    challenge_s: uint256
    # Wallets of the issuer himself, left out.
    treasury: DynArray[address, 16]
    # Salted hash of what was announced: the kind of payment, its reason, its terms.
    document: bytes32

struct Distribution:
    # Hash of the announcement.
    reference: bytes32
    registry: address
    cash: address
    # Who pays: gets what is withheld, refunded or left over.
    payer: address
    amount: uint256
    # UTC seconds after which what nobody claimed goes back to the payer; 0: never.
    expires_at: uint256
    # Root and sum of the list of holders, and how many they are; empty until they are known.
    root: bytes32
    total: uint256
    holders: uint256
    # Root of what is withheld of whom, in the same order, salted; empty if nothing is.
    withholding: bytes32

struct Leaf:
    index: uint256
    wallet: address
    units: uint256
    proof: DynArray[sum_tree.Step, sum_tree.DEPTH_MAX]

struct Withholding:
    amount: uint256
    salt: bytes32
    proof: DynArray[bytes32, sum_tree.DEPTH_MAX]

struct Page:
    # Place of the first holder in the list, a multiple of the size of the page.
    start: uint256
    wallets: DynArray[address, PAGE_MAX]
    units: DynArray[uint256, PAGE_MAX]
    proof: DynArray[sum_tree.Step, sum_tree.DEPTH_MAX]
    withheld: DynArray[uint256, PAGE_MAX]
    salts: DynArray[bytes32, PAGE_MAX]
    withholding_proof: DynArray[bytes32, sum_tree.DEPTH_MAX]

event Announced:
    id: indexed(bytes32)
    security: indexed(address)
    announcement: Announcement
    distribution: Distribution

event Published:
    id: indexed(bytes32)
    announced: indexed(bytes32)
    root: bytes32
    total: uint256
    holders: uint256
    withholding: bytes32

event Paid:
    id: indexed(bytes32)
    index: uint256
    receiver: address
    amount: uint256

event Withheld:
    id: indexed(bytes32)
    index: uint256
    amount: uint256

# Those paid of a page: one bit for each, from the first place of the page on.
event PagePaid:
    id: indexed(bytes32)
    start: uint256
    paid: uint256
    withheld: uint256

event Stopped:
    id: indexed(bytes32)
    by: indexed(address)
    code: uint256
    document: bytes32

event Challenged:
    id: indexed(bytes32)
    by: indexed(address)
    wallet: indexed(address)

event Expired:
    id: indexed(bytes32)
    amount: uint256

PAGE_MAX: constant(uint256) = 128

# Holders of one word of payments: one bit for each in 0..127, and what all of them got in 128..239.
WORD: constant(uint256) = 128
SPENT_AT: constant(uint256) = 128
AMOUNT_MAX: constant(uint256) = 2**112 - 1
HOLDERS_MAX: constant(uint256) = 2**19
WORDS_MAX: constant(uint256) = 4096

# State of a distribution: status 0..7 | payment opens at 8..47
ANNOUNCED: constant(uint256) = 1
PUBLISHED: constant(uint256) = 2
STOPPED: constant(uint256) = 3
EXPIRED: constant(uint256) = 4
STATUS: constant(uint256) = 255
OPENS_AT: constant(uint256) = 8
TIME_MAX: constant(uint256) = 2**40 - 1

CODE_MAX: constant(uint256) = 65535

states: HashMap[bytes32, uint256]
payments: HashMap[bytes32, HashMap[uint256, uint256]]


# --- announce and publish


@external
def announce(a: Announcement, d: Distribution) -> bytes32:
    """
    @notice Announce a distribution and hand over its money. With a root it is published at once;
            without one, holders are those of a record date ahead, set here where `record_date` names
            it. Returns its id.
    @dev    Only by an agent of the security, with his own money that he let this contract take.
    """
    return self._announce(a, d, False)


@external
def announceWithRecordDate(a: Announcement, d: Distribution) -> bytes32:
    """
    @notice `announce`, and set the record date on the security, for which it must have made this
            contract a recorder.
    """
    return self._announce(a, d, True)


@external
def publish(
    a: Announcement,
    d: Distribution,
    root: bytes32,
    total: uint256,
    holders: uint256,
    withholding: bytes32,
) -> bytes32:
    """
    @notice State the list of holders of a distribution that was announced without. Returns the id
            by which it goes on.
    """
    before: bytes32 = self._id(d)
    assert self.states[before] == ANNOUNCED, "not-announced"
    self._only_agent(a, d)
    assert block.timestamp >= a.record_at, "record-date-ahead"
    published: Distribution = d
    published.root = root
    published.total = total
    published.holders = holders
    published.withholding = withholding
    self.states[before] = 0
    id: bytes32 = self._id(published)
    assert self.states[id] == 0, "announced-already"
    self._publish(id, a, published)
    log Published(
        id=id,
        announced=before,
        root=root,
        total=total,
        holders=holders,
        withholding=withholding,
    )
    return id


# --- pay


@external
def claim(
    d: Distribution,
    index: uint256,
    units: uint256,
    proof: DynArray[sum_tree.Step, sum_tree.DEPTH_MAX],
) -> uint256:
    """
    @notice Pay the caller what his wallet is owed; returns that.
    """
    assert d.withholding == empty(bytes32), "withholding-proof-missing"
    id: bytes32 = self._id(d)
    assert not self._is_retired(d.registry, msg.sender), "wallet-retired"
    amount: uint256 = self._settle(id, d, index, msg.sender, units, proof)
    log Paid(id=id, index=index, receiver=msg.sender, amount=amount)
    assert self._pay(d.cash, msg.sender, amount), "cash-refused"
    return amount


@external
def claimFor(
    d: Distribution, leaf: Leaf, withholding: Withholding, receiver: address
) -> uint256:
    """
    @notice Pay what a wallet is owed, less what is withheld of it, to itself or to another wallet of
            the same investor: his lost wallet was recovered, say. By the receiver or the payer.
            Returns what he gets.
    """
    assert msg.sender == receiver or msg.sender == d.payer, "neither-receiver-nor-payer"
    id: bytes32 = self._id(d)
    self._only_investor(d.registry, leaf.wallet, receiver)
    amount: uint256 = self._settle(id, d, leaf.index, leaf.wallet, leaf.units, leaf.proof)
    if d.withholding != empty(bytes32):
        self._check_withheld(d, leaf, withholding)
    else:
        assert withholding.amount == 0, "nothing-is-withheld"
    assert withholding.amount <= amount, "withheld-more-than-owed"
    net: uint256 = amount - withholding.amount
    log Paid(id=id, index=leaf.index, receiver=receiver, amount=net)
    assert self._pay(d.cash, receiver, net), "cash-refused"
    if withholding.amount != 0:
        log Withheld(id=id, index=leaf.index, amount=withholding.amount)
        assert money._give(d.cash, d.payer, withholding.amount), "cash-refused"
    return net


@external
def push(d: Distribution, page: Page) -> uint256:
    """
    @notice Pay a page of the list. Whom the cash token refuses, or whose wallet was reported lost,
            is passed over and keeps his claim; who was paid is left out. Returns how many are paid.
    """
    assert msg.sender == d.payer, "not-payer"
    id: bytes32 = self._id(d)
    self._only_open(id)
    before: uint256 = self._place_page(d, page)
    withholds: bool = d.withholding != empty(bytes32)
    retired: uint256 = staticcall IRegistry(d.registry).retiredAmong(page.wallets)
    word: uint256 = self.payments[id][page.start // WORD]
    done: uint256 = (word >> (page.start % WORD)) | retired
    newly: uint256 = 0
    count: uint256 = 0
    spent: uint256 = 0
    withheld: uint256 = 0
    owed_before: uint256 = d.amount * before // d.total
    for i: uint256 in range(len(page.wallets), bound=PAGE_MAX):
        before += page.units[i]
        owed: uint256 = d.amount * before // d.total
        amount: uint256 = owed - owed_before
        owed_before = owed
        if (done >> i) & 1 != 0:
            continue
        kept: uint256 = 0
        if withholds:
            kept = page.withheld[i]
            assert kept <= amount, "withheld-more-than-owed"
        if self._pay(d.cash, page.wallets[i], amount - kept):
            newly |= 1 << i
            count = unsafe_add(count, 1)
            spent += amount
            withheld += kept
    if newly != 0:
        self.payments[id][page.start // WORD] = (word | (newly << (page.start % WORD))) + (
            spent << SPENT_AT
        )
        log PagePaid(id=id, start=page.start, paid=newly, withheld=withheld)
    assert self._pay(d.cash, d.payer, withheld), "cash-refused"
    return count


@external
def expire(d: Distribution) -> uint256:
    """
    @notice Give back to the payer what nobody claimed until the distribution expired; returns that.
    """
    id: bytes32 = self._id(d)
    state: uint256 = self.states[id]
    assert state & STATUS == PUBLISHED, "not-published"
    assert d.expires_at != 0 and block.timestamp >= d.expires_at, "not-expired"
    left: uint256 = d.amount
    for i: uint256 in range((d.holders + WORD - 1) // WORD, bound=WORDS_MAX):
        left -= self.payments[id][i] >> SPENT_AT
    self.states[id] = EXPIRED
    log Expired(id=id, amount=left)
    assert self._pay(d.cash, d.payer, left), "cash-refused"
    return left


# --- stop what is wrong


@external
def stop(a: Announcement, d: Distribution, code: uint256, document: bytes32):
    """
    @notice Stop a distribution before payment begins, for a stated reason; its money goes back.
            By an agent or an officer of the security.
    """
    assert keccak256(abi_encode(a)) == d.reference, "announcement-differs"
    if not staticcall ISecurity(a.security).isOfficer(msg.sender):
        assert staticcall ISecurity(a.security).isAgent(msg.sender), "neither-officer-nor-agent"
    assert code != 0 and code <= CODE_MAX, "reason-code-out-of-range"
    assert document != empty(bytes32), "reason-without-document"
    id: bytes32 = self._id(d)
    self._only_before_payment(id)
    log Stopped(id=id, by=msg.sender, code=code, document=document)
    self._give_back(id, d)


@external
def challenge(a: Announcement, d: Distribution, leaf: Leaf):
    """
    @notice Stop a distribution by showing that the list has a holder wrong who is on it: his units
            are not those of the record date, or he is the issuer. Anybody may.
    """
    id: bytes32 = self._challenged(a, d)
    self._place(d, leaf.index, leaf.wallet, leaf.units, leaf.proof)
    wrong: bool = leaf.wallet in a.treasury
    if not wrong:
        wrong = leaf.units != staticcall ISecurity(a.security).balanceOfAt(
            leaf.wallet, a.record_date
        )
    assert wrong, "list-not-shown-wrong"
    log Challenged(id=id, by=msg.sender, wallet=leaf.wallet)
    self._give_back(id, d)


@external
def challengeOrder(
    a: Announcement, d: Distribution, left: Leaf, right: Leaf, missing: address
):
    """
    @notice Stop a distribution by showing two neighbours of the list that are out of order, or
            between whom a holder is missing. Anybody may.
    @param right   the place after that of `left`, which may be empty
    @param missing who held units at the record date; not looked at if the order is wrong
    """
    id: bytes32 = self._challenged(a, d)
    self._place(d, left.index, left.wallet, left.units, left.proof)
    self._place(d, right.index, right.wallet, right.units, right.proof)
    assert right.index == left.index + 1, "not-neighbours"
    wrong: bool = False
    if right.wallet != empty(address):
        wrong = convert(left.wallet, uint256) >= convert(right.wallet, uint256)
        wrong = wrong or left.wallet == empty(address)
        if not wrong:
            assert convert(missing, uint256) < convert(right.wallet, uint256), "not-between"
    if not wrong:
        assert left.wallet != empty(address), "not-between"
        assert convert(missing, uint256) > convert(left.wallet, uint256), "not-between"
        wrong = self._was_left_out(a, missing)
    assert wrong, "list-not-shown-wrong"
    log Challenged(id=id, by=msg.sender, wallet=missing)
    self._give_back(id, d)


@external
def challengeEnd(a: Announcement, d: Distribution, leaf: Leaf, missing: address):
    """
    @notice `challengeOrder` for who is missing before the first place or after the last one.
    """
    id: bytes32 = self._challenged(a, d)
    self._place(d, leaf.index, leaf.wallet, leaf.units, leaf.proof)
    assert leaf.wallet != empty(address), "not-at-an-end"
    if convert(missing, uint256) < convert(leaf.wallet, uint256):
        assert leaf.index == 0, "not-at-an-end"
    else:
        assert missing != leaf.wallet, "not-between"
        assert leaf.index + 1 == 1 << len(leaf.proof), "not-at-an-end"
    assert self._was_left_out(a, missing), "list-not-shown-wrong"
    log Challenged(id=id, by=msg.sender, wallet=missing)
    self._give_back(id, d)


# --- views


@external
@view
@reentrant
def idOf(d: Distribution) -> bytes32:
    return self._id(d)


@external
@view
@reentrant
def stateOf(id: bytes32) -> (uint256, uint256):
    """
    @notice Status (0 unknown, 1 announced, 2 published, 3 stopped, 4 expired), and when payment
            opens, in UTC seconds.
    """
    state: uint256 = self.states[id]
    return state & STATUS, state >> OPENS_AT


@external
@view
@reentrant
def paymentsOf(id: bytes32, word: uint256) -> (uint256, uint256):
    """
    @notice Which of the 128 holders from place `128 * word` on were paid, one bit for each, and what
            all of them got, withheld or not.
    """
    payments: uint256 = self.payments[id][word]
    return payments & (2**WORD - 1), payments >> SPENT_AT


# --- inside


@internal
@pure
def _id(d: Distribution) -> bytes32:
    return keccak256(abi_encode(d))


@internal
@view
def _only_agent(a: Announcement, d: Distribution):
    assert keccak256(abi_encode(a)) == d.reference, "announcement-differs"
    assert staticcall IRegistry(d.registry).isAgent(msg.sender), "not-agent"
    assert staticcall IRegistry(d.registry).isBound(a.security), "not-a-bound-token"


@internal
def _announce(a: Announcement, d: Distribution, sets_date: bool) -> bytes32:
    self._only_agent(a, d)
    assert d.payer == msg.sender, "not-payer"
    assert d.amount != 0 and d.amount <= AMOUNT_MAX, "amount-out-of-range"
    assert a.challenge_s <= TIME_MAX and a.record_at <= TIME_MAX, "time-too-large"
    id: bytes32 = self._id(d)
    assert self.states[id] == 0, "announced-already"
    self.states[id] = ANNOUNCED
    if sets_date:
        date: uint256 = extcall ISecurity(a.security).setRecordDate(a.record_at)
        assert date == a.record_date, "record-date-differs"
    log Announced(id=id, security=a.security, announcement=a, distribution=d)
    if d.root == empty(bytes32):
        assert d.total == 0 and d.holders == 0, "list-without-root"
        assert d.withholding == empty(bytes32), "list-without-root"
    else:
        assert block.timestamp >= a.record_at, "record-date-ahead"
        self._publish(id, a, d)
    money._take(d.cash, msg.sender, d.amount)
    return id


@internal
def _publish(id: bytes32, a: Announcement, d: Distribution):
    assert d.root != empty(bytes32), "list-without-root"
    assert d.total != 0 and d.total <= sum_tree.UNITS_MAX, "total-out-of-range"
    assert d.holders != 0 and d.holders <= HOLDERS_MAX, "too-many-holders"
    if a.record_date != 0:
        assert d.total == self._total_at(a), "total-differs"
    self.states[id] = PUBLISHED | ((block.timestamp + a.challenge_s) << OPENS_AT)


@internal
@view
def _total_at(a: Announcement) -> uint256:
    """
    @notice Units of all but the issuer at the record date.
    """
    total: uint256 = staticcall ISecurity(a.security).totalSupplyAt(a.record_date)
    for wallet: address in a.treasury:
        total -= staticcall ISecurity(a.security).balanceOfAt(wallet, a.record_date)
    return total


@internal
@view
def _only_open(id: bytes32):
    """
    @notice Refuse a distribution that is not to be paid now.
    """
    state: uint256 = self.states[id]
    assert state & STATUS == PUBLISHED, "not-published"
    assert block.timestamp >= state >> OPENS_AT, "not-open-yet"


@internal
@view
def _only_before_payment(id: bytes32):
    state: uint256 = self.states[id]
    if state != ANNOUNCED:
        assert state & STATUS == PUBLISHED, "not-published"
        assert block.timestamp < state >> OPENS_AT, "open-already"


@internal
@view
def _is_retired(registry: address, wallet: address) -> bool:
    return (staticcall IRegistry(registry).statedRecordOf(wallet))[0] & record.RETIRED != 0


@internal
@view
def _only_investor(registry: address, owed: address, receiver: address):
    """
    @notice Refuse a receiver that is not the wallet owed, or another of the same investor, in use.
    """
    word: uint256 = 0
    home: address = empty(address)
    word, home = staticcall IRegistry(registry).statedRecordOf(receiver)
    assert word & record.RETIRED == 0, "wallet-retired"
    if receiver != owed:
        assert (staticcall IRegistry(registry).statedRecordOf(owed))[1] == home, "not-the-holder"


@internal
@pure
def _place(
    d: Distribution,
    index: uint256,
    wallet: address,
    units: uint256,
    proof: DynArray[sum_tree.Step, sum_tree.DEPTH_MAX],
) -> uint256:
    """
    @notice Check that a holder stands in the list where it is said; returns the units before him.
    """
    hash: bytes32 = empty(bytes32)
    if wallet != empty(address) or units != 0:
        hash = sum_tree._leaf(wallet, units)
    place: sum_tree.Place = sum_tree._climb(hash, units, index, proof)
    assert place.hash == d.root and place.sum == d.total, "proof-wrong"
    return place.before


@internal
def _settle(
    id: bytes32,
    d: Distribution,
    index: uint256,
    wallet: address,
    units: uint256,
    proof: DynArray[sum_tree.Step, sum_tree.DEPTH_MAX],
) -> uint256:
    """
    @notice Note that a holder gets what he is owed; returns that.
    """
    self._only_open(id)
    assert index < d.holders, "place-beyond-the-list"
    before: uint256 = self._place(d, index, wallet, units, proof)
    word: uint256 = self.payments[id][index // WORD]
    bit: uint256 = 1 << (index % WORD)
    assert word & bit == 0, "paid-already"
    amount: uint256 = d.amount * (before + units) // d.total - d.amount * before // d.total
    self.payments[id][index // WORD] = (word | bit) + (amount << SPENT_AT)
    return amount


@internal
def _pay(cash: address, receiver: address, amount: uint256) -> bool:
    return True if amount == 0 else money._give(cash, receiver, amount)


@internal
@pure
def _check_withheld(d: Distribution, leaf: Leaf, w: Withholding):
    assert len(w.proof) == len(leaf.proof), "withholding-proof-wrong"
    hash: bytes32 = keccak256(abi_encode(w.salt, leaf.wallet, w.amount))
    assert self._climbed(hash, leaf.index, w.proof) == d.withholding, "withholding-proof-wrong"


@internal
@pure
def _climbed(
    start: bytes32, index: uint256, proof: DynArray[bytes32, sum_tree.DEPTH_MAX]
) -> bytes32:
    hash: bytes32 = start
    rest: uint256 = index
    for step: bytes32 in proof:
        if rest & 1 == 0:
            hash = keccak256(concat(hash, step))
        else:
            hash = keccak256(concat(step, hash))
        rest = rest >> 1
    return hash


@internal
@pure
def _place_page(d: Distribution, page: Page) -> uint256:
    """
    @notice Check that a page stands in the list where it says; returns the units before it.
    """
    count: uint256 = len(page.wallets)
    assert count != 0 and count == len(page.units), "lengths-differ"
    size: uint256 = 1
    height: uint256 = 0
    for i: uint256 in range(7):
        if size >= count:
            break
        size = size << 1
        height += 1
    assert page.start % size == 0, "page-not-aligned"
    assert page.start + count <= d.holders, "place-beyond-the-list"
    hashes: bytes32[PAGE_MAX] = empty(bytes32[PAGE_MAX])
    sums: uint256[PAGE_MAX] = empty(uint256[PAGE_MAX])
    for i: uint256 in range(count, bound=PAGE_MAX):
        assert page.units[i] <= sum_tree.UNITS_MAX, "proof-wrong"
        hashes[i] = sum_tree._leaf(page.wallets[i], page.units[i])
        sums[i] = page.units[i]
    width: uint256 = size
    for level: uint256 in range(7):
        if width == 1:
            break
        width = width >> 1
        for i: uint256 in range(width, bound=PAGE_MAX):
            at: uint256 = unsafe_mul(i, 2)
            hashes[i] = sum_tree._node(
                hashes[at], sums[at], hashes[unsafe_add(at, 1)], sums[unsafe_add(at, 1)]
            )
            sums[i] = unsafe_add(sums[at], sums[unsafe_add(at, 1)])
    place: sum_tree.Place = sum_tree._climb(hashes[0], sums[0], page.start >> height, page.proof)
    assert place.hash == d.root and place.sum == d.total, "proof-wrong"
    if d.withholding != empty(bytes32):
        self._check_withheld_of_page(d, page, size, height)
    else:
        assert len(page.withheld) == 0, "nothing-is-withheld"
    return place.before


@internal
@pure
def _check_withheld_of_page(d: Distribution, page: Page, size: uint256, height: uint256):
    count: uint256 = len(page.wallets)
    assert len(page.withheld) == count and len(page.salts) == count, "lengths-differ"
    assert len(page.withholding_proof) == len(page.proof), "withholding-proof-wrong"
    hashes: bytes32[PAGE_MAX] = empty(bytes32[PAGE_MAX])
    for i: uint256 in range(count, bound=PAGE_MAX):
        hashes[i] = keccak256(abi_encode(page.salts[i], page.wallets[i], page.withheld[i]))
    width: uint256 = size
    for level: uint256 in range(7):
        if width == 1:
            break
        width = width >> 1
        for i: uint256 in range(width, bound=PAGE_MAX):
            at: uint256 = unsafe_mul(i, 2)
            hashes[i] = keccak256(concat(hashes[at], hashes[unsafe_add(at, 1)]))
    found: bytes32 = self._climbed(hashes[0], page.start >> height, page.withholding_proof)
    assert found == d.withholding, "withholding-proof-wrong"


@internal
@view
def _challenged(a: Announcement, d: Distribution) -> bytes32:
    """
    @notice The id of a distribution that can be challenged with what the chain knows.
    """
    assert keccak256(abi_encode(a)) == d.reference, "announcement-differs"
    assert a.record_date != 0, "no-record-date"
    id: bytes32 = self._id(d)
    assert self.states[id] & STATUS == PUBLISHED, "not-published"
    self._only_before_payment(id)
    return id


@internal
@view
def _was_left_out(a: Announcement, wallet: address) -> bool:
    if wallet in a.treasury:
        return False
    return staticcall ISecurity(a.security).balanceOfAt(wallet, a.record_date) != 0


@internal
def _give_back(id: bytes32, d: Distribution):
    self.states[id] = STOPPED
    assert money._give(d.cash, d.payer, d.amount), "cash-refused"
