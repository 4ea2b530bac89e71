"""The venue over HTTP: orders are placed, cancelled and asked for under `/v1`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tallystick.api.feed import Feed, Listener
from tallystick.api.problems import answered, not_routed, problem
from tallystick.app.venue import permitting, wire
from tallystick.app.venue.gate import Cancelling, Turned
from tallystick.app.venue.inquiries import ANSWERS_MAX, not_logged_in
from tallystick.app.venue.permitting import WAIT_S
from tallystick.app.venue.rules import NO_VENUE, PAUSED
from tallystick.core.errors import Conflict, Invalid, Refused, TallystickError, Unavailable
from tallystick.markets.venue import entries as said
from tallystick.markets.venue.events import Unanswered
from tallystick.markets.venue.refusals import Why

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from tallystick.app.venue.house import House
    from tallystick.app.venue.logins import Caller
    from tallystick.markets.venue.events import Event

Handler = Callable[[Request], Awaitable[Response]]
LEVELS: Final = 10
LEVELS_MAX: Final = 1_000
RESERVED: Final = frozenset({"", PAUSED, NO_VENUE, Why.DOSSIER, Why.EPOCH_PASSED})
LOOKING_MAX: Final = 2
READING_MAX: Final = 8
ASKING_MAX: Final = 4


class Reduction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of an order shall still be traded."""

    quantity: str


class Halt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A market that shall stop, and why; or go on."""

    symbol: str
    code: str = "halted-by-venue"


class VenueApi:
    """The routes of a venue."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._gate = house.gate
        self._inquiries = house.inquiries
        self._feed: Feed | None = None
        # How many look at books, read records, or ask the chain at a time: others wait for them,
        # and those who cancel for none of them.
        self._looking = CapacityLimiter(LOOKING_MAX)
        self._reading = CapacityLimiter(READING_MAX)
        self._asking = CapacityLimiter(ASKING_MAX)

    def application(self) -> Starlette:
        """What a server serves."""
        routes = [
            Route(path, _told_plainly(handler), methods=[method])
            for method, path, handler in (
                ("POST", "/v1/orders", self._place),
                ("GET", "/v1/orders", self._orders),
                ("DELETE", "/v1/orders", self._cancel_all),
                ("POST", "/v1/orders/draft", self._draft),
                ("GET", "/v1/orders/{number:int}", self._order),
                ("PATCH", "/v1/orders/{number:int}", self._reduce),
                ("DELETE", "/v1/orders/{number:int}", self._cancel),
                ("GET", "/v1/fills", self._fills),
                ("GET", "/v1/positions", self._positions),
                ("GET", "/v1/events", self._events),
                ("GET", "/v1/permits", self._permit_to_sign),
                ("POST", "/v1/permits", self._permit),
                ("GET", "/v1/nonce", self._nonce),
                ("GET", "/v1/login", self._login_to_sign),
                ("POST", "/v1/login", self._log_in),
                ("GET", "/v1/markets", self._markets),
                ("POST", "/v1/markets/halt", self._halt),
                ("POST", "/v1/markets/resume", self._resume),
                ("GET", "/v1/book", self._book),
                ("GET", "/v1/trades", self._trades),
                ("GET", "/v1/status", self._status),
            )
        ]
        return Starlette(routes=routes, lifespan=self._lifespan,
                         exception_handlers={HTTPException: not_routed})  # fmt: skip

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        with self._house.floor.sequencer.still:
            self._feed = Feed(asyncio.get_running_loop(), self._gate.state)
            self._house.listeners.append(self._feed.tell)
        yield
        self._house.listeners.remove(self._feed.tell)

    def end(self) -> None:
        """Let those go who are connected, so that the server can end."""
        if self._feed is not None:
            self._feed.close()

    # --- orders

    async def _place(self, request: Request) -> Response:
        asked = wire.read(await request.body(), wire.PlaceAsked)
        caller = self._caller(request)
        if asked.cancel_on_disconnect and not (self._feed and self._feed.connected(caller.login)):
            raise Conflict("not-connected", "Nothing is connected that could be disconnected",
                           where="cancel_on_disconnect",
                           cure="Open `/v1/events` first, with the same token.")  # fmt: skip
        placed = self._gate.signed_by_key(asked, caller)
        if placed is None:
            placed = await self._of_chain(self._gate.placed, asked, caller)
        accounts = self._gate.accounts(placed)
        if not self._house.floor.knows(accounts):
            await self._of_chain(self._house.floor.introduce, accounts)
        events = await self._sequenced(placed)
        if asked.cancel_on_disconnect and self._feed is not None:
            # The connection may have ended while the order was on its way.
            self._leave_if_gone(self._feed, caller)
        try:
            return answered(self._gate.answer(placed, events), 201)
        except Turned as turned:
            return answered(await self._of_records(self._gate.taken_before, placed, turned))

    async def _draft(self, request: Request) -> Response:
        asked = wire.read(await request.body(), wire.DraftAsked)
        return answered(self._gate.draft(asked, self._caller(request)))

    async def _cancel(self, request: Request) -> Response:
        number = request.path_params["number"]
        asked = await run_in_threadpool(self._gate.cancel, self._caller(request), number)
        return answered(await self._cancelled_one(asked))

    async def _reduce(self, request: Request) -> Response:
        quantity = wire.read(await request.body(), Reduction).quantity
        caller, number = self._caller(request), request.path_params["number"]
        asked = await run_in_threadpool(self._gate.reduce, caller, number, quantity)
        return answered(await self._cancelled_one(asked))

    async def _cancel_all(self, request: Request) -> Response:
        query = request.query_params
        asked = self._gate.cancel_all(self._caller(request), query.get("symbol", ""),
                                      query.get("investor", ""))  # fmt: skip
        return answered({"cancelled": await self._cancelled(asked)})

    async def _cancelled_one(self, asked: Cancelling) -> dict[str, Any]:
        told = await self._cancelled(asked)
        if not told:
            raise Conflict("order-not-open", "The order left before it could be cancelled",
                           where="order", cure="Look at it: `order show`.")  # fmt: skip
        return told[0]

    async def _cancelled(self, asked: Cancelling) -> list[dict[str, Any]]:
        events = await self._sequenced(asked.entry)
        return await run_in_threadpool(self._gate.cancelled, asked, events)

    async def _order(self, request: Request) -> Response:
        caller, number = self._caller(request), request.path_params["number"]
        return answered(await self._of_records(self._inquiries.order, caller, number))

    async def _orders(self, request: Request) -> Response:
        asked = request.query_params
        found = await self._of_records(
            self._inquiries.orders, self._caller(request), **_page(request),
            investor=asked.get("investor", ""), symbol=asked.get("symbol", ""),
            client_id=asked.get("client_id", ""), open_only=asked.get("open", "") == "true",
        )  # fmt: skip
        return answered({"orders": found})

    async def _fills(self, request: Request) -> Response:
        asked = request.query_params
        found = await self._of_records(
            self._inquiries.trades, self._caller(request), **_page(request),
            investor=asked.get("investor", ""), symbol=asked.get("symbol", ""),
        )  # fmt: skip
        return answered({"trades": found})

    async def _positions(self, request: Request) -> Response:
        caller = self._caller(request)
        investor = request.query_params.get("investor") or caller.investor
        if not investor and not caller.operator:
            raise not_logged_in()
        who = wire.wallet_of(investor, "investor")
        if caller.speaks_for(who):
            accounts = self._gate.accounts_of(who)
            if not self._house.floor.knows(accounts):
                await self._of_chain(self._house.floor.introduce, accounts)
        return answered(await self._of_records(self._inquiries.positions, caller, who))

    async def _events(self, request: Request) -> Response:
        caller = self._caller(request)
        if self._feed is None or not (caller.investor or caller.operator):
            raise Refused("not-logged-in", "Events are told to those whose they are",
                          where="authorization", cure="Log in, and show the token."
                          )  # fmt: skip
        return StreamingResponse(self._connected(self._feed, caller),
                                 media_type="text/event-stream",
                                 headers={"cache-control": "no-store"})  # fmt: skip

    async def _connected(self, feed: Feed, caller: Caller) -> AsyncGenerator[bytes]:
        """A connection; when its login has no other one orders leave that were to."""
        try:
            # Whoever listens is gone before it is asked whether anybody is left.
            async with aclosing(feed.listen(Listener(caller))) as all_told:
                async for told in all_told:
                    self._gate.require_good(caller)
                    yield told
        except Refused:
            # Whose login is over, or session, is told nothing any more.
            return
        finally:
            self._leave_if_gone(feed, caller)

    def _leave_if_gone(self, feed: Feed, caller: Caller) -> None:
        """Let orders leave that were to leave with a login's last connection, if it has ended."""
        if caller.investor and not feed.connected(caller.login):
            self._house.floor.sequencer.submit(said.Disconnected(caller.login))

    # --- who asks

    async def _nonce(self, request: Request) -> Response:
        asked = request.query_params
        investor = wire.wallet_of(asked.get("investor", ""), "investor")
        signer = wire.wallet_of(asked.get("signer") or investor, "signer")
        nonce = self._gate.nonce_for(self._caller(request), investor, signer)
        return answered({"nonce": str(nonce)})

    async def _permit_to_sign(self, request: Request) -> Response:
        asked = request.query_params
        owner, token, value = (asked.get(name, "") for name in ("owner", "token", "value"))
        permits, now_s = self._house.premises.permits, self._gate.now_s()
        return answered(await self._of_chain(permits.drafted, owner, token, value, now_s=now_s))

    async def _permit(self, request: Request) -> Response:
        asked = wire.read(await request.body(), permitting.Asked)
        permits, now_s = self._house.premises.permits, self._gate.now_s()
        signed, sent = await self._of_chain(permits.begin, asked, now_s=now_s)
        refused: Refused | None = None
        try:
            if sent is not None:
                await asyncio.wait_for(asyncio.wrap_future(sent), WAIT_S)
        except Refused as error:
            refused = error
        except TimeoutError:
            raise Unavailable("permit-not-sent", "The permit does not stand in a block yet",
                              cure="Send it again; it counts once.") from None  # fmt: skip
        return answered(await self._of_chain(permits.told, signed, refused), 201)

    async def _login_to_sign(self, request: Request) -> Response:
        asked = request.query_params
        return answered(self._gate.login_to_sign(asked.get("investor", ""),
                                                 asked.get("signer", "")))  # fmt: skip

    async def _log_in(self, request: Request) -> Response:
        asked = wire.read(await request.body(), wire.LoginAsked)
        told = self._gate.log_in_by_key(asked)
        return answered(told or await self._of_chain(self._gate.log_in, asked))

    def _caller(self, request: Request) -> Caller:
        given = request.headers.get("authorization", "")
        return self._gate.caller(given.removeprefix("Bearer ").strip())

    # --- markets

    async def _markets(self, _: Request) -> Response:
        return answered({"markets": await self._look(self._inquiries.markets)})

    async def _book(self, request: Request) -> Response:
        levels = _number(request, "levels", LEVELS, LEVELS_MAX)
        symbol = request.query_params.get("symbol", "")
        return answered(await self._look(self._inquiries.book, symbol, levels))

    async def _trades(self, request: Request) -> Response:
        symbol = request.query_params.get("symbol", "")
        found = await self._of_records(self._inquiries.market_trades, symbol, **_page(request))
        return answered({"trades": found})

    async def _halt(self, request: Request) -> Response:
        asked = wire.read(await request.body(), Halt)
        self._require_operator(request)
        if asked.code in RESERVED:
            raise Invalid("halt-reserved", f"{asked.code!r} is what the venue halts for itself",
                          where="code", cure="Say why in other words.")  # fmt: skip
        symbol = self._inquiries.market(asked.symbol).terms.symbol
        return await self._market_after(symbol, said.HaltAsked(symbol, asked.code, "operator"))

    async def _resume(self, request: Request) -> Response:
        asked = wire.read(await request.body(), Halt)
        self._require_operator(request)
        symbol = self._inquiries.market(asked.symbol).terms.symbol
        return await self._market_after(symbol, said.ResumeAsked(symbol, "operator"))

    async def _market_after(self, symbol: str, entry: said.Entry) -> Response:
        for event in await self._sequenced(entry):
            if isinstance(event, Unanswered):
                raise Conflict("market-still-halted", "What halted the market is there still",
                               where="symbol", cure="Mend that first; after an exchange of "
                               "units open the market anew.")  # fmt: skip
        return answered(await self._look(self._inquiries.market_now, symbol))

    def _require_operator(self, request: Request) -> None:
        if not self._caller(request).operator:
            raise Refused("operator-only", "Only the operator of the venue may do that",
                          where="authorization", cure="Ask him.")  # fmt: skip

    async def _status(self, _: Request) -> Response:
        return answered(self._house.status())

    async def _look(self, look: Callable[..., Any], *arguments: Any) -> Any:
        """What somebody sees who looks at the venue as it stands, beside few others."""
        return await to_thread.run_sync(look, *arguments, limiter=self._looking)

    async def _of_records(self, read: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """What somebody reads of what was written down, beside few others."""
        reading = partial(read, *arguments, **named)
        return await to_thread.run_sync(reading, limiter=self._reading)

    async def _of_chain(self, ask: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """What the chain has to be asked for, beside few others: it may not answer for long."""
        asking = partial(ask, *arguments, **named)
        return await to_thread.run_sync(asking, limiter=self._asking)

    async def _sequenced(self, entry: said.Entry) -> list[Event]:
        """What came of an entry, once it is on the disk."""
        told = await asyncio.wrap_future(self._house.floor.sequencer.submit(entry))
        return told[0]


def _told_plainly(handler: Handler) -> Handler:
    """A handler whose errors are told as problems."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except TallystickError as error:
            return problem(error)

    return handle


def _page(request: Request) -> dict[str, Any]:
    """Which part of a list is asked for."""
    return {"limit": _number(request, "limit", 100, ANSWERS_MAX),
            "before": _number(request, "before", 0, 2**53)}  # fmt: skip


def _number(request: Request, name: str, usual: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= most:
        raise Invalid("number-malformed", f"{text!r} is no number from 0 to {most}", where=name,
                      cure="Write digits.")  # fmt: skip
    return int(text)
