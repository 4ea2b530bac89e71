"""Distributions as tests declare, challenge and redirect them."""

from __future__ import annotations

from typing import Any

from eth_account import Account

from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claims
from tests.support.evm import TOKEN, Outcome
from tests.support.payouts import Payout
from tests.support.world import AGENT, World, wallet

ANN, BOB, CYD, DAN = (wallet(number) for number in range(1, 5))
DAY = 86_400
VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))


def payout(units: tuple[int, ...] = (50, 30, 20), *, hostile: bool = False) -> Payout:
    world = World()
    for at, each in enumerate(units, start=1):
        world.admit(wallet(at), claims=VERIFIED)
        if each:
            world.mint(wallet(at), each)
    return Payout(world, hostile=hostile)


def declared(**changes: Any) -> Payout:
    made = payout()
    made.plan(1_001, **changes)
    assert made.declare().ok
    return made


def challenged(lines: list[tuple[Wallet, int]], **changes: Any) -> Payout:
    """A distribution at a record date of the chain whose list is as given."""
    made = payout()
    assert made.evm.act(AGENT, TOKEN, made.world.token, "setRecordDate", 0).ok
    made.plan(1_000, lines, record_date=1, challenge_s=DAY, **changes)
    assert made.declare().ok
    return made


RIGHT = [(ANN, 50), (BOB, 30), (CYD, 20)]


def sides(made: Payout) -> tuple[Any, Any]:
    return made.announcement.members, made.distribution.members


SIGNER = Account.from_key(b"\x05" * 32)
HER = Wallet(SIGNER.address.lower())
BANK, REINVEST = 1, 2


def instructed(made: Payout, *, means: int = BANK, until: int = 2**40, nonce: int = 0,
               registry: str = "", key: Any = SIGNER) -> tuple[Any, ...]:  # fmt: skip
    """An instruction, signed."""
    members = {"wallet": "address", "registry": "address", "means": "uint256",
               "validUntil": "uint256", "nonce": "uint256"}  # fmt: skip
    signed = Account.sign_typed_data(
        key.key,
        domain_data={"name": "Tallystick", "version": "1", "chainId": 1,
                     "verifyingContract": made.distributor},
        message_types={"PaymentInstruction": [
            {"name": name, "type": kind} for name, kind in members.items()]},
        message_data={"wallet": HER, "registry": registry or made.world.registry_address,
                      "means": means, "validUntil": until, "nonce": nonce},
    )  # fmt: skip
    r, s = signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")
    return (means, until, signed.v, r, s)


def with_her(**changes: Any) -> tuple[Payout, int]:
    """A distribution in which she is owed a half, and her place in the list."""
    made = payout((30, 20))
    made.world.admit(HER, claims=VERIFIED)
    made.world.mint(HER, 50)
    assert made.plan(1_000, **changes).declare().ok
    return made, [one for one, _ in made.lines].index(HER)


def elsewhere_paid(made: Payout, at: int, taken: int, signed: Any, by: str = AGENT) -> Outcome:
    return made.call("payElsewhere", made.distribution.members, made.leaf(at), made.kept(at), taken,
                     signed, by=by)  # fmt: skip
