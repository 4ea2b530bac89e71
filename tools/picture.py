"""Draws the picture of the demo for README: `python tools/picture.py` (rsvg-convert on PATH)."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from rich.terminal_theme import MONOKAI

from tallystick.cli import demo, output

WIDTH = 118
PIXELS = "1000"
TARGET = Path(__file__).parents[1] / "docs" / "pictures" / "demo.png"


def main() -> None:
    """Run the demo and keep what it prints, as it looks in a terminal."""
    output.out.width = WIDTH
    output.out.record = True
    with tempfile.TemporaryDirectory() as folder:
        demo.demo(folder=Path(folder) / "demo-data")
        drawing = Path(folder) / "demo.svg"
        output.out.save_svg(str(drawing), title="make demo", theme=MONOKAI)
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        command = ["rsvg-convert", "-w", PIXELS, str(drawing), "-o", str(TARGET)]
        subprocess.run(command, check=True)  # noqa: S603 - our own command


if __name__ == "__main__":
    main()
