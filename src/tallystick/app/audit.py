"""Compares what the chain's logs add up to with what the contracts say themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app.workspace import REGISTRY, TOKEN, ListedSecurity, Workspace
from tallystick.core.wallets import show_wallet
from tallystick.gateways.chain.blocks import time_of
from tallystick.gateways.chain.contracts import Contract
from tallystick.gateways.chain.indexer import rebuild
from tallystick.securities.packing import Counted, pack_tally, unpack_position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.gateways.chain.fold import Book
    from tallystick.securities.holder import Holder
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
    # What of the view's answer is compared.
    read: Callable[[Any], Any] = lambda answer: answer


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
    now_s = time_of(workspace.rpc, book.block)
    checks = [
        *(
            check
            for listed in workspace.securities()
            for check in _of_security(listed, book, now_s)
        ),
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
        found = check.read(check.target.function(check.view).decode(answer))
        if found != check.folded:
            yield Difference(check.what, str(check.folded), str(found))


def _of_security(listed: ListedSecurity, book: Book, now_s: int) -> Iterator[Check]:
    security = book.securities[listed.token]

    def check(what: str, view: str, folded: Any, *args: Any) -> Check:
        return Check(f"{listed.symbol} {what}", TOKEN, listed.token, view, args, folded)

    yield check("supply", "totalSupply", security.supply)
    yield check("sum of positions", "totalSupply", sum(security.balances.values()))
    yield check("holders by tier", "holderCounts", tuple(security.tally.counts))
    yield check("holders recounted", "holderCounts", tuple(recount(security)))
    for wallet, units in security.balances.items():
        yield check(f"{show_wallet(wallet)} units", "balanceOf", units, wallet)
    word = pack_tally(security.tally, security.enrolled)
    yield check("counters", "tallyWord", word)
    for home, holder in security.holders.items():
        party, shown = security.party(home), show_wallet(home)
        yield check(f"{shown} frozen units", "getFrozenTokens", party.frozen_units, home)
        yield check(f"{shown} frozen", "isFrozen", party.frozen, home)
        folded = _counted(holder, now_s)
        yield Check(
            f"{listed.symbol} {shown} as counted and locked", TOKEN, listed.token, "positionOf",
            (home,), folded, lambda answer: unpack_position(answer[0], now_s),
        )  # fmt: skip


def _counted(holder: Holder, now_s: int) -> Counted:
    last = holder.lots.locked[-1].unlock_at if holder.lots.locked else 0
    return Counted(
        tier=holder.tier_counted or 0,
        tracked_day=holder.tracked_day,
        enrolled=holder.enrolled,
        unlocked_at=last if last > now_s else 0,
    )


def recount(security: Security) -> list[int]:
    """Holders by the tier they are counted in, counted one by one."""
    counts = [0, 0, 0, 0]
    for home, holder in security.holders.items():
        if holder.tier_counted is not None and security.total(home):
            counts[holder.tier_counted] += 1
    return counts


def _of_registry(address: str, book: Book) -> Iterator[Check]:
    word = pack_tally(book.registry.tally, book.registry.enrolling)
    yield Check("issuer's counters", REGISTRY, address, "issuerTally", (), word)
    for home, investor in book.registry.investors.items():
        for wallet in investor.wallets:
            what = f"investor behind {show_wallet(wallet)}"
            yield Check(what, REGISTRY, address, "homeOf", (wallet,), home)
