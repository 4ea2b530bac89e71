"""`demo`: the main job from end to end on a fictitious company's book."""

from __future__ import annotations

import secrets
import shutil
import sys
import time
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.markup import escape
from rich.rule import Rule

from tallystick.app import acts, admission, auditing, books, issuing, minting
from tallystick.app.captable import Register
from tallystick.app.captable import register as make_register
from tallystick.app.open_cap import kept
from tallystick.app.settings import Settings
from tallystick.app.workspace import REGISTRY, ListedSecurity, Workspace, create, found
from tallystick.cli import demo_market
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import Json
from tallystick.cli.output import as_json, hushed, out, progress, say
from tallystick.cli.tables import register_table, verdict_lines
from tallystick.core.errors import Conflict, NotFound
from tallystick.core.times import show_date
from tallystick.core.units import show_quantity
from tallystick.core.wallets import Wallet, shorten
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claim, Claims
from tallystick.securities.ocf import CapTable, read_ocf
from tallystick.securities.proposal import Movement
from tallystick.securities.terms import Prospectus, read_terms

if TYPE_CHECKING:
    from collections.abc import Iterator

# Only what a demo has made is removed by the next one.
MARKER = ".demo"
CLAIM_DAYS = 700
DAY_S = 86_400


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(demo)


def demo(
    what: Annotated[
        str,
        typer.Argument(help="book: a company becomes securities; market: they are traded."),
    ] = "book",
    *,
    folder: Annotated[Path, typer.Option("--dir", "-d", help="Data directory, made anew.")] = Path(
        "demo-data"
    ),
    seed: Annotated[int, typer.Option(help="Of a market: the same seed trades the same.")] = 7,
    orders: Annotated[int, typer.Option(min=1, help="Of a market: how many a day has.")] = 3_000,
    on: Annotated[
        bool, typer.Option("--on", help="Of a market: trade on after the day, until interrupted.")
    ] = False,
    per_s: Annotated[float, typer.Option(min=0.1, help="With --on: orders a second.")] = 5.0,
    json: Json = False,
) -> None:
    """Tokenize a company's book, admit its holders, enforce the rules; or have it traded."""
    if what not in {"book", "market"}:
        raise NotFound("demo-unknown", f"There is no demo of {what!r}", where="what",
                       cure="There are: book, market.")  # fmt: skip
    with hushed(json):
        if what == "market":
            _market(folder, Day(seed, orders, per_s if on else 0), json=json)
        else:
            _book(folder, json=json)


def _book(folder: Path, *, json: bool) -> None:
    """Tell the demo of the book."""
    started = time.monotonic()
    with _begun(folder) as story:
        story.tell()
    if json:
        as_json({
            "folder": str(folder), "seconds": round(time.monotonic() - started, 1),
            "registers": msgspec.to_builtins(story.registers), "differences": story.differences,
        })  # fmt: skip
        return
    say()
    say(f"[dim]{time.monotonic() - started:.1f} s. Everything is in {folder}/. Try next:[/]")
    for line in (
        f"{_command()} captable VLMR --dir {folder}",
        f"{_command()} holders list --dir {folder}",
        f"{_command()} audit --dir {folder}",
        f"{_command()} demo market",
    ):
        say(f"  [bold]{line}[/]")


@contextmanager
def _begun(folder: Path) -> Iterator[Story]:
    """A new data directory with the chain set up, and the book that is to be told."""
    _make_room(folder)
    source = resources.files("tallystick.demo") / "book"
    book = read_ocf(books.files_in(source), path="demo/book")
    prospectus = read_terms((source / "terms.toml").read_text(), path="demo/book/terms.toml")
    create(folder, Settings())
    (folder / MARKER).touch()
    with progress("Setting up the chain") as report:
        workspace = open_workspace(folder)
        found(workspace, report=report)
    with workspace:
        yield Story(workspace, book, prospectus)


class Day(msgspec.Struct, frozen=True):
    """A day of trading: its seed and orders; orders a second after it, 0 for none."""

    seed: int
    orders: int
    on_per_s: float


def _market(folder: Path, day: Day, *, json: bool) -> None:
    """Issue the book, and have its holders trade."""
    with _begun(folder) as story:
        people, workspace = story.prepare(), story.workspace
        demo_market.open_markets(workspace, people)
        made = demo_market.a_day(workspace, people, seed=day.seed, orders=day.orders)
        if json:
            as_json(made)
        else:
            say()
            demo_market.say_day(made, _command(), folder)
        if day.on_per_s:
            demo_market.go_on(workspace, people, seed=day.seed, per_s=day.on_per_s)


def _command() -> str:
    """The command as it was called: the set-up leaves it in a place that is not on PATH."""
    return sys.argv[0] if sys.argv[0].endswith("tallystick") else "tallystick"


def _make_room(folder: Path) -> None:
    """Remove the data of an earlier demo; anything else is left alone."""
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / MARKER).exists():
        raise Conflict(
            "folder-not-empty",
            f"{folder} holds something that is no demo",
            cure="Choose another folder with --dir.",
        )
    shutil.rmtree(folder)


class Story:
    """The demo, told step by step."""

    def __init__(self, workspace: Workspace, book: CapTable, prospectus: Prospectus) -> None:
        self.workspace = workspace
        self.book = book
        self.prospectus = prospectus
        self.homes: dict[str, Wallet] = {}
        self.listed: list[ListedSecurity] = []
        self.people: dict[Wallet, Person] = {}
        self.registers: list[Register] = []
        self.differences = 0

    def tell(self) -> None:
        """Tell all of it."""
        self._head(f"1 · Tokenize {self.book.issuer}")
        self._issue()
        self._head("2 · Admit the stakeholders and mint their positions")
        self._admit()
        self._mint()
        self.people = self.workspace.vault.people()
        self._show("3 · The register, rebuilt from the chain alone")
        self._head("4 · Transfers, allowed and refused")
        self._transfers()
        self._head("5 · Freeze, force, recover")
        self._interventions()
        self._show("6 · The register afterwards")
        self._head("7 · Check")
        self._check()

    def prepare(self) -> list[Wallet]:
        """Issue, admit and mint, and nothing more; the stakeholders by their place in the book."""
        self._issue()
        self._admit()
        self._mint()
        return list(self.homes.values())

    def _head(self, title: str) -> None:
        say()
        out.print(Rule(f"[bold]{title}[/]", align="left", style="dim"))

    def _issue(self) -> None:
        issuing.set_issuer_limits(self.workspace, self.prospectus, key="demo")
        for terms in self.prospectus.securities:
            listed = issuing.issue(self.workspace, terms)
            self.listed.append(listed)
            say(
                f"[green]✓[/] {listed.symbol:8} {listed.name:36} "
                f"[dim]asset {listed.asset_id[:20]}…[/]"
            )

    def _admit(self) -> None:
        today = self.workspace.now() // DAY_S
        verified = Claims().stated(Claim.VERIFIED, today + CLAIM_DAYS)
        accredited = verified.stated(Claim.ACCREDITED, today + CLAIM_DAYS)
        newcomers = books.newcomers_in(
            self.book, lambda one: accredited if one.kind == "entity" else verified
        )
        with progress("Admitting") as report:
            homes = admission.admit(self.workspace, newcomers, key="demo", report=report).homes
        self.homes = {s.id: home for s, home in zip(self.book.stakeholders, homes, strict=True)}
        countries = {stakeholder.country for stakeholder in self.book.stakeholders}
        say(
            f"[green]✓[/] {len(homes)} stakeholders from {len(countries)} countries; their "
            "names stay in the vault, the chain sees numbers"
        )

    def _mint(self) -> None:
        kept.keep(self.workspace, self.book)
        with progress("Minting") as report:
            for terms, listed in zip(self.prospectus.securities, self.listed, strict=True):
                lots = books.lots_in(self.book, terms.stock_class, terms.decimals, self.homes.get)
                minting.mint_lots(self.workspace, listed, lots, key="demo", report=report)
                units = sum(lot.units for lot in lots)
                say(
                    f"[green]✓[/] {listed.symbol:8} {len(lots):3} lots, "
                    f"{show_quantity(units, listed.decimals)} units"
                )

    def _registers(self) -> list[Register]:
        book, now_s = self.workspace.book(), self.workspace.now()
        return [make_register(listed, book, self.people, now_s=now_s) for listed in self.listed]

    def _show(self, title: str) -> None:
        self._head(title)
        self.registers = self._registers()
        for each in self.registers:
            say()
            out.print(register_table(each, width=out.width))

    def _name(self, wallet: Wallet) -> str:
        person = self.people.get(self.workspace.book().registry.home(wallet))
        return escape(person.name) if person else shorten(wallet)

    def _try(self, listed: ListedSecurity, giver: Wallet, taker: Wallet, units: int) -> None:
        """Transfer if the rules allow it, and say why not otherwise."""
        verdict = acts.judge(self.workspace, listed, Movement.RESALE, giver, taker, units)
        say(
            f"{self._name(giver)} → {self._name(taker)}  "
            f"{show_quantity(units, listed.decimals)} {listed.symbol}"
        )
        for line in verdict_lines(verdict, listed.decimals):
            say("  " + line)
        if verdict.allowed:
            acts.transfer(self.workspace, listed, giver, taker, units, key=secrets.token_hex(8))

    def _holders(self, listed: ListedSecurity) -> list[Wallet]:
        security = self.workspace.book().securities[listed.token]
        return sorted(
            (wallet for wallet, units in security.balances.items() if units),
            key=lambda wallet: (-security.balances[wallet], wallet),
        )

    def _transfers(self) -> None:
        common, preferred = self.listed[0], self.listed[1]
        holders, funds = self._holders(common), self._holders(preferred)
        state = self.workspace.book().securities[common.token]
        free = [
            wallet
            for wallet in holders
            if not state.party(wallet).lots.locked_units(self.workspace.now())
        ]
        locked = [wallet for wallet in holders if wallet not in free]
        self._try(common, free[0], free[1], 1_000)
        self._try(preferred, funds[0], funds[1], 500)
        if locked:
            self._try(common, locked[0], free[0], state.balances[locked[0]])
        self._try(common, free[0], Wallet("0x" + "57" * 20), 10)
        self._try(common, free[1], free[0], 10**9)
        self._try(preferred, funds[0], free[-1], 100)

    def _interventions(self) -> None:
        workspace, common = self.workspace, self.listed[0]
        holders = self._holders(common)
        frozen, lost, heir = holders[2], holders[3], holders[4]
        acts.agent_act(workspace, common.token, "setAddressFrozen", (frozen, True), key="demo")
        say(f"[green]✓[/] {self._name(frozen)} frozen")
        self._try(common, frozen, holders[0], 10)
        order = acts.Reason("court-order", bytes.fromhex("c0" * 32))
        acts.force(workspace, common, frozen, heir, 2_500, order, key="demo")
        say(
            f"[green]✓[/] court order: 2,500 {common.symbol} from {self._name(frozen)} to "
            f"{self._name(heir)}; the document's hash is on the chain"
        )
        replacement = Wallet("0x" + secrets.token_hex(20))
        acts.recover(
            workspace,
            lost,
            replacement,
            acts.Reason("lost-key", bytes.fromhex("1e" * 32)),
            key="demo/recover",
        )
        say(
            f"[green]✓[/] {self._name(lost)} lost a key: holdings moved from {shorten(lost)} "
            f"to {shorten(replacement)}, the old wallet is retired"
        )
        workspace.view(REGISTRY, workspace.founding.registry, "isVerified", replacement)

    def _check(self) -> None:
        with progress("Comparing") as report:
            result = auditing.audit(self.workspace, report=report)
        self.differences = len(result.differences)
        for difference in result.differences:
            say(f"[red]✗[/] {difference.what}: logs {difference.folded}, chain {difference.chain}")
        if not result.differences:
            say(
                f"[green]✓[/] {result.compared} figures rebuilt from logs agree with the "
                f"contracts, as of block {result.block}, {show_date(self.workspace.now())}"
            )
