"""Single bytes of a data directory altered, and what an audit says of it."""

from __future__ import annotations

import json
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tallystick.core.errors import TallystickError
from tests.support.desk import Desk

FILES = ("store.sqlite", "chain.sqlite")
TERMS = """
[issuer]
name = "Acme Inc"
country = "US"

[[security]]
symbol = "ACME"
name = "Acme Shares"
kind = "common"
decimals = 0

[security.rights]
votes_per_unit = 1
"""
HOLDERS = """reference,name,country,verified
H-1,Ada,DE,never
H-2,Bo,US,never
H-3,Cy,DE,never
"""
MEETING = """
title = "General meeting"
opens = "{opens}"
closes = "{closes}"
quorum_bps = 1000

[[classes]]
symbol = "ACME"

[[items]]
text = "That the accounts be adopted."
majority = "1/2"
"""


def lived(folder: Path) -> Desk:
    """A company with a life: holders, forms, a dividend with tax, votes, a buy-back."""
    desk = Desk(folder)
    desk.must("init")
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    for who, units in (("H-1", "60"), ("H-2", "30"), ("H-3", "10")):
        desk.must("mint", "ACME", who, units)
    desk.must("transfer", "ACME", "H-1", "H-3", "5")
    desk.must("cash", "issue", "USD")
    desk.must("cash", "mint", "USD", "agent", "5000")
    desk.must("tax", "form", "H-1", "w-8ben", "--treaty")
    desk.must("distribution", "announce", "ACME", "1000.01", "USD", *desk.paper(),
              "--challenge-hours", "0")  # fmt: skip
    desk.must("distribution", "pay", "1", "H-2")
    desk.must("distribution", "push", "1")
    now = datetime.now(UTC)
    times = [(now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (1, 48)]
    desk.must("meeting", "call", desk.file("meeting.toml", MEETING.format(
        opens=times[0], closes=times[1])))  # fmt: skip
    desk.must("chain", "advance", "0", "--seconds", "7200")
    desk.must("meeting", "vote", "1", "H-1", "1", "for")
    end = (now + timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M:%SZ")
    desk.must("redemption", "buy-back", "ACME", "20", "9", "USD", "--until", end, *desk.paper())
    desk.must("redemption", "tender", "1", "H-2", "5")
    desk.must("chain", "advance", "1")
    desk.must("redemption", "carry-out", "1")
    desk.must("audit")
    with_log_in_file(folder)
    return desk


def with_log_in_file(folder: Path) -> None:
    """Have everything in the files themselves, none of it in a write-ahead log."""
    import sqlite3  # noqa: PLC0415 - of this alone

    for name in FILES:
        with sqlite3.connect(folder / name) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def told(desk: Desk) -> dict[str, str]:
    """All that commands tell of it, by command."""
    found: dict[str, str] = {}
    for arguments in (
        ("captable",), ("captable", "--by", "wallet"), ("holders", "list"), ("lots", "ACME", "H-3"),
        ("distribution", "list"), ("distribution", "show", "1"), ("distribution", "show", "2"),
        ("redemption", "list"), ("meeting", "show", "1"), ("tax", "forms"), ("cash", "list"),
        ("tax", "lines", str(datetime.now(UTC).year), "1042-S"),
    ):  # fmt: skip
        result = desk.run(*arguments, *(() if "lines" in arguments else ("--json",)))
        text = result.stdout if result.exit_code == 0 else f"exit {result.exit_code}"
        found[" ".join(arguments)] = _without_blocks(text)
    return found


def _without_blocks(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if '"block"' not in line)


def mutate(desk: Desk, target: Path, seed: int) -> str:
    """Alter a byte of a copy: what was found, or how it is of no consequence."""
    chance = random.Random(seed)
    shutil.copytree(desk.folder, target)
    index = [each for each in sorted((target / "index").rglob("*")) if each.is_file()]
    paths = [*(target / name for name in FILES), *index]
    path = chance.choices(paths, weights=[each.stat().st_size for each in paths])[0]
    data = bytearray(path.read_bytes())
    at = chance.randrange(len(data))
    data[at] ^= 1 << chance.randrange(8)
    path.write_bytes(bytes(data))
    copy = Desk(target)
    result = copy.run("audit", "--json")
    if isinstance(result.exception, TallystickError):
        return f"found: {result.exception.code}"
    if result.exit_code:
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise AssertionError(f"{path.name} at {at}: {result.exception!r}") from result.exception
        return f"found: {json.loads(result.stdout)['differences'][0]['what']}"
    after, before = told(copy), told(desk)
    for command, text in after.items():
        if text != before[command]:
            what = f"{path.name} at {at} (seed {seed}) was not found"
            raise AssertionError(f"{what}: {command} told\n{before[command]}\nand tells\n{text}")
    return "of no consequence"
