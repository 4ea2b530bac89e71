"""Credit transfers for a bank, validated by the schema of the standard."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import Invalid
from tallystick.securities.distribution.bank_file import (
    Account,
    Batch,
    Transfer,
    parse_bic,
    parse_iban,
    render,
)
from tests.support.bank import read_transfers

# Examples of the IBAN registry of SWIFT.
IBANS = ["DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19",
         "FR14 2004 1010 0505 0001 3M02 606", "NO93 8601 1117 947",
         "MT84 MALT 0110 0001 2345 MTLC AST0 01S"]  # fmt: skip
PAYER = Account(name="Fonds & Söhne AG", iban=parse_iban(IBANS[0]), bic="COBADEFFXXX")


def batch(*cents: int, name: str = "Zoë Ångström", currency: str = "EUR") -> Batch:
    transfers = tuple(
        Transfer(to=Account(name=name, iban=parse_iban(IBANS[1])), cents=each, reference=f"D1P{at}",
                 text=f"dividend {name}")
        for at, each in enumerate(cents)
    )  # fmt: skip
    return Batch(id="D1", payer=PAYER, currency=currency, made_s=1_800_000_000,
                 execute_s=1_800_086_400, transfers=transfers)  # fmt: skip


@pytest.mark.parametrize("iban", IBANS)
def test_the_examples_of_the_registry(iban: str) -> None:
    plain = iban.replace(" ", "")
    assert parse_iban(iban.lower()) == plain
    for at, letter in enumerate(plain):
        if letter.isdigit():
            wrong = plain[:at] + str((int(letter) + 1) % 10) + plain[at + 1 :]
            with pytest.raises(Invalid):
                parse_iban(wrong)


@pytest.mark.parametrize("text", [
    "", "DE", "DE89", "XX00 0000 0000 0000 0", "DE89é370400440532013000",
    "DE٨٩370400440532013000", "DE893704004405320130001234567890123456789",
])  # fmt: skip
def test_what_is_no_iban(text: str) -> None:
    with pytest.raises(Invalid) as error:
        parse_iban(text, where="iban")
    assert (error.value.code, error.value.where) == ("iban-malformed", "iban")


def test_bics() -> None:
    assert parse_bic(" cobadeff ") == "COBADEFF"
    for wrong in ("", "COBA", "COBADEFFXX", "1OBADE-F"):
        with pytest.raises(Invalid):
            parse_bic(wrong)


@given(
    cents=st.lists(st.integers(1, 99_999_999_999), min_size=1, max_size=20),
    name=st.text(max_size=200),
    currency=st.sampled_from(["EUR", "USD", "CHF"]),
)
def test_any_batch_is_a_file_by_the_schema(cents: list[int], name: str, currency: str) -> None:
    made = render(batch(*cents, name=name, currency=currency))
    [part] = read_transfers(made)
    amounts = [each["Amt"]["InstdAmt"]["$"] for each in part["CdtTrfTxInf"]]
    assert [int(amount * 100) for amount in amounts] == cents
    assert int(part["CtrlSum"] * 100) == sum(cents)
    assert made == render(batch(*cents, name=name, currency=currency))


def test_letters_that_banks_do_not_take_are_spelt_otherwise() -> None:
    text = render(batch(5)).decode()
    assert "Zoe Angstrom" in text
    assert "Fonds + Sohne AG" in text


@pytest.mark.parametrize(("made", "code"), [
    (batch(), "bank-file-empty"), (batch(0), "bank-amount"), (batch(10**11), "bank-amount"),
    (msgspec.structs.replace(batch(5), currency="eur"), "currency-unknown"),
])  # fmt: skip
def test_what_a_bank_would_refuse(made: Batch, code: str) -> None:
    with pytest.raises(Invalid) as error:
        render(made)
    assert error.value.code == code
