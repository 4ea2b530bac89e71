"""`tax`: forms of holders, lines of tax returns, and what comes back."""

from __future__ import annotations

import csv
import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from tallystick.app.servicing import payouts, tax_year, taxes
from tallystick.app.servicing.distributions import distribution
from tallystick.cli.acting import Who
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key
from tallystick.cli.output import as_json, inert, named, new_key, say
from tallystick.core.countries import country_index
from tallystick.core.errors import NotFound
from tallystick.core.times import DAY_S, parse_day, show_day
from tallystick.core.units import show_money
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.securities.withholding.forms import CORPORATION, INDIVIDUAL, Form, TaxForm
from tallystick.securities.withholding.tax_lines import (
    CENTS_DECIMALS,
    lines_1042s,
    lines_1099,
)

app = typer.Typer(help="Tax forms, withholding, lines of returns.", no_args_is_help=True)

FORMS = ", ".join(form.value for form in Form)
REPORTS = ("1099-DIV", "1099-INT", "1042-S")


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="tax")


@app.command()
def form(
    who: Who,
    kind: Annotated[str, typer.Argument(metavar="FORM", help=f"One of {FORMS}.")],
    *,
    signed: Annotated[str, typer.Option(help="Date of the signature; today by default.")] = "",
    country: Annotated[
        str, typer.Option(help="Where he resides for tax; as the register says by default.")
    ] = "",
    treaty: Annotated[bool, typer.Option("--treaty", help="He claims its treaty.")] = False,
    direct: Annotated[
        bool, typer.Option("--direct", help="He claims the rate of a direct investor.")
    ] = False,
    backup: Annotated[
        bool, typer.Option("--backup", help="The tax authority named him: withhold.")
    ] = False,
    status: Annotated[
        str, typer.Option(help="Chapter 3 status; 16 individual, 15 corporation.")
    ] = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Take a tax form that a holder gave; it counts for payments from now on."""
    if kind not in set(Form):
        raise NotFound("form-unknown", f"{kind!r} is no form", cure=f"Known are: {FORMS}.")
    if country:
        country_index(country, where="--country")
    with open_workspace(folder) as workspace:
        registry = workspace.book().registry
        home = registry.home(workspace.wallet_of(who))
        resides = country or registry.investor(home).country
        taken = TaxForm(
            form=Form(kind), country=resides, treaty=treaty, direct=direct, backup=backup,
            signed_day=parse_day(signed, where="--signed") if signed
            else workspace.now() // DAY_S,
            status=status or (CORPORATION if kind == Form.W8BENE else INDIVIDUAL),
        )  # fmt: skip
        taxes.take_form(workspace, home, taken, key=new_key(key))
    if json:
        as_json({"form": taken.form, "until": show_day(taken.until_day)})
    else:
        say(f"[bold green]✓[/] {kind} of {named(who)}, until {show_day(taken.until_day)}")


@app.command()
def forms(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """The last tax form of everybody who gave one."""
    with open_workspace(folder) as workspace:
        found = taxes.forms(workspace)
        today, people = workspace.now() // DAY_S, workspace.vault.people()
    if json:
        as_json([
            {"wallet": show_wallet(home), **msgspec.to_builtins(each),
             "until": show_day(each.until_day), "holds": each.holds(today)}
            for home, each in found.items()
        ])  # fmt: skip
        return
    for home, each in found.items():
        name = escape(people[home].name) if home in people else show_wallet(home)
        style = "green" if each.holds(today) else "red"
        claims = ", treaty" if each.treaty else ""
        say(f"  {name:30} {each.form.value:9} {each.country}{claims}  "
            f"[{style}]until {show_day(each.until_day)}[/]")  # fmt: skip
    if not found:
        say("[dim]none yet; `tax form` takes one[/]")


@app.command()
def lines(
    year: Annotated[int, typer.Argument(help="Calendar year.")],
    report: Annotated[str, typer.Argument(metavar="REPORT", help=f"One of {', '.join(REPORTS)}.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Lines of a tax return over a year, as CSV."""
    if report not in REPORTS:
        raise NotFound("report-unknown", f"{report!r} is no return",
                       cure=f"Known are: {', '.join(REPORTS)}.")  # fmt: skip
    with open_workspace(folder) as workspace:
        found = tax_year.payments(workspace, year)
        names = {home: person.name for home, person in workspace.vault.people().items()}
    rows = _rows_1042s(found, names) if report == "1042-S" else _rows_1099(found, report, names)
    if json:
        as_json(rows)
        return
    writer = csv.writer(sys.stdout)
    if rows:
        writer.writerow(rows[0])
    for row in rows:
        writer.writerow([inert(str(value)) for value in row.values()])


def _rows_1099(found: list[Any], report: str, names: dict[Wallet, str]) -> list[dict[str, str]]:
    made = lines_1099(found, report)
    boxes = sorted({box for line in made for box in line.boxes})
    return [
        {"recipient": names.get(line.home, ""), "account": line.home,
         **{f"box {box}": show_money(line.boxes.get(box, 0), CENTS_DECIMALS).replace(",", "")
            for box in boxes}}
        for line in made
    ]  # fmt: skip


def _rows_1042s(found: list[Any], names: dict[Wallet, str]) -> list[dict[str, str]]:
    return [
        {
            "13a recipient": names.get(line.home, ""), "13k account": line.home,
            "13b country": line.country, "13f status": line.status,
            "1 income code": line.income_code, "2 gross": str(line.gross),
            "3 chapter": "3", "3a exemption": line.exemption_code,
            "3b rate": f"{line.rate_bps // 100:02d}.{line.rate_bps % 100:02d}",
            "7a withheld": str(line.withheld), "9 repaid": str(line.repaid),
            "10 credit": str(line.credit),
        }
        for line in lines_1042s(found)
    ]  # fmt: skip


@app.command()
def reclaim(
    number: Annotated[int, typer.Argument(min=1, help="Number of the distribution.")],
    who: Who,
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Repay a holder what the form he gave since says was withheld too much."""
    with open_workspace(folder) as workspace:
        announced = distribution(workspace, number)
        home = workspace.book().registry.home(workspace.wallet_of(who))
        amount = tax_year.give_back(workspace, announced, home, key=new_key(key))
        shown = payouts.show_amount(workspace, announced, amount)
    if json:
        as_json({"amount": str(amount)})
    else:
        say(f"[bold green]✓[/] {shown} came back to {named(who)}")
