"""Errors: a small tree, each error with a stable code, a place and a cure.

A business "no" is no error: rules return refusals as values. What is raised here is bad input, a
thing that is not there, a clash with what exists, or something outside that does not answer.
"""

from __future__ import annotations


class TallystickError(Exception):
    """Base of all errors that a user can do something about.

    `code` is kebab-case and never reused; the error reference has a heading for each.
    """

    exit_code = 1

    def __init__(self, code: str, message: str, *, where: str = "", cure: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where
        self.cure = cure

    def __str__(self) -> str:
        """Code, message, place and cure on one line."""
        place = f" (at {self.where})" if self.where else ""
        cure = f" {self.cure}" if self.cure else ""
        return f"{self.code}: {self.message}{place}.{cure}"


class Misused(TallystickError):
    """A command line that is malformed."""

    exit_code = 2


class Invalid(TallystickError):
    """Input that is malformed or out of bounds."""

    exit_code = 3


class NotFound(TallystickError):
    """Something named that does not exist."""

    exit_code = 4


class Conflict(TallystickError):
    """Something that clashes with what exists already."""

    exit_code = 5


class Refused(TallystickError):
    """An act that the rules or the chain refuse; nothing was changed."""

    exit_code = 6


class Interrupted(TallystickError):
    """A command that somebody cut off."""

    exit_code = 130


class Unavailable(TallystickError):
    """Something outside that does not answer, or not as it should."""

    exit_code = 7


class InvalidFile(Invalid):
    """A file with one or more defects; all of them are listed and nothing was taken from it."""

    def __init__(self, code: str, path: str, defects: list[Invalid]) -> None:
        count = len(defects)
        noun = "defect" if count == 1 else "defects"
        super().__init__(code, f"{path} has {count} {noun}; nothing was changed", where=path)
        self.defects = defects
