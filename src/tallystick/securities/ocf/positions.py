"""What the stakeholders of an OCF book hold after all its transactions."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.times import parse_time
from tallystick.core.units import parse_quantity
from tallystick.securities.ocf.book import Book

# Transactions that change a stock position, and those that say nothing about it.
STOCK = {"TX_STOCK_ISSUANCE", "TX_STOCK_TRANSFER", "TX_STOCK_CANCELLATION", "TX_STOCK_REPURCHASE"}
SILENT = {"TX_STOCK_ACCEPTANCE", "TX_VESTING_START"}


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Stock that a stakeholder holds, as one lot: since when, of which class, how many units."""

    security_id: str
    custom_id: str
    stakeholder_id: str
    stock_class_id: str
    quantity: str
    acquired_at: int


def open_positions(book: Book) -> tuple[Position, ...]:
    """Open stock positions after all transactions, in order of acquisition."""
    held: dict[str, Position] = {}
    order = {"TX_STOCK_ISSUANCE": 0}
    transactions = sorted(
        book.all("transaction"),
        key=lambda item: (item.get("date", ""), order.get(item.get("object_type", ""), 1)),
    )
    for item in transactions:
        kind = item.get("object_type", "")
        where = book.places[item["id"]]
        if kind in SILENT:
            continue
        if kind not in STOCK:
            book.defect(
                "ocf-kind-unsupported",
                f"{kind} cannot be carried by this version",
                where,
                cure="Leave it out, or restate it as issuances, transfers and cancellations.",
            )
            continue
        try:
            _apply(kind, item, held, where)
        except Invalid as error:
            book.defects.append(error)
        except KeyError as error:
            book.defect(
                "ocf-field-missing",
                f"{error.args[0]} is missing",
                where,
                cure=f"Add `{error.args[0]}`.",
            )
    return tuple(sorted(held.values(), key=lambda position: position.acquired_at))


def _apply(kind: str, item: dict[str, Any], held: dict[str, Position], where: str) -> None:
    if kind == "TX_STOCK_ISSUANCE":
        parse_quantity(item["quantity"], 10, where=f"{where}.quantity")
        held[item["security_id"]] = Position(
            security_id=item["security_id"],
            custom_id=item["custom_id"],
            stakeholder_id=item["stakeholder_id"],
            stock_class_id=item["stock_class_id"],
            quantity=item["quantity"],
            acquired_at=parse_time(item["date"], where=f"{where}.date"),
        )
        return
    # Terminal transactions: what remains is issued anew by the securities that result.
    ended = held.pop(item["security_id"], None)
    if ended is None:
        raise Invalid(
            "ocf-not-held",
            f"Security {item['security_id']!r} is not outstanding",
            where=where,
            cure="Name a security that is held on that date.",
        )
    balance = item.get("balance_security_id")
    if balance in held:
        held[balance] = msgspec.structs.replace(held[balance], acquired_at=ended.acquired_at)
