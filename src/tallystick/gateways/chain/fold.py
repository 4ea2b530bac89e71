"""Folds logs into an issuer's book. It knows nothing but logs: all who have them get the same book.

To fold another event: a function here and a line in its table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tallystick.core.errors import Unavailable
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.logs import Log
from tallystick.securities.exchanges import Ratio, Terms, exchange
from tallystick.securities.history import History
from tallystick.securities.packing import (
    PackedRules,
    is_live,
    unpack_owners,
    unpack_record,
    unpack_rules,
)
from tallystick.securities.parcels import lot_named
from tallystick.securities.proposal import MOVEMENT_NUMBERS, Movement
from tallystick.securities.registry import Registry
from tallystick.securities.security import Security
from tallystick.securities.tally import UNLIMITED

Members = dict[str, Any]
_KINDS = {number: kind for kind, number in MOVEMENT_NUMBERS.items()}


class Book(msgspec.Struct):
    """An issuer as the chain tells it: the registry; securities and their histories by token."""

    registry: Registry = msgspec.field(default_factory=Registry)
    securities: dict[Wallet, Security] = msgspec.field(default_factory=dict)
    histories: dict[Wallet, History] = msgspec.field(default_factory=dict)
    block: int = -1
    # Identities named by a registration whose record follows.
    identities: dict[Wallet, Wallet] = msgspec.field(default_factory=dict)

    def add(self, token: Wallet) -> None:
        """Take up a security; one that is there already is left as it is."""
        if token not in self.securities:
            self.securities[token] = Security(registry=self.registry)
            self.histories[token] = History()


# --- the registry


def _investor_recorded(book: Book, members: Members, _now_s: int) -> None:
    registry = book.registry
    home = Wallet(members["wallet"])
    number, country, claims = unpack_record(members["record"])
    owners, watched = unpack_owners(members["record"])
    if home not in registry.homes:
        registry.admit(home, number=number, country=country, claims=claims)
    investor = registry.investors[home]
    investor.number, investor.country, investor.claims = number, country, claims
    investor.owners, investor.watched = owners, watched
    investor.live = is_live(members["record"])
    if investor.live and investor.identity is None:
        investor.identity = book.identities.pop(home, None)


def _identity_registered(book: Book, members: Members, _now_s: int) -> None:
    """The record follows and tells whether the identity is a contract, or the wallet itself."""
    wallet, identity = Wallet(members["investorAddress"]), Wallet(members["identity"])
    if wallet != identity:
        book.identities[wallet] = identity


def _identity_updated(book: Book, members: Members, _now_s: int) -> None:
    before = Wallet(members["oldIdentity"])
    for investor in book.registry.investors.values():
        if investor.live and before == (investor.identity or investor.home):
            investor.identity = Wallet(members["newIdentity"])


def _wallet_linked(book: Book, members: Members, _now_s: int) -> None:
    book.registry.link(Wallet(members["home"]), Wallet(members["wallet"]))
    book.identities.pop(Wallet(members["wallet"]), None)


def _wallet_retired(book: Book, members: Members, _now_s: int) -> None:
    book.registry.replaced[Wallet(members["wallet"])] = Wallet(members["replacement"])


def _identity_removed(book: Book, members: Members, _now_s: int) -> None:
    book.registry.remove(Wallet(members["investorAddress"]))


def _issuer_limits_set(book: Book, members: Members, _now_s: int) -> None:
    tally = book.registry.tally
    first, second = members["investors_max"], members["retail_investors_max"]
    tally.investors_max = None if first == UNLIMITED else first
    tally.retail_max = None if second == UNLIMITED else second


def _purchaser_limit_set(book: Book, members: Members, _now_s: int) -> None:
    purchases, limit = book.registry.purchases, members["purchasers_max"]
    purchases.limit = None if limit == UNLIMITED else limit
    purchases.days = members["days"]


def _investor_refreshed(book: Book, members: Members, now_s: int) -> None:
    home = Wallet(members["investor"])
    book.registry.refresh(home, now_s=now_s)
    for security in book.securities.values():
        security.refresh(home, now_s=now_s)


REGISTRY_EVENTS: dict[str, Callable[[Book, Members, int], None]] = {
    "IdentityRegistered": _identity_registered,
    "IdentityUpdated": _identity_updated,
    "InvestorRecorded": _investor_recorded,
    "InvestorRefreshed": _investor_refreshed,
    "WalletLinked": _wallet_linked,
    "WalletRetired": _wallet_retired,
    "IdentityRemoved": _identity_removed,
    "IssuerLimitsSet": _issuer_limits_set,
    "PurchaserLimitSet": _purchaser_limit_set,
}


# --- a security


def _rules_set(security: Security, members: Members, _now_s: int) -> None:
    security.set_rules(unpack_rules(PackedRules(**members)))


def _paused(security: Security, _members: Members, _now_s: int) -> None:
    security.paused = True


def _unpaused(security: Security, _members: Members, _now_s: int) -> None:
    security.paused = False


def _address_frozen(security: Security, members: Members, _now_s: int) -> None:
    security.freeze(Wallet(members["_userAddress"]), frozen=members["_isFrozen"])


def _frozen(security: Security, members: Members, _now_s: int) -> None:
    security.set_frozen_units(Wallet(members["account"]), members["amount"])


def _transfer_approved(security: Security, members: Members, _now_s: int) -> None:
    security.approve(*_approved(members), until_s=members["until"])


def _approval_withdrawn(security: Security, members: Members, _now_s: int) -> None:
    security.approve(*_approved(members), until_s=0)


def _approved(members: Members) -> tuple[Wallet | None, Wallet, int]:
    sender = Wallet(members["sender"])
    return None if sender == NOBODY else sender, Wallet(members["receiver"]), members["amount"]


def _venue_set(security: Security, members: Members, _now_s: int) -> None:
    security.set_venue(Wallet(members["venue"]), allowed=members["allowed"])


def _legend_placed(security: Security, members: Members, _now_s: int) -> None:
    security.place_legend(Wallet(members["investor"]), members["units"], members["code"])


def _legend_lifted(security: Security, members: Members, _now_s: int) -> None:
    security.place_legend(Wallet(members["investor"]), -members["units"], members["code"])


def _units_held(security: Security, members: Members, _now_s: int) -> None:
    security.hold(Wallet(members["owner"]), Wallet(members["spender"]), members["units"])


def _units_released(security: Security, members: Members, _now_s: int) -> None:
    security.hold(Wallet(members["owner"]), Wallet(members["spender"]), -members["units"])


def _issuer_limits_joined(security: Security, _members: Members, _now_s: int) -> None:
    security.join_issuer_limits()


def _investor_enrolled(security: Security, members: Members, now_s: int) -> None:
    security.enrol(Wallet(members["investor"]), now_s=now_s)


def _enrolment_ended(security: Security, _members: Members, _now_s: int) -> None:
    security.end_enrolment()


def _exchange_announced(security: Security, members: Members, _now_s: int) -> None:
    security.announce_exchange(Terms(
        to=Wallet(members["to"]), not_before=members["not_before"],
        ratio=Ratio(members["numerator"], members["denominator"]),
    ))  # fmt: skip


def _exchange_withdrawn(security: Security, _members: Members, _now_s: int) -> None:
    security.announce_exchange(None)


def _predecessor_set(security: Security, members: Members, _now_s: int) -> None:
    token = Wallet(members["token"])
    (security.predecessors.add if members["allowed"] else security.predecessors.discard)(token)


def _exchange_began(security: Security, _members: Members, _now_s: int) -> None:
    security.begin_exchange()


TOKEN_EVENTS: dict[str, Callable[[Security, Members, int], None]] = {
    "RulesSet": _rules_set,
    "Paused": _paused,
    "Unpaused": _unpaused,
    "AddressFrozen": _address_frozen,
    "Frozen": _frozen,
    "IssuerLimitsJoined": _issuer_limits_joined,
    "InvestorEnrolled": _investor_enrolled,
    "EnrolmentEnded": _enrolment_ended,
    "TransferApproved": _transfer_approved,
    "ApprovalWithdrawn": _approval_withdrawn,
    "VenueSet": _venue_set,
    "LegendPlaced": _legend_placed,
    "LegendLifted": _legend_lifted,
    "UnitsHeld": _units_held,
    "UnitsReleased": _units_released,
    "ExchangeAnnounced": _exchange_announced,
    "ExchangeWithdrawn": _exchange_withdrawn,
    "PredecessorSet": _predecessor_set,
    "ExchangeBegan": _exchange_began,
}


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A movement of units between investors, by their home wallets, None for nobody.

    `exchanged` are the terms if it is all that an investor has, exchanged for other units.
    """

    token: Wallet
    kind: Movement
    giver: Wallet | None
    taker: Wallet | None
    units: int
    log: Log
    at_s: int
    exchanged: Terms | None = None


class Folder:
    """Applies logs to a book, in the order of the chain; `watch` is told of every movement."""

    def __init__(
        self, book: Book, registry: Wallet, watch: Callable[[Moved], None] | None = None
    ) -> None:
        self.book = book
        self._watch = watch
        self._registry = registry
        self._registry_events = contract("IdentityRegistry").events
        self._token_events = contract("SecurityToken").events
        self._transfer_topic = _topic("Transfer")
        self._forced_topic = _topic("ForcedTransfer")
        self._lot_topic = _topic("LotAcquired")
        self._declared_topic = _topic("TransferDeclared")
        self._authorized_topic = _topic("AuthorizationUsed")
        self._exchanged_topic = _topic("Exchanged")
        self._exchange_ended_topic = _topic("ExchangeEnded")
        # Transfers to come that an exchange has told already, by token.
        self._told: dict[str, int] = {}

    def apply(self, logs: list[Log], times: dict[int, int]) -> None:
        """Apply the logs of whole blocks; `times` are UTC seconds by block number."""
        book = self.book
        lot_day: int | None = None
        for at, log in enumerate(logs):
            block = int(log.block_number, 16)
            security = book.securities.get(Wallet(log.address))
            if security is not None:
                if log.topics[0] == self._transfer_topic and self._told.get(log.address):
                    self._told[log.address] -= 1
                    self._note(security, log, block)
                elif log.topics[0] == self._transfer_topic:
                    following = logs[at + 1] if at + 1 < len(logs) else None
                    self._transfer(security, log, following, block, times[block], lot_day)
                    lot_day = None
                elif log.topics[0] == self._authorized_topic:
                    # The transfer that was authorized follows in the same call.
                    lot_day = lot_named(bytes.fromhex(log.topics[2][2:]))
                elif log.topics[0] == self._exchanged_topic:
                    self._exchanged(security, logs, at, times[block])
                elif log.topics[0] == self._exchange_ended_topic:
                    terms = security.exchange
                    security.end_exchange(in_place=terms is None or terms.to == log.address)
                else:
                    self._token_event(security, log, times[block])
            elif log.address == self._registry:
                self._registry_event(log, times[block])

    def _registry_event(self, log: Log, now_s: int) -> None:
        event = self._registry_events.get(log.topics[0])
        act = REGISTRY_EVENTS.get(event.name) if event else None
        if event is not None and act is not None:
            act(self.book, event.decode(log.topics, log.data), now_s)

    def _token_event(self, security: Security, log: Log, now_s: int) -> None:
        event = self._token_events.get(log.topics[0])
        act = TOKEN_EVENTS.get(event.name) if event else None
        if event is not None and act is not None:
            act(security, event.decode(log.topics, log.data), now_s)

    def _transfer(
        self, security: Security, log: Log, following: Log | None, block: int, now_s: int,
        lot_day: int | None,
    ) -> None:  # fmt: skip
        """Apply a transfer; the log after it tells a forced or declared one, or an earlier lot."""
        sender = Wallet("0x" + log.topics[1][26:])
        receiver = Wallet("0x" + log.topics[2][26:])
        amount = int(log.data, 16)
        topic = ""
        if following is not None and following.address == log.address:
            topic = following.topics[0]
        kind = Movement.RESALE
        if sender == NOBODY:
            kind = Movement.ISSUE
            acquired_at = now_s
            if topic == self._lot_topic and following is not None:
                acquired_at = int(following.data[66:130], 16)
            security.move(kind, None, receiver, amount, now_s=now_s, acquired_at=acquired_at)
        elif receiver == NOBODY:
            kind = Movement.REDEMPTION
            security.move(kind, sender, None, amount, now_s=now_s, thawed=True)
        else:
            if topic == self._forced_topic:
                kind = Movement.FORCED
            elif topic == self._declared_topic and following is not None:
                kind = _KINDS[int(following.topics[3], 16)]
            security.move(kind, sender, receiver, amount, now_s=now_s, lot_day=lot_day, thawed=True)
        self._note(security, log, block)
        self._tell(security, log, kind, (sender, receiver), amount, now_s)

    def _tell(
        self, security: Security, log: Log, kind: Movement, sides: tuple[Wallet, Wallet],
        units: int, now_s: int, exchanged: Terms | None = None,
    ) -> None:  # fmt: skip
        """Tell who watches of a movement."""
        if self._watch is not None:
            giver, taker = (None if each == NOBODY else security.registry.home(each)
                            for each in sides)  # fmt: skip
            self._watch(Moved(token=Wallet(log.address), kind=kind, giver=giver, taker=taker,
                              units=units, log=log, at_s=now_s, exchanged=exchanged)
                        )  # fmt: skip

    def _note(self, security: Security, log: Log, block: int) -> None:
        """Note in the history what both sides of a transfer hold now."""
        history = self.book.histories[Wallet(log.address)]
        for topic in log.topics[1:3]:
            wallet = Wallet("0x" + topic[26:])
            if wallet != NOBODY:
                history.note(block, wallet, security.balances.get(wallet, 0))

    def _exchanged(self, security: Security, logs: list[Log], at: int, now_s: int) -> None:
        """Exchange all units of an investor; the logs that follow say in which wallets they are."""
        event = self._token_events[logs[at].topics[0]]
        members = event.decode(logs[at].topics, logs[at].data)
        terms, left = security.exchange, members["before"]
        wallets: list[Wallet] = []
        for log in logs[at + 1 :]:
            if not left:
                break
            if (
                log.address == logs[at].address
                and log.topics[0] == self._transfer_topic
                and (log.topics[2][26:] == NOBODY[2:])
            ):
                wallets.append(Wallet("0x" + log.topics[1][26:]))
                left -= int(log.data, 16)
        if terms is None:
            raise Unavailable("logs-incomplete", "An exchange was never announced",
                              cure="Rebuild the index.")  # fmt: skip
        target = self.book.securities[terms.to]
        given = [security.balances[wallet] for wallet in wallets]
        exchange(security, target, Wallet(members["investor"]), wallets, terms.ratio, now_s=now_s)
        taken = sum(units > 0 for units in terms.ratio.shares(given))
        self._told[logs[at].address] = self._told.get(logs[at].address, 0) + len(wallets)
        self._told[terms.to] = self._told.get(terms.to, 0) + taken
        home = Wallet(members["investor"])
        self._tell(security, logs[at], Movement.ISSUE, (home, home), members["before"], now_s,
                   exchanged=terms)  # fmt: skip


def _topic(name: str) -> str:
    events: Iterable[Any] = contract("SecurityToken").events.values()
    return str(next(event.topic for event in events if event.name == name))
