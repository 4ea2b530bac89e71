"""Writes `docs/orders.md`: what is said against orders, and of those that leave.

`python -m tools.order_codes` brings it up to date; a test fails when it is not.
"""

from __future__ import annotations

from pathlib import Path

from tallystick.markets.standing import Reason
from tallystick.markets.venue.refusals import CURES, Why

TARGET = Path(__file__).parents[1] / "docs" / "orders.md"
HEAD = """# Codes of orders

Why the venue does not take an order, or lets one go; and why the chain does not settle a trade.
What the rules of a security say against an order stands in [errors](errors.md), by example in
[refusals](refusals.md). How trading works: [trading](trading.md).

## Refused, or left

| code | what it means | what to do |
|---|---|---|
"""
BUSTS = """
## Busted

| reason | what it means |
|---|---|
"""
_REASONS: dict[Reason, str] = {
    Reason.EXPIRED: "the order's time was over when the trade came to be settled",
    Reason.FEE_TOO_HIGH: "the fee is higher than the order allows, or than what the seller is paid",
    Reason.CANCELLED: "the order was voided on the chain",
    Reason.START_DIFFERS: "more or less of the order is filled than was said",
    Reason.FILLED: "the order does not have so many lots left",
    Reason.NOT_SIGNED: "the signature is not that of the signer, for this market and epoch",
    Reason.SESSION_MISSING: "the key has no session of the investor",
    Reason.SESSION_EXPIRED: "the session's time is over",
    Reason.SESSION_OF_ANOTHER_MARKET: "the session is for another venue, security or money",
    Reason.SESSION_FEE_TOO_HIGH: "the order allows a higher fee than the session",
    Reason.SESSION_USED_UP: "the session does not have so much left to spend or to sell",
    Reason.TOKENS_REFUSE: "units or money could not be moved; what the token said stands with it",
    Reason.OF_NOTHING: "the trade is of no lots or no price",
    Reason.PRICE_BEYOND_LIMIT: "the price is worse than an order allows",
    Reason.SAME_INVESTOR: "both orders are those of one investor",
    Reason.MARKET_UNFIT: "there is no such security or money, or a lot of it is nothing",
}


def page() -> str:
    """The page in Markdown."""
    codes = [f"| `{why}` | {CURES[why][0]} | {CURES[why][1] or '–'} |" for why in Why]
    reasons = [f"| `{reason}` | {_REASONS[reason]} |" for reason in Reason]
    return HEAD + "\n".join(codes) + "\n" + BUSTS + "\n".join(reasons) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page())
