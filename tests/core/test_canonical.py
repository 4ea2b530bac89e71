"""One document, one byte string, one hash."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.canonical import INTEGER_MAX, canonical_hash, canonical_json
from tallystick.core.errors import Invalid

values = st.recursive(
    st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_reading_and_writing_again_changes_nothing(value: object) -> None:
    once = canonical_json(value)
    assert canonical_json(json.loads(once)) == once


@given(st.dictionaries(st.text(max_size=5), st.integers(0, 9)))
def test_order_of_members_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_hash(dict(reversed(value.items()))) == canonical_hash(value)


def test_the_form_is_fixed() -> None:
    value = {"b": [1, True, None], "a": "é"}
    assert canonical_json(value) == '{"a":"é","b":[1,true,null]}'.encode()


@pytest.mark.parametrize("value", [1.5, 2**53, {1: 2}, b"", {"a": {1, 2}}])
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(Invalid):
        canonical_json(value)
