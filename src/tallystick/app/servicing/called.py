"""Redemptions as the business journal keeps them, and which units of whom they redeem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.app.servicing import dealings
from tallystick.app.servicing.record_dates import held_at
from tallystick.core.errors import Conflict, NotFound
from tallystick.core.wallets import Wallet
from tallystick.securities import redemptions
from tallystick.securities.distribution.entitlements import Lines, lines_of

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.fold import Book

KIND, RECORDED, TENDER, ENDED = (
    "redemption", "redemption-recorded", "redemption-tender", "redemption-ended"
)  # fmt: skip


class Redemption(msgspec.Struct, frozen=True, kw_only=True):
    """A redemption that was announced: `price` of a whole unit in units of cash, or the `amount`.

    `units` are redeemed, or as many as are there if it is empty; `accrued` is the interest that has
    accrued on a whole unit, in units of the cash, as a fraction. `at_s` is before when nothing is
    redeemed, in UTC seconds.
    """

    number: int
    key: str
    symbol: str
    cash: str
    kind: str
    at_s: int
    code: str
    document: str
    published: str
    price: str = ""
    amount: str = ""
    units: str = ""
    accrued: str = ""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """When holders were recorded for a redemption, and which wallets were the issuer's own.

    `paused` says that the security had been paused before.
    """

    number: int
    record_at: int
    treasury: tuple[Wallet, ...]
    paused: bool


class Tender(msgspec.Struct, frozen=True, kw_only=True):
    """Units that a holder tendered to a buy-back, with his signature; 0 takes a tender back."""

    number: int
    wallet: Wallet
    units: str
    deadline: int
    signature: str


def all_redemptions(workspace: Workspace) -> list[Redemption]:
    """All redemptions, in the order of their numbers."""
    return [msgspec.convert(entry.body, Redemption) for entry in workspace.journal.entries(KIND)]


def redemption(workspace: Workspace, number: int) -> Redemption:
    """A redemption by its number. Raises `NotFound` if there is none."""
    found = next((each for each in all_redemptions(workspace) if each.number == number), None)
    if found is None:
        raise NotFound("redemption-unknown", f"There is no redemption {number}",
                       cure="See them with `redemption list`.")  # fmt: skip
    return found


def ended(workspace: Workspace) -> dict[int, str]:
    """How redemptions ended that did, by their numbers."""
    return {entry.body["number"]: entry.body["state"] for entry in workspace.journal.entries(ENDED)}


def under_way(workspace: Workspace) -> list[Redemption]:
    """Redemptions that have their record date, and whose units are not all destroyed."""
    over = ended(workspace)
    return [each for each in all_redemptions(workspace)
            if each.number not in over and recorded(workspace, each.number)]  # fmt: skip


def recorded(workspace: Workspace, number: int) -> Recorded | None:
    """When holders were recorded for a redemption, or nothing yet."""
    entries = workspace.journal.entries(RECORDED)
    found = (msgspec.convert(entry.body, Recorded) for entry in entries)
    return next((each for each in found if each.number == number), None)


def tenders(workspace: Workspace, number: int) -> list[Tender]:
    """All tenders to a buy-back, in order; the last one of a wallet counts."""
    entries = workspace.journal.entries(TENDER)
    found = (msgspec.convert(entry.body, Tender) for entry in entries)
    return [each for each in found if each.number == number]


def lines(workspace: Workspace, redeemed: Redemption, book: Book | None = None) -> Lines:
    """Which units of whom are redeemed, the issuer's own left out.

    Raises `Conflict` before holders are recorded, `Refused` if there are none or not so many.
    """
    record = recorded(workspace, redeemed.number)
    if record is None:
        raise Conflict("not-recorded", f"Redemption {redeemed.number} has no record date yet",
                       cure="Carry it out with `redemption carry-out`.")  # fmt: skip
    held = held_at(workspace, workspace.security(redeemed.symbol), record.record_at, book)
    return select(workspace, redeemed, held, record.treasury)


def select(
    workspace: Workspace, redeemed: Redemption, held: dict[Wallet, int],
    own: tuple[Wallet, ...],
) -> Lines:  # fmt: skip
    """Which units of whom a redemption takes of what is held."""
    others = lines_of(held, own)
    if redeemed.kind == redemptions.BUY_BACK:
        tendered = {each.wallet: int(each.units) for each in tenders(workspace, redeemed.number)}
        return redemptions.accepted(tendered, dict(others), int(redeemed.units))
    if redeemed.kind == redemptions.DEALING:
        return dealings.redeemed(workspace, int(redeemed.units), dict(others))
    return redemptions.called(others, int(redeemed.units)) if redeemed.units else others


def own_units(workspace: Workspace, redeemed: Redemption, record: Recorded) -> Lines:
    """Units of the issuer that end with all others, without being paid."""
    if redeemed.units or redeemed.kind == redemptions.BUY_BACK:
        return []
    held = held_at(workspace, workspace.security(redeemed.symbol), record.record_at)
    return [(wallet, held[wallet]) for wallet in record.treasury if held.get(wallet)]
