"""Payments by bank: account numbers checked, and a credit transfer file (pain.001.001.09).

Rules of the SEPA credit transfer where everything is in euro, of the standard alone otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from xml.etree import ElementTree as ET

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.times import show_date, show_time

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
NAME_MAX, TEXT_MAX, ID_MAX = 70, 140, 35
CENTS_DECIMALS = 2
SEPA_MAX = 99_999_999_999
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_PLAIN = re.compile(r"[^A-Za-z0-9/?:().,'+ -]")
_SPELT = {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d",
          "Đ": "D", "&": "+"}  # fmt: skip


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account at a bank: whose, its IBAN, and the bank's BIC if it is needed."""

    name: str
    iban: str
    bic: str = ""


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """A payment: to which account, how much in cents, under which reference of ours."""

    to: Account
    cents: int
    reference: str
    text: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Payments of one day from one account in one currency; times in UTC seconds."""

    id: str
    payer: Account
    currency: str
    made_s: int
    execute_s: int
    transfers: tuple[Transfer, ...]


def parse_iban(text: str, *, where: str = "") -> str:
    """An IBAN without spaces (ISO 13616). Raises `Invalid` if its form or digits are wrong."""
    plain = re.sub(r"\s", "", text).upper()
    if not _IBAN.fullmatch(plain) or not _is_checked(plain):
        raise Invalid("iban-malformed", "That is no IBAN: its check digits are wrong", where=where,
                      cure="Copy it from a statement of the account.")  # fmt: skip
    return plain


def _is_checked(iban: str) -> bool:
    """Whether its check digits are right: letters count from ten, the whole leaves 1 of 97."""
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


def parse_bic(text: str, *, where: str = "") -> str:
    """A BIC (ISO 9362). Raises `Invalid` if its form is wrong."""
    plain = text.strip().upper()
    if not _BIC.fullmatch(plain):
        raise Invalid("bic-malformed", f"{text!r} is no BIC", where=where,
                      cure="Write its 8 or 11 letters and digits.")  # fmt: skip
    return plain


def spelt(text: str, longest: int) -> str:
    """A text in the letters that banks take."""
    replaced = "".join(_SPELT.get(letter, letter) for letter in text)
    plain = unicodedata.normalize("NFKD", replaced).encode("ascii", "ignore").decode()
    return _PLAIN.sub(" ", plain).strip(" /")[:longest].strip() or "-"


def render(batch: Batch) -> bytes:
    """The file. The same batch gives the same bytes. Raises `Invalid` if a bank would refuse it."""
    if not batch.transfers:
        raise Invalid("bank-file-empty", "Nobody is to be paid by bank",
                      cure="Holders instruct it with `distribution instruct`.")  # fmt: skip
    if not _CURRENCY.fullmatch(batch.currency):
        raise Invalid("currency-unknown", f"{batch.currency!r} is no currency of a bank",
                      where="--currency", cure="Write its code of ISO 4217.")  # fmt: skip
    for each in batch.transfers:
        if not 0 < each.cents <= SEPA_MAX:
            raise Invalid("bank-amount", f"{each.cents} cents are beyond what a bank transfers",
                          where=each.reference, cure="Pay it otherwise.")  # fmt: skip
    count, total = str(len(batch.transfers)), _money(sum(each.cents for each in batch.transfers))
    root = ET.Element("Document", {"xmlns": NAMESPACE})
    whole = ET.SubElement(root, "CstmrCdtTrfInitn")
    head = ET.SubElement(whole, "GrpHdr")
    _put(head, ("MsgId", spelt(batch.id, ID_MAX)), ("CreDtTm", show_time(batch.made_s)),
         ("NbOfTxs", count), ("CtrlSum", total))  # fmt: skip
    _put(ET.SubElement(head, "InitgPty"), ("Nm", spelt(batch.payer.name, NAME_MAX)))
    part = ET.SubElement(whole, "PmtInf")
    _put(part, ("PmtInfId", spelt(batch.id, ID_MAX)), ("PmtMtd", "TRF"), ("NbOfTxs", count),
         ("CtrlSum", total))  # fmt: skip
    euro = batch.currency == "EUR"
    if euro:
        kind = ET.SubElement(part, "PmtTpInf")
        _put(ET.SubElement(kind, "SvcLvl"), ("Cd", "SEPA"))
    _put(ET.SubElement(part, "ReqdExctnDt"), ("Dt", show_date(batch.execute_s)))
    _party(part, "Dbtr", "DbtrAcct", "DbtrAgt", batch.payer)
    _put(part, ("ChrgBr", "SLEV" if euro else "SHAR"))
    for each in batch.transfers:
        _transfer(part, each, batch.currency)
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return data + b"\n"


def _transfer(part: ET.Element, each: Transfer, currency: str) -> None:
    one = ET.SubElement(part, "CdtTrfTxInf")
    _put(ET.SubElement(one, "PmtId"), ("EndToEndId", spelt(each.reference, ID_MAX)))
    amount = ET.SubElement(ET.SubElement(one, "Amt"), "InstdAmt", {"Ccy": currency})
    amount.text = _money(each.cents)
    if each.to.bic:
        agent = ET.SubElement(ET.SubElement(one, "CdtrAgt"), "FinInstnId")
        _put(agent, ("BICFI", each.to.bic))
    _put(ET.SubElement(one, "Cdtr"), ("Nm", spelt(each.to.name, NAME_MAX)))
    _put(ET.SubElement(ET.SubElement(one, "CdtrAcct"), "Id"), ("IBAN", each.to.iban))
    _put(ET.SubElement(one, "RmtInf"), ("Ustrd", spelt(each.text, TEXT_MAX)))


def _party(part: ET.Element, party: str, account: str, agent: str, of: Account) -> None:
    _put(ET.SubElement(part, party), ("Nm", spelt(of.name, NAME_MAX)))
    _put(ET.SubElement(ET.SubElement(part, account), "Id"), ("IBAN", of.iban))
    bank = ET.SubElement(ET.SubElement(part, agent), "FinInstnId")
    if of.bic:
        _put(bank, ("BICFI", of.bic))
    else:
        _put(ET.SubElement(bank, "Othr"), ("Id", "NOTPROVIDED"))


def _put(element: ET.Element, *members: tuple[str, str]) -> None:
    for name, text in members:
        ET.SubElement(element, name).text = text


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
