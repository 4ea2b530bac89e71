"""Baskets: opened from their terms, created and redeemed in kind, their fees and their value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app import anchors
from tallystick.app.acts import Reason, published
from tallystick.app.keys import require_same
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.cash import Money
from tallystick.app.servicing.services import service
from tallystick.app.workspace import TOKEN, Workspace
from tallystick.core.canonical import with_large_as_text
from tallystick.core.errors import Conflict, Invalid, NotFound, Refused
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.events import Happened, events_of, told_in
from tallystick.securities.baskets.basket_terms import BasketTerms, read_basket_terms
from tallystick.securities.baskets.in_kind import CREATORS, Fees
from tallystick.securities.baskets.weights import worth

if TYPE_CHECKING:
    from tallystick.gateways.chain.intents import Done

BASKET = contract("Basket")
KIND, VALUED, FOLLOWED = "basket", "basket-valued", "basket-followed"


class Asset(msgspec.Struct, frozen=True):
    """What a basket can hold: a security or a cash, by its symbol."""

    name: str
    token: Wallet
    decimals: int


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A basket as the business journal keeps it; `symbol` is of whom it stands behind today."""

    symbol: str
    key: str
    seal: str
    terms: BasketTerms
    document: str
    at: Wallet


class Holding(msgspec.Struct, frozen=True):
    """So much of an asset behind the units, in its smallest units."""

    asset: Asset
    amount: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a basket stands, as the chain says; units and fee due in smallest units."""

    holdings: tuple[Holding, ...]
    supply: int
    due: int
    fees: Fees
    receiver: Wallet
    creators: str
    lot: int

    @property
    def outstanding(self) -> int:
        """Units issued, and those of the fee that are due."""
        return self.supply + self.due


class Nav(msgspec.Struct, frozen=True, kw_only=True):
    """A value as it was stated: the whole in smallest units of the cash, and of how many units.

    `held` are smallest units of each asset, `prices` those of a whole one, as exact fractions.
    """

    key: str
    at: Wallet
    held: dict[str, int]
    cash: str
    worth: int
    units: int
    at_s: int
    prices: dict[str, str]
    document: str
    published: str


# --- what there is


def baskets(workspace: Workspace) -> list[Opened]:
    """All baskets, in the order in which they were opened."""
    behind = {entry.body["wallet"]: entry.body["symbol"]
              for entry in workspace.journal.entries(FOLLOWED)}  # fmt: skip
    found = (msgspec.convert(entry.body, Opened, strict=False)
             for entry in workspace.journal.entries(KIND))  # fmt: skip
    return [msgspec.structs.replace(each, symbol=behind.get(each.at, each.terms.symbol))
            for each in found]  # fmt: skip


def basket(workspace: Workspace, symbol: str) -> Opened:
    """The basket behind a security. Raises `NotFound` if there is none."""
    found = next((each for each in baskets(workspace) if each.symbol == symbol), None)
    if found is None:
        raise NotFound("basket-unknown", f"There is no basket behind {symbol!r}",
                       cure="Open one with `basket open`.")  # fmt: skip
    return found


def stood_behind(workspace: Workspace, made: Opened) -> list[str]:
    """The securities behind whose units a basket has stood, the present one last."""
    followed = [entry.body["symbol"] for entry in workspace.journal.entries(FOLLOWED)
                if entry.body["wallet"] == made.at]  # fmt: skip
    return [made.terms.symbol, *followed]


def assets(workspace: Workspace) -> dict[str, Asset]:
    """All that a basket could hold, by its symbol."""
    found = {each.symbol: Asset(each.symbol, each.token, each.decimals)
             for each in cash_tokens.moneys(workspace)}  # fmt: skip
    return found | {each.symbol: Asset(each.symbol, each.token, each.decimals)
                    for each in workspace.securities()}  # fmt: skip


def asset(workspace: Workspace, name: str) -> Asset:
    """An asset by its symbol. Raises `NotFound` if there is no such security or cash."""
    known = assets(workspace)
    if name not in known:
        raise NotFound("asset-unknown-here", f"There is no security or cash {name!r}",
                       cure=f"Known are: {', '.join(known) or 'none yet'}; `cash use` takes up "
                            "any ERC-20.")  # fmt: skip
    return known[name]


def asset_at(workspace: Workspace, token: Wallet) -> Asset:
    """An asset by its address; one that was not taken up has its address for a name."""
    found = next((each for each in assets(workspace).values() if each.token == token), None)
    return found or Asset(token, token, 0)


# --- open


def open_basket(workspace: Workspace, text: str, *, path: str, key: str) -> Opened:
    """Open the basket behind a security from its terms; it becomes an agent that issues units.

    Nothing is done twice under one key. Raises `InvalidFile` if the terms make no sense.
    """
    seal = sha256(text.encode())
    known = next((each for each in baskets(workspace) if each.key == key), None)
    if known is not None:
        require_same(seal.hexdigest(), known.seal)
        _make_agent(workspace, known)
        return known
    terms = read_basket_terms(
        text, lambda symbol: workspace.security(symbol).decimals,
        lambda name: asset(workspace, name).decimals, workspace.wallet_of, path=path,
    )  # fmt: skip
    check_new(workspace, terms.symbol)
    document = published(workspace, Reason("basket", seal.digest()), key)
    data = BASKET.function("open").encode((
        workspace.security(terms.symbol).token,
        [(asset(workspace, each.asset).token, each.amount) for each in terms.parts],
        terms.units, terms.lot, CREATORS.index(terms.creators), terms.locked_too,
        msgspec.structs.astuple(terms.fees), terms.receiver, document,
    ))  # fmt: skip
    implementation = service(workspace, "Basket")
    [done] = workspace.act("agent", [(f"{key}/open", implementation, data)])
    made = Opened(
        symbol=terms.symbol, key=key, seal=seal.hexdigest(), terms=terms, document=document.hex(),
        at=workspace.topic_address(done, implementation, 1),
    )  # fmt: skip
    body = with_large_as_text(msgspec.to_builtins(made))
    workspace.journal.append(KIND, body, at_s=workspace.now())
    _make_agent(workspace, made)
    return made


def check_new(workspace: Workspace, symbol: str) -> None:
    """Raise `Conflict` or `Refused` unless a basket can be opened behind a security."""
    security = workspace.security(symbol)
    if any(each.symbol == symbol for each in baskets(workspace)):
        raise Conflict("basket-opened-already", f"There is a basket behind {symbol} already",
                       cure="Change that one: `basket show` tells how it stands.")  # fmt: skip
    if workspace.book().securities[security.token].supply:
        raise Refused("units-without-assets", f"There are units of {symbol} already",
                      cure="Open a basket behind a security that has none yet.")  # fmt: skip


def _make_agent(workspace: Workspace, made: Opened) -> None:
    token = workspace.security(made.symbol).token
    if not workspace.view(TOKEN, token, "isAgent", made.at):
        data = TOKEN.function("addAgent").encode(made.at)
        workspace.act("owner", [(f"{made.key}/addAgent/{made.symbol}", token, data)])


# --- where it stands


def standing(workspace: Workspace, made: Opened) -> Standing:
    """How a basket stands."""

    def view(name: str) -> Any:
        return workspace.view(BASKET, made.at, name)

    token = workspace.security(made.symbol).token
    return Standing(
        holdings=tuple(Holding(asset_at(workspace, Wallet(where)), amount)
                       for where, amount in view("holdings")),
        supply=int(workspace.view(TOKEN, token, "totalSupply")), due=view("feeDue"),
        fees=Fees(**dict(zip(Fees.__struct_fields__, view("fees"), strict=True))),
        receiver=Wallet(view("feeReceiver")), creators=CREATORS[view("creation")],
        lot=view("lot"),
    )  # fmt: skip


def happened(workspace: Workspace, made: Opened) -> list[Happened]:
    """What the chain tells of a basket, in order."""
    return list(events_of(workspace.rpc, BASKET, made.at, since=workspace.founding.since))


def told_by(workspace: Workspace, made: Opened, done: Done) -> list[Happened]:
    """What the chain tells of a basket in one act."""
    return told_in(workspace.rpc, BASKET, made.at, done.tx_hash)


# --- manage


def act(
    workspace: Workspace, made: Opened, name: str, args: Sequence[Any], *, key: str
) -> Done:  # fmt: skip
    """One call of the manager, who is the agent."""
    data = BASKET.function(name).encode(*args)
    [done] = workspace.act("agent", [(f"{key}/{name}", made.at, data)])
    return done


def replace_asset(workspace: Workspace, made: Opened, name: str, *, key: str) -> Asset:
    """Count the security for which all of an asset was exchanged in its place; returns that."""
    done = act(workspace, made, "replaceAsset", (asset(workspace, name).token,), key=key)
    [token] = [Wallet(event.members["successor"]) for event in told_by(workspace, made, done)
               if event.name == "AssetReplaced"]  # fmt: skip
    return asset_at(workspace, token)


def remove_asset(
    workspace: Workspace, made: Opened, token: Wallet, paper: bytes, *, forfeit: bool, key: str
) -> None:  # fmt: skip
    """Count an asset no longer; `paper` is SHA-256 of the document that says why.

    Raises `Refused` if there is some of it left, unless that shall be forfeited.
    """
    left = {each.asset.token: each.amount for each in standing(workspace, made).holdings}
    if left.get(token) and not forfeit and not workspace.known(f"{key}/removeAsset"):
        name = asset_at(workspace, token).name
        raise Refused(
            "asset-left",
            f"There is some {name} behind the units, which nobody could redeem any more",
            cure="Trade it away first; `--forfeit` gives it up.",
        )
    document = published(workspace, Reason("exclusion", paper), key)
    act(workspace, made, "removeAsset", (token, document), key=key)


def follow(
    workspace: Workspace, symbol: str, successor: str, paper: bytes, *, key: str
) -> None:  # fmt: skip
    """Let a basket stand behind the security whose units replaced those of its own.

    Raises `Refused` unless all were exchanged. It becomes an agent of that security. Under the same
    key it goes on where it was cut off.
    """
    noted = next((entry.body for entry in workspace.journal.entries(FOLLOWED)
                  if entry.body["key"] == key), None)  # fmt: skip
    if noted is None:
        made = basket(workspace, symbol)
        if not workspace.known(f"{key}/follow"):
            _check_successor(workspace, made, successor)
        document = published(workspace, Reason("exchange", paper), key)
        act(workspace, made, "follow", (document,), key=key)
        noted = {"key": key, "wallet": made.at, "before": symbol, "symbol": successor}
        workspace.journal.append(FOLLOWED, noted, at_s=workspace.now())
    require_same((symbol, successor), (noted["before"], noted["symbol"]))
    made = msgspec.structs.replace(basket(workspace, successor), symbol=symbol)
    after = basket(workspace, successor)
    _make_agent(workspace, after)
    _restate_lot(workspace, made, after, key)


def _restate_lot(workspace: Workspace, before: Opened, after: Opened, key: str) -> None:
    """Let the lot be as many whole units as before, where a unit has other decimals."""
    old, new = (workspace.security(each.symbol).decimals for each in (before, after))
    if old != new and not workspace.known(f"{key}/setCreation"):
        now = standing(workspace, after)
        lot = max(1, now.lot * 10**new // 10**old)
        act(workspace, after, "setCreation", (CREATORS.index(now.creators), lot), key=key)


def participants(workspace: Workspace, made: Opened) -> list[Wallet]:
    """Who may create units where only participants may."""
    allowed = {
        Wallet(event.members["participant"]): event.members["allowed"]
        for event in happened(workspace, made)
        if event.name == "ParticipantSet"
    }
    return sorted(wallet for wallet, may in allowed.items() if may)


def _check_successor(workspace: Workspace, made: Opened, successor: str) -> None:
    """Raise `Refused` unless the units were exchanged for that security, which has no others."""
    before, token = workspace.security(made.symbol), workspace.security(successor).token
    if Wallet(workspace.view(TOKEN, before.token, "successor")) != token:
        raise Refused("another-successor", f"The units were not exchanged for {successor}",
                      cure="Name the security that they were exchanged for.")  # fmt: skip
    exchanged = sum(
        event.members["after"]
        for event in events_of(workspace.rpc, TOKEN, before.token, since=workspace.founding.since,
                               names=("Exchanged",))
        if Wallet(event.members["to"]) == token
    )  # fmt: skip
    supply = workspace.book().securities[token].supply
    if supply != exchanged:
        raise Refused(
            "units-without-assets", f"There are units of {successor} that were not exchanged",
            cure="A basket stands behind all units of a security: destroy the others first.",
        )  # fmt: skip


# --- value


def fine_prices(
    workspace: Workspace, names: Iterable[str], prices: Mapping[str, Fraction], cash: Money
) -> dict[str, Fraction]:
    """Prices of smallest units in smallest units of the cash, from those of whole ones.

    Raises `Invalid` if the cash has another price than one.
    """
    if prices.get(cash.symbol, 1) != 1:
        raise Invalid("price-of-cash", f"Prices are in {cash.symbol}, which cannot have another",
                      cure=f"Leave {cash.symbol} out of the prices.")  # fmt: skip
    known = {cash.symbol: Fraction(1), **prices}
    return {
        name: known[name] * Fraction(10**cash.decimals, 10 ** asset(workspace, name).decimals)
        for name in names if name in known
    }  # fmt: skip


def worth_down(
    workspace: Workspace, held: Mapping[str, int], prices: Mapping[str, str], cash: Money
) -> int:
    """What assets are worth in smallest units of the cash, at prices of whole ones."""
    exact = {name: Fraction(price) for name, price in prices.items()}
    whole = worth(held, fine_prices(workspace, held, exact, cash))
    return whole.numerator // whole.denominator


def state_nav(
    workspace: Workspace, made: Opened, cash: str, prices: Mapping[str, Fraction], *, paper: bytes,
    key: str,
) -> Nav:  # fmt: skip
    """State what a basket is worth now, at stated prices of its assets; kept and told the chain.

    `paper` is SHA-256 of the document with the prices. Rounded down to a smallest unit of the cash.
    """
    stated = {name: str(price) for name, price in sorted(prices.items())}
    known = next((each for each in navs(workspace, made) if each.key == key), None)
    if known is None:
        money = cash_tokens.money(workspace, cash)
        now = standing(workspace, made)
        held = {each.asset.name: each.amount for each in now.holdings}
        known = Nav(
            key=key, at=made.at, held=held, cash=cash, prices=stated, document=paper.hex(),
            worth=worth_down(workspace, held, stated, money), units=now.outstanding,
            published=published(workspace, Reason("valuation", paper), key).hex(),
            at_s=workspace.now(),
        )  # fmt: skip
        body = with_large_as_text(msgspec.to_builtins(known))
        workspace.journal.append(VALUED, body, at_s=workspace.now())
    require_same((cash, stated), (known.cash, known.prices))
    token = cash_tokens.money(workspace, cash).token
    args = (token, known.worth, bytes.fromhex(known.published))
    act(workspace, made, "stateNav", args, key=key)
    anchors.anchor(workspace, workspace.security(made.symbol), key=key)
    return known


def navs(workspace: Workspace, made: Opened) -> list[Nav]:
    """Values that were stated of a basket, in order."""
    found = (msgspec.convert(entry.body, Nav, strict=False)
             for entry in workspace.journal.entries(VALUED))  # fmt: skip
    return [each for each in found if each.at == made.at]
