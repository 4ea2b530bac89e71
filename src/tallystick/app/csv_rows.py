"""Rows of a CSV that somebody keeps in a spreadsheet, every defect of every row named.

A defect names line and column, and never what stands there: in a list whose columns have shifted
that may be a name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from tallystick.core.errors import Invalid, InvalidFile


class Row:
    """One row. Ask for its cells; what is wrong with them is added to the defects of the table."""

    def __init__(self, cells: dict[str, str], where: str, defects: list[Invalid]) -> None:
        self.where = where
        self._cells = cells
        self._defects = defects

    def text(self, name: str, default: str = "") -> str:
        """A cell without the blanks around it; the default if it is empty or there is none."""
        return self._cells.get(name, "") or default

    def required(self, name: str) -> str:
        """A cell that may not be empty."""
        text = self.text(name)
        if not text:
            self.defect("field-empty", f"{name} is empty", cure=f"Fill the column `{name}`.")
        return text

    def choice(self, name: str, among: tuple[str, ...]) -> str:
        """One of some words, the first of them if the cell is empty."""
        text = self.text(name, among[0])
        if text not in among:
            self.defect("field-choice", f"The {name} is none of those known",
                        cure=f"Write one of {', '.join(among)}.")  # fmt: skip
        return text

    def parsed(self, name: str, parse: Callable[..., Any], default: Any = None) -> Any:
        """A cell as read by a parser; the default if it is empty or no such thing."""
        text = self.text(name)
        if not text:
            return default
        try:
            return parse(text, where=self.where)
        except Invalid as error:
            message = f"What stands in column {name!r} is no {name.replace('_', ' ')}"
            self.defect(error.code, message, cure=error.cure)
            return default

    def defect(self, code: str, message: str, *, cure: str) -> None:
        """Note a defect of this row."""
        self._defects.append(Invalid(code, message, where=self.where, cure=cure))


class Table:
    """The rows of a CSV. Read them all, then `finish`."""

    def __init__(
        self, text: str, path: str, *, columns: tuple[str, ...], required: tuple[str, ...]
    ) -> None:
        self.defects: list[Invalid] = []
        self.rows: list[Row] = []
        self._path = path
        reader = csv.reader(io.StringIO(_with_plain_ends(text), newline=""), strict=True)
        try:
            header = self._header(reader)
            self.defects += _header_defects(header, self._place(reader), columns, required)
            for cells in reader if not self.defects else ():
                if any(cell.strip() for cell in cells):
                    self._add(header, cells, self._place(reader))
        except csv.Error as error:
            self.defects.append(Invalid(
                "csv-malformed", f"This is no CSV: {error}", where=self._place(reader),
                cure="Check quotes and line ends; save it as CSV anew.",
            ))  # fmt: skip
        if not self.rows and not self.defects:
            self.defects.append(Invalid("rows-missing", "There is no row below the header",
                                        where=path, cure="Add a row for each."))  # fmt: skip

    def _place(self, reader: Any) -> str:
        return f"{self._path}: line {reader.line_num}"

    @staticmethod
    def _header(reader: Iterator[list[str]]) -> list[str]:
        """The first line that is not blank, without empty cells at its end."""
        cells = next((cells for cells in reader if any(map(str.strip, cells))), [])
        names = [cell.strip() for cell in cells]
        while names and not names[-1]:
            names.pop()
        return names

    def _add(self, header: list[str], cells: list[str], where: str) -> None:
        while len(cells) > len(header) and not cells[-1].strip():
            cells.pop()
        if len(cells) != len(header):
            self.defects.append(Invalid(
                "row-length", f"The row has {len(cells)} cells, the first line {len(header)}",
                where=where, cure="Give every column a cell, and quote cells that hold commas.",
            ))  # fmt: skip
            return
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        self.rows.append(Row(row, where, self.defects))

    def name_duplicates(self, name: str) -> None:
        """Note every row whose cell in a column stands in an earlier row too."""
        seen: dict[str, str] = {}
        for row in self.rows:
            value = row.text(name).lower()
            if value and value in seen:
                row.defect(
                    "row-duplicate",
                    f"The {name} stands at {seen[value]} already",
                    cure=f"Leave one of the two rows out, or correct its {name}.",
                )
            seen.setdefault(value, row.where.removeprefix(f"{self._path}: "))

    def finish(self, code: str) -> None:
        """Raise `InvalidFile` with all defects, if there are any."""
        if self.defects:
            raise InvalidFile(code, self._path, self.defects)


def _with_plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _header_defects(
    header: list[str], where: str, columns: tuple[str, ...], required: tuple[str, ...]
) -> Iterator[Invalid]:
    known = f"Known are: {', '.join(columns)}."
    if not set(header) & set(required):
        separated = any(mark in name for name in header for mark in ";\t")
        yield Invalid(
            "header-missing", "The first line names none of the columns that are needed",
            where=where,
            cure="Save it as CSV with commas between columns." if separated else
            f"Begin with a line of column names, among them {', '.join(required)}.",
        )  # fmt: skip
        return
    for number, name in enumerate(header, start=1):
        if name not in columns:
            yield Invalid("column-unknown", f"Column {number} has no known name", where=where,
                          cure=known)  # fmt: skip
    for name in columns:
        if header.count(name) > 1:
            yield Invalid("column-duplicate", f"Column {name!r} stands twice", where=where,
                          cure="Leave one of the two out.")  # fmt: skip
    for name in required:
        if name not in header:
            yield Invalid("column-missing", f"Column {name!r} is missing", where=where,
                          cure=f"Add the column `{name}`.")  # fmt: skip
