"""Permits of investors: they sign what settlement may move, and the venue pays the gas for it.

The contract moves only what an order says, so that a permit gives nothing away. The outbox of the
venue has one user: what is to be sent waits for whoever settles.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

import msgspec
from eth_abi.exceptions import DecodingError

from tallystick.app.servicing.cash import CASH
from tallystick.app.venue import wire
from tallystick.core.errors import Conflict, NotFound, Refused, TallystickError, Unavailable
from tallystick.core.permits import Permit
from tallystick.core.signatures import compacted, signer_of_digest
from tallystick.core.times import DAY_S
from tallystick.core.typed_data import Domain
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.rpc import RpcError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallystick.app.venue.floor import Floor
    from tallystick.gateways.chain.rpc import Rpc

GOOD_S: Final = 3_600
# What is sent before trades are settled again; what an investor may have sent for him in a day.
AT_ONCE: Final = 4
A_DAY_MAX: Final = 20
WAIT_S: Final = 25.0
_NUMBER_MAX: Final = 2**256 - 1


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A permit as somebody signed it."""

    owner: str
    token: str
    value: wire.Number
    nonce: wire.Number
    deadline: wire.Number
    signature: str


class Signed(msgspec.Struct, frozen=True):
    """A permit with its token and its signature in the compact form (EIP-2098)."""

    permit: Permit
    token: Wallet
    signature: bytes

    def intent(self, sender: Wallet) -> Intent:
        """The call that makes it known to the token."""
        one = self.permit
        data = CASH.function("permit").encode(*one.call(self.signature))
        key = f"permit/{self.token}/{one.owner}/{one.nonce}/{self.signature[:8].hex()}"
        return Intent(key, sender, self.token, data)


def _not_sent(error: BaseException | None) -> TallystickError:
    """That a permit was not sent, or that it is not known whether it stands."""
    if isinstance(error, TallystickError):
        return error
    why = "the venue has ended" if error is None else f"the chain did not answer: {error}"
    return Unavailable("permit-not-sent", f"It is not known that the permit stands: {why}",
                       cure="Send it again; it counts once.")  # fmt: skip


class Errands:
    """Permits that wait to be sent, by whoever uses the outbox."""

    def __init__(self) -> None:
        # Called when something waits.
        self.wake: Callable[[], None] = lambda: None
        self._ended = threading.Event()
        self._waiting: SimpleQueue[tuple[Signed, Future[None]]] = SimpleQueue()

    def leave(self, signed: Signed) -> Future[None]:
        """Have a permit sent; the answer comes when it stands in a block, or was refused."""
        answer: Future[None] = Future()
        self._waiting.put((signed, answer))
        if self._ended.is_set():
            self.end()
        self.wake()
        return answer

    def run(self, send: Callable[[Signed], None], follow: Callable[[], None]) -> None:
        """Send some of what waits, take up what the chain says then, and answer.

        Raises what the chain did not answer, once that was told.
        """
        for _ in range(AT_ONCE):
            try:
                signed, answer = self._waiting.get_nowait()
            except Empty:
                return
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                send(signed)
                follow()
            except Refused as error:
                answer.set_exception(error)
            except BaseException as error:
                answer.set_exception(_not_sent(error))
                raise
            else:
                answer.set_result(None)
        self.wake()

    def end(self) -> None:
        """Tell those who wait that nothing is sent any more."""
        self._ended.set()
        while not self._waiting.empty():
            _, answer = self._waiting.get()
            if answer.set_running_or_notify_cancel():
                answer.set_exception(_not_sent(None))


class Permits:
    """What investors let settlement move, as they sign it."""

    def __init__(self, rpc: Rpc, spender: Domain, floor: Floor) -> None:
        self._rpc = rpc
        self._spender = spender.contract
        self._chain_id = spender.chain_id
        self._floor = floor
        self._today = 0
        self._asked: Counter[Wallet] = Counter()

    def drafted(self, owner: str, token: str, value: str, *, now_s: int) -> dict[str, Any]:
        """What an investor signs, and what settlement may move so far; for all if no value is said.

        Raises `Refused` if the token takes no permits.
        """
        return self._drafted(
            wire.wallet_of(owner, "owner"), self._traded(token),
            wire.whole(value, "value") if value else _NUMBER_MAX, now_s,
        )  # fmt: skip

    def _drafted(self, owner: Wallet, token: Wallet, value: int, now_s: int) -> dict[str, Any]:
        permit = Permit(owner=owner, spender=self._spender, value=value,
                        nonce=self._nonce(owner, token), deadline=now_s + GOOD_S)  # fmt: skip
        domain = self._domain(token)
        return {"token": token, "name": domain.name, "version": domain.version,
                "nonce": str(permit.nonce), "deadline": str(permit.deadline),
                "allowed": str(self.allowed(owner, token)), "typed": permit.typed(domain)
                }  # fmt: skip

    def begin(self, asked: Asked, *, now_s: int) -> tuple[Signed, Future[None] | None]:
        """Have a permit sent, unless as much is allowed already; `told` says what came of it.

        Raises `Refused` if the owner did not sign it, or not for now, and `Conflict` if too many
        were sent for him.
        """
        signed = self._signed(asked)
        permit, token = signed.permit, signed.token
        self._require_admitted(permit.owner)
        if self.allowed(permit.owner, token) >= permit.value:
            return signed, None
        if permit.deadline < now_s:
            raise Refused("signature-expired", "The permit has expired", where="deadline",
                          cure="Sign one of a later time.")  # fmt: skip
        if permit.nonce != self._nonce(permit.owner, token):
            raise Refused("permit-nonce", "The permit is not of the token's next number",
                          where="nonce", cure="Ask what is to be signed again.")  # fmt: skip
        self._count(permit.owner, now_s)
        return signed, self._floor.errands.leave(signed)

    def told(self, signed: Signed, refused: Refused | None) -> dict[str, Any]:
        """What settlement may move after a permit was sent, be it refused.

        One that somebody else has sent before is as good.
        """
        owner, token = signed.permit.owner, signed.token
        allowed = self.allowed(owner, token)
        if refused is not None and allowed < signed.permit.value:
            raise refused
        return {"owner": owner, "token": token, "allowed": str(allowed)}

    def allowed(self, owner: Wallet, token: Wallet) -> int:
        """Units of a token that settlement may move for an owner."""
        return int(self._view(token, "allowance", owner, self._spender))

    def _signed(self, asked: Asked) -> Signed:
        owner, token = wire.wallet_of(asked.owner, "owner"), self._traded(asked.token)
        permit = Permit(
            owner=owner, spender=self._spender, value=wire.whole(asked.value, "value"),
            nonce=wire.whole(asked.nonce, "nonce"),
            deadline=wire.whole(asked.deadline, "deadline"),
        )  # fmt: skip
        signature = compacted(wire.signature_of(asked.signature))
        if signer_of_digest(permit.digest(self._domain(token)), signature) != owner:
            raise Refused("signature-of-another", "The signature is not that of the owner",
                          where="signature", cure="Sign what the draft says, by the owner's key."
                          )  # fmt: skip
        return Signed(permit, token, signature)

    def _traded(self, token: str) -> Wallet:
        """A token that is traded here. Raises `NotFound` at another one."""
        found = wire.wallet_of(token, "token")
        for market in list(self._floor.state.markets.values()):
            if found in {market.terms.security, market.terms.cash}:
                return found
        raise NotFound("token-not-traded", "That token is not traded here", where="token",
                       cure="Take the security or the money of a market: `/v1/markets`."
                       )  # fmt: skip

    def _require_admitted(self, owner: Wallet) -> None:
        """Raise `Refused` at a stranger, for whom nothing is paid."""
        if not self._floor.sequencer.venue.eligibility.admitted(owner):
            raise Refused("investor-unknown", "The wallet is not that of an investor",
                          where="owner",
                          cure="Have the transfer agent admit him, or link the wallet to him."
                          )  # fmt: skip

    def _count(self, owner: Wallet, now_s: int) -> None:
        """Count what is sent for an investor in a day, which costs the venue gas."""
        if now_s // DAY_S != self._today:
            self._today, self._asked = now_s // DAY_S, Counter()
        self._asked[owner] += 1
        if self._asked[owner] > A_DAY_MAX:
            raise Conflict("permits-too-many", f"More than {A_DAY_MAX} permits in a day",
                           where="owner", cure="Permit more at once, or come again tomorrow."
                           )  # fmt: skip

    def _nonce(self, owner: Wallet, token: Wallet) -> int:
        return int(self._view(token, "nonces", owner))

    def _domain(self, token: Wallet) -> Domain:
        _, name, version, *_ = self._view(token, "eip712Domain")
        return Domain(self._chain_id, token, name, version)

    def _view(self, token: Wallet, name: str, *arguments: Any) -> Any:
        function = CASH.function(name)
        try:
            answer = self._rpc.call("eth_call", {"to": token, "data": function.encode(*arguments)},
                                    "latest")  # fmt: skip
            return function.decode(answer)
        except (RpcError, ValueError, OverflowError, DecodingError):
            raise Refused(
                "permit-unknown", "That token takes no signed permits", where="token",
                cure="Have the owner's wallet approve the settlement contract itself.",
            ) from None  # fmt: skip
