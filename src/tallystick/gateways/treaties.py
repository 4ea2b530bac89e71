"""The tables of withholding that come with the package."""

from __future__ import annotations

import functools
from importlib import resources

from tallystick.securities.withholding.tables import Table, read_table

SUFFIX = ".toml"


@functools.cache
def tables() -> dict[str, Table]:
    """All tables by the country that withholds (ISO 3166-1 alpha-2)."""
    found = [
        read_table(entry.read_text("utf-8"))
        for entry in resources.files("tallystick.treaties").iterdir()
        if entry.name.endswith(SUFFIX)
    ]
    return {table.country: table for table in found}
