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
@dev    What stops a distribution, and what is left when it is over, is in `DistributorChallenges`,
        reached by delegate call over the same storage.
"""

from interfaces import IRegistry
from interfaces import ISecurity
from modules import distributions
from modules import money
from modules import onward
from modules import record
from modules import signatures
from modules import sum_tree

initializes: distributions
initializes: onward

exports: onward.__default__

struct Instruction:
    # 1 by bank, 2 reinvested
    means: uint256
    # UTC seconds
    valid_until: uint256
    v: uint8
    r: bytes32
    s: bytes32

struct Page:
    # Place of the first holder in the list, a multiple of the size of the page.
    start: uint256
    wallets: DynArray[address, distributions.PAGE_MAX]
    units: DynArray[uint256, distributions.PAGE_MAX]
    proof: DynArray[sum_tree.Step, sum_tree.DEPTH_MAX]
    withheld: DynArray[uint256, distributions.PAGE_MAX]
    salts: DynArray[bytes32, distributions.PAGE_MAX]
    withholding_proof: DynArray[bytes32, sum_tree.DEPTH_MAX]

INSTRUCTION: constant(bytes32) = keccak256(
    "PaymentInstruction(address wallet,address registry,uint256 means,uint256 validUntil,uint256 nonce)"
)


@deploy
def __init__(challenges: address):
    """
    @param challenges the second part, fixed for ever
    """
    onward.__init__(challenges, distributions.LAYOUT)


# --- announce and publish


@external
def announce(a: distributions.Announcement, d: distributions.Distribution) -> bytes32:
    """
    @notice Announce a distribution and hand over its money. With a root it is published at once;
            without one, holders are those of a record date ahead, set here where `record_date` names
            it. Returns its id.
    @dev    Only by an agent of the security (of its registry, where the chain knows no record date),
            with his own money that he let this contract take.
    """
    return self._announce(a, d, False)


@external
def announceWithRecordDate(a: distributions.Announcement, d: distributions.Distribution) -> bytes32:
    """
    @notice `announce`, and set the record date on the security, for which it must have made this
            contract a recorder.
    """
    return self._announce(a, d, True)


@external
def publish(
    a: distributions.Announcement,
    d: distributions.Distribution,
    root: bytes32,
    total: uint256,
    holders: uint256,
    withholding: bytes32,
) -> bytes32:
    """
    @notice State the list of holders of a distribution that was announced without. Returns the id
            by which it goes on.
    """
    before: bytes32 = distributions._id(d)
    assert distributions.states[before] == distributions.ANNOUNCED, "not-announced"
    self._only_agent(a, d)
    assert block.timestamp >= a.record_at, "record-date-ahead"
    published: distributions.Distribution = d
    published.root = root
    published.total = total
    published.holders = holders
    published.withholding = withholding
    distributions.states[before] = 0
    id: bytes32 = distributions._id(published)
    assert distributions.states[id] == 0, "announced-already"
    self._publish(id, a, published)
    log distributions.Published(
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
    d: distributions.Distribution,
    index: uint256,
    units: uint256,
    proof: DynArray[sum_tree.Step, sum_tree.DEPTH_MAX],
) -> uint256:
    """
    @notice Pay the caller what his wallet is owed; returns that.
    """
    assert d.withholding == empty(bytes32), "withholding-proof-missing"
    id: bytes32 = distributions._id(d)
    assert not self._is_retired(d.registry, msg.sender), "wallet-retired"
    amount: uint256 = self._settle(id, d, index, msg.sender, units, proof)
    log distributions.Paid(id=id, index=index, receiver=msg.sender, amount=amount)
    assert distributions._pay(d.cash, msg.sender, amount), "cash-refused"
    return amount


@external
def claimFor(
    d: distributions.Distribution, leaf: distributions.Leaf, withholding: distributions.Withholding, receiver: address
) -> uint256:
    """
    @notice Pay what a wallet is owed, less what is withheld of it, to itself or to another wallet of
            the same investor: his lost wallet was recovered, say. By the receiver or the payer.
            Returns what he gets.
    """
    assert msg.sender == receiver or msg.sender == d.payer, "neither-receiver-nor-payer"
    id: bytes32 = distributions._id(d)
    self._only_investor(d.registry, leaf.wallet, receiver)
    net: uint256 = self._settle_withheld(id, d, leaf, withholding)
    log distributions.Paid(id=id, index=leaf.index, receiver=receiver, amount=net)
    assert distributions._pay(d.cash, receiver, net), "cash-refused"
    return net


@external
def payElsewhere(
    d: distributions.Distribution, leaf: distributions.Leaf, withholding: distributions.Withholding, taken: uint256, i: Instruction
) -> uint256:
    """
    @notice Pay a holder who signed that he wants it otherwise: what is `taken` goes to the payer, who
            pays it by bank or reinvests it for him; the rest to his wallet. Returns the rest.
    """
    assert msg.sender == d.payer, "not-payer"
    assert block.timestamp <= i.valid_until, "instruction-expired"
    wallet: address = leaf.wallet
    message: bytes32 = keccak256(
        abi_encode(INSTRUCTION, wallet, d.registry, i.means, i.valid_until, distributions.nonces[wallet])
    )
    assert signatures._signer(message, 0, i.v, i.r, i.s) == wallet, "signature-invalid"
    assert not self._is_retired(d.registry, wallet), "wallet-retired"
    id: bytes32 = distributions._id(d)
    net: uint256 = self._settle_withheld(id, d, leaf, withholding)
    assert taken <= net, "taken-more-than-owed"
    log distributions.PaidElsewhere(id=id, index=leaf.index, means=i.means, amount=taken)
    log distributions.Paid(id=id, index=leaf.index, receiver=wallet, amount=net - taken)
    assert distributions._pay(d.cash, d.payer, taken), "cash-refused"
    assert distributions._pay(d.cash, wallet, net - taken), "cash-refused"
    return net - taken


@external
def withdrawInstructions():
    """
    @notice Make every instruction void that the caller's wallet has signed.
    """
    distributions.nonces[msg.sender] += 1
    log distributions.InstructionsWithdrawn(wallet=msg.sender)


@external
def push(d: distributions.Distribution, page: Page) -> uint256:
    """
    @notice Pay a page of the list. Whom the cash token refuses, or whose wallet was reported lost,
            is passed over and keeps his claim; who was paid is left out. Returns how many are paid.
    """
    assert msg.sender == d.payer, "not-payer"
    id: bytes32 = distributions._id(d)
    self._only_open(id)
    before: uint256 = self._place_page(d, page)
    withholds: bool = d.withholding != empty(bytes32)
    retired: uint256 = staticcall IRegistry(d.registry).retiredAmong(page.wallets)
    word: uint256 = distributions.payments[id][page.start // distributions.WORD]
    done: uint256 = (word >> (page.start % distributions.WORD)) | retired
    newly: uint256 = 0
    count: uint256 = 0
    spent: uint256 = 0
    withheld: uint256 = 0
    held: uint256 = money._held(d.cash)
    owed_before: uint256 = d.amount * before // d.total
    for i: uint256 in range(len(page.wallets), bound=distributions.PAGE_MAX):
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
        if distributions._pay(d.cash, page.wallets[i], amount - kept):
            newly |= 1 << i
            count = unsafe_add(count, 1)
            spent += amount
            withheld += kept
    if newly != 0:
        distributions.payments[id][page.start // distributions.WORD] = (word | (newly << (page.start % distributions.WORD))) + (
            spent << distributions.SPENT_AT
        )
        log distributions.PagePaid(id=id, start=page.start, paid=newly, withheld=withheld)
    owing: uint256 = distributions._give_to_payer(id, d, withheld)
    # A cash token that moves money and says that it did not, or the other way round, pays nobody so. Who
    # sends money back at once is paid by himself.
    assert money._held(d.cash) + spent == held + owing, "cash-not-whole"
    return count


# --- inside


@internal
@view
def _only_agent(a: distributions.Announcement, d: distributions.Distribution):
    assert keccak256(abi_encode(a)) == d.reference, "announcement-differs"
    if a.record_date != 0:
        # What acts on the security, or can be challenged by it, is for those whom it knows itself.
        assert staticcall ISecurity(a.security).isAgent(msg.sender), "not-agent"
    else:
        assert staticcall IRegistry(d.registry).isAgent(msg.sender), "not-agent"
        assert staticcall IRegistry(d.registry).isBound(a.security), "not-a-bound-token"


@internal
def _announce(a: distributions.Announcement, d: distributions.Distribution, sets_date: bool) -> bytes32:
    self._only_agent(a, d)
    assert d.payer == msg.sender, "not-payer"
    assert d.amount != 0 and d.amount <= distributions.AMOUNT_MAX, "amount-out-of-range"
    assert a.challenge_s <= distributions.TIME_MAX and a.record_at <= distributions.TIME_MAX, "time-too-large"
    id: bytes32 = distributions._id(d)
    assert distributions.states[id] == 0, "announced-already"
    distributions.states[id] = distributions.ANNOUNCED
    self._check_treasury(a)
    if sets_date:
        assert a.record_date != 0, "record-date-differs"
        assert a.record_at > block.timestamp, "record-date-passed"
        date: uint256 = extcall ISecurity(a.security).setRecordDate(a.record_at)
        assert date == a.record_date, "record-date-differs"
    log distributions.Announced(id=id, security=a.security, announcement=a, distribution=d)
    if d.root == empty(bytes32):
        assert d.total == 0 and d.holders == 0, "list-without-root"
        assert d.withholding == empty(bytes32), "list-without-root"
    else:
        assert block.timestamp >= a.record_at, "record-date-ahead"
        self._publish(id, a, d)
    money._take(d.cash, msg.sender, d.amount)
    return id


@internal
def _publish(id: bytes32, a: distributions.Announcement, d: distributions.Distribution):
    assert d.root != empty(bytes32), "list-without-root"
    assert d.total != 0 and d.total <= sum_tree.UNITS_MAX, "total-out-of-range"
    assert d.holders != 0 and d.holders <= distributions.HOLDERS_MAX, "too-many-holders"
    if a.record_date != 0:
        # A date withdrawn gives its number to the next one.
        at: uint256 = staticcall ISecurity(a.security).recordDateAt(a.record_date)
        assert at == a.record_at, "record-date-differs"
        assert staticcall ISecurity(a.security).identityRegistry() == d.registry, "registry-differs"
        assert d.total == self._total_at(a), "total-differs"
    assert d.expires_at == 0 or d.expires_at > block.timestamp + a.challenge_s, "expires-too-early"
    distributions.states[id] = distributions.PUBLISHED | ((block.timestamp + a.challenge_s) << distributions.OPENS_AT)


@internal
@pure
def _check_treasury(a: distributions.Announcement):
    """
    @notice Refuse wallets of the issuer that are not in order: none is named twice, none is empty.
    """
    before: uint256 = 0
    for wallet: address in a.treasury:
        assert convert(wallet, uint256) > before, "treasury-out-of-order"
        before = convert(wallet, uint256)


@internal
@view
def _total_at(a: distributions.Announcement) -> uint256:
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
    state: uint256 = distributions.states[id]
    assert state & distributions.STATUS == distributions.PUBLISHED, "not-published"
    # Payment waits for answers to holders who ask; demands stand above the time it opens.
    assert block.timestamp >= state >> distributions.OPENS_AT, "not-open-yet"


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
def _settle(
    id: bytes32,
    d: distributions.Distribution,
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
    before: uint256 = distributions._place(d, index, wallet, units, proof)
    word: uint256 = distributions.payments[id][index // distributions.WORD]
    bit: uint256 = 1 << (index % distributions.WORD)
    assert word & bit == 0, "paid-already"
    amount: uint256 = d.amount * (before + units) // d.total - d.amount * before // d.total
    distributions.payments[id][index // distributions.WORD] = (word | bit) + (amount << distributions.SPENT_AT)
    return amount


@internal
def _settle_withheld(
    id: bytes32, d: distributions.Distribution, leaf: distributions.Leaf, withholding: distributions.Withholding
) -> uint256:
    """
    @notice `_settle`, and give the payer what is withheld; returns what is left.
    """
    amount: uint256 = self._settle(id, d, leaf.index, leaf.wallet, leaf.units, leaf.proof)
    if d.withholding != empty(bytes32):
        self._check_withheld(d, leaf, withholding)
    else:
        assert withholding.amount == 0, "nothing-is-withheld"
    assert withholding.amount <= amount, "withheld-more-than-owed"
    if withholding.amount != 0:
        log distributions.Withheld(id=id, index=leaf.index, amount=withholding.amount)
        distributions._give_to_payer(id, d, withholding.amount)
    return amount - withholding.amount


@internal
@pure
def _check_withheld(d: distributions.Distribution, leaf: distributions.Leaf, w: distributions.Withholding):
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
def _place_page(d: distributions.Distribution, page: Page) -> uint256:
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
    hashes: bytes32[distributions.PAGE_MAX] = empty(bytes32[distributions.PAGE_MAX])
    sums: uint256[distributions.PAGE_MAX] = empty(uint256[distributions.PAGE_MAX])
    for i: uint256 in range(count, bound=distributions.PAGE_MAX):
        assert page.units[i] <= sum_tree.UNITS_MAX, "proof-wrong"
        hashes[i] = sum_tree._leaf(page.wallets[i], page.units[i])
        sums[i] = page.units[i]
    width: uint256 = size
    for level: uint256 in range(7):
        if width == 1:
            break
        width = width >> 1
        for i: uint256 in range(width, bound=distributions.PAGE_MAX):
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
def _check_withheld_of_page(d: distributions.Distribution, page: Page, size: uint256, height: uint256):
    count: uint256 = len(page.wallets)
    assert len(page.withheld) == count and len(page.salts) == count, "lengths-differ"
    assert len(page.withholding_proof) == len(page.proof), "withholding-proof-wrong"
    hashes: bytes32[distributions.PAGE_MAX] = empty(bytes32[distributions.PAGE_MAX])
    for i: uint256 in range(count, bound=distributions.PAGE_MAX):
        hashes[i] = keccak256(abi_encode(page.salts[i], page.wallets[i], page.withheld[i]))
    width: uint256 = size
    for level: uint256 in range(7):
        if width == 1:
            break
        width = width >> 1
        for i: uint256 in range(width, bound=distributions.PAGE_MAX):
            at: uint256 = unsafe_mul(i, 2)
            hashes[i] = keccak256(concat(hashes[at], hashes[unsafe_add(at, 1)]))
    found: bytes32 = self._climbed(hashes[0], page.start >> height, page.withholding_proof)
    assert found == d.withholding, "withholding-proof-wrong"
