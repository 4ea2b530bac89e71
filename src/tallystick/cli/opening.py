"""Opens data directories for commands, and asks for passphrases where nobody else has them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import typer

from tallystick.app import secret_store
from tallystick.app.settings import Settings
from tallystick.app.workspace import Workspace
from tallystick.core.errors import Invalid

PASSPHRASE_MIN = 12


def open_workspace(folder: Path, **options: Any) -> Workspace:
    """An open data directory that asks on the terminal if it needs a passphrase."""
    return Workspace(folder, **{"ask": _ask, **options})


def _ask() -> str:
    if not sys.stdin.isatty():
        raise Invalid(
            "passphrase-needed", "The keys are locked, and nobody is there to be asked",
            cure="Set TALLYSTICK_PASSPHRASE, or run the command on a terminal.",
        )  # fmt: skip
    return str(typer.prompt("Passphrase", hide_input=True, err=True))


def choose_passphrase(folder: Path, settings: Settings) -> str | None:
    """The passphrase of a data directory that is to be made; None where it makes its own.

    Raises `Invalid` if it is too short.
    """
    if settings.passphrase_from == "file":
        return None
    chosen = os.environ.get("TALLYSTICK_PASSPHRASE")
    if chosen is None and (folder / "keys").exists():
        return None
    if chosen is None:
        if not sys.stdin.isatty():
            return _ask()
        chosen = str(
            typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True)
        )
    if len(chosen) < PASSPHRASE_MIN:
        raise Invalid(
            "passphrase-too-short", f"A passphrase has at least {PASSPHRASE_MIN} characters",
            cure="Choose a longer one; several words are good.",
        )  # fmt: skip
    if settings.passphrase_from == "keyring":
        secret_store.keep(folder, chosen)
    return chosen
