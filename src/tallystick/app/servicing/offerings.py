"""Offerings: opened from their terms, closed, settled, paid back; `subscribing` has the rest."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from tallystick.app import anchors
from tallystick.app.acts import Reason, published
from tallystick.app.keys import require_same
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.services import service
from tallystick.app.workspace import TOKEN, ListedSecurity, Workspace
from tallystick.core.canonical import with_large_as_text
from tallystick.core.errors import Invalid, NotFound, Refused
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.events import Happened, events_of
from tallystick.securities.offering_limits import OfferingLimits
from tallystick.securities.offerings.offer_terms import (
    Decimals,
    OfferTerms,
    head,
    read_offer_terms,
)
from tallystick.securities.offerings.offers import Offer, cost_down, divide

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.gateways.chain.intents import Done

OFFERING = contract("Offering")
KIND = "offering"
STATUSES = ("not opened", "open", "failed", "succeeded", "settled", "in review")
UNPAYABLE = frozenset({"cash-refused", "wallet-retired"})
UNSETTLED = frozenset({"open", "succeeded", "in review"})
REVIEWING = 5
OPEN, FAILED, SUCCEEDED = 1, 2, 3
SETTLED_A_PAGE = 16
# What has no decimals of its own: a sum in whole units of a currency, kept outside.
OUTSIDE_DECIMALS = 2


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An offering as the business journal keeps it."""

    number: int
    key: str
    seal: str
    document: str
    terms: OfferTerms
    proceeds: Wallet


class Subscriber(msgspec.Struct, kw_only=True):
    """What somebody has subscribed and got, from the events alone."""

    investor: Wallet
    payer: Wallet
    lots: int = 0
    amount: int = 0
    allocated: int = 0
    cost: int = 0
    refused: bool = False
    refunded: int = 0


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Where an offering stands: its status, lots subscribed, subscribers left to be settled."""

    status: str
    lots: int
    left: int
    proceeds: int


def offerings(workspace: Workspace) -> list[Opened]:
    """All offerings, in the order of their numbers."""
    return [msgspec.convert(entry.body, Opened, strict=False)
            for entry in workspace.journal.entries(KIND)]  # fmt: skip


def offering(workspace: Workspace, number: int) -> Opened:
    """An offering by its number. Raises `NotFound` if there is none."""
    found = next((each for each in offerings(workspace) if each.number == number), None)
    if found is None:
        raise NotFound("offering-unknown", f"There is no offering {number}",
                       cure="See them with `offering list`.")  # fmt: skip
    return found


def decimals_of(workspace: Workspace, opened: Opened) -> Decimals:
    """Decimal places of what is sold and of what it is paid in."""
    return _decimals(workspace, opened.terms.symbol, opened.terms.cash)


def _decimals(workspace: Workspace, symbol: str, cash: str) -> Decimals:
    places = cash_tokens.money(workspace, cash).decimals if cash else OUTSIDE_DECIMALS
    return Decimals(workspace.security(symbol).decimals, places)


def regimes(security: ListedSecurity) -> dict[str, OfferingLimits]:
    """Limits of offers of a security, by the preset of its terms that has them."""
    found = security.terms.get("offerings", {})
    return {name: msgspec.convert(each, OfferingLimits) for name, each in found.items()}


def on_chain(workspace: Workspace, opened: Opened) -> Offer:
    """An offering as the chain has it."""
    terms = opened.terms
    token = workspace.security(terms.symbol).token
    money = cash_tokens.money(workspace, terms.cash).token if terms.cash else NOBODY
    return Offer(
        security=token, registry=workspace.founding.registry, cash=money,
        proceeds=opened.proceeds, escrow=terms.escrow, units_per_lot=terms.units_per_lot,
        soft_lots=terms.soft_lots, hard_lots=terms.hard_lots, min_lots=terms.min_lots,
        max_lots=terms.max_lots, opens_at=terms.opens_at, closes_at=terms.closes_at,
        withdraw_until=terms.withdraw_until, reflection_s=terms.reflection_s, tiers=terms.tiers,
        pro_rata=terms.pro_rata, retail_limited=terms.retail_limited,
        document=bytes.fromhex(opened.document),
    )  # fmt: skip


def open_offering(workspace: Workspace, text: str, *, path: str, key: str) -> Opened:
    """Open an offering from its terms; the contract becomes an agent that may issue its units.

    Nothing is done twice under one key. Raises `InvalidFile` if the terms make no sense.
    """
    seal = sha256(text.encode())
    opened = next((each for each in offerings(workspace) if each.key == key), None)
    if opened is not None:
        require_same(seal.hexdigest(), opened.seal)
    else:
        opened = _write_down(workspace, text, path, seal.digest(), key)
    security, address = workspace.security(opened.terms.symbol), service(workspace, "Offering")
    if not workspace.view(TOKEN, security.token, "isAgent", address):
        data = TOKEN.function("addAgent").encode(address)
        workspace.act("owner", [(f"{key}/addAgent", security.token, data)])
    _act(workspace, opened, "open", (), role="agent", key=f"{key}/open")
    return opened


def _write_down(workspace: Workspace, text: str, path: str, seal: bytes, key: str) -> Opened:
    symbol, cash = head(text, path=path)
    terms = read_offer_terms(text, _decimals(workspace, symbol, cash), path=path)
    if terms.closes_at <= workspace.now():
        raise Invalid("offering-without-time", "The offering would be over already",
                      where="closes", cure="Name a later time.")  # fmt: skip
    limited = any(
        each.investor_share_bps is not None or each.crowd_threshold is not None
        for each in regimes(workspace.security(symbol)).values()
    )
    if limited:
        terms = msgspec.structs.replace(terms, retail_limited=True)
    opened = Opened(
        number=len(offerings(workspace)) + 1, key=key, seal=seal.hex(), terms=terms,
        document=published(workspace, Reason("offering", seal), key).hex(),
        proceeds=workspace.acting("agent"),
    )  # fmt: skip
    body = with_large_as_text(msgspec.to_builtins(opened))
    workspace.journal.append(KIND, body, at_s=workspace.now())
    return opened


def _act(
    workspace: Workspace,
    opened: Opened,
    name: str,
    args: tuple[object, ...],
    *,
    role: str,
    key: str,
) -> Done:
    data = OFFERING.function(name).encode(on_chain(workspace, opened).members, *args)
    [done] = workspace.act(role, [(key, service(workspace, "Offering"), data)])
    return done


# --- where it stands


def state_of(workspace: Workspace, opened: Opened) -> State:
    """Where an offering stands, as the chain says."""
    address, identifier = service(workspace, "Offering"), on_chain(workspace, opened).id
    status, lots, place, _, proceeds, _ = workspace.view(OFFERING, address, "stateOf", identifier)
    listed = int(workspace.view(OFFERING, address, "subscriberCount", identifier))
    return State(status=STATUSES[status], lots=lots, left=listed - place, proceeds=proceeds)


def happened(workspace: Workspace, opened: Opened) -> list[Happened]:
    """What the chain tells of an offering, in order."""
    identifier = on_chain(workspace, opened).id
    events = events_of(workspace.rpc, OFFERING, service(workspace, "Offering"),
                       since=workspace.founding.since)  # fmt: skip
    return [event for event in events if event.members["id"] == identifier]


def subscribers(workspace: Workspace, opened: Opened) -> dict[Wallet, Subscriber]:
    """Who has subscribed, in the order in which they first did, with what came of it."""
    found: dict[Wallet, Subscriber] = {}
    reviewed = False
    for event in happened(workspace, opened):
        members = event.members
        reviewed = reviewed or event.name == "Reviewed"
        if event.name == "Substituted":
            found = _substituted(found, Wallet(members["lost"]), Wallet(members["replacement"]))
            continue
        investor = Wallet(members.get("investor", NOBODY))
        if event.name == "Subscribed":
            one = found.setdefault(
                investor, Subscriber(investor=investor, payer=Wallet(members["payer"]))
            )
            one.payer = Wallet(members["payer"])
            one.lots += members["lots"]
            one.amount += members["amount"]
        elif event.name in {"Withdrawn", "Rejected"}:
            found[investor].lots = found[investor].amount = 0
        elif event.name == "Allocated":
            found[investor].allocated, found[investor].cost = members["lots"], members["cost"]
        elif event.name == "Refused":
            found[investor].refused = True
            # Who is left out in the review has no part in what is divided.
            found[investor].lots *= reviewed
        elif event.name == "Refunded":
            found[investor].refunded += members["amount"]
    return found


def _substituted(
    found: dict[Wallet, Subscriber], lost: Wallet, replacement: Wallet
) -> dict[Wallet, Subscriber]:
    """The same with another wallet in the place of one that was lost."""
    one = found[lost]
    one.investor = replacement
    one.payer = replacement if one.payer == lost else one.payer
    return {replacement if wallet == lost else wallet: each for wallet, each in found.items()}


# --- close, settle, pay back


def close(workspace: Workspace, opened: Opened, *, key: str) -> State:
    """Close an offering whose time is over, and leave out to whom no units can be issued.

    It has succeeded if the others subscribed for enough. Resumable, page by page.
    """
    workspace.outbox.reconcile()
    state = state_of(workspace, opened)
    if state.status != STATUSES[REVIEWING]:
        _act(workspace, opened, "close", (), role="agent", key=f"{key}/close")
        state = state_of(workspace, opened)
    while state.status == STATUSES[REVIEWING]:
        act = f"{key}/review/{state.left}"
        _act(workspace, opened, "review", (SETTLED_A_PAGE,), role="agent", key=act)
        state = state_of(workspace, opened)
    return state


def settle(
    workspace: Workspace, opened: Opened, *, key: str,
    report: Callable[[int, int], None] | None = None,
) -> State:  # fmt: skip
    """Give everybody his units and the issuer the money for them, page by page; resumable."""
    workspace.outbox.reconcile()
    state = state_of(workspace, opened)
    whole = state.left
    while state.status == STATUSES[SUCCEEDED]:
        act = f"{key}/settle/{state.left}"
        _act(workspace, opened, "settle", (SETTLED_A_PAGE,), role="agent", key=act)
        state = state_of(workspace, opened)
        if report is not None:
            report(whole - state.left, whole)
    if state.proceeds:
        _act(workspace, opened, "collect", (), role="agent", key=f"{key}/collect")
    if state.status == "settled":
        security = workspace.security(opened.terms.symbol)
        anchors.anchor(workspace, security, key=f"{opened.key}/settled")
    return state_of(workspace, opened)


class PaidBack(msgspec.Struct, frozen=True, kw_only=True):
    """How many were paid back, and who could not be: the cash token refuses them, say."""

    paid: int
    left: tuple[Wallet, ...]


def refund_all(
    workspace: Workspace, opened: Opened, *, key: str,
    report: Callable[[int, int], None] | None = None,
) -> PaidBack:  # fmt: skip
    """Pay everybody back who is owed something; who cannot be paid delays nobody.

    Anybody could do it. Under another key those are tried anew who could not be paid before.
    """
    workspace.outbox.reconcile()
    address, identifier = service(workspace, "Offering"), on_chain(workspace, opened).id
    failed = state_of(workspace, opened).status == STATUSES[FAILED]
    found = list(subscribers(workspace, opened))
    paid, left = 0, []
    for number, investor in enumerate(found, start=1):
        lots, amount, *_ = workspace.view(OFFERING, address, "recordOf", identifier, investor)
        if amount and (failed or lots == 0):
            act = f"{key}/refund/{investor}"
            try:
                _act(workspace, opened, "refund", (investor,), role="agent", key=act)
                paid += 1
            except Refused as error:
                if error.code not in UNPAYABLE:
                    raise
                left.append(investor)
        if report is not None:
            report(number, len(found))
    return PaidBack(paid=paid, left=tuple(left))


def reject(workspace: Workspace, opened: Opened, investor: Wallet, code: int, *, key: str) -> Done:
    """Reject a subscription; what was paid comes back."""
    return _act(workspace, opened, "reject", (investor, code), role="agent", key=f"{key}/reject")


def cancel(workspace: Workspace, opened: Opened, reason: Reason, *, key: str) -> Done:
    """Cancel an offering by the officer; everybody is owed what he paid."""
    args = (reason.number, published(workspace, reason, key))
    return _act(workspace, opened, "cancel", args, role="officer", key=f"{key}/cancel")


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who did not get what a recalculation gives him, in lots and units of cash."""

    investor: Wallet
    lots: tuple[int, int]
    cost: tuple[int, int]


def check(workspace: Workspace, opened: Opened) -> list[Difference]:
    """Divide an offering that was settled anew; where somebody got anything else."""
    kept = [each for each in subscribers(workspace, opened).values() if each.lots]
    parts = divide([each.lots for each in kept], opened.terms.hard_lots)
    found: list[Difference] = []
    for each, part in zip(kept, parts, strict=True):
        cost = 0 if each.refused else cost_down(each.amount, part, each.lots)
        lots = 0 if each.refused else part
        if (lots, cost) != (each.allocated, each.cost):
            found.append(Difference(investor=each.investor, lots=(lots, each.allocated),
                                    cost=(cost, each.cost)))  # fmt: skip
    return found
