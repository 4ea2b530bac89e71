"""The dossier of an asset behind a security: what is known of it, and until when that holds.

Every entry has the day on which it was established and the day from which it no longer does. Once
an entry is stale, a venue is to halt trading until it is renewed: `halts` says so, and why.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec

from tallystick.core.errors import Invalid, InvalidFile
from tallystick.core.fields import Fields, parse_document
from tallystick.core.times import FOREVER_DAY, parse_day, show_day
from tallystick.core.vehicles import Vehicle, decode_vin

# Days for which an entry holds unless the dossier says otherwise.
FRESH_DAYS = {
    "title": 365, "lien": 90, "insurance": 0, "odometer": 365, "parcel": 365, "valuation": 365,
    "rent": 90,
}  # fmt: skip
REQUIRED = {
    "vehicle": ("title", "insurance", "odometer"),
    "property": ("parcel", "valuation"),
}
TEXTS = {
    "title": ("number", "state"), "lien": ("holder", "amount"), "insurance": ("policy", "insurer"),
    "odometer": ("unit",), "parcel": ("number", "registry"), "valuation": ("amount", "by"),
    "rent": ("premises", "amount"),
}  # fmt: skip
UNITS = ("km", "mi")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing known: what it says, its evidence, and the days between which it holds."""

    kind: str
    says: dict[str, str]
    established_day: int
    stale_day: int
    reading: int | None = None
    evidence: str = ""

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        said = ", ".join(f"{name} {text}" for name, text in self.says.items())
        reading = f"{self.reading:,} " if self.reading is not None else ""
        return f"{self.kind}: {reading}{said}"


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an asset; a vehicle has its VIN decoded."""

    kind: str
    entries: tuple[Entry, ...]
    vehicle: Vehicle | None = None


class Halt(msgspec.Struct, frozen=True, kw_only=True):
    """Why trading is to stop, and what starts it again."""

    kind: str
    why: str
    since_day: int
    cure: str


def read_dossier(text: str, *, path: str = "dossier.toml") -> Dossier:
    """Read a dossier; raises `InvalidFile` with every defect and its place."""
    root = parse_document(text, path=path, code="dossier-invalid")
    defects = root.defects
    kind = root.choice("kind", tuple(REQUIRED))
    vehicle = root.parsed("vin", decode_vin, None)
    entries = tuple(entry for each in root.tables("entries") if (entry := _entry(each)) is not None)
    root.finish()
    if kind == "vehicle" and vehicle is None and not defects:
        root.defect("field-missing", "vin", "A vehicle is known by its VIN",
                    cure="Add `vin`, as the vehicle's papers give it.")  # fmt: skip
    for missing in REQUIRED.get(kind, ()):
        if all(entry.kind != missing for entry in entries):
            root.defect("entry-missing", "entries", f"There is no {missing}",
                        cure=f"Add an entry of kind {missing!r}.")  # fmt: skip
    _check_readings(root, entries)
    if defects:
        raise InvalidFile("dossier-invalid", path, defects)
    return Dossier(kind=kind, entries=entries, vehicle=vehicle)


def _entry(fields: Fields) -> Entry | None:
    kind = fields.choice("kind", tuple(FRESH_DAYS))
    if kind not in FRESH_DAYS:
        return None
    says = {name: fields.text(name) for name in TEXTS[kind]}
    reading = fields.integer("reading") if kind == "odometer" else None
    if kind == "odometer" and says["unit"] not in UNITS:
        fields.defect("field-choice", "unit", "An odometer counts km or mi",
                      cure="Write one of km, mi.")  # fmt: skip
    established = fields.parsed("established", parse_day, 0)
    until = fields.parsed("until", parse_day, 0)
    if not established:
        fields.defect("field-missing", "established", "It was established on some day",
                      cure="Add `established` with a date.")  # fmt: skip
    if not until and not FRESH_DAYS[kind]:
        fields.defect("field-missing", "until", f"{kind.capitalize()} ends on a day",
                      cure="Add `until`, the first day on which it no longer holds.")  # fmt: skip
    if until and until <= established:
        fields.defect("until-too-early", "until", "It ends before it was established",
                      cure="Correct one of the two dates.")  # fmt: skip
    entry = Entry(
        kind=kind,
        says=says,
        established_day=established,
        stale_day=until or min(established + FRESH_DAYS[kind], FOREVER_DAY),
        reading=reading,
        evidence=fields.text("evidence", ""),
    )
    fields.finish()
    return entry


def _check_readings(root: Fields, entries: tuple[Entry, ...]) -> None:
    """An odometer does not run backwards."""
    readings = sorted(
        (entry for entry in entries if entry.reading is not None),
        key=lambda entry: entry.established_day,
    )
    for earlier, later in pairwise(readings):
        if earlier.says == later.says and (later.reading or 0) < (earlier.reading or 0):
            root.defect(
                "odometer-backwards", "entries",
                f"The reading of {show_day(later.established_day)} is less than that of "
                f"{show_day(earlier.established_day)}",
                cure="Find out which is wrong; a replaced instrument needs a title that says so.",
            )  # fmt: skip


def require_no_lower(dossier: Dossier, before: Dossier) -> None:
    """Raise `Invalid` if the last reading of an odometer is lower than in the version before."""
    last, known = _last_reading(dossier), _last_reading(before)
    if last is None or known is None or last.says != known.says:
        return
    if (last.reading or 0) < (known.reading or 0):
        raise Invalid(
            "odometer-lower", f"It reads {last.reading:,}, the version before {known.reading:,}",
            where="entries",
            cure="Find out which is wrong; a replaced instrument needs a title that says so.",
        )  # fmt: skip


def _last_reading(dossier: Dossier) -> Entry | None:
    read = [entry for entry in dossier.entries if entry.reading is not None]
    return max(read, key=lambda entry: entry.established_day) if read else None


def halts(dossier: Dossier, day: int) -> list[Halt]:
    """Why trading is to stop on a UTC day; nothing if everything that is needed is fresh.

    Of each kind the latest entry counts; each lien and each let part of a property for itself.
    """
    latest: dict[tuple[str, ...], Entry] = {}
    for entry in sorted(dossier.entries, key=lambda entry: entry.established_day):
        own = tuple(entry.says.values()) if entry.kind in {"lien", "rent"} else ()
        latest[(entry.kind, *own)] = entry
    return [
        Halt(
            kind=entry.kind,
            why=f"{entry.title} has not held since {show_day(entry.stale_day)}",
            since_day=entry.stale_day,
            cure=f"Have a newer {entry.kind} put into the dossier.",
        )
        for entry in latest.values()
        if entry.stale_day <= day
    ]


def as_body(dossier: Dossier) -> dict[str, Any]:
    """A dossier as it is written to the business journal."""
    body: dict[str, Any] = msgspec.to_builtins(dossier)
    return body
