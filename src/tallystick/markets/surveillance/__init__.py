"""Surveillance of a market: patterns of trades and orders that look like an abuse.

To add a pattern: a module here with `PATTERN` and `find`, and a line in `TABLE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tallystick.markets.surveillance import closing, layering, wash
from tallystick.markets.surveillance.alerts import Alert, Moments, Thresholds
from tallystick.markets.tape import Happening

Find = Callable[[Iterable[Happening], Thresholds, Moments], Iterator[Alert]]

TABLE: tuple[tuple[str, Find], ...] = (
    (wash.PATTERN, wash.find),
    (layering.PATTERN, layering.find),
    (closing.PATTERN, closing.find),
)


def alerts(
    tape: Callable[[], Iterable[Happening]], limits: Thresholds, moments: Moments
) -> list[Alert]:  # fmt: skip
    """All that a tape shows, in order of time; it is read once for each pattern."""
    found = [alert for _, find in TABLE for alert in find(tape(), limits, moments)]
    return sorted(found, key=lambda alert: (alert.since_ns, alert.pattern, alert.owners))
