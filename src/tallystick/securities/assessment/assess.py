"""Reads the facts of an assessment and weighs them, test by test."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tallystick.core.errors import InvalidFile
from tallystick.core.fields import Fields, parse_document
from tallystick.securities.assessment.factors import (
    BY_KEY,
    FACTORS,
    TESTS,
    Factor,
    Instrument,
    Test,
)

ANSWERS = ("yes", "no", "unclear")
REGIME_FLAGS = ("us_persons", "abroad", "general_solicitation", "accredited_only", "small_public")


class Weight(StrEnum):
    """How the facts of one test lie."""

    FOR = "the facts given speak for a security"
    AGAINST = "the facts given speak against a security"
    CONTESTED = "facts speak both ways"
    OPEN = "not enough is known"


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one factor: what is the case, and what shows it."""

    factor: Factor
    answer: str
    fact: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def favours(self) -> bool | None:
        """Whether it speaks for a security; None if it is unclear."""
        if self.answer == "unclear":
            return None
        return (self.answer == "yes") is self.factor.favours

    @property
    def argument(self) -> str:
        """What follows from it."""
        return self.factor.yes if self.answer == "yes" else self.factor.no


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One test: arguments both ways, what is not known, and how it lies."""

    test: Test
    arguments_for: tuple[Fact, ...]
    arguments_against: tuple[Fact, ...]
    open: tuple[Factor, ...]
    weight: Weight


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What was stated of a thing, and what each test comes to.

    `likely` is None where the facts leave it open. `regimes` are presets that may fit, with the
    reason. A stock that lacks what stock has, and a note that is none, are asked by Howey too.
    """

    name: str
    description: str
    assessor: str
    date: str
    instrument: Instrument
    findings: tuple[Finding, ...]
    likely: bool | None
    regimes: tuple[tuple[str, str], ...]


def read_assessment(text: str, *, path: str = "assessment.toml") -> Assessment:
    """Weigh the facts in a file; raises `InvalidFile` with every defect and its place."""
    root = parse_document(text, path=path, code="assessment-invalid")
    defects = root.defects
    name, description = root.text("name"), root.text("description")
    assessor, date = root.text("assessor"), root.text("date")
    instrument = root.choice("instrument", tuple(Instrument))
    facts = [fact for entry in root.tables("facts") if (fact := _fact(entry)) is not None]
    offer = root.table("offer")
    flags = {flag for flag in REGIME_FLAGS if offer.flag(flag, default=False)}
    offer.finish()
    root.finish()
    seen = [fact.factor.key for fact in facts]
    for key in {key for key in seen if seen.count(key) > 1}:
        root.defect("fact-duplicate", "facts", f"{key} is answered twice",
                    cure="Leave one of the two answers out.")  # fmt: skip
    if defects:
        raise InvalidFile("assessment-invalid", path, defects)
    kind = Instrument(instrument)
    findings, likely = _weigh(kind, {fact.factor.key: fact for fact in facts})
    return Assessment(
        name=name,
        description=description,
        assessor=assessor,
        date=date,
        instrument=kind,
        findings=findings,
        likely=likely,
        regimes=_regimes(flags) if likely is not False else (),
    )


def _fact(entry: Fields) -> Fact | None:
    key = entry.choice("factor", tuple(BY_KEY))
    answer = entry.choice("answer", ANSWERS)
    fact = entry.text("fact", "")
    evidence = tuple(entry.texts("evidence") or ())
    if answer != "unclear" and not fact:
        entry.defect("fact-missing", "fact", "An answer needs the fact behind it",
                     cure="State what is the case, and name the evidence for it.")  # fmt: skip
    entry.finish()
    if key not in BY_KEY or answer not in ANSWERS:
        return None
    return Fact(factor=BY_KEY[key], answer=answer, fact=fact, evidence=evidence)


def _weigh(kind: Instrument, facts: dict[str, Fact]) -> tuple[tuple[Finding, ...], bool | None]:
    """Findings of the tests that apply, and what they come to together."""
    own = tuple(_finding(test, facts) for test in TESTS[kind])
    verdict = _together(kind, own)
    if kind is Instrument.OTHER or verdict is True:
        return own, verdict
    howey = tuple(_finding(test, facts) for test in TESTS[Instrument.OTHER])
    second = _together(Instrument.OTHER, howey)
    return (*own, *howey), second if verdict is False or second is True else None


def _finding(test: Test, facts: dict[str, Fact]) -> Finding:
    factors = [factor for factor in FACTORS if factor.test is test]
    given = [facts[factor.key] for factor in factors if factor.key in facts]
    pro = tuple(fact for fact in given if fact.favours is True)
    contra = tuple(fact for fact in given if fact.favours is False)
    answered = {fact.factor.key for fact in (*pro, *contra)}
    missing = tuple(factor for factor in factors if factor.key not in answered)
    if pro and contra:
        weight = Weight.CONTESTED
    elif len(missing) * 2 > len(factors) or not (pro or contra):
        weight = Weight.OPEN
    else:
        weight = Weight.FOR if pro else Weight.AGAINST
    return Finding(
        test=test, arguments_for=pro, arguments_against=contra, open=missing, weight=weight
    )


def _together(kind: Instrument, findings: tuple[Finding, ...]) -> bool | None:
    """What tests come to: every prong of Howey is needed; of a note most must speak one way."""
    weights = [finding.weight for finding in findings]
    if kind is Instrument.NOTE:
        pro = weights.count(Weight.FOR)
        contra = weights.count(Weight.AGAINST)
        if findings[0].weight is Weight.AGAINST:
            return False
        most = len(weights) // 2
        return True if pro > most else False if contra > most else None
    if Weight.AGAINST in weights:
        return False
    return True if all(weight is Weight.FOR for weight in weights) else None


def _regimes(flags: set[str]) -> tuple[tuple[str, str], ...]:
    """Presets that may fit how it will be offered, and why."""
    found: list[tuple[str, str]] = []
    if "us_persons" in flags and "accredited_only" in flags:
        found.append(("reg-d-506c", "accredited investors alone, whom one may solicit"))
    if "us_persons" in flags and "general_solicitation" not in flags:
        found.append(("reg-d-506b", "no general solicitation; at most 35 who are not accredited"))
    if "us_persons" in flags and "small_public" in flags:
        found.append(("reg-cf", "a small offer to the public through an intermediary"))
        found.append(("reg-a-tier-2", "a qualified offer to the public"))
    if "abroad" in flags:
        found.append(("reg-s", "offers and sales outside the United States"))
        found.append(("eu-prospectus-150", "few persons in each Member State"))
        found.append(("swiss-500", "few investors in Switzerland"))
    if found and "us_persons" in flags:
        found.append(("rule-144", "resale of what is restricted"))
    return tuple(found)


def template() -> str:
    """A file with every question, to be filled in; nothing is answered yet."""
    lines = [
        'name = ""', 'description = ""', 'assessor = ""', 'date = ""',
        f"# One of: {', '.join(Instrument)}. Stock and notes are asked by their own tests first.",
        'instrument = "other"', "", "[offer]", *(f"{flag} = false" for flag in REGIME_FLAGS),
    ]  # fmt: skip
    for factor in FACTORS:
        lines += [
            "", f"# {factor.question} ({factor.source})", "[[facts]]",
            f'factor = "{factor.key}"', 'answer = "unclear"', 'fact = ""', "evidence = []",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"
