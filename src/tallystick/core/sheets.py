"""Sheets: a document of headed tables, before anybody decides how it is printed."""

from __future__ import annotations

import msgspec


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading, what is said below it, and a table; columns from `figures` on are figures."""

    heading: str
    said: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    figures: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    total: tuple[str, ...] = ()


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A title, lines below it, sections; `foot` stands at the foot of every page."""

    title: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]
    foot: str = ""

    @property
    def texts(self) -> list[str]:
        """Everything that is written on it."""
        found = [self.title, *self.lines, self.foot]
        for each in self.sections:
            found += [each.heading, *each.said, *each.columns, *each.total]
            found += [cell for row in each.rows for cell in row]
        return found
