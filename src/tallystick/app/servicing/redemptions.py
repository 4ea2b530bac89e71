"""Redemption of units for money: announced, recorded, paid for through the distributor, destroyed.

Money is set apart for whose units are redeemed before the first of them is destroyed. Each step is
done once; carrying out again goes on where it stopped.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app import acts, anchors
from tallystick.app.acts import Reason, published
from tallystick.app.keys import require_same
from tallystick.app.servicing import called, dealings, distributions
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.called import Recorded, Redemption, Tender
from tallystick.app.servicing.distributions import Announced, Plan
from tallystick.app.servicing.treasury import treasury
from tallystick.app.signing import DOMAIN_TYPE, signed_by_holder
from tallystick.app.workspace import TOKEN, ListedSecurity, Workspace
from tallystick.core.errors import Conflict, Invalid, Refused
from tallystick.core.times import DAY_S, show_date, show_time
from tallystick.core.units import BASIS_POINTS, half_up, parse_exact
from tallystick.core.wallets import NOBODY, Wallet, show_wallet
from tallystick.gateways.chain.blocks import last_time, wait_until
from tallystick.gateways.chain.parts import Work
from tallystick.securities import redemptions
from tallystick.securities.bonds.bond_terms import BondTerms, bond_of, day_of
from tallystick.securities.bonds.calendars import ROLLS
from tallystick.securities.bonds.cash_flows import Bond, accrued_fraction

if TYPE_CHECKING:
    from collections.abc import Callable


BURNED_AT_ONCE = 100
TENDER_TYPE = [
    {"name": "redemption", "type": "bytes32"}, {"name": "owner", "type": "address"},
    {"name": "units", "type": "uint256"}, {"name": "deadline", "type": "uint256"},
]  # fmt: skip


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be redeemed: `price` of a whole unit or the whole `amount`, in units of the cash.

    For bonds the price of a redemption at maturity or by call follows from their terms. `units` are
    so many of the smallest, 0 for all.
    """

    symbol: str
    cash: str
    kind: str
    at_s: int
    reason: Reason
    price: int = 0
    amount: int = 0
    units: int = 0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a redemption has come: its distributions, units destroyed and left, and its state."""

    state: str
    distributions: tuple[int, ...]
    destroyed: int
    left: int


# --- announce


def announce(workspace: Workspace, wish: Wish, *, key: str) -> Redemption:
    """Write down that units will be redeemed; nothing is done twice under one key.

    Raises `Refused` if the terms do not allow it then.
    """
    stands = next((each for each in called.all_redemptions(workspace) if each.key == key), None)
    if stands is not None:
        require_same(
            (wish.symbol, wish.cash, wish.kind, _text(wish.units), wish.reason.code),
            (stands.symbol, stands.cash, stands.kind, stands.units, stands.code),
        )
        return stands  # fmt: skip
    security = workspace.security(wish.symbol)
    money = cash_tokens.money(workspace, wish.cash)
    _check_alone(workspace, security)
    price, accrued = _priced(security, wish, money.decimals, workspace.now())
    supply = workspace.book().securities[security.token].supply
    if wish.units > supply and wish.kind != redemptions.DEALING:
        raise Refused("units-too-few", f"There are {supply} units, {wish.units} are to be redeemed",
                      cure="Name fewer, or leave the quantity out for all.")  # fmt: skip
    made = Redemption(
        number=len(called.all_redemptions(workspace)) + 1, key=key, symbol=wish.symbol,
        cash=wish.cash, kind=wish.kind, at_s=wish.at_s, code=wish.reason.code,
        document=wish.reason.document.hex(), published=published(workspace, wish.reason, key).hex(),
        price=_text(price), amount=_text(wish.amount), units=_text(wish.units), accrued=accrued,
    )  # fmt: skip
    workspace.journal.append(called.KIND, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def _text(number: int) -> str:
    return str(number) if number else ""


def _check_alone(workspace: Workspace, security: ListedSecurity) -> None:
    for each in called.all_redemptions(workspace):
        if each.symbol == security.symbol and each.number not in called.ended(workspace):
            raise Conflict(
                "redemption-under-way", f"Redemption {each.number} of {each.symbol} goes on",
                cure="Carry it out, or withdraw it, first.",
            )  # fmt: skip


def bond_terms(security: ListedSecurity) -> BondTerms | None:
    """What the terms say of a security as a bond, if it is one."""
    found = security.terms.get("bond")
    return msgspec.convert(found, BondTerms) if found else None


def bond(security: ListedSecurity) -> tuple[BondTerms, Bond]:
    """A security as a bond. Raises `Refused` if its terms do not say what a bond is."""
    terms, rights = bond_terms(security), security.terms["rights"]
    if terms is None:
        raise Refused("no-bond", f"{security.symbol} has no terms of a bond",
                      cure="Terms of a bond stand in `[security.bond]`.")  # fmt: skip
    return terms, bond_of(terms, coupon_bps=rights["coupon_bps"], day_count=rights["day_count"],
                          maturity_s=rights["maturity_s"])  # fmt: skip


def _priced(security: ListedSecurity, wish: Wish, decimals: int, now_s: int) -> tuple[int, str]:
    """The price of a whole unit in units of the cash, and the interest accrued on it."""
    if wish.kind not in {redemptions.MATURITY, redemptions.CALL}:
        named = (wish.price != 0) + (wish.amount != 0)
        may_be_neither = wish.kind in {redemptions.LIQUIDATION, redemptions.DEALING}
        if named != 1 and (named or not may_be_neither):
            raise Invalid("price-needed", "Either a price or an amount must be stated",
                          cure="Name one of the two.")  # fmt: skip
        return wish.price, ""
    terms, known = bond(security)
    day = day_of(wish.at_s)
    nominal = parse_exact(terms.nominal) * 10**decimals
    if wish.kind == redemptions.MATURITY:
        due = ROLLS[known.roll](known.maturity, known.calendar)
        if day < due:
            raise Refused("before-maturity", f"It is redeemed on {due}, its maturity",
                          where="--at", cure="Name that day, or call it if its terms allow."
                          )  # fmt: skip
        return half_up(nominal), ""
    bps = terms.call_price_bps(day)
    if not bps:
        raise Refused("not-callable", f"The issuer may not call it on {day}", where="--at",
                      cure="Its terms name from when he may.")  # fmt: skip
    notice = timedelta(days=terms.call_notice_days)
    if day < day_of(now_s) + notice:
        raise Refused(
            "call-notice", f"A call needs notice of {terms.call_notice_days} days", where="--at",
            cure=f"Name {show_date(now_s + terms.call_notice_days * DAY_S)} or a later day.",
        )  # fmt: skip
    accrued = nominal * accrued_fraction(known, day)
    return half_up(nominal * Fraction(bps, BASIS_POINTS)), str(accrued) if accrued else ""


def maturity_s(security: ListedSecurity) -> int:
    """When a bond is redeemed by its terms: the first second of the day on which that is paid."""
    _, known = bond(security)
    day = ROLLS[known.roll](known.maturity, known.calendar)
    return int(datetime.combine(day, time(), UTC).timestamp())


def abandon(workspace: Workspace, number: int) -> None:
    """End a redemption whose payment was stopped: its units stay, and the security goes on.

    Raises `Conflict` while it can still be paid; said twice it is noted once.
    """
    redeemed = called.redemption(workspace, number)
    record = called.recorded(workspace, number)
    if number in called.ended(workspace):
        return
    if record is None:
        withdraw(workspace, number)
        return
    made = [each for each in distributions.distributions(workspace) if each.redemption == number]
    if not made or any(distributions.opens_at(workspace, each) is not None for each in made):
        raise Conflict("redemption-being-paid", "Its payment was not stopped",
                       cure=f"Go on with `redemption carry-out {number}`.")  # fmt: skip
    security = workspace.security(redeemed.symbol)
    if not record.paused:
        acts.agent_act(workspace, security.token, "unpause", (), key=redeemed.key)
    _end(workspace, redeemed, "abandoned")


def withdraw(workspace: Workspace, number: int) -> None:
    """Take back a redemption that has no record date yet; said twice it is noted once."""
    redeemed = called.redemption(workspace, number)
    if number in called.ended(workspace):
        return
    if called.recorded(workspace, number) is not None:
        raise Conflict("redemption-begun", "It has its record date and is being paid",
                       cure=f"Go on with `redemption carry-out {number}`.")  # fmt: skip
    _end(workspace, redeemed, "withdrawn")


def _end(workspace: Workspace, redeemed: Redemption, state: str) -> None:
    body = {"number": redeemed.number, "state": state}
    workspace.journal.append(called.ENDED, body, at_s=workspace.now())


# --- tender


def typed_tender(
    workspace: Workspace, redeemed: Redemption, owner: Wallet, units: int
) -> dict[str, Any]:
    """What a holder signs (EIP-712) to tender units to a buy-back; 0 units take a tender back."""
    token = workspace.security(redeemed.symbol).token
    return {
        "domain": {"name": "Tallystick", "version": "1", "chainId": workspace.chain_id,
                   "verifyingContract": token},
        "primaryType": "Tender",
        "types": {"EIP712Domain": DOMAIN_TYPE, "Tender": TENDER_TYPE},
        "message": {"redemption": bytes.fromhex(redeemed.published), "owner": owner,
                    "units": units, "deadline": redeemed.at_s},
    }  # fmt: skip


def tender(
    workspace: Workspace, number: int, owner: Wallet, units: int, *, signature: str = ""
) -> Tender:
    """Note that a holder tenders units: by his signature, or by his key if it is kept here.

    Raises `Refused` if he does not hold so many, `Conflict` if the buy-back takes none any more.
    """
    redeemed = called.redemption(workspace, number)
    if redeemed.kind != redemptions.BUY_BACK or number in called.ended(workspace):
        raise Conflict("no-buy-back", f"Redemption {number} takes no tenders",
                       cure="`redemption list` shows which one does.")  # fmt: skip
    deadline = redeemed.at_s
    if called.recorded(workspace, number) is not None or workspace.now() > deadline:
        raise Conflict("tenders-closed", f"Tenders were taken until {show_time(deadline)}",
                       cure="Sell them otherwise.")  # fmt: skip
    security = workspace.security(redeemed.symbol)
    held = workspace.book().securities[security.token].balances.get(owner, 0)
    if units > held:
        raise Refused("insufficient-balance", f"{show_wallet(owner)} does not hold so many units",
                      cure="Name a smaller quantity.")  # fmt: skip
    typed = typed_tender(workspace, redeemed, owner, units)
    signature = signed_by_holder(workspace, owner, typed, signature,
                                 printed_by="redemption tender --to-sign")  # fmt: skip
    made = Tender(number=number, wallet=owner, units=str(units), deadline=deadline,
                  signature=signature)  # fmt: skip
    if made not in called.tenders(workspace, number)[-1:]:
        workspace.journal.append(called.TENDER, msgspec.to_builtins(made), at_s=workspace.now())
    return made


# --- carry out


def carry_out(
    workspace: Workspace, number: int, *, challenge_s: int = 0,
    report: Callable[[int, int], None] | None = None,
) -> Progress:  # fmt: skip
    """Record holders, set their money apart, and destroy their units; goes on where it stopped.

    From the record date on the security is paused: for good if all units go, else until theirs are
    destroyed. Raises `Conflict` before its day, and while its payment can still be stopped.
    """
    workspace.outbox.reconcile()
    redeemed = called.redemption(workspace, number)
    if number in called.ended(workspace):
        return progress(workspace, redeemed)
    if workspace.now() < redeemed.at_s:
        raise Conflict("redemption-ahead", f"It may begin at {show_time(redeemed.at_s)}",
                       cure="Wait until then.")  # fmt: skip
    security = workspace.security(redeemed.symbol)
    record = _record(workspace, redeemed, security)
    lines = called.lines(workspace, redeemed)
    begun = [each.challenge_s for each in distributions.distributions(workspace)
             if each.redemption == number]  # fmt: skip
    challenge_s = begun[0] if begun else challenge_s
    for plan, step in _plans(workspace, redeemed, lines, record, challenge_s):
        made = distributions.announce(workspace, plan, key=f"{redeemed.key}/{step}")
        _check_open(workspace, made)
    # Within the second of the record time what is destroyed would not have been held.
    wait_until(workspace.now, record.record_at)
    _burn(workspace, redeemed, security, lines, record, report)
    if not record.paused and workspace.book().securities[security.token].supply:
        acts.agent_act(workspace, security.token, "unpause", (), key=redeemed.key)
    anchors.anchor(workspace, security, key=redeemed.key)
    _end(workspace, redeemed, "redeemed")
    return progress(workspace, redeemed)


def _record(workspace: Workspace, redeemed: Redemption, security: ListedSecurity) -> Recorded:
    known = called.recorded(workspace, redeemed.number)
    if known is not None:
        return known
    paused = bool(workspace.view(TOKEN, security.token, "paused"))
    before = paused and not workspace.known(f"{redeemed.key}/pause")
    if not before:
        acts.agent_act(workspace, security.token, "pause", (), key=redeemed.key)
    made = Recorded(number=redeemed.number, record_at=last_time(workspace.rpc) + 1,
                    treasury=treasury(workspace), paused=before)  # fmt: skip
    held = workspace.book().securities[security.token].balances
    called.select(workspace, redeemed, held, made.treasury)
    workspace.journal.append(called.RECORDED, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def _plans(
    workspace: Workspace, redeemed: Redemption, lines: list[tuple[Wallet, int]], record: Recorded,
    challenge_s: int,
) -> list[tuple[Plan, str]]:  # fmt: skip
    """What is paid for the units, and the interest that has accrued on them."""
    security = workspace.security(redeemed.symbol)
    units = sum(each for _, each in lines)
    principal = int(redeemed.amount or 0)
    if redeemed.price:
        principal = redemptions.price_of(units, int(redeemed.price), security.decimals)
    elif redeemed.kind == redemptions.DEALING:
        principal = dealings.proceeds_down(workspace, int(redeemed.units), units)
    income = "liquidation" if redeemed.kind == redemptions.LIQUIDATION else "redemption"
    plan = Plan(
        symbol=redeemed.symbol, cash=redeemed.cash, amount=principal, income=income,
        record_at=record.record_at, challenge_s=challenge_s, expires_at=0,
        document=bytes.fromhex(redeemed.document), redemption=redeemed.number,
    )  # fmt: skip
    found = [(plan, "principal")] if principal else []
    if redeemed.accrued:
        whole = Fraction(redeemed.accrued) * Fraction(units, 10**security.decimals)
        interest = msgspec.structs.replace(plan, amount=half_up(whole), income="interest")
        found.append((interest, "interest"))
    return found


def _check_open(workspace: Workspace, made: Announced) -> None:
    """Raise `Conflict` unless a distribution is published, and can be stopped no more."""
    opens_at = distributions.opens_at(workspace, made)
    if opens_at is None:
        raise Conflict(
            "redemption-unpaid", f"Distribution {made.number}, which pays it, was stopped",
            cure="Settle with the holders otherwise, then end it with `redemption abandon`.",
        )  # fmt: skip
    if opens_at > workspace.now():
        raise Conflict(
            "redemption-challengeable",
            f"Distribution {made.number} can be stopped until {show_time(opens_at)}",
            cure="Carry the redemption out again then; until then no unit is destroyed.",
        )  # fmt: skip


def _burn(
    workspace: Workspace, redeemed: Redemption, security: ListedSecurity,
    lines: list[tuple[Wallet, int]], record: Recorded,
    report: Callable[[int, int], None] | None,
) -> None:  # fmt: skip
    """Destroy the units, each holder's once; the officer states the reason first."""
    gone = lines + called.own_units(workspace, redeemed, record)
    reason = Reason(redeemed.code, bytes.fromhex(redeemed.document))
    number, told = reason.number, bytes.fromhex(redeemed.published)
    encode_reason = TOKEN.function("registerReason").encode
    if workspace.view(TOKEN, security.token, "reasonsRequired"):
        for start in range(0, len(gone), BURNED_AT_ONCE):
            part = gone[start : start + BURNED_AT_ONCE]
            workspace.act("officer", [
                (f"{redeemed.key}/reason/{wallet}", security.token,
                 encode_reason(acts.REDEMPTION, wallet, NOBODY, units, number, told))
                for wallet, units in part
            ])  # fmt: skip
    encode = TOKEN.function("batchBurn").encode
    work = Work(
        f"{redeemed.key}/burn", security.token, len(gone),
        lambda start, end: encode([wallet for wallet, _ in gone[start:end]],
                                  [units for _, units in gone[start:end]]),
    )  # fmt: skip
    workspace.act_on_many("agent", work, report=report)


def progress(workspace: Workspace, redeemed: Redemption) -> Progress:
    """How far a redemption has come."""
    ended = called.ended(workspace)
    record = called.recorded(workspace, redeemed.number)
    state = ended.get(redeemed.number, "announced" if record is None else "under way")
    made = tuple(each.number for each in distributions.distributions(workspace)
                 if each.redemption == redeemed.number)  # fmt: skip
    supply = workspace.book().securities[workspace.security(redeemed.symbol).token].supply
    destroyed = 0
    if record is not None and state == "redeemed":
        destroyed = sum(units for _, units in called.lines(workspace, redeemed))
        destroyed += sum(units for _, units in called.own_units(workspace, redeemed, record))
    return Progress(state=state, distributions=made, destroyed=destroyed, left=supply)
