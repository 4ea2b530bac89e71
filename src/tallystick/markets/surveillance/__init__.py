"""Surveillance of a market: patterns of trades and orders that look like an abuse.

To add a pattern: a module here with `PATTERN` and `find`, and a line in `TABLE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tallystick.markets.surveillance import closing, layering, wash
from tallystick.markets.surveillance.alerts import Alert, Thresholds
from tallystick.markets.tape import Happening

Find = Callable[[Iterable[Happening], Thresholds, Iterable[int]], Iterator[Alert]]

TABLE: tuple[tuple[str, Find], ...] = (
    (wash.PATTERN, wash.find),
    (layering.PATTERN, layering.find),
    (closing.PATTERN, closing.find),
)


def alerts(
    tape: Callable[[], Iterable[Happening]], limits: Thresholds, closes_ns: Iterable[int]
) -> list[Alert]:
    """All that a tape shows, in order of time; it is read once for each pattern.

    `closes_ns` are the moments at which a price is taken as a reference.
    """
    closes = list(closes_ns)
    found = [alert for _, find in TABLE for alert in find(tape(), limits, closes)]
    return sorted(found, key=lambda alert: (alert.since_ns, alert.pattern, alert.owners))
