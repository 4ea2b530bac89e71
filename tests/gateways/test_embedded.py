"""The embedded chain: what it serves, to whom, and what makes it stop."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import urllib3
from eth_account import Account

from tallystick.core.errors import TallystickError, Unavailable
from tallystick.gateways.chain.embedded import anvil as anvil_module
from tallystick.gateways.chain.embedded import hosting as hosting_module
from tallystick.gateways.chain.embedded.gate import METHODS
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.rpc import Rpc, RpcError
from tests.support.disk import Full

ACCOUNT = Account.from_key(b"\x07" * 32)
OTHER = "0x" + "11" * 20
# As the kernel writes 127.0.0.1 and the state of a listening socket.
LOOPBACK, LISTENING = "0100007F", "0A"


def host(folder: Path, **options: Any) -> Hosting:
    return Hosting(folder / "chain.sqlite", clock=lambda: int(time.time()), sandbox=True, **options)


@pytest.fixture
def hosting(tmp_path: Path) -> Iterator[Hosting]:
    with host(tmp_path) as made:
        yield made


def raw(rpc: Rpc, nonce: int, *, chain_id: int = 0, gas: int = 50_000) -> str:
    signed = ACCOUNT.sign_transaction({
        "chainId": chain_id or int(rpc.call("eth_chainId"), 16), "nonce": nonce, "to": OTHER,
        "value": 0, "data": b"x", "gas": gas, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0,
    })  # fmt: skip
    return str(signed.raw_transaction.to_0x_hex())


def nonce(rpc: Rpc) -> int:
    return int(rpc.call("eth_getTransactionCount", ACCOUNT.address, "latest"), 16)


def said(rpc: Rpc, method: str, *params: Any) -> str:
    with pytest.raises((RpcError, Unavailable)) as raised:
        rpc.call(method, *params)
    return str(raised.value)


def node_of(hosting: Hosting) -> Rpc:
    """The node itself, past the gate, as another local process might find it."""
    return Rpc(hosting._running()._anvil.url)


# --- the gate


@pytest.mark.parametrize(
    "method",
    [
        "eth_sendTransaction", "eth_sign", "eth_signTransaction", "eth_signTypedData_v4",
        "eth_accounts", "personal_sign", "anvil_setBalance", "anvil_setStorageAt",
        "anvil_impersonateAccount", "anvil_dumpState", "anvil_loadState", "anvil_rollback",
        "anvil_reorg", "anvil_mine", "evm_mine", "evm_snapshot", "evm_revert",
        "evm_increaseTime", "evm_setNextBlockTimestamp", "hardhat_setCode", "debug_traceCall",
        "txpool_content", "miner_stop", "admin_nodeInfo", "eth_sendUnsignedTransaction",
        "eth_newFilter", "ETH_SENDTRANSACTION", "wallet_x", "", "ots_getApiLevel",
    ],
)  # fmt: skip
def test_unsafe_methods_do_not_exist(hosting: Hosting, method: str) -> None:
    assert "is not served" in said(Rpc(hosting.url), method)


def test_only_methods_that_read_or_take_what_is_signed_are_served() -> None:
    reading = (
        "eth_get", "eth_call", "eth_chainId", "eth_blockNumber", "eth_estimateGas", "net_", "web3_",
        "eth_feeHistory", "eth_gasPrice", "eth_maxPriority", "eth_syncing",
    )  # fmt: skip
    assert [name for name in METHODS if not name.startswith(reading)] == ["eth_sendRawTransaction"]


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_state_cannot_be_overridden(hosting: Hosting, method: str) -> None:
    call = {"to": OTHER, "data": "0x"}
    override = {OTHER: {"code": "0x6001"}}
    assert "overrides" in said(Rpc(hosting.url), method, call, "latest", override)


def test_nothing_is_seen_before_it_is_on_the_disk(hosting: Hosting) -> None:
    node_of(hosting).call("evm_mine")
    rpc = Rpc(hosting.url)
    assert rpc.call("eth_blockNumber") == "0x0"
    for tag in ("latest", "pending", "safe", "finalized"):
        assert rpc.call("eth_getBlockByNumber", tag, False)["number"] == "0x0"
    assert "is not sealed" in said(rpc, "eth_getBlockByNumber", "0x1", False)
    unseen = node_of(hosting).call("eth_getBlockByNumber", "0x1", False)
    assert rpc.call("eth_getBlockByHash", unseen["hash"], False) is None


def test_no_account_is_unlocked(hosting: Hosting) -> None:
    assert node_of(hosting).call("eth_accounts") == []


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"host": "evil.example"}, {"origin": "null"}],
)
def test_web_pages_and_other_names_are_turned_away(
    hosting: Hosting, headers: dict[str, str]
) -> None:
    body = msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []})
    for path in ("/", "/control/status"):
        answer = urllib3.request("POST", hosting.url + path, body=body, headers=headers)
        assert answer.status == 403


@pytest.mark.parametrize("shown", [{}, {"authorization": "Bearer guess"}])
def test_control_needs_the_operators_token(hosting: Hosting, shown: dict[str, str]) -> None:
    body = msgspec.json.encode({"seconds": 60})
    answer = urllib3.request("POST", f"{hosting.url}/control/advance", body=body, headers=shown)
    assert answer.status == 401
    assert hosting.control("status")["clock_offset_s"] == 0


def test_server_and_node_listen_on_loopback_alone(hosting: Hosting) -> None:
    ports = {int(url.rsplit(":", 1)[1]) for url in (hosting.url, node_of(hosting).url)}
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, port = line.split()[1].split(":")
            if int(port, 16) in ports and line.split()[3] == LISTENING:
                listening.add(address)
    assert listening == {LOOPBACK}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700), (b"[]", -32600), (b"3", -32600), (b'{"id":1}', -32601),
        (b'{"id":1,"method":"eth_call","params":{}}', -32602),
        (b'{"id":1,"method":"eth_call","params":[]}', -32602),
        (b'{"id":1,"method":"eth_getLogs","params":[1]}', -32602),
        (b'{"id":1,"method":"eth_getBlockByNumber","params":["0xzz",false]}', -32602),
        (b'{"id":1,"method":"eth_sendRawTransaction","params":[]}', -32602),
        (b'{"id":1,"method":["eth_call"],"params":[]}', -32601),
    ],
)  # fmt: skip
def test_malformed_requests_get_an_error(hosting: Hosting, body: bytes, code: int) -> None:
    answer = urllib3.request("POST", hosting.url, body=body)
    assert msgspec.json.decode(answer.data)["error"]["code"] == code


def test_transactions_that_cannot_be_sealed_are_told_why(hosting: Hosting) -> None:
    rpc = Rpc(hosting.url)
    for transaction, word in (
        (raw(rpc, 0, chain_id=1), "transaction-for-another-chain"),
        (raw(rpc, 5), "transaction-out-of-order"),
        (raw(rpc, 0, gas=17_000_000), "gas"),
        ("0x02", ""),
        ("nonsense", ""),
    ):
        assert word in said(rpc, "eth_sendRawTransaction", transaction)
    assert rpc.call("eth_sendRawTransaction", raw(rpc, 0))


# --- what makes it stop


@pytest.mark.parametrize("how", ["storage", "balance", "block", "transaction", "roll-back"])
def test_a_node_altered_behind_our_back_halts_the_chain(tmp_path: Path, how: str) -> None:
    with host(tmp_path) as hosting:
        rpc, node = Rpc(hosting.url), node_of(hosting)
        first = rpc.call("eth_sendRawTransaction", raw(rpc, 0))
        rpc.call("eth_sendRawTransaction", raw(rpc, 1))
        {
            "storage": lambda: node.call("anvil_setStorageAt", OTHER, "0x0", "0x" + "01" * 32),
            "balance": lambda: node.call("anvil_setBalance", OTHER, "0xffff"),
            "block": lambda: node.call("evm_mine"),
            "transaction": lambda: node.call("eth_sendRawTransaction", raw(rpc, 2)),
            "roll-back": lambda: node.call("anvil_rollback", 1),
        }[how]()
        answer = said(rpc, "eth_sendRawTransaction", raw(rpc, 2 if how != "transaction" else 3))
        assert "node-altered" in answer
        assert "node-altered" in said(rpc, "eth_sendRawTransaction", raw(rpc, 4))
        assert "node-altered" in hosting.control("status")["halted"]
        assert rpc.call("eth_blockNumber") == "0x2"
    with host(tmp_path) as hosting:
        rpc = Rpc(hosting.url)
        assert rpc.call("eth_getTransactionReceipt", first)["blockNumber"] == "0x1"
        assert rpc.call("eth_sendRawTransaction", raw(rpc, 2))
        assert rpc.call("eth_getBalance", OTHER, "latest") == "0x0"


def test_a_full_disk_halts_the_chain_and_loses_nothing(tmp_path: Path) -> None:
    disk = Full(10**9)
    with host(tmp_path, connect=disk.connect) as hosting:
        rpc = Rpc(hosting.url)
        for _ in range(20):
            rpc.call("eth_sendRawTransaction", raw(rpc, nonce(rpc)))
        disk.room = 0
        assert "disk-full" in said(rpc, "eth_sendRawTransaction", raw(rpc, 20))
        assert "disk-full" in said(rpc, "eth_sendRawTransaction", raw(rpc, 20))
        assert rpc.call("eth_blockNumber") == hex(20)
        disk.room = 10**9
    with host(tmp_path) as hosting:
        rpc = Rpc(hosting.url)
        assert rpc.call("eth_blockNumber") == hex(20)
        assert rpc.call("eth_sendRawTransaction", raw(rpc, 20))


def test_a_node_that_dies_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    with host(tmp_path) as hosting:
        rpc = Rpc(hosting.url)
        first, second = raw(rpc, 0), raw(rpc, 1)
        rpc.call("eth_sendRawTransaction", first)
        hosting._running()._anvil.process.kill()
        assert "anvil-gone" in said(rpc, "eth_sendRawTransaction", second)
    with host(tmp_path) as hosting:
        rpc = Rpc(hosting.url)
        assert rpc.call("eth_sendRawTransaction", raw(rpc, 1))


def big_state(folder: Path) -> None:
    """A chain whose state is beyond what nodes take in one request by default."""
    with host(folder) as hosting:
        rpc, chance = Rpc(hosting.url), random.Random(1)
        size = 20_000
        # Creation code that returns what follows it.
        head = bytes.fromhex(f"62{size:06x}600e5f3962{size:06x}5ff3")
        for number in range(90):
            signed = ACCOUNT.sign_transaction({
                "chainId": int(rpc.call("eth_chainId"), 16), "nonce": number, "value": 0,
                "data": head + b"\x00" + chance.randbytes(size - 1), "gas": 8_000_000,
                "maxFeePerGas": 0, "maxPriorityFeePerGas": 0,
            })  # fmt: skip
            rpc.call("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
        hosting._do(hosting._running().snapshot())


def test_a_large_state_comes_back_from_its_snapshot(tmp_path: Path) -> None:
    big_state(tmp_path)
    with sqlite3.connect(tmp_path / "chain.sqlite") as connection:
        [(size,)] = connection.execute("SELECT length(state) FROM snapshot").fetchall()
    connection.close()
    assert 2 * size > 2 * 2**20
    with host(tmp_path) as hosting:
        assert Rpc(hosting.url).call("eth_blockNumber") == hex(90)
        assert hosting._running()._journal.snapshot() is not None


@pytest.mark.parametrize("damage", [b"", b"nonsense", gzip.compress(b"{}", mtime=0)])
def test_a_snapshot_that_is_no_good_is_thrown_away(tmp_path: Path, damage: bytes) -> None:
    with host(tmp_path) as hosting:
        rpc = Rpc(hosting.url)
        for number in range(3):
            rpc.call("eth_sendRawTransaction", raw(rpc, number))
        hosting._do(hosting._running().snapshot())
    with sqlite3.connect(tmp_path / "chain.sqlite") as connection:
        connection.execute("UPDATE snapshot SET state = ?", (damage,))
    connection.close()
    with host(tmp_path) as hosting:
        assert Rpc(hosting.url).call("eth_blockNumber") == "0x3"


def test_a_snapshot_that_says_more_than_the_journal_is_thrown_away(tmp_path: Path) -> None:
    with host(tmp_path) as hosting:
        Rpc(hosting.url).call("eth_sendRawTransaction", raw(Rpc(hosting.url), 0))
        hosting._do(hosting._running().snapshot())
    with sqlite3.connect(tmp_path / "chain.sqlite") as connection:
        [(state,)] = connection.execute("SELECT state FROM snapshot").fetchall()
        told = json.loads(gzip.decompress(state))
        account = next(iter(told["accounts"]))
        told["accounts"][account]["balance"] = "0xffff"
        damage = gzip.compress(json.dumps(told).encode())
        connection.execute("UPDATE snapshot SET state = ?", (damage,))
    connection.close()
    with host(tmp_path) as hosting:
        assert Rpc(hosting.url).call("eth_getBalance", account, "latest") != "0xffff"
        assert hosting._running()._journal.snapshot() is None


def test_a_state_that_takes_long_to_write_out_is_written_out_at_the_stop_alone(
    tmp_path: Path,
) -> None:
    with host(tmp_path) as hosting:
        chain, rpc = hosting._running(), Rpc(hosting.url)
        chain._dump_s = 60.0
        chain._sealer.replay_debt_s = 10_000.0
        rpc.call("eth_sendRawTransaction", raw(rpc, 0))
        assert chain._journal.snapshot() is None
    with host(tmp_path) as hosting:
        assert hosting._running()._journal.snapshot() is not None


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Unavailable) as raised:
            host(tmp_path, port=taken.getsockname()[1])
    assert raised.value.code == "port-in-use"
    assert raised.value.cure
    with host(tmp_path) as hosting:
        assert Rpc(hosting.url).call("eth_blockNumber") == "0x0"


def test_a_missing_binary_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(TallystickError) as raised:
        host(tmp_path)
    assert raised.value.code == "anvil-missing"


def test_the_node_leaves_nothing_in_the_home_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wrote there the state of every older block, 76 GB of them in one long test."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with host(tmp_path) as made:
        rpc = Rpc(made.url)
        for number in range(700):
            rpc.call("eth_sendRawTransaction", raw(rpc, number))
        assert int(rpc.call("eth_blockNumber"), 16) >= 100
        rpc.close()
        assert [each for each in (tmp_path / "home").rglob("*") if each.is_file()] == []


def test_a_port_is_held_before_anything_is_served() -> None:
    """Two chains that started at once could be given one port, and the later one failed."""
    held = hosting_module._listen(0)
    with pytest.raises(Unavailable, match="port-in-use"):
        hosting_module._listen(held.getsockname()[1])
    held.close()


def test_a_node_whose_port_another_one_took_is_started_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other one was taken for it, and said to have been changed behind our back."""

    async def start_both() -> tuple[str, str, int]:
        first = await anvil_module.Anvil.start(
            anvil_module.find_anvil(), chain_id=7, genesis_time_s=10**9
        )
        ports = iter([int(first.url.rsplit(":", 1)[1])])
        free = anvil_module.free_port
        monkeypatch.setattr(anvil_module, "free_port", lambda: next(ports, None) or free())
        second = await anvil_module.Anvil.start(
            anvil_module.find_anvil(), chain_id=8, genesis_time_s=10**9
        )
        answered = int(await second.call("eth_chainId"), 16)
        await first.stop()
        await second.stop()
        return first.url, second.url, answered

    one, other, answered = asyncio.run(start_both())
    assert one != other
    assert answered == 8
