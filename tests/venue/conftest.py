"""A venue that is served, for the tests of what it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.counter import Counter, market_of_four
from tests.support.desk import Desk, copy_of


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return market_of_four(tmp_path_factory.mktemp("counter") / "data")


@pytest.fixture
def counter(opened: Desk, tmp_path: Path) -> Iterator[Counter]:
    made = Counter(copy_of(opened, tmp_path))
    yield made
    made.close()
