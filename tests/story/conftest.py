"""What stories begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desk import Desk, copy_of, open_desk


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A data directory with one security and two holders, for tests that only read it."""
    return open_desk(tmp_path_factory.mktemp("desk") / "data")


@pytest.fixture
def desk(full: Desk, tmp_path: Path) -> Desk:
    """A copy of it that a test may change."""
    return copy_of(full, tmp_path)
