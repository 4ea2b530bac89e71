"""Statements and reports as PDF: what stands in them, and that the same gives the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tallystick.app import statements
from tallystick.app.workspace import Workspace
from tallystick.core.sheets import Section, Sheet
from tallystick.gateways.pdf_sheets import sheet_pdf
from tests.support.desk import Desk, copy_of, open_desk


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = open_desk(tmp_path_factory.mktemp("statements") / "data")
    desk.must("mint", "ACME", "H-2", "33.33")
    desk.must("cash", "issue", "EUR")
    desk.must("cash", "mint", "EUR", "agent", "1000")
    desk.must("distribution", "announce", "ACME", "400.01", "EUR", *desk.paper(),
              "--challenge-hours", "0")  # fmt: skip
    desk.must("distribution", "push", "1")
    return desk


@pytest.fixture
def desk(paid: Desk, tmp_path: Path) -> Desk:
    return copy_of(paid, tmp_path)


def test_a_holder_is_told_what_he_has_and_was_paid(desk: Desk) -> None:
    with Workspace(desk.folder) as workspace:
        home = workspace.wallet_of("H-2")
        sheet = statements.holder_statement(workspace, home, datetime.now(UTC).year)
        earlier = statements.holder_statement(workspace, home, 2020)
    holdings, payments = sheet.sections
    assert holdings.rows == (("Acme Shares", "ACME", "33.33", "25.00 %", "–"),)
    [(_, what, cash, gross, kept, net)] = payments.rows
    # His exact share is 99.995: its floor or its ceiling, by the order of the wallets.
    paid = desk.cash("EUR", "H-2")
    assert paid in {9_999, 10_000}
    assert (what, cash, kept) == ("ACME dividend", "EUR", "0.00")
    assert gross == net == f"{paid / 100:.2f}"
    assert earlier.sections[1].rows == ()
    to = desk.scratch / "statement.pdf"
    desk.must("statement", "H-2", "--to", str(to))
    assert to.read_bytes().startswith(b"%PDF")


def test_a_register_is_reported_with_its_total(desk: Desk) -> None:
    with Workspace(desk.folder) as workspace:
        sheet = statements.register_report(workspace, "ACME")
    [section] = sheet.sections
    assert [row[0] for row in section.rows] == ["Ada", "Bo"]
    assert section.total[2] == "133.33"
    assert "Root anchored last" in section.said[0]
    to = desk.scratch / "register.pdf"
    told = desk.answer("report", "ACME", "--to", str(to))
    assert told["bytes"] == to.stat().st_size > 1_500


def test_a_long_register_goes_over_many_pages_the_same_each_time() -> None:
    rows = tuple((f"Holder {at}", "DE", f"{at:,}", "0.10 %", "–") for at in range(600))
    sheet = Sheet(title="Register", lines=("one",), foot="foot", sections=(
        Section(heading="Holders", columns=("Holder", "Country", "Units", "Share", "Locked"),
                figures=2, rows=rows, total=("All", "", "179,700", "100.00 %", "")),))  # fmt: skip
    first = sheet_pdf(sheet)
    assert sheet_pdf(sheet) == first
    assert first.count(b"/Type /Page\n") >= 10


def test_letters_that_cannot_be_shown_are_told(desk: Desk) -> None:
    desk.must("holders", "import", desk.file("more.csv", "reference,name,country,verified\n"
                                             "H-3,王小明,DE,never\n"))  # fmt: skip
    error = desk.error("statement", "H-3", "--to", str(desk.scratch / "x.pdf"))
    assert error.code == "pdf-letters"
    assert desk.error("statement", "nobody", "--to", "x.pdf").code == "person-unknown"
