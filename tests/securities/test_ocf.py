"""Books in Open Cap Format: the demo's is read right, and an incoherent one is named defect by
defect.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
from pydantic import ValidationError
from pyocf.captable import FILEMAP
from pyocf.files.ocfmanifestfile import OCFManifestFile

from tallystick.core.errors import InvalidFile
from tallystick.securities.ocf import read_ocf

ORACLE = Path(__file__).parents[1] / "data" / "demo_positions.csv"


def demo_files() -> dict[str, bytes]:
    source = resources.files("tallystick.demo") / "book"
    return {
        entry.name: entry.read_bytes()
        for entry in source.iterdir()
        if entry.name.endswith(".ocf.json")
    }


def test_positions_of_the_demo_equal_an_independent_count() -> None:
    book = read_ocf(demo_files())
    references = {stakeholder.id: stakeholder.reference for stakeholder in book.stakeholders}
    found: Counter[tuple[str, str]] = Counter()
    for position in book.positions:
        key = references[position.stakeholder_id], book.stock_classes[position.stock_class_id]
        found[key] += int(position.quantity)
    with ORACLE.open() as file:
        expected = {
            (row["issuer_assigned_id"], row["stock_class"]): int(row["shares"])
            for row in csv.DictReader(file)
        }
    assert found == expected


def test_the_demo_has_what_it_promises() -> None:
    book = read_ocf(demo_files())
    assert len(book.stakeholders) >= 30
    assert len(book.stock_classes) >= 2
    assert len({stakeholder.country for stakeholder in book.stakeholders}) >= 5


def _with(name: str, change: object) -> dict[str, bytes]:
    files = demo_files()
    document = json.loads(files[name])
    change(document)  # type: ignore[operator]
    files[name] = json.dumps(document).encode()
    return files


def _codes(files: dict[str, bytes]) -> Counter[str]:
    with pytest.raises(InvalidFile) as raised:
        read_ocf(files)
    assert all(defect.where for defect in raised.value.defects)
    return Counter(defect.code for defect in raised.value.defects)


def test_a_reference_that_leads_nowhere_is_named() -> None:
    def change(document: dict[str, list[dict[str, str]]]) -> None:
        document["items"][0]["stakeholder_id"] = "nobody"

    assert "ocf-dangling" in _codes(_with("Transactions.ocf.json", change))


def test_an_id_that_stands_twice_is_named() -> None:
    def change(document: dict[str, list[dict[str, str]]]) -> None:
        document["items"].append(document["items"][0])

    assert _codes(_with("Stakeholders.ocf.json", change)) == {"ocf-id-duplicate": 1}


def test_a_transaction_that_cannot_be_carried_is_named() -> None:
    def change(document: dict[str, list[dict[str, str]]]) -> None:
        document["items"].append({"object_type": "TX_STOCK_DIVISION", "id": "split-1"})

    assert "ocf-kind-unsupported" in _codes(_with("Transactions.ocf.json", change))


def test_all_defects_are_told_at_once() -> None:
    def change(document: dict[str, list[dict[str, str]]]) -> None:
        for item in document["items"][:5]:
            item["stakeholder_id"] = "nobody"

    assert _codes(_with("Transactions.ocf.json", change))["ocf-dangling"] == 5


@pytest.mark.parametrize("name", sorted(demo_files()))
def test_the_demo_is_valid_by_the_schemas_of_the_format(name: str) -> None:
    """By `pyocf`, whose classes are generated from the schemas of OCF 1.2.0."""
    document = json.loads(demo_files()[name])
    schemas = {kind.model_fields["file_type"].default: kind for _, kind in FILEMAP}
    schemas["OCF_MANIFEST_FILE"] = OCFManifestFile
    schemas[document["file_type"]].model_validate(document)
    spoilt = {**document, "items" if "items" in document else "ocf_version": [{"id": 7}]}
    with pytest.raises(ValidationError):
        schemas[document["file_type"]].model_validate(spoilt)
