"""Exchanges of units for others: announced by the officer, carried out by the agent, page by page.

How far one has come is what the chain says, so that one that was cut off goes on where it stopped.
"""

from __future__ import annotations

from fractions import Fraction as Fractional
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app import acts, anchors
from tallystick.app.acts import Reason, published
from tallystick.app.controls import withdraw_approval
from tallystick.app.servicing import basket_trades, baskets, offerings
from tallystick.app.servicing.record_dates import next_record_date
from tallystick.app.workspace import TOKEN, ListedSecurity, Workspace
from tallystick.core.errors import Conflict, Invalid, NotFound
from tallystick.core.times import show_time
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.events import events_of
from tallystick.securities.exchanges import RATIO_MAX, SCALED_MAX, WALLETS_MAX, Ratio
from tallystick.securities.packing import PackedRules, pack_round, unpack_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.gateways.chain.intents import Done
    from tallystick.securities.proposal import RuleSet
    from tallystick.securities.security import Security

WALLETS_A_PAGE = 48
EXCHANGE_EVENTS = ("ExchangeAnnounced", "ExchangeBegan", "Exchanged", "ExchangeEnded",
                   "ExchangeWithdrawn")  # fmt: skip


class Fraction(msgspec.Struct, frozen=True, kw_only=True):
    """What was left of a unit to an investor: `remainder` of so many parts."""

    home: Wallet
    remainder: int


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange that has ended, by its epoch: parts of a unit, what was left to whom."""

    epoch: int
    to: Wallet
    ratio: Ratio
    fractions: tuple[Fraction, ...]

    @property
    def left(self) -> int:
        """All that was left, in parts of a unit."""
        return sum(each.remainder for each in self.fractions)


def announce(
    workspace: Workspace, security: ListedSecurity, ratio: Ratio, reason: Reason, *,
    to: ListedSecurity | None = None, not_before: int = 0, key: str,
) -> Done:  # fmt: skip
    """Announce that all units will be exchanged, by the officer for a reason.

    For units of another security of the issuer, that one is opened to it. Raises `Conflict` if a
    rule of the security cannot be stated for the new units.
    """
    target = security if to is None else to
    ratio = _of_smallest(ratio, security, target)
    _require_no_offering(workspace, security)
    _require_no_trade(workspace, security)
    if to is None:
        rules_after(workspace.book().securities[security.token].rules, ratio)
    elif not workspace.view(TOKEN, to.token, "isPredecessor", security.token):
        data = TOKEN.function("setPredecessor").encode(security.token, True)
        workspace.act("officer", [(f"{key}/predecessor", to.token, data)])
    data = TOKEN.function("announceExchange").encode(
        target.token, ratio.numerator, ratio.denominator, not_before, reason.number,
        published(workspace, reason, key),
    )  # fmt: skip
    [done] = workspace.act("officer", [(f"{key}/announceExchange", security.token, data)])
    return done


def _require_no_trade(workspace: Workspace, security: ListedSecurity) -> None:
    """Raise `Conflict` while a basket offers units of it, which would be others afterwards."""
    for each in basket_trades.open_trades(workspace):
        if security.symbol in {part.asset for part in (*each.gives, *each.takes)}:
            raise Conflict(
                "trade-open", f"Trade {each.number} of a basket names units of {security.symbol}",
                cure=f"Withdraw it first with `basket withdraw {each.number}`.",
            )  # fmt: skip


def _of_smallest(ratio: Ratio, security: ListedSecurity, target: ListedSecurity) -> Ratio:
    """A ratio of whole units as one of smallest units. Raises `Invalid` if the chain has none."""
    exact = Fractional(ratio.numerator * 10**target.decimals,
                       ratio.denominator * 10**security.decimals)  # fmt: skip
    if max(exact.numerator, exact.denominator) > RATIO_MAX:
        raise Invalid(
            "ratio-out-of-range", "The units of both are divided too differently",
            cure="Exchange for a security with about as many decimals.",
        )  # fmt: skip
    return ratio if target == security else Ratio(exact.numerator, exact.denominator)


def _require_no_offering(workspace: Workspace, security: ListedSecurity) -> None:
    """Raise `Conflict` while units are offered that would become others."""
    for opened in offerings.offerings(workspace):
        status = offerings.state_of(workspace, opened).status
        if opened.terms.symbol == security.symbol and status in offerings.UNSETTLED:
            raise Conflict(
                "offering-under-way", f"Offering {opened.number} of {security.symbol} is {status}",
                cure="Settle or cancel it first: what was subscribed for would be other units.",
            )  # fmt: skip


def _require_possible(workspace: Workspace, security: ListedSecurity, state: Security) -> None:
    """Raise `Conflict` for what would hold up an exchange once it has begun."""
    now_s = workspace.now()
    for home, holder in state.holders.items():
        locked = sum(lot.unlock_at > now_s for lot in holder.lots.locked)
        investor = state.registry.investors.get(home)
        wallets = investor.wallets if investor else [home]
        own = sum(bool(state.balances.get(each)) for each in wallets)
        if locked > SCALED_MAX or own > WALLETS_MAX:
            raise Conflict(
                "investor-not-exchangeable",
                f"{show_wallet(home)} has units in {own} wallets, {locked} of his lots are locked",
                cure=f"At most {WALLETS_MAX} wallets and {SCALED_MAX} lots go in one transaction: "
                     "bring his units together with `force`, or wait.",
            )  # fmt: skip
    if workspace.view(TOKEN, security.token, "recordDate") + 1 != next_record_date(
        workspace, security
    ):
        raise Conflict(
            "record-date-ahead", f"A record date of {security.symbol} is ahead",
            cure="Wait until it has passed: old and new units would be counted together.",
        )  # fmt: skip


def withdraw(workspace: Workspace, security: ListedSecurity, *, key: str) -> Done:
    """Take back an exchange that nobody went through yet, or one for another security.

    Raises `Conflict` if a basket stands behind units of which some went over: those who stayed
    would have the assets of the others.
    """
    state = workspace.book().securities[security.token]
    behind = any(each.symbol == security.symbol for each in baskets.baskets(workspace))
    if behind and state.exchanging and not workspace.known(f"{key}/withdrawExchange"):
        raise Conflict(
            "basket-behind", f"A basket stands behind {security.symbol}, and the exchange began",
            cure="Carry the exchange out, and let the basket follow.",
        )  # fmt: skip
    data = TOKEN.function("withdrawExchange").encode()
    [done] = workspace.act("officer", [(f"{key}/withdrawExchange", security.token, data)])
    return done


def carry_out(
    workspace: Workspace, security: ListedSecurity, *, key: str,
    report: Callable[[int, int], None] | None = None,
) -> Past:  # fmt: skip
    """Exchange the units of everybody; what was cut off goes on, under whatever key.

    Meanwhile nothing else moves. Amounts in the rules are stated anew for the new units. Raises
    `Conflict` if nothing was announced, or before the time that was.
    """
    workspace.outbox.reconcile()
    state = workspace.book().securities[security.token]
    terms = state.exchange
    if terms is None:
        raise Conflict("no-exchange", f"No exchange of {security.symbol} is announced",
                       cure="Announce one with `exchange announce`.")  # fmt: skip
    if terms.not_before > workspace.now():
        raise Conflict("exchange-ahead", f"It may begin at {show_time(terms.not_before)}",
                       cure="Wait until then.")  # fmt: skip
    epoch = state.epoch if state.exchanging else state.epoch + 1
    step = f"exchange/{security.symbol}/{epoch}"
    if not state.exchanging:
        _require_no_offering(workspace, security)
        _require_possible(workspace, security, state)
        _withdraw_approvals(workspace, security, state, step)
        _call(workspace, security, f"{step}/begin", "beginExchange")
    _exchange_all(workspace, security, key, report)
    if terms.to == security.token:
        _restate_rules(workspace, security, state.rules, terms.ratio, step)
    _call(workspace, security, f"{step}/end", "endExchange")
    anchors.anchor(workspace, security, key=step)
    return past(workspace, security, epoch)


def _restate_rules(
    workspace: Workspace, security: ListedSecurity, rules: RuleSet, ratio: Ratio, step: str
) -> None:
    """Set the rules for the new units; under a known step those that were noted then."""
    act = f"{step}/rules"
    noted = workspace.noted(act)
    if noted is not None:
        [packed] = TOKEN.function("setRules").arguments(noted)
        after = unpack_rules(PackedRules(*packed))
    else:
        after = rules_after(rules, ratio)
    if after != rules or noted is not None:
        acts.set_rules(workspace, security, after, key=step)


def _withdraw_approvals(
    workspace: Workspace, security: ListedSecurity, state: Security, step: str
) -> None:
    """Take back approvals of movements: they were given for units as they were."""
    now_s = workspace.now()
    for (sender, receiver, amount), until_s in state.approvals.items():
        if until_s > now_s:
            act = f"{step}/approval/{sender}/{receiver}/{amount}"
            withdraw_approval(workspace, security, sender, receiver, amount, key=act)


def _call(workspace: Workspace, security: ListedSecurity, key: str, name: str) -> None:
    data = TOKEN.function(name).encode()
    workspace.act("agent", [(key, security.token, data)])


def _exchange_all(
    workspace: Workspace, security: ListedSecurity, key: str,
    report: Callable[[int, int], None] | None,
) -> None:  # fmt: skip
    pages = _pages(workspace.book().securities[security.token], _done(workspace, security))
    exchange = TOKEN.function("exchange")
    for number, page in enumerate(pages, start=1):
        act = f"{key}/exchange/{page[0]}"
        workspace.act("agent", [(act, security.token, exchange.encode(page))])
        if report is not None:
            report(number, len(pages))


def _done(workspace: Workspace, security: ListedSecurity) -> set[Wallet]:
    """Home wallets of those who were exchanged since the exchange began that goes on."""
    found: set[Wallet] = set()
    events = events_of(workspace.rpc, TOKEN, security.token, since=workspace.founding.since,
                       names=EXCHANGE_EVENTS)  # fmt: skip
    for event in events:
        if event.name == "ExchangeBegan":
            found = set()
        elif event.name == "Exchanged":
            found.add(Wallet(event.members["investor"]))
    return found


def _pages(state: Security, done: set[Wallet]) -> list[list[Wallet]]:
    """All wallets with units, those of an investor together, in the order of home wallets."""
    of_home: dict[Wallet, list[Wallet]] = {}
    for wallet, units in state.balances.items():
        if units:
            of_home.setdefault(state.registry.home(wallet), []).append(wallet)
    pages: list[list[Wallet]] = []
    for home, wallets in sorted(of_home.items()):
        if home in done:
            continue
        if not pages or len(pages[-1]) + len(wallets) > WALLETS_A_PAGE:
            pages.append([])
        pages[-1] += sorted(wallets, key=lambda each: (each != home, each))
    return pages


def rules_after(rules: RuleSet, ratio: Ratio) -> RuleSet:
    """Rules with their amounts in new units. Raises `Conflict` if one cannot be stated so."""
    changes: dict[str, int] = {}
    for name in ("max_balance", "supply_cap"):
        amount = getattr(rules, name)
        if amount is not None:
            changes[name] = ratio.down(amount)
    for name in ("lot_size", "minimum_holding"):
        amount = getattr(rules, name)
        if amount is None:
            continue
        changes[name] = ratio.up(amount)
        try:
            exact = ratio.down(amount) == changes[name] and bool(pack_round(changes[name]))
        except Invalid:
            exact = False
        if not exact:
            raise Conflict(
                "rule-not-exchangeable",
                f"{name.replace('_', '-')} {amount} has no such number of new units",
                cure="Set a rule that has with `rules set`, or leave it out, before.",
            )
    return msgspec.structs.replace(rules, **changes)


# --- what was left


def past(workspace: Workspace, security: ListedSecurity, epoch: int) -> Past:
    """An exchange that has ended, from the logs. Raises `NotFound` if there is none."""
    announced: dict[str, int | str] = {}
    current, ended = 0, False
    fractions: list[Fraction] = []
    events = events_of(workspace.rpc, TOKEN, security.token, since=workspace.founding.since,
                       names=EXCHANGE_EVENTS)  # fmt: skip
    for event in events:
        if event.name == "ExchangeAnnounced" and current < epoch:
            announced = event.members
        elif event.name == "ExchangeBegan":
            current = event.members["epoch"]
        elif event.name == "Exchanged" and current == epoch and event.members["remainder"]:
            fractions.append(Fraction(home=Wallet(event.members["investor"]),
                                      remainder=event.members["remainder"]))  # fmt: skip
        elif event.name == "ExchangeEnded" and event.members["epoch"] == epoch:
            ended = True
            break
    if not ended:
        raise NotFound("exchange-unknown", f"{security.symbol} has no exchange {epoch} that ended",
                       cure="`exchange show` tells where it stands.")  # fmt: skip
    ratio = Ratio(int(announced["numerator"]), int(announced["denominator"]))
    return Past(epoch=epoch, to=Wallet(str(announced["to"])), ratio=ratio,
                fractions=tuple(fractions))  # fmt: skip


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange that has ended: in which block and when, for units of what, at which ratio."""

    block: int
    at_s: int
    to: Wallet
    ratio: Ratio


def ended(workspace: Workspace, security: ListedSecurity) -> list[Ended]:
    """All exchanges of a security that have ended, in order."""
    found: list[Ended] = []
    announced: dict[str, Any] = {}
    began: dict[str, Any] = {}
    for event in events_of(workspace.rpc, TOKEN, security.token, since=workspace.founding.since,
                           names=EXCHANGE_EVENTS):  # fmt: skip
        if event.name == "ExchangeAnnounced":
            announced = event.members
        elif event.name == "ExchangeBegan":
            began = announced
        elif event.name == "ExchangeEnded":
            ratio = Ratio(began["numerator"], began["denominator"])
            found.append(
                Ended(block=event.block, at_s=event.at_s, to=Wallet(began["to"]), ratio=ratio)
            )
    return found
