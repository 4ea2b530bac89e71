"""The waterfall: proceeds through seniority, preferences, participation and conversion, exactly.

Every class takes what is best for its holders: its preference, with or without participating, or
what its shares are worth as common. All of it follows from one number, the value x of a share of
common: a class of n such shares with preference P and cap C takes

    common                       n * x
    option with strike k         n * max(x - k, 0)          (net exercise)
    preferred, no participation  max(P, n * x)
    full participation           P + n * x
    capped participation         max(min(P + n * x, C), n * x)

and a claim that converts into nothing takes P. The sum rises with x, so that there is one x at
which it is the proceeds. Where these do not cover the preferences, x is 0 and preferences are paid
by seniority, within a rank in proportion. Sources: A. Metrick and A. Yasuda, Venture Capital and
the Finance of Innovation, 2nd ed., ch. 9 and 16; B. Feld and J. Mendelson, Venture Deals, 3rd ed.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from tallystick.core.errors import Invalid

NONE, FULL, CAPPED = "none", "full", "capped"
PARTICIPATION = (NONE, FULL, CAPPED)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a class may take; money in the smallest unit of its cash.

    `shares` are those of common that it has or converts into, `preference` what it may take first,
    all of the class together; `cap` is the most that it takes participating, its preference
    included. A higher `seniority` is paid earlier. `strike` is for options, per share. Debt has no
    shares; what is not `convertible` keeps to its preference, or to its cap.
    """

    name: str
    shares: Fraction = Fraction(0)
    convertible: bool = True
    preference: Fraction = Fraction(0)
    participation: str = NONE
    cap: Fraction = Fraction(0)
    seniority: int = 0
    strike: Fraction = Fraction(0)

    def takes(self, x: Fraction) -> Fraction:
        """What it takes when a share of common is worth so much."""
        if self.strike:
            return self.shares * max(x - self.strike, Fraction(0))
        if self.participation == FULL:
            return self.preference + self.shares * x
        converted = self.shares * x if self.convertible else Fraction(0)
        if self.participation == CAPPED:
            return max(min(self.preference + self.shares * x, self.cap), converted)
        return max(self.preference, converted)

    def kinks(self) -> list[Fraction]:
        """Values of a share at which it goes over to something else."""
        if self.strike:
            return [self.strike]
        if not self.shares or not self.preference or self.participation == FULL:
            return []
        if self.participation == CAPPED:
            capped = [(self.cap - self.preference) / self.shares]
            return [*capped, self.cap / self.shares] if self.convertible else capped
        return [self.preference / self.shares] if self.convertible else []

    def converts(self, x: Fraction) -> bool:
        """Whether it is better off as common."""
        if self.strike or not self.preference or not self.convertible:
            return False
        unconverted = msgspec.structs.replace(self, convertible=False).takes(x)
        return self.shares * x > unconverted


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What a class gets: exactly, in whole units, and whether it converted."""

    name: str
    exact: Fraction
    amount: int
    converted: bool


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody gets, and the value of a share of common."""

    proceeds: int
    per_share: Fraction
    shares: tuple[Share, ...]


class Breakpoint(msgspec.Struct, frozen=True, kw_only=True):
    """From these proceeds on, each further unit goes to the classes in these parts."""

    proceeds: Fraction
    parts: dict[str, Fraction]


def check(claims: Sequence[Claim]) -> None:
    """Raise `Invalid` for claims that cannot be."""
    for claim in claims:
        where = f"claims.{claim.name}"
        amounts = (claim.shares, claim.preference, claim.cap, claim.strike)
        if any(amount < 0 for amount in amounts) or claim.participation not in PARTICIPATION:
            raise Invalid("claim-malformed", "An amount is negative, or a kind unknown",
                          where=where, cure="Check what the terms say of the class.")  # fmt: skip
        if claim.participation == CAPPED and claim.cap < claim.preference:
            raise Invalid("cap-below-preference", "A cap includes the preference", where=where,
                          cure="State the most that the class takes in all.")  # fmt: skip
        if claim.participation != NONE and not claim.shares:
            raise Invalid("participation-without-shares", "Only who has shares participates",
                          where=where, cure="State into how many it converts.")  # fmt: skip
    if not any(claim.shares and not claim.strike for claim in claims):
        raise Invalid("nobody-is-left", "Nobody takes what is left of the proceeds",
                      where="claims", cure="Add the common stock.")  # fmt: skip


def divide(proceeds: int, claims: Sequence[Claim]) -> Outcome:
    """What each class gets of the proceeds; the whole units add up to them."""
    check(claims)
    x = per_share(Fraction(proceeds), claims)
    preferences = sum((claim.takes(Fraction(0)) for claim in claims), Fraction(0))
    if proceeds <= preferences:
        exact = _by_seniority(Fraction(proceeds), claims)
    else:
        exact = [claim.takes(x) for claim in claims]
    amounts: list[int] = []
    running = Fraction(0)
    for each in exact:
        before = int(running)
        running += each
        amounts.append(int(running) - before)
    return Outcome(proceeds=proceeds, per_share=x, shares=tuple(
        Share(name=claim.name, exact=each, amount=amount, converted=claim.converts(x))
        for claim, each, amount in zip(claims, exact, amounts, strict=True)
    ))  # fmt: skip


def _by_seniority(proceeds: Fraction, claims: Sequence[Claim]) -> list[Fraction]:
    """Preferences that the proceeds do not cover: by rank, within one in proportion."""
    left = proceeds
    paid = [Fraction(0)] * len(claims)
    for rank in sorted({claim.seniority for claim in claims}, reverse=True):
        members = [at for at, claim in enumerate(claims) if claim.seniority == rank]
        wanted = sum((claims[at].takes(Fraction(0)) for at in members), Fraction(0))
        part = min(left, wanted)
        for at in members:
            if wanted:
                paid[at] = part * claims[at].takes(Fraction(0)) / wanted
        left -= part
    return paid


def _total(claims: Sequence[Claim], x: Fraction) -> Fraction:
    return sum((claim.takes(x) for claim in claims), Fraction(0))


def _kinks(claims: Sequence[Claim]) -> list[Fraction]:
    return sorted({kink for claim in claims for kink in claim.kinks()} | {Fraction(0)})


def per_share(proceeds: Fraction, claims: Sequence[Claim]) -> Fraction:
    """The value of a share of common at which the classes take the proceeds; 0 if none is left."""
    kinks = _kinks(claims)
    if proceeds <= _total(claims, Fraction(0)):
        return Fraction(0)
    low = max(kink for kink in kinks if _total(claims, kink) <= proceeds)
    # Above a kink everything is straight up to the next one.
    above = [kink for kink in kinks if kink > low]
    step = (above[0] - low) if above else Fraction(1)
    slope = (_total(claims, low + step) - _total(claims, low)) / step
    return low + (proceeds - _total(claims, low)) / slope


def breakpoints(claims: Sequence[Claim]) -> list[Breakpoint]:
    """Proceeds at which they begin to go to others, in order, with the parts of each class."""
    check(claims)
    found = _of_preferences(claims)
    kinks = _kinks(claims)
    for at, kink in enumerate(kinks):
        step = kinks[at + 1] - kink if at + 1 < len(kinks) else Fraction(1)
        more = [claim.takes(kink + step) - claim.takes(kink) for claim in claims]
        whole = sum(more, Fraction(0))
        parts = {claim.name: each / whole
                 for claim, each in zip(claims, more, strict=True) if each}  # fmt: skip
        found.append(Breakpoint(proceeds=_total(claims, kink), parts=parts))
    return found


def _of_preferences(claims: Sequence[Claim]) -> list[Breakpoint]:
    found: list[Breakpoint] = []
    covered = Fraction(0)
    for rank in sorted({claim.seniority for claim in claims}, reverse=True):
        members = [claim for claim in claims
                   if claim.seniority == rank and claim.takes(Fraction(0))]  # fmt: skip
        wanted = sum((claim.takes(Fraction(0)) for claim in members), Fraction(0))
        if wanted:
            parts = {claim.name: claim.takes(Fraction(0)) / wanted for claim in members}
            found.append(Breakpoint(proceeds=covered, parts=parts))
        covered += wanted
    return found
