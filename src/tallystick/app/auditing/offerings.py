"""Offerings: divided anew, beside what everybody got; and that the money of others is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app.auditing.comparing import Check, Fact, at_least
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing import offerings as sold
from tallystick.app.servicing.cash import CASH
from tallystick.app.servicing.offerings import OFFERING
from tallystick.app.servicing.services import deployed
from tallystick.core.wallets import show_wallet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.app.workspace import Workspace
    from tallystick.core.wallets import Wallet
    from tallystick.gateways.chain.fold import Book


def offerings(workspace: Workspace, _book: Book) -> Iterator[Check | Fact]:
    """Every offering: allocations, what each paid and is owed, the proceeds."""
    address = deployed(workspace).get("Offering")
    if address is None:
        return
    kept: dict[Wallet, int] = {}
    for opened in sold.offerings(workspace):
        what = f"offering {opened.number}"
        state = sold.state_of(workspace, opened)
        identifier = sold.on_chain(workspace, opened).id
        if state.status == "settled":
            wrong = [each.investor for each in sold.check(workspace, opened)]
            yield Fact(f"{what}: allocated otherwise than divided", [], wrong)
        owed = state.proceeds
        for each in sold.subscribers(workspace, opened).values():
            left = each.amount - each.cost - each.refunded
            owed += left
            yield Check(f"{what}: owed to {each.investor}", OFFERING, address, "recordOf",
                        (identifier, each.investor), left, lambda record: record[1])  # fmt: skip
        if opened.terms.cash:
            token = cash_tokens.money(workspace, opened.terms.cash).token
            kept[token] = kept.get(token, 0) + owed
    for token, least in kept.items():
        yield Check(f"money of subscribers in {show_wallet(token)}", CASH, token, "balanceOf",
                    (address,), True, at_least(least))  # fmt: skip
