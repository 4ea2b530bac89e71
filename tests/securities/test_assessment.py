"""Assessments: each test by facts of the case that gave it its name, and facts that are missing."""

from __future__ import annotations

import pytest

from tallystick.core.errors import Invalid, InvalidFile
from tallystick.gateways.pdf import as_pdf
from tallystick.gateways.presets import presets
from tallystick.securities.assessment.assess import Assessment, Weight, read_assessment, template
from tallystick.securities.assessment.factors import FACTORS, Instrument, Test
from tallystick.securities.assessment.memo import NOT_ADVICE, as_markdown, memo


def facts(instrument: str, answers: dict[str, str], offer: str = "") -> str:
    head = (
        f'name = "Grove units"\ndescription = "Rows of trees."\nassessor = "A. Clerk"\n'
        f'date = "2026-11-22"\ninstrument = "{instrument}"\n[offer]\n{offer}\n'
    )
    return head + "".join(
        f'[[facts]]\nfactor = "{key}"\nanswer = "{answer}"\nfact = "As filed"\n'
        'evidence = ["contract.pdf"]\n'
        for key, answer in answers.items()
    )


HOWEY_FACTS = {
    "value_given": "yes", "pooled": "yes", "promoter_tied": "yes", "income_or_appreciation": "yes",
    "sold_as_investment": "yes", "market": "yes", "consumed": "no", "promoter_essential": "yes",
    "market_forces": "no", "network_finished": "no", "holders_control": "no",
}  # fmt: skip
STOCK_FACTS = dict.fromkeys(
    ("dividends", "negotiable", "pledgeable", "votes", "appreciates"), "yes"
)


def weights(found: Assessment) -> dict[Test, Weight]:
    return {finding.test: finding.weight for finding in found.findings}


def test_citrus_groves_with_a_service_contract() -> None:
    """SEC v. Howey: rows of trees, tended and sold by the promoter, bought for profit."""
    found = read_assessment(facts("other", HOWEY_FACTS, "us_persons = true\nabroad = true"))
    assert set(weights(found).values()) == {Weight.FOR}
    assert found.likely is True
    assert [name for name, _ in found.regimes] == [
        "reg-d-506b", "reg-s", "eu-prospectus-150", "swiss-500", "rule-144",
    ]  # fmt: skip
    assert {name for name, _ in found.regimes} <= set(presets())


def test_shares_of_a_housing_cooperative() -> None:
    """Forman: stock in name, bought for a flat; nothing of stock and no profit in it."""
    answers = {**dict.fromkeys(STOCK_FACTS, "no"), **HOWEY_FACTS, "income_or_appreciation": "no",
               "sold_as_investment": "no", "market": "no", "consumed": "yes"}  # fmt: skip
    found = read_assessment(facts("stock", answers))
    assert weights(found)[Test.STOCK] is Weight.AGAINST
    assert weights(found)[Test.PROFITS] is Weight.AGAINST
    assert found.likely is False
    assert found.regimes == ()


def test_all_the_stock_of_a_lumber_company() -> None:
    """Landreth: what has the marks of stock is stock, and Howey is not asked."""
    found = read_assessment(facts("stock", STOCK_FACTS))
    assert found.likely is True
    assert list(weights(found)) == [Test.STOCK]


def test_notes_of_a_farmers_cooperative() -> None:
    """Reves: demand notes sold to the public for the business, called an investment, uninsured."""
    answers = {
        "exempt_family": "no", "short_term": "no", "seller_raises_capital": "yes",
        "buyer_seeks_profit": "yes", "offered_widely": "yes", "called_investment": "yes",
        "other_regime": "no",
    }  # fmt: skip
    assert read_assessment(facts("note", answers)).likely is True
    mortgage = {**answers, "exempt_family": "yes", "short_term": "yes"}
    found = read_assessment(facts("note", mortgage))
    assert weights(found)[Test.FAMILY] is Weight.AGAINST
    assert found.likely is None, "Howey has not been answered"


def test_facts_that_are_missing_or_speak_both_ways_leave_it_open() -> None:
    contested = {**HOWEY_FACTS, "holders_control": "yes"}
    found = read_assessment(facts("other", contested))
    assert weights(found)[Test.EFFORTS] is Weight.CONTESTED
    assert found.likely is None
    empty = read_assessment(facts("other", {"value_given": "unclear"}))
    assert set(weights(empty).values()) == {Weight.OPEN}
    assert empty.likely is None


@pytest.mark.parametrize("answer", ["yes", "no", None])
def test_a_memo_argues_and_says_that_it_is_no_advice(answer: str | None) -> None:
    answers = {} if answer is None else dict.fromkeys(HOWEY_FACTS, answer)
    document = memo(read_assessment(facts("other", answers)))
    text = as_markdown(document)
    assert NOT_ADVICE in text
    for factor in (each for each in FACTORS if each.test is Test.PROFITS):
        said = {"yes": factor.yes, "no": factor.no, None: factor.question}[answer]
        assert said in text
    assert ("contract.pdf" in text) == (answer is not None)
    assert as_pdf(document).startswith(b"%PDF")
    assert as_pdf(document) == as_pdf(document)


def test_letters_that_a_pdf_lacks_are_named() -> None:
    text = facts("other", {}).replace("Grove units", "Роща")
    with pytest.raises(Invalid, match="Latin letters"):
        as_pdf(memo(read_assessment(text)))


def test_the_template_asks_everything_and_answers_nothing() -> None:
    filled = template().replace('= ""', '= "x"')
    found = read_assessment(filled)
    assert found.instrument is Instrument.OTHER
    assert set(weights(found).values()) == {Weight.OPEN}
    for factor in FACTORS:
        assert factor.question in template()


@pytest.mark.parametrize(("text", "code"), [
    (facts("other", {"value_given": "perhaps"}), "field-choice"),
    (facts("other", {"astrology": "yes"}), "field-choice"),
    (facts("other", {"value_given": "yes"}).replace('fact = "As filed"\n', ""), "fact-missing"),
    (facts("other", {"value_given": "yes"}) + '[[facts]]\nfactor = "value_given"\nanswer = "no"\n'
     'fact = "x"\n', "fact-duplicate"),
    ("name = ", "toml-malformed"),
])  # fmt: skip
def test_defects_are_named(text: str, code: str) -> None:
    with pytest.raises(InvalidFile) as raised:
        read_assessment(text)
    assert code in {defect.code for defect in raised.value.defects}
