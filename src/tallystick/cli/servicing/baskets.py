"""`basket`: units that stand for other assets: created and redeemed in kind, with their fees."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.app.servicing import basket_admission, basket_orders, baskets, cash
from tallystick.app.servicing.baskets import Opened, Standing
from tallystick.app.servicing.weights_csv import (
    PRICES_CODE,
    WEIGHTS_CODE,
    read_prices_csv,
    read_weights_csv,
)
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, new_key, out, say
from tallystick.cli.servicing.distributions import Cash
from tallystick.cli.tables import lined
from tallystick.core.countries import country_index
from tallystick.core.units import parse_quantity, show_money, show_quantity, show_share
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.store.files import read_text
from tallystick.securities.baskets.basket_terms import CODE as TERMS_CODE
from tallystick.securities.baskets.in_kind import Fees
from tallystick.securities.baskets.weights import composition, read_weights, worth

if TYPE_CHECKING:
    from fractions import Fraction

    from tallystick.app.workspace import Workspace

app = typer.Typer(help="Baskets: units that stand for other assets.", no_args_is_help=True)

Units = Annotated[str, typer.Argument(help="Units, such as 1,250.5.")]
AssetName = Annotated[str, typer.Argument(metavar="ASSET", help="Symbol of a security or cash.")]
WeightsFile = Annotated[Path, typer.Option("--weights", help="CSV: asset, weight_bps.")]
PricesFile = Annotated[Path, typer.Option("--prices", help="CSV: asset, price of a whole unit.")]
FINER_PLACES = 6


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="basket")


@app.command()
def draft(
    symbol: Symbol,
    money: Cash,
    *,
    weights: WeightsFile,
    prices: PricesFile,
    units: Annotated[str, typer.Option(help="How many units the first are.")],
    price: Annotated[str, typer.Option(help="What a unit is to be worth at first.")],
    receiver: Annotated[str, typer.Option("--fee-receiver", help="Who is issued the fee.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Print the terms of a basket that holds assets by weight, such as those of an index."""
    with open_workspace(folder) as workspace:
        baskets.check_new(workspace, symbol)
        security, cash_token = workspace.security(symbol), cash.money(workspace, money)
        amount = parse_quantity(units, security.decimals, where="--units")
        each = parse_quantity(price, cash_token.decimals, where="--price")
        shares = read_weights(read_weights_csv(read_text(weights, WEIGHTS_CODE), str(weights)))
        exact = read_prices_csv(read_text(prices, PRICES_CODE), str(prices))
        fine = baskets.fine_prices(workspace, shares, exact, cash_token)
        parts = composition(shares, fine, each * amount // 10**security.decimals)
        whole = worth({part.asset: part.amount for part in parts}, fine)
        lines = [
            {"asset": part.asset,
             "amount": show_quantity(part.amount, baskets.asset(workspace, part.asset).decimals),
             "weight": _percent(part.amount * fine[part.asset] / whole)}
            for part in parts
        ]  # fmt: skip
        receiver = show_wallet(workspace.wallet_of(receiver, where="--fee-receiver"))
    if json:
        as_json({"symbol": symbol, "units": units, "fee_receiver": receiver, "assets": lines})
        return
    typer.echo(f'symbol = "{symbol}"\nunits = "{units}"\nfee_receiver = "{receiver}"')
    for line in lines:
        typer.echo(f'\n# {line["weight"]}\n[[asset]]\nname = "{line["asset"]}"')
        typer.echo(f'amount = "{line["amount"]}"')


def _percent(share: Fraction) -> str:
    return show_share(share.numerator, share.denominator)


@app.command("open")
def open_(
    terms: Annotated[
        Path, typer.Argument(metavar="TERMS", help="TOML; `basket draft` prints one.")
    ],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Open the basket behind a security; it becomes an agent that issues units for assets."""
    with open_workspace(folder) as workspace:
        text = read_text(terms, TERMS_CODE)
        made = baskets.open_basket(workspace, text, path=str(terms), key=new_key(key))
    if json:
        as_json({"symbol": made.symbol, "wallet": show_wallet(made.at)})
        return
    say(f"[bold green]✓[/] the basket behind {made.symbol} is {show_wallet(made.at)}")
    say("  wherever it shall hold a security it must be admitted: here with `basket admit`")


@app.command()
def admit(
    symbol: Symbol,
    country: Annotated[str, typer.Argument(help="Where the fund resides, such as DE.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Admit the basket among the investors here, so that it may hold securities of this issuer."""
    country_index(country, where="country")
    with open_workspace(folder) as workspace:
        made = baskets.basket(workspace, symbol)
        wallet = basket_admission.admit(workspace, made, country, key=new_key(key))
    if json:
        as_json({"symbol": symbol, "wallet": show_wallet(wallet)})
    else:
        say(f"[bold green]✓[/] the basket behind {symbol} may hold securities of this issuer")


def units_of(workspace: Workspace, symbol: str, text: str) -> int:
    """A quantity of units, in smallest ones."""
    return parse_quantity(text, workspace.security(symbol).decimals, where="units")


@app.command()
def quote(
    symbol: Symbol, units: Units, *, folder: Folder = DEFAULT_FOLDER, json: Json = False
) -> None:
    """What units cost now, and what they bring."""
    with open_workspace(folder) as workspace:
        made, amount = baskets.basket(workspace, symbol), units_of(workspace, symbol, units)
        places = workspace.security(symbol).decimals
        now = baskets.standing(workspace, made)
        bought = (
            basket_orders.quote_creation(workspace, made, amount) if not amount % now.lot else None
        )
        sold = (
            basket_orders.quote_redemption(workspace, made, amount)
            if amount <= now.supply
            else None
        )
        rows: dict[str, list[str]] = {}
        for at, quoted in enumerate((bought, sold)):
            for part in quoted.parts if quoted else ():
                of = baskets.asset_at(workspace, Wallet(part.asset))
                rows.setdefault(of.name, ["", ""])[at] = show_quantity(part.amount, of.decimals)
    issued = show_quantity(bought.units, places) if bought else ""
    if json:
        as_json({
            "units": units, "issued": issued or None,
            "costs": {name: row[0] for name, row in rows.items()} if bought else None,
            "brings": {name: row[1] for name, row in rows.items()} if sold else None,
        })  # fmt: skip
        return
    table = lined(["Asset"], ["Cost", "Brings"])
    for name, row in rows.items():
        table.add_row(name, *row)
    out.print(table)
    if bought is None:
        say(f"created in multiples of {show_quantity(now.lot, places)}")
    elif bought.units != amount:
        say(f"{issued} units are issued, the rest is the levy")


def show_fees(stated: Fees) -> str:
    """Fees in words."""
    shown = [f"{bps / 100:.2f} %" for bps in (stated.creation_bps, stated.redemption_bps,
                                              stated.annual_bps)]  # fmt: skip
    return f"levy on creation {shown[0]}, on redemption {shown[1]}; fee {shown[2]} a year"


@app.command()
def value(
    symbol: Symbol,
    money: Cash,
    *,
    prices: PricesFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """State on the chain what the basket is worth now, at these prices."""
    with open_workspace(folder) as workspace:
        made = baskets.basket(workspace, symbol)
        stated = baskets.state_nav(
            workspace, made, money, read_prices_csv(read_text(prices, PRICES_CODE), str(prices)),
            paper=sha256(prices.read_bytes()).digest(), key=new_key(key),
        )  # fmt: skip
        decimals = cash.money(workspace, money).decimals
        whole = show_money(stated.worth, decimals)
        places = workspace.security(symbol).decimals
        unit = stated.worth * 10**places // stated.units if stated.units else 0
        told = {"worth": whole, "units": show_quantity(stated.units, places),
                "a_unit": show_money(unit, decimals)}  # fmt: skip
    if json:
        as_json(told)
    else:
        say(f"[bold green]✓[/] {told['units']} units of {symbol} are worth {whole} {money}, "
            f"one {told['a_unit']}")  # fmt: skip


@app.command()
def show(symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """What stands behind the units, and how they are created and redeemed."""
    with open_workspace(folder) as workspace:
        made = baskets.basket(workspace, symbol)
        now = baskets.standing(workspace, made)
        told = _told(workspace, made, now)
    if json:
        as_json(told)
        return
    say(f"[bold]{symbol}[/] {told['outstanding']} units, {told['fee_due']} of them fee that is due")
    say(f"  created by {now.creators} in multiples of {told['lot']}; {show_fees(now.fees)}")
    table = lined(["Asset"], ["Behind all", "Behind a unit"])
    for each in told["assets"]:
        table.add_row(each["asset"], each["amount"], each["a_unit"])
    out.print(table)


def _told(workspace: Workspace, made: Opened, now: Standing) -> dict[str, Any]:
    places = workspace.security(made.symbol).decimals
    lines: list[dict[str, str]] = []
    for each in now.holdings:
        # To six places more than it has: a unit may stand for a small part of one.
        finer = each.asset.decimals + FINER_PLACES
        whole = each.amount * 10 ** (places + FINER_PLACES)
        unit = whole // now.outstanding if now.outstanding else 0
        lines.append({
            "asset": each.asset.name, "amount": show_quantity(each.amount, each.asset.decimals),
            "a_unit": show_quantity(unit, finer),
        })  # fmt: skip
    return {
        "symbol": made.symbol, "wallet": show_wallet(made.at),
        "outstanding": show_quantity(now.outstanding, places),
        "fee_due": show_quantity(now.due, places), "lot": show_quantity(now.lot, places),
        "creators": now.creators, "fees": now.fees, "fee_receiver": show_wallet(now.receiver),
        "participants": [show_wallet(each) for each in baskets.participants(workspace, made)],
        "assets": lines,
    }  # fmt: skip


@app.command("list")
def list_(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """All baskets."""
    with open_workspace(folder) as workspace:
        found = [_told(workspace, each, baskets.standing(workspace, each))
                 for each in baskets.baskets(workspace)]  # fmt: skip
    if json:
        as_json(found)
        return
    table = lined(["Units", "Created by"], ["Outstanding", "Assets"])
    for each in found:
        table.add_row(each["symbol"], each["creators"], each["outstanding"],
                      str(len(each["assets"])))  # fmt: skip
    out.print(table)
