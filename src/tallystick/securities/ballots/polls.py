"""What a vote comes to. Twin of `contracts/modules/polls.vy`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tallystick.core.units import BASIS_POINTS

OPTIONS_MAX = 16
RESOLUTION = ("for", "against", "abstain")
IN_FAVOUR, AGAINST = 0, 1
# Of what a majority is one: of the votes for and against, or of all votes that there are.
BASES = ("cast", "all")
OF_CAST = 0


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A resolution, or an election to so many seats.

    A resolution needs more than `numerator / denominator` of the votes, or with `at_least` just
    that; of those for and against, or of all (`basis`). With `by_class` each class must pass it. In
    a `cumulative` election a holder may give the votes for all seats to one candidate.
    """

    options: int = 3
    seats: int = 0
    cumulative: bool = False
    numerator: int = 1
    denominator: int = 2
    at_least: bool = False
    basis: int = OF_CAST
    by_class: bool = False

    @property
    def members(self) -> tuple[object, ...]:
        """As contracts take it."""
        return tuple(getattr(self, name) for name in self.__struct_fields__)

    def allows(self, amounts: Sequence[int], votes: int) -> bool:
        """Whether a holder of so many votes may cast them so."""
        if len(amounts) != self.options or any(amount < 0 for amount in amounts):
            return False
        most = votes * self.seats if self.cumulative else votes
        return max(amounts) <= most and sum(amounts) <= votes * max(self.seats, 1)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a meeting decided on an item.

    `elected` are candidates by number; with `tied` seats stay empty, as others have equal votes.
    """

    has_quorum: bool
    passed: bool = False
    elected: tuple[int, ...] = ()
    tied: bool = False


def decide(item: Item, by_class: Sequence[tuple[Sequence[int], int]], quorum_bps: int) -> Result:
    """What an item came to: votes by option and all votes that there are, class by class."""
    sums = [sum(votes[at] for votes, _ in by_class) for at in range(item.options)]
    every = sum(all_votes for _, all_votes in by_class)
    cast, whole = sum(sums), every * max(item.seats, 1)
    if cast == 0 or cast * BASIS_POINTS < whole * quorum_bps:
        return Result(has_quorum=False)
    if item.seats:
        elected, tied = _elected(sums, item.seats)
        return Result(has_quorum=True, elected=elected, tied=tied)
    if item.by_class:
        passed = all(_passes(item, votes, all_votes) for votes, all_votes in by_class if all_votes)
    else:
        passed = _passes(item, sums, every)
    return Result(has_quorum=True, passed=passed)


def _passes(item: Item, votes: Sequence[int], every: int) -> bool:
    base = votes[IN_FAVOUR] + votes[AGAINST] if item.basis == OF_CAST else every
    left, right = votes[IN_FAVOUR] * item.denominator, base * item.numerator
    return base != 0 and (left > right or (item.at_least and left == right))


def _elected(votes: Sequence[int], seats: int) -> tuple[tuple[int, ...], bool]:
    """Candidates that have a seat; where the last ones are equal and too many, none of them has."""
    elected: list[int] = []
    tied = False
    for at, own in enumerate(votes):
        if own == 0:
            continue
        better = sum(each > own for each in votes)
        if better + votes.count(own) <= seats:
            elected.append(at)
        elif better < seats:
            tied = True
    return tuple(elected), tied
