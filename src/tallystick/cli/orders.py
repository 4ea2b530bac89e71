"""`order`: orders are placed, cancelled, and looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tallystick.app.keys import require_same
from tallystick.app.venue import markets, notes, ordering
from tallystick.cli.acting import Amount, Who, names_of
from tallystick.cli.markets import MarketName, recorded
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key
from tallystick.cli.output import as_json, new_key, out, say
from tallystick.cli.venue_access import reached
from tallystick.client import Trader, VenueClient
from tallystick.client.trading import instructions_of
from tallystick.core.errors import Invalid
from tallystick.core.times import show_time
from tallystick.core.units import parse_amount
from tallystick.core.wallets import Wallet, parse_wallet, show_wallet
from tallystick.gateways.pdf_sheets import sheet_pdf
from tallystick.gateways.store.files import write_whole
from tallystick.markets.order_book import SelfTrade
from tallystick.markets.signed_orders import Duration
from tallystick.markets.venue.refusals import CURES, Why
from tallystick.markets.venue.terms import MarketTerms

app = typer.Typer(help="Orders: placed, cancelled, looked at.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="Number of the order.", min=1)]
SIDES = ("buy", "sell")
WAITING = "waiting"
Side = Annotated[str, typer.Argument(help="buy or sell.")]
Kind = Annotated[str, typer.Option(help="limit, or market.")]
Until = Annotated[str, typer.Option("--time-in-force", help=f"{', '.join(Duration)}.")]
PostOnly = Annotated[bool, typer.Option("--post-only", help="Only if it waits first.")]
OwnOrders = Annotated[
    str, typer.Option("--self-trade", help=f"When it meets one's own: {', '.join(SelfTrade)}.")
]
GoodFor = Annotated[int, typer.Option(min=1, help="Seconds for which it stands.")]


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="order")


@app.command()
def place(
    side: Side,
    market: MarketName,
    quantity: Amount,
    price: Annotated[str, typer.Argument(help="Price of one unit; a market order goes no further."
                                         )],
    who: Who,
    *,
    kind: Kind = "limit",
    until: Until = "",
    post_only: PostOnly = False,
    self_trade: OwnOrders = SelfTrade.CANCEL_TAKER,
    good_for: GoodFor = 86_400,
    replaces: Annotated[int, typer.Option(min=0, help="An order that leaves for it.")] = 0,
    filled: Annotated[
        int, typer.Option(min=0, help="Lots of that one which are known to be filled.")
    ] = 0,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Place an order for somebody whose key is kept here; he signs it, and pays no gas.

    Units and money are allowed to the settlement contract with the first order, by his permit.
    """
    kinds = instructions_of(kind=kind, time_in_force=until, post_only=post_only,
                            self_trade=self_trade)  # fmt: skip
    if side not in SIDES:
        raise Invalid("side-unknown", f"{side!r} is no side", where="side",
                      cure=f"Write {' or '.join(SIDES)}.")  # fmt: skip
    with open_workspace(folder) as workspace:
        terms = markets.market(workspace, market)
        investor = workspace.wallet_of(who)
        signer = ordering.signer_of(workspace, investor)
        ordering.allow(workspace, investor, terms, buys=side == "buy")
        options: dict[str, Any] = {"client_id": key or ""}
        if replaces:
            options |= {"replaces": replaces, "filled": filled}
        with reached(workspace) as venue:
            number = _placed_before(venue, terms, key, investor, (side, quantity, price))
            if not number:
                placed = Trader(venue, signer).place(
                    terms.symbol, side, quantity, price, instructions=kinds, good_for_s=good_for,
                    **options,
                )  # fmt: skip
                number = placed["order"]
            found = venue.order(number)
    say_order(found, json=json)


def _placed_before(
    venue: VenueClient, terms: MarketTerms, key: str | None, investor: Wallet,
    asked: tuple[str, str, str],
) -> int:  # fmt: skip
    """Number of the order that was placed under a key; 0 if none was.

    Raises `Conflict` if the key stands for another one.
    """
    known = venue.orders(investor=investor, client_id=key) if key else []
    if not known:
        return 0
    side, quantity, price = asked
    scale, first = terms.scale, known[0]
    require_same(
        (terms.symbol, side, scale.quantity(scale.lots(quantity)),
         scale.show_price(scale.price(price))),
        (first["symbol"], first["side"], first["quantity"], first["price"]),
    )  # fmt: skip
    return int(first["order"])


@app.command()
def cancel(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Cancel an order at the venue."""
    with open_workspace(folder) as workspace, reached(workspace) as venue:
        found = venue.cancel(number)
    if json:
        as_json(found)
    else:
        say(f"[bold green]✓[/] order {number} is cancelled, {found['left']} lots were left")


@app.command("cancel-all")
def cancel_all(
    who: Who,
    *,
    market: Annotated[str, typer.Option(help="Only of this market.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Cancel all orders of an investor."""
    with open_workspace(folder) as workspace:
        symbol = markets.market(workspace, market).symbol if market else ""
        investor = workspace.wallet_of(who)
        with reached(workspace) as venue:
            found = venue.cancel_all(symbol=symbol, investor=investor)
    if json:
        as_json(found)
    else:
        say(f"[bold green]✓[/] {len(found)} orders are cancelled")


@app.command()
def show(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """An order with its trades, and what happened to it."""
    with open_workspace(folder) as workspace, reached(workspace) as venue:
        found = venue.order(number)
    say_order(found, json=json)
    if not json:
        say(f"  of {found['investor']} · {found['kind']}, {found['time_in_force']} · "
            f"until {found['expires']}")  # fmt: skip
        for each in found["steps"]:
            say(f"  [dim]{each['at']}[/] {each['what']} {each['code']}")


@app.command("list")
def list_(
    *,
    who: Annotated[str, typer.Option(help="Only of this investor.")] = "",
    market: Annotated[str, typer.Option(help="Only of this market.")] = "",
    open_only: Annotated[bool, typer.Option("--open", help="Only open ones.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many.")] = 100,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Orders, the latest first."""
    with open_workspace(folder) as workspace:
        symbol = markets.market(workspace, market).symbol if market else ""
        investor = workspace.wallet_of(who, where="--who") if who else ""
        with reached(workspace) as venue:
            found = venue.orders(symbol=symbol, investor=investor, open=open_only, limit=limit)
        named = names_of(workspace)
    if json:
        as_json(found)
        return
    table = Table("order", "market", "who", "side", "price", "quantity", "filled", "status",
                  box=None)  # fmt: skip
    for each in found:
        table.add_row(str(each["order"]), each["symbol"], named(each["investor"]), each["side"],
                      each["price"], each["quantity"], each["filled"], each["status"]
                      )  # fmt: skip
    out.print(table if found else "no order yet")


@app.command()
def fills(
    *,
    who: Annotated[str, typer.Option(help="Only of this investor.")] = "",
    market: Annotated[str, typer.Option(help="Only of this market.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many.")] = 100,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Trades, the latest first, with what became of each."""
    with open_workspace(folder) as workspace:
        symbol = markets.market(workspace, market).symbol if market else ""
        investor = workspace.wallet_of(who, where="--who") if who else ""
        with reached(workspace) as venue:
            found = venue.fills(symbol=symbol, investor=investor, limit=limit)
    if json:
        as_json(found)
        return
    table = Table("trade", "market", "at", "side", "price", "quantity", "value", "status",
                  box=None)  # fmt: skip
    for each in found:
        at, side = f"{each['at'][:19]}Z", each.get("side", "both")
        table.add_row(str(each["trade"]), each["symbol"], at, side, each["price"],
                      each["quantity"], each["value"], each["status"])  # fmt: skip
    out.print(table if found else "no trade yet")


@app.command()
def positions(who: Who, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """What an investor has of all that is traded, what of it is free, and what he traded."""
    with open_workspace(folder) as workspace:
        investor = workspace.wallet_of(who)
        with reached(workspace) as venue:
            found = venue.positions(investor)
    if json:
        as_json(found)
        return
    names = ("symbol", "held", "bound", "owed", "free", "incoming")
    table = Table(*names, box=None)
    for each in found["positions"]:
        table.add_row(*(each[name] for name in names))
    out.print(table if found["positions"] else "he has nothing that is traded here")
    for each in found["positions"]:
        if not each["allowed_to_settle"]:
            say(
                f"[dim]Settlement may not move all {each['symbol']} of his: what it may is free. "
                "His next order by command permits the rest, or he signs it: `order permit`.[/]"
            )
    for each in found["traded"]:
        say(f"{each['symbol']}: bought {each['bought']} for {each['paid']}, sold {each['sold']} "
            f"for {each['received']}, fees {each['fees']} of it")  # fmt: skip


@app.command()
def note(
    trade: Annotated[int, typer.Argument(help="Number of the trade.", min=1)],
    who: Who,
    *,
    to: Annotated[Path, typer.Option("--to", help="File of the PDF.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write the contract note of a trade for one of its sides."""
    with open_workspace(folder) as workspace, recorded(workspace) as records:
        home = workspace.book().registry.home(workspace.wallet_of(who))
        sheet = notes.contract_note(workspace, records, trade, home)
    data = sheet_pdf(sheet)
    write_whole(to, data)
    if json:
        as_json({"file": str(to), "bytes": len(data)})
    else:
        say(f"[bold green]✓[/] contract note of trade {trade} in {to}")


@app.command()
def session(
    market: MarketName,
    who: Who,
    key_wallet: Annotated[str, typer.Argument(help="Wallet of the key that shall sign orders.")],
    *,
    sell: Annotated[str, typer.Option(help="Most units to be sold, all trades together.")] = "0",
    spend: Annotated[str, typer.Option(help="Most money to be spent, fees included.")] = "0",
    good_for: Annotated[
        int, typer.Option(min=1, help="Seconds for which it may; its orders end no later.")
    ] = 604_800,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Let a key sign orders for somebody whose own is kept here, within bounds; counted on chain.

    A later session of the key takes the place of an earlier one: one of nothing ends it.
    """
    with open_workspace(folder) as workspace:
        terms = markets.market(workspace, market)
        scale, investor = terms.scale, workspace.wallet_of(who)
        bounds = ordering.Bounds(
            parse_amount(sell, scale.decimals, where="--sell"),
            parse_amount(spend, scale.cash_decimals, where="--spend"), good_for,
        )  # fmt: skip
        for buys, needed in ((False, bounds.units), (True, bounds.amount)):
            if needed:
                ordering.allow(workspace, investor, terms, buys=buys)
        trading_key = parse_wallet(key_wallet, where="key-wallet")
        made = ordering.grant_session(workspace, investor, trading_key, terms, bounds,
                                      key=new_key(key))  # fmt: skip
    if json:
        as_json({"serial": made.serial, "expiry": made.expiry, "venue": made.venue})
    else:
        say(f"[bold green]✓[/] {show_wallet(trading_key)} may sell {sell} and spend {spend} "
            f"in {terms.symbol} until {show_time(made.expiry)}")  # fmt: skip


def say_order(found: dict[str, Any], *, json: bool) -> None:
    """Tell how an order stands."""
    if json:
        as_json(found)
        return
    say(f"order {found['order']}: {found['side']} {found['quantity']} {found['symbol']} at "
        f"{found['price']} · [bold]{found['status']}[/] · filled {found['filled']}, "
        f"left {found['left']}")  # fmt: skip
    if found["status"] == WAITING:
        say("  [dim]it is traded once its units are held[/]")
    code = found["code"]
    if code and code != Why.FILLED:
        say(f"  [yellow]{code}[/] {CURES[Why(code)][0]}")
    for each in found.get("trades", ()):
        why = f" ({each['reason']})" if each["reason"] else ""
        say(f"  trade {each['trade']}: {each['quantity']} at {each['price']} · "
            f"{each['status']}{why}")  # fmt: skip
