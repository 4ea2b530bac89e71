"""References between the objects of an OCF book: each must lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tallystick.securities.ocf.book import Book

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


def check_references(book: Book) -> None:
    """Note every reference that leads nowhere as a defect of the book."""
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


def _everything(book: Book) -> Iterator[tuple[dict[str, Any], str]]:
    for objects in book.objects.values():
        for identifier, item in objects.items():
            yield item, book.places[identifier]


def _defined_in(item: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an object defines inside itself, as (kind, id)."""
    for place, member, kind in DEFINITIONS:
        entries = item.get(place)
        for entry in entries if isinstance(entries, list) else ():
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


def _securities(book: Book) -> dict[str, str]:
    """Ids of securities, each with the place of its issuance; duplicates are defects."""
    found: dict[str, str] = {}
    for item in book.all("transaction"):
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
