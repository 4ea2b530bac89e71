"""Dealings of funds as the business journal keeps them, and what each comes to."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import Conflict, NotFound
from tallystick.core.wallets import Wallet
from tallystick.securities.funds import REDEEM, Dealt, Order, Valuation, deal

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.securities.distribution.entitlements import Lines

KIND, ORDER, VALUED, REFUSED, SETTLED = (
    "dealing", "dealing-order", "dealing-valued", "dealing-refused", "dealing-settled"
)  # fmt: skip


class Dealing(msgspec.Struct, frozen=True, kw_only=True):
    """A dealing: until when orders are taken (UTC seconds), and how much may leave at once.

    `gate_bps` of the units are redeemed at the most, 0 for all; `fee_bps` is the manager's yearly
    fee. `before` is the number of the dealing before, 0 for none: what it left waits in this one.
    """

    number: int
    key: str
    symbol: str
    cash: str
    cut_off: int
    gate_bps: int
    fee_bps: int
    before: int


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its signature; `amount` in units of the cash, or of the fund."""

    number: int
    key: str
    wallet: Wallet
    kind: str
    amount: str
    signature: str


class Valued(msgspec.Struct, frozen=True, kw_only=True):
    """A valuation as it was stated, in units of the cash; `document` is SHA-256 of its paper."""

    number: int
    assets: str
    liabilities: str
    fee: str
    outstanding: str
    document: str
    first_price: str

    @property
    def valuation(self) -> Valuation:
        """As it is calculated with."""
        return Valuation(assets=int(self.assets), liabilities=int(self.liabilities),
                         fee=int(self.fee), outstanding=int(self.outstanding),
                         first_price=Fraction(self.first_price))  # fmt: skip


def dealings(workspace: Workspace) -> list[Dealing]:
    """All dealings, in the order of their numbers."""
    return [msgspec.convert(entry.body, Dealing) for entry in workspace.journal.entries(KIND)]


def dealing(workspace: Workspace, number: int) -> Dealing:
    """A dealing by its number. Raises `NotFound` if there is none."""
    found = next((each for each in dealings(workspace) if each.number == number), None)
    if found is None:
        raise NotFound("dealing-unknown", f"There is no dealing {number}",
                       cure="See them with `fund list`.")  # fmt: skip
    return found


def placed(workspace: Workspace, number: int) -> list[Placed]:
    """Orders that were placed in a dealing, in order."""
    entries = workspace.journal.entries(ORDER)
    found = (msgspec.convert(entry.body, Placed) for entry in entries)
    return [each for each in found if each.number == number]


def refused(workspace: Workspace, number: int) -> dict[str, str]:
    """Subscriptions that were refused, by their keys, and why."""
    return {entry.body["key"]: entry.body["why"] for entry in workspace.journal.entries(REFUSED)
            if entry.body["number"] == number}  # fmt: skip


def valued(workspace: Workspace, number: int) -> Valued | None:
    """The valuation of a dealing, or nothing yet."""
    entries = workspace.journal.entries(VALUED)
    found = (msgspec.convert(entry.body, Valued) for entry in entries)
    return next((each for each in found if each.number == number), None)


def orders(workspace: Workspace, made: Dealing) -> list[Order]:
    """All orders of a dealing: redemptions that the gate kept back before come first."""
    carried: list[Order] = []
    if made.before:
        earlier = dealt(workspace, dealing(workspace, made.before))
        carried = [Order(wallet=each.wallet, kind=REDEEM, amount=each.left)
                   for each in earlier.sold if each.left]  # fmt: skip
    return carried + [Order(wallet=each.wallet, kind=each.kind, amount=int(each.amount))
                      for each in placed(workspace, made.number)]  # fmt: skip


def dealt(workspace: Workspace, made: Dealing) -> Dealt:
    """What a dealing comes to. Raises `Conflict` before it was valued."""
    stated = valued(workspace, made.number)
    if stated is None:
        raise Conflict("dealing-not-valued", f"Dealing {made.number} has no valuation yet",
                       cure=f"State it with `fund value {made.number}`.")  # fmt: skip
    return deal(orders(workspace, made), stated.valuation, gate_bps=made.gate_bps)


def proceeds_down(workspace: Workspace, number: int, units: int) -> int:
    """What so many smallest units are paid in a dealing, in units of its cash."""
    whole = units * dealt(workspace, dealing(workspace, number)).price
    return whole.numerator // whole.denominator


def redeemed(workspace: Workspace, number: int, held: dict[Wallet, int]) -> Lines:
    """Which units of whom a dealing redeems, of those that they still hold."""
    asked: dict[Wallet, int] = {}
    for each in dealt(workspace, dealing(workspace, number)).sold:
        asked[each.wallet] = asked.get(each.wallet, 0) + each.units
    lines = [(wallet, min(units, held.get(wallet, 0))) for wallet, units in sorted(asked.items())]
    return [(wallet, units) for wallet, units in lines if units]
