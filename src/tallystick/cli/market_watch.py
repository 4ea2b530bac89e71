"""`market alerts`, `market makers`, `market activity`: for who watches over a market."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.table import Table

from tallystick.app.venue import markets, watching
from tallystick.app.venue.markets import Dated
from tallystick.cli import markets as market_commands
from tallystick.cli.acting import names_of
from tallystick.cli.markets import MarketName, recorded
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json
from tallystick.cli.output import as_json, out, say
from tallystick.core.wallets import Wallet
from tallystick.gateways.store.order_records import OrderRecords
from tallystick.markets.venue.terms import MarketTerms

if TYPE_CHECKING:
    from pathlib import Path


SHOWN = 20


class _Watched(msgspec.Struct, frozen=True):
    """A market that is looked at: what is recorded of it, and who stands behind a wallet."""

    records: OrderRecords
    history: list[Dated]
    owner: Callable[[Wallet], Wallet]
    called: Callable[[Wallet], str]
    now_s: int

    @property
    def terms(self) -> MarketTerms:
        """The market as it is now."""
        return self.history[-1].terms


def register(_: typer.Typer) -> None:
    """Add the commands of this module to those of markets."""
    for command in (alerts, makers, activity):
        market_commands.app.command()(command)


@contextmanager
def _watched(folder: Path, market: str) -> Iterator[_Watched]:
    with open_workspace(folder) as workspace, recorded(workspace) as records:
        terms = markets.market(workspace, market)
        history = markets.history(workspace.journal, terms.symbol)
        yield _Watched(records, history, workspace.book().registry.home, names_of(workspace),
                       workspace.now())  # fmt: skip


def alerts(
    market: MarketName,
    *,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A threshold, such as layering_orders=5; may be repeated."),
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """What looks like an abuse of a market: wash trades, layering, marking the close."""
    limits = watching.thresholds(settings or ())
    with _watched(folder, market) as seen:
        found = [
            watching.told(each, seen.terms, seen.called)
            for each in watching.alerts(seen.records, seen.history, seen.owner, limits,
                                        now_s=seen.now_s)
        ]  # fmt: skip
    if json:
        as_json(found)
        return
    for each in found:
        say(f"[bold yellow]{each['pattern']}[/] {each['since']} · {', '.join(each['investors'])}")
        say(f"  {each['message']}")
        say(f"  [dim]trades {_some(each['trades'])}, orders {_some(each['orders'])}[/]")
    if not found:
        say(f"[bold green]✓[/] nothing looks like an abuse in {seen.terms.symbol}")


def _some(numbers: Sequence[int]) -> str:
    """The first numbers of a list."""
    shown = ", ".join(str(each) for each in numbers[:SHOWN]) or "–"
    return shown + (f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else "")


def makers(market: MarketName, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Who makes a market: what is traded with each, how long and how well he quotes."""
    with _watched(folder, market) as seen:
        found = watching.market_makers(seen.records, seen.terms, seen.owner, seen.called)
    if json:
        as_json(found)
        return
    table = _table("investor", "orders", "made", "share", "taken", "filled", "both",
                   "bid", "ask", "spread")  # fmt: skip
    for each in found:
        table.add_row(
            each["investor"], f"{each['orders']:,}", each["made"],
            _percent(each["share_of_made_bps"]), each["taken"], _percent(each["filled_bps"]),
            _percent(each["both_sides_bps"]), _percent(each["best_bid_bps"]),
            _percent(each["best_ask_bps"]), _or_dash(each["spread_bps"]),
        )  # fmt: skip
    out.print(table if found else "no order yet")
    say(
        "[dim]both, bid, ask: how much of the time he quoted both sides, and nobody was better; "
        "spread in basis points[/]"
    )


def activity(market: MarketName, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """What went on in a market, for its issuer: each day, and who bought and sold."""
    with _watched(folder, market) as seen:
        found = watching.activity(seen.records, seen.terms, seen.owner, seen.called)
    if json:
        as_json(found)
        return
    days = _table("day", "first", "high", "low", "last", "units", "trades", "busts", "people",
                  "spread")  # fmt: skip
    for each in found["days"]:
        days.add_row(each["day"], *(_or_dash(each[name]) for name in (
            "first", "high", "low", "last", "quantity", "trades", "busted", "investors",
            "spread_bps")))  # fmt: skip
    out.print(days if found["days"] else "no trade yet")
    people = _table("investor", "bought", "sold", "net", "paid", "received", "share")
    for each in found["investors"][:SHOWN]:
        people.add_row(*(each[name] for name in ("investor", "bought", "sold", "net", "paid",
                                                 "received")), _percent(each["share_bps"])
                       )  # fmt: skip
    if found["investors"]:
        out.print()
        out.print(people)
    if len(found["investors"]) > SHOWN:
        say(f"[dim]and {len(found['investors']) - SHOWN} more; all with --json[/]")


def _table(first: str, *others: str) -> Table:
    """A table whose columns are figures but for the first one."""
    table = Table(box=None)
    table.add_column(first, no_wrap=True)
    for each in others:
        table.add_column(each, justify="right")
    return table


def _percent(bps: int) -> str:
    return f"{bps / 100:.1f} %"


def _or_dash(value: Any) -> str:
    return "–" if value is None else str(value)
