"""Reads members out of a parsed document and gathers every defect, each with its place.

A reader does not stop at the first mistake: whoever wrote the document wants to mend all at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from tallystick.core.errors import Invalid, InvalidFile

T = TypeVar("T")
INTEGER_MAX = 2**31 - 1

# What a member may be, in words, and how it is written.
FORMS = {
    "str": ("a string", "Write it between quotes."),
    "int": ("a whole number", "Write digits alone, without quotes."),
    "bool": ("true or false", "Write true or false, without quotes."),
    "list": ("a list", "Write it between square brackets."),
    "dict": ("a table", "Write it as names with their values."),
}


def parse_document(text: str, *, path: str, code: str) -> Fields:
    """The root of a document in TOML. Raises `InvalidFile` of that code if it is malformed."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        defect = Invalid("toml-malformed", str(error), where=path,
                         cure="Correct the TOML at the place named.")  # fmt: skip
        raise InvalidFile(code, path, [defect]) from error
    return Fields(document, "", [])


class Fields:
    """One table of a document. Ask for its members, then `finish` to name those not known."""

    def __init__(self, table: dict[str, Any], where: str, defects: list[Invalid]) -> None:
        self.where = where
        self.defects = defects
        self._table = table
        self._asked: set[str] = set()

    def place(self, name: str) -> str:
        """Where a member stands in the document."""
        return f"{self.where}.{name}" if self.where else name

    def defect(self, code: str, name: str, message: str, *, cure: str) -> None:
        """Note a defect of a member."""
        self.defects.append(Invalid(code, message, where=self.place(name), cure=cure))

    def has(self, name: str) -> bool:
        """Whether a member is there."""
        self._asked.add(name)
        return name in self._table

    def text(self, name: str, default: str | None = None) -> str:
        """A string that is not empty; without a default it must be there."""
        value = self._get(name, str, default)
        if value == "" and default != "":
            self.defect(
                "field-empty", name, "It is empty", cure="Write its value between the quotes."
            )
        return value if value is not None else ""

    def integer(
        self, name: str, default: int | None = None, *, lowest: int = 0, highest: int = INTEGER_MAX
    ) -> int:
        """A whole number, from `lowest` to `highest`."""
        value = self._get(name, int, default)
        if value is not None and value > highest:
            self.defect(
                "field-too-high",
                name,
                f"{value} is more than {highest}",
                cure=f"Write {highest} or less.",
            )
            return highest
        if value is not None and value < lowest:
            self.defect(
                "field-too-low",
                name,
                f"{value} is less than {lowest}",
                cure=f"Write {lowest} or more.",
            )
        return value if value is not None else lowest

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._get(name, bool, default)
        return default if value is None else value

    def choice(self, name: str, among: tuple[str, ...], default: str | None = None) -> str:
        """One of some words."""
        value = self.text(name, default)
        if value not in among and (value or name in self._table):
            known = ", ".join(word for word in among if word)
            self.defect(
                "field-choice",
                name,
                f"{value!r} is none of {', '.join(among)}",
                cure=f"Write one of {known}.",
            )
        return value

    def texts(self, name: str) -> list[str] | None:
        """A list of strings; None if it is not there."""
        value = self._get(name, list, [])
        if name not in self._table or value is None:
            return None
        if not all(isinstance(member, str) for member in value):
            self.defect(
                "field-type",
                name,
                "Every member must be a string",
                cure="Write each of them between quotes.",
            )
            return None
        return value

    def parsed(self, name: str, parse: Callable[..., T], default: T) -> T:
        """What `parse` makes of a string, or the default if it is not there."""
        if not self.has(name):
            return default
        text = self.text(name)
        try:
            return parse(text, where=self.place(name)) if text else default
        except Invalid as error:
            self.defects.append(error)
            return default

    def table(self, name: str) -> Fields:
        """A table within; an empty one if it is not there."""
        value = self._get(name, dict, {})
        return Fields(value if isinstance(value, dict) else {}, self.place(name), self.defects)

    def tables(self, name: str) -> Iterator[Fields]:
        """The tables of a list."""
        value = self._get(name, list, [])
        for at, member in enumerate(value or []):
            if isinstance(member, dict):
                yield Fields(member, f"{self.place(name)}[{at}]", self.defects)
            else:
                self.defect(
                    "field-type",
                    f"{name}[{at}]",
                    "It must be a table",
                    cure=f"Write each entry of `{name}` as a table.",
                )

    def finish(self) -> None:
        """Note the members that nobody asked for: misspelt, or of another version."""
        for name in self._table:
            if name not in self._asked:
                known = ", ".join(sorted(self._asked))
                self.defect(
                    "field-unknown",
                    name,
                    "There is no such field here",
                    cure=f"Known are: {known}.",
                )

    def _get(self, name: str, kind: type[T], default: T | None) -> T | None:
        self._asked.add(name)
        if name not in self._table:
            if default is None:
                self.defect("field-missing", name, "It is missing", cure=f"Add `{name}`.")
            return default
        value = self._table[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            expected, cure = FORMS[kind.__name__]
            self.defect("field-type", name, f"It must be {expected}, not {value!r}", cure=cure)
            return default
        return value
