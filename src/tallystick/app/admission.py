"""Admit investors: keep who they are in the vault, and state what the chain may know.

What an import will do is written down in one transaction before the first act on the chain:
wallets, keys, numbers, records. One that was interrupted is finished by the same list, in the same
parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from eth_account import Account

from tallystick.app.servicing import payouts
from tallystick.app.workspace import REGISTRY, Workspace
from tallystick.core.errors import Conflict, Invalid, InvalidFile
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.parts import Work
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claims
from tallystick.securities.packing import pack_record

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    import sqlalchemy as sa

KIND = "newcomer"
# What the journal keeps of somebody who applies himself, see `onboarding`.
APPLICATION = "application"


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """An investor to be admitted: who he is, his claims, and his wallet.

    `row` identifies him among all imports of the issuer: the same row again is nothing new. Without
    a wallet the platform makes one and keeps its key. `where` is his place in a file.
    """

    row: str
    person: Person
    country: str
    claims: Claims
    wallet: Wallet | None = None
    owners: int = 1
    watched: bool = False
    where: str = ""


class Admitted(msgspec.Struct, frozen=True):
    """Home wallets of those asked for, in the order given, and how many were admitted only now."""

    homes: list[Wallet]
    new: int


class Prepared(msgspec.Struct, frozen=True):
    """What the journal keeps of a newcomer: pseudonyms of row and content, wallet and record."""

    command: str
    row: str
    content: str
    home: Wallet
    record: str


def admit(
    workspace: Workspace, newcomers: Sequence[Newcomer], *, key: str, source: str = "import",
    report: Callable[[int, int], None] | None = None,
) -> Admitted:  # fmt: skip
    """Admit investors in as few transactions as fit.

    Rows that were admitted before are passed over. Raises `InvalidFile` with every row whose wallet
    is somebody's already, or that was imported before with other data; nobody is admitted then.
    """
    prepared = _prepared(workspace)
    registered = workspace.book().registry.homes
    # An import of which somebody is not on the chain was cut off, and is finished first.
    unfinished = [one.command for one in prepared.values() if registered.get(one.home) != one.home]
    _check(workspace, newcomers, prepared, registered, source)
    fresh = [one for one in newcomers if row_name(workspace, one.row) not in prepared]
    if fresh:
        for one in _prepare(workspace, fresh, key):
            prepared[one.row] = one
        unfinished.append(key)
    for command in dict.fromkeys(unfinished):
        _state(workspace, command, [one for one in prepared.values() if one.command == command],
               report=report)  # fmt: skip
    homes = [prepared[row_name(workspace, one.row)].home for one in newcomers]
    return Admitted(homes, sum(registered.get(home) != home for home in homes))


def link(workspace: Workspace, home: Wallet, wallet: Wallet, *, key: str) -> Wallet:
    """Add a wallet to an investor; returns the one that he was named by.

    Raises `Conflict` if an import that was cut off has it for somebody else.
    """
    if wallet in workspace.vault.homes():
        raise Conflict("wallet-registered", f"{show_wallet(wallet)} is somebody's wallet already",
                       where="wallet", cure="Give another wallet.")  # fmt: skip
    data = REGISTRY.function("linkWallet").encode(home, wallet)
    workspace.act("agent", [(f"{key}/link", workspace.founding.registry, data)])
    return home


def erase(workspace: Workspace, who: str, *, key: str) -> Wallet:
    """Destroy what is kept of a person, named by wallet, name or reference; returns his wallet.

    Under a key that did so before, the same wallet is returned: the name is gone by then.
    """
    for entry in workspace.journal.entries("erased"):
        if entry.body["key"] == key:
            return Wallet(entry.body["home"])
    home = workspace.book().registry.home(workspace.wallet_of(who))
    _require_nothing_owed(workspace, home)
    at_s = workspace.now()
    with workspace.engine.begin() as connection:
        workspace.vault.erase_within(connection, home, at_s=at_s)
        body = {"home": home, "key": key}
        workspace.journal.append_within(connection, "erased", [body], at_s=at_s)
    workspace.vault.wipe()
    return home


def _require_nothing_owed(workspace: Workspace, home: Wallet) -> None:
    """Raise `Conflict` while money waits for somebody of which a part is withheld."""
    for number in payouts.unpaid(workspace, home):
        raise Conflict(
            "money-owed", f"Distribution {number} has not paid him, and a part is withheld",
            cure=f"Pay him with `distribution pay {number}` first.",
        )  # fmt: skip


def wallets_by_name(workspace: Workspace) -> Callable[[str], Wallet | None]:
    """Finds a registered wallet, or the one in use of him whose alone a reference or name is."""
    registry = workspace.book().registry
    found: dict[str, set[Wallet]] = {}
    for home, person in workspace.vault.people().items():
        for name in (person.reference, person.name):
            found.setdefault(name, set()).add(home)

    def find(who: str) -> Wallet | None:
        if who.startswith("0x"):
            wallet = Wallet(who.lower())
            return wallet if wallet in registry.homes else None
        homes = found.get(who, set())
        return registry.in_use(next(iter(homes))) if len(homes) == 1 else None

    return find


def wallets_by_row(workspace: Workspace) -> Callable[[str], Wallet | None]:
    """Finds the wallet in use of the investor in a row that was imported."""
    prepared, registry = _prepared(workspace), workspace.book().registry

    def find(row: str) -> Wallet | None:
        found = prepared.get(row_name(workspace, row))
        return None if found is None else registry.in_use(found.home)

    return find


def known_since(workspace: Workspace) -> dict[Wallet, int]:
    """The place in the journal from which each person has been kept, by home wallet."""
    found: dict[Wallet, int] = {}
    for entry in workspace.journal.entries(KIND, APPLICATION):
        found.setdefault(Wallet(entry.body["home"]), entry.place)
    return found


def row_name(workspace: Workspace, row: str) -> str:
    """A pseudonym of a row, which nobody can find again without the vault's key."""
    return workspace.vault.pseudonym(f"row/{row}")


def _content(workspace: Workspace, newcomer: Newcomer) -> str:
    """A digest of what a row says, that tells nothing to who has not the vault's key."""
    person = msgspec.to_builtins(newcomer.person)
    del person["registration"]  # Whoever has one applied, and is in no file.
    said = (person, newcomer.country, newcomer.claims, newcomer.wallet)
    return workspace.vault.pseudonym(msgspec.json.encode(said).decode())


def _prepared(workspace: Workspace) -> dict[str, Prepared]:
    entries = workspace.journal.entries(KIND)
    found = [msgspec.convert(entry.body, Prepared) for entry in entries]
    return {one.row: one for one in found}


def _check(
    workspace: Workspace, newcomers: Sequence[Newcomer], prepared: dict[str, Prepared],
    registered: Container[Wallet], source: str,
) -> None:  # fmt: skip
    """Name every row that clashes with what is there."""
    kept = workspace.vault.homes()
    applied = {entry.body["row"] for entry in workspace.journal.entries(APPLICATION)}
    defects: list[Invalid] = []
    for one in newcomers:
        if row_name(workspace, one.row) in applied - prepared.keys():
            defects.append(Invalid(
                "application-known", "He has applied under that reference", where=one.where,
                cure="Admit him with `onboard approve`, or use another reference.",
            ))  # fmt: skip
        before = prepared.get(row_name(workspace, one.row))
        if before is not None and before.content != _content(workspace, one):
            defects.append(Invalid(
                "holder-differs", "This row was imported before with other data", where=one.where,
                cure="Change an investor with `holders claim`, `revoke` and `link`, not by an "
                "import.",
            ))  # fmt: skip
        if (
            before is None
            and one.wallet is not None
            and (one.wallet in registered or one.wallet in kept)
        ):
            defects.append(Invalid(
                "wallet-registered", f"{show_wallet(one.wallet)} is an investor's wallet already",
                where=one.where, cure="Give another wallet, or leave the row out.",
            ))  # fmt: skip
    if defects:
        raise InvalidFile("holders-invalid", source, defects)


def _prepare(workspace: Workspace, newcomers: Sequence[Newcomer], key: str) -> list[Prepared]:
    """Give every newcomer a number and a wallet and keep who he is: all of them or none."""
    with workspace.engine.begin() as connection:
        kept = keep_within(workspace, connection, [(one.person, one.wallet) for one in newcomers])
        prepared = [
            _prepared_as(workspace, one, number, home, key)
            for one, (number, home) in zip(newcomers, kept, strict=True)
        ]
        _write_down(workspace, connection, prepared)
    return prepared


def keep_within(
    workspace: Workspace, connection: sa.Connection, people: Sequence[tuple[Person, Wallet | None]]
) -> list[tuple[int, Wallet]]:
    """Keep people under new numbers, and make wallets for those who have none."""
    vault = workspace.vault
    kept: list[tuple[int, Wallet]] = []
    keys: list[tuple[Wallet, bytes]] = []
    for number, (_, given) in zip(
        vault.new_numbers_within(connection, len(people)), people, strict=True
    ):
        home = given
        if home is None:
            account = Account.create()
            home = Wallet(account.address.lower())
            keys.append((home, bytes(account.key)))
        kept.append((number, home))
    vault.keep_keys_within(connection, keys)
    vault.add_within(
        connection,
        [(number, home, person)
         for (number, home), (person, _) in zip(kept, people, strict=True)],
    )  # fmt: skip
    return kept


def admit_kept(
    workspace: Workspace, newcomer: Newcomer, number: int, home: Wallet, *, key: str,
    also: tuple[str, Any],
) -> None:  # fmt: skip
    """Admit somebody who has been kept; another journal entry is written down together with it."""
    prepared = _prepared_as(workspace, newcomer, number, home, key)
    with workspace.engine.begin() as connection:
        kind, body = also
        workspace.journal.append_within(connection, kind, [body], at_s=workspace.now())
        _write_down(workspace, connection, [prepared])
    finish(workspace, key)


def finish(workspace: Workspace, key: str) -> None:
    """State on the chain what was written down under a key; what is there is passed over."""
    prepared = [one for one in _prepared(workspace).values() if one.command == key]
    _state(workspace, key, prepared, report=None)


def _prepared_as(
    workspace: Workspace, newcomer: Newcomer, number: int, home: Wallet, key: str
) -> Prepared:
    record = pack_record(
        number=number, country=newcomer.country, claims=newcomer.claims, owners=newcomer.owners,
        watched=newcomer.watched,
    )  # fmt: skip
    row, content = row_name(workspace, newcomer.row), _content(workspace, newcomer)
    return Prepared(key, row, content, home, str(record))


def _write_down(
    workspace: Workspace, connection: sa.Connection, prepared: Sequence[Prepared]
) -> None:
    bodies = [msgspec.to_builtins(one) for one in prepared]
    workspace.journal.append_within(connection, KIND, bodies, at_s=workspace.now())


def _state(
    workspace: Workspace, command: str, prepared: Sequence[Prepared], *,
    report: Callable[[int, int], None] | None,
) -> None:  # fmt: skip
    """State the records of one import on the chain; parts that are there are passed over."""

    def encode(start: int, end: int) -> str:
        part = prepared[start:end]
        return REGISTRY.function("admitBatch").encode(
            [one.home for one in part], [int(one.record) for one in part]
        )

    work = Work(f"{command}/admit", workspace.founding.registry, len(prepared), encode)
    workspace.act_on_many("agent", work, report=report)
