"""Mint the lots of a list, each of them once.

A lot is known by its row: the certificate in a CSV, the security in an OCF book. What a list will
do is written down in one transaction before the first act on the chain; a list that was cut off is
finished by the same list, and one that grew mints its new rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.app.asking import Asker
from tallystick.app.workspace import TOKEN, ListedSecurity, Workspace
from tallystick.core.errors import Invalid, InvalidFile, Refused
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.parts import Work
from tallystick.securities.proposal import Movement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KIND = "lot"


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """Units to be issued to an investor; `acquired_at` in UTC seconds, `where` in a file.

    `holder` is how the file names him, `wallet` what that stands for; None if it is nobody's.
    """

    row: str
    holder: str
    wallet: Wallet | None
    units: int
    acquired_at: int
    where: str = ""


class Prepared(msgspec.Struct, frozen=True):
    """What the journal keeps of a lot that will be minted: pseudonyms of row and content."""

    command: str
    symbol: str
    row: str
    content: str
    wallet: Wallet
    units: str
    acquired_at: int


class Minted(msgspec.Struct, frozen=True):
    """How many lots were asked for, how many of them were minted only now, and their units."""

    lots: int
    new: int
    units: int


def mint_lots(
    workspace: Workspace, security: ListedSecurity, lots: Sequence[Lot], *, key: str,
    report: Callable[[int, int], None] | None = None,
) -> Minted:  # fmt: skip
    """Mint lots in order, in as few transactions as fit; what is minted already is passed over.

    Raises `InvalidFile` with every defect and every refusal of every lot; nothing new is minted
    then.
    """
    entries = [msgspec.convert(entry.body, Prepared) for entry in workspace.journal.entries(KIND)]
    prepared = {one.row: one for one in entries if one.symbol == security.symbol}
    rows = {_row(workspace, security, lot): lot for lot in lots}
    _check(workspace, security, lots, prepared)
    for command in dict.fromkeys(prepared[row].command for row in rows if row in prepared):
        _carry_out(workspace, security, command, list(prepared.values()), report)
    fresh = {row: lot for row, lot in rows.items() if row not in prepared}
    if fresh:
        _foretell(workspace, security, list(fresh.values()))
        prepared |= _prepare(workspace, security, fresh, key)
        _carry_out(workspace, security, key, list(prepared.values()), report)
    return Minted(len(lots), len(fresh), sum(lot.units for lot in fresh.values()))


def _row(workspace: Workspace, security: ListedSecurity, lot: Lot) -> str:
    return workspace.vault.pseudonym(f"lot/{security.symbol}/{lot.row}")


def _content(workspace: Workspace, lot: Lot) -> str:
    return workspace.vault.pseudonym(f"lot/{lot.holder}/{lot.units}/{lot.acquired_at}")


def _check(
    workspace: Workspace, security: ListedSecurity, lots: Sequence[Lot],
    prepared: dict[str, Prepared],
) -> None:  # fmt: skip
    """Name every lot that stands twice, that was minted with other data, or is nobody's."""
    defects: list[Invalid] = []
    seen: set[str] = set()
    for lot in lots:
        row = _row(workspace, security, lot)
        before = prepared.get(row)
        if row in seen:
            defects.append(Invalid("lot-duplicate", "The certificate stands in this list already",
                                   where=lot.where, cure="Give every lot its own."))  # fmt: skip
        elif before is not None and before.content != _content(workspace, lot):
            defects.append(Invalid(
                "lot-differs", "This certificate was minted before with other data",
                where=lot.where, cure="Give a new lot a certificate of its own.",
            ))  # fmt: skip
        elif before is None and lot.wallet is None:
            defects.append(Invalid(
                "holder-not-admitted", "No one investor goes by the holder named here",
                where=lot.where, cure="Run `holders import` first, or name him by his reference.",
            ))  # fmt: skip
        seen.add(row)
    if defects:
        raise InvalidFile("lots-invalid", security.symbol, defects)


def _foretell(workspace: Workspace, security: ListedSecurity, lots: Sequence[Lot]) -> None:
    """Issue the lots on the model, to learn of every refusal before anything is sent."""
    state, now_s = workspace.book().securities[security.token], workspace.now()
    asker = Asker(workspace, security)
    defects: list[Invalid] = []
    for lot in lots:
        if lot.acquired_at > now_s:
            defects.append(Invalid(
                "acquired-in-the-future", "A lot cannot have been acquired later than now",
                where=lot.where, cure="Check its date, or mint it when that has come.",
            ))  # fmt: skip
            continue
        issue = (Movement.ISSUE, None, lot.wallet, lot.units)
        answers = asker.answers(state, *issue)
        verdict = state.judge(*issue, now_s=now_s, answers=answers)
        defects += [
            Invalid(refusal.code.label, refusal.message, where=lot.where, cure=refusal.cure)
            for refusal in verdict.refusals
        ]
        if not verdict.allowed:
            continue
        try:
            state.move(*issue, now_s=now_s, acquired_at=lot.acquired_at)
        except Refused as error:
            defects.append(Invalid(error.code, error.message, where=lot.where, cure=error.cure))
    if defects:
        raise InvalidFile("lots-refused", security.symbol, defects)


def _prepare(
    workspace: Workspace, security: ListedSecurity, fresh: dict[str, Lot], key: str
) -> dict[str, Prepared]:
    """Write down what will be minted, all of it or nothing."""
    prepared = {
        row: Prepared(key, security.symbol, row, _content(workspace, lot), lot.wallet,
                      str(lot.units), lot.acquired_at)
        for row, lot in fresh.items()
        if lot.wallet is not None
    }  # fmt: skip
    bodies = [msgspec.to_builtins(one) for one in prepared.values()]
    with workspace.engine.begin() as connection:
        workspace.journal.append_within(connection, KIND, bodies, at_s=workspace.now())
    return prepared


def _carry_out(
    workspace: Workspace, security: ListedSecurity, command: str, prepared: Sequence[Prepared],
    report: Callable[[int, int], None] | None,
) -> None:  # fmt: skip
    """Mint all lots of one command on the chain; parts that are there are passed over."""
    lots = [one for one in prepared if one.command == command]

    def encode(start: int, end: int) -> str:
        part = lots[start:end]
        return TOKEN.function("batchMintLots").encode(
            [one.wallet for one in part],
            [int(one.units) for one in part],
            [one.acquired_at for one in part],
        )

    work = Work(f"{command}/mint/{security.symbol}", security.token, len(lots), encode)
    workspace.act_on_many("agent", work, report=report)
