"""Entitlements, the list's tree and what became of distributions: pure, against naive models."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import Refused
from tallystick.core.sum_tree import EMPTY, SumTree, climb, leaf, parent
from tallystick.core.wallets import Wallet
from tallystick.securities.distribution.declared import Distribution
from tallystick.securities.distribution.entitlements import entitlements, lines_of
from tallystick.securities.distribution.faults import find_fault, shown
from tallystick.securities.distribution.payment_list import (
    PAGE_HOLDERS,
    PaymentList,
    Withheld,
    withholding_leaf,
)

BLANK = Distribution(reference=b"\x01" * 32, registry=Wallet("0x" + "1" * 40),
                     cash=Wallet("0x" + "2" * 40), payer=Wallet("0x" + "3" * 40), amount=1,
                     expires_at=0)  # fmt: skip


def wallet(number: int) -> Wallet:
    return Wallet(f"0x{number:040x}")


@given(amount=st.integers(1, 2**112 - 1), units=st.lists(st.integers(1, 2**100), min_size=1))
def test_every_payment_is_floor_or_ceiling_and_all_of_them_are_the_amount(
    amount: int, units: list[int]
) -> None:
    owed = entitlements(amount, units)
    assert sum(owed) == amount
    total = sum(units)
    for paid, each in zip(owed, units, strict=True):
        assert abs(paid - Fraction(amount * each, total)) < 1


def test_a_million_dollars_over_10_000_random_holders_leaves_no_cent() -> None:
    drawn = random.Random(20_261_123)
    units = [drawn.randrange(1, 10**7) for _ in range(10_000)]
    assert sum(entitlements(100_000_000, units)) == 100_000_000
    left = 100_000_000 - sum(100_000_000 * each // sum(units) for each in units)
    assert left > 4_000, "rounding every share down leaves so many cents"


@given(count=st.integers(1, 70), seed=st.integers(0, 99))
def test_the_tree_is_the_naive_one(count: int, seed: int) -> None:
    """All places of a power of two, each hashed with its neighbour, level by level."""
    drawn = random.Random(seed)
    lines = [(wallet(at + 1), drawn.randrange(10**9)) for at in range(count)]
    tree = SumTree(lines)
    level = [leaf(*line) for line in lines]
    while len(level) & (len(level) - 1):
        level.append(EMPTY)
    places = len(level)
    while len(level) > 1:
        level = [parent(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    assert tree.root == level[0]
    for index in range(places):
        start = leaf(*lines[index]) if index < count else EMPTY
        found, before = climb(start, index, tree.proof(index))
        assert found == tree.root
        assert before == sum(units for _, units in lines[:index])
    with pytest.raises(ValueError, match="beyond the list"):
        climb(leaf(*lines[0]), places, tree.proof(0))


def test_a_list_that_has_no_tree() -> None:
    for lines in ([], [(wallet(1), -1)], [(wallet(1), 2**112)]):
        with pytest.raises(ValueError, match=r"no tree|out of range"):
            SumTree(lines)


def test_the_issuers_own_and_who_holds_nothing_are_left_out() -> None:
    held = {wallet(3): 5, wallet(1): 7, wallet(2): 0, wallet(9): 11}
    assert lines_of(held, (wallet(9),)) == [(wallet(1), 7), (wallet(3), 5)]
    with pytest.raises(Refused, match="nobody-to-pay"):
        lines_of({wallet(9): 11, wallet(2): 0}, (wallet(9),))


def test_what_is_withheld_of_who_was_erased_is_not_made_up() -> None:
    """His commitment stands, so that all others can still be paid one by one."""
    lines = [(wallet(at + 1), 10) for at in range(3)]
    salt = b"\x07" * 32
    known = [Withheld(commitment=withholding_leaf(salt, one, 2), amount=2, salt=salt)
             for one, _ in lines]  # fmt: skip
    erased = Withheld(commitment=known[1].commitment, amount=None, salt=None)
    whole, holed = (PaymentList(lines, 100, withheld=each)
                    for each in (known, [known[0], erased, known[2]]))  # fmt: skip
    assert holed.published(BLANK) == whole.published(BLANK)
    assert holed.withholding(0) == whole.withholding(0)
    assert holed.kept(1) is None
    with pytest.raises(Refused, match="withholding-erased"):
        holed.withholding(1)
    with pytest.raises(Refused, match="withholding-erased"):
        holed.page(0)


def test_pages_cover_the_list_once() -> None:
    lines = [(wallet(at + 1), 10) for at in range(3 * PAGE_HOLDERS + 5)]
    listed = PaymentList(lines, 10**6)
    pages = [listed.page(number) for number in range(listed.pages)]
    assert [page[0] for page in pages] == [0, PAGE_HOLDERS, 2 * PAGE_HOLDERS, 3 * PAGE_HOLDERS]
    wallets = [one for page in pages for one in page[1]]  # type: ignore[attr-defined]
    assert wallets == [one for one, _ in lines]


@given(data=st.data())
def test_a_fault_is_found_if_and_only_if_the_list_is_wrong(data: st.DataObject) -> None:
    held = data.draw(st.dictionaries(st.integers(1, 12).map(wallet), st.integers(0, 5), min_size=1))
    treasury = data.draw(st.sets(st.sampled_from(sorted(held)), max_size=2))
    right = [(one, units) for one, units in sorted(held.items())
             if units and one not in treasury]  # fmt: skip
    line = st.tuples(st.integers(1, 12).map(wallet), st.integers(1, 5))
    published = data.draw(st.one_of(st.just(right), st.permutations(right), st.lists(line)))
    fault = find_fault(published, held, treasury)
    assert (fault is None) == (published == right)
    if fault is not None and published:
        assert shown(SumTree(published), published, fault)
