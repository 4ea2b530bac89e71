"""Servicing at size: the root of a list of 100,000 holders; an audit of a book that has lived.

The book is made by the application itself, on an embedded chain: holders admitted, transfers in
batches, a distribution declared and pushed. Then everything is rebuilt and compared.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tallystick.app import admission, issuing
from tallystick.app.auditing import audit
from tallystick.app.minting import Lot, mint_lots
from tallystick.app.servicing import cash, distributions, payouts
from tallystick.app.settings import Settings
from tallystick.app.workspace import TOKEN, ListedSecurity, Workspace, create, found
from tallystick.core.wallets import Wallet
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claims
from tallystick.securities.distribution.payment_list import PaymentList
from tallystick.securities.terms import read_terms

SEED = 20_261_123
BATCH = 100
BUDGETS = {"root_s_100k": 10.0, "audit_s": 120.0}
"""Seconds: for 100,000 holders; for 100,000 transfers and 1,000 payments."""

VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
TERMS = """
[issuer]
name = "Bench AG"
country = "DE"

[[security]]
symbol = "BENCH"
name = "Bench Shares"
kind = "common"
decimals = 0
"""

Report = Callable[[int, int], None]


def root_s(holders: int) -> float:
    """Seconds from a list of holders to its root, with what each is owed."""
    chance = random.Random(SEED)  # noqa: S311 - a seed, so that figures repeat
    lines = sorted((Wallet(f"0x{chance.getrandbits(160):040x}"), chance.randrange(1, 10**9))
                   for _ in range(holders))  # fmt: skip
    started = time.perf_counter()
    listed = PaymentList(lines, 10**12)
    took_s = time.perf_counter() - started
    if sum(listed.owed) != 10**12:
        message = "a list does not add up to its amount"
        raise AssertionError(message)
    return took_s


def run(
    *, holders: int = 100_000, transfers: int = 100_000, payments: int = 1_000,
    report: Report | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Measure: `figures` in seconds; `size` says what was measured."""
    took_s = root_s(holders)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        create(path, Settings())
        with Workspace(path) as workspace:
            found(workspace)
            _live(workspace, transfers, payments, report)
            started = time.perf_counter()
            audited = audit(workspace)
            audit_s = time.perf_counter() - started
    if audited.differences:
        message = f"the books differ: {audited.differences[0]}"
        raise AssertionError(message)
    return {
        "figures": {"root_s_100k": took_s, "audit_s": audit_s},
        "budgets": BUDGETS,
        "size": {"holders": holders, "transfers": transfers, "payments": payments,
                 "compared": audited.compared},
    }  # fmt: skip


def _live(workspace: Workspace, transfers: int, payments: int, report: Report | None) -> None:
    """Admit as many holders as are paid, transfer between them, and pay each of them."""
    security = issuing.issue(workspace, read_terms(TERMS).securities[0])
    agent = workspace.keystore.wallet("agent")
    people = [
        admission.Newcomer(row=str(at), person=Person(name=f"Holder {at}", kind="person"),
                           country="DE", claims=VERIFIED)
        for at in range(payments - 1)
    ]  # fmt: skip
    own = admission.Newcomer(row="agent", person=Person(name="Nominee", kind="entity"),
                             country="DE", claims=VERIFIED, wallet=agent)  # fmt: skip
    homes = admission.admit(workspace, [*people, own], key="admit").homes
    lots = [Lot(row=home, holder=home, wallet=home, units=10**6, acquired_at=1_700_000_000)
            for home in homes]  # fmt: skip
    mint_lots(workspace, security, lots, key="mint")
    _transfer(workspace, security, [home for home in homes if home != agent], transfers, report)
    money = cash.issue(workspace, "EUR", "Euro", 2, key="cash")
    cash.mint(workspace, money, agent, 10**9, key="cash-mint")
    plan = distributions.Plan(
        symbol="BENCH", cash="EUR", amount=10**8 + 1, income="dividend", record_at=0,
        challenge_s=0, expires_at=0, document=b"\x01" * 32,
    )  # fmt: skip
    made = distributions.announce(workspace, plan, key="dividend")
    payouts.push(workspace, made, key="push")


def _transfer(
    workspace: Workspace, security: ListedSecurity, homes: list[Wallet], transfers: int,
    report: Report | None,
) -> None:  # fmt: skip
    chance = random.Random(SEED)  # noqa: S311 - a seed, so that figures repeat
    encode = TOKEN.function("batchTransfer").encode
    calls: list[tuple[str, str, str]] = []
    for start in range(0, transfers, BATCH):
        some = [chance.choice(homes) for _ in range(min(BATCH, transfers - start))]
        calls.append((f"move/{start}", security.token, encode(some, [1] * len(some))))
    workspace.act("agent", calls, report=report)
