"""Compliance modules of T-REX, as their own package ships them, bind to a security and judge it."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import Contract
from tests.support.evm import REGISTRY, TOKEN
from tests.support.market import ANN, BOB, CAY, DAY_S, market
from tests.support.peers import TREX, peer
from tests.support.world import AGENT, OFFICER, STRANGER, World

GERMANY, FRANCE = 276, 250
FOLDER = "compliance/modular/modules"


class Bound:
    """A security to which one module of T-REX is bound and which has set it up."""

    def __init__(self, name: str, *settings: tuple[str, Any], before: World | None = None) -> None:
        self.world = before or market()
        self.evm, self.token = self.world.evm, self.world.token
        self.module: Contract = peer(TREX, f"{FOLDER}/{name}")
        self.address = self.evm.deploy(self.module.creation(), OFFICER)
        outcome = self.evm.act(OFFICER, self.module, self.address, "initialize")
        assert outcome.ok, outcome.reason
        self.token_act(OFFICER, "addModule", self.address)
        for function, value in settings:
            self.set(function, value)

    def token_act(self, caller: str, name: str, *args: Any) -> None:
        outcome = self.evm.act(caller, TOKEN, self.token, name, *args)
        assert outcome.ok, (name, outcome.reason)

    def set(self, function: str, value: Any) -> None:
        data = bytes.fromhex(self.module.function(function).encode(value)[2:])
        self.token_act(OFFICER, "callModuleFunction", data, self.address)

    def allows(self, sender: Wallet, receiver: Wallet, amount: int) -> bool:
        """Whether the chain lets it pass; the forecast must say the same."""
        code = self.evm.view(
            TOKEN, self.token, "detectTransferRestriction", sender, receiver, amount
        )
        outcome = self.evm.act(sender, TOKEN, self.token, "transfer", receiver, amount)
        assert outcome.ok == (code == 0)
        assert outcome.reason == ("" if outcome.ok else "module-refused")
        return outcome.ok

    def mints(self, receiver: Wallet, amount: int) -> bool:
        outcome = self.evm.act(AGENT, TOKEN, self.token, "mint", receiver, amount)
        assert outcome.reason in {"", "module-refused"}
        return outcome.ok


def test_country_allow() -> None:
    bound = Bound("CountryAllowModule", ("addAllowedCountry", FRANCE))
    assert not bound.allows(ANN, BOB, 1)
    bound.set("addAllowedCountry", GERMANY)
    assert bound.allows(ANN, BOB, 1)


def test_country_restrict() -> None:
    bound = Bound("CountryRestrictModule")
    assert bound.allows(ANN, BOB, 1)
    bound.set("addCountryRestriction", GERMANY)
    assert not bound.allows(ANN, BOB, 1)
    bound.set("removeCountryRestriction", GERMANY)
    assert bound.allows(ANN, BOB, 1)


def test_max_balance_is_kept_through_mint_transfer_force_and_burn() -> None:
    world = World()
    for who in (ANN, BOB):
        assert world.admit(who) == ""
        assert world.set_claim(who, 0, 65_535) == ""  # type: ignore[arg-type]
    bound = Bound("MaxBalanceModule", ("setMaxBalance", 100), before=world)
    assert bound.mints(ANN, 100)
    assert not bound.mints(ANN, 1)
    assert bound.mints(BOB, 60)
    assert not bound.allows(ANN, BOB, 41)
    assert bound.allows(ANN, BOB, 40)
    for name, kind, args in (
        ("burn", 3, (BOB, 50)),
        ("forcedTransfer", 2, (ANN, BOB, 10)),
    ):
        reason = (kind, *args[:-1], *(["0x" + "00" * 20] if kind == 3 else []), args[-1])
        bound.token_act(OFFICER, "registerReason", *reason, 1, b"\x01" * 32)
        bound.token_act(AGENT, name, *args)
    assert not bound.allows(ANN, BOB, 41)
    assert bound.allows(ANN, BOB, 40)


def test_supply_limit() -> None:
    bound = Bound("SupplyLimitModule", ("setSupplyLimit", 150))
    assert bound.mints(BOB, 50)
    assert not bound.mints(BOB, 1)


def test_limit_on_transfers_in_a_period() -> None:
    bound = Bound("TimeTransfersLimitsModule", ("setTimeTransferLimit", (DAY_S, 30)))
    assert bound.allows(ANN, BOB, 20)
    assert not bound.allows(ANN, CAY, 11)
    assert bound.allows(ANN, CAY, 10)
    bound.evm.advance(2 * DAY_S)
    assert bound.allows(ANN, CAY, 11)


def test_conditional_transfers() -> None:
    bound = Bound("ConditionalTransferModule")
    assert not bound.allows(ANN, BOB, 5)
    data = bound.module.function("approveTransfer").encode(ANN, BOB, 5)
    bound.token_act(OFFICER, "callModuleFunction", bytes.fromhex(data[2:]), bound.address)
    assert bound.allows(ANN, BOB, 5)
    assert not bound.allows(ANN, BOB, 5)


@pytest.mark.parametrize("name", ["moduleTransferAction", "moduleMintAction", "moduleBurnAction"])
def test_a_module_listens_to_its_security_alone(name: str) -> None:
    bound = Bound("MaxBalanceModule", before=World())
    args = (ANN, BOB, 1) if name == "moduleTransferAction" else (ANN, 1)
    assert not bound.evm.act(STRANGER, bound.module, bound.address, name, *args).ok


def test_modules_are_let_go_of() -> None:
    bound = Bound("CountryAllowModule", ("addAllowedCountry", FRANCE))
    assert bound.evm.view(TOKEN, bound.token, "getModules") == (bound.address,)
    bound.token_act(OFFICER, "removeModule", bound.address)
    assert bound.allows(ANN, BOB, 1)
    country = bound.evm.view(REGISTRY, bound.world.registry_address, "investorCountry", BOB)
    assert country == GERMANY
