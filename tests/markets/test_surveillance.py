"""Patterns that look like an abuse: each is told when it is there, and not when it is not."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from tallystick.core.wallets import Wallet
from tallystick.markets.surveillance import TABLE, alerts
from tallystick.markets.surveillance.alerts import MINUTE_NS, Alert, Moments, Thresholds
from tallystick.markets.tape import Entered, Happening, Lessened, Matched

S = 10**9
ANN, BOB, CAT, DAN, EVE = (Wallet(f"0x{number:040x}") for number in range(1, 6))
LIMITS = Thresholds()


class Tape:
    """A tape that is written act by act; the clock goes on by a second with each."""

    def __init__(self) -> None:
        self.happened: list[Happening] = []
        self.now_ns = 1_000 * 60 * MINUTE_NS
        self._orders = self._trades = 0

    def wait(self, seconds: float) -> None:
        self.now_ns += int(seconds * S)

    def enter(self, owner: Wallet, side: str, lots: int, price: int = 100) -> int:
        self.wait(1)
        self._orders += 1
        self.happened.append(
            Entered(self.now_ns, self._orders, owner, side == "buy", lots, price)
        )  # fmt: skip
        return self._orders

    def leave(self, *orders: int, by_owner: bool = True) -> None:
        self.wait(1)
        self.happened += [Lessened(self.now_ns, each, 0, by_owner) for each in orders]

    def trade(
        self, buyer: Wallet, seller: Wallet, lots: int, price: int = 100, *, taker: str = "buy",
        busted: bool = False,
    ) -> int:  # fmt: skip
        """Two orders that meet whole."""
        buy, sell = self.enter(buyer, "buy", lots, price), self.enter(seller, "sell", lots, price)
        return self.meet(buy, sell, lots, price, taker=taker, busted=busted)

    def meet(
        self, buy: int, sell: int, lots: int, price: int = 100, *, taker: str = "buy",
        busted: bool = False,
    ) -> int:  # fmt: skip
        self._trades += 1
        self.happened.append(
            Matched(self.now_ns, self._trades, buy, sell, lots, price, taker, busted)
        )  # fmt: skip
        return self._trades

    def alerts(self, closes: Iterable[int] = (), **limits: Any) -> list[Alert]:
        moments = Moments(self.now_ns, tuple(closes))
        return alerts(lambda: self.happened, msgspec.structs.replace(LIMITS, **limits), moments)


# --- wash trades


def back_and_forth(tape: Tape, times: int = 4) -> None:
    for at in range(times):
        tape.trade(*((ANN, BOB) if at % 2 else (BOB, ANN)), 10)


def test_two_who_sell_to_each_other_in_turn_are_told() -> None:
    tape = Tape()
    tape.trade(CAT, DAN, 50)
    back_and_forth(tape)
    [found] = tape.alerts()
    assert (found.pattern, found.owners, found.trades) == ("wash-trades", (ANN, BOB), (2, 3, 4, 5))
    assert found.figures == {"investors": 2, "trades": 4, "lots": 40, "price_lowest": 100,
                             "price_highest": 100}  # fmt: skip
    assert tape.alerts(wash_trades=5, wash_share_bps=10_000) == []


def test_units_that_go_round_through_many_hands_are_told() -> None:
    tape = Tape()
    circle = (ANN, BOB, CAT, DAN, EVE)
    for seller, buyer in [*pairwise(circle), (EVE, ANN)]:
        tape.trade(buyer, seller, 10)
    [found] = tape.alerts()
    assert (found.owners, found.figures["lots"]) == (circle, 50)


def test_two_circles_are_told_each_by_itself() -> None:
    tape = Tape()
    for _ in range(2):
        tape.trade(ANN, BOB, 10)
        tape.trade(CAT, DAN, 10)
        tape.trade(BOB, ANN, 10)
        tape.trade(DAN, CAT, 10)
    assert [each.owners for each in tape.alerts()] == [(ANN, BOB), (CAT, DAN)]


def test_a_maker_who_ends_flat_with_many_is_not_told_nor_is_one_who_buys() -> None:
    tape = Tape()
    for other in (BOB, CAT, DAN, EVE):
        tape.trade(ANN, other, 10)
    for other in (BOB, CAT, DAN, EVE):
        tape.trade(other, ANN, 10, 101)
    assert tape.alerts() == []
    bought = Tape()
    for at in range(8):
        bought.trade(*((ANN, BOB) if at % 4 else (BOB, ANN)), 10)
    assert bought.alerts() == []
    assert bought.alerts(wash_flat_bps=5_000)


def test_an_only_maker_who_earns_his_spread_is_not_told() -> None:
    """With one taker all is traded between the two, and both end with what they had."""
    tape = Tape()
    for at in range(10):
        tape.trade(*((ANN, BOB) if at % 2 else (BOB, ANN)), 10, 99 if at % 2 else 101)
    assert tape.alerts() == []
    assert tape.alerts(wash_price_bps=500)


def test_a_busy_market_of_many_is_no_circle() -> None:
    """By the law of large numbers everybody ends with what he had."""
    drawn, tape = random.Random(7), Tape()
    crowd = [Wallet(f"0x{number:040x}") for number in range(100, 160)]
    for _ in range(6_000):
        buyer, seller = drawn.sample(crowd, 2)
        tape.trade(buyer, seller, 10)
        tape.now_ns -= int(1.5 * S)
    assert tape.alerts() == []


def test_an_honest_change_of_holding_hides_no_circle() -> None:
    """One who also bought of somebody was left out, and with him those he traded with."""
    tape = Tape()
    tape.trade(ANN, CAT, 30)
    for _ in range(5):
        back_and_forth(tape)
    [found] = tape.alerts()
    assert (found.owners, found.figures["lots"]) == ((ANN, BOB), 200)
    inside = Tape()
    for _ in range(5):
        back_and_forth(inside)
    inside.trade(ANN, BOB, 50)
    assert [each.owners for each in inside.alerts()] == [(ANN, BOB)]


def test_an_honest_sale_of_the_same_hour_hides_no_burst() -> None:
    tape = Tape()
    tape.trade(BOB, ANN, 270)
    tape.wait(600)
    for _ in range(3):
        back_and_forth(tape)
    tape.wait(3_600)
    [found] = tape.alerts()
    assert (found.owners, found.figures["trades"]) == ((ANN, BOB), 12)


def test_trades_within_the_window_are_told_wherever_it_begins() -> None:
    for minutes in ((20, 35, 55, 70), (28, 29, 61, 62), (1, 20, 40, 54)):
        tape = Tape()
        begun = tape.now_ns
        for at, minute in enumerate(minutes):
            tape.now_ns = begun + minute * MINUTE_NS
            tape.trade(*((ANN, BOB) if at % 2 else (BOB, ANN)), 10)
        assert len(tape.alerts(wash_share_bps=10_001)) == 1, minutes


def test_a_few_large_trades_are_told_by_their_share() -> None:
    tape = Tape()
    tape.trade(CAT, DAN, 100)
    tape.trade(ANN, BOB, 1_000_000)
    tape.trade(BOB, ANN, 1_000_000)
    [found] = tape.alerts()
    assert found.figures["trades"] == 2
    assert tape.alerts(wash_share_bps=10_000) == []


def test_who_trades_mostly_with_others_is_not_told() -> None:
    tape = Tape()
    for at in range(4):
        tape.trade(*((ANN, BOB) if at % 2 else (BOB, ANN)), 10)
        tape.trade(ANN, (CAT, DAN, EVE)[at % 3], 30)
    assert tape.alerts() == []
    assert tape.alerts(wash_partners_bps=2_000, wash_flat_bps=10_000)


def test_busted_trades_are_no_wash_trades_and_far_apart_ones_neither() -> None:
    tape = Tape()
    for at in range(4):
        tape.trade(*((ANN, BOB) if at % 2 else (BOB, ANN)), 10, busted=True)
    assert tape.alerts() == []
    slow = Tape()
    for at in range(4):
        slow.trade(*((ANN, BOB) if at % 2 else (BOB, ANN)), 10)
        slow.wait(3_600)
        slow.trade(CAT, DAN, 100)
    assert slow.alerts() == []
    assert slow.alerts(wash_window_ns=600 * MINUTE_NS)


def test_a_circle_that_goes_on_for_hours_is_told_once() -> None:
    tape = Tape()
    for _ in range(60):
        back_and_forth(tape, 2)
        tape.wait(200)
    [found] = tape.alerts()
    assert (found.figures["trades"], found.figures["lots"]) == (120, 1_200)


def test_one_who_trades_with_himself_is_told_at_once() -> None:
    tape = Tape()
    tape.trade(ANN, ANN, 5)
    tape.trade(ANN, BOB, 500)
    [found] = tape.alerts()
    assert (found.owners, found.figures["lots"]) == ((ANN,), 5)


# --- layering


def layered(tape: Tape, orders: int = 3, lots: int = 30) -> list[int]:
    """Ann shows offers and buys 10 lots of Bob."""
    shown = [tape.enter(ANN, "sell", lots, 101 + at) for at in range(orders)]
    tape.trade(ANN, BOB, 10)
    return shown


def test_offers_that_are_gone_after_a_purchase_are_told() -> None:
    tape = Tape()
    tape.leave(*layered(tape))
    tape.wait(120)
    tape.enter(CAT, "buy", 1)
    [found] = tape.alerts()
    assert (found.pattern, found.owners, found.trades) == ("layering", (ANN,), (1,))
    assert found.orders == (1, 2, 3)
    assert (found.figures["lots_shown"], found.figures["lots_gone"]) == (90, 90)
    assert tape.alerts(layering_orders=4) == []
    assert tape.alerts(layering_times=10) == []


def test_what_stays_is_renewed_or_is_traded_is_not_layering() -> None:
    stays, renewed, traded = Tape(), Tape(), Tape()
    layered(stays)
    renewed.leave(*layered(renewed))
    for _ in range(3):
        renewed.enter(ANN, "sell", 30, 102)
    for number in layered(traded):
        traded.meet(traded.enter(CAT, "buy", 30, 110), number, 30)
    late = Tape()
    shown = layered(late)
    late.wait(61)
    late.enter(CAT, "buy", 1)
    late.leave(*shown)
    for tape in (stays, renewed, traded, late):
        tape.wait(120)
        tape.enter(CAT, "buy", 1)
        assert tape.alerts() == []
    assert late.alerts(layering_window_ns=2 * MINUTE_NS)


def test_what_is_not_over_yet_is_not_told() -> None:
    tape = Tape()
    tape.leave(*layered(tape))
    assert tape.alerts() == []


def test_what_is_over_when_nothing_else_happens_is_told() -> None:
    """A quiet market, or one that closed, kept silent for ever."""
    tape = Tape()
    tape.leave(*layered(tape))
    tape.wait(60)
    assert [each.pattern for each in tape.alerts()] == ["layering"]


def test_what_the_venue_takes_out_is_not_layering() -> None:
    """At a split all orders leave."""
    tape = Tape()
    tape.leave(*layered(tape), by_owner=False)
    tape.wait(120)
    assert tape.alerts() == []


def test_a_maker_who_is_about_to_quote_anew_is_not_told() -> None:
    tape = Tape()
    shown = layered(tape)
    tape.wait(55)
    tape.leave(*shown)
    renewed = [tape.enter(ANN, "sell", 30, 102) for _ in range(3)]
    tape.leave(*renewed)
    tape.wait(120)
    assert tape.alerts() == []


def test_a_small_suspicion_hides_no_larger_one() -> None:
    tape = Tape()
    small = [tape.enter(ANN, "sell", 2, 101) for _ in range(3)]
    tape.trade(ANN, BOB, 1)
    large = [tape.enter(ANN, "sell", 500, 101) for _ in range(4)]
    tape.trade(ANN, BOB, 100)
    tape.leave(*small, *large)
    tape.wait(120)
    assert [each.figures["lots_shown"] for each in tape.alerts()] == [6, 2_006]


def test_what_is_parked_far_away_does_not_stand() -> None:
    tape = Tape()
    tape.leave(*layered(tape))
    tape.enter(ANN, "sell", 90, 1_000_000)
    tape.wait(120)
    assert len(tape.alerts()) == 1


def test_one_very_large_order_is_enough() -> None:
    tape = Tape()
    tape.leave(*layered(tape, orders=1, lots=5_000))
    tape.wait(120)
    assert len(tape.alerts()) == 1
    assert tape.alerts(layering_alone_times=501) == []


def test_several_purchases_under_one_cover_are_one_alert() -> None:
    tape = Tape()
    shown = layered(tape)
    tape.trade(ANN, CAT, 5)
    tape.leave(*shown)
    tape.wait(120)
    tape.enter(CAT, "buy", 1)
    [found] = tape.alerts()
    assert (found.trades, found.figures["lots_traded"]) == ((1, 2), 15)


# --- marking the close


def marked(tape: Tape, price: int = 102, lots: int = 10, *, taker: str = "buy") -> int:
    """Trading at 100; then Ann takes at another price five minutes before a close, which is told.

    Bob and Cat trade a little before her.
    """
    tape.trade(CAT, BOB, 100)
    tape.wait(3_600)
    close_ns = tape.now_ns + 300 * S
    tape.trade(CAT, BOB, 10, taker="sell")
    ann = (ANN, DAN) if taker == "buy" else (DAN, ANN)
    tape.trade(*ann, lots, price, taker=taker)
    return close_ns


@pytest.mark.parametrize(("price", "taker"), [(102, "buy"), (98, "sell")])
def test_who_moves_the_last_price_before_a_close_is_told(price: int, taker: str) -> None:
    tape = Tape()
    close_ns = marked(tape, price, taker=taker)
    [found] = tape.alerts([close_ns])
    assert (found.pattern, found.owners, found.trades) == ("marking-the-close", (ANN,), (3,))
    assert found.figures == {"price_before": 100, "price_close": price, "move_bps": 200,
                             "share_of_volume_bps": 5_000}  # fmt: skip
    assert tape.alerts() == []
    for limits in ({"close_move_bps": 201}, {"close_share_bps": 5_001},
                   {"close_window_ns": 290 * S}):  # fmt: skip
        assert tape.alerts([close_ns], **limits) == []


def test_a_close_in_a_call_after_another_trade_or_the_other_way_is_not_told() -> None:
    call, later, other_way = Tape(), Tape(), Tape()
    closes = [marked(call, taker=""), marked(later), marked(other_way, 98)]
    later.trade(CAT, BOB, 1, taker="sell")
    for tape, close_ns in zip((call, later, other_way), closes, strict=True):
        assert tape.alerts([close_ns]) == []


def test_who_moved_the_price_is_told_and_not_who_traded_there() -> None:
    """The last one to trade was told, who had bought at a price that another had made."""
    tape = Tape()
    tape.trade(CAT, BOB, 100)
    tape.wait(3_600)
    close_ns = tape.now_ns + 300 * S
    for price in (101, 102, 103):
        tape.trade(ANN, BOB, 100, price)
    tape.trade(EVE, DAN, 200, 103)
    tape.trade(EVE, DAN, 1, 103)
    [found] = tape.alerts([close_ns])
    assert (found.owners, found.figures["move_bps"]) == ((ANN,), 300)


def test_the_call_that_ends_with_the_close_sets_its_price() -> None:
    tape, other = Tape(), Tape()
    closes = [marked(tape), marked(other)]
    tape.now_ns = closes[0] + S // 10
    tape.meet(tape.enter(CAT, "buy", 500), tape.enter(BOB, "sell", 500), 500, 100, taker="")
    assert tape.alerts([closes[0]]) == []
    other.now_ns = closes[1] + S // 10
    other.meet(other.enter(CAT, "buy", 5), other.enter(BOB, "sell", 5), 5, 102, taker="")
    assert [each.owners for each in other.alerts([closes[1]])] == [(ANN,)]


def test_each_close_is_looked_at() -> None:
    tape = Tape()
    closes = []
    for _ in range(3):
        closes.append(marked(tape))
        tape.wait(600)
    assert len(tape.alerts(closes)) == 3


def test_every_pattern_has_a_case_here() -> None:
    assert {name for name, _ in TABLE} == {"wash-trades", "layering", "marking-the-close"}
