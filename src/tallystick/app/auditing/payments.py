"""Payments: every list calculated anew, what was paid of it, and that its money is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app.auditing.comparing import Check, Fact, at_least
from tallystick.app.servicing import distributions as calculating
from tallystick.app.servicing import payouts, taxes
from tallystick.app.servicing.cash import CASH
from tallystick.app.servicing.distributions import DISTRIBUTOR, Announced
from tallystick.app.servicing.services import deployed
from tallystick.core.wallets import show_wallet
from tallystick.securities.distribution.ledger import ANNOUNCED, PUBLISHED, STATUSES, Record
from tallystick.securities.distribution.payment_list import (
    PAGE_HOLDERS,
    PaymentList,
    withholding_leaf,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.app.workspace import Workspace
    from tallystick.core.wallets import Wallet
    from tallystick.gateways.chain.fold import Book


def payments(workspace: Workspace, book: Book) -> Iterator[Check | Fact]:
    """Every distribution: its list, who was paid what, what was withheld; its money kept apart."""
    address = deployed(workspace).get("Distributor")
    if address is None:
        return
    ledger = payouts.ledger(workspace)
    kept: dict[Wallet, int] = {}
    ours: set[bytes] = set()
    for announced in calculating.distributions(workspace):
        record = ledger.by_reference(calculating.on_chain(workspace, announced).reference)
        if record is None:
            continue
        ours.add(record.distribution.id)
        listed = None
        if record.distribution.total:
            listed = calculating.payment_list(workspace, announced, book=book)
            yield from _list(workspace, announced, record, listed)
            yield from _paid(address, announced, record, listed)
        token = record.distribution.cash
        kept[token] = kept.get(token, 0) + _left(record, listed)
    registry = workspace.founding.registry
    for identifier, record in ledger.records.items():
        if record.distribution.registry == registry:
            yield Fact(f"distribution {identifier.hex()} is in the journal", True,
                       identifier in ours)  # fmt: skip
    for token, least in kept.items():
        yield Check(f"money kept apart in {show_wallet(token)}", CASH, token, "balanceOf",
                    (address,), True, at_least(least))  # fmt: skip


def _list(
    workspace: Workspace, announced: Announced, record: Record, listed: PaymentList
) -> Iterator[Fact]:
    """The list that the logs give, beside what was published and written down."""
    what = f"distribution {announced.number}"
    whole = listed.published(calculating.on_chain(workspace, announced))
    for name in ("root", "total", "holders", "withholding", "amount", "payer"):
        yield Fact(f"{what}: {name}", getattr(whole, name), getattr(record.distribution, name))
    noted = calculating.calculated(workspace, announced.number)
    if noted is not None:
        yield Fact(f"{what}: root in the journal", whole.root.hex(), noted.root)
        yield Fact(f"{what}: total in the journal", str(whole.total), noted.total)
        yield Fact(f"{what}: holders in the journal", whole.holders, noted.holders)
    if announced.withholding:
        secrets = taxes.secrets_of(workspace, announced.number)
        for at, ((wallet, _), (_, commitment, secret)) in enumerate(
            zip(listed.lines, secrets, strict=True)
        ):
            if secret is not None:
                sealed = withholding_leaf(secret.salt, wallet, secret.amount)
                yield Fact(f"{what}: withheld at {at}", sealed, commitment)
                yield Fact(f"{what}: gross at {at}", listed.owed[at], secret.gross)


def _paid(
    address: Wallet, announced: Announced, record: Record, listed: PaymentList
) -> Iterator[Check | Fact]:
    """Who was paid: by the logs, by the contract's own words; and that it was what he is owed."""
    what = f"distribution {announced.number}"
    identifier = record.distribution.id
    for word in range(-(-len(listed.lines) // PAGE_HOLDERS)):
        places = range(word * PAGE_HOLDERS, min((word + 1) * PAGE_HOLDERS, len(listed.lines)))
        paid = [place for place in places if place in record.paid]
        bits = sum(1 << place - places.start for place in paid)
        spent = sum(listed.owed[place] for place in paid)
        yield Check(f"{what}: paid from {places.start} on", DISTRIBUTOR, address, "paymentsOf",
                    (identifier, word), (bits, spent))  # fmt: skip
    for place, (_, amount) in record.receivers.items():
        kept = listed.kept(place)
        elsewhere = record.elsewhere.get(place, (0, 0))[1]
        if kept is not None:
            yield Fact(f"{what}: paid at {place}", listed.owed[place] - kept, amount + elsewhere)
    yield Check(f"{what}: status", DISTRIBUTOR, address, "stateOf", (identifier,), record.status,
                lambda state: STATUSES[state[0]])  # fmt: skip
    yield Check(f"{what}: owed to the payer", DISTRIBUTOR, address, "owedOf", (identifier,),
                record.owed_to_payer)  # fmt: skip


def _left(record: Record, listed: PaymentList | None) -> int:
    """What of a distribution's money must still be with the distributor."""
    owed = record.owed_to_payer
    if record.status == ANNOUNCED or listed is None:
        return owed + (record.distribution.amount if record.status == ANNOUNCED else 0)
    if record.status != PUBLISHED:
        return owed
    return owed + record.distribution.amount - sum(listed.owed[place] for place in record.paid)
