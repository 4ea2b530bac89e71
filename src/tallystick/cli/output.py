"""How commands speak: tables and bars for people, JSON for programs, errors for both."""

from __future__ import annotations

import sys
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tallystick.client.problems import Problem
from tallystick.core.errors import InvalidFile, TallystickError
from tallystick.core.wallets import parse_wallet, show_wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

DEFECTS_SHOWN_MAX = 200
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
AMOUNTS = {"units", "supply", "locked", "frozen", "limit", "now", "after", "most", "max_balance",
           "supply_cap", "lot_size", "minimum_holding"}  # fmt: skip


def say(text: str = "") -> None:
    """Print a line of markup, however long, unbroken."""
    out.print(text, soft_wrap=True)


def named(who: str) -> str:
    """An investor as the caller named him, in markup."""
    return show_wallet(parse_wallet(who)) if who.startswith("0x") else escape(who)


def inert(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def new_key(given: str | None) -> str:
    """The idempotency key of a command: as given, or a new one."""
    return given or uuid.uuid4().hex


def as_json(value: Any) -> None:
    """Print a value as one JSON document; amounts, which may be beyond 2**53, go as strings."""
    data = msgspec.json.encode(_amounts_as_strings(msgspec.to_builtins(value)))
    sys.stdout.write(msgspec.json.format(data, indent=2).decode() + "\n")


def _amounts_as_strings(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _amounts_as_strings(member, key) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_amounts_as_strings(member, name) for member in value]
    if name in AMOUNTS and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


@contextmanager
def hushed(quiet: bool) -> Iterator[None]:
    """Nothing is said to people meanwhile, if so it shall be."""
    before = out.quiet, err.quiet
    out.quiet = err.quiet = quiet
    try:
        yield
    finally:
        out.quiet, err.quiet = before


@contextmanager
def progress(label: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A progress bar; yields what is to be told how much of how much is done."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=32), MofNCompleteColumn(),
        TimeElapsedColumn(), console=err, transient=True, disable=quiet,
    )  # fmt: skip
    with bar:
        task = bar.add_task(label, total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield report


def complain(error: TallystickError, *, json: bool) -> int:
    """Print an error and return the exit code."""
    if json:
        as_json({"error": _error(error)})
        return error.exit_code
    err.print(f"[bold red]{error.code}[/] {escape(error.message)}", soft_wrap=True)
    if error.where:
        err.print(f"  at {escape(error.where)}", soft_wrap=True)
    if error.cure:
        err.print(f"  [bold]→[/] {escape(error.cure)}", soft_wrap=True)
    for number, each in enumerate(_refusals(error)):
        if number:
            err.print(f"  [red]{each['code']}[/] " + escape(f"{each['message']}. {each['cure']}"),
                      soft_wrap=True)  # fmt: skip
        if figures := _figures(each):
            err.print(f"    [dim]{escape(figures)}[/]", soft_wrap=True)
    if isinstance(error, InvalidFile):
        for defect in error.defects[:DEFECTS_SHOWN_MAX]:
            err.print(
                f"  [red]{defect.code}[/] "
                + escape(f"{defect.where}: {defect.message}. {defect.cure}"),
                soft_wrap=True,
            )
        hidden = len(error.defects) - DEFECTS_SHOWN_MAX
        if hidden > 0:
            err.print(f"  … and {hidden} more; all of them with --json")
    return error.exit_code


def _figures(refusal: dict[str, Any]) -> str:
    """The numbers that were compared, if there are any."""
    named = (("limit", refusal.get("limit")), ("asked", refusal.get("now")))
    return ", ".join(f"{name} {value}" for name, value in named if value is not None)


def _refusals(error: TallystickError) -> list[dict[str, Any]]:
    """All that is against an order that the venue refused."""
    return error.refusals if isinstance(error, Problem) else []


def _error(error: TallystickError) -> dict[str, Any]:
    found: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.where:
        found["where"] = error.where
    if error.cure:
        found["cure"] = error.cure
    if _refusals(error):
        found["refusals"] = _refusals(error)
    if isinstance(error, InvalidFile):
        found["defects"] = [_error(defect) for defect in error.defects]
    return found
