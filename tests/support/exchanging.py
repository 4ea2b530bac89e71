"""Exchanges of an issuer's units, on both sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

from tallystick.core.wallets import Wallet
from tallystick.securities.exchanges import Ratio, Terms, exchange
from tallystick.securities.security import Security
from tests.support.comparing import Divergence
from tests.support.evm import (
    TOKEN,
)
from tests.support.ground import AGENT, DOCUMENT, OFFICER, Ground


class Exchanging(Ground):
    """Splits, conversions, mergers."""

    def begin_exchange(self, ratio: Ratio, at: int = 0, to: int | None = None) -> None:
        """Announce an exchange for units of the same security or another one, and begin it."""
        token = self.tokens[at]
        target = token if to is None else self.tokens[to]
        if to is not None:
            self._must(OFFICER, TOKEN, target, "setPredecessor", token, True)
            self.models[to].predecessors.add(token)
        self._must(OFFICER, TOKEN, token, "announceExchange", target, ratio.numerator,
                   ratio.denominator, 0, 1, DOCUMENT)  # fmt: skip
        self._must(AGENT, TOKEN, token, "beginExchange")
        self.models[at].announce_exchange(Terms(to=target, ratio=ratio, not_before=0))
        self.models[at].begin_exchange()

    def exchange(self, homes: Sequence[Wallet], at: int = 0, to: int | None = None,
                 order: Callable[[list[Wallet]], list[Wallet]] = sorted) -> str:  # fmt: skip
        """Exchange all units of some investors in one call; `order` is that of their wallets."""
        model = self.models[at]
        target = model if to is None else self.models[to]
        groups = [(home, order(self._with_units(model, home))) for home in homes]
        wallets = [each for _, group in groups for each in group]
        outcome = self.evm.act(AGENT, TOKEN, self.tokens[at], "exchange", wallets)

        def on_model() -> None:
            terms = model.exchange
            assert terms is not None
            for home, group in groups:
                exchange(model, target, home, group, terms.ratio, now_s=self.now)

        return self.both(outcome, on_model)

    def _with_units(self, model: Security, home: Wallet) -> list[Wallet]:
        investor = self.registry.investors.get(home)
        own = investor.wallets if investor else [home]
        return [each for each in own if model.balances.get(each)]

    def end_exchange(self, at: int = 0, to: int | None = None) -> None:
        self._must(AGENT, TOKEN, self.tokens[at], "endExchange")
        self.models[at].end_exchange(in_place=to is None)

    def withdraw_exchange(self, at: int = 0) -> None:
        """Take back an exchange that has begun."""
        self._must(OFFICER, TOKEN, self.tokens[at], "withdrawExchange")
        self.models[at].announce_exchange(None)

    def holders_in_order(self, at: int = 0) -> list[Wallet]:
        """Home wallets of all who hold units, in the order in which they are exchanged."""
        model = self.models[at]
        return sorted({self.registry.home(own) for own, units in model.balances.items() if units})

    def exchange_all(self, ratio: Ratio, at: int = 0, to: int | None = None, page: int = 3,
                     order: Callable[[list[Wallet]], list[Wallet]] = sorted) -> Self:  # fmt: skip
        """Exchange everything, a few investors at a time."""
        self.begin_exchange(ratio, at, to)
        homes = self.holders_in_order(at)
        for start in range(0, len(homes), page):
            code = self.exchange(homes[start : start + page], at, to, order)
            if code:
                raise Divergence(f"an exchange was refused: {code}")
        self.end_exchange(at, to)
        return self
