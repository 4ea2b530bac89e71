"""Compares what the contracts of a world keep and tell with its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.core.errors import Conflict
from tallystick.core.wallets import Wallet
from tallystick.securities.holder import Holder
from tallystick.securities.security import Security
from tallystick.securities.tally import Tally
from tests.support.evm import REGISTRY, TOKEN

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
        if model.exchanging:
            raise Conflict("exchange-under-way", "")
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
    for own in wallets:
        _compare_record(world, own)


def _compare_record(world: World, own: Wallet) -> None:
    """Compare as what an investor is counted over all classes."""
    word = world.evm.registry_slot(world.registry_address, "core", "investors", "records", key=own)
    investor = world.registry.investors.get(own)
    if investor is None:
        return
    expect("owners counted", word >> 240 & 4095, investor.owners_counted)
    expect("classes held", word >> 184 & 255, investor.classes_held)
    expect("heir", bool(word >> 253 & 1), investor.stands_for is not None)
    expect("has heirs", bool(word >> 254 & 1), investor.heirs > 0)


def _compare_tally(word: int, tally: Tally, enrolled: int) -> None:
    found = [word >> 24 * tier & (2**24 - 1) for tier in range(4)]
    expect("counts", found, tally.counts)
    expect("tracked", word >> 144 & (2**24 - 1), tally.tracked)
    expect("enrolled", word >> 168 & (2**24 - 1), enrolled)
    expect("earliest day", word >> 192 & 65535, tally.earliest_day)
    expect("of country", word >> 208 & (2**24 - 1), tally.of_country)
    expect("generation", word >> 232 & 255, tally.generation)
    for at, bits, limit in (
        (96, 24, tally.investors_max), (120, 24, tally.retail_max), (240, 16, tally.country_max)
    ):  # fmt: skip
        expect("limit", word >> at & (2**bits - 1), 0 if limit is None else limit + 1)


def _compare_position(world: World, token: Wallet, model: Security, own: Wallet) -> None:
    word = world.evm.slot(token, "positions", key=own)
    units = 0 if word >> 243 & 1 else word & (2**112 - 1)
    expect("balance", units, model.balances.get(own, 0))
    holder = model.holders.get(own) or Holder()
    frozen = world.evm.slot(token, "frozen_units", key=own)
    expect("frozen units", frozen, holder.frozen_units)
    expect("frozen", bool(word >> 240 & 1), holder.frozen)
    legends = world.evm.slot(token, "legend_units", key=own)
    expect("units with a legend", legends, holder.legend_units)
    held = world.evm.slot(token, "held_units", key=own)
    of_now = held & (2**112 - 1) if held >> 112 == model.epoch else 0
    expect("units held", of_now, sum(model.held.get(own, {}).values()))
    if of_now:
        expect("held flag", bool(word >> 253 & 1), True)
    expect("enrolled", bool(word >> 242 & 1), holder.enrolled)
    expect("inherited", bool(word >> 252 & 1), holder.inherited)
    if holder.tier_counted is not None:
        expect("tier", word >> 176 & 255, holder.tier_counted)
        expect("tracked day", word >> 192 & 65535, holder.tracked_day)
        expect("generation", word >> 244 & 255, holder.generation)


def compare(world: World, wallets: list[Wallet]) -> None:
    """Compare all that is stored, and what the contracts tell when they are asked."""
    compare_storage(world, wallets)
    view = world.evm.view
    limit, days, counted = view(REGISTRY, world.registry_address, "purchaserLimit")
    purchases = world.registry.purchases
    expect("purchasers", counted, purchases.count(world.now // 86_400))
    expect("purchaser limit", (limit, days), (
        2**24 - 1 if purchases.limit is None else purchases.limit, purchases.days
    ))  # fmt: skip
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
            for days in (1, 3):
                sold = party.sold(world.now // 86_400, days)
                expect("sold", view(TOKEN, token, "soldBy", own, days), sold)
        expect("record date", view(TOKEN, token, "recordDate"), len(past.seen))
        for date, (balances, supply) in enumerate(past.seen, start=1):
            expect("past supply", view(TOKEN, token, "totalSupplyAt", date), supply)
            for own in wallets:
                held = view(TOKEN, token, "balanceOfAt", own, date)
                expect(f"balance at {date}", held, balances.get(own, 0))
