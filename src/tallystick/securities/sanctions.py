"""Names compared with a list of sanctions, by likeness: whoever is like is looked at by a person.

Names are compared without case, accents, punctuation and order of words, in the letters of the
list: one in another script is found by an alias in that script. Likeness is that of RapidFuzz, 0 to
100.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

import msgspec
from rapidfuzz import fuzz, process

from tallystick.core.wallets import Wallet

LIKENESS_LEAST = 85
SEAL_LENGTH = 16
_NO_LETTER = re.compile(r"[^\w ]+")

Report = Callable[[int, int], None]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a list: its number there, and all names it goes by."""

    entry: str
    names: tuple[str, ...]

    @property
    def seal(self) -> str:
        """A digest of its names: a review counts as long as they are the same."""
        return sha256("\n".join(self.names).encode()).hexdigest()[:SEAL_LENGTH]


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose name is like one of a list; `likeness` is of 100."""

    who: Wallet
    entry: str
    seal: str
    likeness: int


def plain(name: str) -> str:
    """A name without case, accents and punctuation."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(_NO_LETTER.sub(" ", letters).split())


def screen(
    people: Mapping[Wallet, Sequence[str]], listed: list[Listed], *, least: int = LIKENESS_LEAST,
    report: Report | None = None,
) -> list[Match]:  # fmt: skip
    """Everybody, by home wallet and all names behind it, who is like an entry; the likest first."""
    owners = [each for each in listed for _ in each.names]
    names = [plain(name) for each in listed for name in each.names]
    found: dict[tuple[Wallet, str, str], int] = {}
    for at, (who, his) in enumerate(people.items(), start=1):
        for name in his:
            alike = process.extract(
                plain(name), names, scorer=fuzz.token_sort_ratio, score_cutoff=least, limit=None
            )
            for _, likeness, place in alike:
                key = (who, owners[place].entry, owners[place].seal)
                found[key] = max(found.get(key, 0), round(likeness))
        if report is not None:
            report(at, len(people))
    matches = [
        Match(who=who, entry=entry, seal=seal, likeness=likeness)
        for (who, entry, seal), likeness in found.items()
    ]
    return sorted(matches, key=lambda match: (-match.likeness, match.who, match.entry))
