"""Carries a book on: what happened to its classes on the chain, as transactions of the format.

The chain's logs are folded once more, and after each movement it is seen which lots of an investor
grew or shrank. What was minted from a book are the securities that the book has already.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from tallystick.app.open_cap.kept import Kept, prefix
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.fold import Book, Moved
from tallystick.gateways.chain.indexer import follow
from tallystick.securities.ocf import outstanding
from tallystick.securities.ocf.certificates import (
    Certificate,
    Certificates,
    Moment,
    Parts,
    Price,
    StockClass,
)
from tallystick.securities.ocf.replay import STOCK
from tallystick.securities.proposal import Movement

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

# Who holds it, of which class, how many whole units, since when: a position of a book.
Position = tuple[str, str, Fraction, int]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What others know of an act on the chain: the price paid, and what came of it."""

    price: Price | None = None
    issued: Callable[[str, Moment], None] | None = None


class Carrier:
    """Writes movements on the chain as transactions of certificates.

    `brought` is what books had, `known` tells of a movement what the issuer knows besides,
    `stakeholder_of` the id of an investor, `stated` the prices that somebody stated by the ids of
    securities.
    """

    def __init__(
        self, workspace: Workspace, classes: dict[Wallet, StockClass],
        brought: dict[Position, list[Certificate]], *, stakeholder_of: Callable[[Wallet], str],
        known: Callable[[Moved], Known], stated: dict[str, Price],
    ) -> None:  # fmt: skip
        self.certificates = Certificates()
        self._prefix = prefix(workspace)
        self._classes, self._known, self._stated = classes, known, stated
        self._stakeholder_of = stakeholder_of
        self._book = Book(block=workspace.founding.since - 1)
        self._lots: dict[tuple[Wallet, Wallet], Parts] = {}
        self._splits: dict[tuple[Wallet, int], str] = {}
        self._brought = brought

    def carry(self, workspace: Workspace) -> None:
        """Go through everything that has happened up to now."""
        last = int(workspace.rpc.call("eth_blockNumber"), 16)
        follow(workspace.rpc, workspace.founding.registry, self._book, last, watch=self._moved)

    def _changed(self, token: Wallet, home: Wallet | None) -> tuple[Parts, Parts]:
        """What an investor's lots lost and gained by a movement."""
        if home is None:
            return {}, {}
        before = self._lots.get((token, home), {})
        parcels = self._book.securities[token].parcels.get(home)
        after: Parts = {}
        for each in parcels.held if parcels else []:
            after[each.since] = after.get(each.since, 0) + each.units
        self._lots[token, home] = after
        lost = {since: units - after.get(since, 0) for since, units in before.items()
                if units > after.get(since, 0)}  # fmt: skip
        gained = {since: units - before.get(since, 0) for since, units in after.items()
                  if units > before.get(since, 0)}  # fmt: skip
        return lost, gained

    def _moved(self, moved: Moved) -> None:
        of = self._classes.get(moved.token)
        if of is None:
            return
        block, index = int(moved.log.block_number, 16), int(moved.log.log_index, 16)
        moment = Moment(f"{self._prefix}{moved.token[2:10]}/{block}/{index}", moved.at_s)
        if moved.exchanged is not None and moved.giver is not None:
            self._exchanged(of, moved, moved.giver, moment)
            return
        if moved.giver == moved.taker:
            return
        lost, _ = self._changed(moved.token, moved.giver)
        _, gained = self._changed(moved.token, moved.taker)
        if moved.giver is None and moved.taker is not None:
            self._issued(of, moved, self._stakeholder_of(moved.taker), gained, moment)
        elif moved.giver is not None and moved.taker is None:
            known = self._known(moved)
            self.certificates.redeem(of, self._stakeholder_of(moved.giver), lost, known.price,
                                     "Units were redeemed", moment)  # fmt: skip
        elif moved.giver is not None and moved.taker is not None:
            comments = [] if moved.kind is Movement.RESALE else [f"Kind: {moved.kind}"]
            self.certificates.transfer(
                of, self._stakeholder_of(moved.giver), self._stakeholder_of(moved.taker), lost,
                gained, moment, comments,
            )  # fmt: skip

    def _issued(
        self, of: StockClass, moved: Moved, holder: str, gained: Parts, moment: Moment
    ) -> None:
        [(since, units)] = gained.items()
        known_already = self._brought.get((holder, of.id, Fraction(units, 10**of.decimals), since))
        if known_already:
            certificate = known_already.pop(0)
            certificate.units = units
            self.certificates.adopt(of, certificate)
            return
        known = self._known(moved)
        price = known.price or self._stated.get(moment.ref)
        made = Certificate(id=moment.ref, stakeholder=holder, units=units, since=since, price=price,
                           carried=dict(PLAIN))  # fmt: skip
        self.certificates.issue(of, made, moment, [])
        if known.issued is not None:
            known.issued(made.id, moment)

    def _exchanged(self, of: StockClass, moved: Moved, home: Wallet, moment: Moment) -> None:
        terms = moved.exchanged
        if terms is None:
            return
        to = self._classes.get(terms.to)
        self._changed(moved.token, home)
        self._changed(terms.to, home)
        if to is None:
            return
        ratio = Fraction(terms.ratio.numerator, terms.ratio.denominator) * Fraction(
            10**of.decimals, 10**to.decimals)  # fmt: skip
        split_id = ""
        if to.id == of.id and ratio != 1:
            epoch = (moved.token, self._book.securities[moved.token].epoch)
            if epoch not in self._splits:
                at = Moment(f"{moment.ref}/split", moment.at_s)
                self._splits[epoch] = self.certificates.split(of, ratio, at)
            split_id = self._splits[epoch]
        self.certificates.exchange(of, to, self._stakeholder_of(home),
                                   self._lots[terms.to, home], ratio, moment, split_id)  # fmt: skip


# What an issuance says that no book brought: nothing of exemptions and legends.
PLAIN: dict[str, list[str]] = {"security_law_exemptions": [], "stock_legend_ids": []}
# What of an issuance holds for whatever is issued in its stead; vesting is of one security.
CARRIED = ("security_law_exemptions", "stock_legend_ids", "stock_plan_id", "issuance_type")


def brought(kept: Kept) -> dict[Position, list[Certificate]]:
    """The open stock of the books that were imported, by who holds what since when."""
    issuances = {item["security_id"]: item for item in kept.of("transaction").values()
                 if item["object_type"] == "TX_STOCK_ISSUANCE"}  # fmt: skip
    objects = {kind: list(items.values()) for kind, items in kept.objects.items()}
    found: dict[Position, list[Certificate]] = {}
    for each in outstanding(objects):
        if each.form != STOCK or each.quantity is None:
            continue
        item = issuances[each.security_id]
        money = item["share_price"]
        certificate = Certificate(
            id=each.security_id, stakeholder=each.stakeholder_id, units=0, since=each.acquired_at,
            price=Price(Fraction(money["amount"]), money["currency"]),
            carried={name: item[name] for name in CARRIED if name in item},
        )  # fmt: skip
        place = (each.stakeholder_id, each.stock_class_id, each.quantity, each.acquired_at)
        found.setdefault(place, []).append(certificate)
    return found
