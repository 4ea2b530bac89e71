"""Trading by a key that one holds: orders are made and signed here, never signed unseen."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tallystick.client.problems import Problem
from tallystick.core.errors import Invalid, NotFound
from tallystick.core.permits import Permit
from tallystick.core.typed_data import Domain
from tallystick.core.wallets import Wallet
from tallystick.markets.order_book import SelfTrade
from tallystick.markets.quoting import Scale
from tallystick.markets.signed_orders import Duration, Instructions, OrderTerms

if TYPE_CHECKING:
    from tallystick.client.signing import Signer
    from tallystick.client.venue import VenueClient

DAY_S, HOUR_S = 86_400, 3_600
UNLIMITED = 2**256 - 1
LIMIT = Instructions()
Number = str | int | Decimal
KINDS = ("limit", "market")
_INSTRUCTIONS = frozenset({"kind", "time_in_force", "post_only", "self_trade"})
_ORDER_OPTIONS = frozenset({"client_id", "replaces", "filled", "cancel_on_disconnect"})


class Trader:
    """An investor at a venue, or a key that he gave a session."""

    def __init__(
        self, venue: VenueClient, signer: Signer, *, investor: Wallet | None = None
    ) -> None:
        self.venue = venue
        self.signer = signer
        self.investor = investor or signer.wallet
        self._markets: dict[str, dict[str, Any]] = {}
        self._nonce: int | None = None
        self._ahead_s: float | None = None

    def log_in(self) -> None:
        """Show the venue who one is, so that it tells of orders and cancels them."""
        self.venue.log_in(self.signer, self.investor)

    def allow(self, symbol: str, side: str, amount: int = UNLIMITED) -> dict[str, Any]:
        """Sign that settlement may move what orders on a side give: money to buy, units to sell.

        It moves no more than orders say. `amount` is in smallest units. Nothing is sent if so much
        is allowed already. Raises `Invalid` for who signs for another one, and unless the client
        was told the settlement contract: whoever else were named there could take everything.
        """
        if not 0 < amount <= UNLIMITED:
            raise Invalid("amount-out-of-range", f"{amount} is no amount", where="amount",
                          cure="Write a whole number of smallest units.")  # fmt: skip
        if not self.venue.settlement:
            raise Invalid("settlement-not-given", "It is not known for which contract to sign",
                          where="settlement", cure="Give it to `VenueClient`, from a source that "
                          "you trust: the issuer's, not the venue's.")  # fmt: skip
        if self.signer.wallet != self.investor:
            raise Invalid("permit-by-key", "A permit is signed by the investor himself",
                          where="signer", cure="Sign it by his own key.")  # fmt: skip
        market = self._market(symbol)
        token = Wallet(market["cash" if _buys(side) else "security"])
        terms, domain = self.venue.permit_terms(self.investor, token), self.venue.identity().domain
        if int(terms["allowed"]) >= amount:
            return {"owner": self.investor, "token": token, "allowed": terms["allowed"]}
        permit = Permit(owner=self.investor, spender=domain.contract, value=amount,
                        nonce=int(terms["nonce"]), deadline=self._now_s() + HOUR_S)  # fmt: skip
        of_token = Domain(domain.chain_id, token, terms["name"], terms["version"])
        signature = self.signer.sign_digest(permit.digest(of_token))
        return self.venue.permit(permit, token, signature)

    def buy(self, symbol: str, quantity: Number, price: Number, **options: Any) -> dict[str, Any]:
        """Place an order to buy; see `place`."""
        return self.place(symbol, "buy", quantity, price, **options)

    def sell(self, symbol: str, quantity: Number, price: Number, **options: Any) -> dict[str, Any]:
        """Place an order to sell; see `place`."""
        return self.place(symbol, "sell", quantity, price, **options)

    def place(
        self, symbol: str, side: str, quantity: Number, price: Number, *,
        instructions: Instructions = LIMIT, good_for_s: int = DAY_S, **options: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Sign an order and place it; what came of it.

        `side` is `buy` or `sell`, `quantity` is in units, `price` of one unit. Options are what
        `instructions` takes, which may be made before, and `client_id`, `replaces` with `filled`,
        `cancel_on_disconnect`. Raises `Invalid` at any other, and `Problem` if it is refused.
        """
        if unknown := set(options) - _ORDER_OPTIONS - _INSTRUCTIONS:
            raise Invalid("option-unknown", f"There is no option {', '.join(sorted(unknown))}",
                          where="options", cure="Options are "
                          f"{', '.join(sorted(_ORDER_OPTIONS | _INSTRUCTIONS))}.")  # fmt: skip
        if said := {name: options.pop(name) for name in _INSTRUCTIONS & set(options)}:
            instructions = instructions_of(**said)
        terms = self.terms(symbol, side, quantity, price, instructions=instructions,
                           good_for_s=good_for_s)  # fmt: skip
        signature = self.signer.sign_digest(terms.digest(self.venue.identity().domain))
        if options.get("replaces") and not self.venue.token:
            self.log_in()
        try:
            return self.venue.place(terms, signature, **options)
        except Problem as problem:
            if {each.get("code") for each in problem.refusals} & {"nonce-used", "nonce-too-old"}:
                self._nonce = None
            raise

    def terms(
        self, symbol: str, side: str, quantity: Number, price: Number, *,
        instructions: Instructions = LIMIT, good_for_s: int = DAY_S,
    ) -> OrderTerms:  # fmt: skip
        """An order as it is signed."""
        buys, market = _buys(side), self._market(symbol)
        scale = Scale(int(market["units_per_lot"]), market["decimals"], market["cash_decimals"])
        return OrderTerms(
            investor=self.investor, signer=self.signer.wallet,
            venue=self.venue.identity().venue, security=Wallet(market["security"]),
            cash=Wallet(market["cash"]), buys=buys, units_per_lot=scale.units_per_lot,
            lots=scale.lots(written(quantity, "quantity")),
            price=scale.price(written(price, "price")),
            fee_bps=max(market[name] for name in ("maker_bps", "taker_bps", "auction_bps")),
            expiry=self._now_s() + good_for_s, nonce=self._next_nonce(), epoch=market["epoch"],
            instructions=instructions.held_if(asked=market["holds"], buys=buys),
        )  # fmt: skip

    def forget_markets(self) -> None:
        """Ask for the terms of markets anew: they were changed, say."""
        self._markets.clear()

    def _market(self, symbol: str) -> dict[str, Any]:
        if symbol not in self._markets:
            self._markets = {each["symbol"]: each for each in self.venue.markets()}
        if symbol not in self._markets:
            raise NotFound("market-unknown", f"There is no market {symbol!r}", where="symbol",
                           cure=f"Known are: {', '.join(self._markets) or 'none yet'}."
                           )  # fmt: skip
        return self._markets[symbol]

    def _next_nonce(self) -> int:
        """Numbers that follow each other: four orders are counted in one word of the chain."""
        if self._nonce is None:
            if not self.venue.token:
                self.log_in()
            self._nonce = self.venue.next_nonce(self.investor, self.signer.wallet)
        self._nonce += 1
        return self._nonce - 1

    def _now_s(self) -> int:
        """UTC seconds as the venue counts them, asked once."""
        if self._ahead_s is None:
            self._ahead_s = int(self.venue.status()["time_s"]) - time.time()
        return int(time.time() + self._ahead_s)


def written(number: Number, where: str) -> str:
    """A quantity or a price as people write it. Raises `Invalid` at what may not be exact."""
    if isinstance(number, str | int | Decimal) and not isinstance(number, bool):
        return str(number)
    raise Invalid("number-not-exact", f"{number!r} may not be just that number", where=where,
                  cure=f"Write it as text: {str(number)!r}.")  # fmt: skip


def _buys(side: str) -> bool:
    if side not in {"buy", "sell"}:
        raise Invalid("side-unknown", f"{side!r} is no side", where="side",
                      cure="Write buy or sell.")  # fmt: skip
    return side == "buy"


def instructions_of(
    *, kind: str = "limit", time_in_force: str = "", post_only: bool = False,
    self_trade: str = SelfTrade.CANCEL_TAKER,
) -> Instructions:  # fmt: skip
    """What the venue shall do with an order. A market order does not wait, if nothing else is said.

    Raises `Invalid` at words that it does not know.
    """
    for name, word, words in (("kind", kind, KINDS), ("self_trade", self_trade, [*SelfTrade]),
                              ("time_in_force", time_in_force, ["", *Duration])):  # fmt: skip
        if word not in words:
            known = ", ".join(each for each in words if each)
            raise Invalid("instruction-unknown", f"{word!r} is nothing that a venue does",
                          where=name, cure=f"Write one of {known}.")  # fmt: skip
    usual = Duration.IMMEDIATE if kind == "market" else Duration.GOOD_TILL
    return Instructions(Duration(time_in_force or usual), post_only, kind == "market",
                        SelfTrade(self_trade))  # fmt: skip
