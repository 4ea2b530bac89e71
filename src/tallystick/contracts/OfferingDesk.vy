# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Offering, second part: the issuer's desk
@license Apache-2.0
@notice Opens and closes an offering, states limits, rejects, cancels, reviews who can be issued units,
        collects. Reached from `Offering` by delegate call.
@dev    Called directly it finds its own storage empty.
"""

from interfaces import IRegistry
from interfaces import ISecurity
from modules import record
from modules import subscriptions

initializes: subscriptions

# An offering that is not settled by then can be ended by anybody.
GRACE_S: constant(uint256) = 30 * 86_400


# --- open


@external
def open(o: subscriptions.Offer) -> bytes32:
    """
    @notice Open an offering. By an agent of the security. Returns its id.
    """
    assert staticcall ISecurity(o.security).isAgent(msg.sender), "not-agent"
    assert staticcall ISecurity(o.security).identityRegistry() == o.registry, "registry-differs"
    id: bytes32 = subscriptions._id(o)
    assert subscriptions.states[id].status == 0, "offering-opened-already"
    if o.escrow == empty(address):
        assert o.cash.is_contract, "cash-without-code"
    else:
        assert o.cash == empty(address), "escrow-and-cash"
    assert o.proceeds != empty(address), "empty-address"
    assert o.opens_at < o.closes_at and o.closes_at > block.timestamp, "offering-without-time"
    assert o.closes_at <= subscriptions.TIME_MAX and o.reflection_s <= subscriptions.TIME_MAX, "time-too-large"
    assert o.withdraw_until <= o.closes_at + o.reflection_s, "time-too-large"
    assert o.hard_lots != 0 and o.hard_lots <= subscriptions.LOTS_MAX, "lots-out-of-range"
    assert o.soft_lots <= o.hard_lots and o.min_lots <= o.max_lots, "lots-out-of-range"
    assert o.max_lots <= subscriptions.LOTS_MAX and o.units_per_lot != 0, "lots-out-of-range"
    assert o.units_per_lot <= subscriptions.AMOUNT_MAX, "lots-out-of-range"
    assert o.hard_lots * o.units_per_lot <= subscriptions.AMOUNT_MAX, "amount-too-large"
    assert len(o.tiers) != 0, "offering-without-price"
    for tier: subscriptions.Tier in o.tiers:
        assert tier.price <= subscriptions.AMOUNT_MAX, "amount-out-of-range"
    subscriptions.states[id].status = subscriptions.OPEN
    subscriptions.states[id].epoch = staticcall ISecurity(o.security).epoch()
    log subscriptions.Opened(id=id, security=o.security, offer=o)
    return id


@external
def stateLimit(o: subscriptions.Offer, investor: address, amount: uint256):
    """
    @notice State how much an investor who is not accredited may pay in all, by his home wallet. By an
            officer.
    """
    assert staticcall ISecurity(o.security).isOfficer(msg.sender), "not-officer"
    assert amount <= subscriptions.AMOUNT_MAX, "amount-out-of-range"
    assert (staticcall IRegistry(o.registry).statedRecordOf(investor))[1] == investor, "not-a-home-wallet"
    id: bytes32 = subscriptions._id(o)
    assert subscriptions.states[id].status == subscriptions.OPEN, "offering-not-open"
    subscriptions.limits[id][investor] = amount + 1
    log subscriptions.LimitStated(id=id, investor=investor, amount=amount)


# --- subscriptions


@external
def substitute(o: subscriptions.Offer, lost: address, replacement: address):
    """
    @notice Let the wallet that took the place of a lost one subscribe in its stead. Anybody may.
    """
    id: bytes32 = subscriptions._id(o)
    home: address = self._only_successor(o.registry, lost, replacement)
    r: subscriptions.Record = subscriptions.records[id][lost]
    assert r.place != 0, "not-subscribed"
    assert subscriptions.records[id][replacement].place == 0, "subscribed-already"
    if r.payer == lost:
        r.payer = replacement
    subscriptions.records[id][replacement] = r
    subscriptions.records[id][lost] = empty(subscriptions.Record)
    subscriptions.wallets[id][home] = replacement
    subscriptions.subscribers[id][r.place - 1] = replacement
    log subscriptions.Substituted(id=id, lost=lost, replacement=replacement)


@external
def reject(o: subscriptions.Offer, investor: address, code: uint256):
    """
    @notice Reject a subscription for a stated reason; what was paid comes back. By an agent.
    """
    id: bytes32 = subscriptions._id(o)
    assert staticcall IRegistry(o.registry).isAgent(msg.sender), "not-agent"
    assert subscriptions.states[id].status == subscriptions.OPEN, "offering-not-open"
    assert subscriptions.records[id][investor].lots != 0, "not-subscribed"
    assert code != 0 and code <= subscriptions.CODE_MAX, "reason-code-out-of-range"
    log subscriptions.Rejected(id=id, investor=investor, code=code)
    subscriptions._drop(id, o, investor)


# --- close


@external
def close(o: subscriptions.Offer) -> bool:
    """
    @notice Close an offering whose time is over. Anybody may. Returns whether so much was subscribed that
            it goes on with `review`.
    """
    id: bytes32 = subscriptions._id(o)
    assert subscriptions.states[id].status == subscriptions.OPEN, "offering-not-open"
    assert block.timestamp >= o.closes_at + o.reflection_s, "offering-goes-on"
    enough: bool = subscriptions.states[id].lots >= max(o.soft_lots, 1)
    subscriptions.states[id].status = subscriptions.REVIEWING if enough else subscriptions.FAILED
    log subscriptions.Closed(id=id, lots=subscriptions.states[id].lots)
    return enough


@external
def review(o: subscriptions.Offer, count: uint256) -> uint256:
    """
    @notice Leave out, of the next subscribers, those to whom the security would issue no units, and pay
            them back: what cannot be delivered does not count. Once all were looked at, the offering
            succeeds or fails. Anybody may. Returns how many are left.
    """
    id: bytes32 = subscriptions._id(o)
    assert subscriptions.states[id].status == subscriptions.REVIEWING, "offering-not-in-review"
    subscriptions._only_as_offered(o, subscriptions.states[id].epoch)
    place: uint256 = subscriptions.states[id].place
    all: uint256 = len(subscriptions.subscribers[id])
    for i: uint256 in range(min(min(count, subscriptions.PAGE_MAX), all - place), bound=subscriptions.PAGE_MAX):
        investor: address = subscriptions.subscribers[id][place]
        place += 1
        lots: uint256 = subscriptions.records[id][investor].lots
        if lots == 0:
            continue
        # In an offering that is divided nobody gets more than all there are.
        if subscriptions._refused(o, investor, min(lots, o.hard_lots)):
            log subscriptions.Refused(id=id, investor=investor)
            subscriptions._drop(id, o, investor)
    if place < all:
        subscriptions.states[id].place = place
        return all - place
    succeeded: bool = subscriptions.states[id].lots >= max(o.soft_lots, 1)
    subscriptions.states[id].place = 0
    subscriptions.states[id].status = subscriptions.SUCCEEDED if succeeded else subscriptions.FAILED
    log subscriptions.Reviewed(id=id, lots=subscriptions.states[id].lots, succeeded=succeeded)
    return 0


@external
def lapse(o: subscriptions.Offer):
    """
    @notice End an offering that was not settled in time; who has not got his units gets back what he
            paid. Anybody may.
    """
    id: bytes32 = subscriptions._id(o)
    self._only_unsettled(id)
    assert block.timestamp >= o.closes_at + o.reflection_s + GRACE_S, "offering-goes-on"
    subscriptions.states[id].status = subscriptions.FAILED
    log subscriptions.Lapsed(id=id)


@external
def cancel(o: subscriptions.Offer, code: uint256, document: bytes32):
    """
    @notice Cancel an offering for a stated reason; everybody who has no units yet gets back what he paid.
            By an officer.
    """
    id: bytes32 = subscriptions._id(o)
    assert staticcall ISecurity(o.security).isOfficer(msg.sender), "not-officer"
    self._only_unsettled(id)
    assert code != 0 and code <= subscriptions.CODE_MAX, "reason-code-out-of-range"
    assert document != empty(bytes32), "reason-without-document"
    subscriptions.states[id].status = subscriptions.FAILED
    log subscriptions.Cancelled(id=id, code=code, document=document)


@external
def collect(o: subscriptions.Offer) -> uint256:
    """
    @notice Pay the issuer for the units that were delivered. Anybody may. Returns what was paid.
    """
    id: bytes32 = subscriptions._id(o)
    amount: uint256 = subscriptions.states[id].proceeds
    assert amount != 0, "nothing-to-collect"
    subscriptions.states[id].proceeds = 0
    log subscriptions.Collected(id=id, amount=amount)
    assert subscriptions._pay(o.cash, o.proceeds, amount), "cash-refused"
    return amount


# --- views


@external
@view
@reentrant
def stateOf(id: bytes32) -> subscriptions.State:
    """
    @notice Status (0 unknown, 1 open, 2 failed, 3 succeeded, 4 settled, 5 in review), lots subscribed,
            how many subscribers were dealt with, their lots, what the issuer may collect, the epoch.
    """
    return subscriptions.states[id]


@external
@view
@reentrant
def recordOf(id: bytes32, investor: address) -> subscriptions.Record:
    return subscriptions.records[id][investor]


@external
@view
@reentrant
def subscriberCount(id: bytes32) -> uint256:
    return len(subscriptions.subscribers[id])


@external
@view
@reentrant
def subscriberAt(id: bytes32, place: uint256) -> address:
    return subscriptions.subscribers[id][place]


@external
@view
@reentrant
def limitOf(id: bytes32, investor: address) -> (bool, uint256):
    """
    @notice Whether a limit was stated for an investor, and how much he may pay in all.
    """
    limit: uint256 = subscriptions.limits[id][investor]
    if limit == 0:
        return False, 0
    return True, limit - 1


@external
@view
@reentrant
def storageLayout() -> bytes32:
    """
    @notice Which storage this part works on.
    """
    return subscriptions.LAYOUT


# --- inside


@internal
@view
def _only_unsettled(id: bytes32):
    status: uint256 = subscriptions.states[id].status
    assert status == subscriptions.OPEN or status == subscriptions.REVIEWING or status == subscriptions.SUCCEEDED, "offering-not-open"


@internal
@view
def _only_successor(registry: address, lost: address, receiver: address) -> address:
    word: uint256 = 0
    home: address = empty(address)
    word, home = staticcall IRegistry(registry).statedRecordOf(lost)
    assert word & record.RETIRED != 0, "wallet-not-retired"
    home_of_receiver: address = empty(address)
    word, home_of_receiver = staticcall IRegistry(registry).statedRecordOf(receiver)
    assert word & record.RETIRED == 0 and home == home_of_receiver, "not-the-holder"
    return home
