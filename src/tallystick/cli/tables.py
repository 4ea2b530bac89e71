"""Tables and bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tallystick.core.times import DAY_S, show_day, show_time
from tallystick.core.units import show_quantity
from tallystick.core.wallets import Wallet, shorten
from tallystick.securities.claims import Tier
from tallystick.securities.codes import Code
from tallystick.securities.verdict import show_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallystick.app.captable import Line, Register
    from tallystick.securities.proposal import RuleSet
    from tallystick.securities.verdict import Verdict

BAR_WIDTH = 24
BAR_WIDTH_NARROW = 10
# Columns of the terminal from which wallets, and longer bars, are shown.
WIDE = 110
MEDIUM = 88
EIGHTHS = " ▏▎▍▌▋▊▉█"


def counted(count: int, noun: str) -> str:
    """A number of things, such as `1 lot` or `1,200 lots`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def lined(left: Sequence[str], right: Sequence[str] = (), *, tail: Sequence[str] = ()) -> Table:
    """A table without rules: columns of words, then of figures, then of words again."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right")
    for name in tail:
        table.add_column(name, overflow="fold")
    return table


def bar(part: int, whole: int, width: int) -> str:
    """A bar as long as a part of a whole, to an eighth of a character."""
    eighths = max(1, part * width * 8 // whole) if part and whole else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + (EIGHTHS[rest] if rest else "")


def register_table(register: Register, *, width: int = WIDE) -> Group:
    """The register as a table with a bar per holder; a narrow one leaves out wallets."""
    decimals = register.decimals
    with_wallets = width >= WIDE
    bar_width = BAR_WIDTH if width >= MEDIUM else BAR_WIDTH_NARROW
    title = (
        f"[bold]{escape(register.symbol)} · {counted(register.investors, 'investor')} · "
        f"{show_quantity(register.supply, decimals)} units · block {register.block}[/]"
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("Holder", no_wrap=True, overflow="ellipsis", min_width=12)
    table.add_column("Country", no_wrap=True)
    if with_wallets:
        table.add_column("Wallet", style="dim", no_wrap=True)
    table.add_column("Units", justify="right", no_wrap=True)
    table.add_column("Share", justify="right", no_wrap=True)
    table.add_column("", width=bar_width, no_wrap=True)
    table.add_column("")
    largest = register.lines[0].units if register.lines else 1
    for line in register.lines:
        cells: list[str | Text] = [Text(line.holder), line.country]
        if with_wallets:
            cells.append(shorten(line.wallet))
        cells += [show_quantity(line.units, decimals), line.share]
        cells.append(Text(bar(line.units, largest, bar_width), style="green"))
        table.add_row(*cells, _notes(line, decimals))
    return Group(Text.from_markup(title), table)


def rules_lines(rules: RuleSet, decimals: int) -> list[str]:
    """The rules in force, a line each, amounts as people write them."""
    shown: dict[str, str] = {}
    for name, value in msgspec.to_builtins(rules).items():
        if name in ("lock_up_until", "holding_period_s") and not value:
            continue
        if name == "lock_up" and value:
            continue
        if value is None or value is False:
            shown[name] = "off"
        elif name == "investor_tier":
            shown[name] = Tier(value).name.lower().replace("_", " ") if value else "any"
        elif name in {"max_balance", "supply_cap", "lot_size", "minimum_holding"}:
            shown[name] = f"{show_quantity(value, decimals)} units"
        elif name in {"lock_up_until", "flow_back_until"}:
            shown[name] = show_time(value)
        elif name == "holding_period_s":
            shown[name] = f"{value / DAY_S:g} days"
        elif isinstance(value, list):
            shown[name] = ", ".join(sorted(value))
        else:
            shown[name] = "on" if value is True else str(value)
    return [
        f"{name.removesuffix('_s').replace('_', ' '):20} {text}" for name, text in shown.items()
    ]


def limit_text(code: Code, limit: int | None, now: int | None, decimals: int) -> str:
    """A limit and where it stands, in the rule's own unit; empty if the rule has none."""
    if limit is None or now is None:
        return ""
    if code in {Code.MAX_BALANCE, Code.SUPPLY_CAP, Code.BELOW_MINIMUM}:
        return f"  limit {show_quantity(limit, decimals)}, now {show_quantity(now, decimals)}"
    if code in {Code.RECEIVER_UNVERIFIED, Code.NOT_SCREENED}:
        what = "verified" if code is Code.RECEIVER_UNVERIFIED else "screened"
        return f"  {what} until {show_day(limit)}" if limit else f"  never {what}"
    if code in {Code.NOT_ACCREDITED, Code.NOT_QUALIFIED, Code.NOT_INSTITUTIONAL}:
        return f"  is {Tier(now).name.lower().replace('_', ' ')}"
    return f"  limit {limit:,}, now {now:,}"


def holders_table(rows: list[dict[str, Any]]) -> Table:
    """Investors with their wallets and claims, as `holders list` shows them."""
    table = Table(title=counted(len(rows), "investor"), title_justify="left", title_style="bold",
                  box=None, pad_edge=False, header_style="dim")  # fmt: skip
    for name in ("Reference", "Holder", "Country", "Wallets", "Claims, until"):
        table.add_column(name, overflow="fold")
    for row in rows:
        wallets = [
            _marked(shorten(Wallet(wallet)), "lost", wallet in row["lost_wallets"])
            for wallet in row["wallets"]
        ]
        claims = [
            _marked(
                f"{name.replace('_', ' ')} {'for ever' if day == 'never' else day}",
                "expired",
                name in row["expired"],
            )
            for name, day in row["claims"].items()
        ]
        cells = [Text(row[name]) for name in ("reference", "name", "country")]
        table.add_row(*cells, Text("\n").join(wallets), Text("\n").join(claims))
    return table


def _marked(text: str, mark: str, applies: bool) -> Text:
    """A text, with a mark behind it if that applies."""
    return Text.assemble((text, "dim"), " ", (mark, "yellow")) if applies else Text(text)


def _notes(line: Line, decimals: int) -> str:
    notes = []
    if line.locked:
        notes.append(f"[yellow]locked {show_quantity(line.locked, decimals)}[/]")
    if line.frozen_whole:
        notes.append("[cyan]frozen[/]")
    elif line.frozen:
        notes.append(f"[cyan]frozen {show_quantity(line.frozen, decimals)}[/]")
    if line.wallets > 1:
        notes.append(f"{line.wallets} wallets")
    return " · ".join(notes)


def verdict_lines(verdict: Verdict, decimals: int) -> list[str]:
    """A verdict as lines of markup: every refusal with its numbers and its cure."""
    if verdict.allowed:
        return ["[bold green]✓ allowed[/]"]
    lines = []
    for refusal in verdict.refusals:
        lines.append(
            f"[bold red]✗ {refusal.code.label}[/] [dim]({refusal.code.value})[/] {refusal.message}"
        )
        if refusal.limit is not None:
            lines.append("    " + _numbers(refusal, decimals))
        lines.append(f"    [dim]{refusal.source}[/]")
        lines += [f"    [yellow]unverified[/] {escape(each)}" for each in refusal.unverified]
        most = refusal.most
        shown = show_number(most, refusal.unit, decimals) if most else ""
        at_most = f" At most {shown} would pass." if shown else ""
        lines.append(f"    → {refusal.cure}{at_most}")
    if verdict.passes_at is not None:
        lines.append(f"  passes by itself from {show_time(verdict.passes_at)}")
    return lines


def _numbers(refusal: object, decimals: int) -> str:
    unit = getattr(refusal, "unit", "")
    parts = []
    for name in ("limit", "now", "after"):
        value = getattr(refusal, name)
        if value is None:
            continue
        parts.append(f"{name} {show_number(value, unit, decimals)}")
    return ", ".join(parts) + (
        "" if unit.startswith("UTC") or unit == "tier" else f" [dim]{unit}[/]"
    )
