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
from tallystick.securities.purchases import Purchases, PurchaseVerdict
from tallystick.securities.tally import LimitVerdict, Tally


class Investor(msgspec.Struct):
    """What the chain says of an investor.

    `classes_held` counts the classes of the issuer in which he is counted; `tier_counted` and
    `tracked_day` say as what. An investor with an ONCHAINID contract (`identity`) is `live`:
    whether he is verified is what the claims in it say at the time. He counts as `owners` over all
    classes, and is counted as `owners_counted`. An heir is counted as the one whom he
    `stands_for`, who keeps his place while there are `heirs`, be it that he holds nothing himself.
    Who is `watched` acquires on approval of the compliance officer only.
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
    owners: int = 1
    owners_counted: int = 0
    watched: bool = False
    stands_for: Wallet | None = None
    heirs: int = 0

    @property
    def counted(self) -> bool:
        """Whether he is counted over all classes himself."""
        return self.stands_for is None and (self.classes_held > 0 or self.heirs > 0)


class Registry(msgspec.Struct):
    """The investors of an issuer."""

    investors: dict[Wallet, Investor] = msgspec.field(default_factory=dict)
    homes: dict[Wallet, Wallet] = msgspec.field(default_factory=dict)
    # A wallet reported lost, and the one that took its place.
    replaced: dict[Wallet, Wallet] = msgspec.field(default_factory=dict)
    tally: Tally = msgspec.field(default_factory=Tally)
    enrolling: int = 0
    purchases: Purchases = msgspec.field(default_factory=Purchases)

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

    def admit(
        self, wallet: Wallet, *, number: int, country: str, claims: Claims, owners: int = 1,
        watched: bool = False,
    ) -> None:  # fmt: skip
        """Admit an investor with his first wallet."""
        self._require_free(wallet)
        self.investors[wallet] = Investor(
            home=wallet, number=number, country=country, claims=claims, wallets=[wallet],
            owners=owners, watched=watched,
        )  # fmt: skip
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
        if wallet == investor.home and investor.heirs:
            raise Conflict(
                "heirs-counted-as-him",
                "Others hold units by his death or divorce and are counted as him",
                cure="Keep him until none of them is left.",
            )
        investor.wallets.remove(wallet)
        del self.homes[wallet]
        if wallet == investor.home:
            del self.investors[wallet]

    def replace(self, lost: Wallet, replacement: Wallet) -> None:
        """Retire a lost wallet in favour of another one of the same investor.

        One that is retired already stays known as replaced by the first.
        """
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
        self.replaced.setdefault(lost, replacement)

    def limit_verdict(self, leaver: Wallet | None, joiner: Wallet, *, now_s: int) -> LimitVerdict:
        """What the limits over all classes say when one leaves a class and another enters it."""
        entering = self.investors.get(joiner)
        if entering is not None and entering.counted:
            return LimitVerdict.WITHIN
        day = now_s // DAY_S
        leaving = self.investors.get(leaver) if leaver is not None else None
        leaving_tier, leavers = None, 0
        if leaving is not None and leaving.classes_held == 1 and not leaving.heirs:
            leaving_tier, leavers = leaving.tier_counted, leaving.owners_counted
        claims = entering.claims if entering is not None else Claims()
        joiners = entering.owners if entering is not None else 1
        verdict = self.tally.verdict(
            leaving_tier, claims.tier(day)[0], day, leavers=leavers, joiners=joiners
        )
        limited = self.tally.investors_max is not None or self.tally.retail_max is not None
        if verdict is LimitVerdict.WITHIN and limited and self.enrolling and joiners:
            return LimitVerdict.STALE
        return verdict

    def moved(self, leaver: Wallet | None, joiner: Wallet | None, *, now_s: int) -> None:
        """Note that an investor gave up his last unit of a class and another acquired his first."""
        if leaver is not None:
            self._leave(self.investors[leaver])
        if joiner is not None:
            self._enter(self.investors[joiner], now_s // DAY_S)

    def inherited(self, giver: Wallet, heir: Wallet, *, leaves: bool, now_s: int) -> None:
        """Note that an investor acquired his first unit of a class by death or divorce of another.

        `leaves` says that the other gave up his last. The heir counts as him (Investment Company
        Act 3(c)(1)(B)), unless he holds units otherwise.
        """
        giving, taking = self.investors[giver], self.investors[heir]
        root = giving.stands_for or giver
        if not taking.classes_held and not taking.heirs and giving.classes_held:
            taking.stands_for = root
            taking.classes_held += 1
            self.investors[root].heirs += 1
        elif taking.stands_for == root:
            taking.classes_held += 1
        else:
            self._enter(taking, now_s // DAY_S)
        if leaves:
            self._leave(giving)

    def acquired(self, home: Wallet, *, now_s: int) -> None:
        """Count an heir for himself, who acquired units otherwise."""
        investor = self.investors[home]
        if investor.stands_for is not None:
            self._no_longer_heir(investor)
            self._count(investor, now_s // DAY_S)

    def purchase_verdict(self, home: Wallet, day: int) -> PurchaseVerdict | None:
        """Why somebody may not buy from the issuer who is not accredited; None if he may."""
        investor = self.investors.get(home)
        return self.purchases.verdict(home, 1 if investor is None else investor.owners, day)

    def _enter(self, investor: Investor, day: int) -> None:
        if investor.stands_for is not None:
            self._no_longer_heir(investor)
            self._count(investor, day)
        elif not investor.counted:
            self._count(investor, day)
        investor.classes_held += 1

    def _leave(self, investor: Investor) -> None:
        investor.classes_held -= 1
        if investor.classes_held:
            return
        if investor.stands_for is not None:
            self._no_longer_heir(investor)
        elif not investor.heirs:
            self._count_out(investor)

    def _no_longer_heir(self, heir: Investor) -> None:
        """Let an heir count as nobody else; the last lets go of the one whom he stood for."""
        assert heir.stands_for is not None  # noqa: S101 - asked by every caller
        root = self.investors[heir.stands_for]
        heir.stands_for = None
        root.heirs -= 1
        if not root.heirs and not root.classes_held:
            self._count_out(root)

    def _count(self, investor: Investor, day: int) -> None:
        tier, expiry_day = investor.claims.tier(day)
        investor.tier_counted = tier
        investor.owners_counted = investor.owners
        investor.tracked_day = self.tally.enter(tier, expiry_day, owners=investor.owners)

    def _count_out(self, investor: Investor) -> None:
        self.tally.leave(
            investor.tier_counted, investor.tracked_day, owners=investor.owners_counted
        )
        investor.tier_counted, investor.tracked_day = Tier.RETAIL, 0
        investor.owners_counted = 0

    def refresh(self, home: Wallet, *, now_s: int) -> None:
        """Count an investor by the claims he has today."""
        investor = self.investors.get(home)
        if investor is not None and investor.counted:
            self._count_out(investor)
            self._count(investor, now_s // DAY_S)
        self.tally.advance(now_s // DAY_S)
