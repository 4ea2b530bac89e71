"""Commands and settings: each has a heading, and the quick start does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from tools import commands
from typer.testing import CliRunner

from tallystick.app.settings import Settings
from tallystick.cli.main import app
from tallystick.core.errors import TallystickError
from tallystick.securities.bonds.bond_terms import BondTerms, Call
from tallystick.securities.liquidation.preference_terms import PreferenceTerms
from tallystick.securities.proposal import RuleSet
from tallystick.securities.terms import Document, Issuer, Rights, Terms

DOCS = Path(__file__).parents[2] / "docs"
ALL = list(commands.commands(typer.main.get_command(app), ("tallystick",)))


def test_every_command_is_on_its_page() -> None:
    assert (DOCS / "commands.md").read_text() == commands.page()


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path[1:]) for path, _ in ALL])
def test_every_command_answers_in_json_and_is_explained(
    path: tuple[str, ...], command: Any
) -> None:
    options = {name for one in command.params for name in one.opts}
    assert "--json" in options
    assert command.help
    for one in command.params:
        assert getattr(one, "help", None), f"{path}: {one.name} is not explained"


# What changes nothing, or cannot be done twice by its nature.
WITHOUT_KEY = {
    "init", "doctor", "backup", "restore", "chain start", "chain status", "rules show",
    "rules dry-run", "presets list", "presets show", "captable", "lots", "audit", "holders list",
    "holders expiring", "identities show", "bench gas", "bench register", "bench rules",
    "bench servicing", "bench venue", "demo",
    "basket draft", "basket show", "basket list", "basket weigh", "basket trades",
    "basket quote", "distribution demand",
    "council draft", "council set-up", "council show", "council proposals", "council proposal",
    "council propose", "council approval", "council approve", "council revoke",
    "council carry-out", "council bring",
    "assess questions", "assess memo", "dossier show", "dossier check", "screen pending",
    "holders evidence", "holders votes", "onboard list", "onboard show", "onboard approve",
    "onboard reject", "onboard reopen", "queue", "requests list", "requests carry-out",
    "requests send-back", "requests report", "dossier enforce", "cash balance", "cash list",
    "treasury add", "treasury remove", "treasury list", "distribution publish",
    "distribution list", "distribution show", "distribution bank-file", "prove",
    "verify", "document list",
    "document check", "document acknowledge", "statement", "report", "ocf check", "ocf export",
    "distribution check",
    "tax forms", "tax lines", "exchange show", "liquidation foresee", "liquidation carry-out",
    "meeting list", "meeting show", "offering list", "offering show", "offering address",
    "offering check", "bond schedule", "offering wires", "fund value", "fund settle",
    "fund show", "fund list", "grant list", "grant diluted",
    "bond accrued", "redemption tender",
    "redemption carry-out", "redemption withdraw", "redemption abandon", "redemption list",
    "market list", "market show", "market chart", "market trail", "market trades",
    "market quality", "market alerts", "market makers", "market activity", "watch", "market halt",
    "market resume", "serve", "order positions", "order fills", "order note",
    "order cancel", "order cancel-all", "order show", "order list", "order draft", "order permit",
    "order submit",
}  # fmt: skip


def test_every_act_takes_an_idempotency_key() -> None:
    without = {
        " ".join(path[1:])
        for path, command in ALL
        if "--key" not in {name for one in command.params for name in one.opts}
    }
    assert without == WITHOUT_KEY


def test_every_setting_has_a_heading() -> None:
    headings = re.findall(r"^## (\w+)$", (DOCS / "settings.md").read_text(), re.MULTILINE)
    assert headings == list(Settings.__struct_fields__)


@pytest.mark.parametrize(
    "kind", [Issuer, Terms, Rights, RuleSet, Document, BondTerms, Call, PreferenceTerms]
)
def test_every_field_of_the_terms_is_explained(kind: Any) -> None:
    text = (DOCS / "terms.md").read_text()
    elsewhere = {
        "calls",
        "issuer",
        "rights",
        "rules",
        "documents",
        "lock_up",
        "offerings",
        "bond",
        "preference",
    }
    renamed = {
        "holding_period_s": "holding_period_days",
        "supply_cap": "authorised",
        "maturity_s": "maturity",
    }
    for name in set(kind.__struct_fields__) - elsewhere:
        assert f"`{renamed.get(name, name)}`" in text


@pytest.mark.parametrize("page", ["quick-start.md", "servicing.md", "trading.md"])
def test_the_examples_do_what_they_say(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (DOCS / page).read_text()
    for name, body in re.findall(r"`([\w-]+\.\w+)`:\n\n```\w+\n(.*?)```", text, re.DOTALL):
        Path(name).write_text(body)
    [console] = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    for line in console.splitlines():
        command, _, expected = line.removeprefix("$ tallystick ").partition("#")
        result = CliRunner().invoke(app, shlex.split(command))
        code = result.exit_code
        if isinstance(result.exception, TallystickError):
            code = result.exception.exit_code
        wanted = int(expected.split()[-1]) if expected else 0
        assert code == wanted, (line, result.output, result.exception)
