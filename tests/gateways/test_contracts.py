"""Decoding of logs."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from tallystick.gateways.chain.contracts import Event

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "address": st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()),
    "uint256": st.integers(0, 2**256 - 1),
    "bytes32": st.binary(min_size=32, max_size=32),
    "bool": st.booleans(),
    "string": st.text(),
}


@given(data=st.data(), kinds=st.lists(st.sampled_from(sorted(VALUES)), max_size=5),
       indexed=st.integers(0, 3))  # fmt: skip
def test_an_event_is_decoded_to_what_was_encoded(
    data: st.DataObject, kinds: list[str], indexed: int
) -> None:
    """Events of words alone and others, each with some members among the topics."""
    dynamic = [at for at, kind in enumerate(kinds) if kind == "string"]
    indexed = min([indexed, *dynamic])
    members = [(f"m{at}", kind) for at, kind in enumerate(kinds)]
    values = {name: data.draw(VALUES[kind]) for name, kind in members}
    event = Event("E", "0x00", tuple(members[:indexed]), tuple(members[indexed:]))
    topics = ["0x00", *("0x" + encode([kind], [values[name]]).hex()
                        for name, kind in event.indexed)]  # fmt: skip
    plain = encode([kind for _, kind in event.plain], [values[name] for name, _ in event.plain])
    assert event.decode(topics, "0x" + plain.hex()) == values
