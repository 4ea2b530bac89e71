"""Signatures of the tests' investors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_account import Account

from tests.support.floor import compact

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


def compact_by(who: LocalAccount, digest: bytes) -> bytes:
    """A signature of 32 bytes, in its compact form."""
    return compact(Account.unsafe_sign_hash(digest, who.key))
