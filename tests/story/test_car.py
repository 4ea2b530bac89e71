"""A car changes hands: known by its VIN, halted while papers are stale, sold with its papers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.desk import Desk

VIN = "1" * 17
TERMS = f"""
[issuer]
name = "Karl Wagen"
country = "DE"

[[security]]
symbol = "CAR"
name = "One motor car"
kind = "vehicle"
decimals = 0
vin = "{VIN}"
authorised = "1"
"""
HOLDERS = """reference,name,country,verified
O-1,First Owner,DE,never
O-2,Second Owner,DE,never
O-3,Stranger,DE,
"""
TODAY = datetime.now(UTC).date()


def dossier(insured_days: int, reading: int = 48_000) -> str:
    return f"""
kind = "vehicle"
vin = "{VIN}"

[[entries]]
kind = "title"
number = "T-1"
state = "clean"
established = "{TODAY}"

[[entries]]
kind = "insurance"
policy = "P-9"
insurer = "Mutual"
established = "{TODAY}"
until = "{TODAY + timedelta(days=insured_days)}"

[[entries]]
kind = "odometer"
unit = "km"
reading = {reading}
established = "{TODAY}"
"""


def owner(desk: Desk) -> list[str]:
    return [line["holder"] for line in desk.answer("captable")[0]["lines"]]


def sell(desk: Desk, buyer: str) -> tuple[str, ...]:
    return ("declare", "CAR", "private-sale", "O-1", buyer, "1", "--reason", "private-sale",
            *desk.paper("Bill of sale"))  # fmt: skip


def test_a_car_changes_hands(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    desk.must("init")
    broken = TERMS.replace(VIN, "1" * 16 + "2")
    assert desk.run("issue", desk.file("broken.toml", broken)).exit_code != 0
    desk.must("issue", desk.file("terms.toml", TERMS))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    desk.must("mint", "CAR", "O-1", "1")
    desk.must("dossier", "set", "CAR", desk.file("dossier.toml", dossier(insured_days=10)))
    title = desk.file("title.pdf", "Certificate of title T-1")
    desk.must("document", "add", "CAR", title, "--title", "Certificate of title")
    assert desk.run("mint", "CAR", "O-2", "1").exit_code != 0
    assert owner(desk) == ["First Owner"]

    # The insurance lapses: the market is told to halt, until it is renewed.
    assert desk.run("dossier", "check", "CAR").exit_code == 0
    desk.must("chain", "advance", "11")
    assert desk.run("dossier", "check", "CAR").exit_code != 0
    lower = desk.file("lower.toml", dossier(insured_days=400, reading=12_000))
    assert desk.run("dossier", "set", "CAR", lower).exit_code != 0
    desk.must("dossier", "set", "CAR", desk.file("renewed.toml", dossier(400, 48_350)))
    assert desk.run("dossier", "check", "CAR").exit_code == 0

    # It is sold with its papers: the bill of sale is evidence, the buyer has seen the title.
    assert "receiver-unverified" in desk.run(*sell(desk, "O-3"), "--explain").output
    desk.must("document", "acknowledge", "1", "O-2")
    desk.must(*sell(desk, "O-2"))
    assert owner(desk) == ["Second Owner"]
    assert desk.answer("document", "check", title)[0]["title"] == "Certificate of title"
    [lot] = desk.answer("lots", "CAR", "O-2")["lots"]
    assert "private" in lot["how"]
    desk.must("anchor", "CAR")
    proof = str(desk.scratch / "proof.json")
    desk.must("prove", "CAR", "O-2", "--to", proof)
    assert desk.answer("verify", proof)["units"] == "1"
    desk.must("audit")
