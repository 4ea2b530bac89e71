"""Keys of the roles: encrypted keystores, one file each, unlocked when they are first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from eth_account import Account

from tallystick.core.errors import Conflict, Invalid, NotFound
from tallystick.core.wallets import Wallet
from tallystick.gateways.store.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from eth_account.signers.local import LocalAccount

ROLES = ("owner", "agent", "officer")

# Work factor of scrypt: a sandbox holds nothing of value and is unlocked at every command.
SCRYPT_N_LIVE = 2**18
SCRYPT_N_SANDBOX = 2**12


class LocalSigner:
    """A key that this process holds."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @property
    def wallet(self) -> Wallet:
        """The account of the key."""
        return Wallet(self._account.address.lower())

    def sign(self, transaction: dict[str, Any]) -> bytes:
        """A signed transaction as raw bytes."""
        return bytes(self._account.sign_transaction(transaction).raw_transaction)

    def sign_typed(self, message: dict[str, Any]) -> tuple[int, bytes, bytes]:
        """v, r and s of a signature of EIP-712 data."""
        signed = self._account.sign_typed_data(full_message=message)
        return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")

    def sign_digest(self, digest: bytes) -> bytes:
        """A signature of 32 bytes in its compact form: r, and s with the parity (EIP-2098)."""
        signed = self._account.unsafe_sign_hash(digest)
        vs = signed.s | (signed.v - 27) << 255
        return bytes(signed.r.to_bytes(32, "big") + vs.to_bytes(32, "big"))

    def __repr__(self) -> str:
        """The account; never the key."""
        return f"LocalSigner({self.wallet})"


class Keystore:
    """The keys of the roles in a folder; the passphrase is asked for once, when first needed."""

    def __init__(self, folder: Path, passphrase: Callable[[], str], *, sandbox: bool) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._n = SCRYPT_N_SANDBOX if sandbox else SCRYPT_N_LIVE
        self._unlocked: dict[str, LocalSigner] = {}
        self._secrets: dict[str, bytes] = {}

    def create(self, name: str) -> Wallet:
        """Make a new key; raises `Conflict` if there is one of that name."""
        path = self._folder / f"{name}.json"
        if path.exists():
            raise Conflict(
                "key-exists",
                f"There is a key {name!r} already",
                where=str(path),
                cure="Use that key, or choose another name.",
            )
        account = Account.create()
        self._write(path, account)
        return Wallet(account.address.lower())

    def _write(self, path: Path, account: LocalAccount) -> None:
        sealed = account.encrypt(self._passphrase(), kdf="scrypt", iterations=self._n)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, msgspec.json.encode(sealed), new=True)

    def has(self, name: str) -> bool:
        """Whether there is a key of that name."""
        return (self._folder / f"{name}.json").exists()

    def wallet(self, name: str) -> Wallet:
        """The account of a key, read without unlocking it."""
        return Wallet("0x" + self._read(name)["address"].lower().removeprefix("0x"))

    def signer(self, name: str) -> LocalSigner:
        """An unlocked key.

        Raises `NotFound` if there is none of that name, `Invalid` if the passphrase is wrong.
        """
        if name not in self._unlocked:
            sealed = self._read(name)
            try:
                key = Account.decrypt(sealed, self._passphrase())
            except ValueError:
                raise Invalid(
                    "passphrase-wrong",
                    f"The passphrase does not open the key {name!r}",
                    cure="Set TALLYSTICK_PASSPHRASE, or type it again.",
                ) from None
            self._secrets[name] = bytes(key)
            self._unlocked[name] = LocalSigner(Account.from_key(key))
        return self._unlocked[name]

    def secret(self, name: str) -> bytes:
        """The 32 bytes of a key that is used to encrypt, not to sign."""
        self.signer(name)
        return self._secrets[name]

    def _read(self, name: str) -> dict[str, Any]:
        path = self._folder / f"{name}.json"
        try:
            sealed: dict[str, Any] = msgspec.json.decode(path.read_bytes())
        except FileNotFoundError:
            raise NotFound(
                "key-missing",
                f"There is no key {name!r}",
                where=str(path),
                cure="Restore the data directory from a backup.",
            ) from None
        except msgspec.DecodeError:
            raise Invalid(
                "key-malformed",
                "This is no keystore",
                where=str(path),
                cure="Restore the data directory from a backup.",
            ) from None
        return sealed
