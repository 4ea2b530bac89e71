"""Registrations: in whose name units stand, who is behind it, and as how many owners it counts.

To add a kind: a line in `ROLES`, one in `DOCUMENTS` of `applications`, and its arms below.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tallystick.core.countries import UNITED_STATES


class Kind(StrEnum):
    """How a holder is registered."""

    PERSON = "person"
    ENTITY = "entity"
    JOINT = "joint"
    NOMINEE = "nominee"
    TRUST = "trust"
    ESTATE = "estate"
    MINOR = "minor"


class Role(StrEnum):
    """What somebody is to a registration."""

    OWNER = "owner"
    BENEFICIAL_OWNER = "beneficial-owner"
    TRUSTEE = "trustee"
    BENEFICIARY = "beneficiary"
    EXECUTOR = "executor"
    CUSTODIAN = "custodian"


# Who may be named in a registration of each kind, and how many there must be at least and at most.
PARTIES_MAX = 100
ROLES: dict[Kind, dict[Role, tuple[int, int]]] = {
    Kind.PERSON: {},
    Kind.ENTITY: {Role.BENEFICIAL_OWNER: (0, PARTIES_MAX)},
    Kind.JOINT: {Role.OWNER: (2, PARTIES_MAX)},
    Kind.NOMINEE: {Role.BENEFICIAL_OWNER: (1, PARTIES_MAX)},
    Kind.TRUST: {Role.TRUSTEE: (1, PARTIES_MAX), Role.BENEFICIARY: (0, PARTIES_MAX)},
    Kind.ESTATE: {Role.EXECUTOR: (1, PARTIES_MAX), Role.BENEFICIARY: (0, PARTIES_MAX)},
    Kind.MINOR: {Role.CUSTODIAN: (1, 1)},
}


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody named in a registration: resident, or organised, in a country."""

    name: str
    role: Role
    country: str

    @property
    def in_united_states(self) -> bool:
        """Whether he is resident or organised in the United States (17 CFR 230.902(l))."""
        return self.country in UNITED_STATES


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """In whose name units stand.

    `country` is where a person lives, or what was set up was organised. `spouses` says that joint
    owners are married to each other; `formed_to_invest` that an entity or trust was formed to
    acquire the issuer's securities; `formed_by_us_person` that an entity abroad was formed by a US
    person mainly to invest in unregistered securities, `owned_by_accredited_entities` that it is
    owned by accredited investors who are no natural persons, estates or trusts. `discretion` says
    that a nominee decides himself what he buys and sells; `discretion_abroad` that whoever acts for
    a trust or an estate in the United States is a professional fiduciary, and one who is no US
    person decides of its investments, alone or with others, as 17 CFR 230.902(k)(2)(ii) and (iii)
    ask (of a trust that can be revoked, name the settlor as beneficiary). `us_branch` says that an
    agency or branch of an entity abroad buys that lies there. A minor is `of_age_day` on a UTC day.
    """

    kind: Kind
    name: str
    country: str
    parties: tuple[Party, ...] = ()
    spouses: bool = False
    formed_to_invest: bool = False
    formed_by_us_person: bool = False
    owned_by_accredited_entities: bool = False
    us_branch: bool = False
    discretion: bool = False
    discretion_abroad: bool = False
    of_age_day: int = 0

    def named(self, role: Role) -> tuple[Party, ...]:
        """Those who are named in a role."""
        return tuple(party for party in self.parties if party.role is role)

    @property
    def title(self) -> str:
        """What the register shows."""
        match self.kind:
            case Kind.JOINT:
                return " and ".join(party.name for party in self.named(Role.OWNER)) + ", jointly"
            case Kind.MINOR:
                [custodian] = self.named(Role.CUSTODIAN)
                return f"{custodian.name}, custodian for {self.name}"
            case Kind.TRUST:
                return f"{self._listed(Role.TRUSTEE)}, trustee of {self.name}"
            case Kind.ESTATE:
                return f"{self._listed(Role.EXECUTOR)}, executor of {self.name}"
            case Kind.NOMINEE:
                return f"{self.name}, nominee"
            case Kind.PERSON | Kind.ENTITY:
                return self.name

    def _listed(self, role: Role) -> str:
        return " and ".join(party.name for party in self.named(role))


class Counted(msgspec.Struct, frozen=True):
    """As how many owners somebody counts, why, and by which provision."""

    owners: int
    why: str
    source: str


def counted(registration: Registration) -> Counted:
    """As how many beneficial owners a registration counts under section 3(c)(1).

    A holder of 10 % of the votes who is an investment company is looked through besides: see
    `lookthrough`.
    """
    section = "Investment Company Act 3(c)(1)"
    match registration.kind:
        case Kind.JOINT if not registration.spouses:
            owners = len(registration.named(Role.OWNER))
            return Counted(owners, "joint owners who are not spouses count each", section)
        case Kind.JOINT:
            return Counted(1, "spouses who own jointly count once", section)
        case Kind.NOMINEE:
            owners = len(registration.named(Role.BENEFICIAL_OWNER))
            return Counted(owners, "a nominee counts as those for whom he holds", section)
        case Kind.TRUST | Kind.ENTITY if registration.formed_to_invest:
            role = Role.BENEFICIARY if registration.kind is Kind.TRUST else Role.BENEFICIAL_OWNER
            owners = len(registration.named(role))
            return Counted(owners, "formed to invest in this issuer: its owners count", section)
        case _:
            return Counted(1, "one holder", section)
