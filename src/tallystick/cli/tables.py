"""Tables and bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tallystick.core.times import show_time
from tallystick.core.units import show_quantity
from tallystick.core.wallets import shorten

if TYPE_CHECKING:
    from tallystick.app.captable import Register
    from tallystick.securities.verdict import Verdict

BAR_WIDTH = 24
EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(part: int, whole: int, width: int = BAR_WIDTH) -> str:
    """A bar as long as a part of a whole, to an eighth of a character."""
    eighths = part * width * 8 // whole if whole else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + (EIGHTHS[rest] if rest else "")


def register_table(register: Register, decimals: int, *, rows: int | None = None) -> Table:
    """The register as a table with a bar per holder."""
    table = Table(
        title=f"{register.symbol} · {register.investors} investors · "
        f"{show_quantity(register.supply, decimals)} units · block {register.block}",
        title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim",
    )  # fmt: skip
    table.add_column("Holder", no_wrap=True)
    table.add_column("Country")
    table.add_column("Wallet", style="dim", no_wrap=True)
    table.add_column("Units", justify="right")
    table.add_column("Share", justify="right")
    table.add_column("", width=BAR_WIDTH)
    table.add_column("")
    largest = register.lines[0].units if register.lines else 1
    for line in register.lines[:rows]:
        notes = []
        if line.locked:
            notes.append(f"[yellow]locked {show_quantity(line.locked, decimals)}[/]")
        if line.frozen_whole:
            notes.append("[cyan]frozen[/]")
        elif line.frozen:
            notes.append(f"[cyan]frozen {show_quantity(line.frozen, decimals)}[/]")
        if line.wallets > 1:
            notes.append(f"{line.wallets} wallets")
        table.add_row(
            Text(line.holder), line.country, shorten(line.wallet),
            show_quantity(line.units, decimals), line.share,
            Text(bar(line.units, largest), style="green"), " · ".join(notes),
        )  # fmt: skip
    hidden = len(register.lines) - (rows or len(register.lines))
    if hidden > 0:
        rest = sum(line.units for line in register.lines[rows:])
        table.add_row(f"… {hidden} more", "", "", show_quantity(rest, decimals), "", "", "")
    return table


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
        lines.append(f"    → {refusal.cure}")
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
        if unit == "UTC seconds":
            shown = show_time(value)
        elif unit.startswith("units"):
            shown = (
                show_quantity(value, decimals)
                if value >= 0
                else f"−{show_quantity(-value, decimals)}"
            )
        else:
            shown = f"{value:,}"
        parts.append(f"{name} {shown}")
    return ", ".join(parts) + (f" [dim]{unit}[/]" if not unit.startswith("UTC") else "")
