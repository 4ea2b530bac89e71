"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path, typer.Option("--dir", "-d", envvar="TALLYSTICK_DIR", help="Data directory.")
]
Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
Key = Annotated[
    str | None,
    typer.Option("--key", help="Idempotency key: the same key again does nothing twice."),
]
Symbol = Annotated[str, typer.Argument(help="Symbol of the security.")]

DEFAULT_FOLDER = Path("tallystick-data")
