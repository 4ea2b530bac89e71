"""Who makes a market, equal to a recount that looks at the whole book between any two events."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.wallets import Wallet
from tallystick.markets.making import makers
from tallystick.markets.tape import Entered, Happening, Lessened, Matched

OWNERS = [Wallet(f"0x{number:040x}") for number in range(1, 5)]

ACT = st.tuples(
    st.integers(0, 5), st.integers(0, 3), st.booleans(), st.integers(1, 9), st.integers(96, 104),
    st.integers(0, 3),
)  # fmt: skip


def written(acts: list[tuple[int, int, bool, int, int, int]]) -> list[Happening]:
    """A tape on which orders come, meet and leave as they may."""
    tape: list[Happening] = []
    left: dict[int, tuple[bool, int]] = {}
    now, trades = 1, 0
    for number, (wait, owner, buys, lots, price, what) in enumerate(acts, 1):
        now += wait
        others = [each for each, (side, _) in left.items() if side != buys]
        if what == 0 and left:
            gone = sorted(left)[lots % len(left)]
            tape.append(Lessened(now, gone, 0))
            del left[gone]
            continue
        tape.append(Entered(now, number, OWNERS[owner], buys, lots, price))
        left[number] = (buys, lots)
        if what == 1 and others:
            maker, trades = others[lots % len(others)], trades + 1
            fill = min(lots, left[maker][1])
            pair = (number, maker) if buys else (maker, number)
            taker = ("buy" if buys else "sell") if price % 3 else ""
            tape.append(Matched(now, trades, *pair, fill, price, taker, busted=not price % 4))
            for each in (number, maker):
                left[each] = (left[each][0], left[each][1] - fill)
                if not left[each][1]:
                    del left[each]
    return tape


def recount(tape: list[Happening], end_ns: int) -> dict[Wallet, dict[Any, Any]]:
    """The same, looking at every order between two moments."""
    orders: dict[int, list[Any]] = {}
    every: dict[int, Wallet] = {}
    found: dict[Wallet, dict[Any, Any]] = {}
    for at, each in enumerate(tape):
        if isinstance(each, Entered):
            orders[each.order] = [each.owner, each.buys, each.price, each.lots]
            every[each.order] = each.owner
            found.setdefault(
                each.owner,
                {"made": 0, "taken": 0, "in_calls": 0, "quoted": 0, True: 0, False: 0, "orders": 0},
            )["orders"] += 1
        elif isinstance(each, Lessened):
            del orders[each.order]
        else:
            for number, side in ((each.buy, "buy"), (each.sell, "sell")):
                orders[number][3] -= each.lots
                if not orders[number][3]:
                    del orders[number]
                what = "in_calls" if not each.taker else "taken" if each.taker == side else "made"
                found[every[number]][what] += 0 if each.busted else each.lots
        until_ns = tape[at + 1].at_ns if at + 1 < len(tape) else end_ns
        for owner, counted in found.items():
            sides = {
                buys: [
                    price
                    for who, side, price, _ in orders.values()
                    if side is buys and who == owner
                ]
                for buys in (True, False)
            }
            prices = {buys: [price for _, side, price, _ in orders.values() if side is buys]
                      for buys in (True, False)}  # fmt: skip
            lasted = until_ns - each.at_ns
            counted["quoted"] += lasted * bool(sides[True] and sides[False])
            for buys, best in ((True, max), (False, min)):
                own = sides[buys]
                counted[buys] += lasted * bool(own and best(own) == best(prices[buys]))
    return found


@given(st.lists(ACT, max_size=60), st.integers(0, 20))
def test_equal_to_a_recount(
    acts: list[tuple[int, int, bool, int, int, int]], after: int
) -> None:  # fmt: skip
    tape = written(acts)
    end_ns = (tape[-1].at_ns if tape else 0) + after
    ours = {
        owner: {"made": each.made, "taken": each.taken, "in_calls": each.in_calls,
                "quoted": each.quoted_ns, **each.best_ns, "orders": each.orders}
        for owner, each in makers(tape, end_ns).items()
    }  # fmt: skip
    assert ours == recount(tape, end_ns)


def test_the_spread_is_an_average_by_time() -> None:
    ann = OWNERS[0]
    tape: list[Happening] = [
        Entered(0, 1, ann, True, 5, 99), Entered(0, 2, ann, False, 5, 101),
        Entered(10, 3, ann, True, 5, 100), Lessened(10, 2, 0), Entered(10, 4, ann, False, 5, 102),
    ]  # fmt: skip
    [making] = makers(tape, 20).values()
    expected = (10 * 2 / 100 + 10 * 2 / 101) / 20 * 10_000
    assert making.spread_bps is not None
    assert abs(making.spread_bps - expected) < 1e-9
    assert making.quoted_ns == 20
