"""Books that were imported, kept word for word, so that an export loses nothing of them.

What a book says of a stakeholder is kept under his own key and goes when he is erased.
"""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app.admission import wallets_by_row
from tallystick.core.errors import Unavailable
from tallystick.core.wallets import Wallet
from tallystick.securities.ocf import outstanding
from tallystick.securities.ocf.replay import AWARD, WARRANT

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.securities.ocf import CapTable

KIND, STAKEHOLDER = "book", "ocf-stakeholder"
KEY_LENGTH = 16
ERASED = "erased at his request"
Item = dict[str, Any]


class Kept(msgspec.Struct, kw_only=True):
    """Objects of all books that were imported, by kind and id; the later book's word counts.

    `homes` are the home wallets of stakeholders, as far as they were admitted.
    """

    issuer: Item = msgspec.field(default_factory=dict)
    objects: dict[str, dict[str, Item]] = msgspec.field(default_factory=dict)
    homes: dict[str, Wallet] = msgspec.field(default_factory=dict)
    comments: list[str] = msgspec.field(default_factory=list)

    def of(self, kind: str) -> dict[str, Item]:
        """The objects of a kind by id."""
        return self.objects.setdefault(kind, {})


class _Text(msgspec.Struct, kw_only=True):
    """What is kept of one book beside its stakeholders, of whom it has but who they are here."""

    objects: dict[str, list[Item]]
    comments: list[str]
    homes: dict[str, Wallet]


def prefix(workspace: Workspace) -> str:
    """How ids begin that were given here; the rest leads to a log on the chain."""
    return f"tallystick/{workspace.chain_id}/"


def keep(workspace: Workspace, book: CapTable) -> None:
    """Keep a book; the same one again is kept once.

    What was exported here is not: the chain tells it anew.
    """
    find, registry = wallets_by_row(workspace), workspace.book().registry
    homes: dict[str, Wallet] = {}
    for one in book.stakeholders:
        wallet = find(one.id)
        if wallet is not None:
            homes[one.id] = registry.home(wallet)
    content = sha256(msgspec.json.encode(book.objects, order="sorted")).hexdigest()
    key = workspace.vault.pseudonym(f"book/{content}")[:KEY_LENGTH]
    known = {entry.body["key"]: entry for entry in workspace.journal.entries(KIND)}
    if key in known:
        return
    number, ours = len(known) + 1, prefix(workspace)
    objects = {kind: [item for item in items if not item["id"].startswith(ours)]
               for kind, items in book.objects.items()}  # fmt: skip
    people = objects.pop("stakeholder", [])
    objects["stakeholder"] = [_anonymous(each) if each["id"] in homes else each for each in people]
    text = msgspec.json.encode(_Text(objects=objects, comments=list(book.comments), homes=homes))
    with workspace.engine.begin() as connection:
        workspace.vault.keep_text_within(connection, KIND, f"{KIND}/{key}", text)
        for each in people:
            if each["id"] in homes:
                name = f"{STAKEHOLDER}/{number}/{each['id']}"
                workspace.vault.keep_private_within(
                    connection, homes[each["id"]], STAKEHOLDER, name, msgspec.json.encode(each)
                )
        body = {"number": number, "key": key, "seal": sha256(text).hexdigest()}
        workspace.journal.append_within(connection, KIND, [body], at_s=workspace.now())


def _anonymous(stakeholder: Item) -> Item:
    kept: Item = {name: stakeholder[name] for name in ("object_type", "id", "stakeholder_type")
            if name in stakeholder}  # fmt: skip
    return {**kept, "name": {"legal_name": ERASED}, "comments": [ERASED]}


def load(workspace: Workspace) -> Kept:
    """All that was kept. Raises `Unavailable` if something of it is gone."""
    found = Kept()
    people = {key: data for _, key, data in workspace.vault.private(STAKEHOLDER)}
    erased = {Wallet(entry.body["home"]) for entry in workspace.journal.entries("erased")}
    for entry in workspace.journal.entries(KIND):
        text = msgspec.json.decode(workspace.vault.text(f"{KIND}/{entry.body['key']}"), type=_Text)
        found.homes |= text.homes
        found.comments = text.comments
        for kind, items in text.objects.items():
            found.of(kind).update({item["id"]: item for item in items})
        for identifier, home in text.homes.items():
            data = people.get(f"{STAKEHOLDER}/{entry.body['number']}/{identifier}")
            if data is not None:
                found.of("stakeholder")[identifier] = msgspec.json.decode(data)
            elif home not in erased:
                raise Unavailable("book-incomplete", f"Stakeholder {identifier} is missing",
                                  cure="Restore the data directory from a backup.")  # fmt: skip
    found.issuer = next(reversed(found.of("issuer").values()), {})
    return found


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """An award or a warrant in a book that was imported, of a class by its name.

    `units` are whole ones, None where the book does not say how many; `kept_at_s` is when the book
    was imported, in UTC seconds.
    """

    stock_class: str
    units: Fraction | None
    kept_at_s: int


def claims(workspace: Workspace) -> list[Promise]:
    """What may become stock, as the last book has it that was imported."""
    last = next((entry for entry in reversed(list(workspace.journal.entries(KIND)))), None)
    if last is None:
        return []
    found = load(workspace)
    names = {identifier: item["name"] for identifier, item in found.of("stock class").items()}
    objects = {kind: list(items.values()) for kind, items in found.objects.items()}
    return [Promise(stock_class=names.get(each.stock_class_id, ""), units=each.quantity,
                    kept_at_s=last.at_s)
            for each in outstanding(objects) if each.form in {AWARD, WARRANT}]  # fmt: skip
