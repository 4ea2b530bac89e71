"""Dealings of a fund: orders until a cut-off, a valuation after it, everybody settled at one price.

Who subscribes signs a payment that the agent takes when the price is known; nobody's money waits.
Redemptions are paid and destroyed as all others are, see `redemptions`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app import acts, anchors
from tallystick.app.acts import Reason
from tallystick.app.keys import require_same
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing import redemptions
from tallystick.app.servicing.cash import CASH
from tallystick.app.servicing.dealings import (
    KIND,
    ORDER,
    REFUSED,
    SETTLED,
    VALUED,
    Dealing,
    Placed,
    Valued,
    dealing,
    dealings,
    dealt,
    orders,
    placed,
    refused,
    valued,
)
from tallystick.app.servicing.redemptions import Wish
from tallystick.app.servicing.treasury import treasury
from tallystick.app.signing import DOMAIN_TYPE, signed_by_holder, signer_of
from tallystick.app.workspace import TOKEN, Workspace
from tallystick.core.errors import Conflict, Invalid, Refused
from tallystick.core.hashing import keccak
from tallystick.core.times import DAY_S, show_time
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.securities.funds import REDEEM, SUBSCRIBE, Bought, management_fee_down
from tallystick.securities.proposal import Movement
from tallystick.securities.redemptions import DEALING

if TYPE_CHECKING:
    from collections.abc import Callable

# A signed payment is good for so long after the cut-off.
PAYABLE_S = 30 * DAY_S
ORDER_TYPE = [
    {"name": "dealing", "type": "bytes32"}, {"name": "owner", "type": "address"},
    {"name": "units", "type": "uint256"},
]  # fmt: skip
PAYMENT_TYPE = [
    {"name": "from", "type": "address"}, {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"}, {"name": "validAfter", "type": "uint256"},
    {"name": "validBefore", "type": "uint256"}, {"name": "nonce", "type": "bytes32"},
]  # fmt: skip


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What a fund is worth: assets and liabilities in units of the cash, by which document.

    `first_price` of a whole unit is for a fund that has none yet.
    """

    assets: int
    liabilities: int
    document: bytes
    first_price: int = 0


def open_dealing(
    workspace: Workspace, symbol: str, cash: str, *, cut_off: int, gate_bps: int, fee_bps: int,
    key: str,
) -> Dealing:  # fmt: skip
    """Open a dealing: orders are taken until its cut-off, in UTC seconds.

    Nothing is done twice under one key. Raises `Conflict` while the one before is not settled.
    """
    known = next((each for each in dealings(workspace) if each.key == key), None)
    if known is not None:
        require_same(
            (symbol, cash, cut_off, gate_bps, fee_bps),
            (known.symbol, known.cash, known.cut_off, known.gate_bps, known.fee_bps),
        )
        return known  # fmt: skip
    workspace.security(symbol)
    cash_tokens.money(workspace, cash)
    before = [each for each in dealings(workspace) if each.symbol == symbol]
    if before and not is_settled(workspace, before[-1]):
        raise Conflict("dealing-open", f"Dealing {before[-1].number} of {symbol} is not settled",
                       cure=f"Settle it with `fund settle {before[-1].number}`.")  # fmt: skip
    if cut_off <= workspace.now():
        raise Invalid("cut-off-passed", "The cut-off has passed", where="--cut-off",
                      cure="Name a later time.")  # fmt: skip
    made = Dealing(
        number=len(dealings(workspace)) + 1, key=key, symbol=symbol, cash=cash, cut_off=cut_off,
        gate_bps=gate_bps, fee_bps=fee_bps, before=before[-1].number if before else 0,
    )  # fmt: skip
    workspace.journal.append(KIND, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def is_settled(workspace: Workspace, made: Dealing) -> bool:
    """Whether a dealing was settled."""
    return any(entry.body["number"] == made.number for entry in workspace.journal.entries(SETTLED))


# --- orders


def order(
    workspace: Workspace, number: int, owner: Wallet, kind: str, amount: int, *,
    signature: str = "", key: str,
) -> Placed:  # fmt: skip
    """Take an order until the cut-off, by its signature, or by the key that is kept for him.

    `amount` is cash or units. Raises `Conflict` after it, `Refused` if he has not so much.
    """
    known = next((each for each in placed(workspace, number) if each.key == key), None)
    if known is not None:
        require_same((owner, kind, str(amount)), (known.wallet, known.kind, known.amount))
        return known
    made = dealing(workspace, number)
    if workspace.now() >= made.cut_off:
        raise Conflict("dealing-closed", f"Orders were taken until {show_time(made.cut_off)}",
                       cure="Order in the next dealing.")  # fmt: skip
    (_require_cash if kind == SUBSCRIBE else _require_units)(workspace, made, owner, amount)
    typed = typed_for(workspace, made, owner, kind, amount, key)
    signature = signed_by_holder(workspace, owner, typed, signature,
                                 printed_by=f"fund {kind} --to-sign")  # fmt: skip
    stated = Placed(number=number, key=key, wallet=owner, kind=kind, amount=str(amount),
                    signature=signature)  # fmt: skip
    workspace.journal.append(ORDER, msgspec.to_builtins(stated), at_s=workspace.now())
    return stated


def typed_for(
    workspace: Workspace, made: Dealing, owner: Wallet, kind: str, amount: int, key: str
) -> dict[str, Any]:
    """What somebody signs for an order of a kind; that of a payment is bound to its key."""
    if kind == SUBSCRIBE:
        return typed_payment(workspace, made, owner, amount, key)
    return typed_order(workspace, made, owner, amount)


def _require_cash(workspace: Workspace, made: Dealing, owner: Wallet, amount: int) -> None:
    have = cash_tokens.balance(workspace, cash_tokens.money(workspace, made.cash), owner)
    promised = sum(int(each.amount) for each in placed(workspace, made.number)
                   if (each.wallet, each.kind) == (owner, SUBSCRIBE))  # fmt: skip
    if have < amount + promised:
        raise Refused("cash-short", f"{show_wallet(owner)} has not so much {made.cash}",
                      cure="Subscribe for less, or wait for the money.")  # fmt: skip


def _require_units(workspace: Workspace, made: Dealing, owner: Wallet, amount: int) -> None:
    token = workspace.security(made.symbol).token
    have = workspace.book().securities[token].balances.get(owner, 0)
    asked = sum(each.amount for each in orders(workspace, made)
                if (each.wallet, each.kind) == (owner, REDEEM))  # fmt: skip
    if have < amount + asked:
        raise Refused("insufficient-balance", f"{show_wallet(owner)} does not hold so many units",
                      cure="Redeem fewer.")  # fmt: skip


def typed_order(workspace: Workspace, made: Dealing, owner: Wallet, units: int) -> dict[str, Any]:
    """What a holder signs (EIP-712) to have units redeemed in a dealing."""
    return {
        "domain": {"name": "Tallystick", "version": "1", "chainId": workspace.chain_id,
                   "verifyingContract": workspace.security(made.symbol).token},
        "primaryType": "Redemption",
        "types": {"EIP712Domain": DOMAIN_TYPE, "Redemption": ORDER_TYPE},
        "message": {"dealing": keccak(text=f"dealing/{made.key}"), "owner": owner,
                    "units": units},
    }  # fmt: skip


def typed_payment(
    workspace: Workspace, made: Dealing, owner: Wallet, amount: int, key: str
) -> dict[str, Any]:
    """What a subscriber signs (ERC-3009) to pay the agent, once the price is known."""
    money = cash_tokens.money(workspace, made.cash)
    return {
        "domain": cash_tokens.domain(workspace, money),
        "primaryType": "ReceiveWithAuthorization",
        "types": {"EIP712Domain": DOMAIN_TYPE, "ReceiveWithAuthorization": PAYMENT_TYPE},
        "message": {"from": owner, "to": workspace.acting("agent"), "value": amount,
                    "validAfter": made.cut_off, "validBefore": made.cut_off + PAYABLE_S,
                    "nonce": keccak(text=f"dealing/{made.key}/{key}")},
    }  # fmt: skip


# --- value


def value(workspace: Workspace, number: int, worth: Worth) -> Valued:
    """State what the fund is worth after the cut-off; said twice the same it is noted once.

    The manager's fee runs from the dealing before. Raises `Conflict` before the cut-off.
    """
    made = dealing(workspace, number)
    if workspace.now() < made.cut_off:
        raise Conflict("dealing-not-closed", f"Orders are taken until {show_time(made.cut_off)}",
                       cure="Value it after the cut-off: nobody may know the price before."
                       )  # fmt: skip
    security = workspace.security(made.symbol)
    held = workspace.book().securities[security.token].balances
    own = treasury(workspace)
    outstanding = sum(units for wallet, units in held.items() if wallet not in own)
    since = dealing(workspace, made.before).cut_off if made.before else made.cut_off
    fee = management_fee_down(worth.assets - worth.liabilities, made.fee_bps,
                              (made.cut_off - since) // DAY_S)  # fmt: skip
    stated = Valued(
        number=number, assets=str(worth.assets), liabilities=str(worth.liabilities), fee=str(fee),
        outstanding=str(outstanding), document=worth.document.hex(),
        first_price=str(Fraction(worth.first_price, 10**security.decimals)),
    )  # fmt: skip
    known = valued(workspace, number)
    if known is not None:
        require_same((stated.assets, stated.liabilities, stated.document),
                     (known.assets, known.liabilities, known.document))  # fmt: skip
        return known
    _ = stated.valuation.price
    workspace.journal.append(VALUED, msgspec.to_builtins(stated), at_s=workspace.now())
    return stated


# --- settle


def settle(
    workspace: Workspace, number: int, *, report: Callable[[int, int], None] | None = None
) -> None:
    """Take payments and issue units, redeem those of who leaves; goes on where it was cut off.

    Who cannot pay, or to whom the rules let no units be issued, is refused and hinders nobody.
    """
    made = dealing(workspace, number)
    workspace.outbox.reconcile()
    if is_settled(workspace, made):
        return
    result = dealt(workspace, made)
    signed = [each for each in placed(workspace, number) if each.kind == SUBSCRIBE]
    for at, (bought, stated) in enumerate(zip(result.bought, signed, strict=True), start=1):
        _subscribe(workspace, made, bought, stated)
        if report is not None:
            report(at, len(signed))
    if any(each.units for each in result.sold):
        document = valued(workspace, number)
        wish = Wish(
            symbol=made.symbol, cash=made.cash, kind=DEALING, at_s=0,
            reason=Reason("redemption", bytes.fromhex(document.document if document else "")),
            units=made.number,
        )  # fmt: skip
        redeemed = redemptions.announce(workspace, wish, key=f"dealing/{made.key}")
        redemptions.carry_out(workspace, redeemed.number, report=report)
    anchors.anchor(workspace, workspace.security(made.symbol), key=f"dealing/{made.key}/settled")
    workspace.journal.append(SETTLED, {"number": number}, at_s=workspace.now())


def _subscribe(workspace: Workspace, made: Dealing, bought: Bought, stated: Placed) -> None:
    """Take a payment, issue units for it, and give back what is too little for another."""
    act, security = f"dealing/{made.key}/{stated.key}", workspace.security(made.symbol)
    if stated.key in refused(workspace, made.number):
        return
    if not bought.units:
        _refuse(workspace, made, stated, "too-little-for-a-unit")
        return
    if not workspace.known(f"{act}/pay"):
        verdict = acts.judge(workspace, security, Movement.ISSUE, None, bought.wallet, bought.units)
        if not verdict.allowed:
            _refuse(workspace, made, stated, verdict.refusals[0].code.label)
            return
    money = cash_tokens.money(workspace, made.cash)
    message = typed_payment(workspace, made, stated.wallet, bought.paid, stated.key)["message"]
    raw = bytes.fromhex(stated.signature.removeprefix("0x"))
    pay = CASH.function("receiveWithAuthorization").encode(
        *message.values(), raw[64], raw[:32], raw[32:64]
    )
    try:
        workspace.act("agent", [(f"{act}/pay", money.token, pay)])
    except Refused as error:
        _refuse(workspace, made, stated, error.code)
        return
    mint = TOKEN.function("mint").encode(bought.wallet, bought.units)
    workspace.act("agent", [(f"{act}/mint", security.token, mint)])
    if bought.back:
        back = CASH.function("transfer").encode(bought.wallet, bought.back)
        workspace.act("agent", [(f"{act}/back", money.token, back)])


def _refuse(workspace: Workspace, made: Dealing, stated: Placed, why: str) -> None:
    body = {"number": made.number, "key": stated.key, "why": why}
    workspace.journal.append(REFUSED, body, at_s=workspace.now())


def signed_by(workspace: Workspace, made: Dealing, stated: Placed) -> Wallet:
    """Who signed an order."""
    typed = typed_for(workspace, made, stated.wallet, stated.kind, int(stated.amount), stated.key)
    return signer_of(typed, stated.signature)
