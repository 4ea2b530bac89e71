"""Registers and counters: what logs add up to, beside what the contracts say themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.app.auditing.comparing import Check
from tallystick.app.workspace import REGISTRY, TOKEN, ListedSecurity, Workspace
from tallystick.core.wallets import show_wallet
from tallystick.gateways.chain.blocks import time_of
from tallystick.securities.packing import Counted, pack_tally, unpack_position
from tallystick.securities.security import Security

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.gateways.chain.fold import Book
    from tallystick.securities.holder import Holder


def registers(workspace: Workspace, book: Book) -> Iterator[Check]:
    """Every position, lock, freeze and counter of every security, and who is behind each wallet."""
    now_s = time_of(workspace.rpc, book.block)
    for listed in workspace.securities():
        yield from _of_security(listed, book, now_s)
    yield from _of_registry(workspace.founding.registry, book)


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
