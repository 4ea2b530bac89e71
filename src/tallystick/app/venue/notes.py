"""Contract notes: what an investor is told of a trade of his, as a sheet to be printed.

What stands in one is after Delegated Regulation (EU) 2017/565, article 59(4), and 17 CFR
240.10b-10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.app.servicing.services import deployed
from tallystick.app.venue import markets, wire
from tallystick.app.venue.markets import ROLE
from tallystick.core.errors import NotFound
from tallystick.core.sheets import Section, Sheet
from tallystick.core.times import show_time
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.logs import iterate_logs
from tallystick.gateways.store.order_tables import BUSTED, SETTLED
from tallystick.markets.signed_orders import Instructions, trade_number

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tallystick.app.workspace import ListedSecurity, Workspace
    from tallystick.gateways.store.order_records import OrderRecords
    from tallystick.markets.venue.terms import MarketTerms

_SETTLED = next(event for event in contract("Settlement").events.values()
                if event.name == "Settled")  # fmt: skip
FOOT = "The trade can be looked up on the chain. Nobody but the two sides is sent a note of it."
ROLES = {"maker": "Waited in the book", "taker": "Came and traded at once", "": "Traded in a call"}


def contract_note(
    workspace: Workspace, records: OrderRecords, number: int, home: Wallet
) -> Sheet:  # fmt: skip
    """What an investor is told of a trade. Raises `NotFound` if he has none of that number."""
    trade = records.trade(number)
    order = None if trade is None else _order_of(workspace, records, trade, home)
    if trade is None or order is None:
        raise NotFound("trade-unknown", f"He has no trade {number}", where="trade",
                       cure="See `order fills --who`.")  # fmt: skip
    terms = markets.listed(workspace.journal)[trade.symbol]
    security = next(each for each in workspace.securities() if each.token == terms.security)
    person = workspace.vault.people().get(home)
    return Sheet(
        title=f"Contract note for trade {number}",
        lines=(person.name if person else "", show_wallet(Wallet(order.investor)),
               f"Printed {show_time(workspace.now())}"),
        sections=(
            _instrument(security, terms), _trade(trade, order, terms), _order(trade, order, terms),
            _settlement(workspace, trade, order),
        ), foot=FOOT,
    )  # fmt: skip


def _order_of(
    workspace: Workspace, records: OrderRecords, trade: sa.Row[Any], home: Wallet
) -> sa.Row[Any] | None:  # fmt: skip
    """The investor's own order in a trade, whichever wallet of his gave it."""
    home_of = workspace.book().registry.home
    for number in (trade.buy, trade.sell):
        order = records.order(number)
        if order is not None and home_of(Wallet(order.investor)) == home:
            return order
    return None


def _lines(
    heading: str, rows: list[tuple[str, str]], said: tuple[str, ...] = (),
    total: tuple[str, ...] = (),
) -> Section:  # fmt: skip
    """Names and values, without those that are empty."""
    kept = tuple(row for row in rows if row[1])
    return Section(heading=heading, said=said, columns=("", ""), figures=1, rows=kept, total=total)


def _instrument(security: ListedSecurity, terms: MarketTerms) -> Section:
    return _lines("Security", [
        ("Name", security.name), ("Symbol", security.symbol),
        ("Issuer", f"{security.terms['issuer']['name']}, {security.terms['issuer']['country']}"),
        ("ISIN", str(security.terms.get("isin", ""))), ("Contract", show_wallet(security.token)),
        ("Terms", security.asset_id), ("Market", terms.symbol),
    ])  # fmt: skip


def _trade(trade: sa.Row[Any], order: sa.Row[Any], terms: MarketTerms) -> Section:
    scale, value = terms.scale, trade.lots * int(trade.price)
    fee = int(trade.buyer_fee if order.buys else trade.seller_fee)
    cash = terms.symbol.split("/")[1]
    due, amount = ("to pay", value + fee) if order.buys else ("to receive", value - fee)
    busted = trade.status == BUSTED
    return _lines("Purchase" if order.buys else "Sale", [
        ("Traded", wire.moment(trade.at_ns) or ""), ("Quantity", scale.quantity(trade.lots)),
        ("Price of one unit", f"{scale.show_price(int(trade.price))} {cash}"),
        ("Value", f"{scale.money(value)} {cash}"), ("Fee", f"{scale.money(fee)} {cash}"),
    ], total=(f"In all {due}", f"{scale.money(0 if busted else amount)} {cash}"))  # fmt: skip


def _order(trade: sa.Row[Any], order: sa.Row[Any], terms: MarketTerms) -> Section:
    side = "buy" if order.buys else "sell"
    role = "" if not trade.taker else "taker" if trade.taker == side else "maker"
    kinds = Instructions.of(order.kind) or Instructions()
    signer = "" if order.signer == order.investor else show_wallet(Wallet(order.signer))
    return _lines("Order", [
        ("Number", str(order.number)), ("What it did", ROLES[role]),
        ("Placed", wire.moment(order.placed_ns) or ""),
        ("Kind", f"{'market' if kinds.market else 'limit'}, {kinds.duration}"),
        ("Quantity", terms.scale.quantity(order.lots)),
        ("Limit", f"{terms.scale.show_price(int(order.price))} {terms.symbol.split('/')[1]}"),
        ("Signed by the key", signer),
        ("Your number of it", order.client_id),
    ])  # fmt: skip


def _settlement(workspace: Workspace, trade: sa.Row[Any], order: sa.Row[Any]) -> Section:
    gives, gets = ("money", "units") if order.buys else ("units", "money")
    if trade.status == BUSTED:
        said = f"This trade was busted ({trade.reason}): nothing was moved, and nothing is owed."
    elif trade.status == SETTLED:
        said = f"Settled whole in block {trade.block}: your {gives} went as the {gets} came."
    else:
        said = (f"Matched, and not settled yet: your {gives} will go as the {gets} come, or not "
                "at all. You need do nothing.")  # fmt: skip
    return _lines("Settlement", [
        ("Venue", show_wallet(workspace.keystore.wallet(ROLE))), ("Status", trade.status),
        ("Block", str(trade.block) if trade.block else ""),
        ("Transaction", _transaction(workspace, trade)), ("Why", trade.reason),
    ], (said,))  # fmt: skip


def _transaction(workspace: Workspace, trade: sa.Row[Any]) -> str:
    """Hash of the transaction in which a trade was settled; nothing if it was not."""
    settlement = deployed(workspace).get("Settlement")
    if trade.status != SETTLED or settlement is None:
        return ""
    block = trade.block
    for logs in iterate_logs(workspace.rpc, [settlement], block, block, [_SETTLED.topic]):
        for log in logs:
            heads = _SETTLED.decode(log.topics, log.data)["heads"]
            if trade.number in {trade_number(head) for head in heads}:
                return log.transaction_hash
    return ""
