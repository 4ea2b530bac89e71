"""Exports what an issuer has as a book in Open Cap Format.

It is the book that was imported, word for word, and what has happened since; or all of it if there
was none. What the format requires and nobody knows is asked for, all at once; nothing is made up.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app.open_cap.carried import Carrier, brought
from tallystick.app.open_cap.kept import Kept, load, prefix
from tallystick.app.open_cap.knowledge import Knowledge
from tallystick.core.errors import Invalid, InvalidFile
from tallystick.securities.ocf import objects
from tallystick.securities.ocf.certificates import Price, StockClass
from tallystick.securities.ocf.files import render
from tallystick.securities.ocf.replay import plain

if TYPE_CHECKING:
    from tallystick.app.workspace import ListedSecurity, Workspace
    from tallystick.core.wallets import Wallet

Item = dict[str, Any]
STOCK_KINDS = {"common", "preferred"}
_CURRENCY = re.compile(r"[A-Z]{3}")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody states for an export.

    The currency of money whose cash does not say it, the date on which the issuer was formed, and
    prices of whole units by the ids of securities.
    """

    currency: str = ""
    formed: str = ""
    prices: dict[str, Price] = msgspec.field(default_factory=dict)


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """Files of a book by name, how many transactions were added, and securities left out."""

    files: dict[str, bytes]
    added: int
    left_out: tuple[str, ...]


class _Export:
    """An export under way: what is kept, and what is added to it."""

    def __init__(self, workspace: Workspace, facts: Facts) -> None:
        self.workspace, self.facts = workspace, facts
        self.kept = load(workspace)
        self.missing: dict[str, Invalid] = {}
        self.people = workspace.vault.people()
        self.ids = {home: identifier for identifier, home in self.kept.homes.items()}

    def ask(self, code: str, message: str, where: str, *, cure: str) -> None:
        """Note something that has to be stated."""
        self.missing.setdefault(where, Invalid(code, message, where=where, cure=cure))

    def currency_of(self, cash: str) -> str:
        """The currency of a cash by its symbol; what was stated if that is none."""
        if _CURRENCY.fullmatch(cash):
            return cash
        if not _CURRENCY.fullmatch(self.facts.currency):
            what = f"of {cash}" if cash else "of strikes, SAFEs and wires"
            self.ask("currency-needed", f"The currency {what} is not known", "--currency",
                     cure="Name its code of ISO 4217.")  # fmt: skip
        return self.facts.currency

    def stakeholder_of(self, home: Wallet) -> str:
        """The id of an investor; of one whom no book brought, one of ours."""
        if home not in self.ids:
            identifier = self.ids[home] = f"{prefix(self.workspace)}investor/{home}"
            person = self.people.get(home)
            investor = self.workspace.book().registry.investors.get(home)
            self.kept.of("stakeholder")[identifier] = objects.stakeholder(
                identifier, name=person.name if person else "erased at his request",
                is_person=person is None or person.kind == "person",
                reference=person.reference if person else "",
                country=investor.country if investor else "",
                email=person.email if person else "",
            )  # fmt: skip
        return self.ids[home]

    def stock_class(self, listed: ListedSecurity) -> StockClass:
        """The class of a security: that of a book by the name in the terms, or one of ours."""
        classes = self.kept.of("stock class")
        name = listed.terms.get("stock_class") or listed.name
        item = next((each for each in classes.values() if each["name"] == name), None)
        if item is None:
            rules = self.workspace.book().securities[listed.token].rules
            rights = listed.terms["rights"]
            identifier = f"{prefix(self.workspace)}class/{listed.symbol}"
            item = classes[identifier] = objects.stock_class(
                identifier, name=name, symbol=listed.symbol,
                preferred=listed.terms["kind"] == "preferred",
                supply_cap="" if rules.supply_cap is None
                else plain(Fraction(rules.supply_cap, 10**listed.decimals)),
                votes=rights["votes_per_unit"], seniority=rights["seniority"],
            )  # fmt: skip
        start = str(item.get("default_id_prefix", ""))
        return StockClass(id=item["id"], listing=listed.token, prefix=start,
                          first_number=_next_number(self.kept, start), decimals=listed.decimals
                          )  # fmt: skip

    def issuer(self) -> Item:
        """The issuer as a book has it, or as the terms and what was stated say."""
        if self.kept.issuer:
            return self.kept.issuer
        if not self.facts.formed:
            self.ask("formation-date-needed", "The date of the issuer's formation is not known",
                     "--formed", cure="Name it, such as 2019-05-02.")  # fmt: skip
        terms = self.workspace.securities()[0].terms["issuer"]
        return objects.issuer(f"{prefix(self.workspace)}issuer", terms["name"], terms["country"],
                              self.facts.formed)  # fmt: skip


def export(workspace: Workspace, facts: Facts) -> Exported:
    """All that is known of an issuer's stock, as the files of a book.

    Raises `InvalidFile` with everything that has to be stated first, `Invalid` if nothing was
    issued.
    """
    found = _Export(workspace, facts)
    listed = [each for each in workspace.securities() if each.terms["kind"] in STOCK_KINDS]
    if not listed:
        raise Invalid("no-stock", "No stock was issued, and the format knows nothing else",
                      cure="Issue a security of the kind common or preferred.")  # fmt: skip
    issuer = found.issuer()
    classes = {each.token: found.stock_class(each) for each in listed}
    knowledge = Knowledge(workspace, found.currency_of)
    carrier = Carrier(workspace, classes, brought(found.kept), stakeholder_of=found.stakeholder_of,
                      known=knowledge.of, stated=facts.prices)  # fmt: skip
    carrier.carry(workspace)
    by_symbol = {each.symbol: classes[each.token].id for each in listed}
    vesting, granted = knowledge.granted(found.stakeholder_of, by_symbol)
    for each in carrier.certificates.unpriced:
        found.ask("price-needed", "What was paid for it is not known", each,
                  cure="State it in a CSV: security_id, price, currency.")  # fmt: skip
    if found.missing:
        raise InvalidFile("facts-missing", "export", list(found.missing.values()))
    added = [*granted, *carrier.certificates.written, *knowledge.written]
    found.kept.of("transaction").update({item["id"]: item for item in added})
    found.kept.of("vesting terms").update({item["id"]: item for item in vesting})
    files = render(issuer, {kind: list(items.values()) for kind, items in
                            found.kept.objects.items()},
                   as_of_s=workspace.now(), comments=found.kept.comments)  # fmt: skip
    left_out = [each.symbol for each in workspace.securities() if each not in listed]
    return Exported(files=files, added=len(added), left_out=tuple(left_out))


def _next_number(kept: Kept, start: str) -> int:
    """The number after all that certificates with this prefix bear."""
    numbers = [str(item.get("custom_id", "")).removeprefix(start)
               for item in kept.of("transaction").values()
               if str(item.get("custom_id", "")).startswith(start)]  # fmt: skip
    return 1 + max((int(each) for each in numbers if each.isascii() and each.isdigit()), default=0)
