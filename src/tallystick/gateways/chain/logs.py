"""Reads the logs of contracts from a node, in pieces that neither side chokes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tallystick.core.errors import Unavailable
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.rpc import Rpc, unreadable

BLOCKS_AT_FIRST = 256
BLOCKS_AT_ONCE_MAX = 10_000
LOGS_AT_ONCE = 20_000
GROWTH = 4


class Log(msgspec.Struct, rename="camel"):
    """A log as `eth_getLogs` gives it; addresses and topics are lower-case 0x-hex."""

    address: str
    topics: list[str]
    data: str
    block_number: str
    block_hash: str = ""
    transaction_hash: str = ""
    log_index: str = ""


class _Answer(msgspec.Struct):
    result: list[Log] | None = None
    error: Any = None


def iterate_logs(
    rpc: Rpc, addresses: list[Wallet], first: int, last: int, topics: Sequence[str] = ()
) -> Iterator[list[Log]]:
    """All logs of some contracts in a range of blocks, in order, whole blocks at a time.

    With `topics` those alone whose first one is among them.

    The range of one request follows what the last one brought, and is cut where a node refuses.
    """
    decoder = msgspec.json.Decoder(_Answer)
    span, start = BLOCKS_AT_FIRST, first
    while start <= last:
        end = min(start + span - 1, last)
        wanted: dict[str, Any] = {
            "address": addresses, "fromBlock": hex(start), "toBlock": hex(end),
            **({"topics": [list(topics)]} if topics else {}),
        }  # fmt: skip
        try:
            answer = decoder.decode(rpc.call_raw("eth_getLogs", wanted))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise unreadable(str(error)) from None
        if answer.result is None:
            if start == end:
                raise Unavailable(
                    "logs-refused",
                    f"The node gives no logs: {answer.error}",
                    cure="Run the command again, or set `chain_url` to a node that gives them.",
                )
            span = max(1, (end - start + 1) // GROWTH)
            continue
        yield answer.result
        found = max(1, len(answer.result))
        span = min(BLOCKS_AT_ONCE_MAX, span * GROWTH, max(1, span * LOGS_AT_ONCE // found))
        start = end + 1
