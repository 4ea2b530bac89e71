"""The memo of an assessment: what was stated, arguments both ways, what is open, what follows."""

from __future__ import annotations

import msgspec

from tallystick.securities.assessment.assess import Assessment, Fact, Finding, Weight
from tallystick.securities.assessment.factors import (
    FORMAN,
    FRAMEWORK,
    HOWEY,
    LANDRETH,
    REVES,
    TITLES,
    Instrument,
)

NOT_ADVICE = (
    "This memo orders facts and arguments. It is no legal advice, and no court or regulator is "
    "bound by it. Have counsel look at it before anything is offered."
)
SOURCES = (LANDRETH, FORMAN, REVES, HOWEY, FRAMEWORK, "See also SEC release 33-11412 (2026)")


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a memo: a heading of some depth, paragraphs, and points below them."""

    heading: str
    depth: int = 2
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


class Memo(msgspec.Struct, frozen=True, kw_only=True):
    """A document as blocks, to be written in any form."""

    title: str
    blocks: tuple[Block, ...]


def memo(found: Assessment) -> Memo:
    """The memo of an assessment."""
    return Memo(
        title=f"{found.name}: a security?",
        blocks=(
            Block(heading="What this is", paragraphs=(NOT_ADVICE,)),
            Block(
                heading="What was stated",
                paragraphs=(
                    found.description,
                    f"Assessed by {found.assessor} on {found.date}, as {_what(found.instrument)}.",
                ),
            ),
            _conclusion(found),
            *(block for finding in found.findings for block in _blocks(finding)),
            _regimes(found),
            Block(heading="Sources", points=SOURCES),
        ),
    )


def _what(instrument: Instrument) -> str:
    return {
        Instrument.STOCK: "something called stock, asked by Landreth first",
        Instrument.NOTE: "a note, asked by Reves first",
        Instrument.OTHER: "neither stock nor note, asked by Howey",
    }[instrument]


def _conclusion(found: Assessment) -> Block:
    says = {
        True: "On the facts given, it would more likely than not be treated as a security.",
        False: "On the facts given, the better arguments are that it is not a security.",
        None: "The facts given leave it open.",
    }[found.likely]
    missing = sum(len(finding.open) for finding in found.findings)
    caveat = (
        f"{missing} questions are not answered, and an answer may change this."
        if missing
        else "A change of facts may change this: look at it again when they do."
    )
    points = tuple(f"{TITLES[each.test]} {_sentence(each.weight)}" for each in found.findings)
    return Block(heading="What it comes to", paragraphs=(says, caveat), points=points)


def _blocks(finding: Finding) -> list[Block]:
    found = [Block(heading=TITLES[finding.test], paragraphs=(_sentence(finding.weight),))]
    for heading, facts in (
        ("For a security", finding.arguments_for),
        ("Against", finding.arguments_against),
    ):
        if facts:
            points = tuple(_point(fact) for fact in facts)
            found.append(Block(heading=heading, depth=3, points=points))
    if finding.open:
        points = tuple(f"{factor.question} ({factor.source})" for factor in finding.open)
        found.append(Block(heading="Not known", depth=3, points=points))
    return found


def _sentence(weight: Weight) -> str:
    return f"{weight[0].upper()}{weight[1:]}."


def _point(fact: Fact) -> str:
    evidence = f" Evidence: {', '.join(fact.evidence)}." if fact.evidence else " No evidence named."
    stated = fact.fact if fact.fact.endswith(".") else f"{fact.fact}."
    return f"{fact.argument} Stated: {stated}{evidence} ({fact.factor.source})"


def _regimes(found: Assessment) -> Block:
    if found.likely is False:
        text = "None is suggested: the arguments against are the better ones. Other law may apply."
        return Block(heading="Regimes that may fit", paragraphs=(text,))
    if not found.regimes:
        text = "How it will be offered was not stated, or fits none of the presets: registration."
        return Block(heading="Regimes that may fit", paragraphs=(text,))
    points = tuple(f"`{name}`: {why}" for name, why in found.regimes)
    return Block(heading="Regimes that may fit", points=points)


def as_markdown(document: Memo) -> str:
    """A document in Markdown."""
    lines = [f"# {document.title}", ""]
    for block in document.blocks:
        lines += [f"{'#' * block.depth} {block.heading}", ""]
        for paragraph in block.paragraphs:
            lines += [paragraph, ""]
        if block.points:
            lines += [*(f"- {point}" for point in block.points), ""]
    return "\n".join(lines)
