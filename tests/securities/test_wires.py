"""Wires from a bank's file, and the references by which they are known."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import InvalidFile
from tallystick.securities.offerings.wires import is_reference, read_wires, reference_of

STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Ntry><Amt Ccy="EUR">900.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
 <AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
 <RmtInf><Strd><CdtrRefInf><Ref>{first}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">300.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
 <AcctSvcrRef>B-2</AcctSvcrRef><NtryDtls>
 <TxDtls><Amt Ccy="EUR">100.00</Amt><RmtInf><Ustrd>for {second} thanks</Ustrd></RmtInf></TxDtls>
 <TxDtls><Amt Ccy="EUR">200.00</Amt><RmtInf><Ustrd>rent</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>
<Ntry><Amt Ccy="EUR">6.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


def test_the_example_of_the_standard() -> None:
    """RF18 5390 0754 7034, as ISO 11649 and its users give it."""
    assert reference_of("539007547034") == "RF18539007547034"
    assert is_reference("RF18539007547034")


@given(text=st.from_regex(r"[A-Z0-9]{1,21}", fullmatch=True))
def test_a_reference_has_right_check_digits_and_no_other(text: str) -> None:
    """One digit for another, or one letter for another, is always found (ISO 7064 MOD 97-10)."""
    made = reference_of(text)
    assert is_reference(made)
    others = string.digits if made[-1].isdigit() else string.ascii_uppercase
    for other in others.replace(made[-1], ""):
        assert not is_reference(made[:-1] + other)


def test_booked_credits_are_read_transaction_by_transaction() -> None:
    first, second = reference_of("O1P00001"), reference_of("O1P00002")
    spaced = " ".join(second[at : at + 4] for at in range(0, len(second), 4))
    text = STATEMENT.format(first=first, second=spaced)
    wires = read_wires(text.encode(), path="s.xml")
    assert [(each.id, each.amount) for each in wires] == [
        ("B-1", "900.00"), ("B-2/1", "100.00"), ("B-2/2", "200.00")]  # fmt: skip
    assert wires[0].references == [first]
    assert wires[2].references == []


def test_a_csv_is_as_good() -> None:
    text = f"id,amount,currency,reference\n7,12.50,EUR,{reference_of('O1P1')}\n"
    [wire] = read_wires(text.encode(), path="w.csv")
    assert (wire.id, wire.amount, wire.references) == ("7", "12.50", [reference_of("O1P1")])


@pytest.mark.parametrize(("text", "code"), [
    ("id,amount\n", "column-missing"), ("<a/>", "file-malformed"), ("<a", "file-malformed"),
    ('<!DOCTYPE x [<!ENTITY a "b">]><x/>', "file-malformed"),
    ("id,amount,currency,reference\n1,1,EUR,\n1,1,EUR,\n", "wire-without-id"),
    ("id,amount,currency,reference\n,1,EUR,\n", "wire-without-id"),
    ("\udcff", "file-malformed"),
])  # fmt: skip
def test_what_is_no_statement_is_told_so(text: str, code: str) -> None:
    with pytest.raises(InvalidFile) as error:
        read_wires(text.encode("utf-8", "surrogateescape"), path="bad")
    assert [each.code for each in error.value.defects] == [code]
