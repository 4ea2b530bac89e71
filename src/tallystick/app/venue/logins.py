"""Who asks: an investor who signed that he is the one, the operator, or anybody."""

from __future__ import annotations

import base64
import binascii
import hmac
from hashlib import sha256
from typing import Final

import msgspec

from tallystick.core.errors import Refused
from tallystick.core.wallets import Wallet

# How long a login is good for, and by how much clocks may differ.
GOOD_S: Final = 24 * 3_600
SKEW_S: Final = 300


class Caller(msgspec.Struct, frozen=True):
    """Somebody who asks for himself or, by a key, for an investor; or the operator.

    `until_s` is when his login ends, in UTC seconds.
    """

    investor: Wallet = Wallet("")
    signer: Wallet = Wallet("")
    operator: bool = False
    until_s: int = 0

    @property
    def name(self) -> str:
        """How the journal calls him."""
        return "operator" if self.operator else self.signer

    @property
    def login(self) -> str:
        """Under what his connection goes."""
        return f"{self.investor}/{self.signer}"

    @property
    def by_key(self) -> bool:
        """Whether it is a key to which an investor gave a session."""
        return self.signer != self.investor

    def speaks_for(self, investor: str) -> bool:
        """Whether he is an investor, a key of his, or the operator."""
        return self.operator or (bool(self.investor) and self.investor == investor)

    def may_act_on(self, investor: str, signer: str) -> bool:
        """Whether he may see or cancel an order of an investor; a key those that it signed alone.

        On the chain as well a key cancels nothing but what it signed.
        """
        return self.speaks_for(investor) and (not self.by_key or signer == self.signer)


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What a token says; until when in UTC seconds."""

    investor: Wallet
    signer: Wallet
    until_s: int


class Tokens:
    """Makes and reads tokens, which no one else can; they outlive a restart."""

    def __init__(self, secret: bytes, operator: str) -> None:
        self._secret = hmac.digest(secret, b"tallystick/venue/login", sha256)
        self._operator = operator

    def issue(self, ticket: Ticket) -> str:
        """A token to show with what is asked."""
        body = msgspec.json.encode(ticket)
        return base64.urlsafe_b64encode(self._seal(body) + body).decode().rstrip("=")

    def caller(self, token: str, *, now_s: int) -> Caller:
        """Who shows a token. Raises `Refused` if it is none, or its time is over."""
        if hmac.compare_digest(token.encode(), self._operator.encode()):
            return Caller(operator=True)
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            seal, body = raw[: sha256().digest_size], raw[sha256().digest_size :]
            if not hmac.compare_digest(seal, self._seal(body)):
                raise _unknown()
            ticket = msgspec.json.decode(body, type=Ticket)
        except (binascii.Error, ValueError, msgspec.MsgspecError):
            raise _unknown() from None
        if now_s > ticket.until_s:
            raise login_expired()
        return Caller(ticket.investor, ticket.signer, until_s=ticket.until_s)

    def _seal(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, sha256)


def login_expired() -> Refused:
    """That a login is over."""
    return Refused("login-expired", "The login is over", where="authorization",
                   cure="Log in again.")  # fmt: skip


def _unknown() -> Refused:
    return Refused("login-unknown", "That is no token of this venue", where="authorization",
                   cure="Log in, and show the token that it gives.")  # fmt: skip
