"""How much can be carried from givers to takers who may not all deal with each other.

A transportation network with a bound on every pair, filled along shortest augmenting paths (Edmonds
and Karp, Journal of the ACM 19, 1972). Whole numbers in, whole numbers out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

# The most that a giver and a taker, by their places, may deal with each other.
Bound = Callable[[int, int], int]


class Network:
    """Givers and takers with what each has, and a flow between them that can be augmented."""

    def __init__(self, givers: Sequence[int], takers: Sequence[int], bound: Bound) -> None:
        self._give = list(givers)
        self._take = list(takers)
        self._bounds = [
            [min(there, here, bound(i, j)) for j, here in enumerate(takers)]
            for i, there in enumerate(givers)
        ]
        self.flow = [[0] * len(takers) for _ in givers]

    def augment(self, giver: int) -> int:
        """Let a giver give as much as he can without anybody giving less; returns how much.

        Takers are dealt with again as may be needed, and receive no less either. Called for givers
        in some order, once each, this ends in the greatest flow, and in that of the greatest flows
        which favours the first giver most, then the second, and so on.
        """
        given = 0
        while self._give[giver] and (path := self._path(giver)) is not None:
            given += self._push(giver, path)
        return given

    def _path(self, giver: int) -> list[tuple[int, int]] | None:
        """Pairs by which one more can be given, through others who deal with somebody else."""
        # From which giver each taker was reached, and from which taker each giver.
        came: dict[int, int] = {}
        through: dict[int, int] = {}
        waiting = deque([giver])
        while waiting:
            i = waiting.popleft()
            for j, bound in enumerate(self._bounds[i]):
                if j in came or self.flow[i][j] >= bound:
                    continue
                came[j] = i
                if self._take[j]:
                    return _traced(giver, j, came, through)
                for other in range(len(self.flow)):
                    if self.flow[other][j] and other != giver and other not in through:
                        through[other] = j
                        waiting.append(other)
        return None

    def _push(self, giver: int, path: list[tuple[int, int]]) -> int:
        """Send as much along a path as goes: each pair deals, and each next giver leaves it."""
        last = path[-1][1]
        units = min(self._give[giver], self._take[last])
        for at, (i, j) in enumerate(path):
            units = min(units, self._bounds[i][j] - self.flow[i][j])
            if at:
                units = min(units, self.flow[i][path[at - 1][1]])
        for at, (i, j) in enumerate(path):
            self.flow[i][j] += units
            if at:
                self.flow[i][path[at - 1][1]] -= units
        self._give[giver] -= units
        self._take[last] -= units
        return units


def _traced(
    giver: int, taker: int, came: dict[int, int], through: dict[int, int]
) -> list[tuple[int, int]]:
    """The pairs of a path in order, from its end and where each was reached from."""
    path: list[tuple[int, int]] = []
    while True:
        i = came[taker]
        path.append((i, taker))
        if i == giver:
            return path[::-1]
        taker = through[i]
