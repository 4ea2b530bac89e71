"""Acts of the transfer agent and the compliance officer on single movements, units and investors.

Movements that are declared, approvals, venues, legends, stop orders, and as what somebody counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app.acts import Reason, agent_act, published, state_reason
from tallystick.app.workspace import REGISTRY, TOKEN, ListedSecurity, Workspace
from tallystick.core.errors import Refused
from tallystick.core.units import DECIMALS_MAX
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.parts import Work
from tallystick.securities.lookthrough import Class, Votes, votes
from tallystick.securities.packing import pack_record
from tallystick.securities.proposal import MOVEMENT_NUMBERS, Movement

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.gateways.chain.fold import Book
    from tallystick.gateways.chain.intents import Done


def declare(
    workspace: Workspace, security: ListedSecurity, kind: Movement, sender: Wallet,
    receiver: Wallet, amount: int, reason: Reason, *, key: str,
) -> Done:  # fmt: skip
    """Move units otherwise than by a sale in the market; the officer states the reason first."""
    act = (MOVEMENT_NUMBERS[kind], sender, receiver, amount)
    state_reason(workspace, security, *act, reason, key)
    return agent_act(workspace, security.token, "declaredTransfer", act, key=key)


def approve(
    workspace: Workspace, security: ListedSecurity, sender: Wallet | None, receiver: Wallet,
    amount: int, reason: Reason, *, until_s: int, looked_through: bool = False, key: str,
) -> Done:  # fmt: skip
    """Approve one movement until a time; an issue has no sender.

    Raises `Refused` if it lets an investor who is watched have a tenth of the votes while he counts
    as one, unless the officer says that he was looked through.
    """
    if not looked_through and not workspace.known(f"{key}/approve"):
        issued = amount if sender is None else 0
        _check_looked_through(workspace, security, receiver, amount, issued)
    data = TOKEN.function("approveTransfer").encode(
        sender or NOBODY, receiver, amount, until_s, reason.number,
        published(workspace, reason, key),
    )  # fmt: skip
    return _by_officer(workspace, security, f"{key}/approve", data)


def _check_looked_through(
    workspace: Workspace, security: ListedSecurity, receiver: Wallet, amount: int, issued: int
) -> None:
    investor = workspace.book().registry.investors.get(workspace.book().registry.home(receiver))
    if investor is None or not investor.watched or investor.owners != 1:
        return
    more = _approved(workspace, investor.home)
    before, issued_before = more.get(security.token, (0, 0))
    more[security.token] = (before + amount, issued_before + issued)
    found = votes_of(workspace, investor.home, more)
    if found.looks_through:
        raise Refused(
            "look-through-needed",
            f"He would have {found.share_bps / 100:.2f} % of the votes and counts as one owner",
            cure="State with `holders owners` as how many he counts; or say --looked-through if "
            "he was, and counts as one.",
        )  # fmt: skip


def _approved(workspace: Workspace, home: Wallet) -> dict[Wallet, tuple[int, int]]:
    """Units that approvals which hold let an investor acquire, and those issued, by token."""
    book, now_s = workspace.book(), workspace.now()
    found: dict[Wallet, tuple[int, int]] = {}
    for token, state in book.securities.items():
        for (sender, receiver, units), until_s in state.approvals.items():
            if book.registry.home(receiver) == home and until_s > now_s:
                acquired, issued = found.get(token, (0, 0))
                found[token] = (acquired + units, issued + (units if sender is None else 0))
    return found


def votes_of(
    workspace: Workspace, home: Wallet, more: dict[Wallet, tuple[int, int]] | None = None,
    book: Book | None = None,
) -> Votes:  # fmt: skip
    """The votes of an investor over all classes, by a book or the one of the last block.

    `more` are units by token that he is about to acquire, and those of them that are issued.
    """
    book, more = book or workspace.book(), more or {}
    classes: list[Class] = []
    for listed in workspace.securities():
        state, scale = book.securities[listed.token], 10 ** (DECIMALS_MAX - listed.decimals)
        acquired, issued = more.get(listed.token, (0, 0))
        classes.append(Class(
            votes_per_unit=int(listed.terms.get("rights", {}).get("votes_per_unit", 0)),
            supply=(state.supply + issued) * scale, held=(state.total(home) + acquired) * scale,
        ))  # fmt: skip
    return votes(classes)


def withdraw_approval(
    workspace: Workspace, security: ListedSecurity, sender: Wallet | None, receiver: Wallet,
    amount: int, *, key: str,
) -> Done:  # fmt: skip
    """Take back an approval that has not been used."""
    data = TOKEN.function("withdrawApproval").encode(sender or NOBODY, receiver, amount)
    return _by_officer(workspace, security, f"{key}/withdraw", data)


def set_venue(
    workspace: Workspace, security: ListedSecurity, venue: Wallet, *, allowed: bool, key: str
) -> Done:
    """Let somebody carry out transfers for others while only venues may, or no longer."""
    data = TOKEN.function("setVenue").encode(venue, allowed)
    return _by_officer(workspace, security, f"{key}/venue", data)


def mark_units(
    workspace: Workspace, security: ListedSecurity, holder: Wallet, units: int, reason: Reason, *,
    lift: bool, key: str,
) -> Done:  # fmt: skip
    """Place a legend on units of an investor, or lift it, with evidence."""
    args = (holder, units, reason.number, published(workspace, reason, key))
    name = "liftLegend" if lift else "placeLegend"
    return agent_act(workspace, security.token, name, args, key=key)


def stop(
    workspace: Workspace, security: ListedSecurity, holder: Wallet, reason: Reason, *, lift: bool,
    key: str,
) -> Done:  # fmt: skip
    """Stop an investor from sending and receiving, or lift that, with evidence."""
    args = (holder, reason.number, published(workspace, reason, key))
    return agent_act(workspace, security.token, "liftStop" if lift else "placeStop", args, key=key)


def state_owners(
    workspace: Workspace, who: Wallet, *, owners: int | None, watched: bool | None, key: str
) -> Done:
    """State as how many owners an investor counts, and whether he acquires on approval only.

    What is None stays as it is.
    """
    investor = workspace.book().registry.investor(who)
    record = pack_record(
        number=investor.number,
        country=investor.country,
        claims=investor.claims,
        owners=investor.owners if owners is None else owners,
        watched=investor.watched if watched is None else watched,
    )
    data = REGISTRY.function("setRecord").encode(investor.home, record)
    registry = workspace.founding.registry
    [done] = workspace.act("agent", [(f"{key}/owners", registry, data)])
    return done


def enrol(
    workspace: Workspace,
    security: ListedSecurity,
    *,
    key: str,
    report: Callable[[int, int], None] | None = None,
) -> int:
    """Join the limits over all classes, unless that was done, and count whoever holds the class."""
    state = workspace.book().securities[security.token]
    if not state.joined_issuer_limits:
        join = TOKEN.function("joinIssuerLimits").encode()
        _by_officer(workspace, security, f"{key}/join", join)
        state = workspace.book().securities[security.token]
    homes = [home for home, holder in state.holders.items() if holder.tier_counted is not None]
    missing = [home for home in homes if not state.holders[home].enrolled]
    if state.enrolling:
        work = Work.left(f"{key}/enrol", security.token, missing, TOKEN.function("enrol").encode)
        workspace.act_on_many("agent", work, report=report)
    return len(homes)


def _by_officer(workspace: Workspace, security: ListedSecurity, key: str, data: str) -> Done:
    [done] = workspace.act("officer", [(key, security.token, data)])
    return done
