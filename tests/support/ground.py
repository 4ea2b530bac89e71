"""The two sides of an issuer: contracts on a chain in this process, and the Python model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tallystick.core.errors import TallystickError
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.securities.packing import pack_rules
from tallystick.securities.proposal import RuleSet
from tallystick.securities.registry import Registry
from tallystick.securities.security import Security
from tests.support.comparing import Divergence, RecordDates
from tests.support.evm import (
    FACTORY,
    Evm,
    Outcome,
    address_in,
    deploy_all,
)

OWNER = Wallet("0x" + "0a" * 20)
AGENT = Wallet("0x" + "0b" * 20)
OFFICER = Wallet("0x" + "0c" * 20)
STRANGER = Wallet("0x" + "0d" * 20)
DOCUMENT = b"\x01" * 32
COURT_ORDER = 1


EVEN_LOTS = Path(__file__).parents[1] / "contracts" / "vyper" / "EvenLots.vy"


def wallet(number: int) -> Wallet:
    """A wallet of the tests by number."""
    return Wallet(f"0x{number + 0x1000:040x}")


class Ground:
    """An issuer with securities on both sides."""

    def __init__(self, rules: RuleSet = RuleSet(), *, classes: int = 1, reasons: bool = True,
                 issuer_limits: bool = False) -> None:  # fmt: skip
        self.evm = Evm()
        self.platform = deploy_all(self.evm, OWNER)
        self.registry_address = address_in(
            self._must(
                OWNER, FACTORY, self.platform.factory, "createRegistry", OWNER, AGENT, OFFICER
            )
        )
        self.registry = Registry()
        self.tokens: list[Wallet] = []
        self.models: list[Security] = []
        self.modules: list[Wallet | None] = [None] * classes
        self.past = [RecordDates() for _ in range(classes)]
        for number in range(classes):
            self._issue(number, rules, reasons=reasons, issuer_limits=issuer_limits)

    def _issue(self, number: int, rules: RuleSet, *, reasons: bool, issuer_limits: bool) -> None:
        terms = (
            f"Class {number}", f"C{number}", 0, bytes([number + 1]) * 32, self.registry_address,
            NOBODY, OWNER, AGENT, OFFICER, reasons, issuer_limits, pack_rules(rules),
        )  # fmt: skip
        outcome = self._must(OWNER, FACTORY, self.platform.factory, "issue", terms)
        self.tokens.append(address_in(outcome))
        model = Security(registry=self.registry, joined_issuer_limits=issuer_limits)
        model.set_rules(rules)
        self.models.append(model)

    @property
    def token(self) -> Wallet:
        return self.tokens[0]

    @property
    def model(self) -> Security:
        return self.models[0]

    @property
    def now(self) -> int:
        return self.evm.now

    def _must(self, sender: str, target: Any, to: str, name: str, *args: Any) -> Outcome:
        outcome = self.evm.act(sender, target, to, name, *args)
        if not outcome.ok:
            raise Divergence(f"{name}{args} reverted on chain: {outcome.reason}")
        return outcome

    def both(self, outcome: Outcome, model_act: Any) -> str:
        """Compare an act done on chain with the same act on the model; return the error code."""
        try:
            model_act()
        except TallystickError as error:
            if outcome.ok or outcome.reason != error.code:
                raise Divergence(f"model: {error.code}, chain: {outcome.reason or 'ok'}") from error
            return error.code
        if not outcome.ok:
            raise Divergence(f"model: ok, chain: {outcome.reason}")
        return ""
