"""Redemptions: what was paid for which units, and that just those were destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app.auditing.comparing import Fact
from tallystick.app.servicing import called, dealings, distributions, funds
from tallystick.app.servicing.redemptions import typed_tender
from tallystick.app.signing import signer_of
from tallystick.app.workspace import TOKEN
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.events import events_of
from tallystick.securities import redemptions as redeeming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.app.servicing.called import Redemption
    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.fold import Book


def redemptions(workspace: Workspace, book: Book) -> Iterator[Fact]:
    """Every redemption that has ended: its price, its tenders, its units."""
    over = called.ended(workspace)
    for redeemed in called.all_redemptions(workspace):
        for each in called.tenders(workspace, redeemed.number):
            typed = typed_tender(workspace, redeemed, each.wallet, int(each.units))
            yield Fact(f"redemption {redeemed.number}: tender of {each.wallet}", each.wallet,
                       signer_of(typed, each.signature))  # fmt: skip
        if over.get(redeemed.number) == "redeemed":
            yield from _ended(workspace, redeemed, book)
    for made in dealings.dealings(workspace):
        for stated in dealings.placed(workspace, made.number):
            yield Fact(f"dealing {made.number}: order of {stated.wallet}", stated.wallet,
                       funds.signed_by(workspace, made, stated))  # fmt: skip


def _ended(workspace: Workspace, redeemed: Redemption, book: Book) -> Iterator[Fact]:
    what = f"redemption {redeemed.number}"
    record = called.recorded(workspace, redeemed.number)
    if record is None:
        yield Fact(f"{what}: has its record date", True, False)
        return
    lines = called.lines(workspace, redeemed, book)
    gone = dict(lines + called.own_units(workspace, redeemed, record))
    burned: dict[Wallet, int] = {}
    security = workspace.security(redeemed.symbol)
    for event in events_of(workspace.rpc, TOKEN, security.token, since=workspace.founding.since,
                           names=("Transfer",)):  # fmt: skip
        if event.at_s >= record.record_at and event.members["receiver"] == NOBODY:
            sender = Wallet(event.members["sender"])
            burned[sender] = burned.get(sender, 0) + event.members["value"]
    for wallet, units in sorted(gone.items()):
        yield Fact(f"{what}: destroyed of {wallet}", True, burned.get(wallet, 0) >= units)
    units = sum(each for _, each in lines)
    for made in distributions.distributions(workspace):
        if made.redemption == redeemed.number and made.income != "interest":
            price = int(redeemed.amount or 0)
            if redeemed.price:
                price = redeeming.price_of(units, int(redeemed.price), security.decimals)
            elif redeemed.kind == redeeming.DEALING:
                price = dealings.proceeds_down(workspace, int(redeemed.units), units)
            yield Fact(f"{what}: amount", price, made.units)
