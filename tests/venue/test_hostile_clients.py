"""Whatever a client sends, it is told what is wrong with it, and the venue goes on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import msgspec
import pytest
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.counter import SYMBOL, Counter, market_of_four

# What is told of bad input; never that the venue itself failed.
TOLD = {200, 201, 400, 401, 403, 404, 405, 409, 422}
PATHS = (
    "/v1/orders", "/v1/orders/draft", "/v1/orders/1", "/v1/login", "/v1/markets/halt",
    "/v1/markets/resume", "/v1/fills", "/v1/trades", "/v1/book", "/v1/nonce", "/v1/status",
    "/v1/permits", "/v1/positions",
)  # fmt: skip
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**300), st.floats(allow_nan=False),
    st.text(max_size=30), st.lists(st.integers(), max_size=3), st.just("0x" + "00" * 20),
)  # fmt: skip


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    made = Counter(market_of_four(tmp_path_factory.mktemp("hostile") / "data"))
    yield made
    made.close()


def goes_on(counter: Counter) -> None:
    """The venue takes orders as before."""
    ann = counter.trader(0)
    ann.venue.cancel(ann.sell(SYMBOL, "1", "19")["order"])


def test_orders_with_odd_members(counter: Counter) -> None:
    ann = counter.trader(0)
    message = ann.terms(SYMBOL, "sell", "5", "10").typed(ann.venue.identity().domain)["message"]

    @settings(max_examples=150)
    @given(
        st.dictionaries(st.sampled_from(sorted(message)), ODD, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["signature", "client_id", "replaces", "filled", "cancel_on_disconnect", "more"]
            ),
            ODD,
            max_size=3,
        ),
    )
    def odd(members: dict[str, object], beside: dict[str, object]) -> None:
        body = {"order": {**message, **members}, "signature": "0x" + "11" * 64, **beside}
        try:
            sent = msgspec.json.encode(body)
        except OverflowError:
            return
        response = urllib3.request("POST", f"{counter.url}/v1/orders", body=sent)
        assert response.status in TOLD, (body, response.data)
        assert response.json()["code"]

    odd()
    goes_on(counter)


DOCUMENTS = st.recursive(
    ODD.filter(lambda value: not isinstance(value, int) or abs(value) < 2**63),
    lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=3)
    | st.lists(inner, max_size=3), max_leaves=6,
).map(msgspec.json.encode)  # fmt: skip
QUERIES = st.dictionaries(
    st.sampled_from(["symbol", "limit", "before", "levels", "investor", "signer", "open"]),
    st.text(max_size=20), max_size=3,
)  # fmt: skip


@settings(max_examples=200)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PATCH"]),
    path=st.sampled_from(PATHS),
    body=st.binary(max_size=60) | DOCUMENTS,
    query=QUERIES,
    token=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40),
)
def test_anything_at_all(counter: Counter, method: str, path: str, body: bytes,
                         query: dict[str, str], token: str) -> None:  # fmt: skip
    response = urllib3.request(
        method, f"{counter.url}{path}?{urlencode(query)}", body=body,
        headers={"authorization": f"Bearer {token}"}, retries=False, timeout=10,
    )  # fmt: skip
    assert response.status in TOLD, (method, path, query, body, response.data)


def test_the_venue_goes_on_after_it(counter: Counter) -> None:
    goes_on(counter)


def test_a_connection_that_says_half_of_something_holds_up_nobody(counter: Counter) -> None:
    host, port = counter.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as half:
        half.sendall(b"POST /v1/orders HTTP/1.1\r\ncontent-length: 900\r\n\r\n{")
        goes_on(counter)
