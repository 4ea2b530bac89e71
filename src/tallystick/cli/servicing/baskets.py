"""`basket`: units that stand for other assets: created and redeemed in kind, with their fees."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tallystick.app.servicing import basket_admission, basket_orders, baskets, cash
from tallystick.app.servicing.basket_orders import Call
from tallystick.app.servicing.baskets import Opened, Standing
from tallystick.app.servicing.weights_csv import read_prices_csv, read_weights_csv
from tallystick.cli.acting import DocumentFile, Who
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, out, say
from tallystick.cli.servicing.distributions import Cash
from tallystick.cli.tables import lined
from tallystick.core.countries import country_index
from tallystick.core.errors import Invalid
from tallystick.core.units import parse_quantity, show_money, show_quantity
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.securities.baskets.in_kind import CREATORS, Fees
from tallystick.securities.baskets.weights import composition, read_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.intents import Done

app = typer.Typer(help="Baskets: units that stand for other assets.", no_args_is_help=True)

Units = Annotated[str, typer.Argument(help="Units, such as 1,250.5.")]
AssetName = Annotated[str, typer.Argument(metavar="ASSET", help="Symbol of a security or cash.")]
Slack = Annotated[
    int, typer.Option("--slack-bps", min=0, max=1_000, help="By how much the quotation may be "
                      "missed, in ten-thousandths.")
]  # fmt: skip
Calls = Annotated[
    bool, typer.Option("--calls", help="Print the calls that one's own wallet must send, and do "
                       "no more.")
]  # fmt: skip
WeightsFile = Annotated[Path, typer.Option("--weights", help="CSV: asset, weight_bps.")]
PricesFile = Annotated[Path, typer.Option("--prices", help="CSV: asset, price of a whole unit.")]
SLACK_BPS = 10
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
        security, cash_token = workspace.security(symbol), cash.money(workspace, money)
        amount = parse_quantity(units, security.decimals, where="--units")
        each = parse_quantity(price, cash_token.decimals, where="--price")
        shares = read_weights(read_weights_csv(_text(weights), str(weights)))
        exact = read_prices_csv(_text(prices), str(prices))
        fine = baskets.fine_prices(workspace, shares, exact, cash_token)
        parts = composition(shares, fine, each * amount // 10**security.decimals)
        lines = [(part.asset, show_quantity(part.amount, baskets.asset(workspace, part.asset)
                                            .decimals)) for part in parts]  # fmt: skip
        receiver = show_wallet(workspace.wallet_of(receiver, where="--fee-receiver"))
    if json:
        as_json({"symbol": symbol, "units": units, "assets": dict(lines)})
        return
    typer.echo(f'symbol = "{symbol}"\nunits = "{units}"\nfee_receiver = "{receiver}"')
    for name, quantity in lines:
        typer.echo(f'\n[[asset]]\nname = "{name}"\namount = "{quantity}"')


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")


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
        made = baskets.open_basket(workspace, _text(terms), path=str(terms), key=new_key(key))
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


@app.command()
def create(
    symbol: Symbol,
    who: Who,
    units: Units,
    *,
    slack_bps: Slack = SLACK_BPS,
    calls: Calls = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Bring the assets for units and be issued them."""
    with open_workspace(folder) as workspace:
        made, owner = baskets.basket(workspace, symbol), workspace.wallet_of(who)
        amount = _units(workspace, symbol, units)
        if calls:
            print_calls(basket_orders.calls_to_create(workspace, made, amount,
                                                       slack_bps=slack_bps), json=json)  # fmt: skip
            return
        done = basket_orders.create(workspace, made, owner, amount, slack_bps=slack_bps,
                                    key=new_key(key))  # fmt: skip
        told = _moved(workspace, made, done)
    _say_moved(told, f"{named(who)} is issued {told['units']} of {symbol} for", json=json)


@app.command()
def redeem(
    symbol: Symbol,
    who: Who,
    units: Units,
    *,
    slack_bps: Slack = SLACK_BPS,
    in_part: Annotated[
        bool, typer.Option("--in-part", help="He is content to be owed what an asset refuses him.")
    ] = False,
    later: Annotated[
        list[str] | None, typer.Option(help="An asset that he is content to collect later, "
                                       "without a try; may be repeated.")
    ] = None,
    calls: Calls = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Give back units and be handed what they stand for."""
    with open_workspace(folder) as workspace:
        tokens = [baskets.asset(workspace, each).token for each in later or ()]
        made, owner = baskets.basket(workspace, symbol), workspace.wallet_of(who)
        amount = _units(workspace, symbol, units)
        if calls:
            print_calls(
                basket_orders.calls_to_redeem(
                    workspace, made, amount, slack_bps=slack_bps, in_part=in_part, later=tokens
                ),
                json=json,
            )
            return  # fmt: skip
        done = basket_orders.redeem(workspace, made, owner, amount, slack_bps=slack_bps,
                                    in_part=in_part, later=tokens, key=new_key(key))  # fmt: skip
        told = _moved(workspace, made, done)
    _say_moved(told, f"{named(who)} gives back {told['units']} of {symbol} for", json=json)


def _units(workspace: Workspace, symbol: str, text: str) -> int:
    return parse_quantity(text, workspace.security(symbol).decimals, where="units")


def print_calls(calls: Sequence[Call], *, json: bool) -> None:
    """Print what somebody's own wallet must send."""
    if json:
        as_json([{"what": each.what, "to": show_wallet(each.to), "data": each.data}
                 for each in calls])  # fmt: skip
        return
    for number, each in enumerate(calls, start=1):
        say(f"{number}. {each.what}\n   to   {show_wallet(each.to)}\n   data {each.data}")


def _moved(workspace: Workspace, made: Opened, done: Done) -> dict[str, Any]:
    """What an order moved, from what the chain told of it."""
    places = workspace.security(made.symbol).decimals
    moved: dict[str, Any] = {"units": "0", "assets": {}, "owed": {}}
    for event in baskets.told_by(workspace, made, done):
        members = event.members
        if event.name in {"Created", "Redeemed"}:
            units = members["issued" if event.name == "Created" else "units"]
            moved["units"] = show_quantity(units, places)
        elif event.name in {"Received", "Paid", "Owed"}:
            of = baskets.asset_at(workspace, Wallet(members["asset"]))
            kind = "owed" if event.name == "Owed" else "assets"
            moved[kind][of.name] = show_quantity(members["amount"], of.decimals)
    return moved


def _say_moved(told: dict[str, Any], what: str, *, json: bool) -> None:
    if json:
        as_json(told)
        return
    say(f"[bold green]✓[/] {what}")
    for name, amount in told["assets"].items():
        say(f"  {amount} {name}")
    for name, amount in told["owed"].items():
        say(f"  {amount} {name} is owed to him: `basket collect` pays it later")


@app.command()
def collect(
    symbol: Symbol, asset: AssetName, who: Who, *, folder: Folder = DEFAULT_FOLDER,
    key: Key = None, json: Json = False,
) -> None:  # fmt: skip
    """Pay somebody what an asset refused him before."""
    with open_workspace(folder) as workspace:
        made, owner = baskets.basket(workspace, symbol), workspace.wallet_of(who)
        baskets.collect(workspace, made, asset, owner, key=new_key(key))
    if json:
        as_json({"wallet": show_wallet(owner), "asset": asset})
    else:
        say(f"[bold green]✓[/] {named(who)} has what he was owed of {asset}")


# --- manage


@app.command()
def creators(
    symbol: Symbol,
    among: Annotated[str, typer.Argument(metavar="WHO", help=f"One of {', '.join(CREATORS)}.")],
    *,
    lot: Annotated[str, typer.Option(help="Units are created in multiples of it.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """State who may create units. Redemption is open to every holder, always."""
    if among not in CREATORS:
        raise Invalid("creation-unknown", f"{among!r} is none of {', '.join(CREATORS)}",
                      where="WHO", cure="Name one of these.")  # fmt: skip
    with open_workspace(folder) as workspace:
        made = baskets.basket(workspace, symbol)
        units = _units(workspace, symbol, lot) if lot else baskets.standing(workspace, made).lot
        args = (CREATORS.index(among), units)
        baskets.act(workspace, made, "setCreation", args, key=new_key(key))
    if json:
        as_json({"symbol": symbol, "creators": among})
    else:
        say(f"[bold green]✓[/] units of {symbol} can be created by {among}")


@app.command()
def participant(
    symbol: Symbol,
    who: Who,
    *,
    no_longer: Annotated[bool, typer.Option("--no-longer", help="He is one no longer.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Let somebody create units, where only participants may."""
    with open_workspace(folder) as workspace:
        made, wallet = baskets.basket(workspace, symbol), workspace.wallet_of(who)
        baskets.act(workspace, made, "setParticipant", (wallet, not no_longer), key=new_key(key))
    if json:
        as_json({"wallet": show_wallet(wallet), "participant": not no_longer})
    else:
        say(f"[bold green]✓[/] {named(who)} is {'no longer ' * no_longer}a participant")


@app.command()
def fees(
    symbol: Symbol,
    *,
    creation_bps: Annotated[int | None, typer.Option(min=0, help="Levy on creation.")] = None,
    redemption_bps: Annotated[int | None, typer.Option(min=0, help="Levy on redemption.")] = None,
    annual_bps: Annotated[int | None, typer.Option(min=0, help="The manager's, a year.")] = None,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Lower some of the fees, in ten-thousandths; none can be raised."""
    given = (creation_bps, redemption_bps, annual_bps)
    with open_workspace(folder) as workspace:
        made = baskets.basket(workspace, symbol)
        now = baskets.standing(workspace, made).fees
        before = (now.creation_bps, now.redemption_bps, now.annual_bps)
        after = Fees(**dict(zip(Fees.__struct_fields__, (
            old if new is None else new for old, new in zip(before, given, strict=True)),
            strict=True)))  # fmt: skip
        args = ((after.creation_bps, after.redemption_bps, after.annual_bps),)
        baskets.act(workspace, made, "lowerFees", args, key=new_key(key))
    if json:
        as_json(after)
    else:
        say(f"[bold green]✓[/] {_fees(after)}")


def _fees(stated: Fees) -> str:
    shown = [f"{bps / 100:.2f} %" for bps in (stated.creation_bps, stated.redemption_bps,
                                              stated.annual_bps)]  # fmt: skip
    return f"levy on creation {shown[0]}, on redemption {shown[1]}; fee {shown[2]} a year"


@app.command("take-fee")
def take_fee(
    symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:  # fmt: skip
    """Issue the manager the units of his fee that are due."""
    with open_workspace(folder) as workspace:
        made = baskets.basket(workspace, symbol)
        done = baskets.act(workspace, made, "takeFee", (), key=new_key(key))
        told = [event.members["units"] for event in baskets.told_by(workspace, made, done)
                if event.name == "FeeTaken"]  # fmt: skip
        units = show_quantity(sum(told), workspace.security(symbol).decimals)
    if json:
        as_json({"symbol": symbol, "units": units})
    else:
        say(f"[bold green]✓[/] the manager is issued {units} of {symbol}")


@app.command()
def include(
    symbol: Symbol, asset: AssetName, *, folder: Folder = DEFAULT_FOLDER, key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Count an asset among those behind the units: income in a currency, say."""
    with open_workspace(folder) as workspace:
        made, token = baskets.basket(workspace, symbol), baskets.asset(workspace, asset).token
        baskets.act(workspace, made, "addAsset", (token,), key=new_key(key))
    if json:
        as_json({"symbol": symbol, "asset": asset})
    else:
        say(f"[bold green]✓[/] {asset} is among what stands behind {symbol}")


@app.command()
def exclude(
    symbol: Symbol, asset: AssetName, *, document: DocumentFile, folder: Folder = DEFAULT_FOLDER,
    key: Key = None, json: Json = False,
) -> None:  # fmt: skip
    """Count an asset no longer: what of it is left nobody can redeem."""
    act = new_key(key)
    with open_workspace(folder) as workspace:
        made, token = baskets.basket(workspace, symbol), baskets.asset(workspace, asset).token
        paper = sha256(document.read_bytes()).digest()
        baskets.remove_asset(workspace, made, token, paper, key=act)
    if json:
        as_json({"symbol": symbol, "asset": asset})
    else:
        say(f"[bold green]✓[/] {asset} is no longer among what stands behind {symbol}")


@app.command()
def replace(
    symbol: Symbol, asset: AssetName, *, folder: Folder = DEFAULT_FOLDER, key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Count, in the place of an asset, the security for which all of it was exchanged."""
    with open_workspace(folder) as workspace:
        made, token = baskets.basket(workspace, symbol), baskets.asset(workspace, asset).token
        done = baskets.act(workspace, made, "replaceAsset", (token,), key=new_key(key))
        [other] = [baskets.asset_at(workspace, Wallet(event.members["successor"])).name
                   for event in baskets.told_by(workspace, made, done)
                   if event.name == "AssetReplaced"]  # fmt: skip
    if json:
        as_json({"symbol": symbol, "asset": other, "before": asset})
    else:
        say(f"[bold green]✓[/] {other} stands behind {symbol} in the place of {asset}")


@app.command()
def follow(
    symbol: Symbol,
    successor: Annotated[str, typer.Argument(help="Symbol of the security that replaced it.")],
    *,
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Let the basket stand behind the security whose units replaced those of its own."""
    paper = sha256(document.read_bytes()).digest()
    with open_workspace(folder) as workspace:
        made = baskets.basket(workspace, symbol)
        baskets.follow(workspace, made, successor, paper, key=new_key(key))
    if json:
        as_json({"symbol": successor, "before": symbol})
    else:
        say(f"[bold green]✓[/] the basket stands behind {successor} now")


# --- show


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
            workspace, made, money, read_prices_csv(_text(prices), str(prices)),
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
    say(f"  created by {now.creators} in multiples of {told['lot']}; {_fees(now.fees)}")
    table = lined(["Asset"], ["Behind all", "Behind a unit", "Owed"])
    for each in told["assets"]:
        table.add_row(each["asset"], each["amount"], each["a_unit"], each["owed"])
    out.print(table)


def _told(workspace: Workspace, made: Opened, now: Standing) -> dict[str, Any]:
    places = workspace.security(made.symbol).decimals
    waiting: dict[Wallet, int] = {}
    for debt in baskets.owed(workspace, made):
        token = debt.asset.token
        waiting[token] = waiting.get(token, 0) + debt.amount
    lines: list[dict[str, str]] = []
    for each in now.holdings:
        # To six places more than it has: a unit may stand for a small part of one.
        finer = each.asset.decimals + FINER_PLACES
        whole = each.amount * 10 ** (places + FINER_PLACES)
        unit = whole // now.outstanding if now.outstanding else 0
        late = waiting.get(each.asset.token, 0)
        lines.append({
            "asset": each.asset.name, "amount": show_quantity(each.amount, each.asset.decimals),
            "a_unit": show_quantity(unit, finer),
            "owed": show_quantity(late, each.asset.decimals) if late else "",
        })  # fmt: skip
    return {
        "symbol": made.symbol, "wallet": show_wallet(made.at),
        "outstanding": show_quantity(now.outstanding, places),
        "fee_due": show_quantity(now.due, places), "lot": show_quantity(now.lot, places),
        "creators": now.creators, "fees": now.fees, "fee_receiver": show_wallet(now.receiver),
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
