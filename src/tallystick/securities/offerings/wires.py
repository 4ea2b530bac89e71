"""Wires that have come, from a bank's file, and to whose pledges they belong.

A pledge bears a creditor reference (ISO 11649) that its payer states; a wire belongs to it that
bears the same. Statements are read as camt.053 (ISO 20022, bank to customer statement), or as CSV.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import msgspec

from tallystick.core.errors import Invalid, InvalidFile

CODE = "wires-invalid"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
COLUMNS = ("id", "amount", "currency", "reference")
_REFERENCE = re.compile(r"RF\d\d[A-Z0-9]{1,21}")
_CHECK_MODULUS, _CHECK_SUM = 97, 98
FILE_BYTES_MAX = 64 * 2**20


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """Money that has come: the bank's id, amount as text, currency, what the payer wrote."""

    id: str
    amount: str
    currency: str
    text: str
    where: str

    @property
    def references(self) -> list[str]:
        """Creditor references in what the payer wrote, whose check digits are right."""
        plain = re.sub(r"[^A-Z0-9]", "", self.text.upper())
        found = _REFERENCE.findall(self.text.upper()) + _REFERENCE.findall(plain)
        return list(dict.fromkeys(each for each in found if is_reference(each)))


def reference_of(text: str) -> str:
    """The creditor reference (ISO 11649) of up to 21 letters and digits."""
    return f"RF{_CHECK_SUM - _number(text + 'RF00') % _CHECK_MODULUS:02d}{text}"


def is_reference(reference: str) -> bool:
    """Whether a creditor reference has the right check digits."""
    if not _REFERENCE.fullmatch(reference):
        return False
    return _number(reference[4:] + reference[:4]) % _CHECK_MODULUS == 1


def _number(text: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in text))


def read_wires(data: bytes, *, path: str) -> list[Wire]:
    """Credits of a bank's file. Raises `InvalidFile` with every defect and its place."""
    if len(data) > FILE_BYTES_MAX:
        raise _bad(path, "file-too-large", f"It has more than {FILE_BYTES_MAX >> 20} MB",
                   cure="Ask the bank for one file a day.")  # fmt: skip
    wires = _from_xml(data, path) if data.lstrip()[:1] == b"<" else _from_csv(data, path)
    ids = Counter(each.id for each in wires)
    for each in wires:
        if not each.id or ids[each.id] > 1:
            raise _bad(each.where, "wire-without-id", "A wire has no id of its own",
                       cure="Ask the bank for statements with its own references.")  # fmt: skip
    return wires


def _bad(path: str, code: str, message: str, *, cure: str) -> InvalidFile:
    return InvalidFile(CODE, path, [Invalid(code, message, where=path, cure=cure)])


def _from_csv(data: bytes, path: str) -> list[Wire]:
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
        missing = set(COLUMNS) - set(rows.fieldnames or ())
        if missing:
            raise _bad(path, "column-missing", f"Column {min(missing)!r} is missing",
                       cure=f"Write the columns {', '.join(COLUMNS)}.")  # fmt: skip
        return [
            Wire(id=row["id"] or "", amount=row["amount"] or "", currency=row["currency"] or "",
                 text=row["reference"] or "", where=f"{path}:{number}")
            for number, row in enumerate(rows, start=2)
        ]  # fmt: skip
    except (UnicodeDecodeError, csv.Error):
        raise _bad(path, "file-malformed", "It is neither a statement nor a CSV in UTF-8",
                   cure="Ask the bank for camt.053, or write a CSV.") from None  # fmt: skip


def _from_xml(data: bytes, path: str) -> list[Wire]:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise _bad(path, "file-malformed", "A statement declares no entities",
                   cure="Ask the bank for camt.053.")  # fmt: skip
    try:
        root = ET.fromstring(data)  # noqa: S314 - without entities nothing can expand
    except ET.ParseError as error:
        raise _bad(path, "file-malformed", f"It is no XML: {error}",
                   cure="Ask the bank for camt.053.") from None  # fmt: skip
    if not root.tag.startswith(f"{{{NAMESPACE}"):
        raise _bad(path, "file-malformed", "It is no camt.053",
                   cure="Ask the bank for camt.053, a bank to customer statement.")  # fmt: skip
    return list(_credits(root, path))


def _credits(root: ET.Element, path: str) -> Iterator[Wire]:
    """Booked credits: one for each transaction of an entry, or for the entry itself."""
    for entry in root.iterfind("{*}BkToCstmrStmt/{*}Stmt/{*}Ntry"):
        if _text(entry, "CdtDbtInd") != "CRDT" or _text(entry, "Sts/{*}Cd") != "BOOK":
            continue
        details = entry.findall("{*}NtryDtls/{*}TxDtls") or [entry]
        for at, one in enumerate(details, start=1):
            amount = one.find("{*}Amt")
            amount = entry.find("{*}Amt") if amount is None else amount
            bank = _text(one, "Refs/{*}AcctSvcrRef") or _text(entry, "AcctSvcrRef")
            suffix = f"/{at}" if len(details) > 1 and not _text(one, "Refs/{*}AcctSvcrRef") else ""
            yield Wire(
                id=f"{bank}{suffix}" if bank else "", where=f"{path}: {bank or 'an entry'}",
                amount=(amount.text or "").strip() if amount is not None else "",
                currency=amount.get("Ccy", "") if amount is not None else "", text=_written(one),
            )  # fmt: skip


def _written(one: ET.Element) -> str:
    """What the payer wrote: structured references, free text, his own id of the payment."""
    paths = ("RmtInf/{*}Strd/{*}CdtrRefInf/{*}Ref", "RmtInf/{*}Ustrd", "Refs/{*}EndToEndId")
    return " ".join(found.text.strip() for path in paths for found in one.iterfind("{*}" + path)
                    if found.text)  # fmt: skip


def _text(element: ET.Element, path: str) -> str:
    found = element.find("{*}" + path)
    return (found.text or "").strip() if found is not None else ""
