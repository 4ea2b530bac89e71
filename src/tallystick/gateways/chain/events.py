"""Events of one contract, decoded, in order, with the time of their block."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import Contract
from tallystick.gateways.chain.logs import iterate_logs
from tallystick.gateways.chain.rpc import Rpc


class Happened(msgspec.Struct, frozen=True):
    """One event: its name, members, block, and the time of that in UTC seconds."""

    name: str
    members: dict[str, Any]
    block: int
    at_s: int


def events_of(
    rpc: Rpc, target: Contract, address: Wallet, *, since: int, until: int | None = None,
    names: Collection[str] = (),
) -> Iterator[Happened]:  # fmt: skip
    """What a contract told from a block on, up to another or the last; some `names` alone."""
    wanted = [event.topic for event in target.events.values() if event.name in names]
    last = int(rpc.call("eth_blockNumber"), 16) if until is None else until
    times: dict[str, int] = {}
    for logs in iterate_logs(rpc, [address], since, last, wanted):
        fresh = list(dict.fromkeys(log.block_number for log in logs
                                   if log.block_number not in times))  # fmt: skip
        blocks = rpc.batch([("eth_getBlockByNumber", [number, False]) for number in fresh])
        times |= {block["number"]: int(block["timestamp"], 16) for block in blocks}
        for log in logs:
            event = target.events.get(log.topics[0])
            if event is not None:
                members = event.decode(log.topics, log.data)
                block = log.block_number
                yield Happened(event.name, members, int(block, 16), times[block])


def told_in(rpc: Rpc, target: Contract, address: Wallet, tx_hash: str) -> list[Happened]:
    """What a contract told in one transaction, in order."""
    receipt = rpc.call("eth_getTransactionReceipt", tx_hash)
    block = rpc.call("eth_getBlockByNumber", receipt["blockNumber"], False)
    number, at_s = int(block["number"], 16), int(block["timestamp"], 16)
    own = [log for log in receipt["logs"] if log["address"].lower() == address]
    return [
        Happened(event.name, event.decode(log["topics"], log["data"]), number, at_s)
        for log in own if (event := target.events.get(log["topics"][0])) is not None
    ]  # fmt: skip
