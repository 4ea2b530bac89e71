"""What of the node can be reached from outside, and only as far as it is journaled.

Methods are allowed by name; everything else (`anvil_*`, `evm_*`, `debug_*`, `txpool_*`, unlocked
accounts and their signatures) does not exist for a client. Block tags become the number of the last
journaled block, so that nothing is seen before it is on the disk.
"""

from __future__ import annotations

from typing import Any

# Method -> position of its block parameter, or None if it has none.
METHODS: dict[str, int | None] = {
    "eth_blockNumber": None,
    "eth_call": 1,
    "eth_chainId": None,
    "eth_estimateGas": 1,
    "eth_feeHistory": 1,
    "eth_gasPrice": None,
    "eth_getBalance": 1,
    "eth_getBlockByHash": None,
    "eth_getBlockByNumber": 0,
    "eth_getBlockReceipts": 0,
    "eth_getBlockTransactionCountByNumber": 0,
    "eth_getCode": 1,
    "eth_getLogs": None,
    "eth_getProof": 2,
    "eth_getStorageAt": 2,
    "eth_getTransactionByHash": None,
    "eth_getTransactionCount": 1,
    "eth_getTransactionReceipt": None,
    "eth_maxPriorityFeePerGas": None,
    "eth_sendRawTransaction": None,
    "eth_syncing": None,
    "net_listening": None,
    "net_version": None,
    "web3_clientVersion": None,
    "web3_sha3": None,
}

TAGS = {"latest", "pending", "safe", "finalized"}
OPTIONAL_BLOCK = {
    "eth_call",
    "eth_estimateGas",
    "eth_getBalance",
    "eth_getCode",
    "eth_getTransactionCount",
}
OVERRIDABLE = {"eth_call", "eth_estimateGas"}


class NotServed(Exception):
    """A request that is not served; code and message of the JSON-RPC error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def admit(method: object, params: object, head: int) -> list[Any]:
    """The parameters with which a request may be passed to the node.

    `head` is the number of the last journaled block. Raises `NotServed`.
    """
    if not isinstance(method, str) or method not in METHODS:
        raise NotServed(-32601, f"Method {method!r} is not served")
    if not isinstance(params, list):
        raise NotServed(-32602, "params must be a list")
    if method == "eth_getLogs":
        return [_log_filter(params, head)]
    at = METHODS[method]
    if at is None:
        return params
    if len(params) == at and method in OPTIONAL_BLOCK:
        params = [*params, "latest"]
    if len(params) <= at:
        raise NotServed(-32602, f"{method} takes at least {at + 1} parameters")
    if method in OVERRIDABLE and len(params) > at + 1:
        raise NotServed(-32602, "State and block overrides are not served")
    return [*params[:at], _block(params[at], head), *params[at + 1 :]]


def _block(tag: object, head: int) -> Any:
    if isinstance(tag, str):
        if tag in TAGS:
            return hex(head)
        if tag == "earliest":
            return "0x0"
        return hex(_within(tag, head))
    if isinstance(tag, dict) and set(tag) <= {"blockHash", "blockNumber", "requireCanonical"}:
        if "blockNumber" in tag:
            return hex(_within(tag["blockNumber"], head))
        return tag
    raise NotServed(-32602, "The block must be a number, a tag or a hash")


def _within(number: object, head: int) -> int:
    try:
        value = int(str(number), 16)
    except ValueError:
        raise NotServed(-32602, f"{number!r} is no block number") from None
    if value > head:
        raise NotServed(-32000, f"Block {value} is not sealed; the last one is {head}")
    return value


def _log_filter(params: list[Any], head: int) -> dict[str, Any]:
    if len(params) != 1 or not isinstance(params[0], dict):
        raise NotServed(-32602, "eth_getLogs takes one filter")
    asked = dict(params[0])
    if "blockHash" in asked:
        return asked
    asked["fromBlock"] = _block(asked.get("fromBlock", "latest"), head)
    to_block = asked.get("toBlock", "latest")
    if isinstance(to_block, str) and to_block.startswith("0x"):
        to_block = hex(min(int(to_block, 16), head))
    asked["toBlock"] = _block(to_block, head)
    return asked


def screen(method: str, result: Any, head: int) -> Any:
    """What a client may see of an answer."""
    if method == "eth_blockNumber":
        return hex(head)
    if not isinstance(result, dict) or method not in {
        "eth_getBlockByHash", "eth_getTransactionByHash", "eth_getTransactionReceipt",
    }:  # fmt: skip
        return result
    number = result.get("number" if method == "eth_getBlockByHash" else "blockNumber")
    return result if number is not None and int(number, 16) <= head else None
