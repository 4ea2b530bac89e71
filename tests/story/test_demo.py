"""The demo, as a newcomer runs it; its data directory stays usable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tallystick.cli.main import app
from tests.support.desk import open_desk


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo") / "data"
    result = CliRunner().invoke(app, ["demo", "--dir", str(folder)])
    assert result.exit_code == 0, result.output
    return folder, result.output


def run_json(folder: Path, *arguments: str) -> object:
    result = CliRunner().invoke(app, [*arguments, "--dir", str(folder), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_it_tells_refusals_with_their_cure(demo: tuple[Path, str]) -> None:
    _, output = demo
    for word in ("allowed", "lot-locked", "receiver-unknown", "max-balance", "sender-frozen", "→"):
        assert word in output


def test_the_registers_agree_with_the_chain(demo: tuple[Path, str]) -> None:
    folder, output = demo
    assert "agree with the" in output
    found = run_json(folder, "audit")
    assert isinstance(found, dict)
    assert found["differences"] == []
    assert found["compared"] > 150


def test_the_command_line_goes_on_from_there(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    registers = run_json(folder, "captable", "VLMR")
    assert isinstance(registers, list)
    assert int(registers[0]["supply"]) == sum(int(line["units"]) for line in registers[0]["lines"])
    assert len(run_json(folder, "holders", "list")) == 36  # type: ignore[arg-type]


def test_a_demo_removes_nothing_but_a_demo(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "data")
    before = desk.state()
    assert desk.failing("demo") == "folder-not-empty"
    assert desk.state() == before
