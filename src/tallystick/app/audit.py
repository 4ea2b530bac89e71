"""Compares what the chain's logs add up to with what the contracts say themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app.workspace import REGISTRY, TOKEN, ListedSecurity, Workspace
from tallystick.core.wallets import show_wallet
from tallystick.gateways.chain.contracts import Contract
from tallystick.gateways.chain.indexer import rebuild

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tallystick.gateways.chain.fold import Book
    from tallystick.securities.security import Security

CALLS_AT_ONCE = 200


class Check(msgspec.Struct, frozen=True):
    """A figure folded from logs, and the view of a contract that must give the same."""

    what: str
    target: Contract
    address: str
    view: str
    args: tuple[Any, ...]
    folded: Any


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
    """Rebuild register and counters from logs, and compare them with the contracts' own state.

    The business journal is read through as well; raises `Unavailable` if an entry of it is not as
    it was written.
    """
    for _ in workspace.journal.verified():
        pass
    founding = workspace.founding
    book = rebuild(workspace.rpc, founding.registry, since=founding.since)
    checks = [
        *(check for listed in workspace.securities() for check in _of_security(listed, book)),
        *_of_registry(workspace.founding.registry, book),
    ]
    differences: list[Difference] = []
    for start in range(0, len(checks), CALLS_AT_ONCE):
        part = checks[start : start + CALLS_AT_ONCE]
        differences += _compare(workspace, part, book.block)
        if report is not None:
            report(start + len(part), len(checks))
    return Audit(book.block, len(checks), tuple(differences))


def _compare(workspace: Workspace, checks: list[Check], block: int) -> Iterator[Difference]:
    calls: list[tuple[str, list[Any]]] = []
    for check in checks:
        data = check.target.function(check.view).encode(*check.args)
        calls.append(("eth_call", [{"to": check.address, "data": data}, hex(block)]))
    for check, answer in zip(checks, workspace.rpc.batch(calls), strict=True):
        found = check.target.function(check.view).decode(answer)
        if found != check.folded:
            yield Difference(check.what, str(check.folded), str(found))


def _of_security(listed: ListedSecurity, book: Book) -> Iterator[Check]:
    security = book.securities[listed.token]

    def check(what: str, view: str, folded: Any, *args: Any) -> Check:
        return Check(f"{listed.symbol} {what}", TOKEN, listed.token, view, args, folded)

    yield check("supply", "totalSupply", security.supply)
    yield check("sum of positions", "totalSupply", sum(security.balances.values()))
    yield check("holders by tier", "holderCounts", tuple(security.tally.counts))
    yield check("holders recounted", "holderCounts", tuple(recount(security)))
    for wallet, units in security.balances.items():
        yield check(f"{show_wallet(wallet)} units", "balanceOf", units, wallet)
    for home, holder in security.holders.items():
        shown = show_wallet(home)
        yield check(f"{shown} frozen units", "getFrozenTokens", holder.frozen_units, home)
        yield check(f"{shown} frozen", "isFrozen", holder.frozen, home)


def recount(security: Security) -> list[int]:
    """Holders by the tier they are counted in, counted one by one."""
    counts = [0, 0, 0, 0]
    for home, holder in security.holders.items():
        if holder.tier_counted is not None and security.total(home):
            counts[holder.tier_counted] += 1
    return counts


def _of_registry(address: str, book: Book) -> Iterator[Check]:
    for home, investor in book.registry.investors.items():
        for wallet in investor.wallets:
            what = f"investor behind {show_wallet(wallet)}"
            yield Check(what, REGISTRY, address, "homeOf", (wallet,), home)
