"""Settings of a data directory: file, environment, flag, the later one winning."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.errors import Invalid, NotFound
from tallystick.core.times import parse_clock, parse_day
from tallystick.gateways.store.files import write_whole
from tallystick.securities.turnaround import Office

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "tallystick.toml"
FORMAT = 1
ENVIRONMENT = "TALLYSTICK_"

EMBEDDED = "embedded"
MODES = ("sandbox", "live")
PASSPHRASE_SOURCES = ("file", "keyring", "ask")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a data directory is set to.

    `mode` is fixed when it is made. `chain_url` is `embedded`, or the URL of a JSON-RPC node.
    `confirmations` is how many blocks must follow before an act counts as done. `anvil` is where
    that binary is, if not beside Python or on PATH. `passphrase_from` says where the passphrase of
    the keys comes from if the environment does not give it: `file` (in the data directory itself,
    for sandboxes alone), `keyring` of this machine, or `ask` on the terminal. `closed_days` are the
    dates, besides weekends, on which the office is closed, separated by commas; `noon` is the time
    UTC at which it is noon there.
    """

    format: int = FORMAT
    mode: str = "sandbox"
    chain_url: str = EMBEDDED
    confirmations: int = 0
    anvil: str = ""
    passphrase_from: str = "file"
    closed_days: str = ""
    noon: str = "12:00"

    @property
    def sandbox(self) -> bool:
        """Whether time may be moved and nothing of value is meant."""
        return self.mode == "sandbox"

    @property
    def embedded(self) -> bool:
        """Whether the chain is our own."""
        return self.chain_url == EMBEDDED

    @property
    def office(self) -> Office:
        """When the office is open."""
        dates = (date.strip() for date in self.closed_days.split(","))
        closed = frozenset(parse_day(date, where="closed_days") for date in dates if date)
        return Office(closed=closed, noon_s=parse_clock(self.noon, where="noon"))


FIXED = ("format", "mode")


def load(folder: Path, flags: dict[str, str] | None = None) -> tuple[Settings, dict[str, str]]:
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
        raise Invalid(
            "settings-malformed",
            str(error),
            where=str(path),
            cure="Correct the TOML at the place named.",
        ) from error
    sources = dict.fromkeys(found, "file")
    for name in Settings.__struct_fields__:
        value = os.environ.get(ENVIRONMENT + name.upper())
        if value is not None and name not in FIXED:
            found[name], sources[name] = value, "environment"
    for name, value in (flags or {}).items():
        if name in FIXED:
            raise Invalid("setting-fixed", f"{name} was fixed when the directory was made",
                          where="--set", cure="Leave it out; make another directory.")  # fmt: skip
        found[name], sources[name] = value, "flag"
    try:
        settings = msgspec.convert(found, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(
            "settings-malformed",
            str(error),
            where=str(path),
            cure="Give the setting a value of the kind expected.",
        ) from error
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
    check(settings, where=where)


def check(settings: Settings, *, where: str) -> None:
    """Raise `Invalid` if a setting makes no sense, or not with the others."""
    choices = (("mode", MODES), ("passphrase_from", PASSPHRASE_SOURCES))
    for name, allowed in choices:
        value = getattr(settings, name)
        if value not in allowed:
            raise Invalid(
                "settings-malformed", f"{name} {value!r} is none of {', '.join(allowed)}",
                where=where, cure=f"Write one of {', '.join(allowed)}.",
            )  # fmt: skip
    _ = settings.office
    if settings.confirmations < 0:
        raise Invalid("settings-malformed", "confirmations cannot be negative", where=where,
                      cure="Write 0 or more.")  # fmt: skip
    if not settings.embedded and not settings.chain_url.startswith(("http://", "https://")):
        raise Invalid("settings-malformed", f"chain_url {settings.chain_url!r} is no URL",
                      where=where, cure="Write `embedded`, or http:// or https://.")  # fmt: skip
    if not settings.sandbox and settings.passphrase_from == "file":
        raise Invalid(
            "passphrase-beside-the-keys", "A live passphrase does not lie beside its keys",
            where=where, cure="Set passphrase_from to `ask` or `keyring`.",
        )  # fmt: skip


def save(folder: Path, settings: Settings) -> None:
    """Write the settings of a new data directory."""
    lines = [f"{name} = {_toml(getattr(settings, name))}" for name in Settings.__struct_fields__]
    text = "# Settings of this data directory.\n" + "\n".join(lines) + "\n"
    write_whole(folder / FILE_NAME, text.encode(), mode=0o644)


def _toml(value: Any) -> str:
    return str(value) if isinstance(value, int) else '"' + str(value) + '"'
