"""A data directory with a command line on it, as an issuer has it."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from eth_account import Account
from typer import testing
from typer.testing import CliRunner

from tallystick.app.servicing import cash
from tallystick.app.servicing.cash import Money
from tallystick.app.workspace import TOKEN, Workspace
from tallystick.cli.main import app
from tallystick.core.errors import InvalidFile, TallystickError
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.keys import LocalSigner
from tests.support.payouts import HOSTILE

# The commands are built once, not for every line that is run.
vars(testing)["_get_command"] = functools.cache(vars(testing)["_get_command"])

TERMS = """
[issuer]
name = "Acme"
country = "DE"

[[security]]
symbol = "ACME"
name = "Acme Shares"
kind = "common"
decimals = 2
"""
HOLDERS = "reference,name,country,verified\nH-1,Ada,DE,never\nH-2,Bo,US,never\n"


class Desk:
    """A data directory with one security and two holders, and the command line on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scratch = folder.parent

    def run(self, *arguments: str) -> Any:
        return CliRunner().invoke(
            app, [*arguments, "--dir", str(self.folder)], catch_exceptions=True
        )

    def must(self, *arguments: str) -> Any:
        result = self.run(*arguments)
        assert result.exit_code == 0, (result.output, result.exception)
        return result

    def answer(self, *arguments: str) -> Any:
        """What a command answers in JSON."""
        return json.loads(self.must(*arguments, "--json").stdout)

    def cash(self, money: str, who: str) -> int:
        """What somebody has of a cash, in its smallest units."""
        return int(self.answer("cash", "balance", money, who)["units"])

    def cash_of_all(self, money: str, whos: Sequence[str]) -> dict[str, int]:
        """What many have of a cash, in its smallest units."""
        with Workspace(self.folder) as workspace:
            token = cash.money(workspace, money)
            return {who: cash.balance(workspace, token, workspace.wallet_of(who)) for who in whos}

    def paper(self, text: str = "The board resolved it.") -> tuple[str, str]:
        """The option that names a document with this text."""
        return ("--document", self.file("resolution.txt", text))

    def hostile_cash(self, *holders: str, units: int = 10**9) -> Wallet:
        """A cash token BAD that does as it is told, of which these and the agent have some."""
        with Workspace(self.folder) as workspace:
            signer = workspace.keystore.signer("agent")
            intent = Intent("hostile", signer.wallet, "", HOSTILE.creation())
            [done] = workspace.outbox.carry_out([intent], signer)
            money = Money(key="h", symbol="BAD", name="Bad", decimals=2,
                          token=Wallet(done.created), issued=True)  # fmt: skip
            workspace.journal.append("cash", msgspec.to_builtins(money), at_s=workspace.now())
            for who in holders:
                cash.mint(workspace, money, workspace.wallet_of(who), units, key=f"m/{who}")
            cash.mint(workspace, money, signer.wallet, units, key="m/agent")
        return money.token

    def hostile(self, token: Wallet, name: str, *arguments: Any) -> None:
        """Tell the hostile cash what to do."""
        with Workspace(self.folder) as workspace:
            made = [workspace.wallet_of(each) if isinstance(each, str) else each
                    for each in arguments]  # fmt: skip
            data = HOSTILE.function(name).encode(*made)
            workspace.act("agent", [(f"hostile/{name}/{arguments}", token, data)])

    def send(self, who: str, calls: Sequence[dict[str, Any]]) -> None:
        """Send calls by somebody's own wallet, which is one whose key is kept here."""
        with Workspace(self.folder) as workspace:
            wallet = workspace.wallet_of(who)
            signer = LocalSigner(Account.from_key(workspace.vault.key_of(wallet)))
            intents = [Intent(f"own/{number}/{each['data']}", signer.wallet, each["to"].lower(),
                              each["data"]) for number, each in enumerate(calls)]  # fmt: skip
            workspace.outbox.carry_out(intents, signer)

    def file(self, name: str, text: str) -> str:
        path = self.scratch / name
        path.write_text(text)
        return str(path)

    def error(self, *arguments: str) -> TallystickError:
        """The error of a command, which must leave everything as it was."""
        before = self.state()
        result = self.run(*arguments)
        assert isinstance(result.exception, TallystickError), (result.output, result.exception)
        assert result.exception.exit_code != 0
        assert self.state() == before
        return result.exception

    def state(self) -> str:
        holders = json.loads(self.must("holders", "list", "--json").stdout)
        table = json.loads(self.must("captable", "--json").stdout)
        return json.dumps([holders, [{**each, "block": 0} for each in table]])

    def venue_allowed(self, symbol: str, venue: str) -> bool:
        """Whether the token lets a venue carry out transfers for others."""
        with Workspace(self.folder) as workspace:
            token = workspace.security(symbol).token
            return bool(workspace.view(TOKEN, token, "isVenue", venue))

    def failing(self, *arguments: str) -> str:
        """The code of the error with which a command ends."""
        result = self.run(*arguments)
        assert isinstance(result.exception, TallystickError), (result.output, result.exception)
        return result.exception.code


def open_desk(folder: Path) -> Desk:
    """A desk with one security; the first of two holders has 100 units."""
    made = Desk(folder)
    made.must("init")
    made.must("issue", made.file("terms.toml", TERMS))
    made.must("holders", "import", made.file("holders.csv", HOLDERS))
    made.must("mint", "ACME", "H-1", "100")
    return made


def copy_of(desk: Desk, target: Path) -> Desk:
    shutil.copytree(desk.folder, target / "data")
    return Desk(target / "data")


def codes(error: TallystickError) -> set[str]:
    """Codes of all defects of a file; each must say where it is."""
    assert isinstance(error, InvalidFile)
    assert all(defect.where for defect in error.defects)
    return {defect.code for defect in error.defects}
