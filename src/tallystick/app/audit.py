"""Compares what the chain's logs add up to with what the chain says itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app.workspace import REGISTRY, TOKEN, Workspace
from tallystick.core.wallets import Wallet, show_wallet

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.gateways.chain.contracts import Contract
    from tallystick.gateways.chain.indexer import Book


class Difference(msgspec.Struct, frozen=True):
    """A place where fold and chain differ."""

    what: str
    folded: str
    chain: str


class Audit(msgspec.Struct, frozen=True):
    """What was compared, as of which block, and where it differs."""

    block: int
    compared: int
    differences: tuple[Difference, ...]


def audit(workspace: Workspace, *, report: Callable[[int, int], None] | None = None) -> Audit:
    """Rebuild register and counters from logs, and compare them with the contracts' own state."""
    book = workspace.book()
    checks = list(_checks(workspace, book))
    differences: list[Difference] = []
    step = 200
    for start in range(0, len(checks), step):
        part = checks[start : start + step]
        answers = workspace.rpc.batch(
            [("eth_call", [{"to": to, "data": target.function(name).encode(*args)},
                           hex(book.block)]) for _, target, to, name, args, _ in part]
        )  # fmt: skip
        for (what, target, _, name, _, expected), answer in zip(part, answers, strict=True):
            found = target.function(name).decode(answer)
            if found != expected:
                differences.append(Difference(what, str(expected), str(found)))
        if report is not None:
            report(min(start + step, len(checks)), len(checks))
    for _ in workspace.journal.entries():
        pass
    return Audit(book.block, len(checks), tuple(differences))


def _checks(
    workspace: Workspace, book: Book
) -> list[tuple[str, Contract, str, str, tuple[Any, ...], Any]]:
    checks: list[tuple[str, Contract, str, str, tuple[Any, ...], Any]] = []
    for listed in workspace.securities():
        security = book.securities[listed.token]
        token, symbol = listed.token, listed.symbol
        checks.append((f"{symbol} supply", TOKEN, token, "totalSupply", (), security.supply))
        checks.append((f"{symbol} sum of positions", TOKEN, token, "totalSupply", (),
                       sum(security.balances.values())))
        checks.append((f"{symbol} holders by tier", TOKEN, token, "holderCounts", (),
                       tuple(security.tally.counts)))
        recount = [0, 0, 0, 0]
        for home, holder in security.holders.items():
            if security.total(home) and holder.tier_counted is not None:
                recount[holder.tier_counted] += 1
        checks.append((f"{symbol} holders recounted", TOKEN, token, "holderCounts", (),
                       tuple(recount)))
        for wallet, units in security.balances.items():
            shown = show_wallet(wallet)
            checks.append((f"{symbol} {shown} units", TOKEN, token, "balanceOf", (wallet,), units))
        for home, holder in security.holders.items():
            shown = show_wallet(home)
            checks.append((f"{symbol} {shown} frozen units", TOKEN, token, "getFrozenTokens",
                           (home,), holder.frozen_units))
    registry = workspace.founding.registry
    for home, investor in book.registry.investors.items():
        for wallet in investor.wallets:
            checks.append((f"home of {show_wallet(wallet)}", REGISTRY, registry, "homeOf",
                           (wallet,), Wallet(home)))
    return checks
