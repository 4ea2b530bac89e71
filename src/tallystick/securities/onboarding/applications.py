"""Applications of investors: read, and what has to be shown before one is admitted."""

from __future__ import annotations

import msgspec

from tallystick.core.countries import country_index
from tallystick.core.errors import InvalidFile
from tallystick.core.fields import Fields, parse_document
from tallystick.core.times import parse_day
from tallystick.core.wallets import Wallet, parse_wallet
from tallystick.securities.claims import Claim
from tallystick.securities.onboarding.registrations import ROLES, Kind, Party, Registration, Role

# Statuses that somebody may seek.
SOUGHT = (Claim.ACCREDITED, Claim.QUALIFIED_PURCHASER, Claim.INSTITUTIONAL_BUYER)

# Flags that a registration of each kind may have.
FLAGS: dict[Kind, tuple[str, ...]] = {
    Kind.PERSON: (),
    Kind.ENTITY: (
        "formed_to_invest",
        "formed_by_us_person",
        "owned_by_accredited_entities",
        "us_branch",
    ),
    Kind.JOINT: ("spouses",),
    Kind.NOMINEE: ("discretion",),
    Kind.TRUST: ("formed_to_invest", "discretion_abroad"),
    Kind.ESTATE: ("discretion_abroad",),
    Kind.MINOR: (),
}

# Those who count where a trust or company was formed to invest.
OWNING = frozenset({Role.BENEFICIARY, Role.BENEFICIAL_OWNER})
NAME_MAX = 200
# What stands for the issuer where an investor may be named.
ISSUER = "issuer"

IDENTITY, SCREENING = "identity", "screening"

# Documents that a registration of a kind needs besides identity: item, and what it is.
DOCUMENTS: dict[Kind, dict[str, str]] = {
    Kind.PERSON: {},
    Kind.ENTITY: {"register-extract": "extract of the register of companies, and who acts for it"},
    Kind.JOINT: {"joint-agreement": "agreement of all owners on joint ownership"},
    Kind.NOMINEE: {"nominee-declaration": "for whom the nominee holds"},
    Kind.TRUST: {"trust-deed": "the trust deed, and who its trustees are"},
    Kind.ESTATE: {"letters": "letters testamentary or of administration"},
    Kind.MINOR: {"custodianship": "birth certificate, and appointment of the custodian"},
}


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be shown before admission; with a claim, it is stated when it is shown."""

    name: str
    what: str
    claim: Claim | None = None


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who wants to be admitted, under a reference of the issuer's.

    A `fund` is an investment company, or exempt from being one by section 3(c)(1) or 3(c)(7).
    """

    reference: str
    registration: Registration
    email: str = ""
    wallet: Wallet | None = None
    seeks: tuple[Claim, ...] = ()
    fund: bool = False


def checklist(kind: Kind, seeks: tuple[Claim, ...]) -> tuple[Item, ...]:
    """What has to be shown, in order."""
    everybody = "of everybody who is named" if ROLES[kind] else "of the investor"
    identity = Item(name=IDENTITY, what=f"proof of identity and address {everybody}",
                    claim=Claim.VERIFIED)  # fmt: skip
    screening = Item(name=SCREENING, what="compared with a list of sanctions, matches reviewed",
                     claim=Claim.SCREENED)  # fmt: skip
    documents = [Item(name=name, what=what) for name, what in DOCUMENTS[kind].items()]
    statuses = [
        Item(name=label(claim), what=f"evidence of being {label(claim)}", claim=claim)
        for claim in seeks
    ]
    return (identity, screening, *documents, *statuses)


def label(claim: Claim) -> str:
    """A claim as an item is called."""
    return claim.name.lower().replace("_", "-")


def read_application(text: str, *, path: str = "application.toml") -> Application:
    """Read an application; raises `InvalidFile` with every defect and its place."""
    root = parse_document(text, path=path, code="application-invalid")
    defects = root.defects
    reference, email = _name(root, "reference"), root.text("email", "")
    if not is_reference(reference):
        root.defect("reference-unusable", "reference", "It would be taken for something else",
                    cure="Give one that does not begin with 0x and is not `issuer`.")  # fmt: skip
    wallet = root.parsed("wallet", parse_wallet, None)
    fund = root.flag("fund", default=False)
    names = {label(claim): claim for claim in SOUGHT}
    seeks: list[Claim] = []
    for each in root.texts("seeks") or []:
        if each in names:
            seeks.append(names[each])
        else:
            root.defect("field-choice", "seeks", f"{each!r} is none of {', '.join(names)}",
                        cure=f"Write one of {', '.join(names)}.")  # fmt: skip
    fields = root.table("registration")
    registration = _registration(fields)
    root.finish()
    if defects or registration is None:
        raise InvalidFile("application-invalid", path, defects)
    return Application(
        reference=reference, registration=registration, email=email, wallet=wallet,
        seeks=tuple(dict.fromkeys(seeks)), fund=fund,
    )  # fmt: skip


def _registration(fields: Fields) -> Registration | None:
    word = fields.choice("kind", tuple(Kind))
    name, country = _name(fields, "name"), fields.text("country")
    fields.parsed("country", country_index, 0)
    if word not in tuple(Kind):
        return None
    kind = Kind(word)
    of_age = fields.parsed("of_age", parse_day, 0) if kind is Kind.MINOR else 0
    if kind is Kind.MINOR and not fields.has("of_age"):
        fields.defect("field-missing", "of_age", "A minor comes of age on some day",
                      cure="Add `of_age` with that date.")  # fmt: skip
    flags = {flag: fields.flag(flag, default=False) for flag in FLAGS[kind]}
    parties = tuple(party for each in fields.tables("parties")
                    if (party := _party(each, kind)) is not None)  # fmt: skip
    if len(set(parties)) < len(parties):
        fields.defect("party-duplicate", "parties", "Somebody is named twice in one role",
                      cure="Name him once; tell namesakes apart by a date of birth.")  # fmt: skip
    for role, (least, most) in ROLES[kind].items():
        least = max(least, flags.get("formed_to_invest", False) and role in OWNING)  # noqa: PLW2901 - its owners count
        found = sum(party.role is role for party in parties)
        if not least <= found <= most:
            wanted = f"{least}" if least == most else f"at least {least}"
            fields.defect("parties-count", "parties", f"{kind} names {found} as {role}",
                          cure=f"Name {wanted}, at most {most}.")  # fmt: skip
    fields.finish()
    return Registration(
        kind=kind, name=name, country=country, parties=parties, of_age_day=of_age, **flags
    )


def is_name(text: str) -> bool:
    """Whether a name can be shown on a line: no control characters, and not without end."""
    return text.isprintable() and len(text) <= NAME_MAX


def is_reference(text: str) -> bool:
    """Whether a reference is taken for nothing else: for a wallet, or for the issuer."""
    return not text.startswith("0x") and text != ISSUER


def _name(fields: Fields, name: str) -> str:
    """A name as it can be shown on a line: no control characters, and not without end."""
    text = fields.text(name)
    if not is_name(text):
        fields.defect("name-unprintable", name, "It is no name that fits on a line",
                      cure=f"Write at most {NAME_MAX} characters, none for control.")  # fmt: skip
    return text


def _party(fields: Fields, kind: Kind) -> Party | None:
    roles = tuple(ROLES[kind])
    if not roles:
        fields.defect("party-needless", "name", f"A registration of kind {kind} names nobody else",
                      cure="Take the party out, or write another kind.")  # fmt: skip
        return None
    role = fields.choice("role", roles, roles[0])
    name, country = _name(fields, "name"), fields.text("country")
    fields.parsed("country", country_index, 0)
    fields.finish()
    return Party(name=name, role=Role(role), country=country) if role in roles else None
