"""Settings of a data directory: file, environment, flag, the later one winning."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.errors import Invalid, NotFound
from tallystick.gateways.store.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "tallystick.toml"
FORMAT = 1
ENVIRONMENT = "TALLYSTICK_"

EMBEDDED = "embedded"
MODES = ("sandbox", "live")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a data directory is set to.

    `mode` and `chain_id` are fixed when it is made. `chain_url` is `embedded`, or the URL of a
    JSON-RPC node. `confirmations` is how many blocks must follow before an act counts as done.
    """

    format: int = FORMAT
    mode: str = "sandbox"
    chain_url: str = EMBEDDED
    chain_id: int = 0
    confirmations: int = 0
    anvil: str = ""
    passphrase_from: str = "file"

    @property
    def sandbox(self) -> bool:
        """Whether time may be moved and nothing of value is meant."""
        return self.mode == "sandbox"

    @property
    def embedded(self) -> bool:
        """Whether the chain is our own."""
        return self.chain_url == EMBEDDED


FIXED = ("format", "mode", "chain_id")


def load(folder: Path, flags: dict[str, Any] | None = None) -> tuple[Settings, dict[str, str]]:
    """Settings of a data directory, and where each comes from.

    Raises `NotFound` if the folder is no data directory, `Invalid` if a setting is malformed.
    """
    path = folder / FILE_NAME
    try:
        found = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise NotFound(
            "data-directory-missing",
            f"{folder} is no data directory",
            cure="Make one with `tallystick init`, or name another with `--dir`.",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise Invalid("settings-malformed", str(error), where=str(path)) from error
    sources = dict.fromkeys(found, "file")
    for name in Settings.__struct_fields__:
        value = os.environ.get(ENVIRONMENT + name.upper())
        if value is not None and name not in FIXED:
            found[name], sources[name] = value, "environment"
        if flags and flags.get(name) is not None:
            found[name], sources[name] = flags[name], "flag"
    try:
        settings = msgspec.convert(found, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid("settings-malformed", str(error), where=str(path)) from error
    _check(settings, set(found), str(path))
    for name in Settings.__struct_fields__:
        sources.setdefault(name, "default")
    return settings, sources


def _check(settings: Settings, names: set[str], where: str) -> None:
    unknown = names - set(Settings.__struct_fields__)
    if unknown:
        raise Invalid(
            "setting-unknown",
            f"There is no setting {min(unknown)!r}",
            where=where,
            cure=f"Known are: {', '.join(Settings.__struct_fields__)}.",
        )
    if settings.format != FORMAT:
        raise Invalid(
            "data-directory-format",
            f"The data directory has format {settings.format}, this version knows {FORMAT}",
            where=where,
            cure="Use the version that wrote it.",
        )
    if settings.mode not in MODES:
        raise Invalid("settings-malformed", f"mode must be one of {', '.join(MODES)}", where=where)


def save(folder: Path, settings: Settings) -> None:
    """Write the settings of a new data directory."""
    lines = [f"{name} = {_toml(getattr(settings, name))}" for name in Settings.__struct_fields__]
    text = "# Settings of this data directory.\n" + "\n".join(lines) + "\n"
    write_whole(folder / FILE_NAME, text.encode(), mode=0o644)


def _toml(value: Any) -> str:
    return str(value) if isinstance(value, int) else '"' + str(value) + '"'
