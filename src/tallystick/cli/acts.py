"""`issue`, `mint`, `mint-book`, `transfer`, `force`, `recover`, `rules`."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from tallystick.app import acts, admission, books, issuing, minting
from tallystick.app.positions_csv import read_lots
from tallystick.app.workspace import TOKEN, ListedSecurity, Workspace
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, progress, say
from tallystick.cli.tables import counted, limit_text, rules_lines, verdict_lines
from tallystick.core.errors import Conflict, Invalid, NotFound, Refused
from tallystick.core.units import parse_quantity, show_quantity
from tallystick.core.wallets import parse_wallet, show_wallet
from tallystick.gateways.chain.intents import Done
from tallystick.gateways.presets import presets
from tallystick.gateways.store.files import read_text
from tallystick.securities.codes import Code
from tallystick.securities.dry_run import dry_run
from tallystick.securities.proposal import Movement, RuleSet
from tallystick.securities.terms import read_terms
from tallystick.securities.verdict import Verdict

rules = typer.Typer(help="The rules of a security.", no_args_is_help=True)

TermsFile = Annotated[Path, typer.Argument(help="A terms file with the rules.")]
Module = Annotated[str, typer.Argument(help="Address of the module.")]
Who = Annotated[str, typer.Argument(help="Wallet, name or reference of an investor.")]
Amount = Annotated[str, typer.Argument(help="Quantity, such as 1,250.5.")]
ReasonCode = Annotated[str, typer.Option("--reason", help=f"One of {', '.join(acts.REASONS)}.")]
DocumentFile = Annotated[
    Path,
    typer.Option(
        "--document",
        help="The document that orders it; only its hash is published.",
    ),
]

# A quantity such as -5 is told to be negative, not taken for an option.
NEGATIVE_QUANTITIES = {"ignore_unknown_options": True}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (issue, mint_book, recover):
        app.command()(command)
    for with_quantity in (mint, transfer, force):
        app.command(context_settings=NEGATIVE_QUANTITIES)(with_quantity)
    app.add_typer(rules, name="rules")


def issue(
    terms: Annotated[Path, typer.Argument(help="The terms.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Issue the securities that a `terms.toml` describes."""
    prospectus = read_terms(read_text(terms, "terms-invalid"), path=str(terms), presets=presets())
    command_key = new_key(key)
    issued: list[ListedSecurity] = []
    with open_workspace(folder) as workspace, progress("Issuing", quiet=json) as report:
        issuing.set_issuer_limits(workspace, prospectus, key=command_key)
        for number, each in enumerate(prospectus.securities, start=1):
            issued.append(issuing.issue(workspace, each))
            report(number, len(prospectus.securities))
    if json:
        as_json(msgspec.to_builtins(issued))
        return
    for listed in issued:
        say(
            f"[bold green]✓[/] {listed.symbol}  {listed.name}  "
            f"[dim]{show_wallet(listed.token)}  asset {listed.asset_id[:16]}…[/]"
        )


def mint(
    symbol: Symbol, who: Who, amount: Amount, *, folder: Folder = DEFAULT_FOLDER, key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Issue new units to an investor."""
    command_key = new_key(key)
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        wallet = workspace.wallet_of(who)
        units = parse_quantity(amount, security.decimals, where="amount")
        if not workspace.outbox.known(f"{command_key}/mint"):
            verdict = acts.judge(workspace, security, Movement.ISSUE, None, wallet, units)
            if not verdict.allowed:
                _explain_and_leave(verdict, security.decimals, json=json)
        done = acts.agent_act(workspace, security.token, "mint", (wallet, units), key=command_key)
    _done(
        f"{show_quantity(units, security.decimals)} {symbol} issued to {named(who)}",
        done,
        json=json,
    )


def mint_book(
    symbol: Symbol,
    book: Annotated[
        Path, typer.Argument(help="CSV of positions, or a book in OCF: folder or zip.")
    ],
    *,
    stock_class: Annotated[
        str, typer.Option("--class", help="Stock class in the book; that of the terms by default.")
    ] = "",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Issue the positions of a CSV, or all open ones of a class in an OCF book; all or none.

    A CSV has the columns certificate, holder, quantity and acquired. Rows that were minted before
    are passed over.
    """
    with open_workspace(folder) as workspace, progress("Minting", quiet=json) as report:
        security = workspace.security(symbol)
        lots = _lots_in(book, workspace, security, stock_class)
        command_key = new_key(key)
        done = minting.mint_lots(workspace, security, lots, key=command_key, report=report)
    if json:
        as_json({"lots": done.lots, "minted": done.new, "units": done.units, "key": command_key})
        return
    known = done.lots - done.new
    units = show_quantity(done.units, security.decimals)
    before = f"; {known} were minted before" if known else ""
    say(f"[bold green]✓[/] {counted(done.new, 'lot')}, {units} units of {symbol}{before}")


def _lots_in(
    book: Path, workspace: Workspace, security: ListedSecurity, stock_class: str
) -> list[minting.Lot]:
    """The positions of a class in a file."""
    if book.suffix.lower() != ".csv":
        wanted = stock_class or security.terms["stock_class"]
        find = admission.wallets_by_row(workspace)
        return books.lots_in(books.open_book(book), wanted, security.decimals, find)
    if stock_class:
        raise Invalid("class-not-for-csv", "A CSV holds the positions of one class",
                      where="--class", cure="Leave the option out.")  # fmt: skip
    text = read_text(book, "positions-invalid")
    return read_lots(text, str(book), security.decimals, admission.wallets_by_name(workspace))


def transfer(
    symbol: Symbol,
    sender: Who,
    receiver: Who,
    amount: Amount,
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why not, and do nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same as --explain.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Transfer units; refused ones are explained and change nothing."""
    command_key = new_key(key)
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        giver = workspace.wallet_of(sender, where="sender")
        taker = workspace.wallet_of(receiver, where="receiver")
        units = parse_quantity(amount, security.decimals, where="amount")
        if explain or dry_run or not workspace.outbox.known(f"{command_key}/transfer"):
            verdict = acts.judge(workspace, security, Movement.RESALE, giver, taker, units)
            if explain or dry_run or not verdict.allowed:
                _explain_and_leave(verdict, security.decimals, json=json)
        done = acts.transfer(workspace, security, giver, taker, units, key=command_key)
    _done(
        f"{show_quantity(units, security.decimals)} {symbol} moved to {named(receiver)}",
        done,
        json=json,
    )


def force(
    symbol: Symbol,
    sender: Who,
    receiver: Who,
    amount: Amount,
    *,
    reason: ReasonCode,
    document: DocumentFile,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Move units without their holder, for a stated reason; a refused one leaves no trace."""
    command_key = new_key(key)
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        giver = workspace.wallet_of(sender, where="sender")
        taker = workspace.wallet_of(receiver, where="receiver")
        units = parse_quantity(amount, security.decimals, where="amount")
        stated = _reason(reason, document)
        if not workspace.outbox.known(f"{command_key}/force"):
            verdict = acts.judge(workspace, security, Movement.FORCED, giver, taker, units)
            if not verdict.allowed:
                _explain_and_leave(verdict, security.decimals, json=json)
        done = acts.force(workspace, security, giver, taker, units, stated, key=command_key)
    _done(f"{show_quantity(units, security.decimals)} {symbol} moved by force", done, json=json)


def recover(
    lost: Who,
    replacement: Annotated[str, typer.Argument(help="New wallet of the same investor.")],
    *,
    document: DocumentFile,
    reason: ReasonCode = "lost-key",
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Move what a lost wallet holds to a new one, in every security, and retire the lost one."""
    with open_workspace(folder) as workspace:
        done = acts.recover(
            workspace,
            lost,
            parse_wallet(replacement, where="replacement"),
            _reason(reason, document),
            key=new_key(key),
        )
    _done(f"recovered to {replacement}", done[-1], json=json)


@rules.command()
def show(symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """The rules in force."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        found = workspace.book().securities[security.token].rules
    if json:
        as_json(msgspec.to_builtins(found))
        return
    for line in rules_lines(found, security.decimals):
        say(line)


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
        wanted = _rules_in(terms, security)
        done = acts.set_rules(workspace, security, wanted, key=new_key(key))
    _done(f"rules of {symbol} set", done, json=json)


@rules.command("dry-run")
def dry_run_(
    symbol: Symbol, terms: TermsFile, *, folder: Folder = DEFAULT_FOLDER, json: Json = False
) -> None:
    """Say what the rules in a terms file would mean for the register as it is; change nothing."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        wanted = _rules_in(terms, security)
        state = workspace.book().securities[security.token]
        found = dry_run(state, wanted, now_s=workspace.now())
        people = workspace.vault.people()
    if json:
        as_json({"decimals": security.decimals, **_named(msgspec.to_builtins(found))})
        return
    say(
        f"{counted(found.holders, 'holder')}, {len(found.breaches)} in breach, "
        f"{len(found.locked_in)} who could not sell at present"
    )
    for breach in found.breaches:
        person = people.get(breach.home)
        name = person.name if person else show_wallet(breach.home)
        numbers = limit_text(breach.code, breach.limit, breach.now, security.decimals)
        say(f"  [yellow]{breach.code.label}[/] {escape(name)}{numbers}")
    for passed in found.limits_passed:
        numbers = limit_text(passed.code, passed.limit, passed.now, security.decimals)
        say(f"  [yellow]{passed.code.label}[/]{numbers}: nobody new enters")


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
    _done(f"{show_wallet(address)} {what}", done, json=json)


def _rules_in(terms: Path, security: ListedSecurity) -> RuleSet:
    """The rules that a terms file states for a security; its quantities must mean the same."""
    prospectus = read_terms(read_text(terms, "terms-invalid"), path=str(terms), presets=presets())
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
        return each.rules
    raise NotFound(
        "symbol-not-in-terms",
        f"{terms} does not describe {security.symbol!r}",
        cure="Name the file that describes it, or add it there.",
    )


def _reason(code: str, document: Path) -> acts.Reason:
    if code not in acts.REASONS:
        raise NotFound(
            "reason-unknown",
            f"{code!r} is no reason",
            cure=f"Known are: {', '.join(acts.REASONS)}.",
        )
    return acts.Reason(code, sha256(document.read_bytes()).digest())


def _explain_and_leave(verdict: Verdict, decimals: int, *, json: bool) -> None:
    if json:
        as_json(
            {
                "allowed": verdict.allowed,
                "decimals": decimals,
                "refusals": _named(msgspec.to_builtins(verdict.refusals)),
                "passes_at": verdict.passes_at,
            }
        )
    else:
        for line in verdict_lines(verdict, decimals):
            say(line)
    raise typer.Exit(0 if verdict.allowed else Refused.exit_code)


def _named(value: Any) -> Any:
    """The same with the name of every refusal beside its code."""
    if isinstance(value, list | tuple):
        return [_named(member) for member in value]
    if not isinstance(value, dict):
        return value
    named = {key: _named(member) for key, member in value.items()}
    return {"name": Code(value["code"]).label, **named} if "code" in value else named


def _done(what: str, done: Done, *, json: bool) -> None:
    if json:
        as_json(msgspec.to_builtins(done))
    else:
        say(f"[bold green]✓[/] {what}  [dim]block {done.block_number}, {done.gas_used:,} gas[/]")
