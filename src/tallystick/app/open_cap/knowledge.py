"""What the issuer knows of movements beside the chain: prices paid, options and SAFEs.

A transaction is found by its hash among the acts that were carried out here; what somebody else
carried out, such as the settlement of an offering, by the events of its contract.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app.open_cap.carried import Known
from tallystick.app.open_cap.kept import prefix
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing import grants, instructions, offerings
from tallystick.app.servicing.called import all_redemptions
from tallystick.app.servicing.distributions import distributions
from tallystick.app.servicing.grants import OPTION, Grant
from tallystick.core.units import parse_exact
from tallystick.core.wallets import Wallet
from tallystick.securities.ocf import objects
from tallystick.securities.ocf.certificates import Moment, Price
from tallystick.securities.ocf.replay import plain
from tallystick.securities.proposal import Movement

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.fold import Moved

Item = dict[str, Any]


class Knowledge:
    """Finds what is known of a movement; writes what became of options and SAFEs.

    `currency_of` gives the code of the currency of a cash, or of money whose cash is not said ("").
    """

    def __init__(self, workspace: Workspace, currency_of: Callable[[str], str]) -> None:
        self._workspace, self._currency_of = workspace, currency_of
        self._acts = {str(row.tx_hash): str(row.key) for row in workspace.outbox.intents.every()
                      if row.tx_hash}  # fmt: skip
        self._prices = _prices(workspace, currency_of)
        self._offered = _offered(workspace, currency_of)
        self._results = _results(workspace)
        self._decimals = {each.token: each.decimals for each in workspace.securities()}
        self._granted = {entry.body["number"]: entry.at_s for entry in
                         workspace.journal.entries(grants.KIND)}  # fmt: skip
        self._exchanged = grants.Exchanged(workspace)
        self.written: list[Item] = []

    def of(self, moved: Moved) -> Known:
        """What is known of a movement."""
        key = self._acts.get(moved.log.transaction_hash, "")
        if moved.kind is Movement.REDEMPTION:
            return Known(price=_first(self._prices, key))
        block = int(moved.log.block_number, 16)
        offered = self._offered.get((moved.token, moved.taker, block)) if moved.taker else None
        if offered is not None:
            return Known(price=offered)
        grant = self._results.get(key)
        if grant is None:
            return Known(price=_first(self._prices, key))
        units = Fraction(moved.units, 10 ** self._decimals[moved.token])
        money = self._strike(grant, moved) if grant.kind == OPTION else grant.safe.amount / units

        def issued(result: str, moment: Moment) -> None:
            self.written.append(
                objects.exercise(moment.ref, self._ref(grant), result, plain(units), moment.at_s)
                if grant.kind == OPTION
                else objects.conversion(moment.ref, self._ref(grant), result, moment.at_s)
            )  # fmt: skip

        return Known(price=Price(money, self._currency_of("")), issued=issued)

    def _strike(self, grant: Grant, moved: Moved) -> Fraction:
        """The strike of a whole unit when it was exercised, after the splits until then."""
        granted_s, exchanged = self._granted[grant.number], self._exchanged
        until_now = exchanged.since(grant.symbol, granted_s)[1]
        after = exchanged.since(grant.symbol, granted_s, after=int(moved.log.block_number, 16))[1]
        before = self._workspace.security(grant.symbol).decimals
        places = Fraction(10**before, 10 ** self._decimals[moved.token])
        return parse_exact(grant.strike) / (until_now / after * places)

    def _ref(self, grant: Grant) -> str:
        return f"{prefix(self._workspace)}grant/{grant.number}"

    def granted(
        self, stakeholder_of: Callable[[Wallet], str], class_of: dict[str, str]
    ) -> tuple[list[Item], list[Item]]:
        """Vesting terms, and issuances and cancellations of options and SAFEs."""
        ended = {entry.body["number"]: entry.at_s for entry in
                 self._workspace.journal.entries(grants.CANCELLED)}  # fmt: skip
        terms: list[Item] = []
        made: list[Item] = []
        for each in grants.standing(self._workspace):
            grant = each.grant
            if grant.symbol not in class_of:
                continue
            at_s, ref = self._granted[grant.number], self._ref(grant)
            holder = stakeholder_of(grant.home)
            if grant.kind == OPTION:
                decimals = self._workspace.security(grant.symbol).decimals
                vesting_id = f"{ref}/vesting" if grant.vesting else ""
                made.append(objects.award(
                    ref, custom_id=f"G-{grant.number}", stakeholder_id=holder,
                    stock_class_id=class_of[grant.symbol], at_s=at_s,
                    quantity=plain(Fraction(int(grant.units), 10**decimals)),
                    strike=Price(parse_exact(grant.strike), self._currency_of("")),
                    expires_at=grant.expires_at, vesting_terms_id=vesting_id,
                ))  # fmt: skip
                if grant.vesting:
                    terms.append(objects.vesting_terms(vesting_id, grant.vesting))
                    made.append(objects.vesting_start(ref, grant.vesting))
                if grant.number in ended:
                    places = self._workspace.security(each.symbol).decimals
                    left = plain(Fraction(each.left, 10**places))
                    made.append(objects.award_ended(ref, left, ended[grant.number]))
                continue
            currency = self._currency_of("")
            made.append(objects.safe(ref, custom_id=f"G-{grant.number}", stakeholder_id=holder,
                                     at_s=at_s, terms=grant.safe, currency=currency))  # fmt: skip
            if grant.number in ended:
                made.append(objects.safe_ended(ref, grant.amount, currency, ended[grant.number]))
        return terms, made


def _first(prices: dict[str, Price], key: str) -> Price | None:
    """The price of an act, by how its key begins."""
    return next((price for start, price in prices.items() if key.startswith(start)), None)


def _prices(workspace: Workspace, currency_of: Callable[[str], str]) -> dict[str, Price]:
    """Prices of redemptions and of reinvestments, by how the keys of their acts begin."""
    found: dict[str, Price] = {}
    for redeemed in all_redemptions(workspace):
        decimals = cash_tokens.money(workspace, redeemed.cash).decimals
        if redeemed.price:
            exact = Fraction(redeemed.price) + Fraction(redeemed.accrued or 0)
            found[f"{redeemed.key}/burn"] = Price(exact / 10**decimals, currency_of(redeemed.cash))
    paid_in = {each.key: each for each in distributions(workspace)}
    for entry in workspace.journal.entries(instructions.BOUGHT):
        noted = msgspec.convert(entry.body, instructions.Reinvested)
        announced = paid_in[noted.act.split("/elsewhere/")[0]]
        decimals = cash_tokens.money(workspace, announced.cash).decimals
        taken = Fraction(int(noted.act.rpartition("-")[2]), 10**decimals)
        units = Fraction(int(noted.units), 10 ** workspace.security(announced.symbol).decimals)
        found[f"{noted.act}/mint"] = Price(taken / units, currency_of(announced.cash))
    return found


def _offered(
    workspace: Workspace, currency_of: Callable[[str], str]
) -> dict[tuple[Wallet, Wallet, int], Price]:
    """What subscribers of offerings paid for a whole unit, by token, investor and block."""
    found: dict[tuple[Wallet, Wallet, int], Price] = {}
    for opened in offerings.offerings(workspace):
        places = offerings.decimals_of(workspace, opened)
        token = workspace.security(opened.terms.symbol).token
        home = workspace.book().registry.home
        for event in offerings.happened(workspace, opened):
            if event.name != "Allocated" or not event.members["lots"]:
                continue
            units = Fraction(event.members["lots"] * opened.terms.units_per_lot, 10**places.units)
            price = Fraction(event.members["cost"], 10**places.cash) / units
            investor = home(Wallet(event.members["investor"]))
            found[token, investor, event.block] = Price(price, currency_of(opened.terms.cash))
    return found


def _results(workspace: Workspace) -> dict[str, Grant]:
    """Grants by the key of the act that issued units for them."""
    by_number = {each.number: each for each in grants.grants(workspace)}
    found: dict[str, Grant] = {}
    for entry in workspace.journal.entries(grants.EXERCISED):
        found[f"{entry.body['key']}/mint"] = by_number[entry.body["number"]]
    for entry in workspace.journal.entries(grants.CONVERTED):
        number = entry.body["number"]
        found[f"{entry.body['key']}/{number}/mint"] = by_number[number]
    return found
