"""The objects of an OCF book by kind and id, and every defect found on the way."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.core.errors import Invalid

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


class _Money(msgspec.Struct):
    amount: str


class _Ratio(msgspec.Struct):
    numerator: str
    denominator: str


class _TransactionShape(msgspec.Struct):
    object_type: str
    date: str = ""
    security_id: str = ""
    custom_id: str = ""
    stakeholder_id: str = ""
    stock_class_id: str | None = None
    quantity: str | None = None
    quantity_converted: str | None = None
    amount: _Money | None = None
    investment_amount: _Money | None = None
    split_ratio: _Ratio | None = None
    split_transaction_id: str | None = None
    balance_security_id: str | None = None
    resulting_security_id: str | None = None
    resulting_security_ids: list[str] = []
    security_ids: list[str] = []


class _Other(msgspec.Struct):
    object_type: str = ""


# What is read of an object must have these types; more of it is not looked at.
SHAPES: dict[str, type[msgspec.Struct]] = {
    "issuer": _Named,
    "stakeholder": _StakeholderShape,
    "stock class": _StockClassShape,
    "transaction": _TransactionShape,
}


class Book:
    """The objects of all files by kind and id, and the defects found on the way."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, dict[str, Any]]] = {}
        self.ids: dict[str, set[str]] = {}
        self.places: dict[str, str] = {}
        self.defects: list[Invalid] = []
        self.comments: list[str] = []

    def defect(self, code: str, message: str, where: str, *, cure: str) -> None:
        """Note a defect."""
        self.defects.append(Invalid(code, message, where=where, cure=cure))

    def add(self, kind: str, item: dict[str, Any], where: str) -> None:
        """Take an object up under its id; one that cannot be read is a defect."""
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

    def all(self, kind: str) -> list[dict[str, Any]]:
        """The objects of a kind, in the order of the files."""
        return list(self.objects.get(kind, {}).values())


def gather(files: dict[str, bytes], book: Book) -> str:
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
            said = document.get("comments")
            book.comments = [str(each) for each in said] if isinstance(said, list) else []
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
