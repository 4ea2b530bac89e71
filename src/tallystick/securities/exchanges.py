"""Exchange of all units of an investor for others at a ratio. Twin of `exchanging.vy`.

A split, a reverse split or a stock dividend replaces units by others of the same security; a
conversion, a merger or a new version of a token by those of another one. Locks, frozen units,
legends, the volume an affiliate sold, and where units come from go over at the ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import Refused
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.securities.holder import Holder
from tallystick.securities.lots import Lot, Lots
from tallystick.securities.movements import keep_legends, recount
from tallystick.securities.parcels import Parcels

if TYPE_CHECKING:
    from tallystick.securities.security import Security

# As the chain bounds them: locked lots and wallets of an investor, and both sides of a ratio.
SCALED_MAX = 256
WALLETS_MAX = 16
RATIO_MAX = 2**32 - 1


class Ratio(msgspec.Struct, frozen=True):
    """So many new units for so many old ones."""

    numerator: int
    denominator: int

    def down(self, units: int) -> int:
        """New units for so many, rounded down."""
        return units * self.numerator // self.denominator

    def up(self, units: int) -> int:
        """New units for so many, rounded up."""
        return -(-units * self.numerator // self.denominator)

    def shares(self, parts: Sequence[int]) -> list[int]:
        """New units for each of some parts, such that every running sum is rounded down."""
        shares: list[int] = []
        running = 0
        for part in parts:
            shares.append(self.down(running + part) - self.down(running))
            running += part
        return shares


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange that was announced: for units of which security, and not before when (UTC s)."""

    to: Wallet
    ratio: Ratio
    not_before: int


class Exchanged(msgspec.Struct, frozen=True, kw_only=True):
    """What an investor had and has; `remainder` over the denominator is left of a unit."""

    before: int
    after: int
    remainder: int


class _Handed(msgspec.Struct, frozen=True, kw_only=True):
    """What goes over, in new units."""

    home: Wallet
    units: dict[Wallet, int]
    lots: tuple[Lot, ...]
    frozen: bool
    frozen_units: int
    legends: list[tuple[int, int]] | None
    sold: int
    inherited: bool
    parcels: Parcels

    @property
    def amount(self) -> int:
        return sum(self.units.values())


def exchange(
    source: Security, target: Security, home: Wallet, wallets: Sequence[Wallet], ratio: Ratio, *,
    now_s: int,
) -> Exchanged:  # fmt: skip
    """Exchange all units of an investor, in all his wallets that have any, in the order given.

    Raises `Refused` (`too-many-lots`) if more lots than one transaction can pay for are locked, and
    (`wallet-retired`) for units of another security in a wallet that was reported lost.
    """
    if source is not target and any(each in source.registry.replaced for each in wallets):
        raise Refused("wallet-retired", "A wallet was reported lost, for good",
                      cure="Recover it in this security first.")  # fmt: skip
    total = source.total(home)
    holder = source.holders.setdefault(home, Holder())
    sold = _sold(source, holder, now_s // DAY_S)
    handed = _Handed(
        home=home,
        units=dict(zip(wallets, ratio.shares([source.balances[each] for each in wallets]),
                       strict=True)),
        lots=_scaled(holder.lots, total, ratio, now_s), frozen=holder.frozen,
        frozen_units=ratio.up(holder.frozen_units), legends=_legends(holder, ratio),
        sold=ratio.up(sold), inherited=holder.inherited,
        parcels=_parcels(source, home, ratio),
    )  # fmt: skip
    stays = source is target and handed.amount != 0
    if source is target:
        _hand_over(source, home, wallets, stays=stays, now_s=now_s)
        holder.frozen_units, holder.legends = 0, None if holder.legends is None else []
        handed = msgspec.structs.replace(handed, sold=max(0, handed.sold - sold))
        _take_over(target, handed, stays=stays, now_s=now_s)
    else:
        if handed.amount:
            _take_over(target, handed, stays=False, now_s=now_s)
        _hand_over(source, home, wallets, stays=False, now_s=now_s)
    return Exchanged(before=total, after=handed.amount,
                     remainder=total * ratio.numerator % ratio.denominator)  # fmt: skip


def _sold(security: Security, holder: Holder, today: int) -> int:
    """What an affiliate sold in the window of his volume."""
    days = security.rules.affiliate_window_days
    return sum(units for day, units in holder.sales.items() if day + days > today)


def _scaled(lots: Lots, total: int, ratio: Ratio, now_s: int) -> tuple[Lot, ...]:
    locked = [lot for lot in lots.locked if lot.unlock_at > now_s]
    if len(locked) > SCALED_MAX:
        raise Refused(
            "too-many-lots", "The lots concerned are too many for one transaction",
            cure="Wait until some of them are unlocked.",
        )  # fmt: skip
    free = total - sum(lot.units for lot in locked)
    shares = ratio.shares([free, *(lot.units for lot in locked)])[1:]
    return tuple(
        Lot(lot.unlock_at, units) for lot, units in zip(locked, shares, strict=True) if units
    )


def _legends(holder: Holder, ratio: Ratio) -> list[tuple[int, int]] | None:
    if holder.legends is None:
        return None
    found: list[tuple[int, int]] = []
    running = 0
    for code, units in holder.legends:
        found.append((code, ratio.up(running + units) - ratio.up(running)))
        running += units
    return [(code, units) for code, units in found if units]


def _parcels(security: Security, home: Wallet, ratio: Ratio) -> Parcels:
    held = security.parcels.get(home, Parcels()).held
    scaled = Parcels()
    for parcel, units in zip(held, ratio.shares([each.units for each in held]), strict=True):
        if units:
            scaled.add(parcel.of(units))
    return scaled


def _hand_over(
    security: Security, home: Wallet, wallets: Sequence[Wallet], *, stays: bool, now_s: int
) -> None:
    holder = security.holders[home]
    if not stays:
        recount(security, home, None, now_s, None)
    holder.lots = Lots()
    security.parcels.pop(home, None)
    for wallet in wallets:
        security.supply -= security.balances[wallet]
        security.balances[wallet] = 0


def _take_over(security: Security, handed: _Handed, *, stays: bool, now_s: int) -> None:
    home = handed.home
    holder = security.holders.setdefault(home, Holder())
    total = security.total(home)
    if total == 0 and not stays and handed.amount:
        recount(security, None, home, now_s, home if handed.inherited else None)
    holder.frozen = holder.frozen or handed.frozen
    holder.frozen_units += handed.frozen_units
    if handed.legends is not None:
        holder.legends = [*(holder.legends or ()), *handed.legends]
    if handed.sold:
        today = now_s // DAY_S
        holder.sales[today] = holder.sales.get(today, 0) + handed.sold
    for lot in handed.lots:
        holder.lots = holder.lots.plus(lot.units, lot.unlock_at, now_s)
    if handed.parcels.held:
        parcels = security.parcels.setdefault(home, Parcels())
        for parcel in handed.parcels.held:
            parcels.add(parcel)
    for wallet, units in handed.units.items():
        security.balances[wallet] = security.balances.get(wallet, 0) + units
        security.supply += units
    keep_legends(security, home)
