"""Opens data directories for commands, and asks for passphrases where nobody else has them."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from tallystick.app import secret_store
from tallystick.app.settings import Settings, load
from tallystick.app.workspace import Workspace
from tallystick.core.errors import Invalid

PASSPHRASE_MIN = 12

# Settings that were given on the command line of this process.
_flags: dict[str, str] = {}


def set_flags(given: list[str]) -> None:
    """Take settings as `name=value`; they go before file and environment.

    Raises `Invalid` if one is not written so.
    """
    _flags.clear()
    for text in given:
        name, mark, value = text.partition("=")
        if not mark:
            raise Invalid("setting-malformed", f"{text!r} is no setting with its value",
                          where="--set", cure="Write it as name=value.")  # fmt: skip
        _flags[name] = value


def load_settings(folder: Path) -> Settings:
    """The settings of a data directory, those of the command line included."""
    return load(folder, _flags)[0]


def open_workspace(folder: Path, **options: Any) -> Workspace:
    """An open data directory that asks on the terminal if it needs a passphrase."""
    return Workspace(folder, _flags, **{"ask": _ask, **options})


def ask_once() -> Callable[[], str]:
    """Asks for the passphrase if it is needed, and knows it from then on."""
    return functools.cache(_ask)


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
