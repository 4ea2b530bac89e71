"""The page about compliance at work says what the program says."""

from __future__ import annotations

import re
from pathlib import Path

from tallystick.app.acts import REASONS
from tallystick.securities.dossier import read_dossier
from tallystick.securities.onboarding.applications import FLAGS, read_application
from tallystick.securities.onboarding.registrations import ROLES
from tallystick.securities.proposal import DECLARED, MOVEMENT_NUMBERS

PAGE = (Path(__file__).parents[2] / "docs" / "compliance.md").read_text()


def test_reasons_have_the_numbers_that_the_page_says() -> None:
    flat = " ".join(PAGE.split())
    assert dict(re.findall(r"`([a-z-]+)` (\d+)", flat)) == {
        name: str(number) for name, number in REASONS.items()
    }


def test_declared_movements_have_the_numbers_that_the_page_says() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", PAGE, re.MULTILINE))
    assert rows == {kind.value: str(MOVEMENT_NUMBERS[kind]) for kind in DECLARED}


def test_the_dossier_on_the_page_is_one() -> None:
    [_, text] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert read_dossier(text).kind == "property"


def test_the_application_on_the_page_is_one() -> None:
    [text, _] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    found = read_application(text)
    assert found.registration.title == "Ada Byron, trustee of Byron Trust"


def test_every_kind_of_registration_is_on_the_page() -> None:
    for kind, roles in ROLES.items():
        [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |")]
        assert all(f"`{role}`" in row for role in roles)
        assert all(f"`{flag}`" in row for flag in FLAGS[kind])
