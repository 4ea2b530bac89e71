"""Orders as they come and go in JSON: what was signed, who asks what, and how it is told.

What is signed stands in the members that wallets sign (EIP-712), under their names; whole numbers
may be text, as not every program reads large ones. What is told has quantities and prices as people
write them.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.times import show_time
from tallystick.core.units import show_quantity
from tallystick.core.wallets import Wallet
from tallystick.markets.signed_orders import Instructions, Login, OrderTerms
from tallystick.markets.venue.refusals import OrderRefusal
from tallystick.markets.venue.schedules import show_schedule
from tallystick.markets.venue.state import Market
from tallystick.markets.venue.terms import MarketTerms
from tallystick.securities.verdict import show_number

BODY_MAX: Final = 16_384
CLIENT_ID_MAX: Final = 64
SIGNATURE_MAX: Final = 512
_CLIENT_ID = re.compile(r"[!-~]{0,64}")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_NUMBER = re.compile(r"[0-9]{1,78}")
_NUMBER_MAX: Final = 2**256 - 1
NS: Final = 10**9

Number = int | str


class OrderMessage(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The members of an order that was signed."""

    investor: str
    signer: str
    venue: str
    security: str
    cash: str
    buys: bool
    units_per_lot: Number
    lots: Number
    price: Number
    fee_bps: Number
    expiry: Number
    nonce: Number
    epoch: Number
    instructions: Number

    def terms(self) -> OrderTerms:
        """As the venue takes it. Raises `Invalid` at what is no address or no number."""
        number = whole(self.instructions, "order.instructions")
        instructions = Instructions.of(number)
        if instructions is None:
            raise Invalid("order-malformed", f"{number} says nothing that the venue knows",
                          where="order.instructions",
                          cure="Take the number that a draft has.")  # fmt: skip
        members: dict[str, Any] = {"buys": self.buys, "instructions": instructions}
        for name in ("investor", "signer", "venue", "security", "cash"):
            members[name] = wallet_of(getattr(self, name), f"order.{name}")
        for name in ("units_per_lot", "lots", "price", "fee_bps", "expiry", "nonce", "epoch"):
            members[name] = whole(getattr(self, name), f"order.{name}")
        return OrderTerms(**members)


class PlaceAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order with its signature.

    `replaces` is the number of an order that leaves for it, of which `filled` lots are known to be
    filled. With `cancel_on_disconnect` it leaves when the caller's event stream ends.
    """

    order: OrderMessage
    signature: str
    client_id: str = ""
    replaces: int = 0
    filled: Number = 0
    cancel_on_disconnect: bool = False


class LoginAsked(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Who says who he is, and when (UTC seconds), with his signature of it."""

    investor: str
    signer: str
    issued_at: Number
    signature: str

    def login(self, venue: Wallet) -> Login:
        """What was signed."""
        return Login(
            investor=wallet_of(self.investor, "investor"), signer=wallet_of(self.signer, "signer"),
            venue=venue, issued_at=whole(self.issued_at, "issuedAt"),
        )  # fmt: skip


class DraftAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order as people say it; the draft is what they are to sign for it.

    `price` is of one unit; `good_for_s` how long it stands. `time_in_force` is `good-till`,
    `immediate` or `fill-or-kill`; `kind` `limit` or `market`, whose price protects it.
    """

    symbol: str
    investor: str
    side: str
    quantity: str
    price: str
    signer: str = ""
    kind: str = "limit"
    time_in_force: str = ""
    post_only: bool = False
    self_trade: str = "cancel-taker"
    good_for_s: int = 86_400
    nonce: Number | None = None
    fee_bps: int | None = None


def read(body: bytes, kind: type[Any]) -> Any:
    """A JSON document of a kind. Raises `Invalid` with the place of what is wrong in it."""
    if len(body) > BODY_MAX:
        raise Invalid("body-too-large", f"It has more than {BODY_MAX} bytes",
                      cure="Send an order at a time.")  # fmt: skip
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        message, _, where = str(error).partition(" - at `$.")
        raise Invalid("body-malformed", message, where=where.rstrip("`"),
                      cure="See the reference of the API.") from None  # fmt: skip


def whole(value: Number, where: str) -> int:
    """A whole number that is not negative. Raises `Invalid` at anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _NUMBER_MAX:
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value) and int(value) <= _NUMBER_MAX:
        return int(value)
    raise Invalid("number-malformed", f"{value!r} is no whole number above or equal to zero",
                  where=where, cure="Write digits.")  # fmt: skip


def client_id_of(asked: PlaceAsked) -> str:
    """What the caller calls it. Raises `Invalid` unless that is short and printable."""
    if not _CLIENT_ID.fullmatch(asked.client_id):
        raise Invalid("client-id-malformed", "A client id has up to 64 printable characters "
                      "without spaces", where="client_id", cure="Choose another.")  # fmt: skip
    return asked.client_id


def signature_of(text: str) -> bytes:
    """The bytes of a signature. Raises `Invalid` if it is none."""
    digits = text.removeprefix("0x")
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    if not 0 < len(raw) <= SIGNATURE_MAX:
        raise Invalid("signature-malformed", "That is no signature", where="signature",
                      cure="Write 0x and the hex digits that the wallet gives.")  # fmt: skip
    return raw


def wallet_of(text: str, where: str) -> Wallet:
    """An address, in any case of its letters. Raises `Invalid` if it is none."""
    lower = text.lower()
    if not _ADDRESS.fullmatch(lower):
        raise Invalid("wallet-malformed", f"{text!r} is no wallet address", where=where,
                      cure="Write 0x and 40 hex digits.")  # fmt: skip
    return Wallet(lower)


# --- as it is told


def moment(at_ns: int) -> str | None:
    """A time as ISO 8601 to the microsecond; none if there is none."""
    if not at_ns:
        return None
    whole_s, rest = divmod(at_ns, NS)
    return f"{show_time(whole_s).removesuffix('Z')}.{rest // 1_000:06d}Z"


def market_view(market: Market) -> dict[str, Any]:
    """A market, its terms and what goes on in it."""
    terms, scale = market.terms, market.terms.scale
    bid, ask = market.book.best_bid(), market.book.best_ask()
    return {
        "symbol": terms.symbol, "security": terms.security, "cash": terms.cash,
        "phase": market.phase, "halted": market.halted, "until": moment(market.until_ns),
        "last": scale.show_price(market.last) if market.last else None,
        "reference": scale.show_price(market.reference),
        "bid": None if bid is None else scale.show_price(bid),
        "ask": None if ask is None else scale.show_price(ask),
        "lot": scale.quantity(1), "tick": scale.show_price(terms.tick),
        "units_per_lot": str(terms.units_per_lot), "tick_units": str(terms.tick),
        "decimals": terms.decimals, "cash_decimals": terms.cash_decimals,
        "maker_bps": terms.maker_bps, "taker_bps": terms.taker_bps,
        "auction_bps": terms.auction_bps, "band_bps": terms.band_bps, "move_bps": terms.move_bps,
        "holds": terms.holds, "epoch": market.epoch, "hours": show_schedule(terms.schedule),
    }  # fmt: skip


def refusal_view(
    refusal: OrderRefusal, order: OrderTerms, terms: MarketTerms | None
) -> dict[str, Any]:
    """What is against an order, its numbers as people write them; none if there are none."""
    shown = {
        name: None if value is None else _shown(value, refusal.unit, order, terms)
        for name, value in (("limit", refusal.limit), ("now", refusal.now))
    }
    return {"code": refusal.code, "message": refusal.message, "cure": refusal.cure, **shown}


def _shown(value: int, unit: str, order: OrderTerms, terms: MarketTerms | None) -> str:
    if terms is None:
        return str(value)
    security, cash = terms.symbol.split("/")
    if unit == "given":
        return (f"{terms.scale.money(value)} {cash}" if order.buys
                else f"{show_quantity(value, terms.decimals)} {security}")  # fmt: skip
    if unit == "price":
        return f"{terms.scale.show_price(value)} {cash}"
    if unit == "lots":
        return f"{terms.scale.quantity(value)} {security}"
    return f"{value} bps" if unit == "bps" else show_number(value, unit, terms.decimals)


Levels = list[tuple[int, int, int]]


def book_view(terms: MarketTerms, bids: Levels, asks: Levels) -> dict[str, Any]:
    """The best prices of both sides: price, quantity, number of orders."""
    scale = terms.scale
    sides = {
        name: [[scale.show_price(price), scale.quantity(lots), count]
               for price, lots, count in levels]
        for name, levels in (("bids", bids), ("asks", asks))
    }  # fmt: skip
    return {"symbol": terms.symbol, **sides}
