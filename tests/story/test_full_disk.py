"""A disk that takes no more: every act says so, nothing is half done, and it can be done later."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tallystick.app import acts, admission
from tallystick.app.workspace import TOKEN, Workspace
from tallystick.core.errors import Refused, Unavailable
from tallystick.core.wallets import Wallet
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claims
from tests.support.desk import Desk, copy_of
from tests.support.disk import Full

PLENTY = 10**9


def mint_fifty(workspace: Workspace, home: Wallet) -> None:
    token = workspace.security("ACME").token
    for number in range(50):
        acts.agent_act(workspace, token, "mint", (home, 1), key=f"k{number}")


@pytest.mark.parametrize("room", [0, 4_000, 9_000, 30_000])
def test_an_act_without_room_is_told_and_can_be_done_later(
    full: Desk, tmp_path: Path, room: int
) -> None:
    desk = copy_of(full, tmp_path)
    disk = Full(PLENTY)
    with Workspace(desk.folder, connect=disk.connect) as workspace:
        security = workspace.security("ACME")
        home = workspace.vault.home_of("H-2")
        disk.room = room
        with pytest.raises((Unavailable, Refused), match="disk-full"):
            mint_fifty(workspace, home)
        disk.room = PLENTY
    with Workspace(desk.folder) as workspace:
        mint_fifty(workspace, home)
        assert workspace.view(TOKEN, security.token, "balanceOf", home) == 50


def test_an_import_without_room_writes_nothing_down(full: Desk, tmp_path: Path) -> None:
    desk = copy_of(full, tmp_path)
    disk = Full(PLENTY)
    people = [
        admission.Newcomer(row=f"N-{at}", person=Person(name=f"N {at}", kind="person"),
                           country="DE", claims=Claims())
        for at in range(40)
    ]  # fmt: skip
    with Workspace(desk.folder, connect=disk.connect) as workspace:
        before = workspace.vault.homes()
        disk.room = 5_000
        with pytest.raises(Unavailable, match="disk-full"):
            admission.admit(workspace, people, key="many")
        disk.room = PLENTY
        assert workspace.vault.homes() == before
        assert len(admission.admit(workspace, people, key="many").homes) == 40


@pytest.mark.parametrize("command", ["backup", "init"])
def test_a_file_that_does_not_fit_is_told_and_leaves_no_part(
    full: Desk, tmp_path: Path, command: str
) -> None:
    desk = copy_of(full, tmp_path)
    target = tmp_path / "target"
    folder = {"backup": desk.folder, "init": target}[command]
    arguments = {"backup": ["backup", str(target)], "init": ["init"]}[command]
    bytes_max = {"backup": 3_000, "init": 100}[command]
    result = subprocess.run(
        [sys.executable, "-m", "tallystick", *arguments, "--json", "--dir", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, bytes_max)),
    )
    assert result.returncode == Unavailable.exit_code, result.stderr
    assert json.loads(result.stdout)["error"]["code"] in {"disk-full", "disk-failed"}
    assert not list(tmp_path.rglob("*.partial"))
    if command == "backup":
        assert not target.exists()
