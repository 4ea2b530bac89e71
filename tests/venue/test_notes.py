"""Contract notes: what stands in one, of each side, settled, waiting and busted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.app.venue import notes
from tallystick.app.venue.house import RECORDS
from tallystick.app.venue.opening import ORDERS
from tallystick.app.venue.recording import Recorder
from tallystick.app.workspace import Workspace
from tallystick.core.errors import NotFound
from tallystick.core.sheets import Sheet
from tallystick.gateways.store.order_records import OrderRecords
from tallystick.gateways.store.order_tables import TRADE
from tests.support.counter import SYMBOL, Counter, market_of_four
from tests.support.desk import Desk


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk at which Ann waited and sold 20 of 30 units to Cyd at 10.50."""
    counter = Counter(market_of_four(tmp_path_factory.mktemp("notes") / "data"))
    counter.trader(0).sell(SYMBOL, "30", "10.50", client_id="mine")
    cyd = counter.trader(2)
    cyd.buy(SYMBOL, "20", "11")
    while cyd.venue.fills()[0]["status"] != "settled":
        pass
    counter.close()
    return counter.desk


def facts(sheet: Sheet) -> dict[str, str]:
    """Names and values of a note."""
    rows = [row for section in sheet.sections for row in (*section.rows, section.total) if row]
    return {row[0]: row[1] for row in rows}


def noted(desk: Desk, who: str, *, status: str = "settled", reason: str = "") -> Sheet:
    """The note of the first trade, which is said to be settled, or what else."""
    with Workspace(desk.folder) as workspace:
        recorder = Recorder(workspace.folder / ORDERS, workspace.folder / RECORDS)
        recorder.wait()
        home = workspace.book().registry.home(workspace.wallet_of(who))
        try:
            return notes.contract_note(workspace, _As(recorder.records, status, reason), 1, home)
        finally:
            recorder.close()


class _As(OrderRecords):
    """Records in which a trade has another end."""

    def __init__(self, records: OrderRecords, status: str, reason: str) -> None:
        super().__init__(records._engine)
        with self._engine.begin() as connection:
            connection.execute(TRADE.update().values(status=status, reason=reason))


def test_both_sides_are_told_the_trade_as_it_concerns_them(traded: Desk) -> None:
    buyer, seller = noted(traded, "P-2"), noted(traded, "P-0")
    assert (buyer.lines[0], seller.lines[0]) == ("Person 2", "Person 0")
    bought, sold = facts(buyer), facts(seller)
    for told in (bought, sold):
        assert (told["Quantity"], told["Price of one unit"], told["Value"]) != ("", "", "")
        assert (told["Name"], told["Symbol"], told["Market"]) == ("Acme Shares", "ACME", SYMBOL)
        assert (told["Price of one unit"], told["Value"]) == ("10.50 USD", "210.00 USD")
        assert told["Status"] == "settled"
        assert int(told["Block"]) > 0
        assert told["Issuer"].endswith(", DE")
        assert len(told["Transaction"]) == 66
        assert told["Traded"].endswith("Z")
    assert (bought["Fee"], bought["In all to pay"]) == ("0.21 USD", "210.21 USD")
    assert (sold["Fee"], sold["In all to receive"]) == ("0.10 USD", "209.90 USD")
    assert (bought["What it did"], sold["What it did"]) == (
        notes.ROLES["taker"], notes.ROLES["maker"])  # fmt: skip
    assert (bought["Limit"], sold["Limit"], sold["Your number of it"]) == (
        "11.00 USD",
        "10.50 USD",
        "mine",
    )
    assert [each.heading for each in buyer.sections][1] == "Purchase"
    assert [each.heading for each in seller.sections][1] == "Sale"
    # Nobody is told who the other one is.
    assert not any("Person 0" in text for text in buyer.texts)
    other = traded.answer("holders", "list")
    assert len(other) == 4


def test_a_note_says_what_became_of_it(traded: Desk) -> None:
    waiting = noted(traded, "P-2", status="matched")
    assert "not settled yet" in " ".join(waiting.texts)
    busted = noted(traded, "P-2", status="busted", reason="sender-frozen")
    assert "busted (sender-frozen): nothing was moved" in " ".join(busted.texts)
    assert facts(busted)["In all to pay"] == "0.00 USD"
    noted(traded, "P-2")


def test_it_is_written_as_a_pdf_and_for_nobody_else(traded: Desk, tmp_path: Path) -> None:
    target = tmp_path / "note.pdf"
    traded.must("order", "note", "1", "P-2", "--to", str(target))
    assert target.read_bytes().startswith(b"%PDF")
    assert traded.failing("order", "note", "1", "P-1", "--to", str(target)) == "trade-unknown"
    assert traded.failing("order", "note", "2", "P-2", "--to", str(target)) == "trade-unknown"
    [fill] = traded.answer("order", "fills", "--who", "P-2")
    assert (fill["side"], fill["quantity"], fill["status"]) == ("buy", "20", "settled")
    told = traded.answer("order", "positions", "P-2")
    assert told["positions"][0]["held"] == "20"
    assert "bought 20 for 210.21" in traded.must("order", "positions", "P-2").output
    with pytest.raises(NotFound):
        noted(traded, "P-3")
