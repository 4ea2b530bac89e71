"""What a market is priced by: trades that stand, not those that were busted."""

from __future__ import annotations

from tallystick.core.times import DAY_S
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.chain_facts import BLOCKS_KEPT
from tallystick.markets.venue.snapshot import state_hash
from tests.markets.venue.pit import ACME, NS, RICH, SYMBOL, USD, Pit, person

BUSTED = said.Bust(2, "not-settled", "", 0)


def traded(pit: Pit, price: int) -> None:
    pit.place(0, buys=False, price=price)
    pit.place(1, buys=True, price=price)


def priced(pit: Pit) -> tuple[int, int]:
    market = pit.venue.state.markets[SYMBOL]
    pit.check()
    assert state_hash(pit.replayed()) == state_hash(pit.restored()) == state_hash(pit.venue)
    return market.last, market.reference


def test_a_trade_that_is_busted_makes_no_price() -> None:
    """The last price stayed, moves were measured from it, and the band of the next day."""
    pit = Pit()
    traded(pit, 100)
    pit.add_block(settled=(1,), latest=True)
    traded(pit, 500)
    assert priced(pit) == (500, 100)
    pit.add_block(busted=(BUSTED,), latest=True)
    assert priced(pit) == (100, 100)
    pit.do(said.Ticked(), after_s=DAY_S)
    assert priced(pit) == (100, 100)


def test_where_no_trade_stands_there_is_no_last_price() -> None:
    pit = Pit()
    traded(pit, 500)
    pit.add_block(busted=(said.Bust(1, "not-settled", "", 0),), latest=True)
    assert priced(pit) == (0, 100)


def test_the_reference_of_a_day_is_put_right_with_the_trade_that_it_is_from() -> None:
    pit = Pit()
    traded(pit, 120)
    traded(pit, 500)
    pit.do(said.Ticked(), after_s=DAY_S)
    assert priced(pit) == (500, 500)
    pit.add_block(settled=(1,), busted=(BUSTED,), latest=True)
    assert priced(pit) == (120, 120)
    pit.do(said.ChainSet(number=1, hash="1", time_s=pit.now_ns // NS, common=1,
                         accounts=facts(pit)))  # fmt: skip
    assert priced(pit) == (500, 500)


def test_the_reference_of_a_call_is_put_right_once_nothing_of_it_stands() -> None:
    pit = Pit(call_s=60)
    traded(pit, 110)
    pit.do(said.HaltAsked(SYMBOL, "issuer", "x"))
    pit.do(said.ResumeAsked(SYMBOL, "x"))
    traded(pit, 140)
    pit.do(said.Ticked(), after_s=61)
    assert priced(pit) == (140, 140)
    pit.add_block(busted=(BUSTED,), latest=True)
    assert priced(pit) == (110, 110)


def test_a_price_outlives_its_trade() -> None:
    pit = Pit()
    traded(pit, 110)
    pit.add_block(settled=(1,), latest=True)
    for _ in range(BLOCKS_KEPT + 1):
        pit.add_block(latest=True)
    assert not pit.venue.state.trades
    traded(pit, 500)
    pit.add_block(busted=(BUSTED,), latest=True)
    assert priced(pit) == (110, 100)


def test_prices_of_old_units_are_none_of_new_ones() -> None:
    pit = Pit()
    traded(pit, 110)
    traded(pit, 500)
    pit.add_block(logs=(said.LogRow("epoch", (), ""),), latest=True)
    pit.do(said.MarketOpened(pit.terms))
    assert priced(pit) == (0, 100)
    pit.add_block(busted=(BUSTED,), latest=True)
    assert priced(pit) == (0, 100)


def facts(pit: Pit) -> tuple[said.AccountFact, ...]:
    return tuple(said.AccountFact(token, person(at), held, RICH) for at in range(8)
                 for token, held in ((ACME, 10_000), (USD, RICH)))  # fmt: skip


def test_nothing_is_traded_at_the_end_of_a_call_before_it_is_known_what_wallets_have() -> None:
    """Blocks came in one by one; a trade that one had settled was owed no more, and not paid."""
    pit = Pit(call_s=60)
    pit.do(said.AccountSeen(said.AccountFact(USD, person(1), 1_000, RICH)))
    traded(pit, 100)
    pit.do(said.HaltAsked(SYMBOL, "issuer", "x"))
    pit.do(said.ResumeAsked(SYMBOL, "x"))
    pit.place(0, buys=False)
    pit.add_block(settled=(1,), latest=False)
    pit.place(1, buys=True)
    pit.do(said.Ticked(), after_s=61)
    assert len(pit.trades()) == 1
    pit.add_block(accounts=(said.AccountFact(USD, person(1), 0, RICH),), latest=True)
    pit.do(said.Ticked(), after_s=1)
    assert len(pit.trades()) == 1
    assert pit.waiting() == [(3, 1)]
    pit.check()
