"""The keyring of this machine, as a place for the passphrase of a data directory."""

from __future__ import annotations

from pathlib import Path

from tallystick.core.errors import Unavailable

SERVICE = "tallystick"


def recall(folder: Path) -> str | None:
    """The passphrase kept for a data directory; None if there is none."""
    # Asked for when it is needed: finding out which keyrings there are takes a tenth of a second.
    import keyring  # noqa: PLC0415
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        found: str | None = keyring.get_password(SERVICE, str(folder.resolve()))
    except KeyringError as error:
        raise _missing() from error
    return found


def keep(folder: Path, passphrase: str) -> None:
    """Keep the passphrase of a data directory."""
    import keyring  # noqa: PLC0415
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        keyring.set_password(SERVICE, str(folder.resolve()), passphrase)
    except KeyringError as error:
        raise _missing() from error


def _missing() -> Unavailable:
    return Unavailable(
        "keyring-missing",
        "This machine has no keyring that works",
        cure="Set passphrase_from to `ask`, or give TALLYSTICK_PASSPHRASE.",
    )
