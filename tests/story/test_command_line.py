"""The command itself: how it is misused, interrupted, and what it answers programs."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tallystick.cli import main
from tallystick.cli.main import app
from tallystick.core.errors import Interrupted
from tallystick.securities.security import Security
from tests.support.desk import Desk


def tallystick(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tallystick", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("mint", "ACME"), "usage", 2),
        (("nothing-like-it",), "usage", 2),
        (("chain", "advance", "soon"), "usage", 2),
        (("issue", "/nowhere/terms.toml"), "file-not-found", 4),
        (("issue", "/"), "file-is-folder", 3),
        (("holders", "import", "/nowhere/holders.csv"), "file-not-found", 4),
        (("restore", "/nowhere/copy", "--dir", "/nowhere/data"), "file-not-found", 4),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_is_wrong_with_a_command_line_is_told_to_programs(
    arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    result = tallystick(*arguments, "--json")
    assert result.returncode == exit_code
    assert json.loads(result.stdout)["error"]["code"] == code
    assert result.stderr == ""
    plain = tallystick(*arguments)
    assert plain.returncode == exit_code
    assert code in plain.stderr
    assert "Traceback" not in plain.stderr


def test_an_argument_that_is_no_text_is_refused() -> None:
    command: list[str | bytes] = [sys.executable, "-m", "tallystick", "holders", "import"]
    command += [b"caf\xe9.csv", "--json"]
    result = subprocess.run(command, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (2, b"")
    assert json.loads(result.stdout)["error"]["code"] == "argument-not-utf8"


def test_a_group_alone_shows_its_commands() -> None:
    assert "import" in tallystick("holders").stdout


def test_terms_that_are_no_text_are_refused(tmp_path: Path, desk: Desk) -> None:
    path = tmp_path / "terms.toml"
    path.write_bytes(b"name = '\xff'")
    assert desk.error("issue", str(path)).code == "terms-invalid"
    assert desk.error("rules", "set", "ACME", str(path)).code == "terms-invalid"


# A shell lets its background jobs ignore interrupts, and they pass that on.
HEEDING_INTERRUPTS = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("tallystick", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("after_s", [0.3, 0.8, 1.5, 3.0])
def test_an_interrupt_ends_without_a_traceback(tmp_path: Path, after_s: float) -> None:
    command = [sys.executable, "-c", HEEDING_INTERRUPTS, "init", "--dir", str(tmp_path / "data")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(after_s)
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode in {0, 130, -signal.SIGINT}
    assert len(told.splitlines()) <= 3


def test_answers_tell_the_decimals_of_their_amounts(desk: Desk) -> None:
    desk.must("mint", "ACME", "H-1", "10.5")
    [table] = json.loads(desk.must("captable", "--json").stdout)
    assert (table["decimals"], table["supply"]) == (2, "11050")
    refused = desk.run("transfer", "ACME", "H-1", "H-2", "99", "--explain", "--json")
    assert json.loads(refused.stdout)["decimals"] == 2


def test_expired_claims_and_lost_wallets_are_marked(desk: Desk) -> None:
    desk.must("holders", "claim", "H-1", "accredited", "2030-01-01")
    desk.must("chain", "advance", str(10 * 366))
    document = desk.file("police.txt", "reported lost")
    desk.must("mint", "ACME", "H-2", "1")
    desk.must("recover", "H-2", "0x" + "77" * 20, "--document", document)
    first, second = json.loads(desk.must("holders", "list", "--json").stdout)
    assert first["expired"] == ["accredited"]
    assert second["lost_wallets"] == second["wallets"][:1]
    shown = desk.must("holders", "list").stdout
    assert "expired" in shown
    assert "lost" in shown


def test_a_setting_comes_from_file_environment_or_flag(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*flags: str) -> dict[str, str]:
        answer = CliRunner().invoke(app, [*flags, "doctor", "--json", "--dir", str(desk.folder)])
        return dict(json.loads(answer.stdout)["settings"]["confirmations"])

    assert told() == {"value": 0, "from": "file"}
    monkeypatch.setenv("TALLYSTICK_CONFIRMATIONS", "0")
    assert told() == {"value": 0, "from": "environment"}
    assert told("--set", "confirmations=1") == {"value": 1, "from": "flag"}
    for wrong, code in (
        ("confirmations", "setting-malformed"),
        ("confirmations=-1", "settings-malformed"),
        ("mode=live", "setting-fixed"),
        ("colour=red", "setting-unknown"),
    ):
        result = CliRunner().invoke(app, ["--set", wrong, "doctor", "--dir", str(desk.folder)])
        assert getattr(result.exception, "code", "") == code
    CliRunner().invoke(app, [])


def test_explaining_a_transfer_does_nothing(desk: Desk) -> None:
    before = desk.state()
    for flag in ("--explain", "--dry-run"):
        desk.must("transfer", "ACME", "H-1", "H-2", "5", flag)
        assert desk.state() == before


def test_a_claim_is_revoked(desk: Desk) -> None:
    desk.must("holders", "revoke", "H-1", "verified")
    first = json.loads(desk.must("holders", "list", "--json").stdout)[0]
    assert first["claims"] == {}
    refused = desk.run("mint", "ACME", "H-1", "1", "--json")
    told = json.loads(refused.stdout)["refusals"]
    assert [refusal["name"] for refusal in told] == ["receiver-unverified"]


def test_a_register_as_csv_and_as_of_the_past(desk: Desk) -> None:
    """Mint today, sell in three days' time, and look at the day between."""
    desk.must("chain", "advance", "3")
    status = json.loads(desk.must("chain", "status", "--json").stdout)
    yesterday = datetime.fromtimestamp(status["time_s"] - 86_400, UTC).date().isoformat()
    desk.must("transfer", "ACME", "H-1", "H-2", "40")
    rows = list(csv.DictReader(desk.must("captable", "ACME", "--csv").stdout.splitlines()))
    assert [(row["holder"], row["units"]) for row in rows] == [("Ada", "60"), ("Bo", "40")]
    past = desk.must("captable", "ACME", "--csv", "--as-of", yesterday).stdout.splitlines()
    assert [(row["holder"], row["units"]) for row in csv.DictReader(past)] == [("Ada", "100")]
    block = json.loads(desk.must("captable", "--json").stdout)[0]["block"]
    before = desk.must("captable", "ACME", "--csv", "--as-of", str(block - 1)).stdout
    assert [row["units"] for row in csv.DictReader(before.splitlines())] == ["100"]


def test_every_query_answers_as_json(desk: Desk) -> None:
    for command in (
        ("chain", "status"), ("holders", "list"), ("captable",), ("audit",), ("doctor",),
        ("rules", "show", "ACME"), ("identities", "show"),
    ):  # fmt: skip
        json.loads(desk.must(*command, "--json").stdout)


def test_an_audit_names_what_differs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fold that miscounts is found out, figure by figure."""
    real = Security.move

    def miscounting(self: Security, *args: Any, **kwargs: Any) -> None:
        real(self, *args, **kwargs)
        self.tally.counts[0] += 1

    assert desk.must("audit")
    monkeypatch.setattr(Security, "move", miscounting)
    result = desk.run("audit", "--json")
    assert result.exit_code == 1
    found = {one["what"] for one in json.loads(result.stdout)["differences"]}
    assert found == {"ACME holders by tier", "ACME counters"}
    assert "✗ ACME counters" in desk.run("audit").stdout


def test_an_interrupt_while_the_commands_are_made_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "app", interrupted)
    with pytest.raises(Interrupted):
        main._run()
