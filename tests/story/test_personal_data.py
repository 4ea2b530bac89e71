"""No personal data on the chain, in files, in errors, or printed where it should not be."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from tallystick.cli.main import app

MARKS = ("Zyxwvut-Marker", "marked.person@example.org", "REF-MARKER-77")
ROW = "reference,name,country,email,verified\n{2},{0},DE,{1},never\nH-2,Bo,US,,never\n"

TERMS = """
issuer = { name = "Acme", country = "DE" }
[[security]]
symbol = "A"
name = "A"
kind = "common"
decimals = 0
"""


def run(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--dir", str(folder)])
    return result.output + repr(result.exception)


def test_marked_names_are_found_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    source = tmp_path / "holders.csv"
    source.write_text(ROW.format(*MARKS))
    run(folder, "init")
    (tmp_path / "terms.toml").write_text(TERMS)
    run(folder, "issue", str(tmp_path / "terms.toml"))
    run(folder, "holders", "import", str(source))
    run(folder, "mint", "A", MARKS[2], "10")
    said = [
        run(folder, "transfer", "A", MARKS[2], "H-2", "99"),
        run(folder, "mint", "A", "H-2", "-5"),
        run(folder, "doctor", "--json"),
        run(folder, "audit", "--json"),
    ]
    assert MARKS[0] in run(folder, "holders", "list")
    for mark in MARKS:
        assert not any(mark in text for text in said)
        for path in folder.rglob("*"):
            if path.is_file():
                assert mark.encode() not in path.read_bytes(), path


def test_an_erased_person_leaves_nothing_but_a_number(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    source = tmp_path / "holders.csv"
    source.write_text(ROW.format(*MARKS))
    run(folder, "init")
    run(folder, "holders", "import", str(source))
    run(folder, "holders", "erase", MARKS[2])
    listed = run(folder, "holders", "list")
    assert MARKS[0] not in listed
    assert "Bo" in listed
    assert "No investor goes by" in run(folder, "holders", "erase", MARKS[2])
