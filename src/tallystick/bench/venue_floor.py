"""A market of the benchmarks: investors of one security with money, whose rules are judged."""

from __future__ import annotations

import random
from typing import Final

from tallystick.app.venue.rules import BookRules, packed_book
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.fold import Book
from tallystick.markets.signed_orders import OrderTerms
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.terms import MarketTerms
from tallystick.securities.claims import Claims
from tallystick.securities.proposal import Movement, RuleSet

NOW_S: Final = 1_790_000_000
NS: Final = 10**9
INVESTORS: Final = 1_000
UNITS, MONEY = 10**9, 10**15
UNITS_PER_LOT: Final = 10
MID: Final = 10_000

REGISTRY, TOKEN, CASH, SETTLEMENT, VENUE = (
    Wallet(f"0x{number:040x}") for number in range(0xA1, 0xA6)
)
_VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
_RULES = RuleSet(
    investors_max=100_000, lock_up=True, holding_period_s=86_400, max_balance=10**15, lot_size=10,
    minimum_holding=10, countries_denied=frozenset({"KP"})
)  # fmt: skip


def people(count: int = INVESTORS) -> list[Wallet]:
    """Wallets of investors."""
    return [Wallet(f"0x{number:040x}") for number in range(0x1000, 0x1000 + count)]


def opening(wallets: list[Wallet]) -> list[said.Entry]:
    """What the journal begins with: the issuer's book, what everybody has, the market."""
    book = Book(block=1)
    book.add(TOKEN)
    security = book.securities[TOKEN]
    security.set_rules(_RULES)
    for number, wallet in enumerate(wallets):
        book.registry.admit(wallet, number=number, country="DE", claims=_VERIFIED)
        security.move(Movement.ISSUE, None, wallet, UNITS, now_s=NOW_S - 10**6)
    facts = tuple(
        said.AccountFact(token, wallet, held, 2**256 - 1)
        for wallet in wallets for token, held in ((TOKEN, UNITS), (CASH, MONEY))
    )  # fmt: skip
    terms = MarketTerms(
        symbol="ACME/USD", security=TOKEN, cash=CASH, units_per_lot=UNITS_PER_LOT, tick=1,
        reference=MID, maker_bps=5, taker_bps=15,
    )  # fmt: skip
    return [
        said.ChainSet(1, "0x1", NOW_S, packed_book(book), facts),
        said.MarketOpened(terms),
    ]


def rules() -> BookRules:
    """What answers for the security."""
    return BookRules(REGISTRY, SETTLEMENT)


def order_terms(wallets: list[Wallet], count: int, *, seed: int = 11) -> list[OrderTerms]:
    """Orders around a mid, a sixth of which take."""
    drawn = random.Random(seed)  # noqa: S311 - a seed, so that runs repeat
    found: list[OrderTerms] = []
    for number in range(count):
        buys = drawn.random() < 0.5  # noqa: PLR2004 - a side
        distance = -30 if drawn.random() < 1 / 6 else int(drawn.expovariate(1 / 20)) + 1
        investor = wallets[drawn.randrange(len(wallets))]
        found.append(OrderTerms(
            investor=investor, signer=investor, venue=VENUE, security=TOKEN, cash=CASH, buys=buys,
            units_per_lot=UNITS_PER_LOT, lots=drawn.randint(1, 50),
            price=MID - distance if buys else MID + distance, fee_bps=20, expiry=NOW_S + 86_400,
            nonce=number, epoch=0,
        ))  # fmt: skip
    return found
