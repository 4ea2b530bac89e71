"""Trades that bring a basket to target weights: calculated, offered, taken, or taken back."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app import anchors
from tallystick.app.acts import Reason, published
from tallystick.app.calls import Call
from tallystick.app.keys import require_same
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.basket_orders import (
    approvals,
    check_receiver,
    permit_all,
    require_all,
    require_same_order,
    sign,
)
from tallystick.app.servicing.baskets import (
    BASKET,
    Opened,
    act,
    asset,
    basket,
    baskets,
    fine_prices,
    happened,
    standing,
)
from tallystick.core.canonical import with_large_as_text
from tallystick.core.errors import Conflict, Invalid, NotFound, Refused
from tallystick.core.hashing import keccak
from tallystick.core.wallets import NOBODY, Wallet
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
    at: Wallet
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
    made = basket_of(workspace, known)
    act(workspace, made, "offerTrade", (_on_chain(workspace, known),), key=key)
    return known


def _write_down(
    workspace: Workspace, wish: Wish, counterparty: Wallet, until: int, paper: bytes, key: str
) -> Offered:  # fmt: skip
    if until <= workspace.now():
        raise Invalid("trade-expired", "The trade would be over already", where="--until",
                      cure="Name a later time.")  # fmt: skip
    _check_none_open(workspace, wish.symbol)
    held = held_now(workspace, wish.symbol)
    gives, takes = legs(plan(workspace, wish, held))
    if not gives and not takes:
        raise Refused("nothing-traded", "The basket has its weights already",
                      cure="Nothing is to be done.")  # fmt: skip
    if counterparty != NOBODY:
        check_receiver(workspace, _tokens(workspace, gives), counterparty)
    made = Offered(
        number=len(trades(workspace)) + 1, key=key, at=basket(workspace, wish.symbol).at,
        wish=wish, held=held, counterparty=counterparty, gives=gives, takes=takes, until=until,
        paper=paper.hex(),
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


def basket_of(workspace: Workspace, offered: Offered) -> Opened:
    """The basket that offered a trade, whatever it stands behind today."""
    return next(each for each in baskets(workspace) if each.at == offered.at)


def open_trades(workspace: Workspace) -> list[Offered]:
    """Trades that somebody can take now."""
    return [each for each, state in standings(workspace) if state == "offered"]


def _check_none_open(workspace: Workspace, symbol: str) -> None:
    for each in open_trades(workspace):
        if basket_of(workspace, each).symbol == symbol:
            raise Conflict("trade-open", f"Trade {each.number} of {symbol} can be taken still",
                           cure=f"Withdraw it first with `basket withdraw {each.number}`."
                           )  # fmt: skip


def trade(workspace: Workspace, number: int) -> Offered:
    """A trade by its number. Raises `NotFound` if there is none."""
    found = next((each for each in trades(workspace) if each.number == number), None)
    if found is None:
        raise NotFound("trade-unknown", f"There is no trade {number}",
                       cure="See them with `basket trades`.")  # fmt: skip
    return found


def standings(workspace: Workspace) -> list[tuple[Offered, str]]:
    """All trades, and how each stands: not offered, offered, taken, withdrawn or lapsed."""
    words = {"TradeOffered": "offered", "TradeTaken": "taken", "TradeWithdrawn": "withdrawn"}
    told = {(made.at, event.members["id"]): words[event.name] for made in baskets(workspace)
            for event in happened(workspace, made) if event.name in words}  # fmt: skip
    now_s, found = workspace.now(), []
    for each in trades(workspace):
        state = told.get((each.at, identifier(workspace, each)), "not offered")
        lapsed = state == "offered" and now_s >= each.until
        found.append((each, "lapsed" if lapsed else state))
    return found


def state_of(workspace: Workspace, offered: Offered) -> str:
    """How one trade stands."""
    return next(state for each, state in standings(workspace) if each.number == offered.number)


def identifier(workspace: Workspace, offered: Offered) -> bytes:
    """What identifies a trade on the chain: the hash of its encoding."""
    data = BASKET.function("offerTrade").encode(_on_chain(workspace, offered))
    return keccak(bytes.fromhex(data[10:]))


def withdraw(workspace: Workspace, offered: Offered, *, key: str) -> None:
    """Take back a trade that nobody has taken."""
    made = basket_of(workspace, offered)
    act(workspace, made, "withdrawTrade", (identifier(workspace, offered),), key=key)


def take(workspace: Workspace, offered: Offered, taker: Wallet, *, key: str) -> Done:
    """Take a trade as the agent, or for somebody whose key is kept here.

    Raises `Conflict` if it is not open to him, `Refused` if he has not what he is to bring.
    """
    act, made = f"{key}/take", basket_of(workspace, offered)
    if not workspace.known(act):
        _check_open(workspace, offered, taker)
    if taker == workspace.acting("agent"):
        done = _take_as_agent(workspace, offered, key)
    else:
        if not workspace.known(act):
            permit_all(workspace, made, taker, _tokens(workspace, offered.takes), key=key)

        def order() -> str:
            message = {"trade": identifier(workspace, offered), "taker": taker}
            signed = sign(workspace, made, "Take", taker, message)
            terms = _on_chain(workspace, offered)
            return BASKET.function("takeSigned").encode(terms, taker, signed)

        require_same_order(workspace, act, "takeSigned", (None, taker))
        done = workspace.act_once("agent", act, made.at, order)
    anchors.anchor(workspace, workspace.security(made.symbol), key=key)
    return done


def _check_open(workspace: Workspace, offered: Offered, taker: Wallet) -> None:
    state, number = state_of(workspace, offered), offered.number
    if state != "offered":
        raise Conflict("trade-not-open", f"Trade {number} is {state}",
                       cure="Offer another one with `basket rebalance`.")  # fmt: skip
    if offered.counterparty not in {NOBODY, taker}:
        raise Conflict("trade-of-another", f"Trade {number} is offered to somebody else",
                       cure="Take it for him, or have his wallet send what `--calls` prints."
                       )  # fmt: skip
    check_receiver(workspace, _tokens(workspace, offered.gives), taker)


def _take_as_agent(workspace: Workspace, offered: Offered, key: str) -> Done:
    *allow, last = calls_to_take(workspace, offered)
    if not workspace.known(f"{key}/take"):
        require_all(workspace, _tokens(workspace, offered.takes), workspace.acting("agent"))
    for number, each in enumerate(allow):
        workspace.act("agent", [(f"{key}/allow/{number}", each.to, each.data)])
    [done] = workspace.act("agent", [(f"{key}/take", last.to, last.data)])
    return done


def _tokens(workspace: Workspace, parts: Sequence[Part]) -> list[Part]:
    return [Part(asset(workspace, each.asset).token, each.amount) for each in parts]


def calls_to_take(workspace: Workspace, offered: Offered) -> list[Call]:
    """What the counterparty's wallet must send."""
    made = basket_of(workspace, offered)
    parts = _tokens(workspace, offered.takes)
    data = BASKET.function("takeTrade").encode(_on_chain(workspace, offered))
    return [*approvals(workspace, made, parts), Call("take the trade", made.at, data)]


def _on_chain(workspace: Workspace, offered: Offered) -> tuple[Any, ...]:
    def parts(of: tuple[Part, ...]) -> list[tuple[str, int]]:
        return [(asset(workspace, each.asset).token, each.amount) for each in of]

    return (offered.counterparty, parts(offered.gives), parts(offered.takes), offered.until,
            bytes.fromhex(offered.document), keccak(text=f"trade/{offered.key}"))  # fmt: skip
