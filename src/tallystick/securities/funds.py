"""Dealing in units of a fund: everybody at one price, that of a valuation after the orders are in.

Forward pricing, as 17 CFR 270.22c-1 asks of redeemable securities: nobody knows the price when he
orders. Of redemptions beyond the gate each gets the same share, and the rest waits for the next
dealing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.units import BASIS_POINTS
from tallystick.core.wallets import Wallet
from tallystick.securities.distribution.entitlements import entitlements

SUBSCRIBE, REDEEM = "subscribe", "redeem"
DAYS_A_YEAR = 365


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order of a holder: `amount` is cash to be put in, or units to be redeemed."""

    wallet: Wallet
    kind: str
    amount: int


class Valuation(msgspec.Struct, frozen=True, kw_only=True):
    """What the fund has and owes, in units of the cash, and how many of its smallest units are out.

    A fund without units has none to divide by: its first price is stated.
    """

    assets: int
    liabilities: int
    fee: int
    outstanding: int
    first_price: Fraction = Fraction(0)

    @property
    def price(self) -> Fraction:
        """What a smallest unit is worth, in units of the cash. Raises `Invalid` if nothing is."""
        net = self.assets - self.liabilities - self.fee
        price = Fraction(net, self.outstanding) if self.outstanding else self.first_price
        if price <= 0:
            raise Invalid("fund-without-value", "A unit would be worth nothing", where="assets",
                          cure="Check assets and liabilities; a new fund needs --first-price."
                          )  # fmt: skip
        return price


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """What a subscription comes to: whole smallest units, what they cost, what goes back."""

    wallet: Wallet
    paid: int
    units: int
    cost: int

    @property
    def back(self) -> int:
        """What is too little for another unit."""
        return self.paid - self.cost


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """What a redemption comes to: units redeemed now, and those that wait."""

    wallet: Wallet
    asked: int
    units: int

    @property
    def left(self) -> int:
        """Units that wait for the next dealing."""
        return self.asked - self.units


class Dealt(msgspec.Struct, frozen=True, kw_only=True):
    """A dealing: at which price who bought and sold what; `proceeds` is paid for all that was."""

    price: Fraction
    bought: tuple[Bought, ...]
    sold: tuple[Sold, ...]
    proceeds: int


def management_fee_down(net: int, bps: int, days: int) -> int:
    """What a manager takes for so many days, of net assets at a yearly rate, rounded down."""
    return max(0, net) * bps * days // (BASIS_POINTS * DAYS_A_YEAR)


def deal(orders: Sequence[Order], valuation: Valuation, *, gate_bps: int = 0) -> Dealt:
    """Carry out orders at the price of a valuation; a gate of 0 lets everything through.

    Units are rounded down and costs up, so that who stays loses nothing to who comes or goes.
    """
    price = valuation.price
    bought = tuple(_bought(order, price) for order in orders if order.kind == SUBSCRIBE)
    redeeming = [order for order in orders if order.kind == REDEEM]
    asked = sum(order.amount for order in redeeming)
    most = valuation.outstanding * gate_bps // BASIS_POINTS if gate_bps else asked
    parts = [order.amount for order in redeeming]
    if asked > most:
        parts = entitlements(most, parts)
    sold = tuple(Sold(wallet=order.wallet, asked=order.amount, units=part)
                 for order, part in zip(redeeming, parts, strict=True))  # fmt: skip
    whole = sum(parts) * price
    return Dealt(price=price, bought=bought, sold=sold,
                 proceeds=whole.numerator // whole.denominator)  # fmt: skip


def _bought(order: Order, price: Fraction) -> Bought:
    exact = order.amount / price
    units = exact.numerator // exact.denominator
    cost = units * price
    return Bought(wallet=order.wallet, paid=order.amount, units=units,
                  cost=-(-cost.numerator // cost.denominator))  # fmt: skip
