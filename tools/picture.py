"""Draws the picture of the demo for README: `python tools/picture.py` (rsvg-convert on PATH)."""

from __future__ import annotations

import io
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tallystick.cli import demo, output

WIDTH = 118
PIXELS = "1100"
TARGET = Path(__file__).parents[1] / "docs" / "pictures" / "demo.png"
# The parts shown, as the first line of each and that of what follows it.
PARTS = (("3 · ", "VLMR-A · "), ("4 · ", "5 · "))


def main() -> None:
    """Run the demo and keep a part of what it prints, as it looks in a terminal."""
    output.out.width = WIDTH
    output.out.record = True
    with tempfile.TemporaryDirectory() as folder:
        demo.demo(folder=Path(folder) / "demo-data")
        lines = output.out.export_text(styles=True).splitlines()
        shown = Console(width=WIDTH, record=True, quiet=False, file=io.StringIO())
        for line in excerpt(lines):
            shown.print(Text.from_ansi(line), soft_wrap=True)
        drawing = Path(folder) / "demo.svg"
        shown.save_svg(str(drawing), title="make demo", theme=MONOKAI)
        kept = drawing.read_text().replace("<text ", '<text xml:space="preserve" ')
        drawing.write_text(kept)
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        command = ["rsvg-convert", "-w", PIXELS, str(drawing), "-o", str(TARGET)]
        subprocess.run(command, check=True)  # noqa: S603 - our own command


def excerpt(lines: list[str]) -> list[str]:
    """The lines of the parts that are shown."""
    plain = [Text.from_ansi(line).plain for line in lines]
    found: list[str] = []
    for first, following in PARTS:
        start = next(at for at, line in enumerate(plain) if line.startswith(first))
        end = next(at for at in range(start, len(plain)) if plain[at].startswith(following))
        found += lines[start:end]
    return found


if __name__ == "__main__":
    main()
