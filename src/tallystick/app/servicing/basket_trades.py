"""Trades that bring a basket to target weights: calculated, offered, taken, or taken back."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app import anchors
from tallystick.app.acts import Reason, published
from tallystick.app.keys import require_same
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.basket_orders import Call, approvals
from tallystick.app.servicing.baskets import (
    BASKET,
    Opened,
    act,
    asset,
    basket,
    fine_prices,
    happened,
    standing,
)
from tallystick.core.canonical import with_large_as_text
from tallystick.core.errors import Conflict, Invalid, NotFound, Refused
from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet
from tallystick.securities.baskets.in_kind import Part
from tallystick.securities.baskets.weights import Change, read_weights, rebalancing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.intents import Done

KIND = "basket-trade"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a rebalancing goes by: target weights in basis points, and prices of whole units.

    `cash` is the currency of the prices; the counterparty keeps `spread_bps` of what he brings.
    """

    symbol: str
    cash: str
    weights: dict[str, int]
    prices: dict[str, str]
    spread_bps: int


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A trade as the journal keeps it, with what it was calculated from; parts by symbol.

    `held` are smallest units of each asset when it was calculated.
    """

    number: int
    key: str
    wish: Wish
    held: dict[str, int]
    counterparty: Wallet
    gives: tuple[Part, ...]
    takes: tuple[Part, ...]
    until: int
    document: str
    paper: str


def held_now(workspace: Workspace, symbol: str) -> dict[str, int]:
    """Smallest units of each asset behind the units, by symbol."""
    holdings = standing(workspace, basket(workspace, symbol)).holdings
    return {each.asset.name: each.amount for each in holdings}


def plan(workspace: Workspace, wish: Wish, held: Mapping[str, int]) -> list[Change]:
    """What becomes of each asset. Raises `Invalid` without a price, or unless weights are whole."""
    weights = read_weights(wish.weights)
    names = list(dict.fromkeys([*held, *weights]))
    exact = {name: Fraction(price) for name, price in wish.prices.items()}
    money = cash_tokens.money(workspace, wish.cash)
    prices = fine_prices(workspace, names, exact, money)
    return rebalancing(held, prices, weights, wish.spread_bps)


def offer(
    workspace: Workspace, wish: Wish, *, counterparty: Wallet, until: int, paper: bytes, key: str
) -> Offered:  # fmt: skip
    """Offer the trade that brings a basket to its weights; nothing is done twice under one key.

    `paper` is SHA-256 of what the manager decided by, `until` UTC seconds.
    """
    known = next((each for each in trades(workspace) if each.key == key), None)
    if known is not None:
        require_same((wish, counterparty, until), (known.wish, known.counterparty, known.until))
    else:
        known = _write_down(workspace, wish, counterparty, until, paper, key)
    made = basket(workspace, wish.symbol)
    act(workspace, made, "offerTrade", (_on_chain(workspace, known),), key=key)
    return known


def _write_down(
    workspace: Workspace, wish: Wish, counterparty: Wallet, until: int, paper: bytes, key: str
) -> Offered:  # fmt: skip
    if until <= workspace.now():
        raise Invalid("trade-expired", "The trade would be over already", where="--until",
                      cure="Name a later time.")  # fmt: skip
    held = held_now(workspace, wish.symbol)
    gives, takes = legs(plan(workspace, wish, held))
    if not gives and not takes:
        raise Refused("nothing-traded", "The basket has its weights already",
                      cure="Nothing is to be done.")  # fmt: skip
    made = Offered(
        number=len(trades(workspace)) + 1, key=key, wish=wish, held=held, counterparty=counterparty,
        gives=gives, takes=takes, until=until, paper=paper.hex(),
        document=published(workspace, Reason("trade", paper), key).hex(),
    )  # fmt: skip
    body = with_large_as_text(msgspec.to_builtins(made))
    workspace.journal.append(KIND, body, at_s=workspace.now())
    return made


def legs(changes: Sequence[Change]) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """What a basket gives and what it takes to become so."""
    return (tuple(Part(each.asset, each.gives) for each in changes if each.gives),
            tuple(Part(each.asset, each.takes) for each in changes if each.takes))  # fmt: skip


def trades(workspace: Workspace) -> list[Offered]:
    """All trades that were offered, in the order of their numbers."""
    return [msgspec.convert(entry.body, Offered, strict=False)
            for entry in workspace.journal.entries(KIND)]  # fmt: skip


def trade(workspace: Workspace, number: int) -> Offered:
    """A trade by its number. Raises `NotFound` if there is none."""
    found = next((each for each in trades(workspace) if each.number == number), None)
    if found is None:
        raise NotFound("trade-unknown", f"There is no trade {number}",
                       cure="See them with `basket trades`.")  # fmt: skip
    return found


def states(workspace: Workspace, made: Opened) -> dict[bytes, str]:
    """How each trade of a basket stands, by what identifies it on the chain."""
    words = {"TradeOffered": "offered", "TradeTaken": "taken", "TradeWithdrawn": "withdrawn"}
    return {event.members["id"]: words[event.name] for event in happened(workspace, made)
            if event.name in words}  # fmt: skip


def state_of(workspace: Workspace, offered: Offered) -> str:
    """How a trade stands: not offered, offered, taken, withdrawn or lapsed."""
    found = states(workspace, basket(workspace, offered.wish.symbol))
    state = found.get(identifier(workspace, offered), "not offered")
    lapsed = state == "offered" and workspace.now() >= offered.until
    return "lapsed" if lapsed else state


def identifier(workspace: Workspace, offered: Offered) -> bytes:
    """What identifies a trade on the chain: the hash of its encoding."""
    data = BASKET.function("offerTrade").encode(_on_chain(workspace, offered))
    return keccak(bytes.fromhex(data[10:]))


def withdraw(workspace: Workspace, offered: Offered, *, key: str) -> None:
    """Take back a trade that nobody has taken."""
    made = basket(workspace, offered.wish.symbol)
    act(workspace, made, "withdrawTrade", (identifier(workspace, offered),), key=key)


def take(workspace: Workspace, offered: Offered, *, key: str) -> Done:
    """Take a trade as the agent, who is its counterparty, with what he has himself.

    Raises `Conflict` if it is not open to him.
    """
    agent, made = workspace.acting("agent"), basket(workspace, offered.wish.symbol)
    if not workspace.known(f"{key}/take"):
        state = state_of(workspace, offered)
        if state != "offered" or offered.counterparty != agent:
            raise Conflict("trade-not-open", f"Trade {offered.number} is {state}, and open to "
                           "others" if state == "offered" else f"Trade {offered.number} is {state}",
                           cure="Its counterparty sends what `--calls` prints.")  # fmt: skip
    *allow, last = calls_to_take(workspace, offered)
    for number, each in enumerate(allow):
        workspace.act("agent", [(f"{key}/allow/{number}", each.to, each.data)])
    [done] = workspace.act("agent", [(f"{key}/take", last.to, last.data)])
    anchors.anchor(workspace, workspace.security(made.symbol), key=key)
    return done


def calls_to_take(workspace: Workspace, offered: Offered) -> list[Call]:
    """What the counterparty's wallet must send."""
    made = basket(workspace, offered.wish.symbol)
    parts = [Part(asset(workspace, each.asset).token, each.amount) for each in offered.takes]
    data = BASKET.function("takeTrade").encode(_on_chain(workspace, offered))
    return [*approvals(workspace, made, parts), Call("take the trade", made.at, data)]


def _on_chain(workspace: Workspace, offered: Offered) -> tuple[Any, ...]:
    def parts(of: tuple[Part, ...]) -> list[tuple[str, int]]:
        return [(asset(workspace, each.asset).token, each.amount) for each in of]

    return (offered.counterparty, parts(offered.gives), parts(offered.takes), offered.until,
            bytes.fromhex(offered.document), keccak(text=f"trade/{offered.key}"))  # fmt: skip
