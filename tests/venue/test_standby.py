"""A venue that stands by: it reads along, and goes on when the one that serves is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tallystick.app.venue.opening import ORDERS
from tallystick.app.venue.sequencer import Sequencer, restored
from tallystick.app.venue.standby import Standby
from tallystick.app.workspace import Workspace
from tallystick.cli import serving as serving_commands
from tallystick.client import KeySigner, Trader, VenueClient
from tallystick.core.errors import Conflict, Unavailable
from tallystick.gateways.chain.embedded.remote import Claim
from tallystick.gateways.chain.keys import Keystore
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.engine import Venue
from tallystick.markets.venue.snapshot import state_hash
from tests.markets.venue.test_histories import Random
from tests.support.counter import SYMBOL, key_of, market_of_four
from tests.support.desk import Desk, copy_of
from tests.venue.test_sequencer import rules_of


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return market_of_four(tmp_path_factory.mktemp("standby") / "data")


class Served:
    """`serve` in a process of its own."""

    def __init__(self, desk: Desk, role: str) -> None:
        command = [sys.executable, "-m", "tallystick", "serve", "--role", role, "--json", "--dir",
                   str(desk.folder)]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def said(self) -> dict[str, Any]:
        """What it says next."""
        assert self.process.stdout is not None
        decoder, text = json.JSONDecoder(), ""
        for line in self.process.stdout:
            text += line
            try:
                return dict(decoder.raw_decode(text)[0])
            except json.JSONDecodeError:
                continue
        raise AssertionError(f"it ended with {self.process.wait()}: {text}")

    def end(self, how: signal.Signals) -> int:
        """Send a signal; its exit code."""
        os.kill(self.process.pid, how)
        self.process.communicate(timeout=30)
        return self.process.returncode


@contextmanager
def serving(desk: Desk, role: str) -> Iterator[Served]:
    made = Served(desk, role)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


def trader(url: str, number: int) -> Trader:
    found = Trader(VenueClient(url), KeySigner(key_of(number)))
    found.log_in()
    return found


def test_the_standby_goes_on_with_all_that_was_acknowledged(opened: Desk, tmp_path: Path) -> None:
    desk = copy_of(opened, tmp_path)
    with ExitStack() as stack:
        first = stack.enter_context(serving(desk, "venue"))
        url = first.said()["url"]
        second = stack.enter_context(serving(desk, "standby"))
        assert second.said()["standing_by"]
        ann = trader(url, 0)
        placed = [ann.sell(SYMBOL, "1", f"{price}")["order"] for price in range(11, 31)]
        trader(url, 2).buy(SYMBOL, "2", "12")
        first.end(signal.SIGKILL)
        told = second.said()
        assert told["pid"] == second.process.pid
        again = trader(told["url"], 0)
        left = [each["order"] for each in again.venue.orders(open=True)]
        assert sorted(left) == placed[2:]
        assert {each["status"] for each in again.venue.fills()} <= {"matched", "settled"}
        assert again.sell(SYMBOL, "1", "40")["order"] == placed[-1] + 2
        assert second.end(signal.SIGTERM) == 0
    desk.must("order", "list")
    found = desk.answer("order", "fills")
    assert [(each["quantity"], each["status"]) for each in found] == [("1", "settled")] * 2


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_standby_goes_on_when_the_other_one_is_ended_as_planned(
    opened: Desk, tmp_path: Path, how: signal.Signals
) -> None:
    """The chain that the other one hosts ends with it, and is there again when it is needed."""
    desk = copy_of(opened, tmp_path)
    with ExitStack() as stack:
        first = stack.enter_context(serving(desk, "venue"))
        number = trader(first.said()["url"], 0).sell(SYMBOL, "1", "11")["order"]
        second = stack.enter_context(serving(desk, "standby"))
        assert second.said()["standing_by"]
        assert first.end(how) == 0
        url = second.said()["url"]
        assert [each["order"] for each in trader(url, 0).venue.orders(open=True)] == [number]
        assert trader(url, 2).buy(SYMBOL, "1", "11")["status"] == "filled"
        assert second.end(signal.SIGTERM) == 0


def test_the_right_to_serve_is_given_up_after_the_chain(
    opened: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stood by found the chain of the one that ended, which answered no more."""
    desk = copy_of(opened, tmp_path)
    order: list[str] = []
    close, release = Workspace.close, Claim.release

    def closing(workspace: Workspace) -> None:
        order.append("workspace")
        close(workspace)

    def releasing(claim: Claim) -> None:
        order.append(claim._path.name)
        release(claim)

    def not_well() -> None:
        raise Unavailable("venue-ended", "It has ended", cure="none")

    @contextmanager
    def served(*_: Any) -> Iterator[Any]:
        premises = SimpleNamespace(venue="0x00")
        yield SimpleNamespace(premises=premises, require_well=not_well), "http://127.0.0.1:1"
        order.append("venue")

    monkeypatch.setattr(Workspace, "close", closing)
    monkeypatch.setattr(Claim, "release", releasing)
    monkeypatch.setattr(serving_commands, "served", served)
    monkeypatch.setattr(serving_commands, "CHECK_S", 0.01)
    assert desk.failing("serve", "--json") == "venue-ended"
    assert order == ["workspace", "chain.lock", "venue.lock"]


def test_who_takes_over_waits_for_a_command_that_has_the_directory(
    opened: Desk, tmp_path: Path
) -> None:
    ended, tried = threading.Event(), list[int]()

    def opening() -> Workspace:
        tried.append(1)
        if len(tried) < 3:
            raise Conflict("data-directory-in-use", "somebody has it", cure="wait")
        return Workspace(opened.folder)

    with serving_commands._opened_patiently(opening, ended) as workspace:
        assert len(tried) == 3
        assert workspace.folder == opened.folder
    ended.set()
    tried.clear()
    with pytest.raises(Conflict):
        serving_commands._opened_patiently(opening, ended)


def test_a_passphrase_is_asked_for_while_somebody_is_there(
    opened: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = copy_of(opened, tmp_path)
    unlocked: list[str] = []
    signer = Keystore.signer

    def noting(keystore: Keystore, role: str) -> Any:
        unlocked.append(role)
        return signer(keystore, role)

    monkeypatch.setattr(Keystore, "signer", noting)
    serving_commands._standing_by(lambda: Workspace(desk.folder), json=True).close()
    assert unlocked == ["venue"]


def test_a_standby_serves_at_once_where_nobody_does_and_ends_when_it_is_told(
    opened: Desk, tmp_path: Path
) -> None:
    desk = copy_of(opened, tmp_path)
    with serving(desk, "standby") as alone:
        assert alone.said()["standing_by"]
        assert VenueClient(alone.said()["url"]).markets()[0]["symbol"] == SYMBOL
        with serving(desk, "standby") as other:
            assert other.said()["standing_by"]
            assert other.end(signal.SIGTERM) == 0
        assert alone.end(signal.SIGINT) == 0


@pytest.mark.parametrize("seed", range(3))
def test_what_stands_by_is_what_a_restart_would_give(tmp_path: Path, seed: int) -> None:
    history = Random(seed)
    for _ in range(120):
        history.step()
    pit, path = history.pit, tmp_path / ORDERS
    journal = OrderJournal(open_sqlite(path))
    journal.begin_term()
    standby = Standby(path, rules_of(pit))
    writing = Venue(rules_of(pit)())
    for at, journaled in enumerate(pit.journal):
        journal.append([(journaled, writing.apply(journaled))])
        if at % 7 == seed:
            standby.follow()
            assert state_hash(standby.venue) == state_hash(writing)
    standby.follow()
    assert state_hash(standby.venue) == state_hash(restored(journal, rules_of(pit)))
    assert state_hash(standby.venue) == state_hash(pit.venue)
    standby.close()


def test_who_lives_on_after_the_standby_took_over_can_append_nothing(tmp_path: Path) -> None:
    """A process that was stopped for a while and wakes up does not know that it was replaced."""
    history = Random(1)
    rules, path = rules_of(history.pit), tmp_path / ORDERS
    old = Sequencer(OrderJournal(open_sqlite(path)), Venue(rules()), lambda: 1, lambda *_: None)
    old.journal.begin_term()
    old.sequence([said.Ticked()])
    standby = Standby(path, rules)
    journal = OrderJournal(open_sqlite(path))
    new = Sequencer(journal, standby.venue, lambda: 2, lambda *_: None)
    journal.begin_term()
    new.sequence([said.Ticked()])
    for _ in range(2):
        with pytest.raises((Conflict, Unavailable)) as refused:
            old.sequence([said.Ticked()])
        assert refused.value.code in {"venue-taken-over", "venue-ended"}
    standby.follow()
    assert standby.venue.state.place == journal.place == 2
    standby.close()


def test_a_standby_that_reads_what_was_not_written_so_ends(tmp_path: Path) -> None:
    history = Random(2)
    rules, path = rules_of(history.pit), tmp_path / ORDERS
    engine = open_sqlite(path)
    journal = OrderJournal(engine)
    journal.begin_term()
    standby = Standby(path, rules)
    journal.append([(said.Journaled(1, 1, said.Ticked()), [])])
    with engine.begin() as connection:
        connection.exec_driver_sql("update entries set hash = x'00'")
    with pytest.raises(Unavailable) as refused:
        standby.follow()
    assert refused.value.code == "order-journal-broken"
    standby.close()
