"""What is wrong with a published list of holders, as the chain can be shown it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.core.sum_tree import SumTree
from tallystick.core.wallets import NOBODY, Wallet

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tallystick.securities.distribution.entitlements import Lines

# Functions of the distributor that a fault is shown with.
WRONG, ORDER, END = "challenge", "challengeOrder", "challengeEnd"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault: how it is shown, at which place, and about which wallet."""

    shown_by: str
    place: int
    wallet: Wallet


def find_fault(
    published: Lines, held: Mapping[Wallet, int], treasury: Collection[Wallet] = ()
) -> Fault | None:
    """The first fault of a list beside what everybody held; None if it is right."""
    for place, (wallet, units) in enumerate(published):
        if wallet in treasury or held.get(wallet, 0) != units:
            return Fault(shown_by=WRONG, place=place, wallet=wallet)
    for place in range(len(published) - 1):
        if published[place][0] >= published[place + 1][0]:
            return Fault(shown_by=ORDER, place=place, wallet=published[place][0])
    listed = {wallet for wallet, _ in published}
    missing = sorted(wallet for wallet, units in held.items()
                     if units and wallet not in listed and wallet not in treasury)  # fmt: skip
    return _missing(published, missing[0]) if missing else None


def _missing(published: Lines, wallet: Wallet) -> Fault:
    before = sum(listed < wallet for listed, _ in published)
    if before == 0:
        return Fault(shown_by=END, place=0, wallet=wallet)
    at_the_end = before == len(published) and len(published) & (len(published) - 1) == 0
    return Fault(shown_by=END if at_the_end else ORDER, place=before - 1, wallet=wallet)


def shown(tree: SumTree, published: Lines, fault: Fault) -> tuple[object, ...]:
    """What a fault is shown with: places of the list with their proofs, and the wallet missing."""

    def leaf(place: int) -> tuple[object, ...]:
        wallet, units = published[place] if place < len(published) else (NOBODY, 0)
        return (place, wallet, units, [tuple(step) for step in tree.proof(place)])

    if fault.shown_by == WRONG:
        return (leaf(fault.place),)
    if fault.shown_by == END:
        return (leaf(fault.place), fault.wallet)
    return (leaf(fault.place), leaf(fault.place + 1), fault.wallet)
