"""`liquidation`: proceeds divided by rank, preference, participation and conversion, and paid."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from tallystick.app.servicing import liquidations
from tallystick.app.servicing.liquidations import Divided
from tallystick.cli.acting import DocumentFile
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key
from tallystick.cli.output import as_json, new_key, out, progress, say
from tallystick.cli.tables import lined
from tallystick.core.units import show_money
from tallystick.gateways.charts import breakpoint_chart
from tallystick.gateways.store.files import read_text, write_whole

app = typer.Typer(help="Wind up: divide proceeds and pay them.", no_args_is_help=True)

PlanFile = Annotated[
    Path,
    typer.Argument(metavar="PLAN", help="A TOML file: cash, proceeds, debts."),
]
Number = Annotated[int, typer.Argument(min=1, help="Number of the liquidation.")]


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="liquidation")


@app.command()
def foresee(
    plan_file: PlanFile,
    *,
    chart: Annotated[
        Path | None, typer.Option(help="Draw who gets what of which proceeds, as PDF or SVG.")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """How proceeds would be divided now, and from which proceeds on they go to whom."""
    with open_workspace(folder) as workspace:
        found = liquidations.foresee(workspace, read_text(plan_file, "liquidation-invalid"),
                                     path=str(plan_file))  # fmt: skip
    if chart is not None:
        plan = found.plan
        write_whole(chart, breakpoint_chart(found.claims, plan.proceeds, found.decimals, plan.cash,
                                            chart))  # fmt: skip
    if json:
        as_json(_told(found))
    else:
        _show(found)


def _told(found: Divided) -> dict[str, object]:
    outcome = found.outcome
    return {
        "proceeds": str(outcome.proceeds), "decimals": found.decimals,
        "per_share": str(outcome.per_share),
        "shares": [{"name": each.name, "amount": str(each.amount), "exact": str(each.exact),
                    "converted": each.converted} for each in outcome.shares],
        "breakpoints": [
            {"proceeds": str(each.proceeds),
             "parts": {name: str(part) for name, part in each.parts.items()}}
            for each in found.breakpoints],
    }  # fmt: skip


def _show(found: Divided) -> None:
    def money(amount: int) -> str:
        return show_money(amount, found.decimals)

    say(f"[bold]{money(found.outcome.proceeds)} {found.plan.cash}[/]")
    table = lined(["Who"], ["Gets", "Of all"], tail=[""])
    for each in found.outcome.shares:
        part = Fraction(each.amount, found.outcome.proceeds)
        table.add_row(each.name, money(each.amount), _percent(part),
                      "as common" if each.converted else "")  # fmt: skip
    out.print(table)
    say()
    steps = lined([], ["From proceeds of"], tail=["each further unit goes to"])
    for step in found.breakpoints:
        parts = ", ".join(f"{name} {_percent(part)}" for name, part in step.parts.items())
        steps.add_row(money(step.proceeds.numerator // step.proceeds.denominator), parts)
    out.print(steps)


def _percent(part: Fraction) -> str:
    hundredths = (part.numerator * 20_000 + part.denominator) // (2 * part.denominator)
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


@app.command()
def announce(
    plan: PlanFile,
    *,
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Write down how the proceeds are divided; `carry-out` pays them."""
    with open_workspace(folder) as workspace:
        made = liquidations.announce(
            workspace, read_text(plan, "liquidation-invalid"),
            sha256(document.read_bytes()).digest(), path=str(plan), key=new_key(key),
        )  # fmt: skip
    if json:
        as_json({"number": made.number, "classes": dict(made.classes),
                 "others": dict(made.others)})  # fmt: skip
    else:
        say(f"[bold green]✓[/] liquidation {made.number}: "
            f"{', '.join(symbol for symbol, _ in made.classes) or 'no class gets anything'}"
            )  # fmt: skip


@app.command("carry-out")
def carry_out(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Set the money of every class apart and destroy its units; goes on where it stopped."""
    with open_workspace(folder) as workspace, progress("Winding up", quiet=json) as report:
        done = liquidations.carry_out(workspace, number, report=report)
    if json:
        as_json([{"symbol": made.symbol, "redemption": made.number,
                  "distributions": list(state.distributions), "destroyed": str(state.destroyed)}
                 for made, state in done])  # fmt: skip
        return
    for made, state in done:
        paid = "; ".join(f"`distribution push {each}` pays" for each in state.distributions)
        paid = paid or "nothing is left for it"
        say(f"[bold green]✓[/] {made.symbol}: all units redeemed; {paid}")
