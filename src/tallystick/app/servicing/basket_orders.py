"""Orders of a basket: creation and redemption in kind, signed by who orders them.

Whose key is kept here signs a permit of each asset and the order; the agent submits them. Who has
his own wallet is told which calls it must send.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from eth_account import Account

from tallystick.app import acts
from tallystick.app.calls import Call
from tallystick.app.keys import require_same
from tallystick.app.servicing.baskets import BASKET, Opened, asset_at, standing
from tallystick.app.servicing.cash import CASH
from tallystick.app.servicing.permits import permit
from tallystick.app.signing import DOMAIN_TYPE
from tallystick.app.workspace import TOKEN, Workspace
from tallystick.core.errors import Refused
from tallystick.core.units import BASIS_POINTS, show_quantity
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.contracts import revert_reason
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.chain.outbox import refusal
from tallystick.gateways.chain.rpc import RpcError
from tallystick.securities.baskets.in_kind import Part
from tallystick.securities.proposal import Movement

if TYPE_CHECKING:
    from tallystick.gateways.chain.intents import Done

VALID_S = 3_600
PART_TYPE = [{"name": "asset", "type": "address"}, {"name": "amount", "type": "uint256"}]
ORDER_TYPES = {
    "Creation": {"owner": "address", "units": "uint256", "most": "Part[]", "security": "address",
                 "number": "uint256", "deadline": "uint256"},
    "Take": {"trade": "bytes32", "taker": "address", "number": "uint256", "deadline": "uint256"},
    "Redemption": {"owner": "address", "units": "uint256", "least": "Part[]",
                   "receiver": "address", "forgone": "uint256", "security": "address",
                   "number": "uint256", "deadline": "uint256"},
}  # fmt: skip


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What so many units cost or bring now, and how many are issued for it or counted."""

    parts: tuple[Part, ...]
    units: int


# --- quote


def quote_creation(workspace: Workspace, made: Opened, units: int) -> Quote:
    """What units cost now; parts by address. Raises `Refused` unless they are whole lots."""
    lot = standing(workspace, made).lot
    if units % lot:
        places = workspace.security(made.symbol).decimals
        raise Refused("not-whole-lots", "Units are created in whole lots",
                      cure=f"Name a multiple of {show_quantity(lot, places)}.")  # fmt: skip
    try:
        parts, issued = workspace.view(BASKET, made.at, "quoteCreation", units)
    except RpcError as error:
        raise refusal(revert_reason(error.data), error.message) from error
    return Quote(parts=tuple(Part(*each) for each in parts), units=issued)


def quote_redemption(workspace: Workspace, made: Opened, units: int) -> Quote:
    """What units bring now; parts by address. Raises `Refused` if there are not so many."""
    if units > standing(workspace, made).supply:
        raise Refused("insufficient-balance", "There are not so many units",
                      cure="Redeem fewer.")  # fmt: skip
    parts = workspace.view(BASKET, made.at, "quoteRedemption", units)
    return Quote(parts=tuple(Part(*each) for each in parts), units=units)


# --- order


def create(
    workspace: Workspace, made: Opened, owner: Wallet, units: int, *, slack_bps: int, key: str
) -> Done:  # fmt: skip
    """Create units for somebody whose key is kept here, at no more than the quote and the slack.

    Raises `Refused` if he has not so much, or may not hold the units.
    """
    act = f"{key}/create"
    most: list[Part] = []
    if not workspace.known(act):
        quote = quote_creation(workspace, made, units)
        check_receiver(workspace, quote.parts, made.at)
        _check_participant(workspace, made, owner)
        _check(workspace, made, Movement.ISSUE, owner, quote.units)
        most = [_more(each, slack_bps) for each in quote.parts]
        require_all(workspace, quote.parts, owner)
        for limit in most:
            permit(workspace, owner, Wallet(limit.asset), made.at, limit.amount, key=key)

    def order() -> str:
        message = {"owner": owner, "units": units, "most": _listed(most)}
        signed = sign(workspace, made, "Creation", owner, message)
        return BASKET.function("createSigned").encode(owner, units, _tuples(most), signed)

    require_same_order(workspace, act, "createSigned", (owner, units))
    return workspace.act_once("agent", act, made.at, order)


def redeem(
    workspace: Workspace, made: Opened, owner: Wallet, units: int, *, slack_bps: int,
    receiver: Wallet, forgone: Sequence[Wallet] = (), key: str,
) -> Done:  # fmt: skip
    """Redeem units of somebody whose key is kept here, for no less than the quote but the slack.

    The assets go to the `receiver`, but for those `forgone`, which stay with the others.
    """
    act = f"{key}/redeem"
    least: list[Part] = []
    if not workspace.known(act):
        token = workspace.security(made.symbol).token
        _require(workspace, Part(token, units), owner)
        _check(workspace, made, Movement.RETURN, owner, units)
        least = _least(workspace, made, units, slack_bps, forgone)
        check_receiver(workspace, least, receiver)
        permit(workspace, owner, token, made.at, units, key=key)

    def order() -> str:
        bits = _bits(least, forgone)
        message = {"owner": owner, "units": units, "least": _listed(least), "receiver": receiver,
                   "forgone": bits}  # fmt: skip
        signed = sign(workspace, made, "Redemption", owner, message)
        order = (owner, units, _tuples(least), receiver, bits, signed)
        return BASKET.function("redeemSigned").encode(*order)

    require_same_order(workspace, act, "redeemSigned", (owner, units, None, receiver))
    return workspace.act_once("agent", act, made.at, order)


def _least(
    workspace: Workspace, made: Opened, units: int, slack_bps: int, forgone: Sequence[Wallet]
) -> list[Part]:  # fmt: skip
    """What somebody expects at the least: the quote but the slack, nothing of what he forgoes."""
    quoted = quote_redemption(workspace, made, units).parts
    return [Part(each.asset, 0) if each.asset in forgone else _less(each, slack_bps)
            for each in quoted]  # fmt: skip


# --- by one's own wallet


def calls_to_create(
    workspace: Workspace, made: Opened, units: int, *, slack_bps: int
) -> list[Call]:  # fmt: skip
    """What a wallet must send to create units."""
    quote = quote_creation(workspace, made, units)
    most = [_more(each, slack_bps) for each in quote.parts]
    data = BASKET.function("create").encode(units, _tuples(most))
    return [*approvals(workspace, made, most), Call("create the units", made.at, data)]


def calls_to_redeem(
    workspace: Workspace, made: Opened, units: int, *, slack_bps: int, receiver: Wallet,
    forgone: Sequence[Wallet] = (),
) -> list[Call]:  # fmt: skip
    """What a wallet must send to redeem units."""
    token = workspace.security(made.symbol).token
    least = _least(workspace, made, units, slack_bps, forgone)
    order = (units, _tuples(least), receiver, _bits(least, forgone))
    data = BASKET.function("redeem").encode(*order)
    return [*approvals(workspace, made, [Part(token, units)]),
            Call("redeem the units", made.at, data)]  # fmt: skip


def approvals(workspace: Workspace, made: Opened, parts: Sequence[Part]) -> list[Call]:
    """What a wallet must send so that the basket may take so much."""
    return [
        Call(f"let the basket take {asset_at(workspace, Wallet(each.asset)).name}",
             Wallet(each.asset), CASH.function("approve").encode(made.at, each.amount))
        for each in parts if each.amount
    ]  # fmt: skip


# --- what others sign for too


def check_receiver(workspace: Workspace, parts: Sequence[Part], who: Wallet) -> None:
    """Raise `Refused` if a security among what somebody shall receive does not let him have it."""
    securities = {each.token: each.symbol for each in workspace.securities()}
    for each in parts:
        symbol = securities.get(Wallet(each.asset))
        if symbol and each.amount and not workspace.view(TOKEN, each.asset, "canReceive", who):
            raise Refused(
                "may-not-hold", f"{show_wallet(who)} may not hold {symbol}",
                cure="Have him admitted there, a basket by `basket admit`; who redeems can name "
                     "another receiver, or do without it.",
            )  # fmt: skip


def require_same_order(
    workspace: Workspace, act: str, name: str, asked: Sequence[Wallet | int | None]
) -> None:  # fmt: skip
    """Raise `Conflict` if what was noted under a key is another order.

    `asked` are the first arguments of the function, None where any will do.
    """
    noted = workspace.noted(act)
    if noted is not None:
        ordered = [each.lower() if isinstance(each, str) else each
                   for each in BASKET.function(name).arguments(noted)]  # fmt: skip
        require_same([each for each in asked if each is not None],
                     [known for known, each in zip(ordered, asked, strict=False)
                      if each is not None])  # fmt: skip


def require_all(workspace: Workspace, parts: Sequence[Part], owner: Wallet) -> None:
    """Raise `Refused` unless somebody has so much of each asset."""
    for each in parts:
        _require(workspace, each, owner)


def permit_all(
    workspace: Workspace, made: Opened, owner: Wallet, parts: Sequence[Part], *, key: str
) -> None:
    """Have permits of assets submitted for somebody whose key is kept here, who has so much."""
    require_all(workspace, parts, owner)
    for each in parts:
        permit(workspace, owner, Wallet(each.asset), made.at, each.amount, key=key)


def sign(
    workspace: Workspace, made: Opened, kind: str, owner: Wallet, message: dict[str, Any]
) -> tuple[int, int, bytes, bytes]:
    """An order's deadline and signature, by the key that is kept for who orders."""
    security = workspace.security(made.symbol)
    fields = ORDER_TYPES[kind]
    known = {"security": security.token, "deadline": workspace.now() + VALID_S,
             "number": workspace.view(BASKET, made.at, "numberOf", owner)}  # fmt: skip
    whole = {name: {**known, **message}[name] for name in fields}
    types = {"EIP712Domain": DOMAIN_TYPE,
             kind: [{"name": name, "type": of} for name, of in fields.items()]}  # fmt: skip
    if "Part[]" in fields.values():
        types["Part"] = PART_TYPE
    typed = {
        "domain": acts.signed_domain(workspace, security) | {"verifyingContract": made.at},
        "primaryType": kind, "message": whole, "types": types,
    }  # fmt: skip
    return whole["deadline"], *_signer(workspace, owner).sign_typed(typed)


# --- inside


def _check_participant(workspace: Workspace, made: Opened, owner: Wallet) -> None:
    if standing(workspace, made).creators == "participants" and not workspace.view(
        BASKET, made.at, "isParticipant", owner
    ):
        raise Refused("not-a-participant", f"{show_wallet(owner)} is no participant",
                      cure="The manager makes him one with `basket participant`.")  # fmt: skip


def _check(
    workspace: Workspace, made: Opened, kind: Movement, owner: Wallet, units: int
) -> None:  # fmt: skip
    """Raise `Refused` with the first rule that keeps somebody from units, or units with him."""
    security = workspace.security(made.symbol)
    giver, taker = (None, owner) if kind is Movement.ISSUE else (owner, None)
    acts.require_allowed(acts.judge(workspace, security, kind, giver, taker, units))


def _more(part: Part, slack_bps: int) -> Part:
    return Part(part.asset, part.amount + -(-part.amount * slack_bps // BASIS_POINTS))


def _less(part: Part, slack_bps: int) -> Part:
    return Part(part.asset, part.amount * (BASIS_POINTS - slack_bps) // BASIS_POINTS)


def _tuples(parts: Sequence[Part]) -> list[tuple[str, int]]:
    return [(each.asset, each.amount) for each in parts]


def _bits(parts: Sequence[Part], among: Sequence[Wallet]) -> int:
    """Assets by the bit of their place."""
    return sum(1 << place for place, each in enumerate(parts) if each.asset in among)


def _listed(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [{"asset": each.asset, "amount": each.amount} for each in parts]


def _require(workspace: Workspace, part: Part, owner: Wallet) -> None:
    have = int(workspace.view(CASH, part.asset, "balanceOf", owner))
    if have < part.amount:
        of = asset_at(workspace, Wallet(part.asset))
        lacks = show_quantity(part.amount - have, of.decimals)
        raise Refused("assets-short", f"{show_wallet(owner)} lacks {lacks} of {of.name}",
                      cure="Let him acquire it first, or name fewer units.")  # fmt: skip


def _signer(workspace: Workspace, owner: Wallet) -> LocalSigner:
    return LocalSigner(Account.from_key(workspace.vault.key_of(owner)))
