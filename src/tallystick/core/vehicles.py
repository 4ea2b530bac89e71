"""What a Vehicle Identification Number says: where and by whom a vehicle was made, and when.

Sources: ISO 3779 and 3780 (regions and countries), 49 CFR 565.15 (model year).
"""

from __future__ import annotations

import msgspec

from tallystick.core.identifiers import parse_vin

# First two characters, as ranges of the second within each first, after ISO 3780 and from
# knowledge: not read in the standard. Of a country that is not here the region alone is told.
_COUNTRIES = (
    ("1", "A0", "US"), ("4", "A0", "US"), ("5", "A0", "US"), ("2", "A0", "CA"), ("3", "AW", "MX"),
    ("6", "AW", "AU"), ("7", "AE", "NZ"), ("8", "AE", "AR"), ("8", "FK", "CL"), ("9", "AE", "BR"),
    ("9", "39", "BR"), ("J", "A0", "JP"), ("K", "LR", "KR"), ("L", "A0", "CN"), ("M", "AE", "IN"),
    ("M", "LR", "TH"), ("S", "AM", "GB"), ("S", "NT", "DE"), ("S", "UZ", "PL"), ("T", "JP", "CZ"),
    ("T", "RV", "HU"), ("V", "AE", "AT"), ("V", "FR", "FR"), ("V", "SW", "ES"), ("W", "A0", "DE"),
    ("X", "LR", "NL"), ("X", "SW", "RU"), ("Y", "AE", "BE"), ("Y", "FK", "FI"),
    ("Y", "SW", "SE"), ("Z", "AR", "IT"),
)  # fmt: skip
_REGIONS = (("AH", "Africa"), ("JR", "Asia"), ("SZ", "Europe"), ("15", "North America"),
            ("67", "Oceania"), ("80", "South America"))  # fmt: skip
# The order of characters in ISO 3780.
_ORDER = "ABCDEFGHJKLMNPRSTUVWXYZ1234567890"
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
_FIRST_YEAR = 1980
_YEAR_AT, _SEVENTH, _PLANT = 9, 6, 10


class Vehicle(msgspec.Struct, frozen=True, kw_only=True):
    """A decoded VIN.

    `country` is empty where the table has none. `model_years` are one or two: the code of the year
    repeats every thirty years, and the seventh character tells which only in North America.
    """

    vin: str
    maker: str
    region: str
    country: str
    model_years: tuple[int, ...]
    plant: str
    serial: str


def decode_vin(text: str, *, where: str = "") -> Vehicle:
    """What a VIN says; raises `Invalid` if its form or its check digit is wrong."""
    vin = parse_vin(text, where=where)
    region = next((name for within, name in _REGIONS if _between(vin[0], within)), "")
    of_region = [entry for entry in _COUNTRIES if entry[0] == vin[0]]
    country = next((code for _, within, code in of_region if _between(vin[1], within)), "")
    return Vehicle(
        vin=vin,
        maker=vin[:3],
        region=region,
        country=country,
        model_years=_years(vin, in_north_america=region == "North America"),
        plant=vin[_PLANT],
        serial=vin[_PLANT + 1 :],
    )


def _between(character: str, within: str) -> bool:
    return _ORDER.index(within[0]) <= _ORDER.index(character) <= _ORDER.index(within[1])


def _years(vin: str, *, in_north_america: bool) -> tuple[int, ...]:
    at = _YEARS.find(vin[_YEAR_AT])
    if at < 0:
        return ()
    early = _FIRST_YEAR + at
    if not in_north_america:
        return (early, early + len(_YEARS))
    return (early,) if vin[_SEVENTH].isdigit() else (early + len(_YEARS),)
