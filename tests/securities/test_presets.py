"""Figures of presets: from when each holds, and that doubt about one is shown."""

from __future__ import annotations

import pytest

from tallystick.core.errors import Invalid
from tallystick.gateways.presets import presets
from tallystick.securities.presets import resolve
from tallystick.securities.unverified import RESTS_ON


def test_a_figure_that_no_rule_is_made_of_keeps_no_preset_from_an_earlier_date() -> None:
    found = resolve(presets()["eu-prospectus-150"], {}, as_of="2025-01-01")
    assert found.offering["offerees_max"] == 149
    assert "small_offer" not in {figure.name for figure in found.figures}
    with pytest.raises(Invalid, match="knows its raised_max from 2021-03-15 on"):
        resolve(presets()["reg-cf"], {}, as_of="2020-01-01")


def test_every_figure_behind_a_rule_is_known_to_the_refusals_that_rest_on_it() -> None:
    """So that an unverified one is shown beside them."""
    named = {name for names in RESTS_ON.values() for name in names}
    for preset in presets().values():
        tables = {"rules": preset.rules, "issuer": preset.issuer, "offering": preset.offering}
        stated = {f"{table}.{name}" for table, values in tables.items()
                  for name, value in values.items() if isinstance(value, dict)}  # fmt: skip
        assert stated <= named, preset.name
