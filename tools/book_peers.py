"""Installs order books of others beside ours, each with a Python of its own: `make peers`.

One that asks for a Python which is not on this machine is left out, and the benchmark says so.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

BOOKS = {
    "liquibook": ["liquibook==2.0.1"],
    # It imports two more without saying so.
    "order-matching": ["order-matching==0.12.0", "polars", "pandera[polars]"],
    "matching-engine": ["matching-engine==0.1.1"],
}
PYTHONS = {"matching-engine": ("python3.14", "python3.13", "python3.12")}


def python_for(name: str) -> str | None:
    """A Python that runs a book; None if there is none. Those of pyenv are found too."""
    if name not in PYTHONS:
        return sys.executable
    beside = (Path.home() / ".pyenv" / "versions").glob("*/bin/*")
    known = [shutil.which(each) for each in PYTHONS[name]]
    known += [str(each) for each in sorted(beside, reverse=True) if each.name in PYTHONS[name]]
    return next((each for each in known if each and _works(each)), None)


def _works(python: str) -> bool:
    return not _run(python, "-c", "", check=False)


def _run(*command: str | Path, check: bool = True) -> int:
    return subprocess.run(  # noqa: S603 - commands of this file
        command, check=check, capture_output=not check
    ).returncode


def main(root: Path) -> None:
    """Make an environment for each book that is not there yet."""
    for name, packages in BOOKS.items():
        folder, python = root / name, python_for(name)
        if folder.exists():
            continue
        if python is None:
            sys.stdout.write(f"{name} needs one of {', '.join(PYTHONS[name])}; left out\n")
            continue
        _run(python, "-m", "venv", folder)
        pip = folder / "bin" / "pip"
        _run(pip, "install", "--quiet", "--disable-pip-version-check", *packages)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
