"""A movement of units as the rules see it: who, how much, when, and all that is known."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tallystick.core.countries import UNITED_STATES
from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claims, Tier
from tallystick.securities.lots import Lots
from tallystick.securities.purchases import PurchaseVerdict
from tallystick.securities.tally import LimitVerdict, Tally


class Movement(StrEnum):
    """What kind of movement it is. A plain transfer is a resale.

    A return is a redemption that the holder himself ordered. The last four are declared by the
    transfer agent, with evidence: the holder's own act or fate, but no sale in the market. An
    inheritance is by death or divorce.
    """

    ISSUE = "issue"
    RESALE = "resale"
    FORCED = "forced"
    REDEMPTION = "redemption"
    RETURN = "return"
    PRIVATE_SALE = "private-sale"
    GIFT = "gift"
    INHERITANCE = "inheritance"
    PLEDGE = "pledge"


# Kinds of movements by number, as the chain knows them; 4 stands for a recovery.
MOVEMENT_NUMBERS = {
    Movement.ISSUE: 0,
    Movement.RESALE: 1,
    Movement.FORCED: 2,
    Movement.REDEMPTION: 3,
    Movement.PRIVATE_SALE: 5,
    Movement.GIFT: 6,
    Movement.INHERITANCE: 7,
    Movement.PLEDGE: 8,
}
DECLARED = frozenset({
    Movement.PRIVATE_SALE, Movement.GIFT, Movement.INHERITANCE, Movement.PLEDGE,
})  # fmt: skip
SALES = frozenset({Movement.RESALE, Movement.PRIVATE_SALE})
# Movements that a holder makes, or has made for him, against which rules protect others.
JUDGED = DECLARED | {Movement.RESALE, Movement.RETURN}
# Movements by which somebody acquires units who is kept from it by limits.
_LIMITED = JUDGED - {Movement.INHERITANCE} | {Movement.ISSUE}


class RuleSet(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """The rules of a security and their parameters; `None` switches a rule off.

    Amounts are in units, times in UTC seconds, periods in seconds, shares in basis points of the
    units in existence, countries by ISO 3166-1 alpha-2. A limit on holders of the United States
    (`country_limited`) is on those of their territories too. `exemption` says under which one units
    are issued; it refuses nothing. `locked_sale_tier` is the least tier of whoever buys units
    privately that are still locked. Fewer holders than `investors_min` are warned of.
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
    max_share_bps: int | None = None
    approval: bool = False
    affiliate_volume_bps: int | None = None
    affiliate_window_days: int = 0
    purchasers_limited: bool = False
    country_limited: str = ""
    country_max: int | None = None
    venues_only: bool = False
    locked_sale_tier: Tier = Tier.RETAIL
    exemption: str = ""
    investors_min: int | None = None

    def admits_country(self, code: str) -> bool:
        """Whether residents of a country may acquire; an empty code is nobody's country."""
        if self.countries_allowed is None and self.countries_denied is None:
            return True
        denied = self.countries_denied or frozenset()
        allowed = self.countries_allowed is None or code in self.countries_allowed
        return bool(code) and code not in denied and allowed

    def limits_country(self, code: str) -> bool:
        """Whether residents of a country fall under the limit of holders of one."""
        if self.country_max is None:
            return False
        if self.country_limited == "US":
            return code in UNITED_STATES
        return code == self.country_limited


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a movement: a wallet, and the investor behind it.

    `units` are in this wallet, of which `held` are for spenders, `total` in all wallets of the
    investor, `frozen_units` what he must keep, `legend_units` what bears a legend, `sales` what he
    sold as an affiliate, by UTC day. `tier_counted` is None while he holds nothing. An investor who
    is `watched` acquires on approval only, one who is `live` is verified by what his identity says
    at the time. `of_country_counted` says that he is counted, or presumed, under the limit of
    holders of a country.
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
    legend_units: int = 0
    sales: tuple[tuple[int, int], ...] = ()
    watched: bool = False
    live: bool = False
    held: int = 0
    inherited: bool = False
    of_country_counted: bool = False

    def sold(self, day: int, days: int) -> int:
        """Units sold as an affiliate on a UTC day and those before it, so many in all."""
        return sum(units for sold_on, units in self.sales if day - days < sold_on <= day)


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What only others can tell of a movement, asked at the time.

    `module_refuses` is what bound modules and an external compliance say; `live_verified` what the
    claims in the receiver's ONCHAINID contract say, if he has one.
    """

    module_refuses: bool = False
    live_verified: bool = False


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A movement proposed at a time, and the state that the rules judge it by.

    The sender of an issue and the receiver of a redemption are nobody (None). `spender` carries the
    movement out for the sender; None is the sender himself. `approved_until` is the time until
    which the compliance officer approves just this movement. `issuer_verdict` is what the limits
    over all classes say, `purchase` what the limit of purchasers says, if it refuses.
    `module_refuses` is what bound modules said.
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
    exchanging: bool = False
    module_refuses: bool = False
    issuer_verdict: LimitVerdict = LimitVerdict.WITHIN
    issuer_tally: Tally | None = None
    purchase: PurchaseVerdict | None = None
    spender: Wallet | None = None
    spender_is_venue: bool = False
    approved_until: int = 0

    @property
    def day(self) -> int:
        """The UTC day of the movement."""
        return self.now_s // 86_400

    @property
    def same_investor(self) -> bool:
        """Whether both wallets belong to one investor."""
        sender, receiver = self.sender, self.receiver
        return sender is not None and receiver is not None and sender.home == receiver.home

    @property
    def approved(self) -> bool:
        """Whether the compliance officer approves just this movement."""
        return self.approved_until > self.now_s

    @property
    def acquirer(self) -> Party | None:
        """The side whose acquisition limits judge: a receiver who is another investor.

        Nobody is kept from what he has by death or divorce of another, or by force.
        """
        if self.kind not in _LIMITED or self.same_investor:
            return None
        return self.receiver

    @property
    def giver(self) -> Party | None:
        """The side that gives units to another investor of its own will, or by death or divorce."""
        if self.kind not in JUDGED or self.same_investor:
            return None
        return self.sender

    @property
    def seller(self) -> Party | None:
        """The side whose sale is judged: the sender of a resale to another investor."""
        return self.giver if self.kind is Movement.RESALE else None

    @property
    def leaving_tier(self) -> Tier | None:
        """The tier out of which the sender disappears by this movement."""
        if self.sender is None or self.same_investor or self.amount != self.sender.total:
            return None
        return self.sender.tier_counted

    @property
    def brings_holder(self) -> bool:
        """Whether the receiver holds nothing of the security before."""
        acquirer = self.acquirer
        return acquirer is not None and acquirer.total == 0 and self.amount > 0

    @property
    def brings_owner(self) -> bool:
        """Whether the receiver may have to be counted with the issuer: an heir is only now."""
        acquirer = self.acquirer
        return (
            acquirer is not None and self.amount > 0 and (acquirer.total == 0 or acquirer.inherited)
        )
