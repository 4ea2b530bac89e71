"""What an audit compares: figures of our own beside those of contracts, or of our own again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.gateways.chain.contracts import Contract

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tallystick.app.workspace import Workspace

CALLS_AT_ONCE = 200


class Check(msgspec.Struct, frozen=True):
    """A figure that was calculated, and the view of a contract that must give the same."""

    what: str
    target: Contract
    address: str
    view: str
    args: tuple[Any, ...]
    folded: Any
    # What of the view's answer is compared.
    read: Callable[[Any], Any] = lambda answer: answer


def at_least(least: int) -> Callable[[Any], Any]:
    """Reads a figure of a contract as whether it is so much or more."""
    return lambda held: held >= least


class Fact(msgspec.Struct, frozen=True):
    """Something that was calculated anew, beside what is written down or told by logs."""

    what: str
    calculated: Any
    found: Any


class Difference(msgspec.Struct, frozen=True):
    """A place where what was calculated differs from what the chain, or a book, says."""

    what: str
    folded: str
    chain: str


def differences(
    workspace: Workspace, checks: Sequence[Check | Fact], block: int
) -> Iterator[Difference]:  # fmt: skip
    """Where checks do not hold, as of a block; contracts are asked for many figures at a time."""
    asked = [check for check in checks if isinstance(check, Check)]
    for check in checks:
        if isinstance(check, Fact) and check.calculated != check.found:
            yield Difference(check.what, str(check.calculated), str(check.found))
    calls: list[tuple[str, list[Any]]] = []
    for check in asked:
        data = check.target.function(check.view).encode(*check.args)
        calls.append(("eth_call", [{"to": check.address, "data": data}, hex(block)]))
    for check, answer in zip(asked, workspace.rpc.batch(calls), strict=True):
        found = check.read(check.target.function(check.view).decode(answer))
        if found != check.folded:
            yield Difference(check.what, str(check.folded), str(found))
