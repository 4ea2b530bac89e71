"""Issue securities: make a class on the chain, admit its holders, mint their positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from eth_account import Account

from tallystick.app.workspace import FACTORY, REGISTRY, TOKEN, ListedSecurity, Workspace
from tallystick.core.errors import Conflict, Invalid, InvalidFile
from tallystick.core.units import parse_quantity
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claims
from tallystick.securities.packing import pack_record, pack_rules
from tallystick.securities.tally import UNLIMITED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tallystick.securities.ocf import CapTable, Position
    from tallystick.securities.terms import Prospectus, Terms

BATCH = 100


def issue(workspace: Workspace, terms: Terms, *, key: str) -> ListedSecurity:
    """Issue one class on the chain and write its terms to the journal.

    Raises `Conflict` if its symbol is taken by other terms.
    """
    asset_id = terms.asset_id()
    for listed in workspace.securities():
        if listed.symbol == terms.symbol:
            if listed.asset_id == asset_id.hex():
                return listed
            raise Conflict(
                "symbol-taken",
                f"{terms.symbol} was issued under other terms",
                cure="Choose another symbol.",
            )
    founding = workspace.founding
    keystore = workspace.keystore
    call = FACTORY.function("issue").encode(
        (
            terms.name, terms.symbol, terms.decimals, asset_id, founding.registry, NOBODY,
            keystore.wallet("owner"), keystore.wallet("agent"), keystore.wallet("officer"),
            terms.reasons_required, terms.issuer_limits, pack_rules(terms.rules),
        )
    )  # fmt: skip
    [done] = workspace.act("owner", [(f"{key}/issue", founding.platform.factory, call)])
    token = workspace.topic_address(done, founding.platform.factory, 1)
    listed = ListedSecurity(
        terms.symbol, terms.name, terms.decimals, token, asset_id.hex(), terms.canonical()
    )
    workspace.journal.append("issued", msgspec.to_builtins(listed), at_s=workspace.now())
    return listed


def set_issuer_limits(workspace: Workspace, prospectus: Prospectus, *, key: str) -> None:
    """Set the limits over all classes that a prospectus states."""
    limits = [prospectus.investors_max, prospectus.retail_max]
    if limits == [None, None]:
        return
    data = REGISTRY.function("setIssuerLimits").encode(
        *(UNLIMITED if limit is None else limit for limit in limits)
    )
    workspace.act("officer", [(f"{key}/issuer-limits", workspace.founding.registry, data)])


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """An investor to be admitted: who he is, his claims, and his wallet.

    Without a wallet the platform makes one and keeps its key.
    """

    row: str
    person: Person
    country: str
    claims: Claims
    wallet: Wallet | None = None


def admit(
    workspace: Workspace, newcomers: Sequence[Newcomer], *, key: str,
    report: Callable[[int, int], None] | None = None,
) -> list[Wallet]:  # fmt: skip
    """Admit investors, in batches; rows admitted under this key before are passed over."""
    known = {
        entry.body["row"]: Wallet(entry.body["home"])
        for entry in workspace.journal.entries("newcomer")
    }
    homes: list[Wallet] = []
    calls: list[tuple[str, str, str]] = []
    registry = workspace.founding.registry
    pending: list[tuple[Wallet, int]] = []
    fresh = _prepare(workspace, newcomers, known, key)
    for newcomer, (home, number) in zip(newcomers, fresh, strict=True):
        homes.append(home)
        pending.append(
            (home, pack_record(number=number, country=newcomer.country, claims=newcomer.claims))
        )
    for start in range(0, len(pending), BATCH):
        part = pending[start : start + BATCH]
        data = REGISTRY.function("admitBatch").encode(
            [home for home, _ in part], [record for _, record in part]
        )
        calls.append((f"{key}/admit/{start}", registry, data))
    workspace.act("agent", calls, report=report)
    return homes


def _prepare(
    workspace: Workspace, newcomers: Sequence[Newcomer], known: dict[str, Wallet], key: str
) -> list[tuple[Wallet, int]]:
    """Give every newcomer a number and a wallet, and keep who he is; once per row."""
    numbers = {
        Wallet(entry.body["home"]): int(entry.body["number"])
        for entry in workspace.journal.entries("newcomer")
    }
    result: list[tuple[Wallet, int]] = []
    for newcomer in newcomers:
        row = workspace.vault.pseudonym(f"{key}/{newcomer.row}")
        if row in known:
            result.append((known[row], numbers[known[row]]))
            continue
        home = newcomer.wallet
        if home is None:
            account = Account.create()
            home = Wallet(account.address.lower())
            workspace.vault.keep_keys([(home, bytes(account.key))])
        number = workspace.vault.new_number()
        workspace.vault.add([(number, home, newcomer.person)])
        workspace.journal.append(
            "newcomer", {"row": row, "home": home, "number": str(number)}, at_s=workspace.now()
        )
        result.append((home, number))
    return result


def mint_positions(
    workspace: Workspace, security: ListedSecurity,
    positions: Sequence[tuple[Wallet, int, int]], *, key: str,
    report: Callable[[int, int], None] | None = None,
) -> None:  # fmt: skip
    """Mint lots (home wallet, units, acquired at) in batches, in order of acquisition."""
    calls = []
    for start in range(0, len(positions), BATCH):
        part = positions[start : start + BATCH]
        data = TOKEN.function("batchMintLots").encode(
            [home for home, _, _ in part],
            [units for _, units, _ in part],
            [acquired_at for _, _, acquired_at in part],
        )
        calls.append((f"{key}/mint/{security.symbol}/{start}", security.token, data))
    workspace.act("agent", calls, report=report)


def positions_of(
    book: CapTable, terms: Terms, homes: dict[str, Wallet]
) -> list[tuple[Wallet, int, int]]:
    """The lots of one class in a book, as `mint_positions` takes them.

    Raises `InvalidFile` if the terms name a class that the book does not have, or a quantity is
    finer than the class allows.
    """
    classes = {name: identifier for identifier, name in book.stock_classes.items()}
    if terms.stock_class not in classes:
        defect = Invalid(
            "stock-class-unknown",
            f"The book has no class {terms.stock_class!r}",
            where=f"{terms.symbol}: stock_class",
        )
        raise InvalidFile("ocf-invalid", "book", [defect])
    wanted = classes[terms.stock_class]
    return [
        (homes[position.stakeholder_id], _units(position, terms.decimals), position.acquired_at)
        for position in book.positions
        if position.stock_class_id == wanted
    ]


def _units(position: Position, decimals: int) -> int:
    return parse_quantity(position.quantity, decimals, where=position.custom_id)
