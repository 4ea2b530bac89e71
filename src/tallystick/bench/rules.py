"""Rules at scale: a dry run over a large register and open orders, verdicts, a holder of lots.

The register is made in memory by the same moves that a fold of logs makes; every rule is on.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tallystick.bench.gas import BUDGETS as GAS_BUDGETS
from tallystick.bench.gas import CHAIN_ID, GENESIS_S, SEED, Scene, all_rules, transfer_of_lots
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.securities.claims import Claim, Claims
from tallystick.securities.dry_run import Pending, dry_run
from tallystick.securities.packing import unpack_rules
from tallystick.securities.proposal import Movement, RuleSet
from tallystick.securities.registry import Registry
from tallystick.securities.security import Security

BUDGETS = {
    "dry_run_s": 5.0,
    "verdict_us_p50": 200.0,
    "transfer_60_lots_gas": GAS_BUDGETS["transfer_60_lots"],
}
"""Seconds for 100,000 holders and 10,000 open orders; microseconds; gas."""
HOLDERS, ORDERS, VERDICTS = 100_000, 10_000, 5_000
COUNTRIES = ("DE", "FR", "US", "CH", "JP", "BR", "KP")
Report = Callable[[int, int], None]


def populate(holders: int, rules: RuleSet) -> tuple[Security, list[Wallet]]:
    """A register of so many holders, admitted and issued to by chance that repeats."""
    chance = random.Random(SEED)  # noqa: S311 - a seed, so that figures repeat
    today = GENESIS_S // DAY_S
    security = Security(registry=Registry())
    security.set_rules(rules)
    homes = [Wallet(f"0x{chance.getrandbits(160):040x}") for _ in range(holders)]
    for number, home in enumerate(homes):
        claims = Claims().stated(Claim.VERIFIED, today + chance.randint(-20, 700))
        claims = claims.stated(Claim.SCREENED, today + chance.randint(-10, 365))
        if chance.random() < 0.4:  # noqa: PLR2004 - four in ten
            claims = claims.stated(Claim.ACCREDITED, today + chance.randint(-10, 1_000))
        country = chance.choice(COUNTRIES)
        security.registry.admit(home, number=number, country=country, claims=claims)
        for _ in range(chance.randint(1, 3)):
            acquired_at = GENESIS_S - chance.randint(0, 12) * DAY_S
            units = chance.randint(1, 5_000) * 10
            security.move(
                Movement.ISSUE, None, home, units, now_s=GENESIS_S, acquired_at=acquired_at
            )
    return security, homes


def orders(homes: list[Wallet], count: int) -> list[Pending]:
    """Open orders to buy and to sell, and transfers that are asked for."""
    chance = random.Random(SEED + 1)  # noqa: S311 - a seed, so that figures repeat
    made: list[Pending] = []
    for number in range(count):
        sender, receiver = chance.sample(homes, 2)
        kind = chance.randrange(3)
        made.append(Pending(
            key=f"order {number}", sender=None if kind == 1 else sender,
            receiver=None if kind == 0 else receiver, units=chance.randint(1, 3_000) * 10,
        ))  # fmt: skip
    return made


def run(
    *, holders: int = HOLDERS, count: int = ORDERS, verdicts: int = VERDICTS,
    report: Report | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Measure: `figures`, `budgets`, `size`, and what the dry run found."""
    rules = unpack_rules(all_rules())
    security, homes = populate(holders, rules)
    pending = orders(homes, count)
    started = time.perf_counter()
    found = dry_run(security, rules, now_s=GENESIS_S, pending=pending, report=report)
    took_s = time.perf_counter() - started
    return {
        "figures": {
            "dry_run_s": round(took_s, 3),
            "verdict_us_p50": round(_verdict_us(security, homes, verdicts), 1),
            "transfer_60_lots_gas": _gas(),
        },
        "budgets": BUDGETS,
        "size": {"holders": found.holders, "orders": len(pending)},
        "found": {
            "breaches": len(found.breaches),
            "locked_in": len(found.locked_in),
            "trapped": len(found.trapped),
            "failing": len(found.failing),
        },
    }


def _verdict_us(security: Security, homes: list[Wallet], count: int) -> float:
    """Median microseconds of a verdict on a resale between two holders, every refusal told."""
    chance = random.Random(SEED + 2)  # noqa: S311 - a seed, so that figures repeat
    times: list[float] = []
    for _ in range(count):
        sender, receiver = chance.sample(homes, 2)
        units = chance.randint(1, 3_000) * 10
        started = time.perf_counter()
        security.judge(Movement.RESALE, sender, receiver, units, now_s=GENESIS_S)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


def _gas() -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        Hosting(
            Path(folder) / "chain.sqlite", clock=lambda: GENESIS_S, sandbox=True, chain_id=CHAIN_ID
        ) as host,
    ):
        scene = Scene(host)
        try:
            holders = scene.holders(3)
            return transfer_of_lots(scene, holders)
        finally:
            scene.close()
