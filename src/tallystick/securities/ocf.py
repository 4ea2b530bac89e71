"""Reads a company's book in Open Cap Format: stakeholders, stock classes, and stock positions.

The whole book is read and checked before anything is made of it: every reference that leads
nowhere, every identifier that stands twice and every kind of transaction that this version cannot
carry is named. Source: Open Cap Format 1.2, https://github.com/Open-Cap-Table-Coalition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.errors import Invalid, InvalidFile
from tallystick.core.times import parse_time
from tallystick.core.units import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

# Transactions that change a stock position, and those that say nothing about it.
STOCK = {"TX_STOCK_ISSUANCE", "TX_STOCK_TRANSFER", "TX_STOCK_CANCELLATION", "TX_STOCK_REPURCHASE"}
SILENT = {"TX_STOCK_ACCEPTANCE", "TX_VESTING_START"}

# Members that refer to another object, at any depth, by what they refer to.
REFERENCES = {
    "stakeholder_id": "stakeholder",
    "stock_class_id": "stock class",
    "stock_class_ids": "stock class",
    "converts_to_stock_class_id": "stock class",
    "stock_plan_id": "stock plan",
    "vesting_terms_id": "vesting terms",
    "vesting_condition_id": "vesting condition",
    "next_condition_ids": "vesting condition",
    "relative_to_condition_id": "vesting condition",
    "trigger_id": "conversion trigger",
    "stock_legend_ids": "stock legend",
    "security_id": "security",
    "security_ids": "security",
    "resulting_security_ids": "security",
    "resulting_security_id": "security",
    "balance_security_id": "security",
    "issuance_ids": "transaction",
    "split_transaction_id": "transaction",
    "object_id": "object",
    "issuer_id": "issuer",
}
# What an object defines inside itself: in which list, under which member, of which kind.
DEFINITIONS = (
    ("vesting_conditions", "id", "vesting condition"),
    ("conversion_triggers", "trigger_id", "conversion trigger"),
    ("exercise_triggers", "trigger_id", "conversion trigger"),
)

FILES = {
    "OCF_STAKEHOLDERS_FILE": "stakeholder",
    "OCF_STOCK_CLASSES_FILE": "stock class",
    "OCF_STOCK_PLANS_FILE": "stock plan",
    "OCF_STOCK_LEGEND_TEMPLATES_FILE": "stock legend",
    "OCF_VESTING_TERMS_FILE": "vesting terms",
    "OCF_TRANSACTIONS_FILE": "transaction",
    "OCF_VALUATIONS_FILE": "valuation",
    "OCF_FINANCINGS_FILE": "financing",
    "OCF_DOCUMENTS_FILE": "document",
}


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
    """A book as read: the issuer's name, stakeholders, stock classes by id, and open positions."""

    issuer: str
    stakeholders: tuple[Stakeholder, ...]
    stock_classes: dict[str, str]
    positions: tuple[Position, ...]


class _Named(msgspec.Struct):
    legal_name: str


class _Email(msgspec.Struct):
    email_address: str = ""


class _Contact(msgspec.Struct):
    emails: list[_Email] | None = None


class _Address(msgspec.Struct):
    address_type: str = ""
    country: str = ""


class _StakeholderShape(msgspec.Struct):
    name: _Named
    stakeholder_type: str = ""
    issuer_assigned_id: str = ""
    contact_info: _Contact = msgspec.field(default_factory=_Contact)
    primary_contact: _Contact = msgspec.field(default_factory=_Contact)
    addresses: list[_Address] | None = None


class _StockClassShape(msgspec.Struct):
    name: str


class _TransactionShape(msgspec.Struct):
    object_type: str
    date: str = ""
    security_id: str = ""
    custom_id: str = ""
    stakeholder_id: str = ""
    stock_class_id: str = ""
    quantity: str = ""
    balance_security_id: str | None = None


class _Other(msgspec.Struct):
    object_type: str = ""


# What is read of an object must have these types; more of it is not looked at.
SHAPES: dict[str, type[msgspec.Struct]] = {
    "issuer": _Named,
    "stakeholder": _StakeholderShape,
    "stock class": _StockClassShape,
    "transaction": _TransactionShape,
}


class _Book:
    """The objects of all files by kind and id, and the defects found on the way."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, dict[str, Any]]] = {}
        self.ids: dict[str, set[str]] = {}
        self.places: dict[str, str] = {}
        self.defects: list[Invalid] = []

    def defect(self, code: str, message: str, where: str, *, cure: str) -> None:
        self.defects.append(Invalid(code, message, where=where, cure=cure))

    def add(self, kind: str, item: dict[str, Any], where: str) -> None:
        identifier = item.get("id")
        if not isinstance(identifier, str):
            self.defect(
                "ocf-id-missing",
                "The object has no id",
                where,
                cure="Give it an `id` between quotes.",
            )
            return
        if identifier in self.places:
            self.defect(
                "ocf-id-duplicate",
                f"Id {identifier!r} stands twice, first at {self.places[identifier]}",
                where,
                cure="Leave one of the two out, or give it another id.",
            )
            return
        self.places[identifier] = where
        self.ids.setdefault(kind, set()).add(identifier)
        try:
            msgspec.convert(item, SHAPES.get(kind, _Other))
        except msgspec.ValidationError as error:
            self.defect("ocf-field-type", str(error), where,
                        cure="Write it as the schema of Open Cap Format 1.2 says.")  # fmt: skip
            return
        self.objects.setdefault(kind, {})[identifier] = item


def read_ocf(files: dict[str, bytes], *, path: str = "book") -> CapTable:
    """Read a book from its files by name.

    Raises `InvalidFile` with every dangling and duplicate reference, every transaction that cannot
    be carried, and whatever else is wrong.
    """
    book = _Book()
    issuer = _gather(files, book)
    if not issuer:
        book.defect(
            "ocf-manifest-missing",
            "No file is an OCF_MANIFEST_FILE",
            path,
            cure="Add the manifest of the book.",
        )
    _check_references(book)
    stakeholders = tuple(_stakeholder(item) for item in _all(book, "stakeholder"))
    for item in _all(book, "stakeholder"):
        if not _country(item):
            book.defect(
                "ocf-country-missing",
                "The stakeholder has no address with a country",
                book.places[item["id"]],
                cure="Add an address with a `country`, such as DE.",
            )
    positions = _positions(book)
    if book.defects:
        raise InvalidFile("ocf-invalid", path, book.defects)
    classes = {item["id"]: item["name"] for item in _all(book, "stock class")}
    return CapTable(
        issuer=issuer, stakeholders=stakeholders, stock_classes=classes, positions=positions
    )


def _all(book: _Book, kind: str) -> list[dict[str, Any]]:
    return list(book.objects.get(kind, {}).values())


def _gather(files: dict[str, bytes], book: _Book) -> str:
    """Put all objects into the book; returns the issuer's name from the manifest."""
    issuer = ""
    for name in sorted(files):
        try:
            document = msgspec.json.decode(files[name])
            file_type = document["file_type"]
        except (msgspec.DecodeError, KeyError, TypeError):
            book.defect(
                "ocf-file-malformed",
                "This is no OCF file",
                name,
                cure="Export it anew as JSON with a `file_type`, or leave it out.",
            )
            continue
        if file_type == "OCF_MANIFEST_FILE":
            found = document.get("issuer")
            book.add("issuer", found if isinstance(found, dict) else {}, f"{name}: issuer")
            for item in book.objects.get("issuer", {}).values():
                issuer = item["legal_name"]
            continue
        kind = FILES.get(file_type) if isinstance(file_type, str) else None
        if kind is None:
            book.defect(
                "ocf-file-unknown",
                f"There is no OCF file type {file_type!r}",
                name,
                cure="Write a `file_type` of Open Cap Format 1.2, or leave it out.",
            )
            continue
        items = document.get("items", [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            book.defect(
                "ocf-file-malformed",
                "`items` is no list of objects",
                name,
                cure="Write them between [ and ], each between { and }.",
            )
            continue
        for at, item in enumerate(items):
            book.add(kind, item, f"{name}: items[{at}]")
    return issuer


def _securities(book: _Book) -> dict[str, str]:
    """Ids of securities, each with the place of its issuance; duplicates are defects."""
    found: dict[str, str] = {}
    for item in _all(book, "transaction"):
        if not item.get("object_type", "").endswith("_ISSUANCE"):
            continue
        where = book.places[item["id"]]
        security = item.get("security_id")
        if security in found:
            book.defect(
                "ocf-id-duplicate",
                f"Security {security!r} is issued twice, first at {found[security]}",
                where,
                cure="Leave one of the two out, or give it another `security_id`.",
            )
        elif isinstance(security, str):
            found[security] = where
    return found


def _check_references(book: _Book) -> None:
    known: dict[str, set[Any]] = {kind: set(ids) for kind, ids in book.ids.items()}
    known["security"] = set(_securities(book))
    known["object"] = set(book.places)
    own: dict[str, set[Any]] = {}
    for item, where in _everything(book):
        defined = list(_defined_in(item))
        for kind, identifier in defined:
            known.setdefault(kind, set()).add(identifier)
        conditions = [identifier for kind, identifier in defined if kind == "vesting condition"]
        own[item["id"]] = set(conditions)
        for identifier in sorted({one for one in conditions if conditions.count(one) > 1}):
            book.defect(
                "ocf-id-duplicate",
                f"Condition {identifier!r} stands twice",
                where,
                cure="Give one of the two another id.",
            )
    for item, where in _everything(book):
        for member, identifier in _referred_to(item):
            target = REFERENCES[member]
            among = known.get(target, set())
            if target == "vesting condition" and own[item["id"]]:
                among = own[item["id"]]
            if identifier not in among:
                book.defect(
                    "ocf-dangling",
                    f"{member} refers to {target} {identifier!r}, which the book does not contain",
                    where,
                    cure="Add what it refers to, or correct the reference.",
                )


def _everything(book: _Book) -> Iterator[tuple[dict[str, Any], str]]:
    for objects in book.objects.values():
        for identifier, item in objects.items():
            yield item, book.places[identifier]


def _defined_in(item: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an object defines inside itself, as (kind, id)."""
    for place, member, kind in DEFINITIONS:
        for entry in item.get(place) or []:
            if isinstance(entry, dict) and isinstance(entry.get(member), str):
                yield kind, entry[member]


def _referred_to(value: Any, inside: str = "") -> Iterator[tuple[str, Any]]:
    """Every reference in an object, at any depth, as (member, id)."""
    if isinstance(value, list):
        for entry in value:
            yield from _referred_to(entry, inside)
    elif isinstance(value, dict):
        for member, found in value.items():
            defines = any(inside == place and member == name for place, name, _ in DEFINITIONS)
            if member not in REFERENCES or defines:
                yield from _referred_to(found, member)
                continue
            wanted = found if isinstance(found, list) else [found]
            yield from ((member, one) for one in wanted if isinstance(one, str))


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


def _positions(book: _Book) -> tuple[Position, ...]:
    """Open stock positions after all transactions, in order of acquisition."""
    held: dict[str, Position] = {}
    order = {"TX_STOCK_ISSUANCE": 0}
    transactions = sorted(
        _all(book, "transaction"),
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
