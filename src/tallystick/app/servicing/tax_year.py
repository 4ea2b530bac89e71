"""A tax year: what was paid to whom, what was withheld, and what of it came back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec

from tallystick.app.keys import require_same
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.distributions import Announced, distributions, on_chain
from tallystick.app.servicing.payouts import ledger, record_of
from tallystick.app.servicing.taxes import Secret, forms, holding_of, secrets_of, table_of
from tallystick.core.errors import Refused
from tallystick.core.times import DAY_S, show_day
from tallystick.core.wallets import Wallet
from tallystick.securities.withholding.forms import EPOCH
from tallystick.securities.withholding.reclaims import Reclaim, reclaim
from tallystick.securities.withholding.tax_lines import TaxedPayment

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

RECLAIMED = "tax-reclaimed"
# Only this is repaid by the agent; backup withholding is credited on the return of the holder.
CHAPTER_3 = "1042-S"


class Reclaimed(msgspec.Struct, frozen=True, kw_only=True):
    """What came back of what a distribution withheld at one of its places, and on which UTC day."""

    key: str
    number: int
    place: int
    home: Wallet
    amount: str
    day: int


def payments(workspace: Workspace, year: int) -> list[TaxedPayment]:
    """All payments of a calendar year (UTC) of which something was decided, with what it was."""
    found: list[TaxedPayment] = []
    known = ledger(workspace)
    for announced in distributions(workspace):
        reference = on_chain(workspace, announced).reference
        record = known.by_reference(reference) if announced.withholding else None
        if record is None:
            continue
        in_year = {place for place, at_s in record.paid.items()
                   if datetime.fromtimestamp(at_s, UTC).year == year}  # fmt: skip
        found += _taxed(workspace, announced, year, in_year)
    return found


def _taxed(
    workspace: Workspace, announced: Announced, year: int, places: set[int]
) -> list[TaxedPayment]:
    """What came back within the year was never withheld, as far as the return goes.

    What came back later stands apart: on Form 1042-S in box 9.
    """
    decimals = cash_tokens.money(workspace, announced.cash).decimals
    back = _reclaimed(workspace)
    found: list[TaxedPayment] = []
    for place, (home, _, secret) in enumerate(secrets_of(workspace, announced.number)):
        if place not in places or secret is None:
            continue
        came = back.get((announced.number, place))
        if came and not workspace.outbox.done(f"{came.key}/reclaim"):
            came = None
        amount = int(came.amount) if came else 0
        late = amount if came and _year_of(came.day) > year else 0
        decision = secret.decision
        found.append(TaxedPayment(
            home=home, income=announced.income, gross=secret.gross, decimals=decimals,
            withheld=secret.amount - (amount - late), repaid=late, report=decision.report,
            income_code=decision.income_code, exemption_code=decision.exemption_code,
            rate_bps=decision.rate_bps, country=secret.country, status=secret.status,
        ))  # fmt: skip
    return found


def _year_of(day: int) -> int:
    return date.fromordinal(EPOCH.toordinal() + day).year


def _reclaimed(workspace: Workspace) -> dict[tuple[int, int], Reclaimed]:
    entries = workspace.journal.entries(RECLAIMED)
    found = (msgspec.convert(entry.body, Reclaimed) for entry in entries)
    return {(each.number, each.place): each for each in found}


def give_back(workspace: Workspace, announced: Announced, home: Wallet, *, key: str) -> int:
    """Repay a holder what his last form says was withheld too much, from the agent's cash.

    Returns what he gets. Raises `Refused` if nothing is to come back, or too late for the agent:
    the holder then asks the tax authority for it. Under the same key nothing is done twice.
    """
    made = _begun(workspace, announced, home, key) or _decide(workspace, announced, home, key)
    amount = sum(int(each.amount) for each in made)
    money = cash_tokens.money(workspace, announced.cash)
    receiver = workspace.book().registry.in_use(home)
    encode = cash_tokens.CASH.function("transfer").encode
    workspace.act_once("agent", f"{made[0].key}/reclaim", money.token,
                       lambda: encode(receiver, amount))  # fmt: skip
    return amount


def _begun(
    workspace: Workspace, announced: Announced, home: Wallet, key: str
) -> list[Reclaimed]:  # fmt: skip
    """What was decided under this key, or under another one and has not come back yet."""
    known = list(_reclaimed(workspace).values())
    under = [each for each in known if each.key == key]
    if under:
        require_same((announced.number, home), (under[0].number, under[0].home))
        return under
    his = [each for each in known if (each.number, each.home) == (announced.number, home)]
    unpaid = [each for each in his if not workspace.outbox.done(f"{each.key}/reclaim")]
    if not unpaid or not workspace.outbox.failed(f"{unpaid[0].key}/reclaim"):
        return unpaid
    # The chain refused it, and its key stands for that.
    return _write(workspace, [msgspec.structs.replace(each, key=key) for each in unpaid])


def _write(workspace: Workspace, made: list[Reclaimed]) -> list[Reclaimed]:
    bodies = [msgspec.to_builtins(each) for each in made]
    with workspace.engine.begin() as connection:
        workspace.journal.append_within(connection, RECLAIMED, bodies, at_s=workspace.now())
    return made


def _decide(workspace: Workspace, announced: Announced, home: Wallet, key: str) -> list[Reclaimed]:
    """Write down what comes back of every place of a holder."""
    record, today = record_of(workspace, announced), workspace.now() // DAY_S
    paid = record.paid if record else {}
    known = _reclaimed(workspace)
    made: list[Reclaimed] = []
    for place, (owner, _, secret) in enumerate(secrets_of(workspace, announced.number)):
        if owner != home or secret is None or place not in paid:
            continue
        if secret.decision.report != CHAPTER_3:
            continue
        back = _reclaim(workspace, announced, home, secret, paid[place] // DAY_S)
        if today >= back.until_day:
            raise Refused(
                "reclaim-too-late", f"The agent may repay until {show_day(back.until_day - 1)}",
                cure="Have the holder ask the tax authority for a refund.",
            )  # fmt: skip
        if back.amount and (announced.number, place) not in known:
            made.append(Reclaimed(key=key, number=announced.number, place=place, home=home,
                                  amount=str(back.amount), day=today))  # fmt: skip
    if not made:
        raise Refused(
            "nothing-to-reclaim", "Nothing was withheld too much by the form he gave",
            cure="See his form with `tax forms`; backup withholding is credited on his own return.",
        )  # fmt: skip
    money = cash_tokens.money(workspace, announced.cash)
    have = cash_tokens.balance(workspace, money, workspace.acting("agent"))
    owed = sum(int(each.amount) for each in made)
    if have < owed:
        raise cash_tokens.short(money, have, owed)
    return _write(workspace, made)


def _reclaim(
    workspace: Workspace, announced: Announced, home: Wallet, secret: Secret, paid_day: int
) -> Reclaim:
    form = forms(workspace).get(home)
    if form is None:
        raise Refused("nothing-to-reclaim", "He has given no form",
                      cure="Take his form with `tax form`.")  # fmt: skip
    holding = holding_of(workspace, workspace.book(), home, form)
    return reclaim(
        table_of(announced.withholding), announced.income, holding, form, gross=secret.gross,
        withheld=secret.amount, paid_day=paid_day,
    )  # fmt: skip
