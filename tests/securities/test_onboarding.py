"""Registrations, US persons, and what an application must show."""

from __future__ import annotations

import pytest

from tallystick.core.errors import InvalidFile
from tallystick.securities.claims import Claim
from tallystick.securities.onboarding import us_persons
from tallystick.securities.onboarding.applications import checklist, read_application
from tallystick.securities.onboarding.registrations import Kind, Party, Registration, Role, counted

HERE, ABROAD = "US", "DE"


def party(role: Role, country: str = ABROAD, name: str = "Ada") -> Party:
    return Party(name=name, role=role, country=country)


def registration(kind: Kind, country: str = ABROAD, *parties: Party, **flags: bool) -> Registration:
    return Registration(kind=kind, name="Acme", country=country, parties=parties, **flags)


OWNER, BENEFICIAL = Role.OWNER, Role.BENEFICIAL_OWNER
TRUSTEE, BENEFICIARY, EXECUTOR = Role.TRUSTEE, Role.BENEFICIARY, Role.EXECUTOR

# What each paragraph of 17 CFR 230.902(k) says of somebody: he is a US person, or he is none.
US_PERSONS = {
    "(1)(i) lives there": (registration(Kind.PERSON, HERE), True),
    "(1)(i) a citizen who lives abroad is none": (registration(Kind.PERSON), False),
    "(1)(i) a territory is part of it, 902(l)": (registration(Kind.PERSON, "PR"), True),
    "(1)(i) a minor there": (
        registration(Kind.MINOR, HERE, party(Role.CUSTODIAN)), True),
    "(1)(i) one joint owner there": (
        registration(Kind.JOINT, ABROAD, party(OWNER), party(OWNER, HERE)), True),
    "(1)(ii) organised there": (registration(Kind.ENTITY, HERE), True),
    "(1)(ii) organised abroad": (registration(Kind.ENTITY), False),
    "(1)(iii) an executor there": (
        registration(Kind.ESTATE, ABROAD, party(EXECUTOR, HERE)), True),
    "(2)(ii) whose co-executor abroad decides": (
        registration(Kind.ESTATE, ABROAD, party(EXECUTOR, HERE), party(EXECUTOR),
                     discretion_abroad=True), False),
    "(1)(iv) a trustee there": (
        registration(Kind.TRUST, ABROAD, party(TRUSTEE, HERE)), True),
    "(1)(iv) with nobody abroad to decide": (
        registration(Kind.TRUST, ABROAD, party(TRUSTEE, HERE), discretion_abroad=True), True),
    "(1)(iv) with no beneficiary stated": (
        registration(Kind.TRUST, ABROAD, party(TRUSTEE, HERE), party(TRUSTEE),
                     discretion_abroad=True), True),
    "(1)(iii) under the law of there, whoever decides": (
        registration(Kind.ESTATE, HERE, party(EXECUTOR, HERE), party(EXECUTOR),
                     discretion_abroad=True), True),
    "(1)(v) a branch there of an entity abroad": (
        registration(Kind.ENTITY, us_branch=True), True),
    "(2)(iii) a trustee abroad decides, no beneficiary there": (
        registration(Kind.TRUST, HERE, party(TRUSTEE, HERE), party(TRUSTEE), party(BENEFICIARY),
                     discretion_abroad=True), False),
    "(1)(iv) with a beneficiary there, whoever decides": (
        registration(Kind.TRUST, HERE, party(TRUSTEE, HERE), party(TRUSTEE),
                     party(BENEFICIARY, HERE), discretion_abroad=True), True),
    "(1)(vi) held without discretion for one": (
        registration(Kind.NOMINEE, ABROAD, party(BENEFICIAL, HERE)), True),
    "(1)(vi) held without discretion for others": (
        registration(Kind.NOMINEE, HERE, party(BENEFICIAL)), False),
    "(1)(vii) a fiduciary there decides, for one": (
        registration(Kind.NOMINEE, HERE, party(BENEFICIAL, HERE), discretion=True), True),
    "(1)(vii) a fiduciary abroad decides": (
        registration(Kind.NOMINEE, ABROAD, party(BENEFICIAL, HERE), discretion=True), False),
    "(2)(i) a fiduciary there decides, for nobody of there": (
        registration(Kind.NOMINEE, HERE, party(BENEFICIAL), discretion=True), False),
    "(1)(viii) formed abroad by one, to invest": (
        registration(Kind.ENTITY, formed_by_us_person=True), True),
    "(1)(viii) but owned by accredited entities": (
        registration(Kind.ENTITY, formed_by_us_person=True, owned_by_accredited_entities=True),
        False),
}  # fmt: skip


@pytest.mark.parametrize("name", US_PERSONS)
def test_who_is_a_us_person(name: str) -> None:
    of, expected = US_PERSONS[name]
    found = us_persons.find(of)
    assert found.us_person is expected
    assert name.split(" ", maxsplit=1)[0] in found.source
    in_states = us_persons.country_for_rules(of) in {"US", "PR"}
    assert in_states is expected


COUNTED = {
    "one person": (registration(Kind.PERSON), 1),
    "spouses once": (registration(Kind.JOINT, ABROAD, party(OWNER), party(OWNER), spouses=True), 1),
    "other joint owners each": (
        registration(Kind.JOINT, ABROAD, party(OWNER), party(OWNER), party(OWNER)), 3),
    "a nominee as those he holds for": (
        registration(Kind.NOMINEE, ABROAD, party(BENEFICIAL), party(BENEFICIAL)), 2),
    "a trust once": (registration(Kind.TRUST, ABROAD, party(TRUSTEE), party(BENEFICIARY)), 1),
    "a trust formed to invest as its beneficiaries": (
        registration(Kind.TRUST, ABROAD, party(TRUSTEE), party(BENEFICIARY), party(BENEFICIARY),
                     formed_to_invest=True), 2),
    "an entity formed to invest as its owners": (
        registration(Kind.ENTITY, ABROAD, party(BENEFICIAL), party(BENEFICIAL),
                     formed_to_invest=True), 2),
    "a minor once": (registration(Kind.MINOR, ABROAD, party(Role.CUSTODIAN)), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_as_how_many_owners_somebody_counts(name: str) -> None:
    of, expected = COUNTED[name]
    assert counted(of).owners == expected


TITLES = {
    "Acme": registration(Kind.PERSON),
    "Ada and Bo, jointly": registration(
        Kind.JOINT, ABROAD, party(OWNER), party(OWNER, name="Bo")),
    "Ada, custodian for Acme": registration(Kind.MINOR, ABROAD, party(Role.CUSTODIAN)),
    "Ada and Bo, trustee of Acme": registration(
        Kind.TRUST, ABROAD, party(TRUSTEE), party(TRUSTEE, name="Bo")),
    "Ada, executor of Acme": registration(Kind.ESTATE, ABROAD, party(EXECUTOR)),
    "Acme, nominee": registration(Kind.NOMINEE, ABROAD, party(BENEFICIAL)),
}  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
def test_the_register_names_who_stands_for_whom(title: str) -> None:
    assert TITLES[title].title == title


def test_what_is_to_be_shown_depends_on_the_registration_and_on_what_is_sought() -> None:
    items = checklist(Kind.TRUST, (Claim.ACCREDITED,))
    assert [item.name for item in items] == ["identity", "screening", "trust-deed", "accredited"]
    assert [item.claim for item in items] == [
        Claim.VERIFIED, Claim.SCREENED, None, Claim.ACCREDITED,
    ]  # fmt: skip


TRUST = """
reference = "H-9"
seeks = ["accredited"]

[registration]
kind = "trust"
name = "Byron Trust"
country = "GB"

[[registration.parties]]
role = "trustee"
name = "Ada Byron"
country = "GB"
"""


def test_an_application_is_read() -> None:
    found = read_application(TRUST)
    assert found.registration.title == "Ada Byron, trustee of Byron Trust"
    assert found.seeks == (Claim.ACCREDITED,)


DEFECTS = {
    "no kind": ('kind = "trust"', 'kind = "club"', "field-choice"),
    "no country": ('country = "GB"', 'country = "XX"', "country-unknown"),
    "nobody who acts": ('role = "trustee"', 'role = "beneficiary"', "parties-count"),
    "a strange role": ('role = "trustee"', 'role = "owner"', "field-choice"),
    "a strange status": ('"accredited"', '"rich"', "field-choice"),
    "a field of another kind": ('name = "Byron Trust"', 'name = "T"\nspouses = true',
                                "field-unknown"),
    "parties of a person": ('kind = "trust"', 'kind = "person"', "party-needless"),
    "a minor without a day": ('kind = "trust"', 'kind = "minor"', "field-missing"),
    "formed to invest, by nobody": ('name = "Byron Trust"',
                                    'name = "T"\nformed_to_invest = true', "parties-count"),
    "a name that is none": ('name = "Byron Trust"', 'name = "a\\u001b[31m"', "name-unprintable"),
    "a reference that is a wallet": ('"H-9"', '"0xabc"', "reference-unusable"),
    "no TOML": ('reference = "H-9"', "reference", "toml-malformed"),
}  # fmt: skip


def test_nobody_is_named_twice_in_a_role() -> None:
    twice = TRUST + TRUST[TRUST.index("[[registration.parties]]") :]
    with pytest.raises(InvalidFile) as caught:
        read_application(twice)
    assert {defect.code for defect in caught.value.defects} == {"party-duplicate"}


def test_a_minor_whose_day_is_no_text_has_one_defect() -> None:
    text = TRUST.replace('"trust"', '"minor"').replace('"trustee"', '"custodian"')
    with pytest.raises(InvalidFile) as caught:
        read_application(text.replace('"GB"\n\n[[', '"GB"\nof_age = 2026-12-10\n\n[['))
    assert [defect.code for defect in caught.value.defects] == ["field-type"]


@pytest.mark.parametrize("name", DEFECTS)
def test_every_defect_of_an_application_is_named(name: str) -> None:
    before, after, code = DEFECTS[name]
    with pytest.raises(InvalidFile) as caught:
        read_application(TRUST.replace(before, after))
    assert code in {defect.code for defect in caught.value.defects}
