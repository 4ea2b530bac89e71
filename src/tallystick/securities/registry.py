"""Investors of one issuer: wallets, claims, and counters over all classes. Twin of the registry.

An investor is known by his home wallet, the first he was admitted with; further wallets are linked
to it. A wallet reported lost is retired and stays so.
"""

from __future__ import annotations

import msgspec

from tallystick.core.errors import Conflict, NotFound
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.securities.claims import Claims, Tier
from tallystick.securities.tally import LimitVerdict, Tally


class Investor(msgspec.Struct):
    """What the chain says of an investor.

    `classes_held` counts the classes of the issuer in which he is counted; `tier_counted` and
    `tracked_day` say as what. An investor with an ONCHAINID contract (`identity`) is `live`:
    whether he is verified is what the claims in it say at the time.
    """

    home: Wallet
    number: int = 0
    country: str = ""
    claims: Claims = Claims()
    wallets: list[Wallet] = msgspec.field(default_factory=list)
    live: bool = False
    identity: Wallet | None = None
    classes_held: int = 0
    tier_counted: Tier = Tier.RETAIL
    tracked_day: int = 0


class Registry(msgspec.Struct):
    """The investors of an issuer."""

    investors: dict[Wallet, Investor] = msgspec.field(default_factory=dict)
    homes: dict[Wallet, Wallet] = msgspec.field(default_factory=dict)
    # A wallet reported lost, and the one that took its place.
    replaced: dict[Wallet, Wallet] = msgspec.field(default_factory=dict)
    tally: Tally = msgspec.field(default_factory=Tally)
    enrolling: int = 0

    def home(self, wallet: Wallet) -> Wallet:
        """Home wallet of the investor behind a wallet; an unregistered wallet is its own."""
        return self.homes.get(wallet, wallet)

    def in_use(self, wallet: Wallet) -> Wallet:
        """The wallet itself, or the one that took its place after it was reported lost."""
        while wallet in self.replaced and self.replaced[wallet] in self.homes:
            wallet = self.replaced[wallet]
        return wallet

    def investor(self, wallet: Wallet) -> Investor:
        """The investor behind a wallet; raises `NotFound` if it is not registered."""
        try:
            return self.investors[self.homes[wallet]]
        except KeyError:
            raise NotFound(
                "wallet-unknown",
                f"{show_wallet(wallet)} is not registered",
                cure="Admit the investor first.",
            ) from None

    def admit(self, wallet: Wallet, *, number: int, country: str, claims: Claims) -> None:
        """Admit an investor with his first wallet."""
        self._require_free(wallet)
        self.investors[wallet] = Investor(
            home=wallet, number=number, country=country, claims=claims, wallets=[wallet]
        )
        self.homes[wallet] = wallet

    def link(self, home: Wallet, wallet: Wallet) -> None:
        """Add an unregistered wallet to an investor."""
        investor = self.investor(home)
        self._require_free(wallet)
        investor.wallets.append(wallet)
        self.homes[wallet] = investor.home

    def _require_free(self, wallet: Wallet) -> None:
        if wallet in self.homes:
            raise Conflict(
                "registered-already",
                f"{show_wallet(wallet)} is registered already",
                cure="Use another wallet.",
            )

    def remove(self, wallet: Wallet) -> None:
        """Forget a wallet; the home wallet last, and one that was reported lost never."""
        investor = self.investor(wallet)
        if wallet in self.replaced:
            raise Conflict(
                "wallet-retired",
                "A wallet that was reported lost stays so",
                cure="Name one that is in use.",
            )
        if wallet == investor.home and len(investor.wallets) > 1:
            raise Conflict(
                "linked-wallets-first",
                "A home wallet goes last",
                cure="Remove the further wallets first.",
            )
        investor.wallets.remove(wallet)
        del self.homes[wallet]
        if wallet == investor.home:
            del self.investors[wallet]

    def replace(self, lost: Wallet, replacement: Wallet) -> None:
        """Retire a lost wallet in favour of another one of the same investor."""
        home = self.investor(lost).home
        if replacement not in self.homes:
            self.link(home, replacement)
        elif self.homes[replacement] != home:
            raise Conflict(
                "wallet-of-another-investor",
                "The new wallet belongs to somebody else",
                cure="Name one of his own.",
            )
        elif replacement in self.replaced:
            raise Conflict(
                "wallet-retired",
                "The new wallet is retired itself",
                cure="Name one that is in use.",
            )
        self.replaced[lost] = replacement

    def limit_verdict(self, leaver: Wallet | None, joiner: Wallet, *, now_s: int) -> LimitVerdict:
        """What the limits over all classes say when one leaves a class and another enters it."""
        entering = self.investors.get(joiner)
        if entering is not None and entering.classes_held:
            return LimitVerdict.WITHIN
        day = now_s // DAY_S
        leaving = self.investors.get(leaver) if leaver is not None else None
        leaving_tier = None
        if leaving is not None and leaving.classes_held == 1:
            leaving_tier = leaving.tier_counted
        claims = entering.claims if entering is not None else Claims()
        verdict = self.tally.verdict(leaving_tier, claims.tier(day)[0], day)
        limited = self.tally.investors_max is not None or self.tally.retail_max is not None
        if verdict is LimitVerdict.WITHIN and limited and self.enrolling:
            return LimitVerdict.STALE
        return verdict

    def moved(self, leaver: Wallet | None, joiner: Wallet | None, *, now_s: int) -> None:
        """Note that an investor gave up his last unit of a class and another acquired his first."""
        if leaver is not None:
            investor = self.investors[leaver]
            investor.classes_held -= 1
            if investor.classes_held == 0:
                self.tally.leave(investor.tier_counted, investor.tracked_day)
                investor.tier_counted, investor.tracked_day = Tier.RETAIL, 0
        if joiner is not None:
            investor = self.investors[joiner]
            if investor.classes_held == 0:
                self._count(investor, now_s // DAY_S)
            investor.classes_held += 1

    def _count(self, investor: Investor, day: int) -> None:
        tier, expiry_day = investor.claims.tier(day)
        investor.tier_counted = tier
        investor.tracked_day = self.tally.enter(tier, expiry_day)

    def refresh(self, home: Wallet, *, now_s: int) -> None:
        """Count an investor by the claims he has today."""
        investor = self.investors.get(home)
        if investor is not None and investor.classes_held:
            self.tally.leave(investor.tier_counted, investor.tracked_day)
            self._count(investor, now_s // DAY_S)
        self.tally.advance(now_s // DAY_S)
