"""What investors sign (EIP-712), and who signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_keys.exceptions import BadSignature

from tallystick.core.errors import Invalid, Refused
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.keys import LocalSigner

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

SIGNATURE_BYTES = 65
DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


def text_of_signature(signed: tuple[int, bytes, bytes]) -> str:
    """v, r and s as wallets write them: r, s and v in hex."""
    v, r, s = signed
    return "0x" + (r + s + bytes([v])).hex()


def signer_of(typed: dict[str, Any], signature: str, *, where: str = "--signature") -> Wallet:
    """Who signed EIP-712 data. Raises `Invalid` if that is no signature."""
    digits = signature.removeprefix("0x")
    try:
        message = encode_typed_data(full_message=typed)
        found = Account.recover_message(message, signature=_raw(digits))
    except (ValueError, BadSignature):
        raise Invalid(
            "signature-malformed", "That is no signature", where=where,
            cure="Write 0x and the 130 hex digits that the wallet gives.",
        ) from None  # fmt: skip
    return Wallet(str(found).lower())


def signed_by_holder(
    workspace: Workspace, owner: Wallet, typed: dict[str, Any], signature: str, *, printed_by: str
) -> str:  # fmt: skip
    """A holder's signature of EIP-712 data: the one given, or by the key that is kept for him.

    Raises `Refused` if it is not his; `printed_by` is the command that prints what he signs.
    """
    if not signature:
        signer = LocalSigner(Account.from_key(workspace.vault.key_of(owner)))
        signature = text_of_signature(signer.sign_typed(typed))
    if signer_of(typed, signature) != owner:
        raise Refused("signature-of-another", "The signature is not that of the holder",
                      where="--signature", cure=f"Sign what `{printed_by}` prints.")  # fmt: skip
    return signature


def _raw(digits: str) -> bytes:
    raw = bytes.fromhex(digits)
    if len(raw) != SIGNATURE_BYTES:
        message = f"a signature has {SIGNATURE_BYTES} bytes"
        raise ValueError(message)
    return raw
