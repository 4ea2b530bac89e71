"""Commands that service securities: money, distributions, and what follows in their life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.cli.servicing import (
    basket_management,
    basket_orders,
    basket_trades,
    baskets,
    bonds,
    cash,
    distributions,
    exchanges,
    funds,
    grants,
    liquidations,
    meetings,
    offerings,
    redemptions,
    taxes,
    treasury,
)

if TYPE_CHECKING:
    import typer


def register(main: typer.Typer) -> None:
    """Add the commands of this package."""
    for commands in (
        cash, treasury, distributions, taxes, bonds, redemptions, liquidations, exchanges,
        meetings, offerings, funds, baskets, basket_orders,
        basket_management, basket_trades, grants,
    ):  # fmt: skip
        commands.register(main)
