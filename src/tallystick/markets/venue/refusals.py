"""Why the venue does not take an order, or lets one go: codes, what they mean, and the cure."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Why(StrEnum):
    """Codes of refusals, and of orders that leave."""

    MARKET_UNKNOWN = "market-unknown"
    MARKET_HALTED = "market-halted"
    MARKET_CLOSED = "market-closed"
    NOT_IN_A_CALL = "not-in-a-call"
    OFF_TICK = "price-off-tick"
    OUTSIDE_BAND = "price-outside-band"
    TOO_LARGE = "order-too-large"
    SENSELESS = "order-senseless"
    TERMS_DIFFER = "market-terms-differ"
    FEE_TOO_LOW = "fee-below-market"
    EXPIRES_TOO_SOON = "expires-too-soon"
    NONCE_USED = "nonce-used"
    NONCE_TOO_OLD = "nonce-too-old"
    EPOCH_PASSED = "epoch-passed"
    CLIENT_ID_USED = "client-id-used"
    UNCOVERED = "uncovered"
    ACCOUNT_UNKNOWN = "account-unknown"
    DOSSIER = "dossier-stale"
    HOLD_MISSING = "hold-missing"
    HOLDS_SPENT = "holds-spent"
    RULES_REFUSE = "rules-refuse"
    SESSION = "session-insufficient"
    SESSION_ENDS = "session-ends-before"
    WOULD_TAKE = "would-take"
    NOT_FILLABLE = "not-fillable"
    ORDER_UNKNOWN = "order-unknown"
    FILLED_MEANWHILE = "filled-meanwhile"
    NOT_HIS = "order-of-another"
    # Of orders that leave.
    FILLED = "filled"
    CANCELLED = "cancelled"
    CANCELLED_ON_CHAIN = "cancelled-on-chain"
    EXPIRED = "expired"
    NOT_TRADED_AT_ONCE = "not-traded-at-once"
    REPLACED = "replaced"
    DISCONNECTED = "disconnected"
    SELF_TRADE = "self-trade"
    BUSTED = "trade-busted"
    HOLD_REFUSED = "hold-refused"
    BARRED = "investor-barred"


CURES: dict[Why, tuple[str, str]] = {
    Why.MARKET_UNKNOWN: ("There is no such market", "See `market list`."),
    Why.MARKET_HALTED: ("Trading is halted", "Wait until it is resumed; orders can be cancelled."),
    Why.MARKET_CLOSED: ("The market is closed", "Wait until it opens: `market show`."),
    Why.NOT_IN_A_CALL: (
        "In a call no order is traded at once", "Place it to wait, or after the call."),
    Why.OFF_TICK: ("The price is no multiple of the tick", "Round it to the tick."),
    Why.OUTSIDE_BAND: (
        "The price is too far from the reference price", "Name one within the band."),
    Why.TOO_LARGE: ("It has more lots than one order may", "Place several."),
    Why.SENSELESS: (
        "What is asked contradicts itself",
        "An order that only waits cannot be immediate; a market order does not wait."),
    Why.TERMS_DIFFER: (
        "Security, money or size of the lot are not those of the market",
        "Sign what `order draft` prints."),
    Why.FEE_TOO_LOW: ("It allows less than the market's fee", "Allow the fee of the market."),
    Why.EXPIRES_TOO_SOON: (
        "It expires before a trade could be settled", "Sign a later expiry."),
    Why.NONCE_USED: ("Its number was used for another order", "Sign it with a new number."),
    Why.NONCE_TOO_OLD: (
        "Its number is far below the highest the investor used", "Sign it with the next number."),
    Why.EPOCH_PASSED: (
        "It was signed for units that were exchanged since, or are yet to be",
        "Sign it for the security's epoch."),
    Why.CLIENT_ID_USED: (
        "The investor called another order so", "Choose another id."),
    Why.UNCOVERED: (
        "Units or money are missing, bound by orders and trades, or not allowed to settlement",
        "Cancel other orders, place a smaller one, or raise the allowance."),
    Why.ACCOUNT_UNKNOWN: (
        "What the wallet has is not known to the venue yet", "Place the order again."),
    Why.DOSSIER: (
        "What the dossier of the asset says does not hold any more", "Mend it: `dossier set`."),
    Why.HOLD_MISSING: (
        "The market asks that the units of an order to sell that waits are held",
        "Sign it with that instruction, as `order draft` prints it."),
    Why.HOLDS_SPENT: (
        "The venue has units of one investor held so often a day, and no more",
        "Sell at once what is there to be bought, or wait until tomorrow, UTC."),
    Why.RULES_REFUSE: ("The rules of the security refuse it", "See each refusal."),
    Why.SESSION_ENDS: (
        "The key's session ends before the order",
        "Let the order expire sooner, or give the key a longer session."),
    Why.SESSION: (
        "The key's session does not cover it", "Give the key another session, or sign yourself."),
    Why.WOULD_TAKE: (
        "It would be traded at once and shall only wait", "Name another price."),
    Why.NOT_FILLABLE: (
        "It cannot be filled whole at once", "Place a smaller one, or let it wait."),
    Why.ORDER_UNKNOWN: ("There is no such open order", "See `order list`."),
    Why.FILLED_MEANWHILE: (
        "More of the order was filled than was known", "Look at it again, then replace it."),
    Why.NOT_HIS: ("The order is that of somebody else", "Name one of your own."),
    Why.FILLED: ("All of it was traded", ""),
    Why.CANCELLED: ("It was cancelled", ""),
    Why.CANCELLED_ON_CHAIN: ("It was cancelled on the chain, for every venue", ""),
    Why.EXPIRED: ("Its time is over", ""),
    Why.NOT_TRADED_AT_ONCE: ("What could not be traded at once does not wait", ""),
    Why.REPLACED: ("Another order took its place", ""),
    Why.DISCONNECTED: ("The connection ended with which it was placed", ""),
    Why.SELF_TRADE: ("It met an order of the same investor", ""),
    Why.HOLD_REFUSED: (
        "Its units could not be held", "Look at what is free, and sign a new order."),
    Why.BARRED: (
        "Its investor may not trade the security by now",
        "Have mended what bars him, and sign a new order."),
    Why.BUSTED: ("A trade of it was busted for what it says", "Sign a new order."),
}  # fmt: skip


class OrderRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """One reason against an order, with the numbers that were compared.

    Their `unit` is a word: `price`, `lots`, `bps`, `given` for units of what the order gives, or
    one of those of the rules of securities; none for bare numbers.
    """

    code: str
    message: str
    cure: str
    limit: int | None = None
    now: int | None = None
    unit: str = ""


# Units of the numbers in refusals of the venue's own.
_UNITS: dict[Why, str] = {
    Why.OFF_TICK: "price", Why.OUTSIDE_BAND: "price", Why.TOO_LARGE: "lots",
    Why.FEE_TOO_LOW: "bps", Why.EXPIRES_TOO_SOON: "UTC seconds", Why.UNCOVERED: "given",
    Why.SESSION: "given", Why.SESSION_ENDS: "UTC seconds", Why.FILLED_MEANWHILE: "lots",
}  # fmt: skip


def refusal(why: Why, *, limit: int | None = None, now: int | None = None) -> OrderRefusal:
    """A refusal of the venue's own."""
    message, cure = CURES[why]
    return OrderRefusal(code=why, message=message, cure=cure, limit=limit, now=now,
                        unit=_UNITS.get(why, ""))  # fmt: skip
