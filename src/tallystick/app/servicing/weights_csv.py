"""Weights and prices of assets in a CSV: what an index is made of, and at which prices."""

from __future__ import annotations

from fractions import Fraction

from tallystick.app.csv_rows import Row, Table
from tallystick.core.errors import Invalid
from tallystick.core.units import BASIS_POINTS, parse_exact

WEIGHTS_CODE, PRICES_CODE = "weights-invalid", "prices-invalid"
WEIGHTS, PRICES = ("asset", "weight_bps"), ("asset", "price")


def read_weights_csv(text: str, path: str) -> dict[str, int]:
    """Weights in basis points by the symbol of the asset.

    Raises `InvalidFile` with every defect of every row.
    """
    table = Table(text, path, columns=WEIGHTS, required=WEIGHTS)
    found = {row.required("asset"): _basis_points(row) for row in table.rows}
    table.name_duplicates("asset")
    table.finish(WEIGHTS_CODE)
    return found


def _basis_points(row: Row) -> int:
    text = row.required("weight_bps")
    if not text.isdecimal() or not text.isascii() or not 0 < int(text) <= BASIS_POINTS:
        row.defect("weight-malformed", "The weight is no number of basis points",
                   cure=f"Write a whole number from 1 to {BASIS_POINTS}.")  # fmt: skip
        return 0
    return int(text)


def read_prices_csv(text: str, path: str) -> dict[str, Fraction]:
    """Prices of a whole unit of each asset, exact, by its symbol.

    Raises `InvalidFile` with every defect of every row.
    """
    table = Table(text, path, columns=PRICES, required=PRICES)
    found: dict[str, Fraction] = {}
    for row in table.rows:
        found[row.required("asset")] = row.parsed("price", _price, Fraction(0))
        row.required("price")
    table.name_duplicates("asset")
    table.finish(PRICES_CODE)
    return found


def _price(text: str, *, where: str) -> Fraction:
    """An exact price above zero. Raises `Invalid` for any other."""
    price = parse_exact(text, where=where)
    if price <= 0:
        raise Invalid("price-malformed", f"{text!r} is no price above zero", where=where,
                      cure="Write what a whole unit costs, such as 12.34.")  # fmt: skip
    return price
