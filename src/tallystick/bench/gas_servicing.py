"""Gas of distributions: declared once for 100,000 holders, claimed, and pushed in pages."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tallystick.core.sum_tree import SumTree
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.services import deploy_service
from tallystick.securities.distribution.declared import Announcement, Distribution

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from tallystick.bench.gas import Scene

DISTRIBUTOR = contract("Distributor")
CASH = contract("Cash")

# Budgets of DESIGN 3.1, in gas.
BUDGETS = {
    "declare": 110_000,
    "declare_with_record_date": 142_000,
    "claim": 95_000,
    "claim_worst": 112_000,
    "push_each_of_100": 14_000,
    "push_each_new_of_100": 32_000,
}

HOLDERS = 100_000
DAY_S = 86_400
PAGE = 128
AMOUNT = 10**12
SEED = 20_261_123


class Payout:
    """A distribution to 100,000 holders, of whom some are accounts that can act."""

    def __init__(self, scene: Scene, token: str, people: list[LocalAccount]) -> None:
        self.scene = scene
        self.token = token
        self.people = people
        drawn = random.Random(SEED)  # noqa: S311 - a seed, so that figures repeat
        others = [Wallet("0x" + drawn.randbytes(20).hex()) for _ in range(HOLDERS - len(people))]
        mine = [Wallet(one.address.lower()) for one in people]
        self.lines = [(wallet, drawn.randrange(1, 10**9)) for wallet in [*mine, *others]]
        self.tree = SumTree(self.lines)
        owner = scene.issuer.address
        self.distributor = deploy_service("Distributor", lambda _name, data: scene.deploy(data))
        self.cash = scene.deploy(CASH.creation("Cash", "USD", 6, owner))
        scene.gas(scene.issuer, CASH, self.cash, "addAgent", owner)
        scene.gas(scene.issuer, CASH, self.cash, "mint", owner, 10 * AMOUNT)
        scene.gas(scene.issuer, CASH, self.cash, "approve", self.distributor, 10 * AMOUNT)
        scene.act("addRecorder", token, self.distributor)
        self.distribution = self._announced(1, 0)[1]

    def _announced(self, number: int, record_date: int) -> tuple[Announcement, Distribution]:
        announcement = Announcement(
            security=Wallet(self.token.lower()), record_date=record_date,
            record_at=self.scene.now_s() + (DAY_S if record_date else 0), challenge_s=0,
            treasury=(), document=bytes([number]) * 32,
        )  # fmt: skip
        root = self.tree.root
        distribution = Distribution(
            reference=announcement.reference, registry=Wallet(self.scene.registry.lower()),
            cash=Wallet(self.cash.lower()), payer=Wallet(self.scene.issuer.address.lower()),
            amount=AMOUNT, expires_at=self.scene.now_s() + 10**8,
            root=bytes(32) if record_date else root.hash, total=0 if record_date else root.sum,
            holders=0 if record_date else HOLDERS,
        )  # fmt: skip
        return announcement, distribution

    def declare(self, number: int, record_date: int = 0) -> int:
        """Gas of declaring a distribution; with the number of a record date, of setting it too."""
        announcement, distribution = self._announced(number, record_date)
        name = "announceWithRecordDate" if record_date else "announce"
        gas = self.scene.gas(self.scene.issuer, DISTRIBUTOR, self.distributor, name,
                             announcement.members, distribution.members)  # fmt: skip
        if not record_date:
            self.distribution = distribution
        return gas

    def claim(self, index: int) -> int:
        """Gas of a claim by the holder at a place of the list."""
        units = self.lines[index][1]
        steps = [tuple(step) for step in self.tree.proof(index)]
        return self.scene.gas(
            self.people[index], DISTRIBUTOR, self.distributor, "claim", self.distribution.members,
            index, units, steps,
        )  # fmt: skip

    def push_each(self, page: int) -> int:
        """Gas of each payment of a page."""
        start = page * PAGE
        part = self.lines[start : start + PAGE]
        steps = [tuple(step) for step in self.tree.proof(page, height=PAGE.bit_length() - 1)]
        lines = ([wallet for wallet, _ in part], [units for _, units in part])
        gas = self.scene.gas(
            self.scene.issuer, DISTRIBUTOR, self.distributor, "push", self.distribution.members,
            (start, *lines, steps, [], [], []),
        )  # fmt: skip
        return -(-gas // PAGE)


def measure_servicing(scene: Scene, token: str, people: list[LocalAccount]) -> dict[str, int]:
    """Figures of distributions, in gas; the people are 256 registered investors at least."""
    payout = Payout(scene, token, people)
    figures = {"declare": max(payout.declare(1), payout.declare(2))}
    # A fresh word of payments and a fresh cash account; then a fresh one of the two alone.
    figures["claim_worst"] = payout.claim(0)
    fresh_account = payout.claim(1)
    payout.declare(3)
    figures["claim"] = max(fresh_account, payout.claim(1))
    payout.declare(4)
    figures["push_each_new_of_100"] = payout.push_each(1)
    payout.declare(5)
    figures["push_each_of_100"] = payout.push_each(1)
    dates = int(scene.view("recordDate", token))
    figures["declare_with_record_date"] = payout.declare(6, record_date=dates + 1)
    return {name: figures[name] for name in BUDGETS}
