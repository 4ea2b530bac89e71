"""The words in which the chain keeps rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import Invalid
from tallystick.securities.packing import pack_round, unpack_round


@given(number=st.integers(0, 127), power=st.integers(0, 29))
def test_round_quantities_come_back(number: int, power: int) -> None:
    units = number * 10**power
    assert unpack_round(pack_round(units)) == units
    assert 0 <= pack_round(units) < 2**12


@pytest.mark.parametrize("units", [128, 1_281, 12_800_001])
def test_what_is_not_round_is_refused(units: int) -> None:
    with pytest.raises(Invalid) as raised:
        pack_round(units)
    assert raised.value.code == "quantity-not-round"
