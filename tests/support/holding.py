"""A market that has units held, and what is seen of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tallystick.bench import gas
from tallystick.bench.gas_settlement import LOT_UNITS
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.markets.signed_orders import Duration, Instructions
from tallystick.markets.venue.events import Held, Left, Released, TradeBusted, TradeSettled
from tests.support.exchange import Exchange, PlainHost

if TYPE_CHECKING:
    from pathlib import Path

    from eth_account.signers.local import LocalAccount

AT_ONCE = Instructions(Duration.IMMEDIATE)


@contextmanager
def on_embedded(folder: Path, *, holds: bool = True) -> Iterator[Exchange]:
    """A market on an embedded chain."""
    with Hosting(
        folder / "chain.sqlite", clock=lambda: gas.GENESIS_S, sandbox=True, chain_id=gas.CHAIN_ID
    ) as host:
        made = Exchange(folder, host, holds=holds)
        yield made
        made.scene.close()


@contextmanager
def on_plain(folder: Path) -> Iterator[tuple[Exchange, PlainHost]]:
    """A market on a node that can be taken back."""
    host = PlainHost()
    try:
        made = Exchange(folder, host, holds=True)
        yield made, host
        made.scene.close()
    finally:
        host.close()


def held(exchange: Exchange, who: LocalAccount) -> int:
    """Units of somebody that the token holds, in lots."""
    units: int = exchange.scene.view("heldUnits", exchange.token, who.address)
    return units // LOT_UNITS


def by(exchange: Exchange, who: LocalAccount, act: str, *values: object) -> None:
    """Have somebody do something with the token."""
    exchange.scene.gas(who, gas.TOKEN, exchange.token, act, *values)


def of(exchange: Exchange, kind: type[Held | Released | Left]) -> list[int]:
    """Numbers of the orders of which something was told."""
    return [event.order for event in exchange.events if isinstance(event, kind)]


def ended(exchange: Exchange) -> list[tuple[type, int]]:
    """What became of trades, in order."""
    return [(type(event), event.trade) for event in exchange.events
            if isinstance(event, TradeSettled | TradeBusted)]  # fmt: skip
