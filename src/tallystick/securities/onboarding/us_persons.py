"""Who is a US person, and so in which country a holder is for the rules on chain.

Where a person lives decides, not what passport he has. Source: 17 CFR 230.902(k).
"""

from __future__ import annotations

from typing import Final

import msgspec

from tallystick.core.countries import UNITED_STATES
from tallystick.securities.onboarding.registrations import Kind, Registration, Role

SOURCE: Final = "17 CFR 230.902(k)"


class Finding(msgspec.Struct, frozen=True):
    """Whether somebody is a US person, why, and by which paragraph."""

    us_person: bool
    why: str
    source: str


def find(registration: Registration) -> Finding:
    """Whether a registration is of a US person."""
    at_home = registration.country in UNITED_STATES
    match registration.kind:
        case Kind.PERSON | Kind.MINOR:
            return _said(at_home, "lives in the United States", "(1)(i)")
        case Kind.JOINT:
            owners = registration.named(Role.OWNER)
            some = any(owner.in_united_states for owner in owners)
            return _said(some, "one of the owners lives in the United States", "(1)(i)")
        case Kind.ESTATE:
            return _of_representatives(registration, Role.EXECUTOR, "an executor", "(1)(iii)")
        case Kind.TRUST:
            return _of_representatives(registration, Role.TRUSTEE, "a trustee", "(1)(iv)")
        case Kind.NOMINEE:
            return _of_account(registration, at_home=at_home)
        case Kind.ENTITY:
            return _of_entity(registration, at_home=at_home)


def country_for_rules(registration: Registration) -> str:
    """The country that a holder's record states on chain: the United States for a US person.

    Somebody in the United States who is none is where those are for whom he acts.
    """
    if find(registration).us_person:
        return registration.country if registration.country in UNITED_STATES else "US"
    if registration.country not in UNITED_STATES:
        return registration.country
    abroad = (party.country for party in registration.parties if not party.in_united_states)
    return next(abroad, registration.country)


def _of_representatives(
    registration: Registration, role: Role, who: str, paragraph: str
) -> Finding:
    """A trust or an estate; one whose investments are decided of abroad may be exempt."""
    acting, for_whom = registration.named(role), registration.named(Role.BENEFICIARY)
    some = any(party.in_united_states for party in acting)
    if (
        some
        and registration.discretion_abroad
        and not all(party.in_united_states for party in acting)
    ):
        why = f"{who} is a US person and a professional, but one abroad decides of investments"
        if (
            role is Role.TRUSTEE
            and for_whom
            and not any(party.in_united_states for party in for_whom)
        ):
            return Finding(us_person=False, why=why, source=f"{SOURCE}(2)(iii)")
        if role is Role.EXECUTOR and registration.country not in UNITED_STATES:
            return Finding(us_person=False, why=why, source=f"{SOURCE}(2)(ii)")
    return _said(some, f"{who} is a US person", paragraph)


def _of_account(registration: Registration, *, at_home: bool) -> Finding:
    """An account held for others: whose discretion it is decides whose residence counts."""
    owners = registration.named(Role.BENEFICIAL_OWNER)
    some = any(owner.in_united_states for owner in owners)
    if not registration.discretion:
        return _said(some, "held for a US person, without discretion", "(1)(vi)")
    if at_home and not some:
        why = "held with discretion by a fiduciary of the United States, for nobody of there"
        return Finding(us_person=False, why=why, source=f"{SOURCE}(2)(i)")
    return _said(at_home, "held with discretion by a fiduciary in the United States", "(1)(vii)")


def _of_entity(registration: Registration, *, at_home: bool) -> Finding:
    if registration.us_branch:
        return _said(True, "an agency or branch in the United States", "(1)(v)")
    if at_home or not registration.formed_by_us_person:
        return _said(at_home, "organised in the United States", "(1)(ii)")
    return _said(
        not registration.owned_by_accredited_entities,
        "formed by a US person to invest in unregistered securities, and not owned by accredited "
        "investors who are entities",
        "(1)(viii)",
    )


def _said(is_so: object, why: str, paragraph: str) -> Finding:
    return Finding(
        us_person=bool(is_so),
        why=why if is_so else f"not {why}",
        source=SOURCE + paragraph,
    )
