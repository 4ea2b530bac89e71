"""What is outstanding after all transactions of an OCF book.

An issuance begins a security. A terminal transaction ends one: what is left of it is issued anew as
its balance, what came of it as its results, so that units are neither lost nor made on the way,
which is checked. Transactions of one day go in the order of the files, but that a security is
issued before anything happens to it, and that what is issued for a split is not split again.
Source: Open Cap Format 1.2, "Transaction Traversal".
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import groupby
from typing import Any

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.times import parse_time
from tallystick.core.units import parse_quantity
from tallystick.securities.ocf.book import Book

STOCK, AWARD, CONVERTIBLE, WARRANT = "STOCK", "EQUITY_COMPENSATION", "CONVERTIBLE", "WARRANT"
NUMBER_DECIMALS = 10
Item = dict[str, Any]


class Held(msgspec.Struct, kw_only=True):
    """A security that is outstanding: its form, whose, of which class, how many units.

    `quantity` is an amount of money for convertibles, None where a warrant does not say it.
    `acquired_at` is when its holding period began, in UTC seconds.
    """

    form: str
    security_id: str
    custom_id: str
    stakeholder_id: str
    stock_class_id: str
    quantity: Fraction | None
    acquired_at: int


class Replay:
    """The securities outstanding while transactions are gone through."""

    def __init__(self, issuances: dict[str, Item], of_splits: dict[str, str]) -> None:
        self.held: dict[str, Held] = {}
        self.issuances = issuances
        # Splits by the securities that were issued for them.
        self.of_splits = of_splits
        # Issuances of the day that have not been reached yet, by security.
        self.to_come: dict[str, Item] = {}
        # When the holding period of a security to come began, if before its issue.
        self.since: dict[str, int] = {}

    def issued(self, security_id: str) -> Fraction | None:
        """The quantity with which a security is issued."""
        item = self.issuances[security_id]
        return _amount(item, form_of(item["object_type"]))

    def find(self, security_id: str) -> Held:
        """A security. Raises `Invalid` if it is not outstanding."""
        if security_id in self.to_come:
            _issue(self, self.to_come[security_id])
        if security_id not in self.held:
            raise Invalid("ocf-not-held", f"Security {security_id!r} is not outstanding",
                          cure="Name a security that is held on that date.")  # fmt: skip
        return self.held[security_id]

    def end(self, security_id: str) -> Held:
        """Take a security out. Raises `Invalid` if it is not outstanding."""
        ended = self.find(security_id)
        del self.held[security_id]
        return ended

    def carry(self, ids: list[str], acquired_at: int) -> None:
        """Let the holding period of securities have begun when that of another did."""
        for each in ids:
            self.since[each] = acquired_at
            if each in self.held:
                self.held[each].acquired_at = acquired_at


def form_of(kind: str) -> str:
    """What a transaction is about; "" for those of no single security."""
    name = kind.replace("TX_PLAN_SECURITY_", f"TX_{AWARD}_")
    return next((form for form in (STOCK, AWARD, CONVERTIBLE, WARRANT)
                 if name.startswith(f"TX_{form}_")), "")  # fmt: skip


def plain(number: Fraction) -> str:
    """A number as OCF writes it, exactly; as a fraction if it has more decimals."""
    scaled = number * 10**NUMBER_DECIMALS
    if scaled.denominator != 1:
        return str(number)
    whole, rest = divmod(scaled.numerator, 10**NUMBER_DECIMALS)
    digits = f"{rest:0{NUMBER_DECIMALS}d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


# --- what each kind does


def _amount(item: Item, form: str) -> Fraction | None:
    if form == CONVERTIBLE:
        return _number(item["investment_amount"]["amount"], "investment_amount.amount")
    if form == WARRANT and item.get("quantity") is None:
        return None
    return _number(item["quantity"], "quantity")


def _number(text: str, member: str) -> Fraction:
    return Fraction(parse_quantity(text, NUMBER_DECIMALS, where=member), 10**NUMBER_DECIMALS)


def _issue(replay: Replay, item: Item) -> None:
    form, security_id = form_of(item["object_type"]), item["security_id"]
    if replay.to_come.pop(security_id, None) is None:
        return
    day = parse_time(item["date"], where="date")
    replay.held[security_id] = Held(
        form=form, security_id=security_id, custom_id=item["custom_id"],
        stakeholder_id=item["stakeholder_id"],
        stock_class_id=item["stock_class_id"] if form == STOCK else item.get("stock_class_id", ""),
        quantity=_amount(item, form), acquired_at=replay.since.get(security_id, day),
    )  # fmt: skip


def _end_part(replay: Replay, item: Item) -> None:
    """Transfer, cancellation, repurchase, conversion: of a part, the rest is issued anew."""
    ended = replay.end(item["security_id"])
    balance = item.get("balance_security_id")
    if balance:
        replay.carry([balance], ended.acquired_at)
    part = _part(item, ended)
    if ended.quantity is None or part is None:
        return
    rest = ended.quantity - part
    again = (replay.issued(balance) or Fraction(0)) if balance else Fraction(0)
    if abs(rest - again) >= Fraction(1, 10**NUMBER_DECIMALS):
        raise Invalid("ocf-balance-differs",
                      f"Of {ended.quantity} remain {rest}, but {again} are issued as the balance",
                      cure="Issue the rest anew, as `balance_security_id`.")  # fmt: skip


def _part(item: Item, ended: Held) -> Fraction | None:
    if ended.form == CONVERTIBLE:
        money = item.get("amount")
        return _number(money["amount"], "amount") if money else ended.quantity
    member = "quantity_converted" if item["object_type"].endswith("_CONVERSION") else "quantity"
    return _number(item[member], member)


def _transfer(replay: Replay, item: Item) -> None:
    results = [replay.issued(each) for each in item["resulting_security_ids"]]
    part = _part(item, replay.find(item["security_id"]))
    _end_part(replay, item)
    got = sum((each for each in results if each is not None), Fraction(0))
    if part is not None and None not in results and got != part:
        raise Invalid("ocf-result-differs", f"{part} are transferred, {got} are issued for them",
                      cure="Correct the quantity, or what results.")  # fmt: skip


def _convert(replay: Replay, item: Item) -> None:
    held = replay.find(item["security_id"])
    replay.carry(item["resulting_security_ids"], held.acquired_at)
    _end_part(replay, item)


def _draw(replay: Replay, item: Item) -> None:
    """Exercise or release of a part; the rest stays as it was."""
    held, part = replay.find(item["security_id"]), _number(item["quantity"], "quantity")
    if held.quantity is None or part > held.quantity:
        raise Invalid("ocf-more-than-held", f"{part} are taken of {held.quantity}",
                      cure="Correct the quantity.")  # fmt: skip
    held.quantity -= part
    if not held.quantity:
        replay.end(held.security_id)


def _end(replay: Replay, item: Item) -> None:
    replay.end(item["security_id"])


def _reissue(replay: Replay, item: Item) -> None:
    """Reissue under new certificates; one for a split has its units after it."""
    ended = replay.end(item["security_id"])
    results = item["resulting_security_ids"]
    replay.carry(results, ended.acquired_at)
    got = sum((replay.issued(each) or Fraction(0) for each in results), Fraction(0))
    if got != ended.quantity and not item.get("split_transaction_id"):
        raise Invalid("ocf-result-differs", f"{ended.quantity} are reissued as {got}",
                      cure="Correct what results.")  # fmt: skip


def _consolidate(replay: Replay, item: Item) -> None:
    ended = [replay.end(each) for each in item["security_ids"]]
    result = item["resulting_security_id"]
    replay.carry([result], max(each.acquired_at for each in ended))
    whole = sum((each.quantity or Fraction(0) for each in ended), Fraction(0))
    if replay.issued(result) != whole:
        raise Invalid("ocf-result-differs", f"{whole} become {replay.issued(result)}",
                      cure="Correct what results.")  # fmt: skip


def _split(replay: Replay, item: Item) -> None:
    """Multiply what is outstanding of a class, and the awards of its units."""
    ratio = _number(item["split_ratio"]["numerator"], "split_ratio.numerator") / _number(
        item["split_ratio"]["denominator"], "split_ratio.denominator")  # fmt: skip
    for security_id, held in replay.held.items():
        if held.stock_class_id != item["stock_class_id"] or held.quantity is None:
            continue
        if replay.of_splits.get(security_id) != item["id"]:
            held.quantity *= ratio


ACTS: dict[str, Callable[[Replay, Item], None]] = {
    **{f"TX_{form}_ISSUANCE": _issue for form in (STOCK, AWARD, CONVERTIBLE, WARRANT)},
    **{f"TX_{form}_TRANSFER": _transfer for form in (STOCK, AWARD, CONVERTIBLE, WARRANT)},
    **{f"TX_{form}_CANCELLATION": _end_part for form in (STOCK, AWARD, CONVERTIBLE, WARRANT)},
    **{f"TX_{form}_RETRACTION": _end for form in (STOCK, AWARD, CONVERTIBLE, WARRANT)},
    "TX_STOCK_REPURCHASE": _end_part,
    "TX_STOCK_CONVERSION": _convert,
    "TX_CONVERTIBLE_CONVERSION": _convert,
    "TX_STOCK_REISSUANCE": _reissue,
    "TX_STOCK_CONSOLIDATION": _consolidate,
    "TX_STOCK_CLASS_SPLIT": _split,
    f"TX_{AWARD}_EXERCISE": _draw,
    f"TX_{AWARD}_RELEASE": _draw,
    "TX_WARRANT_EXERCISE": _end,
}
# What changes nobody's units.
SILENT = {
    *(f"TX_{form}_ACCEPTANCE" for form in (STOCK, AWARD, CONVERTIBLE, WARRANT)),
    "TX_VESTING_START", "TX_VESTING_EVENT", "TX_VESTING_ACCELERATION",
    f"TX_{AWARD}_REPRICING", "TX_STOCK_PLAN_POOL_ADJUSTMENT", "TX_STOCK_PLAN_RETURN_TO_POOL",
    "TX_ISSUER_AUTHORIZED_SHARES_ADJUSTMENT", "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT",
    "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT", "CE_STAKEHOLDER_RELATIONSHIP",
    "CE_STAKEHOLDER_STATUS",
}  # fmt: skip


def replay(book: Book) -> list[Held]:
    """What is outstanding after all transactions, in order of acquisition.

    What cannot be carried out is noted as a defect of the book.
    """
    transactions = [
        {name: value for name, value in item.items() if value is not None}
        for item in book.all("transaction")
    ]
    found = Replay(
        {item["security_id"]: item for item in transactions
         if item["object_type"].endswith("_ISSUANCE") and "security_id" in item},
        {each: item["split_transaction_id"] for item in transactions
         if "split_transaction_id" in item for each in item.get("resulting_security_ids", [])},
    )  # fmt: skip
    for _, day in groupby(sorted(transactions, key=_date), key=_date):
        items = list(day)
        found.to_come = {item["security_id"]: item for item in items
                         if item["object_type"].endswith("_ISSUANCE") and "security_id" in item
                         }  # fmt: skip
        for item in items:
            _carry_out(book, found, item)
    return sorted(found.held.values(), key=lambda each: each.acquired_at)


def _date(item: Item) -> str:
    return str(item.get("date", ""))


def _carry_out(book: Book, found: Replay, item: Item) -> None:
    where = book.places[item["id"]]
    kind = item["object_type"].replace("TX_PLAN_SECURITY_", f"TX_{AWARD}_")
    if kind in SILENT:
        return
    act = ACTS.get(kind)
    if act is None:
        book.defect("ocf-kind-unsupported", f"There is no kind {kind!r} in OCF 1.2", where,
                    cure="Leave it out, or restate it in kinds of OCF 1.2.")  # fmt: skip
        return
    try:
        act(found, item)
    except Invalid as error:
        place = f"{where}.{error.where}" if error.where else where
        book.defects.append(Invalid(error.code, error.message, where=place, cure=error.cure))
    except KeyError as error:
        book.defect("ocf-field-missing", f"{error.args[0]} is missing, or names nothing", where,
                    cure=f"Add `{error.args[0]}`.")  # fmt: skip
