"""The page on trading: its codes, its calls and its example are what there is."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import msgspec
from tools import order_codes

from tallystick.api.venue import VenueApi
from tallystick.app.venue.house import House
from tallystick.markets.surveillance.alerts import Thresholds
from tests.support.counter import Counter, key_of, market_of_four

if TYPE_CHECKING:
    import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "trading.md").read_text()


def test_every_code_of_an_order_is_on_its_page() -> None:
    assert (DOCS / "orders.md").read_text() == order_codes.page()


def test_every_call_is_on_the_page() -> None:
    house: Any = SimpleNamespace(gate=None, inquiries=None)
    routes = VenueApi(cast("House", house)).application().routes
    served = {f"{method} {re.sub(':int', '', str(getattr(route, 'path', '')))}"
              for route in routes for method in set(getattr(route, "methods", ())) - {"HEAD"}
              }  # fmt: skip
    assert served == set(re.findall(r"^\| `([A-Z]+ /v1/[^`]*)` \|", PAGE, re.MULTILINE))


def test_every_threshold_is_on_the_page_with_its_usual_value() -> None:
    found = dict(re.findall(r"^\| `([a-z_]+)` \| ([0-9,]+) \|", PAGE, re.MULTILINE))
    usual = msgspec.structs.asdict(Thresholds())
    assert {name: int(value.replace(",", "")) for name, value in found.items()} == usual


def test_the_example_does_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counter = Counter(market_of_four(tmp_path / "data"))
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    try:
        known = counter.house.premises.domain.contract
        given = {"url": counter.url, "key": key_of(0), "settlement": known}
        exec(compile(example, "trading.md", "exec"), given)  # noqa: S102
    finally:
        counter.close()
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "['uncovered', 'max-balance']", "[['10.50', '30', 1]] open",
        "at most 0 lots will be settled",
    ]  # fmt: skip
