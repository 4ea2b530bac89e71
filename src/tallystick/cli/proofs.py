"""`anchor`, `prove` and `verify`: roots of registers on the chain, and proofs of holdings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tallystick.app import anchors
from tallystick.cli.acting import Who
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, new_key, say
from tallystick.core.times import show_time
from tallystick.core.units import show_quantity, show_share
from tallystick.core.wallets import show_wallet
from tallystick.gateways.store.files import write_whole
from tallystick.securities import proofs


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (anchor, prove, verify):
        app.command()(command)


def anchor(
    symbol: Symbol, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Anchor the root of a register as of now, and the head of the journal.

    Every corporate action does so by itself.
    """
    with open_workspace(folder) as workspace:
        made = anchors.anchor(workspace, workspace.security(symbol), key=new_key(key))
    if json:
        as_json(made)
    else:
        say(f"[bold green]✓[/] register of {symbol} at block {made.block}  "
            f"[dim]root {made.root[:16]}…, journal up to entry {made.journal_place}[/]"
            )  # fmt: skip


def prove(
    symbol: Symbol,
    who: Who,
    *,
    to: Annotated[Path, typer.Option("--to", help="File of the proof.")],
    block: Annotated[
        int | None, typer.Option(min=0, help="As of this block; the last one anchored by default.")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write a proof of what somebody holds, which tells nothing of anybody else."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        proof = anchors.prove_holding(workspace, security, workspace.wallet_of(who), block)
        stated = anchors.anchored_at(workspace, proof)
    write_whole(to, msgspec.json.format(msgspec.json.encode(proof), indent=2))
    units = show_quantity(int(proof.units), security.decimals)
    if json:
        as_json({"units": proof.units, "block": proof.block, "root": proof.root,
                 "anchored_at": show_time(stated) if stated else None})  # fmt: skip
        return
    when = f"anchored {show_time(stated)}" if stated else "which was not anchored"
    say(f"[bold green]✓[/] {to}: {units} of {symbol} at block {proof.block}, {when}")


def verify(
    file: Annotated[Path, typer.Argument(help="A proof that `prove` wrote.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Check a proof: that its line leads to its root, and when that root was anchored."""
    proof = proofs.read_proof(file.read_bytes(), path=str(file))
    right = proofs.holds(proof)
    stated = 0
    if right:
        with open_workspace(folder) as workspace:
            right = workspace.chain_id == proof.chain_id
            stated = anchors.anchored_at(workspace, proof) if right else 0
    good = right and bool(stated)
    if json:
        as_json({"holds": good, "wallet": show_wallet(proof.wallet), "units": proof.units,
                 "total": proof.total, "block": proof.block,
                 "anchored_at": show_time(stated) if stated else None})  # fmt: skip
    elif good:
        share = show_share(int(proof.units), int(proof.total))
        say(f"[bold green]✓[/] {show_wallet(proof.wallet)} held {int(proof.units):,} of "
            f"{int(proof.total):,} smallest units ({share}) at block {proof.block}, anchored "
            f"{show_time(stated)}")  # fmt: skip
    else:
        why = "its root was never anchored here" if right else "its line does not lead to its root"
        say(f"[red]✗[/] the proof does not hold: {why}")
    if not good:
        raise typer.Exit(1)
