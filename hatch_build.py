"""Build hook: compiles the Vyper contracts into JSON inside the package.

Runs for wheels, for editable installs, and as a program: `python hatch_build.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
CONTRACTS = ROOT / "src" / "tallystick" / "contracts"
COMPILED = CONTRACTS / "compiled"
FORMATS = ["abi", "bytecode", "bytecode_runtime", "layout", "method_identifiers"]
CODE_BYTES_MAX = 24_576

# A contract whose code is spread over parts is published with one merged ABI.
PARTS = {
    "SecurityToken": [
        "SecurityToken",
        "SecurityTokenAgent",
        "SecurityTokenRules",
        "SecurityTokenControls",
        "SecurityTokenAdmin",
        "SecurityTokenExchange",
    ],
    "IdentityRegistry": ["IdentityRegistry", "IdentityRegistryAdmin"],
    "Distributor": ["Distributor", "DistributorChallenges"],
    "Offering": ["Offering", "OfferingDesk"],
    "Basket": ["Basket", "BasketDesk"],
}
BLUEPRINTS = ["IdentityRegistry"]


def compile_contracts() -> list[Path]:
    """Compile every contract and write one JSON file each; return the files written."""
    from vyper.cli.vyper_compile import compile_files  # noqa: PLC0415 - slow, and not always

    sources = sorted(CONTRACTS.glob("*.vy"))
    compiled: dict[str, dict[str, Any]] = {}
    for source in sources:
        formats = [*FORMATS, "blueprint_bytecode"] if source.stem in BLUEPRINTS else FORMATS
        [output] = compile_files([str(source)], formats, paths=[str(CONTRACTS)]).values()
        compiled[source.stem] = output
    COMPILED.mkdir(exist_ok=True)
    for stale in COMPILED.glob("*.json"):
        if stale.stem not in compiled:
            stale.unlink()
    return [_write(name, output, compiled) for name, output in compiled.items()]


def _write(name: str, output: dict[str, Any], compiled: dict[str, dict[str, Any]]) -> Path:
    code_bytes = (len(output["bytecode_runtime"]) - 2) // 2
    if code_bytes > CODE_BYTES_MAX:
        message = f"{name}.vy compiles to {code_bytes} bytes, more than {CODE_BYTES_MAX} (EIP-170)"
        raise SystemExit(message)
    artifact = {
        "name": name,
        "compiler": "vyper 0.4.3",
        "code_bytes": code_bytes,
        "abi": _merged_abi([compiled[part] for part in PARTS.get(name, [name])]),
        "layout": output["layout"],
        "method_identifiers": output["method_identifiers"],
        "bytecode": output["bytecode"],
    }
    if "blueprint_bytecode" in output:
        artifact["blueprint"] = output["blueprint_bytecode"]
    path = COMPILED / f"{name}.json"
    text = json.dumps(artifact, indent=1, sort_keys=True) + "\n"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return path


def _merged_abi(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join the ABIs of the parts of one contract; the constructor is that of the first."""
    entries: dict[tuple[str, str, str], dict[str, Any]] = {}
    for number, part in enumerate(parts):
        for entry in part["abi"]:
            if entry["type"] == "fallback" or (entry["type"] == "constructor" and number > 0):
                continue
            inputs = json.dumps(entry.get("inputs", []))
            entries.setdefault((entry["type"], entry.get("name", ""), inputs), entry)
    return sorted(entries.values(), key=lambda entry: (entry["type"], entry.get("name", "")))


def _editable_hook() -> Any:
    from hatchling.builders.hooks.plugin import interface  # noqa: PLC0415 - absent by hand

    class ContractsHook(interface.BuildHookInterface):  # type: ignore[type-arg, misc]
        """Compiles the contracts before the package is built."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            del version
            build_data["artifacts"] = [str(path.relative_to(ROOT)) for path in compile_contracts()]

    return ContractsHook


if __name__ == "__main__":
    for written in compile_contracts():
        details = json.loads(written.read_text())
        sys.stdout.write(f"{details['name']}: {details['code_bytes']} bytes\n")
else:
    CustomBuildHook = _editable_hook()
