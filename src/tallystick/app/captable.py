"""The register as people read it: by investor or by wallet, with names from the vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.core.units import show_share
from tallystick.core.wallets import Wallet

if TYPE_CHECKING:
    from tallystick.app.workspace import ListedSecurity
    from tallystick.gateways.chain.fold import Book
    from tallystick.gateways.store.vault import Person
    from tallystick.securities.security import Security


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One holder: units in all his wallets (or in one), his share, what is bound."""

    holder: str
    wallet: Wallet
    number: str
    country: str
    tier: str
    units: int
    share: str
    locked: int
    frozen: int
    frozen_whole: bool
    wallets: int


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """A security's register as of a block; lines in order of size."""

    symbol: str
    decimals: int
    block: int
    supply: int
    investors: int
    lines: tuple[Line, ...]


def register(
    listed: ListedSecurity, book: Book, people: dict[Wallet, Person], *, now_s: int,
    by_wallet: bool = False, as_of: int | None = None,
) -> Register:  # fmt: skip
    """The register of a security, as of the book's block or an earlier one.

    As of an earlier block it says who held what; tiers, locks, freezes and linked wallets are told
    for the present alone.
    """
    token = listed.token
    security = book.securities[token]
    if as_of is None:
        held = {wallet: units for wallet, units in security.balances.items() if units}
    else:
        held = book.histories[token].as_of(as_of)
    units_by: dict[Wallet, int] = {}
    for wallet, units in held.items():
        owner = wallet if by_wallet else book.registry.home(wallet)
        units_by[owner] = units_by.get(owner, 0) + units
    supply = sum(held.values())
    lines = [
        _line(security, owner, units, supply, people, now_s=now_s if as_of is None else None)
        for owner, units in sorted(units_by.items(), key=lambda item: (-item[1], item[0]))
    ]
    investors = {book.registry.home(wallet) for wallet in held}
    return Register(
        symbol=listed.symbol,
        decimals=listed.decimals,
        block=book.block if as_of is None else as_of,
        supply=supply,
        investors=len(investors),
        lines=tuple(lines),
    )


def _line(
    security: Security, owner: Wallet, units: int, supply: int, people: dict[Wallet, Person], *,
    now_s: int | None,
) -> Line:  # fmt: skip
    registry = security.registry
    home = registry.home(owner)
    investor = registry.investors.get(home)
    holder = security.holders.get(home) if now_s is not None else None
    person = people.get(home)
    tier = holder.tier_counted if holder is not None else None
    return Line(
        holder=person.name if person else f"investor {investor.number if investor else '?'}",
        wallet=owner,
        number=str(investor.number) if investor else "",
        country=investor.country if investor else "",
        tier=tier.name.lower().replace("_", " ") if tier is not None else "",
        units=units,
        share=show_share(units, supply),
        locked=holder.lots.locked_units(now_s) if holder and now_s is not None else 0,
        frozen=holder.frozen_units if holder else 0,
        frozen_whole=holder.frozen if holder else False,
        wallets=len(investor.wallets) if investor and now_s is not None else 1,
    )
