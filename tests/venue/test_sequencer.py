"""The order journal and its one writer: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import random
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from tallystick.app.venue import sequencer as module
from tallystick.app.venue.sequencer import Sequencer, restored
from tallystick.core.errors import Conflict, Unavailable
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import Kept, OrderJournal
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.engine import Venue
from tallystick.markets.venue.events import Accepted, Event
from tallystick.markets.venue.snapshot import pack, state_hash
from tests.markets.venue.pit import House, Pit
from tests.markets.venue.test_histories import Random


def journal_at(folder: Path) -> OrderJournal:
    return OrderJournal(open_sqlite(folder / "venue.sqlite"))


def begun(folder: Path, pit: Pit) -> Sequencer:
    """A sequencer that goes on from a journal, with the clock of a pit."""
    journal = journal_at(folder)
    venue = restored(journal, lambda: House(pit.house.places, pit.house.barred, pit.house.most))
    return Sequencer(journal, venue, lambda: pit.now_ns, lambda *_: None)


def filled(folder: Path, steps: int = 60, seed: int = 4) -> tuple[Pit, OrderJournal]:
    """A journal of a random history."""
    history = Random(seed)
    for _ in range(steps):
        history.step()
    journal = journal_at(folder)
    journal.begin_term()
    other = Venue(House(history.pit.house.places, history.pit.house.barred,
                               history.pit.house.most))  # fmt: skip
    for journaled in history.pit.journal:
        journal.append([(journaled, other.apply(journaled))])
    return history.pit, journal


def rules_of(pit: Pit) -> Any:
    return lambda: House(pit.house.places, pit.house.barred, pit.house.most)


def test_a_restart_gives_the_same_state(tmp_path: Path) -> None:
    pit, _ = filled(tmp_path)
    venue = restored(journal_at(tmp_path), rules_of(pit))
    assert state_hash(venue) == state_hash(pit.venue)


def test_a_restart_begins_from_a_kept_state_that_is_whole(tmp_path: Path) -> None:
    pit, journal = filled(tmp_path, steps=40)
    house = House(pit.house.places, pit.house.barred, pit.house.most)
    venue = Venue(house)
    entries = [each for each, _ in journal.entries()]
    for journaled in entries[:20]:
        venue.apply(journaled)
    journal.keep(Kept(20, state_hash(venue), pack(venue)))
    for journaled in entries[20:30]:
        venue.apply(journaled)
    journal.keep(Kept(30, state_hash(venue), pack(venue)[:-9]))
    assert [each.place for each in journal.kept()] == [30, 20]
    assert module._begun(journal, rules_of(pit)).state.place == 20
    journal.keep(Kept(40, "00" * 32, pack(venue)))
    assert [each.place for each in journal.kept()] == [40, 30]
    assert module._begun(journal, rules_of(pit)).state.place == 0


@pytest.mark.parametrize(("damage", "place"), [
    ("update entries set body = x'5b5d' where last = 4", 4),
    ("delete from entries where last = 5", 5),
])  # fmt: skip
def test_an_entry_that_was_changed_or_is_missing_is_found(
    tmp_path: Path, damage: str, place: int
) -> None:
    pit, _ = filled(tmp_path, steps=20)
    with sqlite3.connect(tmp_path / "venue.sqlite") as connection:
        connection.execute(damage)
    with pytest.raises(Unavailable, match=rf"order-journal-broken.*Entry {place}"):
        restored(journal_at(tmp_path), rules_of(pit))


def test_a_journal_that_comes_to_something_else_is_not_gone_on_with(tmp_path: Path) -> None:
    pit, _ = filled(tmp_path, steps=30)
    strict = House(pit.house.places, most=10)
    with pytest.raises(Unavailable, match="order-journal-differs"):
        restored(journal_at(tmp_path), lambda: strict)


def test_one_writes_at_a_time(tmp_path: Path) -> None:
    pit = Pit()
    first = journal_at(tmp_path)
    first.begin_term()
    second = journal_at(tmp_path)
    second.begin_term()
    group: list[tuple[said.Journaled, list[Event]]] = [(said.Journaled(1, 1, said.Ticked()), [])]
    with pytest.raises(Conflict, match="venue-taken-over"):
        first.append(group)
    second.append(group)
    assert second.place == 1
    assert pit.block == 1


def test_many_ask_at_once_and_each_is_answered_for_his_own(tmp_path: Path) -> None:
    pit = Pit(people=20)
    sequencer = begun(tmp_path, pit)
    sequencer.start()
    for journaled in pit.journal:
        sequencer.ask(journaled.entry)
    placed = [pit.order(who, buys=bool(number % 2), client_id=f"{who}-{number}")
              for who in range(20) for number in range(25)]  # fmt: skip
    answers: dict[str, Any] = {}

    def ask(part: list[said.Placed]) -> None:
        for each in part:
            answers[each.client_id] = sequencer.ask(each)

    threads = [threading.Thread(target=ask, args=(placed[at::5],)) for at in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sequencer.stop()
    for each in placed:
        [accepted] = [event for event in answers[each.client_id] if isinstance(event, Accepted)]
        assert accepted.client_id == each.client_id
    journal = journal_at(tmp_path)
    venue = restored(journal, rules_of(pit))
    assert state_hash(venue) == state_hash(sequencer.venue)
    assert [each.place for each in journal.kept()] == [journal.place]


def test_what_fails_ends_the_writer_and_tells_who_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pit = Pit()
    sequencer = begun(tmp_path, pit)
    sequencer.start()
    sequencer.ask(pit.journal[0].entry)

    def full(_group: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sequencer.journal, "append", full)
    with pytest.raises(Unavailable, match=r"venue-ended.*No space left"):
        sequencer.ask(said.Ticked())
    with pytest.raises(Unavailable, match="venue-ended"):
        sequencer.ask(said.Ticked())
    sequencer.stop()
    assert journal_at(tmp_path).place == 1


def test_a_venue_that_was_read_before_another_one_wrote_does_not_go_on(tmp_path: Path) -> None:
    """It knew nothing of what the other acknowledged, and would have sold it again."""
    pit = Pit()
    late = begun(tmp_path, pit)
    other = begun(tmp_path, pit)
    other.journal.begin_term()
    other.sequence([said.Ticked()])
    late.journal.begin_term()
    with pytest.raises(Conflict, match="venue-behind"):
        late.sequence([said.Ticked()])


def test_after_a_failure_nothing_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was applied and not journaled would have been traded with."""
    sequencer = begun(tmp_path, Pit())
    sequencer.journal.begin_term()

    def full(_group: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(sequencer.journal, "append", full)
        with pytest.raises(OSError, match="No space"):
            sequencer.sequence([said.Ticked()])
    with pytest.raises(Unavailable, match="venue-ended"):
        sequencer.sequence([said.Ticked()])


def test_who_no_longer_waits_harms_nobody(tmp_path: Path) -> None:
    pit = Pit()
    sequencer = begun(tmp_path, pit)
    sequencer.submit(said.Ticked()).cancel()
    waiting = sequencer.submit(said.Ticked())
    sequencer.start()
    assert waiting.result(10) == [[]]
    sequencer.stop()
    assert sequencer.journal.place == 2


def test_time_never_goes_back(tmp_path: Path) -> None:
    pit = Pit()
    sequencer = begun(tmp_path, pit)
    sequencer.journal.begin_term()
    late = pit.now_ns
    sequencer.sequence([said.Ticked()])
    pit.now_ns = random.Random(1).randrange(late)
    sequencer.sequence([said.Ticked(), said.Ticked()])
    times = [each.at_ns for each, _ in sequencer.journal.entries()]
    assert times == [late] * 3


def test_nothing_comes_between_what_is_asked_together(tmp_path: Path) -> None:
    """An order between two blocks was judged by money of before the first."""
    pit = Pit()
    sequencer = begun(tmp_path, pit)
    sequencer.start()
    asked = [[said.CancelAsked(first + at, "x") for at in range(50)]
             for first in range(0, 10_000, 1_000)]  # fmt: skip
    threads = [threading.Thread(target=sequencer.ask_all, args=(each,)) for each in asked]
    for thread in threads:
        thread.start()
    for _ in range(100):
        sequencer.ask(said.Ticked())
    for thread in threads:
        thread.join()
    sequencer.stop()
    told = [each.entry for each, _ in sequencer.journal.entries()]
    starts = [at for at, entry in enumerate(told)
              if isinstance(entry, said.CancelAsked) and entry.number % 1_000 == 0]  # fmt: skip
    assert len(starts) == len(asked)
    assert all(told[at : at + 50] in asked for at in starts)
