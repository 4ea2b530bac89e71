"""Prices that were paid for securities, as a CSV: security_id, price, currency."""

from __future__ import annotations

from tallystick.app.csv_rows import Table
from tallystick.core.units import parse_exact
from tallystick.securities.ocf.certificates import Price

COLUMNS = ("security_id", "price", "currency")


def read_prices(text: str, path: str) -> dict[str, Price]:
    """Prices of whole units by the ids of securities. Raises `InvalidFile` with every defect."""
    table = Table(text, path, columns=COLUMNS, required=COLUMNS)
    table.name_duplicates("security_id")
    found: dict[str, Price] = {}
    for row in table.rows:
        price, currency = row.parsed("price", parse_exact), row.required("currency")
        if not (currency.isascii() and currency.isalpha() and len(currency) == len("USD")):
            row.defect("currency-unknown", "The currency is none", cure="Write a code such as USD.")
        if price is None:
            row.required("price")
        else:
            found[row.required("security_id")] = Price(price, currency.upper())
    table.finish("prices-invalid")
    return found
