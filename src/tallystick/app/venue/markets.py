"""Markets as the business journal keeps them: which security is traded for which money, and how."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.app import controls
from tallystick.app.keys import require_same
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.services import service
from tallystick.app.workspace import TOKEN, ListedSecurity, Workspace
from tallystick.core.errors import Conflict, Invalid, NotFound
from tallystick.core.units import parse_quantity
from tallystick.gateways.store.journal import BusinessJournal
from tallystick.markets.quoting import Scale
from tallystick.markets.signed_orders import BASIS_POINTS
from tallystick.markets.venue.terms import MarketTerms, Opening

KIND = "market"
ROLE = "venue"
# What one order may have: a number that every program reads.
ORDER_LOTS_MAX = 2**53 - 1


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A market as somebody asks for it: quantities and prices as people write them.

    `lot` is in units of the security, `tick` and `reference` are prices of one unit, rates basis
    points. What is None stays as it is, or as is usual if the market is new.
    """

    symbol: str
    cash: str
    tick: str
    reference: str
    lot: str | None = None
    maker_bps: int | None = None
    taker_bps: int | None = None
    auction_bps: int | None = None
    band_bps: int | None = None
    move_bps: int | None = None
    call_s: int | None = None
    holds: bool | None = None
    holds_a_day: int | None = None
    schedule: tuple[Opening, ...] | None = None

    def others(self, before: MarketTerms | None) -> dict[str, Any]:
        """Rates, bounds and hours, those that are not said as they are."""
        names = ("maker_bps", "taker_bps", "auction_bps", "band_bps", "move_bps", "call_s",
                 "holds", "holds_a_day", "schedule")  # fmt: skip
        said = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        kept = {} if before is None else {name: getattr(before, name) for name in names}
        return {**kept, **said}


class Listed(msgspec.Struct, frozen=True):
    """Terms of a market under the key with which they were set."""

    key: str
    terms: MarketTerms


class Dated(msgspec.Struct, frozen=True):
    """Terms of a market and when they were set, in UTC seconds."""

    at_s: int
    terms: MarketTerms


def history(journal: BusinessJournal, symbol: str) -> list[Dated]:
    """The terms of a market as they were set, in order."""
    found = ((entry.at_s, msgspec.convert(entry.body, Listed).terms)
             for entry in journal.entries(KIND))  # fmt: skip
    return [Dated(at_s, terms) for at_s, terms in found if terms.symbol == symbol]


def listed(journal: BusinessJournal) -> dict[str, MarketTerms]:
    """The markets by their symbols, each by its latest terms."""
    found = (msgspec.convert(entry.body, Listed) for entry in journal.entries(KIND))
    return {each.terms.symbol: each.terms for each in found}


def market(workspace: Workspace, symbol: str) -> MarketTerms:
    """A market by its symbol, or by that of its security if it has one market alone.

    Raises `NotFound` if there is none.
    """
    known = listed(workspace.journal)
    found = [terms for name, terms in known.items() if symbol in {name, name.split("/")[0]}]
    if len(found) != 1:
        meant = [name for name in known if symbol.upper() in {name, name.split("/")[0]}]
        if meant and not found:
            raise NotFound("market-unknown", f"There is no market {symbol!r}", where="symbol",
                           cure=f"Write {meant[0]}: capitals tell symbols apart.")  # fmt: skip
        raise NotFound("market-unknown", f"There is no market {symbol!r}", where="symbol",
                       cure=f"Known are: {', '.join(known) or 'none yet'}; `market open` opens "
                            "one.")  # fmt: skip
    return found[0]


def open_market(workspace: Workspace, asked: Asked, *, key: str) -> MarketTerms:
    """Open a market, or have one go on by other terms. Nothing is done twice under one key.

    The settlement contract is deployed with the first market, and allowed to carry out transfers
    of the security where only venues may.
    """
    security = workspace.security(asked.symbol)
    terms = terms_of(workspace, security, asked)
    for entry in workspace.journal.entries(KIND):
        known = msgspec.convert(entry.body, Listed)
        if known.key == key:
            require_same(terms, known.terms)
            return terms
    before = _before(workspace, security, asked)
    if before is not None and before.scale != terms.scale:
        raise Conflict(
            "market-lot-differs", f"The lot of {terms.symbol} is {before.scale.quantity(1)}",
            where="--lot", cure="Leave it so: orders and trades that there are count in it.",
        )  # fmt: skip
    settlement = service(workspace, "Settlement")
    if not (workspace.keystore.has(ROLE)):
        workspace.keystore.create(ROLE)
    if not workspace.view(TOKEN, security.token, "isVenue", settlement):
        controls.set_venue(workspace, security, settlement, allowed=True, key=key)
    body = msgspec.to_builtins(Listed(key, terms))
    workspace.journal.append(KIND, body, at_s=workspace.now())
    return terms


def terms_of(workspace: Workspace, security: ListedSecurity, asked: Asked) -> MarketTerms:
    """What is asked as whole numbers. Raises `Invalid` at what makes no market."""
    cash = cash_tokens.money(workspace, asked.cash)
    before = _before(workspace, security, asked)
    lot = before.units_per_lot if before and asked.lot is None else parse_quantity(
        asked.lot or "1", security.decimals, where="--lot")  # fmt: skip
    scale = Scale(lot, security.decimals, cash.decimals)
    tick = scale.price(asked.tick, where="--tick")
    reference = scale.price(asked.reference, where="--reference")
    if reference % tick:
        raise Invalid("reference-off-tick", "The reference price is no multiple of the tick",
                      where="--reference", cure="Round it to the tick.")  # fmt: skip
    for name in ("maker_bps", "taker_bps", "auction_bps", "band_bps", "move_bps"):
        if not 0 <= (getattr(asked, name) or 0) <= BASIS_POINTS:
            raise Invalid("rate-out-of-range", f"{getattr(asked, name)} basis points are no rate",
                          where=f"--{name.replace('_', '-')}",
                          cure=f"Write 0 to {BASIS_POINTS}.")  # fmt: skip
    return MarketTerms(
        symbol=f"{security.symbol}/{cash.symbol}", security=security.token, cash=cash.token,
        units_per_lot=lot, tick=tick, reference=reference, lots_max=ORDER_LOTS_MAX,
        decimals=security.decimals, cash_decimals=cash.decimals, **asked.others(before),
    )  # fmt: skip


def _before(workspace: Workspace, security: ListedSecurity, asked: Asked) -> MarketTerms | None:
    """The terms of a market as they are; None if it is a new one."""
    return listed(workspace.journal).get(f"{security.symbol}/{asked.cash}")
