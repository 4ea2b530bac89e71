"""Permits (ERC-2612): that somebody may move an owner's tokens, which the owner signs."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tallystick.core.typed_data import Domain, digest, struct_hash, typed_data
from tallystick.core.wallets import Wallet

_HALF: Final = 2**255
_PERMIT: Final = {
    "owner": "address", "spender": "address", "value": "uint256", "nonce": "uint256",
    "deadline": "uint256",
}  # fmt: skip


class Permit(msgspec.Struct, frozen=True, kw_only=True):
    """That a spender may move so many units of a token; `deadline` in UTC seconds.

    It is signed for the domain of the token, whose next number for the owner is `nonce`.
    """

    owner: Wallet
    spender: Wallet
    value: int
    nonce: int
    deadline: int

    def digest(self, token: Domain) -> bytes:
        """What is signed, 32 bytes."""
        return digest(token, struct_hash("Permit", _PERMIT, msgspec.structs.asdict(self)))

    def call(self, signature: bytes) -> tuple[Any, ...]:
        """What `permit` of the token is called with; the signature is compact (EIP-2098)."""
        vs = int.from_bytes(signature[32:], "big")
        return (self.owner, self.spender, self.value, self.deadline, 27 + vs // _HALF,
                signature[:32], (vs % _HALF).to_bytes(32, "big"))  # fmt: skip

    def typed(self, token: Domain) -> dict[str, Any]:
        """What a wallet is given to sign."""
        return typed_data(token, "Permit", _PERMIT, msgspec.structs.asdict(self))
