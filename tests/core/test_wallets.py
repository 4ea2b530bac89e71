"""Wallet addresses and their checksum (examples of EIP-55)."""

from __future__ import annotations

import pytest

from tallystick.core.errors import Invalid
from tallystick.core.wallets import NOBODY, parse_wallet, shorten, show_wallet

EXAMPLES = [
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_published_checksums(text: str) -> None:
    assert show_wallet(parse_wallet(text)) == text
    assert parse_wallet(text.lower()) == parse_wallet(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", "wallet-checksum"),
        ("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "wallet-malformed"),
        ("0x123", "wallet-malformed"),
        (NOBODY, "wallet-empty"),
    ],
)
def test_wrong_addresses_say_why(text: str, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_wallet(text)
    assert raised.value.code == code


def test_tables_show_both_ends() -> None:
    assert shorten(parse_wallet(EXAMPLES[0])) == "0x5aAeb6…1BeAed"
