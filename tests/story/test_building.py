"""A building is shared by forty people, pays its rents, and is sold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tallystick.app.servicing import meetings, offerings, subscribing
from tallystick.app.workspace import Workspace
from tests.support.desk import Desk

PEOPLE = 40
TERMS = """
[issuer]
name = "Haus Am Markt GmbH"
country = "DE"

[[security]]
symbol = "HAUS"
name = "Haus am Markt 4"
kind = "real-estate"
decimals = 0
authorised = "1000"

[security.rights]
dividend = true
votes_per_unit = 1
"""
DOSSIER = """
kind = "property"

[[entries]]
kind = "parcel"
number = "12/4"
registry = "Springfield"
established = "2026-01-10"
until = "never"

[[entries]]
kind = "valuation"
amount = "EUR 900,000"
by = "A. Valuer"
established = "{today}"

[[entries]]
kind = "rent"
premises = "ground floor"
amount = "EUR 2,000"
established = "{today}"
"""
OFFER = """
symbol = "HAUS"
cash = "EUR"
soft_cap = "800"
hard_cap = "1000"
minimum = "5"
maximum = "100"
opens = "{opens}"
closes = "{closes}"
withdraw_until = "{opens}"
pro_rata = true

[[prices]]
price = "900.00"
"""
NOTICE = """
title = "Sale of the house"
opens = "{opens}"
closes = "{closes}"
quorum_bps = 5000

[[classes]]
symbol = "HAUS"

[[items]]
text = "That the house be sold for 1,050,000."
majority = "3/4"
at_least = true
of = "all"
"""
SALE = """
cash = "EUR"
proceeds = "1,050,000.00"

[[debts]]
name = "Mortgage"
amount = "249,999.99"
"""


def at(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


PEOPLE_NAMED = [f"P-{number}" for number in range(1, PEOPLE + 1)]


def test_a_building_is_shared_by_forty_people_and_sold(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    today = datetime.now(UTC).date().isoformat()
    desk.must("dossier", "set", "HAUS", desk.file("dossier.toml", DOSSIER.format(today=today)))
    rows = [f"{who},Person {who[2:]},DE,never" for who in PEOPLE_NAMED]
    text = "\n".join(["reference,name,country,verified", *rows])
    desk.must("holders", "import", desk.file("holders.csv", text + "\n"))
    desk.must("cash", "issue", "EUR")
    desk.must("cash", "mint", "EUR", "agent", "2,000,000")
    held = shared(desk)
    receive_the_rents(desk, held)
    resolve_to_sell(desk)
    sell(desk)
    desk.must("audit")


def shared(desk: Desk) -> dict[str, int]:
    """Forty people subscribe for more shares than there are; their wires have come."""
    text = OFFER.format(opens=at(-1), closes=at(2))
    desk.must("offering", "open", desk.file("offering.toml", text))
    wanted = {who: 10 + number for number, who in enumerate(PEOPLE_NAMED)}
    with Workspace(desk.folder) as workspace:
        opened = offerings.offering(workspace, 1)
        for who, units in wanted.items():
            wallet = workspace.wallet_of(who)
            subscribing.subscribe_for(workspace, opened, wallet, units, key=f"wire/{who}")
    desk.must("chain", "advance", "0", "--seconds", "7500")
    assert desk.answer("offering", "close", "1")["status"] == "succeeded"
    assert desk.answer("offering", "settle", "1")["status"] == "settled"
    desk.must("offering", "check", "1")
    [table] = desk.answer("captable")
    held = {"P-" + line["holder"].removeprefix("Person "): int(line["units"])
            for line in table["lines"]}  # fmt: skip
    total = sum(wanted.values())
    assert (len(held), sum(held.values())) == (PEOPLE, 1_000)
    for who, units in wanted.items():
        assert held[who] in {1_000 * units // total, 1_000 * units // total + 1}
    return held


def receive_the_rents(desk: Desk, held: dict[str, int]) -> None:
    """The rents of a month, less what the house costs, to the cent."""
    before = desk.cash_of_all("EUR", PEOPLE_NAMED)
    desk.must("distribution", "announce", "HAUS", "1,733.33", "EUR", "--kind", "revenue-share",
              *desk.paper(), "--challenge-hours", "0")  # fmt: skip
    desk.must("distribution", "push", "1")
    after = desk.cash_of_all("EUR", PEOPLE_NAMED)
    assert sum(after.values()) - sum(before.values()) == 173_333
    for who, units in held.items():
        got = after[who] - before[who]
        assert got in {173_333 * units // 1_000, -(-173_333 * units // 1_000)}


def resolve_to_sell(desk: Desk) -> None:
    """Three quarters of all votes are needed."""
    text = NOTICE.format(opens=at(2.2), closes=at(6))
    desk.must("meeting", "call", desk.file("notice.toml", text))
    desk.must("chain", "advance", "0", "--seconds", "1800")
    with Workspace(desk.folder) as workspace:
        called = meetings.meeting(workspace, 1)
        for who in PEOPLE_NAMED[8:]:
            owner = workspace.wallet_of(who)
            ballot = meetings.ballot_for(workspace, called, owner, 0, 0, "for")
            meetings.cast(workspace, called, owner, ballot, key=f"vote/{who}")
    desk.must("chain", "advance", "1")
    [item] = desk.answer("meeting", "show", "1")["items"]
    assert item["passed"]


def sell(desk: Desk) -> None:
    """The price goes to everybody, and every share ends."""
    desk.must("liquidation", "announce", desk.file("sale.toml", SALE), *desk.paper("Deed"))
    desk.must("cash", "mint", "EUR", "agent", "1,050,000")
    [done] = desk.answer("liquidation", "carry-out", "1")
    before = desk.cash_of_all("EUR", PEOPLE_NAMED)
    for number in done["distributions"]:
        desk.must("distribution", "push", str(number))
    after = desk.cash_of_all("EUR", PEOPLE_NAMED)
    assert sum(after.values()) - sum(before.values()) == 80_000_001
    assert desk.answer("captable")[0]["supply"] == "0"
