"""Writes `docs/commands.md` from the command line itself: `python tools/commands.py`.

A test compares the page with what this would write, so that no command goes without a heading.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from tallystick.cli.main import app

TARGET = Path(__file__).parents[1] / "docs" / "commands.md"
HEAD = """# Commands

Every command takes `--json` and then answers as one JSON document, errors included; amounts are
strings of whole units there. Exit codes are in [errors](errors.md). Acts take `--key`, an
idempotency key: the same key again does nothing twice, and what was interrupted is finished.
Quantities are written as people write them (`1,250.5`), dates as `2026-01-31`. The data directory
is `--dir`, or `TALLYSTICK_DIR`, or `tallystick-data`.

This page is written by `tools/commands.py`.
"""


def commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, by its full name."""
    children = getattr(command, "commands", None)
    if not children:
        yield path, command
        return
    for name, child in children.items():
        yield from commands(child, (*path, name))


def entry(path: tuple[str, ...], command: Any) -> str:
    """Heading, what it does, and its arguments and options."""
    lines = [f"## {' '.join(path[1:])}", "", _text(command.help), ""]
    parameters = [one for one in command.params if one.name not in COMMON]
    lines += [f"- {_named(one)}: {_text(one.help)}{_default(one)}" for one in parameters]
    return "\n".join(lines).rstrip() + "\n"


COMMON = {"help", "folder", "json", "key"}


def _text(help_: str | None) -> str:
    return " ".join((help_ or "").split())


def _named(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = parameter.name.upper()
        return f"`{name}`" if parameter.required else f"`[{name}]`"
    return ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))


def _default(parameter: Any) -> str:
    shown = parameter.default
    if parameter.required or shown in {None, "", False} or callable(shown):
        return ""
    return f" Default: `{shown}`."


def page() -> str:
    """The whole page."""
    root = typer.main.get_command(app)
    entries = [entry(path, command) for path, command in commands(root, ("tallystick",))]
    return "\n".join([HEAD, *entries])


if __name__ == "__main__":
    TARGET.write_text(page())
