"""Paying a distribution: in pages, one by one, to recovered wallets; how far it has come.

Who was paid is what the chain says. Paying again pays those who are left, and nobody twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app.acts import REASONS, Reason, published
from tallystick.app.calls import Call
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing import instructions
from tallystick.app.servicing.distributions import (
    DISTRIBUTOR,
    Announced,
    announcement,
    distributions,
    on_chain,
    payment_list,
)
from tallystick.app.servicing.record_dates import held_at
from tallystick.app.servicing.services import service
from tallystick.app.servicing.taxes import secrets_of
from tallystick.app.workspace import TOKEN
from tallystick.core.errors import Conflict, Invalid, NotFound, Refused
from tallystick.core.sum_tree import SumTree
from tallystick.core.times import show_time
from tallystick.core.units import show_money
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.events import events_of
from tallystick.securities.distribution.declared import Distribution
from tallystick.securities.distribution.faults import Fault, find_fault, shown
from tallystick.securities.distribution.ledger import PUBLISHED, STATUSES, UNKNOWN, Ledger, Record
from tallystick.securities.distribution.payment_list import PAGE_HOLDERS, PaymentList

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.intents import Done
    from tallystick.securities.distribution.entitlements import Lines

PAGES_AT_ONCE = 50
# A page in which money came back at once, which the contract does not take for paid.
SPOILT = "cash-not-whole"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far a distribution has come: its status, when payment opens, and who was paid what.

    `paid` says of each holder by place whether he was; `spent` is what they got or had withheld.
    """

    status: str
    opens_at: int
    paid: tuple[bool, ...] = ()
    spent: int = 0


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What one holder is owed, in units of the cash, and whether he was paid.

    `withheld` is None if nobody knows any more, as he was erased.
    """

    wallet: Wallet
    units: int
    gross: int
    withheld: int | None
    paid: bool


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution with its list, as it is paid."""

    announced: Announced
    listed: PaymentList
    whole: Distribution
    state: State

    @property
    def payments(self) -> list[Payment]:
        """What everybody is owed."""
        listed = self.listed
        return [
            Payment(wallet=wallet, units=units, gross=listed.owed[at], withheld=listed.kept(at),
                    paid=bool(self.state.paid) and self.state.paid[at])
            for at, (wallet, units) in enumerate(listed.lines)
        ]  # fmt: skip


def state_of(workspace: Workspace, distribution: Distribution) -> State:
    """How far a distribution has come, as the chain says."""
    address = service(workspace, "Distributor")
    status, opens_at = workspace.view(DISTRIBUTOR, address, "stateOf", distribution.id)
    function = DISTRIBUTOR.function("paymentsOf")
    words = -(-distribution.holders // PAGE_HOLDERS)
    calls: list[tuple[str, list[Any]]] = [
        ("eth_call", [{"to": address, "data": function.encode(distribution.id, at)}, "latest"])
        for at in range(words)
    ]
    answers = [function.decode(answer) for answer in workspace.rpc.batch(calls)]
    paid = tuple(
        bool(bits >> at & 1)
        for number, (bits, _) in enumerate(answers)
        for at in range(min(PAGE_HOLDERS, distribution.holders - number * PAGE_HOLDERS))
    )
    return State(status=STATUSES[status], opens_at=opens_at, paid=paid,
                 spent=sum(spent for _, spent in answers))  # fmt: skip


def opened(
    workspace: Workspace, announced: Announced, *,
    report: Callable[[int, int], None] | None = None,
) -> Opened:  # fmt: skip
    """A distribution with its list, calculated anew from the logs."""
    listed = payment_list(workspace, announced, report=report)
    whole = listed.published(on_chain(workspace, announced))
    return Opened(announced=announced, listed=listed, whole=whole,
                  state=state_of(workspace, whole))  # fmt: skip


def _payable(workspace: Workspace, announced: Announced) -> Opened:
    """A distribution that may be paid now. Raises `Conflict` if it may not."""
    record = record_of(workspace, announced)
    status = record.status if record is not None else UNKNOWN
    if record is None or status != PUBLISHED:
        raise Conflict("not-published", f"Distribution {announced.number} is {status}",
                       cure="`distribution list` shows where it stands.")  # fmt: skip
    if record.opens_at > workspace.now():
        raise Conflict(
            "not-open-yet", f"Its list can be challenged until {show_time(record.opens_at)}",
            cure="Wait until payment opens.",
        )  # fmt: skip
    found = opened(workspace, announced)
    if found.whole != record.distribution:
        raise Conflict("list-differs", "The published list is not that of the logs",
                       cure="Stop it with `distribution stop` and announce it anew.")  # fmt: skip
    return found


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was not paid, and why."""

    wallet: Wallet
    why: str


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """How many were paid by a push, and who is left."""

    paid: int
    left: tuple[Left, ...]


def push(
    workspace: Workspace, announced: Announced, *, key: str, reinvest_at: int = 0,
    report: Callable[[int, int], None] | None = None,
) -> Pushed:  # fmt: skip
    """Pay everybody who was not paid yet, page by page; who cannot be paid delays nobody.

    Holders who asked for their places are answered first. What a lost wallet is owed goes to the
    one that took its place; who is stopped for sanctions is not paid. Who instructed so has it by
    bank, or in new units at the price `reinvest_at` of a whole one (0: not now). Under the same
    key what was cut off goes on; under another one those are tried anew who could not be paid
    before.
    """
    workspace.outbox.reconcile()
    answer_demands(workspace, announced, key=key)
    found = _payable(workspace, announced)
    barred = sanctioned(workspace)
    before = found.state.paid
    refused = instructions.pay_elsewhere(workspace, found, price=reinvest_at, barred=barred)
    found = _payable(workspace, announced)
    listed, now = found.listed, found.state.paid
    pages = [
        page
        for page in range(listed.pages)
        if not all(now[page * PAGE_HOLDERS : (page + 1) * PAGE_HOLDERS])
    ]
    home = workspace.book().registry.home
    apart = {at // PAGE_HOLDERS for at, (wallet, _) in enumerate(listed.lines)
             if home(wallet) in barred}  # fmt: skip
    apart |= {page for page in pages if not listed.is_known(page)}
    for start in range(0, len(pages), PAGES_AT_ONCE):
        part = pages[start : start + PAGES_AT_ONCE]
        apart |= _push_pages(workspace, found, [page for page in part if page not in apart], key)
        if report is not None:
            report(start + len(part), len(pages))
    _pay_singly(workspace, found, key, apart, barred)
    after = state_of(workspace, found.whole).paid
    left = tuple(_left(found, at, home(wallet) in barred)
                 for at, (wallet, _) in enumerate(listed.lines) if not after[at])  # fmt: skip
    left += tuple(Left(wallet=wallet, why=f"the rules refuse the units he paid for: {reason}; "
                       "issue them when they allow it, or repay him")
                  for wallet, reason in refused.items())  # fmt: skip
    return Pushed(paid=sum(after) - sum(before), left=left)


def _left(found: Opened, at: int, barred: bool) -> Left:  # noqa: FBT001 - of one use
    why = "the cash token refuses him; his claim stays"
    if barred:
        why = "he is stopped for sanctions; pay into a blocked account what the law asks"
    elif found.listed.kept(at) is None:
        why = "he was erased, so that nobody knows what to withhold; settle with him directly"
    return Left(wallet=found.listed.lines[at][0], why=why)


def sanctioned(workspace: Workspace) -> set[Wallet]:
    """Home wallets of investors who are stopped for sanctions, in whatever security."""
    found: set[tuple[str, Wallet]] = set()
    since, code = workspace.founding.since, REASONS["sanctions"]
    for security in workspace.securities():
        for event in events_of(workspace.rpc, TOKEN, security.token, since=since,
                               names=("StopPlaced", "StopLifted")):  # fmt: skip
            if event.name == "StopPlaced" and event.members["code"] == code:
                found.add((security.symbol, Wallet(event.members["investor"])))
            elif event.name == "StopLifted":
                found.discard((security.symbol, Wallet(event.members["investor"])))
    return {home for _, home in found}


def call_to_demand(workspace: Workspace, announced: Announced) -> Call:
    """What a holder's wallet must send to be shown his place in the list before payment begins.

    Raises `Conflict` unless the list was published.
    """
    record = record_of(workspace, announced)
    if record is None or record.status != PUBLISHED:
        raise Conflict("list-not-published", "Its list is not published",
                       cure="Wait until it is.")  # fmt: skip
    sides = (record.announcement.members, record.distribution.members)
    data = DISTRIBUTOR.function("demand").encode(*sides)
    return Call("ask for your place in the list", service(workspace, "Distributor"), data)


def answer_demands(workspace: Workspace, announced: Announced, *, key: str) -> int:
    """Show the chain where holders stand who asked for it; returns how many. Anybody may."""
    record = record_of(workspace, announced)
    if record is None or record.status != PUBLISHED or not record.demands:
        return 0
    found = opened(workspace, announced)
    call, address = DISTRIBUTOR.function("answer"), service(workspace, "Distributor")
    places = [place(found, wallet) for wallet in record.demands]
    workspace.act("agent", [
        (f"{key}/answer/{at}", address, call.encode(found.whole.members, found.listed.leaf(at)))
        for at in places
    ])  # fmt: skip
    return len(places)


def _push_pages(workspace: Workspace, found: Opened, pages: list[int], key: str) -> set[int]:
    """Pay pages; returns those that the cash token spoils, whose holders are to be paid singly."""
    address, push_page = service(workspace, "Distributor"), DISTRIBUTOR.function("push")
    calls = {
        page: (f"{key}/push/{page}", address,
               push_page.encode(found.whole.members, found.listed.page(page)))
        for page in pages
    }  # fmt: skip
    spoilt: set[int] = set()
    while True:
        left = [page for page in pages if page not in spoilt]
        try:
            workspace.act("agent", [calls[page] for page in left])
        except Refused as error:
            if error.code != SPOILT:
                raise
            # Acts go in order: the first that is not done is the one refused.
            spoilt.add(next(page for page in left if not workspace.outbox.done(calls[page][0])))
        else:
            return spoilt


def _pay_singly(
    workspace: Workspace, found: Opened, key: str, apart: set[int], barred: set[Wallet]
) -> None:
    """Pay those whom pages leave out: of pages that are `apart` everybody, one by one.

    What lost wallets are owed goes to those that took their places.
    """
    registry, listed = workspace.book().registry, found.listed
    paid = state_of(workspace, found.whole).paid
    for at, (wallet, _) in enumerate(listed.lines):
        lost = wallet in registry.replaced
        if paid[at] or listed.kept(at) is None or registry.home(wallet) in barred:
            continue
        if not lost and at // PAGE_HOLDERS not in apart:
            continue
        try:
            _pay(workspace, found, at, registry.in_use(wallet) if lost else wallet, key)
        except Refused as error:
            if error.code != "cash-refused":
                raise


def pay(
    workspace: Workspace, announced: Announced, wallet: Wallet, receiver: Wallet | None, *, key: str
) -> Done:
    """Pay one holder, to another wallet of his if one is named. Raises `NotFound` if he is none."""
    found = _payable(workspace, announced)
    at = place(found, wallet)
    to = receiver or workspace.book().registry.in_use(wallet)
    return _pay(workspace, found, at, to, key)


def unpaid(workspace: Workspace, home: Wallet) -> list[int]:
    """Distributions that withhold a part of what they still owe to an investor, by number."""
    found: list[int] = []
    known: Ledger | None = None
    for announced in distributions(workspace):
        kept = enumerate(secrets_of(workspace, announced.number))
        places = [at for at, (owner, _, secret) in kept if owner == home and secret is not None]
        if not announced.withholding or not places:
            continue
        known = known or ledger(workspace)
        record = known.by_reference(on_chain(workspace, announced).reference)
        if record and record.status == PUBLISHED and not record.paid.keys() >= set(places):
            found.append(announced.number)
    return found


def place(found: Opened, wallet: Wallet) -> int:
    """The place of a wallet in a list. Raises `NotFound` if it is not on it."""
    at = found.listed.places.get(wallet)
    if at is None:
        raise NotFound("not-on-the-list", f"{show_wallet(wallet)} held nothing at the record date",
                       cure="`distribution show` lists who did.")  # fmt: skip
    return at


def _pay(workspace: Workspace, found: Opened, at: int, receiver: Wallet, key: str) -> Done:
    data = DISTRIBUTOR.function("claimFor").encode(
        found.whole.members, found.listed.leaf(at), found.listed.withholding(at), receiver
    )
    address = service(workspace, "Distributor")
    [done] = workspace.act("agent", [(f"{key}/pay/{at}", address, data)])
    return done


# --- what is wrong, what is over


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A list calculated from the logs beside what was published: the roots, and whether they agree.

    `published` is empty if nothing was.
    """

    holders: int
    calculated: str
    published: str

    @property
    def agrees(self) -> bool:
        """Whether the published list is that of the logs."""
        return self.calculated == self.published


def check(workspace: Workspace, announced: Announced) -> Checked:
    """Calculate the list of a distribution anew and compare it with what the chain has."""
    listed = payment_list(workspace, announced)
    whole = listed.published(on_chain(workspace, announced))
    record = record_of(workspace, announced)
    known = record.distribution.root.hex() if record and record.distribution.total else ""
    return Checked(holders=whole.holders, calculated=whole.root.hex(), published=known)


def record_of(workspace: Workspace, announced: Announced) -> Record | None:
    """What became of a distribution on the chain; None if it was never announced there."""
    reference = on_chain(workspace, announced).reference
    return ledger(workspace).by_reference(reference)


def ledger(workspace: Workspace) -> Ledger:
    """What became of all distributions, from the logs of the distributor."""
    found = Ledger()
    address = service(workspace, "Distributor")
    since = workspace.founding.since
    for event in events_of(workspace.rpc, DISTRIBUTOR, address, since=since):
        found.apply(event.name, event.members, event.at_s)
    return found


def stop(workspace: Workspace, announced: Announced, reason: Reason, *, key: str) -> Done:
    """Stop a distribution before it is paid, by the officer for a reason; its money goes back."""
    record = record_of(workspace, announced)
    if record is None:
        raise Conflict("not-published", f"Distribution {announced.number} was not announced",
                       cure="Announce it again under its key.")  # fmt: skip
    distribution = record.distribution
    data = DISTRIBUTOR.function("stop").encode(
        announcement(workspace, announced).members, distribution.members, reason.number,
        published(workspace, reason, key),
    )  # fmt: skip
    [done] = workspace.act("officer", [(f"{key}/stop", service(workspace, "Distributor"), data)])
    return done


def challenge(
    workspace: Workspace, announced: Announced, lines: Lines, *, key: str
) -> tuple[Fault, Done]:
    """Show the chain that the published list is wrong, which stops it; anybody may.

    `lines` are the published list. Raises `Invalid` if they are not, `Refused` if they are right or
    the distribution has no record date on the chain.
    """
    record = record_of(workspace, announced)
    tree = SumTree(lines)
    if record is None or tree.root.hash != record.distribution.root:
        raise Invalid("list-not-published", "That is not the list whose root was published",
                      where="--list", cure="Ask who published it for the list.")  # fmt: skip
    held = held_at(workspace, workspace.security(announced.symbol), announced.record_at)
    fault = find_fault(lines, held, announced.treasury)
    if fault is None:
        raise Refused("list-right", "The published list is that of the logs",
                      cure="Nothing is to be done.")  # fmt: skip
    data = DISTRIBUTOR.function(fault.shown_by).encode(
        record.announcement.members, record.distribution.members, *shown(tree, lines, fault)
    )
    address = service(workspace, "Distributor")
    [done] = workspace.act("officer", [(f"{key}/challenge", address, data)])
    return fault, done


def expire(workspace: Workspace, announced: Announced, *, key: str) -> Done:
    """Take back what nobody claimed until a distribution expired."""
    data = DISTRIBUTOR.function("expire").encode(opened(workspace, announced).whole.members)
    [done] = workspace.act("agent", [(f"{key}/expire", service(workspace, "Distributor"), data)])
    return done


def show_amount(workspace: Workspace, announced: Announced, units: int) -> str:
    """An amount of a distribution's cash, as people write it."""
    money = cash_tokens.money(workspace, announced.cash)
    return f"{show_money(units, money.decimals)} {money.symbol}"
