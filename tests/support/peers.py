"""Contracts of others, as their npm packages ship them compiled."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

import msgspec

from tallystick.gateways.chain.contracts import Contract, from_artifact

MODULES = Path(sys.prefix) / "node" / "node_modules"
ONCHAINID = "@onchain-id/solidity/artifacts/contracts"
TREX = "@tokenysolutions/t-rex/artifacts/contracts"


@functools.cache
def peer(package: str, path: str) -> Contract:
    """A contract of another system by its package and path, such as `ClaimIssuer`."""
    name = path.rsplit("/", 1)[-1]
    artifact: dict[str, Any] = msgspec.json.decode(
        (MODULES / package / f"{path}.sol" / f"{name}.json").read_bytes()
    )
    return from_artifact(name, artifact["abi"], artifact["bytecode"])
