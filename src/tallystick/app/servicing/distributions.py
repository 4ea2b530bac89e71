"""Distributions: announce, record, calculate. Paying is in `payouts`.

What a distribution was given stands in the business journal before its first act on the chain; its
list follows from that and from the logs of the security, and can be calculated again by anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.app import anchors
from tallystick.app.acts import Reason, published
from tallystick.app.keys import require_same
from tallystick.app.servicing import called, exchanges, taxes
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.record_dates import block_before, held_at, next_record_date
from tallystick.app.servicing.services import service
from tallystick.app.servicing.treasury import treasury
from tallystick.app.workspace import TOKEN, ListedSecurity, Workspace
from tallystick.core.errors import Conflict, Invalid, NotFound
from tallystick.core.times import DAY_S, show_time
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.blocks import last_time, wait_until
from tallystick.gateways.chain.contracts import contract
from tallystick.securities.distribution.declared import Announcement, Distribution
from tallystick.securities.distribution.entitlements import Lines, lines_of
from tallystick.securities.distribution.ledger import PUBLISHED, STATUSES
from tallystick.securities.distribution.payment_list import PaymentList

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.gateways.chain.fold import Book

DISTRIBUTOR = contract("Distributor")
KIND, LIST = "distribution", "distribution-list"
INCOMES = ("dividend", "interest", "revenue-share", "return-of-capital", "redemption",
           "liquidation", "fractions")  # fmt: skip


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be distributed: `amount` in units of the cash, times in UTC seconds.

    Who holds before `record_at` is paid, 0 being now; `document` is SHA-256 of what announces it,
    `withholding` the country that withholds (ISO 3166-1 alpha-2), or empty. With an `epoch` those
    are paid to whom a fraction of a unit was left by the exchange of that number, with a
    `redemption` those whose units are redeemed by it. The amount holds for so many `outstanding`
    units, if they are stated.
    """

    symbol: str
    cash: str
    amount: int
    income: str
    record_at: int
    challenge_s: int
    expires_at: int
    document: bytes
    withholding: str = ""
    epoch: int = 0
    redemption: int = 0
    outstanding: int = 0


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution as the business journal keeps it.

    `record_date` is the number of its record date on the chain, 0 if it has none.
    """

    number: int
    key: str
    symbol: str
    cash: str
    amount: str
    income: str
    record_at: int
    record_date: int
    challenge_s: int
    expires_at: int
    treasury: tuple[Wallet, ...]
    document: str
    published: str
    payer: Wallet
    withholding: str = ""
    epoch: int = 0
    redemption: int = 0
    outstanding: str = ""

    @property
    def units(self) -> int:
        """The amount, in units of the cash."""
        return int(self.amount)


class Calculated(msgspec.Struct, frozen=True, kw_only=True):
    """What was calculated of a distribution: from the logs up to which block, with what outcome."""

    number: int
    block: int
    holders: int
    total: str
    root: str
    withholding: str


def distributions(workspace: Workspace) -> list[Announced]:
    """All distributions, in the order of their numbers; what was stated last of each."""
    stated = (msgspec.convert(entry.body, Announced) for entry in workspace.journal.entries(KIND))
    return list({each.number: each for each in stated}.values())


def distribution(workspace: Workspace, number: int) -> Announced:
    """A distribution by its number. Raises `NotFound` if there is none."""
    found = next((each for each in distributions(workspace) if each.number == number), None)
    if found is None:
        raise NotFound("distribution-unknown", f"There is no distribution {number}",
                       cure="See them with `distribution list`.")  # fmt: skip
    return found


def _calculated(workspace: Workspace, number: int) -> Calculated:
    found = calculated(workspace, number)
    if found is None:
        raise NotFound("distribution-unknown", f"The list of distribution {number} is not known",
                       cure="Publish it first.")  # fmt: skip
    return found


def calculated(workspace: Workspace, number: int) -> Calculated | None:
    """What was calculated of a distribution, or nothing yet."""
    entries = workspace.journal.entries(LIST)
    found = (msgspec.convert(entry.body, Calculated) for entry in entries)
    return next((each for each in found if each.number == number), None)


# --- announce


def announce(
    workspace: Workspace, plan: Plan, *, key: str,
    report: Callable[[int, int], None] | None = None,
) -> Announced:  # fmt: skip
    """Announce a distribution and hand its money to the distributor.

    If the record date has passed, its list is published with it; otherwise the record date is set
    on the security, so that everybody can challenge the list, and `publish` follows. Under a known
    key nothing is done twice. Raises `Refused` if nobody held anything, or the money is not there.
    """
    announced = next((each for each in distributions(workspace) if each.key == key), None)
    if announced is None:
        announced = _write_down(workspace, plan, key)
    else:
        _require_same_plan(plan, announced)
    security, address = workspace.security(announced.symbol), service(workspace, "Distributor")
    money = cash_tokens.money(workspace, announced.cash)
    act = f"{key}/announce"
    if workspace.known(act):
        workspace.act_once("agent", act, address, str)
        anchors.anchor(workspace, security, key=key)
        return announced
    announced = _with_its_record_date(workspace, announced)
    members = on_chain(workspace, announced)
    if announced.record_date:
        _make_recorder(workspace, security, address, key)
        name = "announceWithRecordDate"
    else:
        name = "announce"
        members = calculate(workspace, announced, report=report).published(members)
    if not announced.record_date:
        # Within the second of the record time somebody could still buy or sell.
        wait_until(workspace.now, announced.record_at)
    since_s = 0 if announced.record_date else announced.record_at
    cash_tokens.allow(workspace, money, address, announced.units, since_s=since_s, key=key)
    data = DISTRIBUTOR.function(name).encode(
        announcement(workspace, announced).members, members.members
    )
    workspace.act("agent", [(act, address, data)])
    anchors.anchor(workspace, security, key=key)
    return announced


def _require_same_plan(plan: Plan, announced: Announced) -> None:
    """Raise `Conflict` if a plan is not the one announced; now is whenever that was."""
    names = ["symbol", "cash", "amount", "income", "document", "withholding", "epoch",
             "redemption", "expires_at", "challenge_s"]  # fmt: skip
    asked = {**msgspec.to_builtins(plan), "amount": str(plan.amount),
             "document": plan.document.hex()}  # fmt: skip
    if plan.record_at:
        names.append("record_at")
    require_same([asked[name] for name in names],
                 [getattr(announced, name) for name in names])  # fmt: skip


def _with_its_record_date(workspace: Workspace, announced: Announced) -> Announced:
    """The same with the number that its record date gets, should another have been set since."""
    if not announced.record_date:
        return announced
    number = next_record_date(workspace, workspace.security(announced.symbol))
    if number == announced.record_date:
        return announced
    changed = msgspec.structs.replace(announced, record_date=number)
    workspace.journal.append(KIND, msgspec.to_builtins(changed), at_s=workspace.now())
    return changed


def _write_down(workspace: Workspace, plan: Plan, key: str) -> Announced:
    security, now_s = workspace.security(plan.symbol), workspace.now()
    money = cash_tokens.money(workspace, plan.cash)
    if plan.income not in INCOMES:
        raise NotFound("income-unknown", f"{plan.income!r} is no kind of income",
                       cure=f"Known are: {', '.join(INCOMES)}.")  # fmt: skip
    if plan.expires_at and plan.expires_at <= max(now_s, plan.record_at) + plan.challenge_s:
        raise Invalid("expires-too-early", "It would expire before it can be paid",
                      where="--expires", cure="Name a later date.")  # fmt: skip
    if plan.withholding:
        taxes.table_of(plan.withholding)
    agent = workspace.acting("agent")
    have = cash_tokens.balance(workspace, money, agent)
    if have < plan.amount:
        raise cash_tokens.short(money, have, plan.amount)
    # Now: all blocks that there are.
    next_s = last_time(workspace.rpc) + 1
    record_at = plan.record_at or next_s
    ahead = record_at > next_s
    if plan.epoch and ahead:
        raise Invalid("record-date-of-fractions", "Fractions were left when units were exchanged",
                      where="--record-date", cure="Leave the record date out.")  # fmt: skip
    if plan.epoch:
        exchanges.past(workspace, security, plan.epoch)
        _require_unpaid_fractions(workspace, plan)
    elif not ahead and not plan.redemption:
        lines_of(held_at(workspace, security, record_at), treasury(workspace))
    known = distributions(workspace)
    record = called.recorded(workspace, plan.redemption)
    own = record.treasury if record else treasury(workspace)
    made = Announced(
        number=len(known) + 1, key=key, symbol=plan.symbol, cash=plan.cash,
        amount=str(plan.amount), income=plan.income, record_at=record_at,
        record_date=next_record_date(workspace, security) if ahead else 0,
        challenge_s=plan.challenge_s, expires_at=plan.expires_at, treasury=own,
        document=plan.document.hex(),
        published=published(workspace, Reason(plan.income, plan.document), key).hex(), payer=agent,
        withholding=plan.withholding, epoch=plan.epoch, redemption=plan.redemption,
        outstanding=str(plan.outstanding or ""),
    )  # fmt: skip
    workspace.journal.append(KIND, msgspec.to_builtins(made), at_s=now_s)
    return made


def _require_unpaid_fractions(workspace: Workspace, plan: Plan) -> None:
    """Raise `Conflict` if what an exchange left of units is paid already."""
    for each in distributions(workspace):
        same = (each.symbol, each.epoch) == (plan.symbol, plan.epoch)
        if same and (not is_published(workspace, each) or opens_at(workspace, each) is not None):
            raise Conflict("fractions-announced", f"Distribution {each.number} pays them already",
                           cure="Stop that one before it is paid, if it is wrong.")  # fmt: skip


def _make_recorder(
    workspace: Workspace, security: ListedSecurity, address: Wallet, key: str
) -> None:
    """Let the distributor set record dates of a security, by the owner; once."""
    if not workspace.view(TOKEN, security.token, "isRecorder", address):
        data = TOKEN.function("addRecorder").encode(address)
        workspace.act("owner", [(f"{key}/addRecorder", security.token, data)])


# --- record and calculate


def _lines(workspace: Workspace, announced: Announced, book: Book | None = None) -> Lines:
    """Who is paid by which weight: units at the record date, units redeemed, or parts left."""
    security = workspace.security(announced.symbol)
    if announced.epoch:
        found = exchanges.past(workspace, security, announced.epoch).fractions
        held = {each.home: each.remainder for each in found}
    elif announced.redemption:
        held = dict(called.lines(workspace, called.redemption(workspace, announced.redemption),
                                 book))  # fmt: skip
    else:
        held = held_at(workspace, security, announced.record_at, book)
    return lines_of(held, announced.treasury)


def payment_list(
    workspace: Workspace, announced: Announced, *, book: Book | None = None,
    report: Callable[[int, int], None] | None = None,
) -> PaymentList:  # fmt: skip
    """The list of a distribution, calculated from the logs, with what is known to be withheld."""
    lines = _lines(workspace, announced, book)
    withheld = taxes.withheld(workspace, announced.number) if announced.withholding else ()
    return PaymentList(lines, announced.units, withheld=withheld, report=report)


def calculate(
    workspace: Workspace, announced: Announced, *,
    report: Callable[[int, int], None] | None = None,
) -> PaymentList:  # fmt: skip
    """The list of a distribution; what is withheld is decided, and all of it written down, once."""
    if calculated(workspace, announced.number) is not None:
        return payment_list(workspace, announced, report=report)
    listed = payment_list(workspace, announced, report=report)
    secrets: list[tuple[Wallet, bytes, taxes.Secret]] = []
    if announced.withholding:
        paid_at = max(workspace.now(), announced.record_at) + announced.challenge_s
        secrets = taxes.withhold(
            workspace, announced.withholding, announced.income, listed.lines, listed.owed,
            day=paid_at // DAY_S,
        )  # fmt: skip
        listed.commit([taxes.line_of(commitment, secret) for _, commitment, secret in secrets])
    whole = listed.published(on_chain(workspace, announced))
    made = Calculated(
        number=announced.number, block=block_before(workspace, announced.record_at),
        holders=whole.holders, total=str(whole.total), root=whole.root.hex(),
        withholding=whole.withholding.hex(),
    )  # fmt: skip
    with workspace.engine.begin() as connection:
        if secrets:
            packed = [(home, commitment, msgspec.msgpack.encode(secret))
                      for home, commitment, secret in secrets]  # fmt: skip
            workspace.vault.keep_withheld_within(connection, announced.number, packed)
        workspace.journal.append_within(
            connection, LIST, [msgspec.to_builtins(made)], at_s=workspace.now()
        )
    return listed


def announcement(workspace: Workspace, announced: Announced) -> Announcement:
    """What was announced of a distribution, as the chain has it."""
    return Announcement(
        security=workspace.security(announced.symbol).token, record_date=announced.record_date,
        record_at=announced.record_at, challenge_s=announced.challenge_s,
        treasury=announced.treasury, document=bytes.fromhex(announced.published),
    )  # fmt: skip


def on_chain(workspace: Workspace, announced: Announced) -> Distribution:
    """A distribution as the chain has it before its list is known."""
    return Distribution(
        reference=announcement(workspace, announced).reference,
        registry=workspace.founding.registry,
        cash=cash_tokens.money(workspace, announced.cash).token, payer=announced.payer,
        amount=announced.units, expires_at=announced.expires_at,
    )  # fmt: skip


def is_published(workspace: Workspace, announced: Announced) -> bool:
    """Whether the announcement of a distribution with its list was carried out."""
    return workspace.outbox.done(f"{announced.key}/announce")


def opens_at(workspace: Workspace, announced: Announced) -> int | None:
    """When a distribution whose list is published can be paid and stopped no more, in UTC seconds.

    None if it is not published, or was stopped.
    """
    whole = payment_list(workspace, announced).published(on_chain(workspace, announced))
    address = service(workspace, "Distributor")
    status, opens_at_s = workspace.view(DISTRIBUTOR, address, "stateOf", whole.id)
    return int(opens_at_s) if STATUSES[status] == PUBLISHED else None


def publish(
    workspace: Workspace, number: int, *, report: Callable[[int, int], None] | None = None
) -> Calculated:
    """Calculate the list of a distribution whose record date has passed, and publish its root.

    Raises `Conflict` before that; done twice it is done once.
    """
    announced = distribution(workspace, number)
    address, act = service(workspace, "Distributor"), f"{announced.key}/publish"
    if calculated(workspace, number) is not None and workspace.known(act):
        workspace.act_once("agent", act, address, str)
        anchors.anchor(workspace, workspace.security(announced.symbol), key=act)
        return _calculated(workspace, number)
    if workspace.now() < announced.record_at:
        raise Conflict("record-date-ahead", f"The record date is {show_time(announced.record_at)}",
                       cure="Wait until it has passed.")  # fmt: skip
    _require_outstanding(workspace, announced)
    listed = calculate(workspace, announced, report=report)
    blank = on_chain(workspace, announced)
    whole = listed.published(blank)
    data = DISTRIBUTOR.function("publish").encode(
        announcement(workspace, announced).members, blank.members, whole.root, whole.total,
        whole.holders, whole.withholding,
    )  # fmt: skip
    workspace.act("agent", [(act, address, data)])
    anchors.anchor(workspace, workspace.security(announced.symbol), key=act)
    return _calculated(workspace, number)


def _require_outstanding(workspace: Workspace, announced: Announced) -> None:
    """Raise `Conflict` if the amount was calculated for other units than were held."""
    if not announced.outstanding:
        return
    held = sum(units for _, units in _lines(workspace, announced))
    if held != int(announced.outstanding):
        raise Conflict(
            "outstanding-changed",
            f"Its amount was calculated for {announced.outstanding} units, {held} were held",
            cure=f"Stop it with `distribution stop {announced.number}`, and announce it anew.",
        )  # fmt: skip
