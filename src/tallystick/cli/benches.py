"""`bench`: measurements as commands."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from tallystick.bench import gas as gas_bench
from tallystick.bench import register as register_bench
from tallystick.bench import rules as rules_bench
from tallystick.bench import servicing as servicing_bench
from tallystick.bench import venue as venue_bench
from tallystick.bench.books.workload import EVENTS
from tallystick.cli.options import Json
from tallystick.cli.output import as_json, out, progress

PEER_FIGURES = ("transfer_existing", "transfer_new", "mint_new", "admit_one", "issue_security")

bench = typer.Typer(help="Measure, with budgets and peers in the same run.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(bench, name="bench")


@bench.callback()
def benches() -> None:
    """Measure, with budgets and peers in the same run."""


@bench.command()
def gas(
    *,
    peers: Annotated[bool, typer.Option(help="Measure others' systems in the same run.")] = True,
    json: Json = False,
) -> None:
    """Gas of every operation, from receipts on the embedded chain, beside that of others."""
    found = gas_bench.run(with_peers=peers)
    if json:
        as_json(found)
    else:
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("Operation")
        for name in ("Gas", "Budget", "Of it"):
            table.add_column(name, justify="right")
        for name, figure in found["figures"].items():
            budget = found["budgets"][name]
            style = "green" if figure <= budget else "red"
            table.add_row(name, f"{figure:,}", f"{budget:,}", f"[{style}]{figure / budget:.0%}[/]")
        out.print(table)
        out.print(f"[dim]rules on: {', '.join(found['rules_on'])}[/]")
        for name, figures in found["peers"].items():
            shown = ", ".join(
                f"{each} {figures[each]:,}" for each in PEER_FIGURES if each in figures
            )
            unmeasured = (
                ""
                if figures.get("measured_in_this_run", True)
                else (f" [dim]not measured in this run. {figures.get('cure', 'Quoted.')}[/]")
            )
            out.print(f"{name}: {shown}{unmeasured}", soft_wrap=True)
    if any(found["figures"][name] > budget for name, budget in found["budgets"].items()):
        raise typer.Exit(1)


@bench.command("register")
def register_(
    *,
    transfers: Annotated[int, typer.Option(min=100, help="How many transfers.")] = 1_000_000,
    holders: Annotated[int, typer.Option(min=10, help="How many holders.")] = 100_000,
    json: Json = False,
) -> None:
    """The register of a million transfers, rebuilt from logs by a cold process."""
    with progress("Making transfers", quiet=json) as report:
        found = register_bench.run(holders=holders, transfers=transfers, report=report)
    if json:
        as_json(found)
    else:
        for name, figure in found["figures"].items():
            out.print(f"{name:18} {figure:8.3f} s   budget {found['budgets'][name]:.0f} s")
        out.print(f"[dim]{found['size']}[/]")
    if any(found["figures"][name] > budget for name, budget in found["budgets"].items()):
        raise typer.Exit(1)


@bench.command()
def servicing(
    *,
    holders: Annotated[int, typer.Option(min=10, help="Holders of the list.")] = 100_000,
    transfers: Annotated[int, typer.Option(min=100, help="Transfers of the book.")] = 100_000,
    payments: Annotated[int, typer.Option(min=2, help="Payments of the book.")] = 1_000,
    json: Json = False,
) -> None:
    """The root of a list of 100,000 holders, and an audit of a book that has lived."""
    with progress("Making transfers", quiet=json) as report:
        found = servicing_bench.run(holders=holders, transfers=transfers, payments=payments,
                                    report=report)  # fmt: skip
    if json:
        as_json(found)
    else:
        for name, figure in found["figures"].items():
            out.print(f"{name:18} {figure:8.3f} s   budget {found['budgets'][name]:.0f} s")
        out.print(f"[dim]{found['size']}[/]")
    if any(found["figures"][name] > budget for name, budget in found["budgets"].items()):
        raise typer.Exit(1)


@bench.command("venue")
def venue_(
    *,
    events: Annotated[int, typer.Option(min=1_000, help="Events of the book.")] = EVENTS,
    orders: Annotated[
        int, typer.Option(min=100, help="Orders that are made durable.")
    ] = venue_bench.DURABLE_ORDERS,
    peers: Annotated[bool, typer.Option(help="Measure others' books in the same run.")] = True,
    json: Json = False,
) -> None:
    """Orders matched by the book alone; made durable; signed and over HTTP; beside others."""
    with progress("Matching", quiet=json) as report:
        found = venue_bench.run(events=events, orders=orders, with_peers=peers, report=report)
    if json:
        as_json(found)
    else:
        for name, figure in found["figures"].items():
            least = found["budgets"].get(name)
            bound = "at most" if name in venue_bench.AT_MOST else "at least"
            beside = "" if least is None else f"   {bound} {least:,}"
            out.print(f"{name:24} {figure:12,}{beside}")
        for name, each in found["peers"].items():
            shown = f"{each['orders_per_cpu_s']:12,}" if "fills" in each else f"  {each['cure']}"
            out.print(f"[dim]{name:22}[/] {shown}")
        out.print(f"[dim]{found['size']}[/]")
    if venue_bench.missed(found):
        raise typer.Exit(1)


@bench.command("rules")
def rules_(
    *,
    holders: Annotated[int, typer.Option(min=10, help="How many holders.")] = rules_bench.HOLDERS,
    orders: Annotated[int, typer.Option(min=0, help="How many orders.")] = rules_bench.ORDERS,
    json: Json = False,
) -> None:
    """A dry run over a large register with open orders, a verdict, a holder of 60 lots."""
    with progress("Dry run", quiet=json) as report:
        found = rules_bench.run(holders=holders, count=orders, report=report)
    if json:
        as_json(found)
    else:
        for name, figure in found["figures"].items():
            out.print(f"{name:22} {figure:12,}   budget {found['budgets'][name]:,}")
        out.print(f"[dim]{found['size']}, {found['found']}[/]")
    if any(found["figures"][name] > budget for name, budget in found["budgets"].items()):
        raise typer.Exit(1)
