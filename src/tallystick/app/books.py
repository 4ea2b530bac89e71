"""Books of companies in Open Cap Format: read from a folder or a zip, admitted, minted."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING

from tallystick.app.admission import Newcomer
from tallystick.app.minting import Lot
from tallystick.core.errors import Invalid, InvalidFile
from tallystick.core.units import parse_quantity
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claim, Claims
from tallystick.securities.ocf import CapTable, Stakeholder, read_ocf

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from tallystick.core.wallets import Wallet

SUFFIX = ".ocf.json"
FILE_BYTES_MAX = 256 * 2**20
# A zip that is damaged or cut off; one with a password or an unknown compression is a RuntimeError.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)


def open_book(path: Path) -> CapTable:
    """Read a book from a folder of `*.ocf.json` files or a zip of them.

    Raises `InvalidFile` with every defect found.
    """
    files = _from_zip(path) if path.is_file() else files_in(path)
    return read_ocf(files, path=str(path))


def files_in(folder: Traversable) -> dict[str, bytes]:
    """The files of a book that lie in a folder, by name."""
    return {item.name: item.read_bytes() for item in folder.iterdir() if item.name.endswith(SUFFIX)}


def _from_zip(path: Path) -> dict[str, bytes]:
    defect = Invalid("ocf-file-malformed", "This is no zip of OCF files", where=str(path),
                     cure="Give a folder of *.ocf.json files, or a plain zip of it.")  # fmt: skip
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(SUFFIX)]
            if sum(entry.file_size for entry in entries) > FILE_BYTES_MAX:
                raise InvalidFile("ocf-invalid", str(path), [defect])
            return {entry.filename: archive.read(entry) for entry in entries}
    except UNREADABLE as error:
        raise InvalidFile("ocf-invalid", str(path), [defect]) from error


def newcomers_in(
    book: CapTable, claims_of: Callable[[Stakeholder], Claims] = lambda _: Claims()
) -> list[Newcomer]:
    """The stakeholders of a book, to be admitted; a book says nothing of claims."""
    return [
        Newcomer(
            row=one.id,
            person=Person(name=one.name, kind=one.kind, email=one.email, reference=one.reference),
            country=one.country,
            claims=claims_of(one),
            where=one.id,
        )
        for one in book.stakeholders
    ]


def verified_until(day: int) -> Callable[[Stakeholder], Claims]:
    """States of everybody that his identity has been verified, until a UTC day."""
    claims = Claims().stated(Claim.VERIFIED, day)
    return lambda _: claims


def lots_in(
    book: CapTable, stock_class: str, decimals: int, wallet_of: Callable[[str], Wallet | None]
) -> list[Lot]:
    """The open positions of one stock class, in order of acquisition.

    Raises `InvalidFile` if there is no such class, or a quantity is finer than the security allows.
    """
    classes = {name: identifier for identifier, name in book.stock_classes.items()}
    if stock_class not in classes:
        known = ", ".join(sorted(classes))
        defect = Invalid("stock-class-unknown", f"The book has no class {stock_class!r}",
                         where="stock_class", cure=f"It has: {known}.")  # fmt: skip
        raise InvalidFile("ocf-invalid", "book", [defect])
    lots: list[Lot] = []
    defects: list[Invalid] = []
    for position in book.positions:
        if position.stock_class_id != classes[stock_class]:
            continue
        where = position.custom_id
        try:
            units = parse_quantity(_without_zeros(position.quantity), decimals, where=where)
        except Invalid as error:
            defects.append(error)
            continue
        lots.append(Lot(
            row=position.security_id, holder=position.stakeholder_id,
            wallet=wallet_of(position.stakeholder_id), units=units,
            acquired_at=position.acquired_at, where=where,
        ))  # fmt: skip
    if defects:
        raise InvalidFile("ocf-invalid", "book", defects)
    return lots


def _without_zeros(quantity: str) -> str:
    """A number of OCF, which may have zeros behind the point where nothing else stands."""
    whole, point, fraction = quantity.partition(".")
    digits = fraction.rstrip("0")
    return f"{whole}{point}{digits}" if digits else whole
