"""A node that goes back while it is read, or answers of another history, stops nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from tallystick.bench import gas
from tallystick.core.errors import Unavailable
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.rpc import Rpc
from tallystick.markets.venue.events import TradeSettled
from tests.support.exchange import Exchange


class Odd:
    """A connection that answers something else once, where a call is as it is to be."""

    def __init__(self, rpc: Any) -> None:
        self._rpc = rpc
        self.odd: Callable[[str, tuple[Any, ...]], bool] = lambda *_: False
        self.says: Any = None
        self.said = 0

    def _answer(self, method: str, params: tuple[Any, ...], usual: Callable[[], Any]) -> Any:
        if not self.said and self.odd(method, params):
            self.said += 1
            return self.says
        return usual()

    def call(self, method: str, *params: Any) -> Any:
        return self._answer(method, params, lambda: self._rpc.call(method, *params))

    def batch(self, calls: Any) -> Any:
        found = self._rpc.batch(calls)
        if calls and calls[0][0] != "eth_call":
            return found
        return [self._answer(method, tuple(params), partial(found.__getitem__, at))
                for at, (method, params) in enumerate(calls)]  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rpc, name)


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    with Hosting(
        tmp_path / "chain.sqlite", clock=lambda: gas.GENESIS_S, sandbox=True,
        chain_id=gas.CHAIN_ID,
    ) as host:  # fmt: skip
        made = Exchange(tmp_path, host)
        yield made
        made.scene.close()


@pytest.mark.parametrize(("method", "at", "says"), [
    # The last block is gone, at the first look, and when it is asked whether it is there still.
    ("eth_getBlockByNumber", "latest", None),
    ("eth_getBlockByNumber", "last", None),
    ("eth_getBlockByNumber", "last", {"number": "0x", "hash": "0x", "timestamp": "0x"}),
    # The token is not there: as of a history in which it was not deployed yet.
    ("eth_call", "any", "0x"),
    ("eth_call", "any", None),
])  # fmt: skip
def test_what_makes_no_sense_is_asked_again(
    exchange: Exchange, method: str, at: str, says: Any
) -> None:
    """The thread that follows the chain ended, and the venue with it."""
    ann, _, cyd, _ = exchange.people
    floor = exchange.floor
    floor.ask([exchange.order(ann, buys=False), exchange.order(cyd, buys=True)])
    exchange.scene.act("mint", exchange.token, ann.address, 10)
    odd = Odd(floor._follower._rpc)
    odd.says = says
    before = floor.state.head
    places = {"any": (), "latest": ("latest",), "last": (hex(before.number + 1),)}
    odd.odd = lambda asked, params: asked == method and params[0] in (places[at] or (params[0],))
    floor._follower._rpc = cast("Rpc", odd)
    with pytest.raises(Unavailable) as raised:
        floor.follow()
    assert raised.value.code == "node-answer-unreadable"
    assert odd.said == 1
    assert floor.state.head == before
    floor.follow()
    assert floor.state.head.number > before.number
    floor.ask([exchange.order(ann, buys=False), exchange.order(cyd, buys=True)])
    floor.settle()
    assert [type(each) for each in exchange.ended()] == [TradeSettled] * 2
