"""What is asked, test by test: of stock and notes their own, of all else the prongs of Howey.

Each factor says what speaks for a security if it is so, and what against. Sources: Landreth Timber
Co. v. Landreth, 471 U.S. 681 (1985); United Housing Foundation v. Forman, 421 U.S. 837 (1975);
Reves v. Ernst & Young, 494 U.S. 56 (1990); SEC v. W.J. Howey Co., 328 U.S. 293 (1946); SEC staff,
Framework for "Investment Contract" Analysis of Digital Assets (2019). See also SEC release 33-11412
(2026).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

LANDRETH = "Landreth Timber Co. v. Landreth, 471 U.S. 681 (1985)"
FORMAN = "United Housing Foundation v. Forman, 421 U.S. 837 (1975)"
REVES = "Reves v. Ernst & Young, 494 U.S. 56 (1990)"
HOWEY = "SEC v. W.J. Howey Co., 328 U.S. 293 (1946)"
FRAMEWORK = 'SEC staff, Framework for "Investment Contract" Analysis of Digital Assets (2019)'


class Instrument(StrEnum):
    """What the thing is called and looks like, which decides what is asked first."""

    STOCK = "stock"
    NOTE = "note"
    OTHER = "other"


class Test(StrEnum):
    """A question that facts answer together."""

    __test__ = False  # no test of pytest's

    STOCK = "stock"
    FAMILY = "family-resemblance"
    MOTIVATION = "motivation"
    DISTRIBUTION = "distribution"
    EXPECTATIONS = "expectations"
    RISK = "risk"
    INVESTMENT = "investment-of-money"
    ENTERPRISE = "common-enterprise"
    PROFITS = "expectation-of-profits"
    EFFORTS = "efforts-of-others"


class Factor(msgspec.Struct, frozen=True):
    """One question: what is asked, and what follows if the answer is yes, or no.

    `favours` says that a yes speaks for a security; otherwise a no does.
    """

    key: str
    test: Test
    question: str
    yes: str
    no: str
    source: str
    favours: bool = True


TITLES = {
    Test.STOCK: "Does it have what stock usually has?",
    Test.FAMILY: "Does the note resemble one that is no security?",
    Test.MOTIVATION: "Why do seller and buyer enter into it?",
    Test.DISTRIBUTION: "How is it distributed?",
    Test.EXPECTATIONS: "What does the public expect?",
    Test.RISK: "Does something else reduce the risk?",
    Test.INVESTMENT: "Is money invested?",
    Test.ENTERPRISE: "In a common enterprise?",
    Test.PROFITS: "With a reasonable expectation of profits?",
    Test.EFFORTS: "From the efforts of others?",
}

TESTS = {
    Instrument.STOCK: (Test.STOCK,),
    Instrument.NOTE: (
        Test.FAMILY, Test.MOTIVATION, Test.DISTRIBUTION, Test.EXPECTATIONS, Test.RISK,
    ),
    Instrument.OTHER: (Test.INVESTMENT, Test.ENTERPRISE, Test.PROFITS, Test.EFFORTS),
}  # fmt: skip

FACTORS: tuple[Factor, ...] = (
    Factor("dividends", Test.STOCK, "Are dividends paid out of profits?",
           "A right to dividends that depend on profits is what stock gives.",
           "Without dividends out of profits it lacks a mark of stock.", FORMAN),
    Factor("negotiable", Test.STOCK, "Can it be transferred freely?",
           "It can pass from hand to hand, as stock does.",
           "It stays with whoever has it, as stock does not.", FORMAN),
    Factor("pledgeable", Test.STOCK, "Can it be pledged?",
           "It can serve as collateral.", "It cannot serve as collateral.", FORMAN),
    Factor("votes", Test.STOCK, "Do votes go by the number of units?",
           "Votes in proportion to what one holds are a mark of stock.",
           "Without such votes it lacks a mark of stock.", FORMAN),
    Factor("appreciates", Test.STOCK, "Can it rise in value?",
           "It can be worth more later.", "It cannot be worth more later.", FORMAN),
    Factor("exempt_family", Test.FAMILY, "Is it of a kind that courts have named as no security: "
           "consumer finance, a home mortgage, a short note secured on a small business or on "
           "receivables, a loan on character to a bank's customer, open account debt of ordinary "
           "business, a bank's loan for current operations?",
           "It resembles a note that is no security.",
           "It belongs to no family of notes that are none, so that it is presumed to be one.",
           REVES, favours=False),
    Factor("short_term", Test.FAMILY, "Does it fall due within nine months, for current needs?",
           "The statute leaves out such paper (15 U.S.C. 78c(a)(10)), narrowly read.",
           "Its term does not take it out.", REVES, favours=False),
    Factor("seller_raises_capital", Test.MOTIVATION, "Does the seller raise money for the business "
           "or for investments?", "Capital for the enterprise is what securities raise.",
           "The seller's purpose is another: a purchase, or a gap in cash.", REVES),
    Factor("buyer_seeks_profit", Test.MOTIVATION, "Does the buyer look to interest or profit?",
           "The buyer seeks a return.", "The buyer has another purpose.", REVES),
    Factor("offered_widely", Test.DISTRIBUTION, "Is it offered to a broad part of the public, or "
           "can it be traded?", "Common trading, or a broad offer, speaks for a security.",
           "It is negotiated with few.", REVES),
    Factor("called_investment", Test.EXPECTATIONS, "Is it described as an investment?",
           "The public is told that it invests.", "Nothing tells the public that it invests.",
           REVES),
    Factor("other_regime", Test.RISK, "Does another regime or collateral reduce the risk much: "
           "insurance of deposits, pension law, sound collateral?",
           "The protection of securities laws is needed less.",
           "Nothing but the securities laws protects the buyer.", REVES, favours=False),
    Factor("value_given", Test.INVESTMENT, "Do buyers give money, or anything else of value?",
           "Something of value is put in; it need not be cash.",
           "Nothing is given for it.", HOWEY),
    Factor("pooled", Test.ENTERPRISE, "Are buyers' funds pooled, or shared in one venture?",
           "Fortunes of buyers are tied to each other.",
           "Each buyer's outcome stands alone.", HOWEY),
    Factor("promoter_tied", Test.ENTERPRISE, "Do buyers' fortunes rise and fall with the "
           "promoter's?", "They share the promoter's fate.",
           "The promoter gains or loses apart from them.", FRAMEWORK),
    Factor("income_or_appreciation", Test.PROFITS, "May buyers expect income, or a rise in value?",
           "A return is what they may reasonably look for.",
           "Nothing is to be gained but use.", FRAMEWORK),
    Factor("sold_as_investment", Test.PROFITS, "Is it marketed for its return, or to those who do "
           "not need its use?", "It is offered to investors rather than users.",
           "It is offered to those who use it.", FRAMEWORK),
    Factor("market", Test.PROFITS, "Is there, or is there promised, a market on which to sell it?",
           "A market makes a rise in value worth hoping for.",
           "It cannot well be sold on.", FRAMEWORK),
    Factor("consumed", Test.PROFITS, "Is it bought in amounts, and at a price, for use or "
           "consumption?", "Use and not profit explains the purchase.",
           "Use does not explain the purchase.", FRAMEWORK, favours=False),
    Factor("promoter_essential", Test.EFFORTS, "Does success depend on what a promoter or others "
           "do to build, run or market the venture?",
           "Efforts that matter are those of others.",
           "Nobody's efforts but the buyers' own matter.", HOWEY),
    Factor("market_forces", Test.EFFORTS, "Does its price follow outside market forces alone?",
           "A price that follows the market at large is nobody's effort.",
           "Its price follows the venture.", FRAMEWORK, favours=False),
    Factor("network_finished", Test.EFFORTS, "Is what was sold finished and in use, with nothing "
           "essential left for others to do?",
           "Little depends on others any more.",
           "Essential work is still to be done by others.", FRAMEWORK, favours=False),
    Factor("holders_control", Test.EFFORTS, "Do holders themselves have, and use, real control?",
           "They are no passive investors.", "They are passive.", HOWEY, favours=False),
)  # fmt: skip
BY_KEY = {factor.key: factor for factor in FACTORS}
