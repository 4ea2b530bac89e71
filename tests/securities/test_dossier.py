"""Dossiers: VINs decoded, readings that do not run backwards, entries that go stale."""

from __future__ import annotations

import pytest

from tallystick.core.errors import Invalid, InvalidFile
from tallystick.core.times import parse_day
from tallystick.core.vehicles import decode_vin
from tallystick.securities.dossier import halts, read_dossier

# The example of 49 CFR 565.15 and the one that ISO's explanations give for all ones.
ONES = "1" * 17
VEHICLE = f"""
kind = "vehicle"
vin = "{ONES}"

[[entries]]
kind = "title"
number = "T-1"
state = "clean"
established = "2026-01-10"

[[entries]]
kind = "insurance"
policy = "P-9"
insurer = "Mutual"
established = "2026-01-10"
until = "2026-12-31"

[[entries]]
kind = "odometer"
unit = "km"
reading = 48_000
established = "2026-01-10"
"""
PROPERTY = """
kind = "property"

[[entries]]
kind = "parcel"
number = "12/4"
registry = "Springfield"
established = "2026-01-10"
until = "never"

[[entries]]
kind = "valuation"
amount = "EUR 900,000"
by = "A. Valuer"
established = "2026-02-01"

[[entries]]
kind = "rent"
premises = "ground floor"
amount = "EUR 2,000"
established = "2026-06-01"

[[entries]]
kind = "rent"
premises = "first floor"
amount = "EUR 1,800"
established = "2026-08-01"
"""


def test_a_vin_is_decoded() -> None:
    found = decode_vin("1M8GDM9AXKP042788")
    assert (found.maker, found.region, found.country) == ("1M8", "North America", "US")
    assert (found.model_years, found.plant, found.serial) == ((1989,), "P", "042788")
    assert decode_vin(ONES).model_years == (2001,)
    with pytest.raises(Invalid) as raised:
        decode_vin("1M8GDM9A0KP042788")
    assert raised.value.code == "vin-check-digit"


def test_what_goes_stale_halts_and_what_is_renewed_starts_it_again() -> None:
    found = read_dossier(VEHICLE)
    assert halts(found, parse_day("2026-12-30")) == []
    [halt] = halts(found, parse_day("2026-12-31"))
    assert (halt.kind, halt.since_day) == ("insurance", parse_day("2026-12-31"))
    assert "2026-12-31" in halt.why
    renewed = read_dossier(
        VEHICLE + '[[entries]]\nkind = "insurance"\npolicy = "P-10"\ninsurer = "Mutual"\n'
        'established = "2026-12-30"\nuntil = "2027-12-31"\n'
    )
    assert halts(renewed, parse_day("2026-12-31")) == []
    assert {halt.kind for halt in halts(renewed, parse_day("2027-02-01"))} == {"title", "odometer"}


def test_each_let_part_of_a_property_counts_for_itself() -> None:
    found = read_dossier(PROPERTY)
    assert halts(found, parse_day("2026-08-29")) == []
    [halt] = halts(found, parse_day("2026-08-30"))
    assert "ground floor" in halt.why
    assert len(halts(found, parse_day("2030-01-01"))) == 3, "the parcel holds for ever"


@pytest.mark.parametrize(("text", "code"), [
    (VEHICLE.replace(ONES, "2" + ONES[1:]), "vin-check-digit"),
    (VEHICLE.replace(f'vin = "{ONES}"\n', ""), "field-missing"),
    (VEHICLE.replace('kind = "title"', 'kind = "lien"'), "entry-missing"),
    (VEHICLE.replace('until = "2026-12-31"\n', ""), "field-missing"),
    (VEHICLE.replace('until = "2026-12-31"', 'until = "2026-01-10"'), "until-too-early"),
    (VEHICLE.replace('unit = "km"', 'unit = "versts"'), "field-choice"),
    (VEHICLE + '[[entries]]\nkind = "odometer"\nunit = "km"\nreading = 47_000\n'
     'established = "2026-06-10"\n', "odometer-backwards"),
    ("kind =", "toml-malformed"),
])  # fmt: skip
def test_defects_are_named(text: str, code: str) -> None:
    with pytest.raises(InvalidFile) as raised:
        read_dossier(text)
    assert code in {defect.code for defect in raised.value.defects}
