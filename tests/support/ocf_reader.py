"""Reads a book by `pyocf` and counts what is outstanding in a way of its own.

`pyocf` is generated from the schemas of OCF 1.2.0; this counts line by line as they stand, so that
it reads what is written in order. Books are zips: `pyocf` leaves files of a folder open.
"""

from __future__ import annotations

import io
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

from pyocf.captable import Captable


class Read:
    """A book: stock by security, awards and convertibles that are left."""

    def __init__(self, path: Path) -> None:
        self.table: Any = Captable.load(io.BytesIO(path.read_bytes()))
        self.stock: dict[str, tuple[str, str, Fraction]] = {}
        self.awards: dict[str, Fraction] = {}
        self.convertibles: set[str] = set()
        self.of_splits = {each: tx.split_transaction_id for tx in self.table.transactions
                          if getattr(tx, "split_transaction_id", None)
                          for each in tx.resulting_security_ids}  # fmt: skip
        for tx in sorted(self.table.transactions, key=lambda tx: tx.date.root):
            kind = type(tx).__name__
            handler = getattr(self, f"_{kind}", None)
            if handler is not None:
                handler(tx)
            elif kind.startswith("Stock") and kind != "StockAcceptance":
                self._end(tx)

    def _StockIssuance(self, tx: Any) -> None:  # noqa: N802 - named after the class
        self.stock[tx.security_id] = (tx.stakeholder_id, tx.stock_class_id,
                                      Fraction(tx.quantity.root))  # fmt: skip

    def _StockConsolidation(self, tx: Any) -> None:  # noqa: N802
        for each in tx.security_ids:
            del self.stock[each]

    def _StockClassSplit(self, tx: Any) -> None:  # noqa: N802
        ratio = Fraction(tx.split_ratio.numerator.root) / Fraction(tx.split_ratio.denominator.root)
        for each, (who, of, held) in self.stock.items():
            if of == tx.stock_class_id and self.of_splits.get(each) != tx.id:
                self.stock[each] = (who, of, held * ratio)

    def _EquityCompensationIssuance(self, tx: Any) -> None:  # noqa: N802
        self.awards[tx.security_id] = Fraction(tx.quantity.root)

    def _EquityCompensationExercise(self, tx: Any) -> None:  # noqa: N802
        self.awards[tx.security_id] -= Fraction(tx.quantity.root)

    def _EquityCompensationCancellation(self, tx: Any) -> None:  # noqa: N802
        self.awards[tx.security_id] -= Fraction(tx.quantity.root)

    def _EquityCompensationRetraction(self, tx: Any) -> None:  # noqa: N802
        del self.awards[tx.security_id]

    def _ConvertibleIssuance(self, tx: Any) -> None:  # noqa: N802
        self.convertibles.add(tx.security_id)

    def _ConvertibleConversion(self, tx: Any) -> None:  # noqa: N802
        self.convertibles.remove(tx.security_id)

    _ConvertibleRetraction = _ConvertibleCancellation = _ConvertibleConversion

    def _end(self, tx: Any) -> None:
        del self.stock[tx.security_id]

    def units(self) -> Counter[tuple[str, str]]:
        """Units by stakeholder and class."""
        found: Counter[tuple[str, str]] = Counter()
        for who, of, held in self.stock.values():
            assert held.denominator == 1
            found[who, of] += int(held)
        return found
