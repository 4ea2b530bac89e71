"""A thousand single bytes altered, each in a copy of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.support.mutating import lived, mutate

TIMES = 1_000


def test_every_byte_that_is_altered_is_found_or_of_no_consequence(
    tmp_path: Path, note: Callable[[str, int], None]
) -> None:
    desk = lived(tmp_path / "data")
    counts = {"found": 0, "of no consequence": 0}
    for seed in range(TIMES):
        outcome = mutate(desk, tmp_path / "altered", seed)
        counts[outcome.split(":")[0]] += 1
        shutil.rmtree(tmp_path / "altered")
    note("bytes of a data directory altered, found by an audit and named", counts["found"])
    note("bytes altered that changed nothing that any command tells", counts["of no consequence"])
