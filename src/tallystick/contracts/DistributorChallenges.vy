# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Distributor, second part: what is wrong, what is over
@license Apache-2.0
@notice Stops a distribution before it is paid: by an officer for a reason, or by anybody who shows that
        its list is not that of the record date. Reached from `Distributor` by delegate call.
@dev    Called directly it finds its own storage empty.
"""

from interfaces import ISecurity
from modules import distributions
from modules import money
from modules import sum_tree

initializes: distributions

# However short the time for challenges is, a holder is answered within this.
ANSWER_LEAST_S: constant(uint256) = 86_400

# --- stop what is wrong


@external
def stop(a: distributions.Announcement, d: distributions.Distribution, code: uint256, document: bytes32):
    """
    @notice Stop a distribution before payment begins, for a stated reason; its money goes back.
            By an agent or an officer of the security.
    """
    assert keccak256(abi_encode(a)) == d.reference, "announcement-differs"
    if not staticcall ISecurity(a.security).isOfficer(msg.sender):
        assert staticcall ISecurity(a.security).isAgent(msg.sender), "neither-officer-nor-agent"
    assert code != 0 and code <= distributions.CODE_MAX, "reason-code-out-of-range"
    assert document != empty(bytes32), "reason-without-document"
    id: bytes32 = distributions._id(d)
    distributions._only_before_payment(id)
    log distributions.Stopped(id=id, by=msg.sender, code=code, document=document)
    distributions._give_back(id, d)


@external
def challenge(a: distributions.Announcement, d: distributions.Distribution, leaf: distributions.Leaf):
    """
    @notice Stop a distribution by showing that the list has a holder wrong who is on it: his units
            are not those of the record date, he is the issuer, or he stands beyond its end. Anybody
            may.
    """
    id: bytes32 = self._challenged(a, d)
    distributions._place(d, leaf.index, leaf.wallet, leaf.units, leaf.proof)
    assert leaf.wallet != empty(address), "list-not-shown-wrong"
    wrong: bool = leaf.wallet in a.treasury or leaf.index >= d.holders
    if not wrong:
        wrong = leaf.units != staticcall ISecurity(a.security).balanceOfAt(
            leaf.wallet, a.record_date
        )
    assert wrong, "list-not-shown-wrong"
    log distributions.Challenged(id=id, by=msg.sender, wallet=leaf.wallet)
    distributions._give_back(id, d)


@external
def challengeOrder(
    a: distributions.Announcement, d: distributions.Distribution, left: distributions.Leaf, right: distributions.Leaf, missing: address
):
    """
    @notice Stop a distribution by showing two neighbours of the list that are out of order, or
            between whom a holder is missing. Anybody may.
    @param right   the place after that of `left`, which may be empty
    @param missing who held units at the record date; not looked at if the order is wrong
    """
    id: bytes32 = self._challenged(a, d)
    distributions._place(d, left.index, left.wallet, left.units, left.proof)
    distributions._place(d, right.index, right.wallet, right.units, right.proof)
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
    log distributions.Challenged(id=id, by=msg.sender, wallet=missing)
    distributions._give_back(id, d)


@external
def challengeEnd(a: distributions.Announcement, d: distributions.Distribution, leaf: distributions.Leaf, missing: address):
    """
    @notice `challengeOrder` for who is missing before the first place or after the last one.
    """
    id: bytes32 = self._challenged(a, d)
    distributions._place(d, leaf.index, leaf.wallet, leaf.units, leaf.proof)
    assert leaf.wallet != empty(address), "not-at-an-end"
    if convert(missing, uint256) < convert(leaf.wallet, uint256):
        assert leaf.index == 0, "not-at-an-end"
    else:
        assert missing != leaf.wallet, "not-between"
        assert leaf.index + 1 == 1 << len(leaf.proof), "not-at-an-end"
    assert self._was_left_out(a, missing), "list-not-shown-wrong"
    log distributions.Challenged(id=id, by=msg.sender, wallet=missing)
    distributions._give_back(id, d)


# --- ask where one stands


@external
def demand(a: distributions.Announcement, d: distributions.Distribution):
    """
    @notice Ask to be shown one's place in the list: nobody can show the place of somebody else where the
            list was not made public, or has something there that is no holder. By whoever held units at
            the record date, before payment begins, which waits for the answer.
    """
    id: bytes32 = self._challenged(a, d)
    assert self._was_left_out(a, msg.sender), "not-a-holder"
    assert distributions.demands[id][msg.sender] == 0, "demanded-already"
    until: uint256 = block.timestamp + max(a.challenge_s, ANSWER_LEAST_S)
    state: uint256 = distributions.states[id]
    opens: uint256 = max((state >> distributions.OPENS_AT) & distributions.TIME_MAX, until)
    count: uint256 = (state >> distributions.DEMANDS_AT) + 1
    distributions.states[id] = (
        distributions.PUBLISHED
        | (opens << distributions.OPENS_AT)
        | (count << distributions.DEMANDS_AT)
    )
    distributions.demands[id][msg.sender] = until
    log distributions.Demanded(id=id, wallet=msg.sender, until=until)


@external
def answer(d: distributions.Distribution, leaf: distributions.Leaf):
    """
    @notice Show where a holder stands who asked. Anybody may; that it is wrong can be challenged.
    """
    id: bytes32 = distributions._id(d)
    assert distributions.demands[id][leaf.wallet] > 1, "not-demanded"
    assert distributions.states[id] & distributions.STATUS == distributions.PUBLISHED, "not-published"
    distributions._place(d, leaf.index, leaf.wallet, leaf.units, leaf.proof)
    assert leaf.index < d.holders, "place-beyond-the-list"
    distributions.demands[id][leaf.wallet] = 1
    distributions.states[id] -= 1 << distributions.DEMANDS_AT
    log distributions.Answered(id=id, wallet=leaf.wallet)


@external
def stopUnanswered(d: distributions.Distribution, wallet: address):
    """
    @notice Stop a distribution whose list does not show a holder who asked. Anybody may.
    """
    id: bytes32 = distributions._id(d)
    until: uint256 = distributions.demands[id][wallet]
    assert until > 1, "not-demanded"
    assert distributions.states[id] & distributions.STATUS == distributions.PUBLISHED, "not-published"
    assert block.timestamp >= until, "answer-not-due"
    log distributions.Challenged(id=id, by=msg.sender, wallet=wallet)
    distributions._give_back(id, d)


# --- over


@external
def expire(d: distributions.Distribution) -> uint256:
    """
    @notice Give back to the payer what nobody claimed until the distribution expired; returns that.
    """
    id: bytes32 = distributions._id(d)
    state: uint256 = distributions.states[id]
    assert state & distributions.STATUS == distributions.PUBLISHED, "not-published"
    assert d.expires_at != 0 and block.timestamp >= d.expires_at, "not-expired"
    left: uint256 = d.amount
    for i: uint256 in range((d.holders + distributions.WORD - 1) // distributions.WORD, bound=distributions.WORDS_MAX):
        left -= distributions.payments[id][i] >> distributions.SPENT_AT
    distributions.states[id] = distributions.EXPIRED
    log distributions.Expired(id=id, amount=left)
    distributions._give_to_payer(id, d, left)
    return left


@external
def collect(d: distributions.Distribution) -> uint256:
    """
    @notice Give the payer what the cash token refused to give him before; returns that. Anybody may.
    """
    id: bytes32 = distributions._id(d)
    amount: uint256 = distributions.owed[id]
    assert amount != 0, "nothing-owed-to-payer"
    distributions.owed[id] = 0
    log distributions.PaidToPayer(id=id, amount=amount)
    assert money._try_to_give(d.cash, d.payer, amount), "cash-refused"
    return amount


# --- views


@external
@view
@reentrant
def idOf(d: distributions.Distribution) -> bytes32:
    return distributions._id(d)


@external
@view
@reentrant
def stateOf(id: bytes32) -> (uint256, uint256):
    """
    @notice Status (0 unknown, 1 announced, 2 published, 3 stopped, 4 expired), and when payment
            opens, in UTC seconds.
    """
    state: uint256 = distributions.states[id]
    return (
        state & distributions.STATUS,
        (state >> distributions.OPENS_AT) & distributions.TIME_MAX,
    )


@external
@view
@reentrant
def paymentsOf(id: bytes32, word: uint256) -> (uint256, uint256):
    """
    @notice Which of the 128 holders from place `128 * word` on were paid, one bit for each, and what
            all of them got, withheld or not.
    """
    payments: uint256 = distributions.payments[id][word]
    return payments & (2**distributions.WORD - 1), payments >> distributions.SPENT_AT


@external
@view
@reentrant
def demandOf(id: bytes32, wallet: address) -> uint256:
    """
    @notice Until when a holder who asked must be shown where he stands, in UTC seconds; 0 if he did not
            ask, 1 once he was shown.
    """
    return distributions.demands[id][wallet]


@external
@view
@reentrant
def owedOf(id: bytes32) -> uint256:
    """
    @notice What the cash token refused to give to the payer.
    """
    return distributions.owed[id]


@external
@view
@reentrant
def nonces(wallet: address) -> uint256:
    """
    @notice The number that the instructions of a wallet must bear.
    """
    return distributions.nonces[wallet]


@external
@view
@reentrant
def storageLayout() -> bytes32:
    """
    @notice Which storage this part works on.
    """
    return distributions.LAYOUT


# --- inside


@internal
@view
def _challenged(a: distributions.Announcement, d: distributions.Distribution) -> bytes32:
    """
    @notice The id of a distribution that can be challenged with what the chain knows.
    """
    assert keccak256(abi_encode(a)) == d.reference, "announcement-differs"
    assert a.record_date != 0, "no-record-date"
    id: bytes32 = distributions._id(d)
    assert distributions.states[id] & distributions.STATUS == distributions.PUBLISHED, "not-published"
    distributions._only_before_payment(id)
    return id


@internal
@view
def _was_left_out(a: distributions.Announcement, wallet: address) -> bool:
    if wallet in a.treasury:
        return False
    return staticcall ISecurity(a.security).balanceOfAt(wallet, a.record_date) != 0
