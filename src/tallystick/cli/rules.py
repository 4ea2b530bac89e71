"""`rules` and `presets`: what holds, what would, and where its figures come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from tallystick.app import acts
from tallystick.app.pending_csv import read_pending
from tallystick.app.workspace import TOKEN, ListedSecurity
from tallystick.cli.acting import done_line, named_codes
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, new_key, out, progress, say
from tallystick.cli.tables import counted, limit_text, rules_lines
from tallystick.core.errors import Conflict, NotFound
from tallystick.core.wallets import Wallet, parse_wallet, show_wallet
from tallystick.gateways.presets import presets as shipped
from tallystick.gateways.store.files import read_text
from tallystick.gateways.store.vault import Person
from tallystick.securities.analysis import Scope
from tallystick.securities.dry_run import DryRun, dry_run
from tallystick.securities.presets import Figure
from tallystick.securities.terms import Terms, read_terms
from tallystick.securities.unverified import marked

rules = typer.Typer(help="The rules of a security.", no_args_is_help=True)
presets = typer.Typer(help="Regulation presets and their figures.", no_args_is_help=True)

TermsFile = Annotated[Path, typer.Argument(help="A terms file with the rules.")]
Module = Annotated[str, typer.Argument(help="Address of the module.")]
NOT_ADVICE = "Not legal advice. Figures marked unverified were not read in the text itself."


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(rules, name="rules")
    app.add_typer(presets, name="presets")


@rules.command()
def show(symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """The rules in force."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        found = workspace.book().securities[security.token].rules
    figures = {each.name: each.figures for each in acts.presets_of(security)}
    if json:
        sources = {name: msgspec.to_builtins(each) for name, each in figures.items()}
        as_json({**msgspec.to_builtins(found), "presets": sources})
        return
    for line in rules_lines(found, security.decimals):
        say(line)
    for name, each in figures.items():
        say(f"\n[bold]{name}[/] [dim]as issued; `rules set` may have changed it since[/]")
        for figure in each:
            say(f"  {escape(_meaning(figure))}: {_value(figure)}, {_source(figure)}")


@presets.command("list")
def list_(*, json: Json = False) -> None:
    """All presets, with what they ask."""
    if json:
        as_json([
            {"name": preset.name, "title": preset.title, "applies_to": preset.applies_to,
             "options": {name: option.meaning for name, option in preset.options.items()}}
            for preset in shipped().values()
        ])  # fmt: skip
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("Preset", "Regulation", "About", "Options"):
        table.add_column(name, overflow="fold")
    for preset in shipped().values():
        table.add_row(preset.name, preset.title, preset.applies_to, ", ".join(preset.options))
    out.print(table)
    out.print(f"[dim]{NOT_ADVICE}[/]")


@presets.command("show")
def show_preset(
    name: Annotated[str, typer.Argument(help="A preset, as `presets list` names it.")],
    *,
    json: Json = False,
) -> None:
    """The figures of a preset, each with its source, its first day, and whether it was verified."""
    found = shipped().get(name)
    if found is None:
        raise NotFound("preset-unknown", f"There is no preset {name!r}",
                       cure=f"Known are: {', '.join(shipped())}.")  # fmt: skip
    if json:
        as_json(msgspec.to_builtins(found))
        return
    say(f"[bold]{found.title}[/]")
    for option, stated in found.options.items():
        choices = f" ({', '.join(stated.choices)})" if stated.choices else " (a date)"
        say(f"  option [bold]{option}[/]: {stated.meaning}{choices}")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("Figure", "Value", "From", "Source"):
        table.add_column(column, overflow="fold")
    for figure in found.figures:
        table.add_row(_meaning(figure), _value(figure), figure.valid_from, _source(figure))
    out.print(table)
    for duty in found.duties:
        say(f"  yours to see to: {escape(duty)}")
    say(f"[dim]{NOT_ADVICE}[/]")


def _meaning(figure: Figure) -> str:
    when = ", ".join(f"{name} {word}" for name, word in figure.when.items())
    return f"{figure.meaning} ({when})" if when else figure.meaning


def _value(figure: Figure) -> str:
    return "no limit" if figure.unit == "none" else f"{figure.value:,} {figure.unit}"


def _source(figure: Figure) -> str:
    return figure.citation if figure.verified else f"{figure.citation} [yellow]unverified[/]"


@rules.command("set")
def set_(
    symbol: Symbol,
    terms: TermsFile,
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Set the rules of a security to those that a terms file states for its symbol."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        wanted = _terms_in(terms, security).rules
        done = acts.set_rules(workspace, security, wanted, key=new_key(key))
    done_line(f"rules of {symbol} set", done, json=json)


@rules.command("dry-run")
def dry_run_(
    symbol: Symbol,
    terms: TermsFile,
    *,
    orders: Annotated[
        Path | None,
        typer.Option(
            help="CSV of orders and transfers that are open: key, seller, buyer, quantity."
        ),
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Say what the rules in a terms file would mean for the register as it is; change nothing.

    Who would be in breach, who could not sell now or ever, which orders would fail, and which rules
    contradict, shadow or never reach each other.
    """
    with open_workspace(folder) as workspace, progress("Dry run", quiet=json) as report:
        security = workspace.security(symbol)
        wanted = _terms_in(terms, security)
        book = workspace.book()
        state = book.securities[security.token]
        pending = read_pending(workspace, orders, security.decimals) if orders else []
        found = dry_run(
            state, wanted.rules, now_s=workspace.now(), pending=pending,
            scope=_scope(state.joined_issuer_limits, book.registry.tally.investors_max),
            report=report,
        )  # fmt: skip
        people = workspace.vault.people()
    resolved = acts.presets_named(wanted.presets)
    failing = tuple(
        msgspec.structs.replace(each, refusals=marked(each.refusals, resolved))
        for each in found.failing
    )
    found = msgspec.structs.replace(found, failing=failing)
    if json:
        as_json({"decimals": security.decimals, **named_codes(msgspec.to_builtins(found))})
        return
    for line in _dry_run_lines(found, people, security.decimals):
        say(line)


def _scope(joined: bool, investors_max: int | None) -> Scope:
    return Scope(investors_max=investors_max if joined else None)


def _dry_run_lines(found: DryRun, people: dict[Wallet, Person], decimals: int) -> list[str]:
    def name(home: Wallet) -> str:
        person = people.get(home)
        return escape(person.name) if person else show_wallet(home)

    counts = (
        counted(found.holders, "holder"),
        f"{len(found.breaches)} in breach",
        f"{len(found.locked_in)} who could not sell at present",
        f"{len(found.trapped)} trapped",
        f"{len(found.failing)} open orders that would fail",
    )
    lines = [", ".join(counts)]
    for finding in found.findings:
        parameters = ", ".join(finding.parameters)
        lines.append(f"  [red]{finding.flaw}[/] {parameters}: {finding.why}. {finding.cure}")
    lines += [
        f"  [red]trapped[/] {name(home)}: nobody could ever buy of him" for home in found.trapped
    ]
    for breach in found.breaches:
        numbers = limit_text(breach.code, breach.limit, breach.now, decimals)
        lines.append(f"  [yellow]{breach.code.label}[/] {name(breach.home)}{numbers}")
    for passed in found.limits_passed:
        numbers = limit_text(passed.code, passed.limit, passed.now, decimals)
        lines.append(f"  [yellow]{passed.code.label}[/]{numbers}: nobody new enters")
    for failing in found.failing:
        codes = ", ".join(refusal.code.label for refusal in failing.refusals)
        lines.append(f"  [yellow]would fail[/] {escape(failing.key)}: {codes}")
        doubted = dict.fromkeys(each for one in failing.refusals for each in one.unverified)
        lines += [f"    [yellow]unverified[/] {escape(each)}" for each in doubted]
    if found.missing:
        lines.append(f"  [yellow]too few[/] {counted(found.missing, 'holder')} fewer than wanted")
    return lines


@rules.command()
def bind(
    symbol: Symbol, module: Module, *, folder: Folder = DEFAULT_FOLDER, key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Bind an ERC-3643 compliance module, which is asked after the rules that are built in."""
    _bind(symbol, module, "addModule", "bound", folder=folder, key=key, json=json)


@rules.command()
def release(
    symbol: Symbol, module: Module, *, folder: Folder = DEFAULT_FOLDER, key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Let go of a compliance module."""
    _bind(symbol, module, "removeModule", "released", folder=folder, key=key, json=json)


def _bind(
    symbol: str, module: str, name: str, what: str, *, folder: Path, key: str | None, json: bool
) -> None:
    address = parse_wallet(module, where="module")
    with open_workspace(folder) as workspace:
        token = workspace.security(symbol).token
        data = TOKEN.function(name).encode(address)
        [done] = workspace.act("officer", [(f"{new_key(key)}/{name}", token, data)])
    done_line(f"{show_wallet(address)} {what}", done, json=json)


def _terms_in(terms: Path, security: ListedSecurity) -> Terms:
    """What a terms file states for a security; its quantities must mean the same."""
    prospectus = read_terms(read_text(terms, "terms-invalid"), path=str(terms), presets=shipped())
    for each in prospectus.securities:
        if each.symbol != security.symbol:
            continue
        if each.decimals != security.decimals:
            raise Conflict(
                "decimals-differ",
                f"{each.symbol} has {security.decimals} decimals, the file says {each.decimals}",
                where=f"{terms}: decimals",
                cure="Correct the file; decimals are fixed when a security is issued.",
            )
        return each
    raise NotFound(
        "symbol-not-in-terms",
        f"{terms} does not describe {security.symbol!r}",
        cure="Name the file that describes it, or add it there.",
    )
