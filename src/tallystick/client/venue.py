"""A venue over HTTP, call by call. Quantities and prices are text, as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
import urllib3

from tallystick.client.problems import Problem
from tallystick.core.errors import Refused, Unavailable
from tallystick.core.signatures import signer_of_digest
from tallystick.core.typed_data import Domain
from tallystick.core.wallets import Wallet
from tallystick.markets.signed_orders import Login, OrderTerms, Receipt

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from tallystick.client.signing import Signer
    from tallystick.core.permits import Permit

TIMEOUT_S = 30.0
_CREATED, _ERRORS = 201, 400


class VenueClient:
    """One venue.

    `token` is what `log_in` gives, or the operator's; without one only the public calls are
    answered. With a `settlement` contract nothing is signed for another one, whatever the venue
    says.
    """

    def __init__(
        self, url: str, *, token: str = "", settlement: str = "", timeout_s: float = TIMEOUT_S
    ) -> None:
        self.settlement = settlement.lower()
        self.url = url.rstrip("/")
        self.token = token
        self._pool = urllib3.PoolManager(retries=False, timeout=timeout_s, maxsize=8)
        self._status: dict[str, Any] | None = None

    # --- public

    def status(self) -> dict[str, Any]:
        """The venue's wallet, settlement contract and chain, and how far it has come."""
        found: dict[str, Any] = self._call("GET", "/v1/status")
        return found

    def markets(self) -> list[dict[str, Any]]:
        """All markets with their terms, phases and best prices."""
        return list(self._call("GET", "/v1/markets")["markets"])

    def book(self, symbol: str, levels: int = 10) -> dict[str, Any]:
        """The best prices of both sides: price, quantity, number of orders."""
        fields = {"symbol": symbol, "levels": str(levels)}
        return dict(self._call("GET", "/v1/book", fields=fields))

    def trades(self, symbol: str, *, limit: int = 100, before: int = 0) -> list[dict[str, Any]]:
        """Trades of a market, the latest first."""
        fields = {"symbol": symbol, "limit": str(limit), "before": str(before)}
        return list(self._call("GET", "/v1/trades", fields=fields)["trades"])

    def next_nonce(self, investor: Wallet, signer: Wallet) -> int:
        """The number that the next order takes; told to whom it concerns."""
        fields: dict[str, str] = {"investor": investor, "signer": signer}
        return int(self._call("GET", "/v1/nonce", fields=fields)["nonce"])

    # --- one's own

    def log_in(self, signer: Signer, investor: Wallet | None = None) -> None:
        """Show that one is the investor, or has a session of his; the token is kept."""
        venue = self.identity()
        who = investor or signer.wallet
        asked = self._call("GET", "/v1/login", fields={"investor": who, "signer": signer.wallet})
        issued_at = int(asked["message"]["issuedAt"])
        login = Login(investor=who, signer=signer.wallet, venue=venue.venue, issued_at=issued_at)
        signature = signer.sign_digest(login.digest(venue.domain))
        body = {"investor": who, "signer": signer.wallet, "issuedAt": issued_at,
                "signature": "0x" + signature.hex()}  # fmt: skip
        self.token = str(self._call("POST", "/v1/login", body)["token"])

    def permit_terms(self, owner: Wallet, token: Wallet) -> dict[str, Any]:
        """What a token wants for a permit: name, version, nonce; what is allowed so far."""
        fields: dict[str, str] = {"owner": owner, "token": token}
        return dict(self._call("GET", "/v1/permits", fields=fields))

    def permit(self, permit: Permit, token: Wallet, signature: bytes) -> dict[str, Any]:
        """Have a permit sent; the venue pays the gas. What settlement may move then."""
        body = {"owner": permit.owner, "token": token, "value": str(permit.value),
                "nonce": str(permit.nonce), "deadline": str(permit.deadline),
                "signature": "0x" + signature.hex()}  # fmt: skip
        return dict(self._call("POST", "/v1/permits", body))

    def draft(self, **asked: Any) -> dict[str, Any]:
        """What is to be signed for an order (EIP-712), and what it comes to."""
        return dict(self._call("POST", "/v1/orders/draft", asked))

    def place(self, order: dict[str, Any] | OrderTerms, signature: bytes, **options: Any
              ) -> dict[str, Any]:  # fmt: skip
        """Place a signed order.

        Options are `client_id`, `replaces` with `filled`, `cancel_on_disconnect`. The same order
        once more is answered as it stands. Raises `Problem` with all refusals if it is refused.
        """
        if isinstance(order, OrderTerms):
            order = order.typed(self.identity().domain)["message"]
        body = {"order": order, "signature": "0x" + signature.hex(), **options}
        return dict(self._call("POST", "/v1/orders", body))

    def order(self, number: int) -> dict[str, Any]:
        """An order with its trades and what happened to it."""
        return dict(self._call("GET", f"/v1/orders/{number}"))

    def orders(self, **asked: Any) -> list[dict[str, Any]]:
        """Orders, the latest first: of a `symbol`, `client_id`, `investor`, only `open` ones."""
        return list(self._call("GET", "/v1/orders", fields=_fields(asked))["orders"])

    def fills(self, **asked: Any) -> list[dict[str, Any]]:
        """Trades of one's own, the latest first."""
        return list(self._call("GET", "/v1/fills", fields=_fields(asked))["trades"])

    def positions(self, investor: str = "") -> dict[str, Any]:
        """What one has of all that is traded: held, bound, owed, free; and what one traded."""
        return dict(self._call("GET", "/v1/positions", fields=_fields({"investor": investor})))

    def cancel(self, number: int) -> dict[str, Any]:
        """Cancel an order at the venue."""
        return dict(self._call("DELETE", f"/v1/orders/{number}"))

    def reduce(self, number: int, quantity: str) -> dict[str, Any]:
        """Have no more than so much of an order traded still."""
        return dict(self._call("PATCH", f"/v1/orders/{number}", {"quantity": quantity}))

    def receipt_of(self, cancelled: dict[str, Any]) -> Receipt:
        """The venue's word in the answer to a cancel, if it signed it. Raises `Refused` if not."""
        told, identity = cancelled["receipt"], self.identity()
        receipt = Receipt(
            venue=Wallet(told["venue"]), order=bytes.fromhex(told["order"][2:]),
            most=int(told["most"]), at=int(told["at"]),
        )  # fmt: skip
        signature = bytes.fromhex(told["signature"][2:])
        signed_by = signer_of_digest(receipt.digest(identity.domain), signature)
        if receipt.venue != identity.venue or signed_by != identity.venue:
            raise Refused("receipt-not-signed", "The venue did not sign that", where="receipt",
                          cure="Look at the order again, and ask the venue.")  # fmt: skip
        return receipt

    def cancel_all(self, *, symbol: str = "", investor: str = "") -> list[dict[str, Any]]:
        """Cancel all orders, or those of one market."""
        fields = _fields({"symbol": symbol, "investor": investor})
        return list(self._call("DELETE", "/v1/orders", fields=fields)["cancelled"])

    def events(self, ended: threading.Event | None = None) -> Iterator[dict[str, Any]]:
        """What happens to one's orders, as it happens, until the venue ends, or `ended` is set.

        Orders placed with `cancel_on_disconnect` leave when this ends.
        """
        response = self._request("GET", "/v1/events", None, {}, preload=False)
        try:
            if response.status >= _ERRORS:
                raise Problem(response.status, _document(response.read()))
            for line in response:
                if ended is not None and ended.is_set():
                    return
                if line.startswith(b"data: "):
                    yield msgspec.json.decode(line[6:])
        finally:
            response.close()

    # --- the operator's

    def halt(self, symbol: str, code: str) -> dict[str, Any]:
        """Stop trading in a market; orders can be cancelled."""
        return dict(self._call("POST", "/v1/markets/halt", {"symbol": symbol, "code": code}))

    def resume(self, symbol: str) -> dict[str, Any]:
        """Let trading go on, by a call first."""
        return dict(self._call("POST", "/v1/markets/resume", {"symbol": symbol}))

    # --- inside

    def identity(self) -> Identity:
        """Which venue it is, by what it says of itself; asked once.

        Raises `Refused` if it settles by another contract than was given.
        """
        if self._status is None:
            self._status = self.status()
        status = self._status
        domain = Domain(int(status["chain_id"]), Wallet(status["settlement"]))
        if self.settlement not in {"", domain.contract}:
            raise Refused("settlement-of-another", "The venue settles by another contract",
                          where="settlement", cure="Ask the venue which one is right."
                          )  # fmt: skip
        return Identity(Wallet(status["venue"]), domain)

    def _call(
        self, method: str, path: str, body: Any = None, fields: dict[str, str] | None = None
    ) -> Any:
        response = self._request(method, path, body, fields or {})
        found = _document(response.data)
        if response.status >= _ERRORS:
            raise Problem(response.status, found)
        return found

    def _request(
        self, method: str, path: str, body: Any, fields: dict[str, str], *, preload: bool = True
    ) -> urllib3.BaseHTTPResponse:
        query = urlencode(fields)
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        try:
            return self._pool.request(
                method, f"{self.url}{path}" + (f"?{query}" if query else ""), headers=headers,
                body=None if body is None else msgspec.json.encode(body), preload_content=preload,
            )  # fmt: skip
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(
                "venue-unreachable",
                f"The venue at {self.url} does not answer: {type(error).__name__}",
                cure="Check that it is served: `tallystick serve`.",
            ) from error


class Identity(msgspec.Struct, frozen=True):
    """A venue's wallet, and for which settlement contract on which chain orders are signed."""

    venue: Wallet
    domain: Domain


def _fields(asked: dict[str, Any]) -> dict[str, str]:
    """What is asked as a query; what is empty is left out."""
    return {name: ("true" if value is True else str(value)) for name, value in asked.items()
            if value not in {None, "", False}}  # fmt: skip


def _document(body: bytes) -> dict[str, Any]:
    try:
        return dict(msgspec.json.decode(body))
    except (msgspec.MsgspecError, TypeError, ValueError):
        return {}
