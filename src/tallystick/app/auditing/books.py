"""The books: the journal whole, its seals beside what is kept, the index beside the logs."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from eth_account import Account

from tallystick.app.auditing.comparing import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.app.workspace import Workspace
    from tallystick.core.wallets import Wallet
    from tallystick.gateways.chain.fold import Book
    from tallystick.gateways.store.journal import Entry

# Texts of the issuer's own, by the kind of their entry: the hash of the text is its seal.
TEXTS = ("meeting", "book")


def books(workspace: Workspace, book: Book) -> Iterator[Fact]:
    """The journal's seals, and whether the index adds up to what the logs do.

    Raises `Unavailable` if an entry is missing or not as it was written.
    """
    salts = {key: text for _, key, text in workspace.vault.private("salt")}
    forms = {key: data for _, key, data in workspace.vault.private("tax-form")}
    for entry in workspace.journal.verified():
        yield Fact(f"journal entry {entry.place}", True, True)
        yield from _sealed(workspace, entry, salts, forms)
    yield from _people(workspace)
    indexed = workspace.book()
    for token, security in book.securities.items():
        other = indexed.securities[token]
        yield Fact(f"index of {token}: balances", _held(security.balances), _held(other.balances))
        yield Fact(f"index of {token}: supply", security.supply, other.supply)
        yield Fact(f"index of {token}: history", book.histories[token].packed(),
                   indexed.histories[token].packed())  # fmt: skip
    yield Fact("index: investors", sorted(book.registry.homes), sorted(indexed.registry.homes))


def _held(balances: dict[Wallet, int]) -> dict[Wallet, int]:
    return {wallet: units for wallet, units in balances.items() if units}


def _sealed(
    workspace: Workspace, entry: Entry, salts: dict[str, bytes], forms: dict[str, bytes]
) -> Iterator[Fact]:
    body = entry.body
    if entry.kind == "reason":
        sealed = sha256(bytes.fromhex(body["salt"]) + bytes.fromhex(body["document"])).hexdigest()
        yield Fact(f"reason {body['key']}: published hash", sealed, body["published"])
    elif entry.kind in TEXTS:
        text = workspace.vault.text(f"{entry.kind}/{body['key']}")
        what = f"{entry.kind} {body['number']}: text"
        yield Fact(what, sha256(text).hexdigest(), body["seal"])
    elif entry.kind == "tax-form":
        key = f"tax-form/{body['key']}"
        # Who was erased took his forms with him.
        if key in forms and f"{key}/salt" in salts:
            sealed = sha256(salts[f"{key}/salt"] + forms[key]).hexdigest()
            yield Fact(f"tax form {body['key']}", sealed, body["seal"])


def _people(workspace: Workspace) -> Iterator[Fact]:
    """That all that is kept of people can be opened; a byte that was changed raises."""
    vault = workspace.vault
    investors = workspace.book().registry.investors
    for home in sorted(vault.people()):
        vault.evidence_of(home)
        if home in investors:
            yield Fact(f"number of {home}", investors[home].number, vault.number_of(home))
    for kind in sorted(vault.kinds()):
        if kind not in TEXTS:
            for home, key, _ in vault.private(kind):
                yield Fact(f"{key} of {home}", True, True)
    for wallet in vault.wallets_with_keys():
        account = Account.from_key(vault.key_of(wallet))
        yield Fact(f"key of {wallet}", wallet, account.address.lower())
