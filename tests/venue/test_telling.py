"""Each is told what came of his orders, also of those that the venue has forgotten since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app.venue import telling
from tallystick.app.venue.telling import Teller
from tests.markets.venue.pit import IMMEDIATE, Pit

if TYPE_CHECKING:
    import pytest


def test_orders_that_are_forgotten_at_once_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ten-thousandth order that did not wait was told neither as taken nor as gone."""
    monkeypatch.setattr(telling, "FORGOTTEN_MAX", 3)
    pit = Pit()
    teller = Teller(pit.venue.state)
    told: list[tuple[int, str]] = []
    for number in range(1, 41):
        pit.place(0, buys=True, price=50, instructions=IMMEDIATE)
        assert not pit.venue.state.orders
        journaled = pit.journal[-1]
        for event in pit.events[-2:]:
            teller.note(journaled, event)
            told += [(body["order"], body["type"]) for _, body in
                     teller.tell(journaled, event, lambda _: True)]  # fmt: skip
        assert told[-2:] == [(number, "accepted"), (number, "left")]
        assert len(teller._orders) <= 2 * 3 + 1
