"""Who signed a digest is whom the library of accounts and the contract recover."""

from __future__ import annotations

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.signatures import compacted, signer_of_digest
from tests.support.floor import compact, malleated

KEY = st.binary(min_size=32, max_size=32).filter(
    lambda key: 0 < int.from_bytes(key, "big") < 2**255
)
DIGEST = st.binary(min_size=32, max_size=32)


@given(KEY, DIGEST)
def test_the_signer_is_found_in_either_form(key: bytes, digest: bytes) -> None:
    account = Account.from_key(key)
    signed = Account.unsafe_sign_hash(digest, key)
    short = compact(signed)
    assert signer_of_digest(digest, short) == account.address.lower()
    assert compacted(bytes(signed.signature)) == short
    assert compacted(bytes(signed.signature[:-1]) + bytes([signed.v - 27])) == short
    assert signer_of_digest(digest, malleated(short)) != account.address.lower()
    other = bytes([digest[0] ^ 1]) + digest[1:]
    assert signer_of_digest(other, short) != account.address.lower()


@pytest.mark.parametrize("signature", [b"", bytes(64), b"\xff" * 64, b"\x01" * 65])
def test_what_is_no_signature_has_no_signer(signature: bytes) -> None:
    assert signer_of_digest(b"\x07" * 32, signature) is None
    assert compacted(signature)[:10] == signature[:10]
