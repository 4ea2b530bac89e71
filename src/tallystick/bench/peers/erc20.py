"""A bare OpenZeppelin ERC-20, compiled from its npm package."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tallystick.bench.peers.node import HOLDING, TRADE, Artifact, Chain, Contract, Figures, deploy

BARE_TOKEN = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

contract BareToken is ERC20("Bare", "BARE"), Ownable(msg.sender) {
    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }
}
"""


def compile_bare_token(node_modules: Path) -> Artifact:
    """Compile the bare token with the solc npm package, optimised for 200 runs."""
    request = {
        "language": "Solidity",
        "sources": {"BareToken.sol": {"content": BARE_TOKEN}},
        "settings": {
            "optimizer": {"enabled": True, "runs": 200},
            "outputSelection": {"BareToken.sol": {"BareToken": ["abi", "evm.bytecode.object"]}},
        },
    }
    solcjs = node_modules.resolve() / ".bin" / "solcjs"
    command = ["node", str(solcjs), "--standard-json", "--base-path", str(node_modules.resolve())]
    done = subprocess.run(  # noqa: S603 - the compiler of the package
        command, input=json.dumps(request), capture_output=True, text=True, check=True
    )
    output = json.loads(done.stdout[done.stdout.index("{") :])
    if "contracts" not in output:
        raise RuntimeError(f"solc: {output['errors']}")
    compiled = output["contracts"]["BareToken.sol"]["BareToken"]
    return {"abi": compiled["abi"], "bytecode": "0x" + compiled["evm"]["bytecode"]["object"]}


def measure_erc20(chain: Chain, node_modules: Path) -> Figures:
    """Return the figures of the bare ERC-20."""
    owner, alice, bob, carol, dora, emil = chain.accounts[:6]
    artifact = compile_bare_token(node_modules)
    before = chain.gas_spent
    token = deploy(chain, owner, artifact)
    figures = {"issue_security": chain.gas_spent - before}
    for holder in (alice, bob, dora):
        token.send(owner, "mint", holder, HOLDING)
    figures["transfer_existing"] = transfer(token, alice, bob, TRADE)
    figures["transfer_new"] = transfer(token, alice, carol, TRADE, receiver_is_new=True)
    figures["transfer_emptying"] = transfer(token, dora, bob, HOLDING, empties_sender=True)
    figures["mint_new"] = token.send(owner, "mint", emil, HOLDING)
    return figures


def transfer(
    token: Contract,
    sender: str,
    receiver: str,
    amount: int,
    *,
    receiver_is_new: bool = False,
    empties_sender: bool = False,
) -> int:
    """Transfer, check that the balances were and are as the figure's name says; return gas."""
    if (token.read("balanceOf", receiver) == 0) != receiver_is_new:
        raise RuntimeError("the receiver's balance is not in the state to be measured")
    gas = token.send(sender, "transfer", receiver, amount)
    if (token.read("balanceOf", sender) == 0) != empties_sender:
        raise RuntimeError("the sender's balance is not in the state to be measured")
    return gas
