"""What is outstanding after every kind of transaction, beside books that count for themselves."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.errors import InvalidFile
from tallystick.securities.ocf import CapTable, read_ocf
from tests.support.ocf_books import COMMON, Maker, make_book
from tests.support.ocf_reader import Read


def units(book: CapTable) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for each in book.positions:
        found[each.stakeholder_id, each.stock_class_id] += int(each.quantity)
    return found


@settings(deadline=None)
@given(seed=st.integers(0, 10**9))
def test_books_of_all_kinds_come_to_what_was_counted(seed: int) -> None:
    made = make_book(seed)
    book = read_ocf(made.files())
    assert units(book) == +made.units()
    claims = {each.security_id: each.quantity for each in book.claims}
    assert claims == {**made.awards, **made.convertibles}


@pytest.mark.parametrize("seed", range(5))
def test_such_books_are_valid_and_another_reader_counts_the_same(seed: int, tmp_path: Path) -> None:
    made = make_book(seed)
    path = tmp_path / "book.zip"
    path.write_bytes(made.zipped())
    assert Read(path).units() == made.units()


@given(seed=st.integers(0, 10**6), order=st.randoms())
@settings(deadline=None)
def test_the_order_of_a_day_does_not_matter_but_for_splits(seed: int, order: Any) -> None:
    made = make_book(seed, acts=15)
    transactions = made.transactions
    by_day: dict[str, list[Any]] = {}
    for each in transactions:
        by_day.setdefault(each["date"], []).append(each)
    for day in by_day.values():
        if not any(each["object_type"] == "TX_STOCK_CLASS_SPLIT" for each in day):
            order.shuffle(day)
    made.transactions = [each for day in by_day.values() for each in day]
    assert units(read_ocf(made.files())) == +made.units()


def _book(*acts: Any) -> Maker:
    made = Maker(0)
    made.issue(made.people[0], COMMON, 100)
    for act in acts:
        act(made)
    return made


def _transfer(made: Maker, quantity: int, got: int, rest: int | None) -> None:
    result = made.issue(made.people[1], COMMON, got)
    more = {"balance_security_id": made.issue(made.people[0], COMMON, rest)} if rest else {}
    made.write("STOCK_TRANSFER", security_id="sec-1", quantity=str(quantity),
               resulting_security_ids=[result], **more)  # fmt: skip


@pytest.mark.parametrize(("act", "code"), [
    (lambda made: _transfer(made, 40, 40, None), "ocf-balance-differs"),
    (lambda made: _transfer(made, 40, 40, 50), "ocf-balance-differs"),
    (lambda made: _transfer(made, 100, 100, 10), "ocf-balance-differs"),
    (lambda made: _transfer(made, 140, 140, None), "ocf-balance-differs"),
    (lambda made: _transfer(made, 40, 41, 60), "ocf-result-differs"),
    (lambda made: made.write("STOCK_RETRACTION", security_id="sec-0", reason_text=""),
     "ocf-not-held"),
    (lambda made: made.write("STOCK_REPURCHASE", security_id="sec-1"), "ocf-field-missing"),
    (lambda made: made.write("STOCK_CLASS_SPLIT", stock_class_id=COMMON), "ocf-field-missing"),
    (lambda made: made.write("STOCK_CLASS_SPLIT", stock_class_id=COMMON,
                             split_ratio={"numerator": "0", "denominator": "1"}), "quantity-zero"),
    (lambda made: made.write("STOCK_REISSUANCE", security_id="sec-1",
                             resulting_security_ids=[made.issue(made.people[0], COMMON, 99)]),
     "ocf-result-differs"),
])  # fmt: skip
def test_units_are_neither_lost_nor_made(act: Any, code: str) -> None:
    with pytest.raises(InvalidFile) as error:
        read_ocf(_book(act).files())
    assert code in {each.code for each in error.value.defects}


def test_a_holding_period_goes_on_in_what_remains_and_what_is_converted() -> None:
    made = Maker(0)
    made.issue(made.people[0], COMMON, 100)
    made.day = made.day.replace(year=2023)
    _transfer(made, 40, 40, 60)
    book = read_ocf(made.files())
    years = {each.quantity: each.acquired_at // (365 * 86_400) + 1970 for each in book.positions}
    assert years == {"40": 2023, "60": 2020}
