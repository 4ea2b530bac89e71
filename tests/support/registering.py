"""Acts on the registry of an issuer, on both sides."""

from __future__ import annotations

from tallystick.core.errors import Conflict
from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claim, Claims
from tallystick.securities.packing import pack_record
from tests.support.evm import (
    REGISTRY,
)
from tests.support.ground import AGENT, OFFICER, STRANGER, Ground


class Registering(Ground):
    """Admission, claims, limits over all classes."""

    def admit(self, home: Wallet, *, number: int = 7, country: str = "DE",
              claims: Claims = Claims(), owners: int = 1, watched: bool = False
              ) -> str:  # fmt: skip
        record = pack_record(
            number=number, country=country, claims=claims, owners=owners, watched=watched
        )
        outcome = self.evm.act(AGENT, REGISTRY, self.registry_address, "admit", home, record)
        return self.both(
            outcome,
            lambda: self.registry.admit(
                home, number=number, country=country, claims=claims, owners=owners,
                watched=watched,
            ),
        )  # fmt: skip

    def link(self, home: Wallet, further: Wallet) -> str:
        outcome = self.evm.act(AGENT, REGISTRY, self.registry_address, "linkWallet", home, further)
        return self.both(outcome, lambda: self.registry.link(home, further))

    def state(self, whose: Wallet, *, country: str, claims: Claims, owners: int = 1,
              watched: bool = False) -> str:  # fmt: skip
        record = pack_record(
            number=7, country=country, claims=claims, owners=owners, watched=watched
        )
        outcome = self.evm.act(AGENT, REGISTRY, self.registry_address, "setRecord", whose, record)

        def on_model() -> None:
            investor = self.registry.investor(whose)
            investor.country, investor.claims = country, claims
            investor.owners, investor.watched = owners, watched
            self._refresh_model(investor.home)

        return self.both(outcome, on_model)

    def set_claim(self, whose: Wallet, claim: Claim, expiry_day: int) -> str:
        outcome = self.evm.act(
            AGENT, REGISTRY, self.registry_address, "setClaim", whose, int(claim), expiry_day
        )

        def on_model() -> None:
            investor = self.registry.investor(whose)
            investor.claims = investor.claims.stated(claim, expiry_day)
            self._refresh_model(investor.home)

        return self.both(outcome, on_model)

    def remove(self, whose: Wallet) -> str:
        outcome = self.evm.act(AGENT, REGISTRY, self.registry_address, "deleteIdentity", whose)

        def on_model() -> None:
            self.registry.investor(whose)
            held = any(model.balances.get(whose) for model in self.models)
            if held and whose not in self.registry.replaced:
                raise Conflict("units-held", "The wallet holds units")
            self.registry.remove(whose)

        return self.both(outcome, on_model)

    def refresh(self, whose: Wallet) -> str:
        outcome = self.evm.act(STRANGER, REGISTRY, self.registry_address, "refresh", [whose])
        return self.both(outcome, lambda: self._refresh_model(self.registry.home(whose)))

    def _refresh_model(self, home: Wallet) -> None:
        self.registry.refresh(home, now_s=self.now)
        for model in self.models:
            model.refresh(home, now_s=self.now)

    def set_issuer_limits(self, investors_max: int | None, retail_max: int | None) -> None:
        none = 2**24 - 1
        self._must(
            OFFICER,
            REGISTRY,
            self.registry_address,
            "setIssuerLimits",
            none if investors_max is None else investors_max,
            none if retail_max is None else retail_max,
        )
        self.registry.tally.investors_max = investors_max
        self.registry.tally.retail_max = retail_max

    def set_purchaser_limit(self, limit: int | None, days: int) -> None:
        self._must(
            OFFICER, REGISTRY, self.registry_address, "setPurchaserLimit",
            2**24 - 1 if limit is None else limit, days,
        )  # fmt: skip
        self.registry.purchases.limit, self.registry.purchases.days = limit, days
