"""Certificates of stock in Open Cap Format, and the transactions that carry movements of units on.

A register knows units by investor and lot; Open Cap Format knows securities, each of which ends
whole and is issued anew for what remains. What a movement takes from a lot is taken from the
securities of that lot, in the order of their issue.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec

from tallystick.core.times import show_date
from tallystick.securities.ocf.replay import NUMBER_DECIMALS, plain

Item = dict[str, Any]
SHARED = {"security_law_exemptions", "stock_legend_ids"}
# Units by the second since which they are held.
Parts = dict[int, int]


def _rounded(number: Fraction) -> Fraction:
    """A number rounded down to the decimals that the format has."""
    return Fraction(int(number * 10**NUMBER_DECIMALS), 10**NUMBER_DECIMALS)


class Price(msgspec.Struct, frozen=True):
    """Money for a whole unit, exactly."""

    amount: Fraction
    currency: str

    def item(self) -> Item:
        """As the format writes it, rounded down to the decimals that it has."""
        return {"amount": plain(_rounded(self.amount)), "currency": self.currency}

    def times(self, ratio: Fraction) -> Price:
        """The price of another unit, so many of which are one of these."""
        return Price(self.amount * ratio, self.currency)


class StockClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class as it is listed: its id, how certificates of it are numbered, from which number on.

    `listing` tells apart securities of one class, `decimals` are those of the smallest unit.
    """

    id: str
    listing: str
    prefix: str
    first_number: int
    decimals: int

    def quantity(self, units: int) -> str:
        """Units as the format writes them."""
        return plain(Fraction(units, 10**self.decimals))


class Certificate(msgspec.Struct, kw_only=True):
    """A security of the format: whose, how many smallest units, held since when, at which price.

    `carried` are members of its issuance that go over to what remains of it, those of `SHARED` to
    whoever is given units of it as well.
    """

    id: str
    stakeholder: str
    units: int
    since: int
    price: Price | None
    carried: Item


class Moment(msgspec.Struct, frozen=True):
    """A movement: what names it, and when it was, in UTC seconds."""

    ref: str
    at_s: int


class Certificates:
    """Certificates by listing and stakeholder, and the transactions written so far."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}
        self.held: dict[tuple[str, str], list[Certificate]] = {}
        self.written: list[Item] = []
        # Ids of securities whose price nobody knows.
        self.unpriced: list[str] = []

    def adopt(self, of: StockClass, certificate: Certificate) -> None:
        """Take up a certificate that a book has already."""
        self.held.setdefault((of.listing, certificate.stakeholder), []).append(certificate)

    def issue(
        self, of: StockClass, certificate: Certificate, moment: Moment, comments: list[str]
    ) -> None:
        """Issue a certificate and write it down."""
        self.adopt(of, certificate)
        if certificate.price is None:
            self.unpriced.append(certificate.id)
        self._write("STOCK_ISSUANCE", moment, certificate.id, comments, {
            "security_id": certificate.id, "custom_id": self._number(of),
            "stakeholder_id": certificate.stakeholder, "stock_class_id": of.id,
            "share_price": certificate.price.item() if certificate.price else None,
            "quantity": of.quantity(certificate.units), **certificate.carried,
        })  # fmt: skip

    def transfer(
        self, of: StockClass, giver: str, taker: str, taken: Parts, kept_since: Parts,
        moment: Moment, comments: list[str],
    ) -> None:  # fmt: skip
        """Move units from one stakeholder to another; `kept_since` is what the taker has of them.

        Of lots that he does not have the holding period begins anew.
        """
        for place, (ended, units) in enumerate(self._take(of, giver, taken)):
            ref = f"{moment.ref}/{place}"
            since = ended.since if ended.since in kept_since else moment.at_s
            got = _after(ended, f"{ref}/to", units, stakeholder=taker, since=since)
            self._end("STOCK_TRANSFER", of, ended, units, Moment(ref, moment.at_s), comments,
                      {"resulting_security_ids": [got.id]})  # fmt: skip
            self.issue(of, got, Moment(got.id, moment.at_s), [])

    def redeem(
        self, of: StockClass, holder: str, taken: Parts, price: Price | None, reason: str,
        moment: Moment,
    ) -> None:  # fmt: skip
        """Repurchase units at a price, or cancel them for a reason if there is none."""
        for place, (ended, units) in enumerate(self._take(of, holder, taken)):
            at = Moment(f"{moment.ref}/{place}", moment.at_s)
            if price is None:
                self._end("STOCK_CANCELLATION", of, ended, units, at, [], {"reason_text": reason})
            else:
                self._end("STOCK_REPURCHASE", of, ended, units, at, [], {"price": price.item()})

    def split(self, of: StockClass, ratio: Fraction, moment: Moment) -> str:
        """Write a split of a class, so many new units for each; returns the id of it."""
        self._write("STOCK_CLASS_SPLIT", moment, moment.ref, [], {
            "stock_class_id": of.id,
            "split_ratio": {"numerator": str(ratio.numerator),
                            "denominator": str(ratio.denominator)},
        })  # fmt: skip
        return str(self.written[-1]["id"])

    def exchange(
        self, of: StockClass, to: StockClass, holder: str, after: Parts, ratio: Fraction,
        moment: Moment, split_id: str = "",
    ) -> None:  # fmt: skip
        """Exchange all units of a stakeholder; `after` is what he has then, by lot.

        `ratio` is new whole units for an old one. Of one class they are reissued, for a split of
        it under its id; of another one converted.
        What is left of a unit to a certificate that comes to nothing is cancelled.
        """
        held = self.held.pop((of.listing, holder), [])
        for since in dict.fromkeys(each.since for each in held):
            lot = [each for each in held if each.since == since]
            for ended, units in zip(lot, _shares(lot, after.get(since, 0)), strict=True):
                at = Moment(f"{moment.ref}/{ended.id}", moment.at_s)
                self._exchange(of, to, ended, units, ratio, at, split_id)

    def _exchange(
        self, of: StockClass, to: StockClass, ended: Certificate, units: int, ratio: Fraction,
        moment: Moment, split_id: str,
    ) -> None:  # fmt: skip
        if not units:
            old = Fraction(ended.units, 10**of.decimals)
            quantity = _rounded(old * ratio if split_id else old)
            self._write("STOCK_CANCELLATION", moment, moment.ref, [], {
                "security_id": ended.id, "quantity": plain(quantity),
                "reason_text": "Less than a unit was left, which was paid in cash",
            })  # fmt: skip
            return
        got = _after(ended, f"{moment.ref}/to", units)
        got.price = ended.price.times(1 / ratio) if ended.price else None
        members: Item = {"security_id": ended.id, "resulting_security_ids": [got.id]}
        if to.id == of.id:
            told = {"split_transaction_id": split_id} if split_id else {}
            self._write("STOCK_REISSUANCE", moment, moment.ref, [], {**members, **told})
        else:
            self._write("STOCK_CONVERSION", moment, moment.ref, [],
                        {**members, "quantity_converted": of.quantity(ended.units)})  # fmt: skip
        self.issue(to, got, Moment(got.id, moment.at_s), [])

    def _number(self, of: StockClass) -> str:
        number = self._next.get(of.id, of.first_number)
        self._next[of.id] = number + 1
        return f"{of.prefix}{number}"

    def _take(self, of: StockClass, holder: str, taken: Parts) -> list[tuple[Certificate, int]]:
        """Take out certificates with so many units of each lot, in the order of their issue."""
        held = self.held.get((of.listing, holder), [])
        found: list[tuple[Certificate, int]] = []
        for since, units in taken.items():
            left = units
            for each in [each for each in held if each.since == since]:
                if not left:
                    break
                part = min(left, each.units)
                left -= part
                held.remove(each)
                found.append((each, part))
        return found

    def _end(
        self, kind: str, of: StockClass, ended: Certificate, units: int, moment: Moment,
        comments: list[str], members: Item,
    ) -> None:  # fmt: skip
        """Write the end of a certificate, and issue anew what remains of it."""
        rest = ended.units - units
        balance = _after(ended, f"{moment.ref}/rest", rest) if rest else None
        told = {"balance_security_id": balance.id} if balance else {}
        self._write(kind, moment, moment.ref, comments, {
            "security_id": ended.id, "quantity": of.quantity(units), **told, **members,
        })  # fmt: skip
        if balance is not None:
            self.issue(of, balance, Moment(balance.id, moment.at_s), [])

    def _write(
        self, kind: str, moment: Moment, identifier: str, comments: list[str], members: Item
    ) -> None:
        noted = {"comments": comments} if comments else {}
        self.written.append({
            "object_type": f"TX_{kind}", "id": f"{identifier}#{kind.lower()}",
            "date": show_date(moment.at_s), **members, **noted})  # fmt: skip


def _after(
    ended: Certificate, new_id: str, units: int, *, stakeholder: str = "", since: int | None = None
) -> Certificate:
    """What is issued for a certificate that has ended."""
    own = not stakeholder
    return Certificate(
        id=new_id, stakeholder=stakeholder or ended.stakeholder, units=units, price=ended.price,
        since=ended.since if since is None else since,
        carried={name: each for name, each in ended.carried.items() if own or name in SHARED},
    )  # fmt: skip


def _shares(lot: list[Certificate], after: int) -> list[int]:
    """Units after an exchange by certificate, as many together as the lot has, each rounded."""
    before, done, shares = sum(each.units for each in lot), 0, []
    for each in lot:
        up_to = (done + each.units) * after // before - done * after // before
        shares.append(up_to)
        done += each.units
    return shares
