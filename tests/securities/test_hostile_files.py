"""Files that were damaged in any way are read, or refused with defects; nothing else happens."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import zipfile
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tallystick.app.books import open_book
from tallystick.app.holders_csv import read_rows
from tallystick.core.errors import InvalidFile
from tallystick.securities.ocf import read_ocf
from tallystick.securities.ocf.references import DEFINITIONS
from tallystick.securities.packing import pack_rules
from tallystick.securities.terms import read_terms

BOOK = resources.files("tallystick.demo") / "book"
FILES = {item.name: json.loads(item.read_bytes()) for item in BOOK.iterdir()
         if item.name.endswith(".ocf.json")}  # fmt: skip
TERMS = (BOOK / "terms.toml").read_text()
ROWS = """reference,name,kind,country,email,wallet,verified,accredited
H-1,Ada,person,DE,a@example.org,0x52908400098527886E0F7030069857D2E4169EE7,never,2031-01-01
H-2,"Bo, jr.",trust,US,,,2031-01-01,
"""

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
edits = st.tuples(st.integers(0, 10**6), st.integers(0, 12), st.text(max_size=6))


def edited(text: str, changes: list[tuple[int, int, str]]) -> str:
    """The text with pieces cut out and others put in."""
    for at, length, inserted in changes:
        start = at % (len(text) + 1)
        text = text[:start] + inserted + text[start + length :]
    return text


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every member of a document, as (container, key)."""
    found: list[tuple[Any, Any]] = []
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        found.append((value, key))
        if isinstance(member, dict | list):
            found += places(member)
    return found


@given(st.lists(st.tuples(st.integers(0, 10**6), anything), min_size=1, max_size=4))
@settings(max_examples=150)
def test_a_book_with_any_value_in_any_place(changes: list[tuple[int, Any]]) -> None:
    files = copy.deepcopy(FILES)
    for at, value in changes:
        spots = places(files)
        container, key = spots[at % len(spots)]
        container[key] = value
    with contextlib.suppress(InvalidFile):
        read_ocf({name: json.dumps(document).encode() for name, document in files.items()})


@pytest.mark.parametrize("value", [311, "x", {}, [311], None, 1.5, True])
@pytest.mark.parametrize("place", [place for place, _, _ in DEFINITIONS])
def test_a_book_whose_lists_of_definitions_are_none(place: str, value: Any) -> None:
    """A number where vesting conditions should stand was no defect of the book, but a crash."""
    files = copy.deepcopy(FILES)
    spots = [(container, key) for container, key in places(files) if key == place]
    for container, key in spots:
        container[key] = value
    with contextlib.suppress(InvalidFile):
        read_ocf({name: json.dumps(document).encode() for name, document in files.items()})


@given(st.lists(edits, min_size=1, max_size=3))
@example([(0, 10**6, "[[security]]\nholding_period_days = 1e400")])
@settings(max_examples=200)
def test_terms_with_any_damage(changes: list[tuple[int, int, str]]) -> None:
    with contextlib.suppress(InvalidFile):
        for terms in read_terms(edited(TERMS, changes)).securities:
            terms.asset_id()
            pack_rules(terms.rules)


@given(st.lists(edits, min_size=1, max_size=3))
@settings(max_examples=200)
def test_a_list_of_holders_with_any_damage(changes: list[tuple[int, int, str]]) -> None:
    with contextlib.suppress(InvalidFile):
        read_rows(edited(ROWS, changes), "holders.csv")


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, document in FILES.items():
            archive.writestr(name, json.dumps(document))
    return target.getvalue()


ZIPPED = zipped()


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8))
@settings(max_examples=150)
def test_a_zip_with_any_bytes_changed(changes: list[tuple[int, int]]) -> None:
    data = bytearray(ZIPPED)
    for at, value in changes:
        data[at % len(data)] = value
    with TemporaryDirectory() as folder:
        path = Path(folder) / "book.zip"
        path.write_bytes(bytes(data))
        with contextlib.suppress(InvalidFile):
            open_book(path)


@pytest.mark.parametrize("left", [0, 1, 100, len(ZIPPED) // 2, len(ZIPPED) - 1])
def test_a_zip_that_was_cut_off(tmp_path: Path, left: int) -> None:
    path = tmp_path / "book.zip"
    path.write_bytes(ZIPPED[:left])
    with pytest.raises(InvalidFile):
        open_book(path)
