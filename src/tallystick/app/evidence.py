"""Evidence of what is claimed of an investor: which document showed it, until when, to whom.

The business journal has a salted hash of the document. The salt, the file's name and the link to
where it lies are in the vault under the investor's own key, and go when he is erased: what is left
then tells nothing to anybody.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from tallystick.app.keys import require_same
from tallystick.core.wallets import Wallet

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

KIND = "evidence"
SALT_BYTES = 16


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document that shows something: SHA-256 of it, its name, and a link to where it lies."""

    digest: bytes
    name: str
    link: str = ""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was shown of whom, until which UTC day that holds, and who looked at it.

    `seal` is SHA-256 of a salt and the document's own SHA-256, in hex.
    """

    key: str
    home: Wallet
    item: str
    until_day: int
    by: str
    seal: str


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What the vault keeps of a document."""

    salt: bytes
    name: str
    link: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence, when it was taken, and the document's name and link unless they were erased."""

    evidence: Evidence
    at_s: int
    name: str = ""
    link: str = ""


def keep(
    workspace: Workspace, home: Wallet, item: str, document: Document, *, until_day: int, by: str,
    key: str,
) -> Evidence:  # fmt: skip
    """Write down that a document shows something; under a known key nothing is done twice.

    Raises `Conflict` if the key was used for something else.
    """
    for each in _all(workspace):
        if each.key == key:
            return _same(workspace, each, (home, item, until_day), document)
    salt = secrets.token_bytes(SALT_BYTES)
    made = Evidence(
        key=key, home=home, item=item, until_day=until_day, by=by,
        seal=sha256(salt + document.digest).hexdigest(),
    )  # fmt: skip
    secret = msgspec.msgpack.encode(Secret(salt=salt, name=document.name, link=document.link))
    with workspace.engine.begin() as connection:
        workspace.vault.keep_evidence_within(connection, home, key, secret)
        workspace.journal.append_within(
            connection, KIND, [msgspec.to_builtins(made)], at_s=workspace.now()
        )
    return made


def of(workspace: Workspace, home: Wallet) -> list[Shown]:
    """All evidence about an investor, in order."""
    secret = _secrets(workspace, home)
    return [
        Shown(
            evidence=each, at_s=at_s,
            name=secret[each.key].name if each.key in secret else "",
            link=secret[each.key].link if each.key in secret else "",
        )
        for at_s, each in _dated(workspace)
        if each.home == home
    ]  # fmt: skip


def until_days(workspace: Workspace) -> dict[Wallet, dict[str, int]]:
    """Of everybody, until which UTC day each item was shown last."""
    found: dict[Wallet, dict[str, int]] = {}
    for each in _all(workspace):
        found.setdefault(each.home, {})[each.item] = each.until_day
    return found


def shown_by(workspace: Workspace, home: Wallet, digest: bytes) -> list[Evidence]:
    """What a document, by its SHA-256, was taken as evidence of."""
    secret = _secrets(workspace, home)
    return [
        each
        for each in _all(workspace)
        if each.home == home
        and each.key in secret
        and sha256(secret[each.key].salt + digest).hexdigest() == each.seal
    ]


def _secrets(workspace: Workspace, home: Wallet) -> dict[str, Secret]:
    kept = workspace.vault.evidence_of(home)
    return {key: msgspec.msgpack.decode(text, type=Secret) for key, text in kept.items()}


def _all(workspace: Workspace) -> list[Evidence]:
    return [each for _, each in _dated(workspace)]


def _dated(workspace: Workspace) -> list[tuple[int, Evidence]]:
    entries = workspace.journal.entries(KIND)
    return [(entry.at_s, msgspec.convert(entry.body, Evidence)) for entry in entries]


def _same(
    workspace: Workspace, known: Evidence, asked: tuple[Wallet, str, int], document: Document
) -> Evidence:
    kept = _secrets(workspace, known.home).get(known.key)
    seal = sha256(kept.salt + document.digest).hexdigest() if kept is not None else ""
    require_same((*asked, seal), (known.home, known.item, known.until_day, known.seal))
    return known
