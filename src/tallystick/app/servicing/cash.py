"""The money that securities are paid in: cash tokens, ours or others', by their symbols."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import Conflict, Invalid, NotFound, Refused
from tallystick.core.units import DECIMALS_MAX, show_money
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.blocks import last_time
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.rpc import RpcError

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.intents import Done

CASH = contract("Cash")
KIND = "cash"
_SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,15}")


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """A cash token; `issued` if it is our own, which can be minted."""

    key: str
    symbol: str
    name: str
    decimals: int
    token: Wallet
    issued: bool


def moneys(workspace: Workspace) -> list[Money]:
    """The cash tokens in use, in the order in which they were taken up."""
    return [msgspec.convert(entry.body, Money) for entry in workspace.journal.entries(KIND)]


def money(workspace: Workspace, symbol: str) -> Money:
    """A cash token by its symbol. Raises `NotFound` if it was not taken up."""
    known = {each.symbol: each for each in moneys(workspace)}
    if symbol not in known:
        raise NotFound("cash-unknown", f"There is no cash {symbol!r}", where="cash",
                       cure=f"Known are: {', '.join(known) or 'none yet'}; `cash issue` makes "
                            "some, `cash use` takes up a token that is there.")  # fmt: skip
    return known[symbol]


def issue(workspace: Workspace, symbol: str, name: str, decimals: int, *, key: str) -> Money:
    """Make a cash token of our own, minted by the agent. Nothing is done twice under one key."""
    if not _SYMBOL.fullmatch(symbol):
        raise Invalid("cash-symbol-malformed", f"{symbol!r} is no symbol of a cash", where="symbol",
                      cure="Choose one of up to 16 letters, digits, points and hyphens."
                      )  # fmt: skip
    if not 0 <= decimals <= DECIMALS_MAX:
        raise Invalid("decimals-out-of-range", f"{decimals} decimals are too many",
                      where="--decimals", cure=f"Choose 0 to {DECIMALS_MAX}.")  # fmt: skip
    known = _known(workspace, symbol, key)
    if known is not None:
        return known
    signer = workspace.keystore.signer("owner")
    agent = workspace.acting("agent")
    data = CASH.creation(name, symbol, decimals, workspace.acting("owner"))
    [done] = workspace.outbox.carry_out([Intent(f"{key}/cash", signer.wallet, "", data)], signer)
    token = Wallet(done.created)
    call = CASH.function("addAgent").encode(agent)
    workspace.act("owner", [(f"{key}/addAgent", token, call)])
    made = Money(key=key, symbol=symbol, name=name, decimals=decimals, token=token, issued=True)
    workspace.journal.append(KIND, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def use(workspace: Workspace, token: Wallet, *, key: str) -> Money:
    """Take up a cash token that is on the chain. Raises `Invalid` if there is no ERC-20."""
    try:
        symbol, name, decimals = (
            workspace.view(CASH, token, view) for view in ("symbol", "name", "decimals")
        )
    except (RpcError, ValueError, OverflowError):
        raise Invalid("cash-without-code", "There is no ERC-20 token at that address",
                      where="token", cure="Check the address and the chain.") from None  # fmt: skip
    known = _known(workspace, symbol, key)
    if known is not None:
        return known
    if not _SYMBOL.fullmatch(symbol) or not 0 <= decimals <= DECIMALS_MAX:
        raise Invalid("cash-symbol-malformed", "Its symbol or its decimals are not those of money",
                      where="token", cure="Use another cash token.")  # fmt: skip
    made = Money(key=key, symbol=symbol, name=name, decimals=decimals, token=token, issued=False)
    workspace.journal.append(KIND, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def mint(workspace: Workspace, cash: Money, receiver: Wallet, units: int, *, key: str) -> Done:
    """Mint cash of our own, by the agent. Raises `Refused` for somebody else's."""
    if not cash.issued:
        raise Refused("cash-of-another", f"{cash.symbol} is issued by somebody else",
                      cure="Buy some, or try it with `cash issue`.")  # fmt: skip
    data = CASH.function("mint").encode(receiver, units)
    [done] = workspace.act("agent", [(f"{key}/mint", cash.token, data)])
    return done


def balance(workspace: Workspace, cash: Money, wallet: Wallet) -> int:
    """What a wallet has of it, in its smallest units."""
    return int(workspace.view(CASH, cash.token, "balanceOf", wallet))


def domain(workspace: Workspace, cash: Money) -> dict[str, object]:
    """The EIP-712 domain of a cash token: as it says (ERC-5267), or by its name and version 1."""
    name, version = cash.name, "1"
    with contextlib.suppress(RpcError, ValueError, OverflowError):
        _, name, version, *_ = workspace.view(CASH, cash.token, "eip712Domain")
    return {"name": name, "version": version, "chainId": workspace.chain_id,
            "verifyingContract": cash.token}  # fmt: skip


def short(cash: Money, have: int, units: int) -> Refused:
    """That the agent has not so much cash as is to be paid."""
    has, owed = (show_money(each, cash.decimals) for each in (have, units))
    return Refused(
        "cash-short", f"The agent has {has} {cash.symbol}, {owed} are to be paid",
        cure="Send the agent's wallet what is missing; `cash balance` shows it.",
    )  # fmt: skip


def allow(
    workspace: Workspace, cash: Money, spender: Wallet, units: int, *, since_s: int = 0, key: str
) -> None:
    """Let a contract take so much cash of the agent, whatever it might take before.

    Afterwards there is a block that is not before `since_s`, in UTC seconds, for whoever asks what
    the chain would do: nodes answer as of the time of the last block. Raises `Refused` if he has
    not so much.
    """
    agent = workspace.acting("agent")
    have = balance(workspace, cash, agent)
    if have < units:
        raise short(cash, have, units)
    attempt = 1
    while workspace.known(f"{key}/approve/{attempt}"):
        allowed = workspace.view(CASH, cash.token, "allowance", agent, spender)
        if allowed >= units and last_time(workspace.rpc) >= since_s:
            return
        attempt += 1
    data = CASH.function("approve").encode(spender, units)
    workspace.act("agent", [(f"{key}/approve/{attempt}", cash.token, data)])


def _known(workspace: Workspace, symbol: str, key: str) -> Money | None:
    """What was taken up under this key. Raises `Conflict` if the symbol is taken."""
    for each in moneys(workspace):
        if each.key == key:
            return each
        if each.symbol == symbol:
            raise Conflict("cash-known-already", f"There is a cash {symbol!r} already",
                           cure="Use that, or another symbol.")  # fmt: skip
    return None
