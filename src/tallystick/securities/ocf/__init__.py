"""Reads a company's book in Open Cap Format: stakeholders, stock classes, and stock positions.

The whole book is read and checked before anything is made of it: every reference that leads
nowhere, every identifier that stands twice and every kind of transaction that this version cannot
carry is named. Source: Open Cap Format 1.2, https://github.com/Open-Cap-Table-Coalition.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec

from tallystick.core.errors import InvalidFile
from tallystick.securities.ocf.book import Book, gather
from tallystick.securities.ocf.references import check_references
from tallystick.securities.ocf.replay import STOCK, Held, plain, replay

__all__ = ["CapTable", "Held", "Position", "Stakeholder", "outstanding", "read_ocf"]


class Stakeholder(msgspec.Struct, frozen=True, kw_only=True):
    """A stakeholder: who he is, and where he resides."""

    id: str
    name: str
    kind: str
    country: str
    email: str
    reference: str


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Stock that a stakeholder holds, as one lot: since when, of which class, how many units."""

    security_id: str
    custom_id: str
    stakeholder_id: str
    stock_class_id: str
    quantity: str
    acquired_at: int


class CapTable(msgspec.Struct, frozen=True, kw_only=True):
    """A book as read: the issuer's name, stakeholders, stock classes by id, and open positions.

    `claims` are what may become stock: awards, convertibles, warrants that are outstanding.
    `objects` are all objects as they stand in the files, by kind, `comments` those of its manifest.
    """

    issuer: str
    stakeholders: tuple[Stakeholder, ...]
    stock_classes: dict[str, str]
    positions: tuple[Position, ...]
    claims: tuple[Held, ...]
    objects: dict[str, list[dict[str, Any]]]
    comments: tuple[str, ...] = ()


def read_ocf(files: dict[str, bytes], *, path: str = "book") -> CapTable:
    """Read a book from its files by name.

    Raises `InvalidFile` with every dangling and duplicate reference, every transaction that cannot
    be carried, and whatever else is wrong.
    """
    book = Book()
    issuer = gather(files, book)
    if not issuer:
        book.defect(
            "ocf-manifest-missing",
            "No file is an OCF_MANIFEST_FILE",
            path,
            cure="Add the manifest of the book.",
        )
    check_references(book)
    stakeholders = tuple(_stakeholder(item) for item in book.all("stakeholder"))
    for item in book.all("stakeholder"):
        if not _country(item):
            book.defect(
                "ocf-country-missing",
                "The stakeholder has no address with a country",
                book.places[item["id"]],
                cure="Add an address with a `country`, such as DE.",
            )
    held = replay(book)
    if book.defects:
        raise InvalidFile("ocf-invalid", path, book.defects)
    classes = {item["id"]: item["name"] for item in book.all("stock class")}
    return CapTable(
        issuer=issuer, stakeholders=stakeholders, stock_classes=classes,
        positions=tuple(_position(each) for each in held if each.form == STOCK),
        claims=tuple(each for each in held if each.form != STOCK),
        objects={kind: book.all(kind) for kind in book.objects}, comments=tuple(book.comments),
    )  # fmt: skip


def outstanding(objects: dict[str, list[dict[str, Any]]]) -> list[Held]:
    """What is outstanding of a book that was read before, from its objects by kind.

    Raises `InvalidFile` if it does not hold together any more.
    """
    book = Book()
    for kind, items in objects.items():
        for item in items:
            book.add(kind, item, f"{kind} {item['id']}")
    held = replay(book)
    if book.defects:
        raise InvalidFile("ocf-invalid", "book", book.defects)
    return held


def _position(held: Held) -> Position:
    return Position(
        security_id=held.security_id, custom_id=held.custom_id, stakeholder_id=held.stakeholder_id,
        stock_class_id=held.stock_class_id, quantity=plain(held.quantity or Fraction(0)),
        acquired_at=held.acquired_at,
    )  # fmt: skip


def _stakeholder(item: dict[str, Any]) -> Stakeholder:
    emails = item.get("contact_info", {}).get("emails") or []
    primary = item.get("primary_contact", {}).get("emails") or []
    addresses = [entry.get("email_address", "") for entry in [*emails, *primary]]
    return Stakeholder(
        id=item["id"],
        name=item.get("name", {}).get("legal_name", ""),
        kind="entity" if item.get("stakeholder_type") == "INSTITUTION" else "person",
        country=_country(item),
        email=addresses[0] if addresses else "",
        reference=item.get("issuer_assigned_id", ""),
    )


def _country(item: dict[str, Any]) -> str:
    addresses = item.get("addresses") or []
    legal = [entry for entry in addresses if entry.get("address_type") == "LEGAL"]
    for entry in [*legal, *addresses]:
        country = entry.get("country", "")
        if country:
            return str(country)
    return ""
