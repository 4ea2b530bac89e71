"""Writes a page with an example of every refusal: `python tools/refusals.py`.

Each example is a situation that is really judged; a test compares the page with what comes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.text import Text

from tallystick.cli.tables import verdict_lines
from tallystick.core.times import DAY_S, parse_time
from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claim, Claims, Tier
from tallystick.securities.codes import Code, OfferingCode
from tallystick.securities.offering_limits import (
    Offeree,
    OfferingLimits,
    Raised,
    Subscriber,
    check_offer,
    check_subscription,
)
from tallystick.securities.proposal import Answers, Movement, RuleSet
from tallystick.securities.registry import Registry
from tallystick.securities.security import Security
from tallystick.securities.verdict import Refusal, Verdict

PAGE = Path(__file__).parents[1] / "docs" / "refusals.md"
NOW_S = parse_time("2026-11-22T12:00:00Z")
TODAY = NOW_S // DAY_S
ANN, BEN, CAY, DAN, VENUE = (Wallet(f"0x{number:040x}") for number in range(1, 6))
VERIFIED = Claims().stated(Claim.VERIFIED, TODAY + 100)
HEAD = f"""# Refusals

An example of each, as `--explain` shows it. They are judged anew by a test, so that they are what
you would see. Ann holds 100.00 units, of which there are 1,000.00; it is {"2026-11-22"}, noon UTC.
"""


class Desk:
    """A security with two decimals under some rules, in which Ann holds 100.00 and Dan the rest."""

    def __init__(self, rules: RuleSet = RuleSet(), *, joined: bool = False) -> None:  # noqa: B008
        self.security = Security(registry=Registry(), joined_issuer_limits=joined)
        for home in (ANN, BEN, CAY, DAN):
            self.security.registry.admit(home, number=1, country="DE", claims=VERIFIED)
        before = NOW_S - 100 * DAY_S
        for home, units in ((ANN, 10_000), (DAN, 90_000)):
            self.security.move(Movement.ISSUE, None, home, units, now_s=before)
        self.security.set_rules(rules)

    def claim(self, who: Wallet, claim: Claim, days: int) -> Desk:
        """State a claim that ends so many days from now."""
        investor = self.security.registry.investors[who]
        investor.claims = investor.claims.stated(claim, TODAY + days)
        return self

    def sale(
        self, units: int = 1_000, *, giver: Wallet = ANN, taker: Wallet = BEN,
        kind: Movement = Movement.RESALE, spender: Wallet | None = None,
        answers: Answers = Answers(),  # noqa: B008
    ) -> Verdict:  # fmt: skip
        """What is said of a sale of Ann's to Ben, or of another movement."""
        return self.security.judge(
            kind, giver, taker, units, now_s=NOW_S, spender=spender, answers=answers
        )

    def issue(self, units: int = 1_000) -> Verdict:
        """What is said of an issue to Ben."""
        return self.security.judge(Movement.ISSUE, None, BEN, units, now_s=NOW_S)


def _paused() -> Verdict:
    desk = Desk()
    desk.security.paused = True
    return desk.sale()


def _frozen(who: Wallet) -> Verdict:
    desk = Desk()
    desk.security.freeze(who, frozen=True)
    return desk.sale()


def _retired(who: Wallet) -> Verdict:
    desk = Desk()
    desk.security.registry.replace(who, Wallet("0x" + "9" * 40))
    return desk.sale(0)


def _frozen_units() -> Verdict:
    desk = Desk()
    desk.security.set_frozen_units(ANN, 6_000)
    return desk.sale(5_000)


def _legend() -> Verdict:
    desk = Desk()
    desk.security.place_legend(ANN, 9_500, 13)
    return desk.sale()


def _held() -> Verdict:
    desk = Desk()
    desk.security.hold(ANN, VENUE, 9_500)
    return desk.sale()


def _lots(kind: Movement) -> Verdict:
    rules = RuleSet(lock_up=True, holding_period_s=366 * DAY_S, locked_sale_tier=Tier.ACCREDITED)
    desk = Desk(rules)
    desk.security.move(Movement.ISSUE, None, CAY, 2_000, now_s=NOW_S - 200 * DAY_S)
    desk.security.move(Movement.RESALE, ANN, CAY, 500, now_s=NOW_S)
    return desk.sale(giver=CAY, kind=kind)


def _volume() -> Verdict:
    desk = Desk(RuleSet(affiliate_volume_bps=100, affiliate_window_days=92))
    desk.claim(ANN, Claim.AFFILIATE, 400)
    desk.security.move(Movement.RESALE, ANN, BEN, 600, now_s=NOW_S - 30 * DAY_S)
    return desk.sale(500)


def _stranger() -> Verdict:
    return Desk().sale(taker=Wallet("0x" + "8" * 40))


def _country(rules: RuleSet, country: str) -> Verdict:
    desk = Desk(rules)
    desk.security.registry.investors[BEN].country = country
    return desk.sale()


def _watched() -> Verdict:
    desk = Desk()
    desk.security.registry.investors[BEN].watched = True
    return desk.sale()


def _stale() -> Verdict:
    desk = Desk(RuleSet(retail_max=5))
    desk.claim(DAN, Claim.ACCREDITED, 0)
    desk.security.refresh(DAN, now_s=NOW_S - 10 * DAY_S)
    desk.security.refresh(ANN, now_s=NOW_S - 10 * DAY_S)
    return desk.sale()


def _lost_accreditation(rules: RuleSet) -> Verdict:
    return Desk(rules).claim(BEN, Claim.ACCREDITED, -5).sale()


def _of_country() -> Verdict:
    desk = Desk(RuleSet(country_limited="DE", country_max=2))
    for home in (ANN, DAN):
        desk.security.refresh(home, now_s=NOW_S)
    return desk.sale()


def _issuer(investors: int | None, retail: int | None, *, enrolling: bool = False) -> Verdict:
    desk = Desk(joined=True)
    tally = desk.security.registry.tally
    tally.investors_max, tally.retail_max = investors, retail
    desk.security.registry.enrolling = int(enrolling)
    return desk.sale()


def _purchasers() -> Verdict:
    desk = Desk(RuleSet(purchasers_limited=True))
    purchases = desk.security.registry.purchases
    purchases.limit, purchases.days = 35, 90
    for number in range(35):
        purchases.note(Wallet(f"0x{number + 100:040x}"), 1, TODAY - 60 + number)
    return desk.issue()


def _offering(refusals: list[Refusal]) -> Verdict:
    return Verdict(tuple(refusals), NOW_S)


EU = OfferingLimits(currency="EUR", offerees_max=149, offerees_per_country=True,
                    offerees_where="EEA")  # fmt: skip
TIER_2 = OfferingLimits(currency="USD", raised_max=75_000_000, raised_window_days=366,
                        investor_share_bps=1_000)  # fmt: skip


def _offerees() -> Verdict:
    log = [Offeree(who=str(number), country="DE") for number in range(149)]
    person = Offeree(who="another", country="DE")
    return _offering(check_offer(EU, log, person, source="Regulation (EU) 2017/1129, Article 1(4)"))


def _raised() -> Verdict:
    return _offering(check_subscription(
        TIER_2, [Raised(TODAY - 100, 74_990_000)], Subscriber(accredited=True), 50_000,
        day=TODAY, source="17 CFR 230.251(a)(2)",
    ))  # fmt: skip


def _invested() -> Verdict:
    return _offering(check_subscription(
        TIER_2, [], Subscriber(income=80_000, net_worth=50_000), 10_000, day=TODAY,
        source="17 CFR 230.251(d)(2)(i)(C)",
    ))  # fmt: skip


LATER_S = parse_time("2027-06-01")
Example = tuple[Code | OfferingCode, str, Callable[[], Verdict]]
EXAMPLES: tuple[Example, ...] = (
    (Code.PAUSED, "The transfer agent has paused the security.", _paused),
    (Code.VENUE_NOT_ALLOWED, "A venue sells for Ann that nobody allowed.",
     lambda: Desk(RuleSet(venues_only=True)).sale(spender=VENUE)),
    (Code.SENDER_FROZEN, "Ann is frozen.", lambda: _frozen(ANN)),
    (Code.SENDER_RETIRED, "Ann's wallet was reported lost.", lambda: _retired(ANN)),
    (Code.UNITS_FROZEN, "60.00 of Ann's units are frozen; she sells 50.00.", _frozen_units),
    (Code.LOCK_UP, "The class is locked up until the middle of 2027.",
     lambda: Desk(RuleSet(lock_up=True, lock_up_until=LATER_S)).sale()),
    (Code.LOT_LOCKED, "Cay has 20.00 from the issuer since 200 days and 5.00 from Ann; 10.00 go.",
     lambda: _lots(Movement.RESALE)),
    (Code.AFFILIATE_VOLUME, "Ann is an affiliate and sold 6.00 a month ago; 1 % is 10.00.",
     _volume),
    (Code.UNITS_LEGENDED, "95.00 of Ann's units bear a legend.", _legend),
    (Code.LOCKED_SALE, "Cay sells privately what is still locked, to Ben who is not accredited.",
     lambda: _lots(Movement.PRIVATE_SALE)),
    (Code.UNITS_HELD, "A venue holds 95.00 of Ann's units for an order of hers.", _held),
    (Code.RECEIVER_UNKNOWN, "The receiver was never admitted.", _stranger),
    (Code.RECEIVER_RETIRED, "Ben's wallet was reported lost.", lambda: _retired(BEN)),
    (Code.RECEIVER_UNVERIFIED, "Ben's verification has expired.",
     lambda: Desk().claim(BEN, Claim.VERIFIED, -3).sale()),
    (Code.RECEIVER_FROZEN, "Ben is frozen.", lambda: _frozen(BEN)),
    (Code.COUNTRY_NOT_ALLOWED, "Ben resides in a country that is denied.",
     lambda: _country(RuleSet(countries_denied=frozenset({"KP"})), "KP")),
    (Code.NOT_ACCREDITED, "Ben's accreditation ended five days ago.",
     lambda: _lost_accreditation(RuleSet(investor_tier=Tier.ACCREDITED))),
    (Code.NOT_QUALIFIED, "Only qualified purchasers acquire; Ben is none.",
     lambda: Desk(RuleSet(investor_tier=Tier.QUALIFIED_PURCHASER)).sale()),
    (Code.NOT_INSTITUTIONAL, "Only institutional buyers acquire; Ben is none.",
     lambda: Desk(RuleSet(investor_tier=Tier.INSTITUTIONAL_BUYER)).sale()),
    (Code.NOT_SCREENED, "Ben's screening for sanctions ended yesterday.",
     lambda: Desk(RuleSet(screening=True)).claim(BEN, Claim.SCREENED, -1).sale()),
    (Code.FLOW_BACK, "Ben resides in Puerto Rico; the period of Regulation S runs.",
     lambda: _country(RuleSet(flow_back_until=LATER_S), "PR")),
    (Code.NOT_APPROVED, "Ben stands for a fund whose holders might have to be counted.", _watched),
    (Code.MAX_BALANCE, "Nobody holds more than 5.00.",
     lambda: Desk(RuleSet(max_balance=500)).sale()),
    (Code.HOLDER_LIMIT, "Two investors hold the class, and no more may.",
     lambda: Desk(RuleSet(investors_max=2)).sale()),
    (Code.RETAIL_LIMIT, "Two who are not accredited hold the class, and no more may.",
     lambda: Desk(RuleSet(retail_max=2)).sale()),
    (Code.RETAIL_LIMIT_STALE, "Dan counted as accredited, and his claim has expired.", _stale),
    (Code.LOT_SIZE, "Units are sold in lots of 3.00.",
     lambda: Desk(RuleSet(lot_size=300)).sale()),
    (Code.REST_BELOW_MINIMUM, "A holding has at least 20.00; Ann sells 90.00.",
     lambda: Desk(RuleSet(minimum_holding=2_000)).sale(9_000)),
    (Code.BELOW_MINIMUM, "A holding has at least 20.00; Ben buys 10.00.",
     lambda: Desk(RuleSet(minimum_holding=2_000)).sale()),
    (Code.MAX_SHARE, "Nobody buys more than half a percent of all there is.",
     lambda: Desk(RuleSet(max_share_bps=50)).sale()),
    (Code.COUNTRY_LIMIT, "Two residents of Germany hold the class, and no more may.", _of_country),
    (Code.SUPPLY_CAP, "1,000.00 exist, which is all that is authorised; more is issued.",
     lambda: Desk(RuleSet(supply_cap=100_000)).issue()),
    (Code.MODULE_REFUSED, "A module that somebody else wrote is bound, and says no.",
     lambda: Desk().sale(answers=Answers(module_refuses=True))),
    (Code.INSUFFICIENT_BALANCE, "Ann sells more than she has.", lambda: Desk().sale(10_100)),
    (Code.ISSUER_HOLDER_LIMIT, "Two investors hold some class of the issuer, and no more may.",
     lambda: _issuer(2, None)),
    (Code.ISSUER_RETAIL_LIMIT, "Two of them are not accredited, and no more may.",
     lambda: _issuer(None, 2)),
    (Code.ISSUER_LIMIT_STALE, "A class joined the limits, and its holders are not all enrolled.",
     lambda: _issuer(5, None, enrolling=True)),
    (Code.PURCHASER_LIMIT, "35 who are not accredited bought in 90 days; Ben would be the 36th.",
     _purchasers),
    (OfferingCode.OFFEREE_LIMIT, "149 persons in Germany were addressed; another would be.",
     _offerees),
    (OfferingCode.RAISE_LIMIT, "$74,990,000 were raised under Regulation A; $50,000 come.",
     _raised),
    (OfferingCode.INVESTMENT_LIMIT, "Income $80,000, net worth $50,000; $10,000 come.", _invested),
)  # fmt: skip


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(_section(*example) for example in EXAMPLES)])


def _section(code: Code | OfferingCode, situation: str, judge: Callable[[], Verdict]) -> str:
    lines = [Text.from_markup(line).plain for line in verdict_lines(judge(), 2)]
    return "\n".join([f"## {code.label}", "", situation, "", "```text", *lines, "```", ""])


if __name__ == "__main__":
    PAGE.write_text(page())
