"""A distribution to 100,000 holders: declared in one transaction, pushed, and killed at random."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tallystick.app import admission, issuing
from tallystick.app.minting import Lot, mint_lots
from tallystick.app.servicing import cash, distributions, payouts
from tallystick.app.servicing.services import service
from tallystick.app.settings import Settings
from tallystick.app.workspace import Workspace, create, found
from tallystick.bench.servicing import TERMS, VERIFIED
from tallystick.core.wallets import Wallet
from tallystick.gateways.store.vault import Person
from tallystick.securities.terms import read_terms

HOLDERS = 100_000
AMOUNT = 10**9 + 7
KILLS = 12
SEED = 20_261_123


def declared(folder: Path, holders: int) -> None:
    """A book of so many holders, and a distribution to all of them, in one transaction."""
    chance = random.Random(SEED)
    create(folder, Settings())
    with Workspace(folder) as workspace:
        found(workspace)
        security = issuing.issue(workspace, read_terms(TERMS).securities[0])
        people = [
            admission.Newcomer(row=str(at), person=Person(name=f"H {at}", kind="person"),
                               country="DE", claims=VERIFIED,
                               wallet=Wallet(f"0x{chance.getrandbits(160):040x}"))
            for at in range(holders)
        ]  # fmt: skip
        homes = admission.admit(workspace, people, key="admit").homes
        mint_lots(workspace, security, [
            Lot(row=home, holder=home, wallet=home, units=chance.randrange(1, 10**6),
                acquired_at=1_700_000_000)
            for home in homes
        ], key="mint")  # fmt: skip
        money = cash.issue(workspace, "EUR", "Euro", 2, key="cash")
        agent = workspace.keystore.wallet("agent")
        cash.mint(workspace, money, agent, AMOUNT, key="cash-mint")
        distributions.announce(workspace, distributions.Plan(
            symbol="BENCH", cash="EUR", amount=AMOUNT, income="dividend", record_at=0,
            challenge_s=0, expires_at=0, document=b"\x01" * 32,
        ), key="dividend")  # fmt: skip


def push(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tallystick", "distribution", "push", "1", "--dir",
               str(folder), "--json"]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_push_that_is_killed_again_and_again_pays_everybody_once(
    tmp_path: Path, note: Callable[[str, int], None]
) -> None:
    folder = tmp_path / "data"
    declared(folder, HOLDERS)
    chance = random.Random(SEED)
    for _ in range(KILLS):
        running = push(folder)
        time.sleep(chance.uniform(2, 25))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        time.sleep(1)
    last = push(folder)
    last.communicate()
    assert last.returncode == 0
    with Workspace(folder) as workspace:
        announced = distributions.distribution(workspace, 1)
        found_payments = payouts.opened(workspace, announced).payments
        money = cash.money(workspace, "EUR")
        assert len(found_payments) == HOLDERS
        assert all(each.paid for each in found_payments)
        assert sum(each.gross for each in found_payments) == AMOUNT
        distributor = service(workspace, "Distributor")
        assert cash.balance(workspace, money, distributor) == 0
        for each in chance.sample(found_payments, 500):
            assert cash.balance(workspace, money, each.wallet) == each.gross
    note("holders paid once by a push that was killed again and again", HOLDERS)
    note("times it was killed", KILLS)
