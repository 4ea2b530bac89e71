"""A distribution on a chain in this process, with all that proves what is owed to whom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tallystick.core.hash_tree import HashTree
from tallystick.core.hashing import keccak
from tallystick.core.sum_tree import EMPTY, SumTree
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.core.words import number_word, wallet_word
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.services import deploy_service
from tallystick.securities.distribution.declared import Announcement, Distribution
from tallystick.securities.distribution.entitlements import Lines, entitlements, lines_of
from tests.support.evm import CASH, Outcome, compiled
from tests.support.world import AGENT, OWNER, World

DISTRIBUTOR = contract("Distributor")
HOSTILE_CASH = Path(__file__).parents[1] / "contracts" / "vyper" / "HostileCash.vy"
HOSTILE = compiled(HOSTILE_CASH)
DOCUMENT = b"\x07" * 32
NOTHING_WITHHELD: tuple[int, bytes, list[bytes]] = (0, bytes(32), [])


class _Gapped(SumTree):
    """A tree in which a line of nobody with nothing is a place that is empty."""

    def __init__(self, lines: Lines) -> None:
        super().__init__(lines)
        bottom = [EMPTY if line == (NOBODY, 0) else node
                  for line, node in zip(lines, self._levels[0], strict=True)]  # fmt: skip
        self._levels = [bottom]
        for empty in self._empty[: self._depth_of(lines)]:
            self._levels.append(self._above(self._levels[-1], empty))

    @staticmethod
    def _depth_of(lines: Lines) -> int:
        return (len(lines) - 1).bit_length()


class Payout:
    """A world with a distributor, cash, and at most one distribution at a time."""

    def __init__(self, world: World, *, hostile: bool = False) -> None:
        self.world, self.evm = world, world.evm
        self.distributor = Wallet(
            deploy_service("Distributor", lambda _name, data: self.evm.deploy(data))
        )
        if hostile:
            self.cash = self.evm.deploy(HOSTILE.creation())
            self.money(OWNER, "mint", AGENT, 2**111)
        else:
            self.cash = self.evm.deploy(CASH.creation("Cash", "USDX", 2, OWNER))
            self.money(OWNER, "addAgent", AGENT)
            self.money(AGENT, "mint", AGENT, 2**111)
        self.money(AGENT, "approve", self.distributor, 2**112)
        assert self.world.evm.act(OWNER, contract("SecurityToken"), world.token, "addRecorder",
                                  self.distributor).ok  # fmt: skip
        self.withheld: list[int] = []

    def money(self, caller: str, name: str, *args: Any) -> Outcome:
        return self.evm.act(caller, CASH, self.cash, name, *args)

    def cash_of(self, who: str) -> int:
        held: int = self.evm.view(CASH, self.cash, "balanceOf", who)
        return held

    def plan(self, amount: int, lines: Lines | None = None, *, record_date: int = 0,
             record_at: int | None = None, challenge_s: int = 0, expires_in_s: int = 0,
             treasury: tuple[Wallet, ...] = (), withheld: Sequence[int] = (), number: int = 1,
             ) -> Payout:  # fmt: skip
        """Make up a distribution; without lines to those who hold now."""
        world = self.world
        found = lines_of(world.model.balances, treasury) if lines is None else lines
        self.lines = found
        self.tree = _Gapped(found)
        self.owed = entitlements(amount, [units for _, units in found])
        self.withheld = list(withheld)
        self.salts = [keccak(number_word(at)) for at in range(len(found))]
        self.withholding = None
        if withheld:
            self.withholding = HashTree([
                keccak(salt + wallet_word(wallet) + number_word(kept))
                for (wallet, _), salt, kept in zip(found, self.salts, withheld, strict=True)
            ])  # fmt: skip
        self.announcement = Announcement(
            security=world.token, record_date=record_date, challenge_s=challenge_s,
            record_at=world.now if record_at is None else record_at, treasury=treasury,
            document=bytes([number]) * 32,
        )  # fmt: skip
        self.distribution = Distribution(
            reference=self.announcement.reference, registry=world.registry_address,
            cash=self.cash, payer=AGENT, amount=amount,
            expires_at=world.now + expires_in_s if expires_in_s else 0,
            root=self.tree.root.hash, total=self.tree.root.sum, holders=len(found),
            withholding=self.withholding.root if self.withholding else bytes(32),
        )  # fmt: skip
        return self

    def call(self, name: str, *args: Any, by: str = AGENT) -> Outcome:
        return self.evm.act(by, DISTRIBUTOR, self.distributor, name, *args)

    def view(self, name: str, *args: Any) -> Any:
        return self.evm.view(DISTRIBUTOR, self.distributor, name, *args)

    def declare(self, *, by: str = AGENT) -> Outcome:
        return self.call("announce", self.announcement.members, self.distribution.members, by=by)

    def steps(self, index: int, height: int = 0) -> list[tuple[bytes, int]]:
        return [(step.hash, step.sum) for step in self.tree.proof(index, height=height)]

    def leaf(self, index: int) -> tuple[Any, ...]:
        """A place of the list, be it an empty one beyond its end."""
        wallet, units = self.lines[index] if index < len(self.lines) else ("0x" + "00" * 20, 0)
        return (index, wallet, units, self.steps(index))

    def kept(self, index: int) -> tuple[int, bytes, list[bytes]]:
        if self.withholding is None:
            return NOTHING_WITHHELD
        return (self.withheld[index], self.salts[index], self.withholding.proof(index))

    def claim(self, index: int, *, by: str | None = None) -> Outcome:
        wallet, units = self.lines[index]
        return self.call("claim", self.distribution.members, index, units, self.steps(index),
                         by=by or wallet)  # fmt: skip

    def claim_for(self, index: int, receiver: str, *, by: str = AGENT) -> Outcome:
        return self.call("claimFor", self.distribution.members, self.leaf(index),
                         self.kept(index), receiver, by=by)  # fmt: skip

    def page(self, at: int, size: int) -> tuple[Any, ...]:
        """A page of the list, by its number among pages of that size."""
        start = at * size
        part = self.lines[start : start + size]
        height = (len(part) - 1).bit_length()
        at = start >> height
        kept: tuple[Any, ...] = ([], [], [])
        if self.withholding is not None:
            kept = (self.withheld[start : start + size], self.salts[start : start + size],
                    self.withholding.proof(at, height=height))  # fmt: skip
        wallets, units = [wallet for wallet, _ in part], [units for _, units in part]
        return (start, wallets, units, self.steps(at, height), *kept)

    def push(self, at: int, size: int, *, by: str = AGENT) -> Outcome:
        return self.call("push", self.distribution.members, self.page(at, size), by=by)

    def paid(self) -> list[bool]:
        """Who was paid, by place."""
        words = [
            self.view("paymentsOf", self.distribution.id, at)[0]
            for at in range(len(self.lines) // 128 + 1)
        ]
        return [words[at // 128] >> at % 128 & 1 == 1 for at in range(len(self.lines))]
