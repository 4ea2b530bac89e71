"""The gate of a venue: who may come in, with what, and how he is told what came of it.

What comes in is looked at here as far as that takes no knowledge of the market: is it well formed,
is it for this venue, did its signer sign it, has its sender logged in. All else the venue judges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from tallystick.app.venue import wire
from tallystick.app.venue.inquiries import (
    Inquiries,
    not_logged_in,
    order_status,
    unknown_order,
)
from tallystick.app.venue.logins import GOOD_S, SKEW_S, Caller, Ticket, Tokens, login_expired
from tallystick.core.errors import Conflict, Invalid, Refused
from tallystick.core.signatures import compacted, signer_of_digest
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.rpc import RpcError
from tallystick.markets.order_book import SelfTrade
from tallystick.markets.signed_orders import Duration, Instructions, Login, OrderTerms, Receipt
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import (
    Accepted,
    Event,
    Left,
    Reduced,
    RefusedOrder,
    Traded,
    Unanswered,
)
from tallystick.markets.venue.refusals import CURES, OrderRefusal, Why
from tallystick.markets.venue.state import LiveOrder, Market, VenueState

if TYPE_CHECKING:
    from tallystick.app.venue.opening import Premises

_WALLET = contract("SecurityToken")
_ASK_GAS: Final = 100_000
_VALID: Final = "0x1626ba7e"
EXPIRY_MAX_S: Final = 366 * 86_400


class Turned(Refused):
    """An order that is not taken, with all that is against it."""

    def __init__(self, refusals: tuple[OrderRefusal, ...], told: list[dict[str, Any]]) -> None:
        first = refusals[0]
        super().__init__(first.code, first.message, cure=first.cure, where="order")
        self.codes = {each.code for each in refusals}
        self.refusals = told


class Cancelling(msgspec.Struct, frozen=True):
    """What cancels orders, and those that it concerns."""

    entry: said.Entry
    orders: dict[int, LiveOrder]


class Gate:
    """What people ask of a venue."""

    def __init__(self, premises: Premises, inquiries: Inquiries, tokens: Tokens) -> None:
        self._premises = premises
        self._inquiries = inquiries
        self._tokens = tokens
        self._domain = premises.domain

    @property
    def state(self) -> VenueState:
        """Everything, as of the last entry."""
        return self._premises.floor.state

    def now_s(self) -> int:
        """UTC seconds, as the venue counts them."""
        return max(self._premises.clock.now_ns() // wire.NS, self.state.now_s)

    # --- logging in

    def caller(self, token: str) -> Caller:
        """Who shows a token; nobody if there is none.

        Raises `Refused` if it is good no more: its time is over, or the session of the key is.
        """
        if not token:
            return Caller()
        caller = self._tokens.caller(token, now_s=self.now_s())
        self.require_good(caller)
        return caller

    def require_good(self, caller: Caller) -> None:
        """Raise `Refused` if a login, or the session of the key that logged in, is over."""
        if caller.operator or not caller.investor:
            return
        if self.now_s() > caller.until_s:
            raise login_expired()
        if caller.by_key:
            self._require_session(caller.investor, caller.signer)

    def _require_session(self, investor: Wallet, key: Wallet) -> None:
        """Raise `Refused` if an investor gave a key no session for this venue, or it is over."""
        session = self.state.sessions.get(investor, {}).get(key)
        if (
            session is None
            or not session.securities
            or (session.venue != self._premises.venue or session.expiry < self.now_s())
        ):
            raise Refused("session-missing", "The key has no session of that investor here",
                          where="signer", cure="Have him grant one: `order session`."
                          )  # fmt: skip

    def log_in_by_key(self, asked: wire.LoginAsked) -> dict[str, Any] | None:
        """A token for somebody who signed by a key that he is the one; asks nobody.

        Raises as `log_in` does; none if a contract has to be asked, see there.
        """
        login, signature = self._login(asked)
        digest = login.digest(self._domain)
        if signer_of_digest(digest, compacted(signature)) != login.signer:
            return None
        return self._logged_in(login)

    def log_in(self, asked: wire.LoginAsked) -> dict[str, Any]:
        """A token for somebody who signed that he is the one, by a key or a contract.

        Raises `Refused` if he did not, or has no session of the investor.
        """
        login, signature = self._login(asked)
        self._require_signed(login.signer, login.digest(self._domain), signature)
        return self._logged_in(login)

    def _login(self, asked: wire.LoginAsked) -> tuple[Login, bytes]:
        """What was signed to log in now, and its signature as given."""
        login = asked.login(self._premises.venue)
        if abs(self.now_s() - login.issued_at) > SKEW_S:
            raise Refused("login-out-of-time", "The login was signed too long ago, or for later",
                          where="issuedAt", cure="Set the clock, and sign it anew.")  # fmt: skip
        self._require_admitted(login.investor, "investor")
        return login, wire.signature_of(asked.signature)

    def _logged_in(self, login: Login) -> dict[str, Any]:
        if login.signer != login.investor:
            self._require_session(login.investor, login.signer)
        until_s = self.now_s() + GOOD_S
        token = self._tokens.issue(Ticket(login.investor, login.signer, until_s))
        return {"token": token, "until": wire.moment(until_s * wire.NS)}

    def login_to_sign(self, investor: str, signer: str) -> dict[str, Any]:
        """What somebody signs to log in."""
        asked = wire.LoginAsked(investor, signer or investor, self.now_s(), "")
        return asked.login(self._premises.venue).typed(self._domain)

    # --- orders

    def draft(self, asked: wire.DraftAsked, caller: Caller) -> dict[str, Any]:
        """What somebody signs for an order as he says it, and what it comes to.

        Raises `Refused` if the venue is to name the number, and he has not logged in.
        """
        terms = self._drafted(asked, caller)
        market = self._inquiries.market(asked.symbol)
        scale, value = market.terms.scale, terms.lots * terms.price
        return {
            "typed": terms.typed(self._domain),
            "summary": {
                "symbol": market.terms.symbol, "side": asked.side,
                "quantity": scale.quantity(terms.lots), "price": scale.show_price(terms.price),
                "value": scale.money(value), "fee_most": scale.money(
                    value * terms.fee_bps // 10_000),
                "expires": wire.moment(terms.expiry * wire.NS), "nonce": str(terms.nonce),
            },
        }  # fmt: skip

    def _drafted(self, asked: wire.DraftAsked, caller: Caller) -> OrderTerms:
        """An order as it would be signed. Raises `Invalid` at what makes none."""
        market = self._inquiries.market(asked.symbol)
        terms, scale = market.terms, market.terms.scale
        investor = wire.wallet_of(asked.investor, "investor")
        signer = wire.wallet_of(asked.signer, "signer") if asked.signer else investor
        if asked.nonce is None:
            nonce = self.nonce_for(caller, investor, signer)
        else:
            nonce = wire.whole(asked.nonce, "nonce")
        if not 0 < asked.good_for_s <= EXPIRY_MAX_S:
            raise Invalid("expiry-out-of-range", "An order stands for a year at the most",
                          where="good_for_s", cure="Name fewer seconds.")  # fmt: skip
        buys = _side(asked.side)
        return OrderTerms(
            investor=investor, signer=signer, venue=self._premises.venue,
            security=terms.security, cash=terms.cash, buys=buys,
            units_per_lot=terms.units_per_lot, lots=scale.lots(asked.quantity),
            price=scale.price(asked.price),
            fee_bps=market.fee_bps if asked.fee_bps is None else asked.fee_bps,
            expiry=self.now_s() + asked.good_for_s, nonce=nonce, epoch=market.epoch,
            instructions=_instructions(asked).held_if(asked=terms.holds, buys=buys),
        )  # fmt: skip

    def nonce_for(self, caller: Caller, investor: Wallet, signer: Wallet) -> int:
        """The number that an investor's next order takes.

        Raises `Refused` unless he asks, or who signs it: it says when he placed his last one.
        """
        if not caller.may_act_on(investor, signer):
            raise not_logged_in()
        return self.next_nonce(investor, signer)

    def next_nonce(self, investor: Wallet, signer: Wallet) -> int:
        """The number after the highest that was used for an investor's orders by who signs them."""
        window = self._premises.floor.sequencer.venue.window(investor, signer)
        lowest = self.state.lowest_nonces.get(investor, {}).get(signer, 0)
        return max(window.highest + 1, lowest)

    def signed_by_key(self, asked: wire.PlaceAsked, caller: Caller) -> said.Placed | None:
        """An order as the venue takes it, if a key signed it; asks nobody.

        Raises `Invalid` or `Refused`; none if a contract has to be asked, see `placed`.
        """
        terms, given, login = self._read(asked, caller)
        signature = compacted(given)
        if signer_of_digest(terms.digest(self._domain), signature) != terms.signer:
            return None
        return _placed(asked, terms, signature, login)

    def placed(self, asked: wire.PlaceAsked, caller: Caller) -> said.Placed:
        """An order as the venue takes it, if its signer signed it, a key or a contract.

        Raises `Invalid` or `Refused`.
        """
        terms, given, login = self._read(asked, caller)
        by_contract = self._require_signed(terms.signer, terms.digest(self._domain), given)
        # A contract is asked about what it was given, however its signatures look.
        signature = given if by_contract else compacted(given)
        return _placed(asked, terms, signature, login, by_contract=by_contract)

    def _read(self, asked: wire.PlaceAsked, caller: Caller) -> tuple[OrderTerms, bytes, str]:
        """An order's terms, its signature as given, and the login that it ends with, if one."""
        terms = asked.order.terms()
        if terms.venue != self._premises.venue:
            raise Refused("order-for-another-venue", "The order names another venue",
                          where="order.venue", cure="Sign what a draft of this venue says."
                          )  # fmt: skip
        # Nothing of strangers is written down, or they could fill the disk.
        self._require_admitted(terms.investor, "order.investor")
        login = ""
        if asked.cancel_on_disconnect:
            if caller.investor != terms.investor:
                raise not_logged_in()
            login = caller.login
        old = self.state.orders.get(asked.replaces) if asked.replaces else None
        if old is not None and not caller.may_act_on(old.terms.investor, old.terms.signer):
            # What it replaces is not signed with it: that is a cancel, for which one logs in.
            raise not_logged_in()
        return terms, wire.signature_of(asked.signature), login

    def _require_admitted(self, investor: Wallet, where: str) -> None:
        """Raise `Refused` if a wallet is that of nobody who was admitted."""
        if not self._premises.floor.sequencer.venue.eligibility.admitted(investor):
            raise Refused("investor-unknown", "The wallet is not that of an investor", where=where,
                          cure="Have the transfer agent admit him, or link the wallet to him."
                          )  # fmt: skip

    def accounts(self, placed: said.Placed) -> list[tuple[Wallet, Wallet]]:
        """Accounts of which the venue must have been told before it judges an order."""
        terms = placed.terms
        return [(terms.security, terms.investor), (terms.cash, terms.investor)]

    def accounts_of(self, investor: Wallet) -> list[tuple[Wallet, Wallet]]:
        """An investor's accounts of all that is traded."""
        return [(token, investor) for market in list(self.state.markets.values())
                for token in (market.terms.security, market.terms.cash)]  # fmt: skip

    def answer(self, placed: said.Placed, events: list[Event]) -> dict[str, Any]:
        """What came of an order. Raises `Turned` if it was not taken."""
        for event in events:
            if isinstance(event, RefusedOrder):
                market = self._premises.floor.sequencer.venue.market_of(placed.terms)
                terms = market.terms if market else None
                raise Turned(event.refusals, [wire.refusal_view(each, placed.terms, terms)
                                              for each in event.refusals])  # fmt: skip
        [number] = [event.order for event in events if isinstance(event, Accepted)]
        return self._told(number, placed, events)

    def taken_before(self, placed: said.Placed, turned: Turned) -> dict[str, Any]:
        """An order that was taken before and is sent again, as it stands.

        Raises why it was turned down if that is not so.
        """
        known = None
        if Why.NONCE_USED in turned.codes:
            known = self._inquiries.taken(placed)
        elif Why.CLIENT_ID_USED in turned.codes:
            known = self._inquiries.named(placed)
        if known is None:
            raise turned
        return {**known, "repeated": True}

    def _told(self, number: int, placed: said.Placed, events: list[Event]) -> dict[str, Any]:
        """An order that was taken, as it stood right after."""
        terms, market = placed.terms, self._inquiries.market(self._symbol_of(placed.terms))
        scale, left, filled, code = market.terms.scale, terms.lots, 0, ""
        waits = False
        trades: list[dict[str, Any]] = []
        for event in events:
            if isinstance(event, Traded) and number in {event.buy, event.sell}:
                trades.append(_trade_told(event, market, number))
                left, filled = left - event.lots, filled + event.lots
            elif isinstance(event, Left | Reduced) and event.order == number:
                left = event.lots
                code = event.code if isinstance(event, Left) else code
            elif isinstance(event, Accepted) and event.order == number:
                waits = event.waits
        return {
            "order": number, "symbol": market.terms.symbol,
            "side": "buy" if terms.buys else "sell", "status": order_status(code, waits=waits),
            "code": code or None, "quantity": scale.quantity(terms.lots),
            "price": scale.show_price(terms.price), "filled": scale.quantity(filled),
            "left": scale.quantity(left), "client_id": placed.client_id or None, "trades": trades,
        }  # fmt: skip

    # --- cancelling

    def cancel(self, caller: Caller, number: int) -> Cancelling:
        """What cancels an order.

        Raises `NotFound` if there is no such order of his, `Conflict` if it is not open.
        """
        order = self._open(caller, number)
        return Cancelling(said.CancelAsked(order.number, caller.name), {order.number: order})

    def reduce(self, caller: Caller, number: int, quantity: str) -> Cancelling:
        """What leaves so much of an order to be traded, which is less than there is.

        Raises as `cancel` does, and `Invalid` at what is not less.
        """
        order = self._open(caller, number)
        scale = self._inquiries.market(order.symbol).terms.scale
        lots, left = scale.lots(quantity), order.left
        if lots >= left:
            raise Invalid("quantity-not-less", f"{scale.quantity(left)} are left of the order",
                          where="quantity", cure="Name less; an order of more is another order."
                          )  # fmt: skip
        return Cancelling(said.ReduceAsked(number, lots, caller.name), {number: order})

    def cancel_all(self, caller: Caller, symbol: str, investor: str = "") -> Cancelling:
        """What cancels all orders of an investor, of one market if a symbol is given."""
        who = wire.wallet_of(investor, "investor") if investor else caller.investor
        if not who or not caller.speaks_for(who):
            raise not_logged_in()
        if symbol:
            symbol = self._inquiries.market(symbol).terms.symbol
        orders = dict(self._premises.floor.sequencer.venue.by_wallet.get(who, {}))
        signer = caller.signer if caller.by_key else Wallet("")
        return Cancelling(said.AllCancelAsked(who, symbol, caller.name, signer), orders)

    def cancelled(self, asked: Cancelling, events: list[Event]) -> list[dict[str, Any]]:
        """Orders that left or were reduced, each with the venue's signed word for it."""
        told: list[dict[str, Any]] = []
        for event in events:
            if isinstance(event, Unanswered):
                message, cure = CURES[Why(event.code)]
                raise Conflict(event.code, message, where="order", cure=cure)
            # Time passes with every entry, and takes orders of others.
            if isinstance(event, Left | Reduced) and event.order in asked.orders:
                scale = self._inquiries.market(event.symbol).terms.scale
                told.append({
                    "order": event.order, "symbol": event.symbol, "code": event.code,
                    "left": scale.quantity(event.lots),
                    "receipt": self._receipt(asked.orders[event.order]),
                })  # fmt: skip
        return told

    def _receipt(self, order: LiveOrder) -> dict[str, Any]:
        """The venue's word for how much of an order it will have settled at the most."""
        with self._premises.floor.sequencer.still:
            most = order.matched + order.left
        receipt = Receipt(venue=self._premises.venue, order=order.terms.digest(self._domain),
                          most=most, at=self._premises.clock.now_ns())  # fmt: skip
        signature = self._premises.signer.sign_digest(receipt.digest(self._domain))
        return {"venue": receipt.venue, "order": "0x" + receipt.order.hex(),
                "most": str(receipt.most), "at": str(receipt.at),
                "signature": "0x" + signature.hex()}  # fmt: skip

    def _open(self, caller: Caller, number: int) -> LiveOrder:
        order = self.state.orders.get(number)
        if order is None or not order.left:
            known = self._inquiries.order(caller, number)
            raise Conflict("order-not-open", f"Order {number} is {known['status']}", where="order",
                           cure="Nothing is left to be done.")  # fmt: skip
        if not caller.may_act_on(order.terms.investor, order.terms.signer):
            raise unknown_order(number)
        return order

    # --- who signed

    def _require_signed(self, signer: Wallet, digest: bytes, signature: bytes) -> bool:
        """Whether a contract confirmed it, rather than a key. Raises `Refused` if nobody did."""
        if signer_of_digest(digest, compacted(signature)) == signer:
            return False
        if self._confirmed(signer, digest, signature):
            return True
        raise Refused("signature-of-another", "The signature is not that of the signer",
                      where="signature", cure="Sign what the draft says, by the key of the signer."
                      )  # fmt: skip

    def _confirmed(self, signer: Wallet, digest: bytes, signature: bytes) -> bool:
        """Whether a contract says that it signed (EIP-1271)."""
        rpc = self._premises.rpc
        if rpc.call("eth_getCode", signer, "latest") == "0x":
            return False
        padded = signature + bytes(-len(signature) % 32)
        data = _VALID + digest.hex() + f"{64:064x}{len(signature):064x}" + padded.hex()
        call = {"to": signer, "data": data, "gas": hex(_ASK_GAS)}
        try:
            return str(rpc.call("eth_call", call, "latest"))[:10] == _VALID
        except RpcError:
            return False

    def _symbol_of(self, terms: OrderTerms) -> str:
        market = self._premises.floor.sequencer.venue.market_of(terms)
        return market.terms.symbol if market else ""


def _side(side: str) -> bool:
    if side not in {"buy", "sell"}:
        raise Invalid("side-unknown", f"{side!r} is no side", where="side",
                      cure="Write buy or sell.")  # fmt: skip
    return side == "buy"


def _instructions(asked: wire.DraftAsked) -> Instructions:
    """What the venue shall do with it. A market order does not wait unless it says how long."""
    if asked.kind not in {"limit", "market"}:
        raise Invalid("order-kind-unknown", f"{asked.kind!r} is no kind of order", where="kind",
                      cure="Write limit or market.")  # fmt: skip
    usual = Duration.IMMEDIATE if asked.kind == "market" else Duration.GOOD_TILL
    try:
        duration = Duration(asked.time_in_force or usual)
        own = SelfTrade(asked.self_trade)
    except ValueError as error:
        raise Invalid(
            "instruction-unknown", str(error), where="time_in_force or self_trade",
            cure=f"Write one of {', '.join(Duration)}; one of {', '.join(SelfTrade)}.",
        ) from None  # fmt: skip
    return Instructions(duration, asked.post_only, asked.kind == "market", own)


def _placed(
    asked: wire.PlaceAsked, terms: OrderTerms, signature: bytes, login: str, *,
    by_contract: bool = False,
) -> said.Placed:  # fmt: skip
    return said.Placed(
        terms, signature, client_id=wire.client_id_of(asked), login=login,
        replaces=asked.replaces, filled=wire.whole(asked.filled, "filled"),
        by_contract=by_contract,
    )  # fmt: skip


def _trade_told(event: Traded, market: Market, number: int) -> dict[str, Any]:
    scale = market.terms.scale
    fee = event.buyer_fee if number == event.buy else event.seller_fee
    return {"trade": event.trade, "quantity": scale.quantity(event.lots),
            "price": scale.show_price(event.price), "fee": scale.money(fee)}  # fmt: skip
