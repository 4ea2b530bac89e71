"""Calls of a council in words: which function of which contract, with what; and what is missing."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app.servicing import baskets
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.services import deployed
from tallystick.core.errors import NotFound
from tallystick.core.times import show_time
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.contracts import Function, contract
from tallystick.securities.councils.policies import LIFE_S

if TYPE_CHECKING:
    from tallystick.app.councils.kept import Proposal, State
    from tallystick.app.workspace import Workspace

CONTRACTS = ("SecurityToken", "IdentityRegistry", "Distributor", "Offering", "Ballot", "Anchor",
             "Basket", "Cash", "Factory", "Council")  # fmt: skip
SHOWN_MAX = 6


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A call in words: the function, what it is called on, and its arguments."""

    function: str
    on: str
    arguments: tuple[str, ...]


@functools.cache
def _functions() -> dict[bytes, tuple[str, Function]]:
    """Functions that change something, by selector; with the first contract that has it."""
    found: dict[bytes, tuple[str, Function]] = {}
    for name in CONTRACTS:
        of = contract(name)
        for function in of.functions.values():
            if function.name not in of.views:
                found.setdefault(function.selector, (name, function))
    return found


def selectors_of(name: str) -> list[bytes]:
    """Selectors of a function of our contracts. Raises `NotFound` if none has it."""
    found = [selector for selector, (_, function) in _functions().items() if function.name == name]
    if not found:
        raise NotFound("function-unknown", f"No contract has a function {name!r} that changes "
                       "something", where="act", cure="See the contracts in the docs.")  # fmt: skip
    return found


def name_of(selector: bytes) -> str:
    """The name of a function, or its selector if it is not one of ours."""
    known = _functions().get(selector)
    return known[1].name if known else f"0x{selector.hex()}"


def contract_named(workspace: Workspace, name: str) -> Wallet:
    """The address of a security or a cash by its symbol. Raises `NotFound`."""
    known = {address_name: address for address, address_name in _names(workspace).items()}
    if name not in known:
        raise NotFound("contract-unknown", f"There is no security or cash {name!r}", where="act.on",
                       cure=f"Known are: {', '.join(sorted(known))}.")  # fmt: skip
    return known[name]


def _names(workspace: Workspace) -> dict[Wallet, str]:
    found = {workspace.founding.registry: "registry",
             Wallet(workspace.founding.platform.factory): "factory"}  # fmt: skip
    found |= {address: name.lower() for name, address in deployed(workspace).items()}
    found |= {each.token: each.symbol for each in cash_tokens.moneys(workspace)}
    found |= {each.token: each.symbol for each in workspace.securities()}
    found |= {each.at: f"basket {each.symbol}" for each in baskets.baskets(workspace)}
    if workspace.council is not None:
        found[workspace.council] = "council"
    return found


def told(workspace: Workspace, target: Wallet, data: bytes) -> Told:
    """A call in words."""
    on = _names(workspace).get(target, show_wallet(target))
    known = _functions().get(data[:4])
    if known is None:
        return Told(function=name_of(data[:4]), on=on, arguments=(f"0x{data[4:].hex()}",))
    _, function = known
    return Told(function=function.name, on=on,
                arguments=tuple(_shown(each) for each in function.arguments(data)))  # fmt: skip


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, str):
        return show_wallet(Wallet(value)) if value.startswith("0x") else value
    if isinstance(value, tuple | list):
        shown = ", ".join(_shown(each) for each in value[:SHOWN_MAX])
        more = f", … {len(value) - SHOWN_MAX} more" if len(value) > SHOWN_MAX else ""
        return f"({shown}{more})"
    return str(value)


def line(workspace: Workspace, found: Proposal) -> str:
    """A proposal in a few words."""
    said = told(workspace, found.target, found.call.data)
    return f"{said.function} on {said.on}"


def missing(state: State, groups: dict[Wallet, tuple[str, ...]]) -> str:
    """Who has to agree still, in words; empty if enough do."""
    policy = state.policy
    present = {group for each in state.agreed for group in groups.get(each, ())}
    lacking = [group for group in policy.groups if group not in present]
    count = max(policy.signatures - len(state.agreed), len(lacking) and 1)
    if not count:
        return ""
    what = "1 signature" if count == 1 else f"{count} signatures"
    return f"{what}, {' and '.join(lacking)} among them" if lacking else what


def standing(state: State, groups: dict[Wallet, tuple[str, ...]], now_s: int) -> str:
    """How a proposal stands, in words."""
    if state.executed:
        return "carried out"
    if not state.proposed_at:
        return "a reason and a document are to be stated"
    if now_s >= state.proposed_at + LIFE_S:
        return "lapsed"
    lacking = missing(state, groups)
    return f"{lacking} to come" if lacking else _ripening(state, now_s)


def _ripening(state: State, now_s: int) -> str:
    opens_at = state.ready_at + state.policy.delay_s
    if not state.ready_at:
        return "somebody has to agree anew"
    return f"waits until {show_time(opens_at)}" if now_s < opens_at else "can be carried out"
