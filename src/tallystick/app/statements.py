"""Statements for holders and reports of registers, as sheets to be printed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tallystick.app import anchors
from tallystick.app.captable import Register
from tallystick.app.captable import register as make_register
from tallystick.app.servicing import payouts
from tallystick.app.servicing.cash import money as cash_money
from tallystick.app.servicing.distributions import distributions
from tallystick.core.errors import NotFound
from tallystick.core.sheets import Section, Sheet
from tallystick.core.times import show_date, show_time
from tallystick.core.units import show_money, show_quantity
from tallystick.core.wallets import Wallet, show_wallet

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

FOOT = "Rebuilt from the chain's logs. A holding can be proven with tallystick prove."


def register_report(workspace: Workspace, symbol: str, as_of: int | None = None) -> Sheet:
    """The register of a security with its totals, and the root that was anchored last."""
    listed = workspace.security(symbol)
    found = make_register(listed, workspace.book(), workspace.vault.people(),
                          now_s=workspace.now(), as_of=as_of)  # fmt: skip
    roots = [each for each in anchors.anchored(workspace) if each.symbol == symbol]
    said = () if not roots else (
        f"Root anchored last: {roots[-1].root}, as of block {roots[-1].block}.",)  # fmt: skip
    issuer = listed.terms["issuer"]
    return Sheet(
        title=f"Register of {listed.name}",
        lines=(f"{issuer['name']}, {issuer['country']}", f"{symbol}, {show_wallet(listed.token)}",
               f"As of block {found.block}, printed {show_time(workspace.now())}"),
        sections=(_lines(found, said),), foot=FOOT,
    )  # fmt: skip


def _lines(found: Register, said: tuple[str, ...]) -> Section:
    def units(amount: int) -> str:
        return show_quantity(amount, found.decimals)

    return Section(
        heading=f"{found.investors:,} holders", said=said,
        columns=("Holder", "Country", "Units", "Share", "Locked"), figures=2,
        rows=tuple((line.holder, line.country or "–", units(line.units), line.share,
                    units(line.locked) if line.locked else "–") for line in found.lines),
        total=("All", "", units(found.supply), "100.00 %" if found.supply else "–", ""),
    )  # fmt: skip


def holder_statement(workspace: Workspace, home: Wallet, year: int) -> Sheet:
    """What a holder has, and what he was paid within a calendar year (UTC).

    Raises `NotFound` if nothing is known of him.
    """
    person = workspace.vault.people().get(home)
    if person is None:
        raise NotFound("person-unknown", "Nobody is kept for this wallet", where="who",
                       cure="Look him up with `holders list`.")  # fmt: skip
    return Sheet(
        title="Statement of holdings",
        lines=(person.name, show_wallet(home), f"Printed {show_time(workspace.now())}"),
        sections=(_positions(workspace, home), _payments(workspace, home, year)), foot=FOOT,
    )  # fmt: skip


def _positions(workspace: Workspace, home: Wallet) -> Section:
    book, people, now_s = workspace.book(), workspace.vault.people(), workspace.now()
    rows: list[tuple[str, ...]] = []
    for listed in workspace.securities():
        register = make_register(listed, book, people, now_s=now_s)
        for line in register.lines:
            if line.wallet == home:
                units = show_quantity(line.units, listed.decimals)
                locked = show_quantity(line.locked, listed.decimals) if line.locked else "–"
                rows.append((listed.name, listed.symbol, units, line.share, locked))
    said = () if rows else ("He holds nothing at present.",)
    columns = ("Security", "Symbol", "Units", "Share", "Locked") if rows else ()
    return Section(heading="Holdings", said=said, columns=columns, figures=2, rows=tuple(rows))


def _payments(workspace: Workspace, home: Wallet, year: int) -> Section:
    """Payments of a year: gross, withheld, paid; one line for each wallet and distribution."""
    home_of = workspace.book().registry.home
    rows: list[tuple[str, ...]] = []
    for announced in distributions(workspace):
        record = payouts.record_of(workspace, announced)
        if record is None or not record.paid:
            continue
        decimals = cash_money(workspace, announced.cash).decimals
        for at, each in enumerate(payouts.opened(workspace, announced).payments):
            paid_at = record.paid.get(at)
            if paid_at is None or home_of(each.wallet) != home:
                continue
            if datetime.fromtimestamp(paid_at, UTC).year != year:
                continue
            kept = each.withheld or 0
            rows.append((
                show_date(paid_at), f"{announced.symbol} {announced.income}", announced.cash,
                show_money(each.gross, decimals), show_money(kept, decimals),
                show_money(each.gross - kept, decimals),
            ))  # fmt: skip
    said = () if rows else (f"Nothing was paid in {year}.",)
    columns = ("Paid", "For", "Cash", "Gross", "Withheld", "Net") if rows else ()
    return Section(heading=f"Payments of {year}", said=said, columns=columns, figures=3,
                   rows=tuple(rows))  # fmt: skip
