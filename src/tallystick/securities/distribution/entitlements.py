"""Who is owed what of an amount, to the unit.

Holders stand in the order of their wallets, S is the running sum of their units and T all of them;
holder i is owed `floor(A*S_i/T) - floor(A*S_(i-1)/T)` of an amount A. The differences of one rising
sequence that ends at A add up to A, and each is the floor or the ceiling of the exact share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.core.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tallystick.core.wallets import Wallet

Lines = list[tuple["Wallet", int]]


def lines_of(held: Mapping[Wallet, int], treasury: Collection[Wallet] = ()) -> Lines:
    """The list of holders with their units, in the order of their wallets, the issuer's left out.

    Raises `Refused` if nobody else holds anything.
    """
    lines = [(wallet, units) for wallet, units in sorted(held.items())
             if units and wallet not in treasury]  # fmt: skip
    if not lines:
        raise Refused("nobody-to-pay", "Nobody held units of it then",
                      cure="Choose a record date at which somebody does.")  # fmt: skip
    return lines


def entitlements(amount: int, units: Sequence[int]) -> list[int]:
    """What each is owed of an amount, by the units of all in their order. The sum is the amount."""
    total = sum(units)
    owed: list[int] = []
    running = before = 0
    for each in units:
        running += each
        after = amount * running // total
        owed.append(after - before)
        before = after
    return owed
