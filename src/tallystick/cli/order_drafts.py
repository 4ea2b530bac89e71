"""`order draft`, `permit` and `submit`: for people whose keys are in wallets of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tallystick.app.venue import markets
from tallystick.app.venue.wire import wallet_of
from tallystick.cli.acting import Amount, Who
from tallystick.cli.markets import MarketName
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json
from tallystick.cli.orders import (
    SIDES,
    GoodFor,
    Kind,
    OwnOrders,
    PostOnly,
    Side,
    Until,
    app,
    say_order,
)
from tallystick.cli.output import as_json, say
from tallystick.cli.venue_access import reached
from tallystick.client import VenueClient
from tallystick.core.errors import Invalid
from tallystick.core.permits import Permit
from tallystick.gateways.store.files import read_text
from tallystick.markets.order_book import SelfTrade

MALFORMED = "order-malformed"


def register(_: typer.Typer) -> None:
    """Nothing is to be added: these are commands of `order`."""


@app.command()
def draft(
    side: Side,
    market: MarketName,
    quantity: Amount,
    price: Annotated[str, typer.Argument(help="Price of one unit; a market order goes no further."
                                         )],
    who: Who,
    *,
    kind: Kind = "limit",
    until: Until = "",
    post_only: PostOnly = False,
    self_trade: OwnOrders = SelfTrade.CANCEL_TAKER,
    good_for: GoodFor = 86_400,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:  # fmt: skip
    """Print what somebody with his own wallet signs for an order (EIP-712)."""
    with open_workspace(folder) as workspace:
        symbol, investor = markets.market(workspace, market).symbol, workspace.wallet_of(who)
        with reached(workspace) as venue:
            found = venue.draft(symbol=symbol, investor=investor, side=side, quantity=quantity,
                                price=price, kind=kind, time_in_force=until, post_only=post_only,
                                self_trade=self_trade, good_for_s=good_for)  # fmt: skip
    as_json(found if json else found["typed"])


@app.command()
def permit(
    side: Side,
    market: MarketName,
    who: Who,
    *,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Print what somebody with his own wallet signs so that settlement may move what he trades.

    Money for orders to buy, units for orders to sell; it moves only what orders say (ERC-2612).
    """
    if side not in SIDES:
        raise Invalid("side-unknown", f"{side!r} is no side", where="side",
                      cure=f"Write {' or '.join(SIDES)}.")  # fmt: skip
    with open_workspace(folder) as workspace:
        terms, investor = markets.market(workspace, market), workspace.wallet_of(who)
        with reached(workspace) as venue:
            found = venue.permit_terms(investor, terms.cash if side == "buy" else terms.security)
    as_json(found if json else found["typed"])


@app.command()
def submit(
    signed: Annotated[Path, typer.Argument(
        help="What was signed: the JSON that `draft` or `permit` printed.")],
    signature: Annotated[str, typer.Argument(help="The signature that the wallet gave.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:  # fmt: skip
    """Place an order, or send a permit, that somebody signed with his own wallet."""
    text = read_text(signed, MALFORMED)
    try:
        typed = msgspec.json.decode(text)
        typed = dict(typed.get("typed", typed))
        message, raw = dict(typed["message"]), bytes.fromhex(signature.removeprefix("0x"))
        token = str(typed["domain"]["verifyingContract"])
    except (msgspec.MsgspecError, AttributeError, KeyError, TypeError, ValueError):
        raise Invalid(MALFORMED, "That is nothing to be signed with its signature",
                      where=str(signed), cure="Write what `order draft` or `order permit` prints "
                      "to a file, and sign it.") from None  # fmt: skip
    with open_workspace(folder) as workspace, reached(workspace) as venue:
        if typed.get("primaryType") == "Permit":
            _say_permit(_permitted(venue, message, token, raw), json=json)
            return
        found = venue.order(venue.place(message, raw)["order"])
    say_order(found, json=json)


def _permitted(venue: VenueClient, message: dict[str, Any], token: str, signature: bytes
               ) -> dict[str, Any]:  # fmt: skip
    """What settlement may move after a permit was sent."""
    try:
        permit = Permit(
            owner=wallet_of(message["owner"], "owner"),
            spender=wallet_of(message["spender"], "spender"), value=int(message["value"]),
            nonce=int(message["nonce"]), deadline=int(message["deadline"]),
        )  # fmt: skip
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Invalid(MALFORMED, "That is no permit", where="message",
                      cure="Write what `order permit` prints to a file, and sign it."
                      ) from None  # fmt: skip
    return venue.permit(permit, wallet_of(token, "token"), signature)


def _say_permit(found: dict[str, Any], *, json: bool) -> None:
    if json:
        as_json(found)
    else:
        say(f"[bold green]✓[/] settlement may move what orders of {found['owner']} say, of "
            f"{found['token']}")  # fmt: skip
