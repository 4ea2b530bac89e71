"""Names like those of a list: accents, order and slips of the pen do not hide anybody."""

from __future__ import annotations

import pytest

from tallystick.securities.sanctions import Listed, plain, screen
from tests.support.world import wallet

LISTED = [
    Listed(entry="S-1", names=("Kowalczyk, Zbigniew", "Zbyszek K.")),
    Listed(entry="S-2", names=("Ómar al-Rashīd",)),
]


@pytest.mark.parametrize("name", [
    "Zbigniew Kowalczyk", "KOWALCZYK ZBIGNIEW", "Zbigniew  Kowalczyk", "Zbigniev Kowalczyk",
])  # fmt: skip
def test_a_name_is_found_however_it_is_written(name: str) -> None:
    [match] = screen({wallet(1): (name,)}, LISTED)
    assert (match.who, match.entry) == (wallet(1), "S-1")
    assert match.likeness >= 85


def test_accents_and_hyphens_do_not_hide_anybody() -> None:
    assert plain("Ómar al-Rashīd") == "omar al rashid"
    [match] = screen({wallet(1): ("Omar Al Rashid",)}, LISTED)
    assert (match.entry, match.likeness) == ("S-2", 100)


def test_other_people_are_left_alone() -> None:
    people = {wallet(1): ("Zoe Kowalski", "Al Green"), wallet(2): ("Maria Rossi",)}
    assert screen(people, LISTED) == []


def test_the_likest_comes_first_and_an_entry_once() -> None:
    people = {wallet(1): ("Zbigniev Kowalczyk",), wallet(2): ("Maria Rossi", "Omar al-Rashid")}
    assert [match.entry for match in screen(people, LISTED)] == ["S-2", "S-1"]


def test_a_review_is_of_the_names_that_an_entry_had() -> None:
    other = Listed(entry="S-1", names=("Zbigniew Kowalczyk",))
    assert other.seal != LISTED[0].seal
