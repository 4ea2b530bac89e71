"""How people write quantities and prices of a market, and how it counts them: exactly.

People name quantities in whole units of the security, prices in whole money for one of them. A
market counts lots, and cash units for a lot.
"""

from __future__ import annotations

from fractions import Fraction

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.units import (
    DECIMALS_MAX,
    parse_exact,
    parse_quantity,
    show_money,
    show_quantity,
)


class Scale(msgspec.Struct, frozen=True):
    """What a lot is, in smallest units; decimal places of the security and of the money."""

    units_per_lot: int
    decimals: int
    cash_decimals: int

    @property
    def _lot(self) -> Fraction:
        """Whole units of the security in a lot."""
        return Fraction(self.units_per_lot, 10**self.decimals)

    def lots(self, quantity: str, *, where: str = "quantity") -> int:
        """Lots in a quantity such as `1,250`. Raises `Invalid` if it is no number of whole lots."""
        units = parse_quantity(quantity, self.decimals, where=where)
        if units % self.units_per_lot:
            raise Invalid(
                "quantity-not-whole-lots", f"{quantity!r} is no number of whole lots", where=where,
                cure=f"Write a multiple of {show_quantity(self.units_per_lot, self.decimals)}.",
            )  # fmt: skip
        return units // self.units_per_lot

    def quantity(self, lots: int) -> str:
        """Lots as people write them: `1,250`."""
        return show_quantity(lots * self.units_per_lot, self.decimals)

    def price(self, text: str, *, where: str = "price") -> int:
        """Cash units for a lot at a price for one unit such as `12.50`.

        Raises `Invalid` if that is no whole number.
        """
        if "0" in text and not text.strip("0., "):
            raise Invalid("price-zero", "The price is zero", where=where,
                          cure="Write a price above zero.")  # fmt: skip
        exact = parse_exact(text, where=where) * self._lot * 10**self.cash_decimals
        if exact.denominator != 1:
            raise Invalid(
                "price-too-fine", f"At {text!r} a lot does not cost a whole number of cash units",
                where=where, cure="Write a coarser price.",
            )  # fmt: skip
        return int(exact)

    def show_price(self, price: int) -> str:
        """Cash units for a lot as a price for one unit: `12.50`.

        What has no end in decimals is cut off after 18 places.
        """
        exact = Fraction(price, 10**self.cash_decimals) / self._lot
        cut = exact.numerator * 10**DECIMALS_MAX // exact.denominator
        return show_money(cut, DECIMALS_MAX) if self.cash_decimals else show_quantity(
            cut, DECIMALS_MAX)  # fmt: skip

    def money(self, amount: int) -> str:
        """Cash units as people write money: `1,250.50`."""
        return show_money(amount, self.cash_decimals)
