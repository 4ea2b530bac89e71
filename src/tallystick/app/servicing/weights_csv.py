"""Weights and prices of assets in a CSV: what an index is made of, and at which prices."""

from __future__ import annotations

from fractions import Fraction

from tallystick.app.csv_rows import Row, Table
from tallystick.core.units import BASIS_POINTS, parse_exact

CODE = "weights-invalid"
WEIGHTS, PRICES = ("asset", "weight_bps"), ("asset", "price")


def read_weights_csv(text: str, path: str) -> dict[str, int]:
    """Weights in basis points by the symbol of the asset.

    Raises `InvalidFile` with every defect of every row.
    """
    table = Table(text, path, columns=WEIGHTS, required=WEIGHTS)
    found = {row.required("asset"): _basis_points(row) for row in table.rows}
    table.name_duplicates("asset")
    table.finish(CODE)
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
        price: Fraction = row.parsed("price", parse_exact, Fraction(0))
        if price <= 0:
            row.defect("price-malformed", "The price is none above zero",
                       cure="Write what a whole unit costs, such as 12.34.")  # fmt: skip
        found[row.required("asset")] = price
    table.name_duplicates("asset")
    table.finish(CODE)
    return found
