"""Hashes with the time at which somebody stated them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.services import deploy_service
from tests.support.evm import Evm, Outcome
from tests.support.world import AGENT, STRANGER, World

ANCHOR = contract("Anchor")
SUBJECT, HASH = b"\x01" * 32, b"\x02" * 32


def made() -> tuple[Evm, str]:
    evm = World().evm
    return evm, deploy_service("Anchor", lambda _name, data: evm.deploy(data))


def stated(evm: Evm, address: str, *, by: str = AGENT, kind: int = 1, digest: bytes = HASH
           ) -> Outcome:  # fmt: skip
    return evm.act(by, ANCHOR, address, "anchor", [(kind, SUBJECT, digest)])


def test_a_hash_keeps_the_time_at_which_it_was_first_stated() -> None:
    evm, address = made()
    assert evm.view(ANCHOR, address, "firstStated", AGENT, SUBJECT, HASH) == 0
    assert stated(evm, address).ok
    first = evm.view(ANCHOR, address, "firstStated", AGENT, SUBJECT, HASH)
    evm.advance(100)
    assert stated(evm, address).ok
    assert evm.view(ANCHOR, address, "firstStated", AGENT, SUBJECT, HASH) == first > 0


def test_who_states_a_hash_states_it_for_himself() -> None:
    evm, address = made()
    assert stated(evm, address, by=STRANGER).ok
    assert evm.view(ANCHOR, address, "firstStated", AGENT, SUBJECT, HASH) == 0


REASONS: dict[str, Callable[[], Outcome]] = {
    "kind-out-of-range": lambda: stated(*made(), kind=0),
    "hash-empty": lambda: stated(*made(), digest=bytes(32)),
}


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_is_given(reason: str) -> None:
    outcome = REASONS[reason]()
    assert (outcome.ok, outcome.reason) == (False, reason)
