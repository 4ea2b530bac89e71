"""The same commands on chains of others, with fees, in live mode: anvil and hardhat, unchanged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import HOLDERS, TERMS, Desk
from tests.support.node import NODES, Node, plain_node

PASSPHRASE = "a rather long passphrase"
FUNDS = 10**18


@pytest.fixture(scope="module", params=NODES)
def node(request: pytest.FixtureRequest) -> Iterator[Node]:
    with plain_node(request.param) as made:
        yield made


class LiveDesk(Desk):
    """A desk on a chain of others; the node's own accounts pay in the money for fees."""

    def __init__(self, folder: Path, node: Node) -> None:
        super().__init__(folder)
        self.node = node

    def open(self) -> None:
        arguments = ("init", "--live", "--chain-url", self.node.url)
        assert self.failing(*arguments) == "account-unfunded"
        [payer, *_] = self.node.rpc.call("eth_accounts")
        for role in ("owner", "agent", "officer"):
            keystore = json.loads((self.folder / "keys" / f"{role}.json").read_text())
            wallet = "0x" + keystore["address"].removeprefix("0x")
            self.node.rpc.call(
                "eth_sendTransaction", {"from": payer, "to": wallet, "value": hex(FUNDS)}
            )
        self.must(*arguments)

    def table(self, *options: str) -> Any:
        return json.loads(self.must("captable", "ACME", "--json", *options).stdout)[0]

    def units(self, *options: str) -> dict[str, int]:
        return {line["holder"]: int(line["units"]) for line in self.table(*options)["lines"]}


@pytest.fixture
def desk(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveDesk:
    monkeypatch.setenv("TALLYSTICK_PASSPHRASE", PASSPHRASE)
    made = LiveDesk(tmp_path / "data", node)
    made.open()
    return made


def test_an_issuers_work_from_beginning_to_end(desk: LiveDesk) -> None:
    desk.must("issue", desk.file("terms.toml", TERMS + "[security.rules]\nmax_balance='150'\n"))
    desk.must("holders", "import", desk.file("holders.csv", HOLDERS))
    desk.must("mint", "ACME", "H-1", "100")
    before = desk.table()["block"]
    desk.must("transfer", "ACME", "H-1", "H-2", "30", "--key", "pay")
    desk.must("transfer", "ACME", "H-1", "H-2", "30", "--key", "pay")
    assert desk.units() == {"Ada": 7_000, "Bo": 3_000}
    refused = desk.run("mint", "ACME", "H-1", "100", "--json")
    assert refused.exit_code == 6
    assert json.loads(refused.stdout)["refusals"][0]["code"] == 60
    desk.must("holders", "freeze", "ACME", "H-2")
    assert desk.run("transfer", "ACME", "H-2", "H-1", "1", "--json").exit_code == 6
    order = desk.file("order.txt", "by order of the court")
    desk.must("force", "ACME", "H-2", "H-1", "10", "--reason", "court-order", "--document", order)
    new = "0x" + "5e" * 20
    desk.must("recover", "H-1", new, "--document", order)
    assert desk.units() == {"Ada": 8_000, "Bo": 2_000}
    assert desk.units("--as-of", str(before)) == {"Ada": 10_000}
    audit = json.loads(desk.must("audit", "--json").stdout)
    assert audit["differences"] == []
    doctor = json.loads(desk.must("doctor", "--json").stdout)
    assert doctor["settings"]["mode"] == {"value": "live", "from": "file"}
    assert doctor["unfinished"] == []


def test_time_does_not_travel_on_a_chain_of_others(desk: LiveDesk) -> None:
    assert desk.failing("chain", "advance", "1") == "not-embedded"
    assert json.loads(desk.must("chain", "status", "--json").stdout)["sandbox"] is False


def test_another_chain_at_the_same_url_is_found_out(desk: LiveDesk) -> None:
    with plain_node("anvil") as other:
        path = desk.folder / "tallystick.toml"
        path.write_text(path.read_text().replace(desk.node.url, other.url))
        assert desk.failing("captable") == "chain-differs"
        path.write_text(path.read_text().replace(other.url, "http://127.0.0.1:1"))
        assert desk.failing("captable") == "node-unreachable"


def test_nothing_is_made_without_a_passphrase_or_a_node(
    tmp_path: Path, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TALLYSTICK_PASSPHRASE", raising=False)
    desk = Desk(tmp_path / "data")
    url = ("--chain-url", node.url)
    assert desk.failing("init", "--live", *url) == "passphrase-needed"
    monkeypatch.setenv("TALLYSTICK_PASSPHRASE", "short")
    assert desk.failing("init", "--live", *url) == "passphrase-too-short"
    monkeypatch.setenv("TALLYSTICK_PASSPHRASE", PASSPHRASE)
    beside = desk.failing("init", "--live", *url, "--passphrase-from", "file")
    assert beside == "passphrase-beside-the-keys"
    assert desk.failing("init", "--chain-url", "http://127.0.0.1:1") == "node-unreachable"
    assert desk.failing("init", "--chain-url", "ftp://x") == "settings-malformed"
    assert not desk.folder.exists()


def test_a_data_directory_is_not_made_over_with_other_settings(desk: LiveDesk) -> None:
    assert desk.failing("init") == "mode-fixed"
    other = ("--live", "--chain-url", desk.node.url, "--confirmations", "3")
    assert desk.failing("init", *other) == "data-directory-exists"
