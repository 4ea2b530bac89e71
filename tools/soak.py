"""Runs the long tier and writes its figures to `docs/soak.md`: `python tools/soak.py`.

Kill loops with and without power failures, long random histories, planted faults, the register of a
million transfers, gas. Takes about an hour on two cores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "soak.md"
HEAD = """# Soak

Figures of the last run of the long tier, `make soak`, on a machine of two cores. Gas is exact;
times depend on the machine.
"""


def run_tests(figures: Path) -> tuple[Counter[str], float]:
    """Run the tests of the long tier; returns what they noted, and how long they took."""
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-n", "2", "tests/soak", "--override-ini",
               "addopts=--import-mode=importlib"]  # fmt: skip
    environment = os.environ | {"TALLYSTICK_SOAK_FIGURES": str(figures)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603
    found: Counter[str] = Counter()
    for line in figures.read_text().splitlines():
        name, value = json.loads(line)
        found[name] += value
    return found, time.monotonic() - started


def bench(name: str) -> dict[str, Any]:
    """Figures of one benchmark; fails if it is beyond a budget."""
    command = [sys.executable, "-m", "tallystick", "bench", name, "--json"]
    answer = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)  # noqa: S603
    figures: dict[str, Any] = json.loads(answer.stdout)["figures"]
    return figures


def page(noted: Counter[str], seconds: float, benches: dict[str, dict[str, Any]]) -> str:
    """The page in Markdown."""
    lines = [HEAD, "| what | figure |", "|---|---|"]
    lines += [f"| {name} | {value:,} |" for name, value in sorted(noted.items())]
    lines.append(f"| minutes for the tests of the long tier | {seconds / 60:.0f} |")
    for name, figures in benches.items():
        lines += ["", f"## bench {name}", "", "| figure | value |", "|---|---|"]
        lines += [f"| `{figure}` | {round(value, 2):,} |" for figure, value in figures.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run everything, then write the page; the benchmarks first, while the machine is idle."""
    benches = {name: bench(name) for name in ("register", "servicing", "gas")}
    with TemporaryDirectory() as scratch:
        noted, seconds = run_tests(Path(scratch) / "figures.jsonl")
    TARGET.write_text(page(noted, seconds, benches))


if __name__ == "__main__":
    main()
