"""The notice of a meeting: when it is, who votes, and on what. Read from `meeting.toml`."""

from __future__ import annotations

import re

import msgspec

from tallystick.core.errors import Invalid, InvalidFile
from tallystick.core.fields import Fields, parse_document
from tallystick.core.times import parse_close, parse_time
from tallystick.core.units import BASIS_POINTS
from tallystick.securities.ballots.meetings import CLASSES_MAX, ITEMS_MAX
from tallystick.securities.ballots.polls import BASES, OPTIONS_MAX, RESOLUTION, Item

RATIO_MAX = 65_535
VOTES_MAX = 2**32
_RATIO = re.compile(r"([0-9]{1,5})/([0-9]{1,5})")


class VotingClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class that votes; `votes` of a whole unit, 0 for what its terms say."""

    symbol: str
    votes: int = 0


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is voted on: the text, the options by name, and how it is decided."""

    text: str
    options: tuple[str, ...]
    item: Item


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice; times in UTC seconds, `record_at` 0 for when the meeting is called."""

    title: str
    opens_at: int
    closes_at: int
    record_at: int
    quorum_bps: int
    classes: tuple[VotingClass, ...]
    questions: tuple[Question, ...]


def read_notice(text: str, *, path: str = "meeting.toml") -> Notice:
    """A notice from its TOML. Raises `InvalidFile` with every defect and its place."""
    root = parse_document(text, path=path, code="notice-invalid")
    notice = Notice(
        title=root.text("title"),
        opens_at=root.parsed("opens", parse_time, 0),
        closes_at=root.parsed("closes", parse_time, 0),
        record_at=root.parsed("record_date", parse_close, 0),
        quorum_bps=root.integer("quorum_bps", 0, highest=BASIS_POINTS),
        classes=tuple(_class(fields) for fields in root.tables("classes")),
        questions=tuple(_question(fields) for fields in root.tables("items")),
    )
    root.finish()
    _check(notice, root)
    if root.defects:
        raise InvalidFile("notice-invalid", path, root.defects)
    return notice


def _check(notice: Notice, root: Fields) -> None:
    if not notice.opens_at < notice.closes_at:
        root.defect("meeting-without-time", "closes", "It closes before it opens",
                    cure="Name a time after `opens`.")  # fmt: skip
    if notice.record_at >= notice.closes_at > 0:
        root.defect("record-date-late", "record_date", "It lies after the meeting",
                    cure="Name a date before `closes`.")  # fmt: skip
    for name, found, most in (("classes", notice.classes, CLASSES_MAX),
                              ("items", notice.questions, ITEMS_MAX)):  # fmt: skip
        if not 0 < len(found) <= most:
            root.defect("list-length", name, f"There are {len(found)}",
                        cure=f"Write 1 to {most} of them.")  # fmt: skip
    symbols = [each.symbol for each in notice.classes]
    if len(set(symbols)) < len(symbols):
        root.defect("symbol-duplicate", "classes", "A class stands twice",
                    cure="Name each of them once.")  # fmt: skip


def _class(fields: Fields) -> VotingClass:
    found = VotingClass(symbol=fields.text("symbol"),
                        votes=fields.integer("votes", 0, highest=VOTES_MAX))  # fmt: skip
    fields.finish()
    return found


def _question(fields: Fields) -> Question:
    text, candidates = fields.text("text"), fields.texts("candidates")
    by_class = fields.flag("by_class", default=False)
    if candidates is None:
        numerator, denominator = fields.parsed("majority", _ratio, (1, 2))
        basis = fields.choice("of", BASES, BASES[0])
        item = Item(
            numerator=numerator, denominator=denominator, by_class=by_class,
            at_least=fields.flag("at_least", default=False),
            basis=BASES.index(basis) if basis in BASES else 0,
        )  # fmt: skip
        fields.finish()
        return Question(text=text, options=RESOLUTION, item=item)
    seats = fields.integer("seats", 1, lowest=1, highest=OPTIONS_MAX)
    cumulative = fields.flag("cumulative", default=False)
    if not max(seats, 2) <= len(candidates) <= OPTIONS_MAX:
        fields.defect("candidates-count", "candidates", f"There are {len(candidates)} for {seats}",
                      cure=f"Name {max(seats, 2)} to {OPTIONS_MAX} of them.")  # fmt: skip
    fields.finish()
    item = Item(options=len(candidates), seats=seats, cumulative=cumulative)
    return Question(text=text, options=tuple(candidates), item=item)


def _ratio(text: str, *, where: str) -> tuple[int, int]:
    found = _RATIO.fullmatch(text)
    ratio = (int(found[1]), int(found[2])) if found else (1, 0)
    if not 0 <= ratio[0] <= ratio[1] <= RATIO_MAX or not ratio[1]:
        raise Invalid("majority-malformed", f"{text!r} is no majority", where=where,
                      cure="Write a fraction such as 1/2 or 2/3.")  # fmt: skip
    return ratio
