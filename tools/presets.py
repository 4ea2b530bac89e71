"""Writes the page of presets from their data: `python tools/presets.py`."""

from __future__ import annotations

from pathlib import Path

from tallystick.gateways.presets import presets
from tallystick.securities.presets import Figure, Preset

PAGE = Path(__file__).parents[1] / "docs" / "presets.md"
HEAD = """# Presets

A preset is a regulation as data: figures, and the rules that are made of them. `terms.toml` names
presets; they compose, and nothing that one of them asks is given up because another does not. Every
figure has its source and the date from which it holds; those marked **unverified** were cited from
knowledge and not read in the text. Nothing here is legal advice.

Months are counted as the longest days that they can have (12 months are 366 days), except between
dates.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(_section(preset) for preset in presets().values())])


def _section(preset: Preset) -> str:
    lines = [f"## {preset.name}", "", f"{preset.title}. Applies to {preset.applies_to}.", ""]
    for name, option in preset.options.items():
        choices = ", ".join(f"`{choice}`" for choice in option.choices) or "a date"
        default = f"; `{option.default}` by default" if option.default else ""
        lines.append(f"- option `{name}`: {option.meaning}; {choices}{default}")
    if preset.options:
        lines.append("")
    lines += ["| figure | value | from | source |", "|---|---|---|---|"]
    lines += [_row(figure) for figure in preset.figures]
    lines += ["", "What is yours to see to:", "", *(f"- {duty}" for duty in preset.duties), ""]
    return "\n".join(lines)


def _row(figure: Figure) -> str:
    when = ", ".join(f"{name} {word}" for name, word in figure.when.items())
    meaning = f"{figure.meaning} ({when})" if when else figure.meaning
    value = "no limit" if figure.unit == "none" else f"{figure.value:,} {figure.unit}"
    source = figure.citation if figure.verified else f"{figure.citation} **unverified**"
    return f"| {meaning} | {value} | {figure.valid_from} | {source} |"


if __name__ == "__main__":
    PAGE.write_text(page())
