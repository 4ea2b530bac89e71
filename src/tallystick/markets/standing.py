"""How signed orders stand with a settlement contract: what is filled, void, and left to a session.

Twin of `orders.vy` and `sessions.vy`: the same reasons under the same names, in the same order.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.markets.signed_orders import Cancellation, OrderTerms, Session, fee_max

# A full lane: the order is void.
VOID = 2**64 - 1


class Reason(StrEnum):
    """Why a trade is busted."""

    EXPIRED = "order-expired"
    FEE_TOO_HIGH = "fee-too-high"
    CANCELLED = "order-cancelled"
    START_DIFFERS = "fill-start-differs"
    FILLED = "order-filled"
    NOT_SIGNED = "signature-invalid"
    SESSION_MISSING = "session-missing"
    SESSION_EXPIRED = "session-expired"
    SESSION_OF_ANOTHER_MARKET = "session-of-another-market"
    SESSION_FEE_TOO_HIGH = "session-fee-too-high"
    SESSION_USED_UP = "session-used-up"
    TOKENS_REFUSE = "tokens-refuse"
    OF_NOTHING = "trade-of-nothing"
    PRICE_BEYOND_LIMIT = "price-beyond-limit"
    SAME_INVESTOR = "same-investor"
    MARKET_UNFIT = "market-unfit"


class Fillable(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an order that shall be filled.

    `value` is the money that changes hands and `fee` that of this side, in cash units; `start` what
    of the order is said to be filled before, in lots.
    """

    order: OrderTerms
    lots: int
    value: int
    fee: int
    start: int

    @property
    def given(self) -> tuple[Wallet, int]:
        """What the side gives: money with the fee, or units of the security; of which token."""
        units = self.lots * self.order.units_per_lot
        return self.order.gives, self.value + self.fee if self.order.buys else units


class Standing(msgspec.Struct):
    """What one settlement contract keeps of orders."""

    # By investor, by who signed for him, and nonce.
    filled: dict[tuple[Wallet, Wallet, int], int] = msgspec.field(default_factory=dict)
    lowest_nonces: dict[tuple[Wallet, Wallet], int] = msgspec.field(default_factory=dict)
    sessions: dict[tuple[Wallet, Wallet], Session] = msgspec.field(default_factory=dict)

    def filled_lots(self, investor: Wallet, signer: Wallet, nonce: int) -> int:
        """Lots of an order that are filled; `VOID` if it is void."""
        if nonce < self.lowest_nonces.get((investor, signer), 0):
            return VOID
        return self.filled.get((investor, signer, nonce), 0)

    def refusal(self, part: Fillable, *, epoch: int, now_s: int) -> Reason | None:
        """Why an order cannot be filled so far; None if it can. Its signature is taken as its own.

        `epoch` is that of the security now: an order for another one was not signed for it.
        """
        order = part.order
        filled = self.filled_lots(order.investor, order.signer, order.nonce)
        for holds, reason in (
            (now_s > order.expiry, Reason.EXPIRED),
            (part.fee > fee_max(part.value, order.fee_bps), Reason.FEE_TOO_HIGH),
            (filled == VOID, Reason.CANCELLED),
            (filled != part.start, Reason.START_DIFFERS),
            (filled + part.lots > order.lots, Reason.FILLED),
            (order.epoch != epoch, Reason.NOT_SIGNED),
        ):
            if holds:
                return reason
        if order.signer == order.investor:
            return None
        return self.session_refusal(part, now_s=now_s)

    def session_refusal(self, part: Fillable, *, now_s: int) -> Reason | None:
        """Why a key may not have an investor's order filled so far; None if it may."""
        order = part.order
        session = self.sessions.get((order.investor, order.signer))
        if session is None:
            return Reason.SESSION_MISSING
        if now_s > session.expiry:
            return Reason.SESSION_EXPIRED
        if not session.is_for(order):
            return Reason.SESSION_OF_ANOTHER_MARKET
        if order.fee_bps > session.fee_bps:
            return Reason.SESSION_FEE_TOO_HIGH
        token, amount = part.given
        return Reason.SESSION_USED_UP if amount > session.left(token) else None

    def fill(self, part: Fillable) -> None:
        """Count lots as filled, whether or not the trade is settled."""
        lane = (part.order.investor, part.order.signer, part.order.nonce)
        self.filled[lane] = self.filled.get(lane, 0) + part.lots

    def use_session(self, part: Fillable) -> None:
        """Count a settled trade against the session of the key that signed, if one did."""
        key = (part.order.investor, part.order.signer)
        session = self.sessions.get(key)
        if session is not None and part.order.signer != part.order.investor:
            self.sessions[key] = session.less(*part.given)

    def cancel(self, cancellation: Cancellation) -> None:
        """Void orders."""
        lane = (cancellation.investor, cancellation.signer)
        lowest = max(self.lowest_nonces.get(lane, 0), cancellation.lowest_nonce)
        if lowest:
            self.lowest_nonces[lane] = lowest
        for nonce in cancellation.nonces:
            self.filled[(*lane, nonce)] = VOID

    def grant(self, session: Session) -> None:
        """Let a key sign; an earlier session of it ends."""
        self.sessions[session.investor, session.key] = session
