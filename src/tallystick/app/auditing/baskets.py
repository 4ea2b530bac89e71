"""Baskets: units issued for assets alone; values and trades recalculated."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tallystick.app.auditing.comparing import Check, Fact
from tallystick.app.servicing import basket_trades as trading
from tallystick.app.servicing import baskets as held
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.workspace import TOKEN
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.events import events_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.app.servicing.baskets import Opened
    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.events import Happened
    from tallystick.gateways.chain.fold import Book


def baskets(workspace: Workspace, _book: Book) -> Iterator[Check | Fact]:
    """Every basket: its units, its fees, its stated values and its trades."""
    for made in held.baskets(workspace):
        told = list(held.happened(workspace, made))
        yield from _units(workspace, made, told)
        yield from _fees(made, told)
        yield from _values(workspace, made, told)
        yield from _trades(workspace, made, told)
    for offered, state in trading.standings(workspace):
        what = f"trade {offered.number}"
        gives, takes = trading.legs(trading.plan(workspace, offered.wish, offered.held))
        yield Fact(f"{what}: gives", gives, offered.gives)
        yield Fact(f"{what}: takes", takes, offered.takes)
        yield Fact(f"{what}: is offered", True, state != "not offered")


def _units(workspace: Workspace, made: Opened, told: list[Happened]) -> Iterator[Fact]:
    """Nobody was issued units otherwise than for assets, as fee, or for units of before."""
    tokens = [workspace.security(symbol).token for symbol in held.stood_behind(workspace, made)]
    given: Counter[int] = Counter()
    for event in told:
        if event.name in {"Created", "FeeTaken"}:
            given[event.block] += event.members["issued" if event.name == "Created" else "units"]
    issued: Counter[int] = Counter()
    for token in tokens:
        for event in events_of(workspace.rpc, TOKEN, token, since=workspace.founding.since,
                               names=("Transfer", "Exchanged")):  # fmt: skip
            if event.name == "Exchanged" and Wallet(event.members["to"]) in tokens:
                # What an exchange puts in the place of others takes no assets from them.
                given[event.block] += event.members["after"]
            elif event.name == "Transfer" and event.members["sender"] == NOBODY:
                issued[event.block] += event.members["value"]
    for block in sorted({*given, *issued}):
        what = f"basket {made.symbol}: units issued in block {block}"
        yield Fact(what, given[block], issued[block])


def _fees(made: Opened, told: list[Happened]) -> Iterator[Fact]:
    """No fee is above that of the terms, and none rises."""
    fees = made.terms.fees
    above = (fees.creation_bps, fees.redemption_bps, fees.annual_bps)
    for event in told:
        if event.name == "FeesSet":
            stated = (event.members["creation_bps"], event.members["redemption_bps"],
                      event.members["annual_bps"])  # fmt: skip
            lower = all(new <= old for new, old in zip(stated, above, strict=True))
            yield Fact(f"basket {made.symbol}: fees {stated} are none above {above}", True, lower)
            above = stated


def _values(workspace: Workspace, made: Opened, told: list[Happened]) -> Iterator[Fact]:
    """Each stated value is that of what was held, at its prices, and told the chain so."""
    on_chain = {event.members["document"].hex(): event.members["worth"]
                for event in told if event.name == "NavStated"}  # fmt: skip
    kept = {stated.published: stated.worth for stated in held.navs(workspace, made)}
    yield Fact(f"basket {made.symbol}: values told and kept", sorted(on_chain),
               sorted(key for key in kept if key in on_chain))  # fmt: skip
    for stated in held.navs(workspace, made):
        what = f"basket {made.symbol}: value of {stated.key}"
        money = cash_tokens.money(workspace, stated.cash)
        yield Fact(what, held.worth_down(workspace, stated.held, stated.prices, money),
                   stated.worth)  # fmt: skip
        yield Fact(f"{what}: is told", stated.worth, on_chain.get(stated.published))


def _trades(workspace: Workspace, made: Opened, told: list[Happened]) -> Iterator[Fact]:
    """Every trade that the chain was offered follows from what the journal keeps."""
    kept = {trading.identifier(workspace, each) for each in trading.trades(workspace)}
    for event in told:
        if event.name == "TradeOffered":
            what = f"basket {made.symbol}: trade of block {event.block} is kept"
            yield Fact(what, True, event.members["id"] in kept)
