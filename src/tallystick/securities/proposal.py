"""A movement of units as the rules see it: who, how much, when, and all that is known."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claims, Tier
from tallystick.securities.lots import Lots
from tallystick.securities.tally import LimitVerdict, Tally


class Movement(StrEnum):
    """What kind of movement it is. A plain transfer is a resale."""

    ISSUE = "issue"
    RESALE = "resale"
    FORCED = "forced"
    REDEMPTION = "redemption"


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of a security and their parameters; `None` switches a rule off.

    Amounts are in units, times in UTC seconds, periods in seconds, countries by ISO 3166-1 alpha-2.
    """

    verified_holder: bool = True
    countries_allowed: frozenset[str] | None = None
    countries_denied: frozenset[str] | None = None
    max_balance: int | None = None
    lock_up: bool = False
    lock_up_until: int = 0
    holding_period_s: int = 0
    investor_tier: Tier = Tier.RETAIL
    screening: bool = False
    flow_back_until: int | None = None
    lot_size: int | None = None
    minimum_holding: int | None = None
    supply_cap: int | None = None
    investors_max: int | None = None
    retail_max: int | None = None

    def admits_country(self, code: str) -> bool:
        """Whether residents of a country may acquire; an empty code is nobody's country."""
        if self.countries_allowed is None and self.countries_denied is None:
            return True
        denied = self.countries_denied or frozenset()
        allowed = self.countries_allowed is None or code in self.countries_allowed
        return bool(code) and code not in denied and allowed


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a movement: a wallet, and the investor behind it.

    `units` are in this wallet, `total` in all wallets of the investor, `frozen_units` what he must
    keep. `tier_counted` is None while he holds nothing.
    """

    wallet: Wallet
    home: Wallet
    registered: bool = False
    retired: bool = False
    frozen: bool = False
    country: str = ""
    claims: Claims = Claims()
    units: int = 0
    total: int = 0
    frozen_units: int = 0
    lots: Lots = msgspec.field(default_factory=Lots)
    tier_counted: Tier | None = None


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What only others can tell of a movement, asked at the time.

    `module_refuses` is what bound modules and an external compliance say; `live_verified` what the
    claims in the receiver's ONCHAINID contract say, if he has one.
    """

    module_refuses: bool = False
    live_verified: bool = False


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A movement proposed at a time, and the state that the rules judge it by.

    The sender of an issue and the receiver of a redemption are nobody (None). `issuer_verdict` is
    what the limits over all classes say, `module_refuses` what bound modules said.
    """

    kind: Movement
    sender: Party | None
    receiver: Party | None
    amount: int
    now_s: int
    rules: RuleSet
    tally: Tally
    supply: int
    paused: bool = False
    module_refuses: bool = False
    issuer_verdict: LimitVerdict = LimitVerdict.WITHIN
    issuer_tally: Tally | None = None

    @property
    def day(self) -> int:
        """The UTC day of the movement."""
        return self.now_s // 86_400

    @property
    def same_investor(self) -> bool:
        """Whether both wallets belong to one investor."""
        return (
            self.sender is not None
            and self.receiver is not None
            and self.sender.home == self.receiver.home
        )

    @property
    def acquirer(self) -> Party | None:
        """The side whose acquisition limits judge: a receiver who is another investor."""
        if self.kind not in {Movement.ISSUE, Movement.RESALE} or self.same_investor:
            return None
        return self.receiver

    @property
    def seller(self) -> Party | None:
        """The side whose disposal is judged: the sender of a resale to another investor."""
        if self.kind is not Movement.RESALE or self.same_investor:
            return None
        return self.sender

    @property
    def leaving_tier(self) -> Tier | None:
        """The tier out of which the sender disappears by this movement."""
        if self.sender is None or self.same_investor or self.amount != self.sender.total:
            return None
        return self.sender.tier_counted

    @property
    def brings_holder(self) -> bool:
        """Whether the receiver holds nothing of the security before."""
        return self.acquirer is not None and self.acquirer.total == 0 and self.amount > 0
