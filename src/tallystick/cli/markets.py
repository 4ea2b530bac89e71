"""`market`: which securities are traded, for which money, how."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.table import Table

from tallystick.app.venue import markets, quality, reports
from tallystick.app.venue.house import RECORDS
from tallystick.app.venue.markets import Asked
from tallystick.app.venue.opening import ORDERS
from tallystick.app.venue.quality import Bucket
from tallystick.app.venue.recording import Recorder
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, inert, new_key, out, say
from tallystick.cli.tables import counted
from tallystick.cli.venue_access import reached
from tallystick.core.times import DAY_S
from tallystick.core.wallets import show_wallet
from tallystick.gateways.market_chart import Candle, market_chart
from tallystick.gateways.store.files import write_whole
from tallystick.markets.venue.schedules import parse_schedule, show_schedule
from tallystick.markets.venue.terms import MarketTerms, Opening

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.gateways.store.order_records import OrderRecords

app = typer.Typer(help="Markets: securities traded for money.", no_args_is_help=True)

MarketName = Annotated[str, typer.Argument(help="Market, such as ACME/USD; or its security.")]
LEVELS = 10


def _bps(what: str) -> Any:
    """An option in ten-thousandths."""
    return typer.Option(min=0, max=10_000, help=f"{what} In ten-thousandths.")


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="market")


@app.command("open")
def open_(
    symbol: Symbol,
    *,
    cash: Annotated[str, typer.Option(help="Symbol of the money.")],
    tick: Annotated[str, typer.Option(help="Smallest step of a price, of one unit.")],
    reference: Annotated[str, typer.Option(help="Price from which bounds are measured.")],
    lot: Annotated[
        str | None, typer.Option(help="Smallest quantity, of which orders are multiples; 1.")
    ] = None,
    maker_bps: Annotated[int | None, _bps("Fee of who waited in the book; 0.")] = None,
    taker_bps: Annotated[int | None, _bps("Fee of who came and traded at once; 0.")] = None,
    auction_bps: Annotated[int | None, _bps("Fee of both in a call auction; 0.")] = None,
    band_bps: Annotated[
        int | None, _bps("How far from the reference price an order may be; 0 for any.")
    ] = None,
    move_bps: Annotated[
        int | None, _bps("How far from the last price a trade may be without a call; 0 for any.")
    ] = None,
    call_s: Annotated[
        int | None, typer.Option(min=1, help="Seconds of a call auction; 120.")
    ] = None,
    holds: Annotated[
        bool | None,
        typer.Option(help="Whether the units of an order to sell that waits are held until it "
                     "ends, so that whoever buys finds them there; usually not."),
    ] = None,
    holds_a_day: Annotated[
        int | None,
        typer.Option(min=1, help="How often a day units of one investor are held, for which the "
                     "venue pays; 100."),
    ] = None,
    hours: Annotated[
        list[str] | None,
        typer.Option(help="When a phase begins, UTC: 'mon-fri 09:00 continuous'; or call, or "
                     "closed. May be repeated. 'always' is around the clock, as is usual."),
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Open a market, or have it go on by other terms: what is not said stays as it is."""
    asked = Asked(
        symbol=symbol, cash=cash, lot=lot, tick=tick, reference=reference, maker_bps=maker_bps,
        taker_bps=taker_bps, auction_bps=auction_bps, band_bps=band_bps, move_bps=move_bps,
        call_s=call_s, holds=holds, holds_a_day=holds_a_day, schedule=_hours(hours),
    )  # fmt: skip
    with open_workspace(folder) as workspace:
        terms = markets.open_market(workspace, asked, key=new_key(key))
    if json:
        as_json(_terms(terms))
        return
    say(
        f"[bold green]✓[/] {terms.symbol}: lots of {terms.scale.quantity(1)}, "
        f"tick {terms.scale.show_price(terms.tick)}, fees {terms.maker_bps} and "
        f"{terms.taker_bps} bps, {'; '.join(show_schedule(terms.schedule)) or 'around the clock'}"
    )
    say("Next: [bold]tallystick serve[/], or [bold]tallystick order place[/]")


def _hours(lines: list[str] | None) -> tuple[Opening, ...] | None:
    """Hours as they are asked for; None to leave them as they are."""
    if lines is None:
        return None
    return () if lines == ["always"] else parse_schedule(lines, where="--hours")


@app.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """All markets."""
    with open_workspace(folder) as workspace:
        found = list(markets.listed(workspace.journal).values())
    if json:
        as_json([_terms(each) for each in found])
        return
    table = Table("market", "lot", "tick", "maker bps", "taker bps", "hours", box=None)
    for each in found:
        scale = each.scale
        table.add_row(each.symbol, scale.quantity(1), scale.show_price(each.tick),
                      str(each.maker_bps), str(each.taker_bps),
                      "; ".join(show_schedule(each.schedule)) or "always")  # fmt: skip
    out.print(table if found else "no market yet")


@app.command()
def show(market: MarketName, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """A market as it stands: phase, last price, book, last trades."""
    with open_workspace(folder) as workspace:
        symbol = markets.market(workspace, market).symbol
        with reached(workspace) as venue:
            [now] = [each for each in venue.markets() if each["symbol"] == symbol]
            settlement = venue.identity().domain.contract
            found = {**now, **venue.book(symbol, LEVELS), "settlement": settlement,
                     "trades": venue.trades(symbol, limit=10)}  # fmt: skip
    if json:
        as_json(found)
        return
    halted = f" [red]({found['halted']})[/]" if found["halted"] else ""
    until = f" until {found['until'][:19]}Z" if found["until"] else ""
    say(f"[bold]{symbol}[/] {found['phase']}{halted}{until} · last {found['last'] or '–'} · "
        f"reference {found['reference']}")  # fmt: skip
    say(f"[dim]settlement contract {show_wallet(settlement)}[/]")
    out.print(_book(found))
    for each in found["trades"]:
        say(f"[dim]{each['at'][:19]}Z[/] {each['quantity']} at {each['price']} · {each['status']}")


@app.command()
def chart(
    market: MarketName,
    target: Annotated[Path, typer.Argument(help="File to write, .pdf or .svg.")],
    *,
    minutes: Annotated[int, typer.Option(min=1, help="Minutes of a candle.")] = 15,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Draw prices, spread and volume of a market's last day of trading."""
    seconds = minutes * 60
    with open_workspace(folder) as workspace, recorded(workspace) as records:
        terms = markets.market(workspace, market)
        found = quality.buckets(records, terms.symbol, seconds)
    last = found[-1].start_s if found else 0
    candles = [_candle(terms, each) for each in found if each.start_s > last - DAY_S]
    write_whole(target, market_chart(terms.symbol, candles, seconds, target), mode=0o644)
    if json:
        as_json({"file": str(target), "candles": msgspec.to_builtins(candles)})
    else:
        say(
            f"[bold green]✓[/] {target}: {counted(len(candles), 'candle')} of "
            f"{counted(minutes, 'minute')}"
        )


@contextmanager
def recorded(workspace: Workspace) -> Iterator[OrderRecords]:
    """What is recorded of orders and trades, all of it."""
    recorder = Recorder(workspace.folder / ORDERS, workspace.folder / RECORDS)
    try:
        recorder.wait()
        yield recorder.records
    finally:
        recorder.close()


@app.command()
def trail(
    target: Annotated[Path, typer.Argument(help="CSV file to write.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write the audit trail: every step of every order, who, when, what, and what came of it."""
    with open_workspace(folder) as workspace, recorded(workspace) as records:
        rows = reports.audit_trail(records, markets.listed(workspace.journal))
        count = _write_rows(target, reports.TRAIL, rows)
    _say_written(target, count, json=json)


@app.command()
def trades(
    market: MarketName,
    target: Annotated[Path, typer.Argument(help="CSV file to write.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write all trades of a market with both sides, fees, and what became of them."""
    with open_workspace(folder) as workspace, recorded(workspace) as records:
        rows = reports.trades(records, markets.market(workspace, market))
        count = _write_rows(target, reports.TRADES, rows)
    _say_written(target, count, json=json)


@app.command("quality")
def quality_(market: MarketName, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """How good and fair a market was: orders taken and refused, fills, busts, execution."""
    with open_workspace(folder) as workspace, recorded(workspace) as records:
        found = reports.quality(records, markets.market(workspace, market))
    if json:
        as_json(found)
        return
    for name, value in found.items():
        if name != "refused_for":
            say(f"{name.replace('_', ' '):26} {_figure(name, value)}")
    for code, count in found["refused_for"].items():
        say(f"  [dim]refused for[/] {code:24} {count:,}")


def _figure(name: str, value: Any) -> str:
    """A figure of a market as people write it: a share of all in percent, say."""
    if value is None:
        return "–"
    if name.endswith(("_share", "_rate")):
        return f"{value:.2%}"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _write_rows(target: Path, names: Sequence[str], rows: Iterable[dict[str, Any]]) -> int:
    """Write rows as CSV; how many there were."""
    made = io.StringIO()
    writer = csv.DictWriter(made, names)
    writer.writeheader()
    count = 0
    for row in rows:
        writer.writerow({name: inert(str(value)) for name, value in row.items()})
        count += 1
    write_whole(target, made.getvalue().encode(), mode=0o644)
    return count


def _say_written(target: Path, count: int, *, json: bool) -> None:
    if json:
        as_json({"file": str(target), "rows": count})
    else:
        say(f"[bold green]✓[/] {target}: {count:,} rows")


def _candle(terms: MarketTerms, each: Bucket) -> Candle:
    """A bucket in whole money and units, to be drawn."""
    lot = terms.units_per_lot / 10**terms.decimals
    per = 10**terms.cash_decimals * lot
    return Candle(
        start_s=each.start_s, first=each.first / per, high=each.high / per, low=each.low / per,
        last=each.last / per, volume=each.lots * lot, spread_bps=each.spread_bps,
    )  # fmt: skip


@app.command()
def halt(
    market: MarketName,
    *,
    why: Annotated[str, typer.Option(help="Why, in a word or two.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Stop trading; orders can be cancelled, and nothing else."""
    with open_workspace(folder) as workspace:
        symbol = markets.market(workspace, market).symbol
        with reached(workspace) as venue:
            found = venue.halt(symbol, why)
    _say_phase(found, json=json)


@app.command()
def resume(market: MarketName, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Let trading go on; what was collected is traded at one price first."""
    with open_workspace(folder) as workspace:
        symbol = markets.market(workspace, market).symbol
        with reached(workspace) as venue:
            found = venue.resume(symbol)
    _say_phase(found, json=json)


def _say_phase(found: dict[str, Any], *, json: bool) -> None:
    if json:
        as_json(found)
    else:
        say(f"[bold green]✓[/] {found['symbol']} is {found['phase']}")


def _terms(terms: MarketTerms) -> dict[str, Any]:
    """Terms as people read them."""
    scale = terms.scale
    return {
        "symbol": terms.symbol, "security": terms.security, "cash": terms.cash,
        "lot": scale.quantity(1), "tick": scale.show_price(terms.tick),
        "reference": scale.show_price(terms.reference), "maker_bps": terms.maker_bps,
        "taker_bps": terms.taker_bps, "auction_bps": terms.auction_bps,
        "band_bps": terms.band_bps, "move_bps": terms.move_bps, "call_s": terms.call_s,
        "holds": terms.holds, "holds_a_day": terms.holds_a_day,
        "hours": show_schedule(terms.schedule),
    }  # fmt: skip


def _book(found: dict[str, Any]) -> Table:
    """Both sides of a book, the best prices on top."""
    table = Table("bid quantity", "bid", "ask", "ask quantity", box=None)
    bids, asks = found["bids"], found["asks"]
    for at in range(max(len(bids), len(asks))):
        bid = bids[at] if at < len(bids) else ("", "", "")
        ask = asks[at] if at < len(asks) else ("", "", "")
        table.add_row(bid[1], f"[green]{bid[0]}[/]", f"[red]{ask[0]}[/]", ask[1])
    return table
