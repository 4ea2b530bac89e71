"""Regulation presets: figures with their sources, and the rules that are made of them.

A preset is data (`tallystick/presets/*.toml`). Every figure has a citation, a confidence and the
date from which it holds: A was read in the text or in a page that quotes it, B is cited from
knowledge and is shown as unverified. A figure that changes by year stands several times. Nothing
here is legal advice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.times import DAY_S, longest_days, months_later, parse_time, show_date

UNVERIFIED = "B"
# What stands for a figure that limits nothing.
NO_LIMIT = "none"


class Figure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number of a regulation: what it means, its unit, source, confidence, first day.

    `when` names the options under which it holds.
    """

    name: str
    meaning: str
    value: int
    unit: str
    citation: str
    confidence: str
    valid_from: str
    when: dict[str, str] = {}

    @property
    def verified(self) -> bool:
        """Whether it was read in the text or in a page that quotes it."""
        return self.confidence != UNVERIFIED


class Option(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an issuer chooses of a preset: one of some words, or a date. No default: he must."""

    meaning: str
    kind: str = "choice"
    choices: tuple[str, ...] = ()
    default: str = ""


class Preset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A regulation as figures and rules; `duties` are what no program does for the issuer.

    `rules` are as in `terms.toml`, `issuer` limits over all classes, `offering` limits of an offer.
    A value may name a figure, or a date among the options and a period after it.
    """

    title: str
    applies_to: str
    name: str = ""
    duties: tuple[str, ...] = ()
    options: dict[str, Option] = {}
    rules: dict[str, Any] = {}
    issuer: dict[str, Any] = {}
    offering: dict[str, Any] = {}
    figures: tuple[Figure, ...] = ()


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What a preset comes to for an issuer at a date: values, and the figures in force.

    `behind` has the figure from which a value comes, such as that of `rules.investors_max`.
    """

    name: str
    rules: dict[str, Any]
    issuer: dict[str, Any]
    offering: dict[str, Any]
    figures: tuple[Figure, ...]
    behind: dict[str, Figure] = {}


def read_preset(name: str, text: str) -> Preset:
    """Read a preset; raises `Invalid` if it is malformed."""
    try:
        preset = msgspec.convert(tomllib.loads(text), Preset)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Invalid(
            "preset-malformed", str(error), where=name, cure="Correct the file of the preset."
        ) from error
    return msgspec.structs.replace(preset, name=name)


def resolve(preset: Preset, options: Mapping[str, str], *, as_of: str, where: str = "") -> Resolved:
    """A preset with its options chosen, by the figures in force on a date (ISO 8601).

    Raises `Invalid` for an option that is unknown, missing or none of the choices, and for a date
    before the first figure.
    """
    chosen = _chosen(preset, options, where)
    figures = _in_force(preset, chosen, as_of, where)

    def value(stated: Any) -> Any:
        if not isinstance(stated, dict):
            return stated
        if "date" in stated:
            start = parse_time(chosen[stated["date"]], where=f"{where}.{stated['date']}")
            return show_date(_later(start, figures[stated["plus"]]))
        figure = figures[stated["figure"]]
        if figure.unit == NO_LIMIT:
            return None
        days = longest_days(figure.value) if figure.unit == "months" else figure.value
        return days - stated.get("minus", 0)

    def values(table: dict[str, Any]) -> dict[str, Any]:
        found = {name: value(stated) for name, stated in table.items()}
        return {name: each for name, each in found.items() if each is not None}

    return Resolved(
        name=preset.name,
        rules=values(preset.rules),
        issuer=values(preset.issuer),
        offering=values(preset.offering),
        figures=tuple(figures.values()),
        behind={value: figures[name] for value, name in _used(preset).items()},
    )


def _used(preset: Preset) -> dict[str, str]:
    """The figure of which each value is made."""
    tables = {"rules": preset.rules, "issuer": preset.issuer, "offering": preset.offering}
    return {
        f"{table}.{name}": stated.get("figure") or stated["plus"]
        for table, values in tables.items()
        for name, stated in values.items()
        if isinstance(stated, dict)
    }


def _later(start: int, period: Figure) -> int:
    """A time so much later, to the first second of a day."""
    end = months_later(start, period.value) if period.unit == "months" else (
        start + period.value * DAY_S
    )  # fmt: skip
    return -(-end // DAY_S) * DAY_S


def _chosen(preset: Preset, options: Mapping[str, str], where: str) -> dict[str, str]:
    for name in options:
        if name not in preset.options:
            raise Invalid(
                "preset-option-unknown",
                f"{preset.name} has no option {name!r}",
                where=where,
                cure=f"Its options are: {', '.join(preset.options) or 'none'}.",
            )
    chosen: dict[str, str] = {}
    for name, option in preset.options.items():
        word = options.get(name, option.default)
        if not word:
            raise Invalid(
                "preset-option-missing",
                f"{preset.name} needs `{name}`: {option.meaning}",
                where=where,
                cure=f"Add {_form(name, option)}.",
            )
        if option.choices and word not in option.choices:
            raise Invalid(
                "preset-option-choice",
                f"{word!r} is no {name} of {preset.name}",
                where=f"{where}.{name}",
                cure=f"Write {_form(name, option)}.",
            )
        chosen[name] = word
    return chosen


def _form(name: str, option: Option) -> str:
    if option.kind == "date":
        return f"`{name}` with a date"
    return f"`{name}` with one of {', '.join(option.choices)}"


def _in_force(
    preset: Preset, chosen: Mapping[str, str], as_of: str, where: str
) -> dict[str, Figure]:
    """Of each figure that the options select, the latest that holds on the date.

    One that no rule is made of may begin later; it is left out then.
    """
    parse_time(as_of, where=f"{where}.as_of")
    found: dict[str, Figure] = {}
    later: dict[str, Figure] = {}
    for figure in sorted(preset.figures, key=lambda figure: figure.valid_from):
        if all(chosen[name] == word for name, word in figure.when.items()):
            if figure.valid_from <= as_of:
                found[figure.name] = figure
            else:
                later.setdefault(figure.name, figure)
    for name, figure in later.items():
        if name not in found and name in _used(preset).values():
            raise Invalid(
                "preset-too-early",
                f"{preset.name} knows its {name} from {figure.valid_from} on",
                where=where,
                cure="State the rules of that time yourself, without the preset.",
            )
    return found
