"""Tax forms of holders, what is withheld of their payments, and what of it comes back.

Forms and amounts are in the vault under each holder's own key. The business journal has a salted
hash of each form, and the root of the commitments to what a distribution withholds.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from tallystick.app.controls import votes_of
from tallystick.app.keys import require_same
from tallystick.core.errors import NotFound
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.gateways.treaties import tables
from tallystick.securities.distribution.payment_list import Withheld, withholding_leaf
from tallystick.securities.withholding.forms import TaxForm, check_form
from tallystick.securities.withholding.tables import Table
from tallystick.securities.withholding.united_states import (
    Decision,
    Holding,
    decide,
    withheld_half_up,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.fold import Book
    from tallystick.securities.distribution.entitlements import Lines

KIND = "tax-form"
SALT_BYTES = 32


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What the vault keeps of what is withheld at one place: amount, salt, and why."""

    amount: int
    salt: bytes
    gross: int
    decision: Decision
    country: str
    status: str
    day: int


def table_of(country: str) -> Table:
    """What a country withholds. Raises `NotFound` if there is no table for it."""
    found = tables().get(country)
    if found is None:
        raise NotFound(
            "withholding-unknown", f"There is no table of what {country!r} withholds",
            where="--withholding", cure=f"Known are: {', '.join(tables())}; or say none.",
        )  # fmt: skip
    return found


def law_of(workspace: Workspace, symbol: str, given: str) -> str:
    """The country whose law withholds: as given, or the issuer's if there is a table for it."""
    if given:
        return "" if given == "none" else given.upper()
    country = str(workspace.security(symbol).terms["issuer"].get("country", ""))
    return country if country in tables() else ""


# --- forms


def take_form(workspace: Workspace, home: Wallet, form: TaxForm, *, key: str) -> None:
    """Keep a form that a holder gave; it counts for payments from now on.

    Raises `Invalid` if it says what it cannot, `Conflict` if the key was used for another.
    """
    for known_home, known_key, data in workspace.vault.private(KIND):
        if known_key == f"{KIND}/{key}":
            known = msgspec.msgpack.decode(data, type=TaxForm)
            require_same((home, form), (known_home, known))
            return
    check_form(form, today=workspace.now() // DAY_S)
    data = msgspec.msgpack.encode(form)
    salt = secrets.token_bytes(SALT_BYTES)
    body = {"key": key, "seal": sha256(salt + data).hexdigest()}
    with workspace.engine.begin() as connection:
        workspace.vault.keep_private_within(connection, home, KIND, f"{KIND}/{key}", data)
        workspace.vault.keep_private_within(connection, home, "salt", f"{KIND}/{key}/salt", salt)
        workspace.journal.append_within(connection, KIND, [body], at_s=workspace.now())


def forms(workspace: Workspace) -> dict[Wallet, TaxForm]:
    """The last form of everybody who gave one."""
    return {home: msgspec.msgpack.decode(data, type=TaxForm)
            for home, _, data in workspace.vault.private(KIND)}  # fmt: skip


# --- what is withheld


def withhold(
    workspace: Workspace, country: str, income: str, lines: Lines, owed: Sequence[int], *, day: int
) -> list[tuple[Wallet, bytes, Secret]]:
    """What is withheld of each line: home, commitment and secret.

    Forms count that have come by now and still hold on the UTC day on which payment opens.
    """
    table, book = table_of(country), workspace.book()
    given = forms(workspace)
    decided: dict[Wallet, tuple[Decision, Holding]] = {}
    found: list[tuple[Wallet, bytes, Secret]] = []
    for (wallet, _), gross in zip(lines, owed, strict=True):
        home = book.registry.home(wallet)
        if home not in decided:
            holding = holding_of(workspace, book, home, given.get(home))
            decided[home] = (decide(table, income, holding, day), holding)
        decision, holding = decided[home]
        amount, salt = withheld_half_up(gross, decision.rate_bps), secrets.token_bytes(SALT_BYTES)
        secret = Secret(
            amount=amount, salt=salt, gross=gross, decision=decision, day=day,
            country=holding.form.country if holding.form else holding.country,
            status=holding.form.status if holding.form else "",
        )  # fmt: skip
        found.append((home, withholding_leaf(salt, wallet, amount), secret))
    return found


def holding_of(workspace: Workspace, book: Book, home: Wallet, form: TaxForm | None) -> Holding:
    """What of a holder matters for what is withheld of him."""
    investor = book.registry.investors.get(home)
    country = investor.country if investor else ""
    # Votes matter only to who claims a rate or an exemption that depends on them.
    votes = votes_of(workspace, home, book=book).share_bps if form is not None else 0
    return Holding(country=country, votes_bps=votes, form=form)


def secrets_of(workspace: Workspace, number: int) -> list[tuple[Wallet, bytes, Secret | None]]:
    """Of each place of a distribution: home wallet, commitment, and what it commits to.

    That is None for who was erased.
    """
    return [
        (home, commitment, None if data is None else msgspec.msgpack.decode(data, type=Secret))
        for home, commitment, data in workspace.vault.withheld(number)
    ]


def line_of(commitment: bytes, secret: Secret | None) -> Withheld:
    """What is withheld at one place, as a list has it."""
    if secret is None:
        return Withheld(commitment=commitment, amount=None, salt=None)
    return Withheld(commitment=commitment, amount=secret.amount, salt=secret.salt)


def withheld(workspace: Workspace, number: int) -> list[Withheld]:
    """What is withheld at each place of a distribution; nothing if that is not decided yet."""
    return [line_of(commitment, secret)
            for _, commitment, secret in secrets_of(workspace, number)]  # fmt: skip
