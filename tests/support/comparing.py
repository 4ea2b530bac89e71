"""Compares what the contracts of a world keep and tell with its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.core.errors import Conflict
from tallystick.core.wallets import Wallet
from tallystick.securities.security import Holder, Security
from tallystick.securities.tally import Tally
from tests.support.evm import TOKEN

if TYPE_CHECKING:
    from tests.support.world import World


class Divergence(AssertionError):
    """Chain and model differ."""


def expect(what: str, chain: Any, model: Any) -> None:
    """Raise `Divergence` if both sides are not the same."""
    if chain != model:
        raise Divergence(f"{what}: chain {chain}, model {model}")


class RecordDates:
    """Who held what at each record date, kept by copying everything: as naive as can be."""

    AHEAD_MAX = 16

    def __init__(self) -> None:
        self.ahead: list[int] = []
        self.seen: list[tuple[dict[Wallet, int], int]] = []

    def add(self, when: int, now: int, model: Security) -> None:
        if len(self.ahead) >= self.AHEAD_MAX:
            raise Conflict("too-many-record-dates-ahead", "")
        if self.ahead and when < self.ahead[-1]:
            raise Conflict("record-date-out-of-order", "")
        self.ahead.append(when)
        self.reach(now, model)

    def withdraw(self) -> None:
        if not self.ahead:
            raise Conflict("no-record-date-ahead", "")
        self.ahead.pop()

    def reach(self, now: int, model: Security) -> None:
        while self.ahead and self.ahead[0] <= now:
            self.ahead.pop(0)
            self.seen.append((dict(model.balances), model.supply))


def compare_storage(world: World, wallets: list[Wallet]) -> None:
    """Compare what is stored of these wallets; a hundredth of the cost of asking for it."""
    for token, model in zip(world.tokens, world.models, strict=True):
        word = world.evm.slot(token, "supply")
        expect("supply", word & (2**112 - 1), model.supply)
        _compare_tally(world.evm.slot(token, "tally"), model.tally, model.enrolled)
        for own in wallets:
            _compare_position(world, token, model, own)
    tally = world.registry.tally
    word = world.evm.registry_slot(world.registry_address, "core", "investors", "tally")
    _compare_tally(word, tally, world.registry.enrolling)


def _compare_tally(word: int, tally: Tally, enrolled: int) -> None:
    found = [word >> 28 * tier & (2**28 - 1) for tier in range(4)]
    expect("counts", found, tally.counts)
    expect("tracked", word >> 168 & (2**28 - 1), tally.tracked)
    expect("enrolled", word >> 196 & (2**28 - 1), enrolled)
    expect("earliest day", word >> 224 & 65535, tally.earliest_day)


def _compare_position(world: World, token: Wallet, model: Security, own: Wallet) -> None:
    word = world.evm.slot(token, "positions", key=own)
    units = 0 if word >> 243 & 1 else word & (2**112 - 1)
    expect("balance", units, model.balances.get(own, 0))
    holder = model.holders.get(own) or Holder()
    frozen = world.evm.slot(token, "frozen_units", key=own)
    expect("frozen units", frozen, holder.frozen_units)
    expect("frozen", bool(word >> 240 & 1), holder.frozen)
    expect("enrolled", bool(word >> 242 & 1), holder.enrolled)
    if holder.tier_counted is not None:
        expect("tier", word >> 176 & 255, holder.tier_counted)
        expect("tracked day", word >> 192 & 65535, holder.tracked_day)


def compare(world: World, wallets: list[Wallet]) -> None:
    """Compare all that is stored, and what the contracts tell when they are asked."""
    compare_storage(world, wallets)
    view = world.evm.view
    for token, model, past in zip(world.tokens, world.models, world.past, strict=True):
        expect("supply", view(TOKEN, token, "totalSupply"), model.supply)
        expect("counts", list(view(TOKEN, token, "holderCounts")), model.tally.counts)
        for own in wallets:
            party = model.party(own)
            expect("balance", view(TOKEN, token, "balanceOf", own), party.units)
            expect("frozen", view(TOKEN, token, "isFrozen", own), party.frozen)
            seen = view(TOKEN, token, "getFrozenTokens", own)
            expect("frozen units", seen, party.frozen_units)
            expected = (party.total, party.lots.locked_units(world.now))
            expect("units", view(TOKEN, token, "unitsOf", own), expected)
        expect("record date", view(TOKEN, token, "recordDate"), len(past.seen))
        for date, (balances, supply) in enumerate(past.seen, start=1):
            expect("past supply", view(TOKEN, token, "totalSupplyAt", date), supply)
            for own in wallets:
                held = view(TOKEN, token, "balanceOfAt", own, date)
                expect(f"balance at {date}", held, balances.get(own, 0))
