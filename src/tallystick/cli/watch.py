"""`watch`: the book and the trades of a market on the terminal, as they change."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.columns import Columns
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tallystick.app.venue import markets
from tallystick.cli.markets import MarketName
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json
from tallystick.cli.output import as_json, out
from tallystick.cli.venue_access import reached

if TYPE_CHECKING:
    from tallystick.client import VenueClient

LEVELS: Final = 12
TRADES: Final = 16
BAR: Final = 24


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(watch)


def watch(
    market: MarketName,
    *,
    every: Annotated[
        float, typer.Option(min=0.1, max=60, help="Seconds from one look to the next.")
    ] = 0.5,
    times: Annotated[int, typer.Option(min=0, help="How many looks; 0 for no end.")] = 0,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Show book and trades of a market as they change, until interrupted."""
    with open_workspace(folder) as workspace:
        symbol = markets.market(workspace, market).symbol
        with reached(workspace) as venue:
            workspace.let_others_act()
            if json:
                as_json(_look(venue, symbol))
                return
            with Live(screen(_look(venue, symbol)), console=out, refresh_per_second=10) as live:
                looks = 1
                while not times or looks < times:
                    time.sleep(every)
                    live.update(screen(_look(venue, symbol)))
                    looks += 1


def _look(venue: VenueClient, symbol: str) -> dict[str, Any]:
    [now] = [each for each in venue.markets() if each["symbol"] == symbol]
    return {**now, **venue.book(symbol, LEVELS), "trades": venue.trades(symbol, limit=TRADES)}


def screen(found: dict[str, Any]) -> Group:
    """A market on a screen: a headline, the book, the last trades."""
    phase = found["halted"] or found["phase"]
    head = Text.assemble((found["symbol"], "bold"), f"  {found['last'] or '–'}  ",
                         (f"{phase}, reference {found['reference']}", "dim"))  # fmt: skip
    return Group(head, Text(), Columns([_book(found), _trades(found)], padding=(0, 4)))


def _book(found: dict[str, Any]) -> Table:
    """Offers above, bids below, each with a bar as long as there is quantity."""
    table = Table("price", "quantity", "", box=None, title="book", title_justify="left",
                  title_style="dim")  # fmt: skip
    sides = (("red", list(reversed(found["asks"]))), ("green", found["bids"]))
    most = max((_number(row[1]) for _, rows in sides for row in rows), default=1.0)
    for colour, rows in sides:
        for price, quantity, _ in rows:
            bar = "█" * max(1, round(BAR * _number(quantity) / most))
            table.add_row(Text(price, style=colour, justify="right"),
                          Text(quantity, justify="right"), Text(bar, style=f"dim {colour}")
                          )  # fmt: skip
        if colour == "red":
            table.add_row(Text("─" * 8, style="dim"), "", "")
    return table


def _trades(found: dict[str, Any]) -> Table:
    table = Table("time", "price", "quantity", "", box=None, title="trades",
                  title_justify="left", title_style="dim")  # fmt: skip
    for each in found["trades"]:
        colour = "green" if each["taker"] == "buy" else "red"
        table.add_row(Text(each["at"][11:19], style="dim"), Text(each["price"], style=colour),
                      Text(each["quantity"], justify="right"),
                      Text(each["status"] if each["status"] != "settled" else "", style="dim")
                      )  # fmt: skip
    return table


def _number(text: str) -> float:
    return float(text.replace(",", ""))
