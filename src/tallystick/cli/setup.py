"""`init`, `chain` and `doctor`."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tallystick.app import backup as backups
from tallystick.app.clock import advance_clock
from tallystick.app.settings import EMBEDDED, Settings, check
from tallystick.app.workspace import create, found
from tallystick.cli.opening import choose_passphrase, load_settings, open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key
from tallystick.cli.output import as_json, new_key, progress, say
from tallystick.core.errors import Conflict, Refused
from tallystick.core.times import DAY_S, show_time
from tallystick.core.wallets import show_wallet
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.embedded.remote import Address, Claim
from tallystick.gateways.chain.keys import ROLES
from tallystick.gateways.chain.rpc import Rpc
from tallystick.gateways.store.database import require_whole

chain = typer.Typer(help="The chain behind a data directory.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(init)
    app.command()(doctor)
    app.command()(backup)
    app.command()(restore)
    app.add_typer(chain, name="chain")


def init(
    *,
    folder: Folder = DEFAULT_FOLDER,
    live: Annotated[bool, typer.Option("--live", help="No time travel; fixed for ever.")] = False,
    chain_url: Annotated[
        str, typer.Option(help="URL of a JSON-RPC node; the embedded chain by default.")
    ] = EMBEDDED,
    confirmations: Annotated[int, typer.Option(min=0, help="Blocks that must follow.")] = 0,
    passphrase_from: Annotated[
        str, typer.Option(help="file, keyring or ask; a sandbox keeps a file, live asks.")
    ] = "",
    json: Json = False,
) -> None:
    """Make a data directory: keys, chain, the contracts that all securities share.

    On a chain with fees it stops once to say which accounts need money; run it again then.
    """
    settings = Settings(
        mode="live" if live else "sandbox",
        chain_url=chain_url,
        confirmations=confirmations,
        passphrase_from=passphrase_from or ("ask" if live else "file"),
    )
    check(settings, where="init")
    if not settings.embedded:
        Rpc(settings.chain_url).call("eth_chainId")
    chosen = choose_passphrase(folder, settings)
    create(folder, settings)
    options = {} if chosen is None else {"ask": lambda: chosen}
    with progress("Setting up", quiet=json) as report, open_workspace(folder, **options) as opened:
        founding = found(opened, report=report)
    if json:
        as_json(msgspec.to_builtins(founding))
        return
    say(
        f"[bold green]✓[/] {folder} is ready: chain {founding.chain_id}, "
        f"registry {show_wallet(founding.registry)}"
    )
    say(f"Next: [bold]tallystick issue terms.toml --dir {folder}[/]")


@chain.command()
def start(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Loopback port; any free one.")] = 0,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Serve the embedded chain to every program of this machine until interrupted."""
    settings = load_settings(folder)
    if not settings.embedded:
        raise Refused(
            "not-embedded",
            "The chain of this data directory is not our own",
            cure="Start the node at `chain_url` by its own means.",
        )
    claim = Claim(folder / "chain.lock")
    if not claim.held:
        raise Conflict(
            "chain-running",
            f"The chain is served at {claim.host().url} already",
            cure="Use it there, or stop it first.",
        )
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with (
        progress("Restoring", quiet=json) as report,
        Hosting(
            folder / "chain.sqlite",
            clock=lambda: int(time.time()),
            sandbox=settings.sandbox,
            anvil=settings.anvil,
            port=port,
            report=report,
        ) as hosting,
    ):
        claim.publish(Address(os.getpid(), hosting.url, hosting.token))
        chain_id = hosting.control("status")["chain_id"]
        if json:
            as_json({"url": hosting.url, "chain_id": chain_id, "pid": os.getpid()})
            sys.stdout.flush()
        else:
            typer.echo(f"{hosting.url} · chain {chain_id} · Ctrl-C ends it")
        ended.wait()
        claim.release()
    if not json:
        typer.echo("ended; nothing acknowledged is lost")


@chain.command()
def status(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Which chain it is, and how far it has got."""
    with open_workspace(folder) as workspace:
        if workspace.hosting is not None:
            found_status = workspace.hosting.control("status")
        else:
            block = workspace.rpc.call("eth_getBlockByNumber", "latest", False)
            found_status = {
                "chain_id": workspace.chain_id, "block": int(block["number"], 16),
                "block_hash": block["hash"], "time_s": int(block["timestamp"], 16),
                "sandbox": workspace.settings.sandbox, "halted": None,
            }  # fmt: skip
    if json:
        as_json(found_status)
        return
    say(
        f"chain {found_status['chain_id']} · block {found_status['block']} · "
        f"{show_time(found_status['time_s'])} · "
        f"{'sandbox' if found_status['sandbox'] else 'live'}"
    )


@chain.command()
def advance(
    days: Annotated[int, typer.Argument(min=0, help="Days to move the clock ahead.")],
    *,
    seconds: Annotated[int, typer.Option(min=0, help="Seconds more.")] = 0,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Move the clock of a sandbox ahead."""
    with open_workspace(folder) as workspace:
        moved = advance_clock(workspace, days * DAY_S + seconds, key=new_key(key))
    if json:
        as_json(moved)
    else:
        say(f"It is now {show_time(moved['time_s'])} on the chain.")


def doctor(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Check a data directory, and show its settings with where each comes from."""
    with open_workspace(folder) as workspace:
        for name in backups.DATABASES:
            if (folder / name).exists():
                require_whole(folder / name)
        entries = sum(1 for _ in workspace.journal.verified())
        founding = workspace.founding
        found_report = {
            "settings": {
                name: {"value": getattr(workspace.settings, name), "from": source}
                for name, source in workspace.setting_sources.items()
            },
            "chain": {
                "chain_id": workspace.chain_id,
                "block": int(workspace.rpc.call("eth_blockNumber"), 16),
            },
            "contracts": msgspec.to_builtins(founding.platform) | {"registry": founding.registry},
            "keys": {role: workspace.keystore.wallet(role) for role in ROLES},
            "journal_entries": entries,
            "unfinished": workspace.outbox.unfinished(),
            "disk_free_bytes": shutil.disk_usage(folder).free,
        }
    if json:
        as_json(found_report)
        return
    for name, value in found_report["settings"].items():
        say(f"{name:18} {value['value']!s:24} [dim]{value['from']}[/]")
    say(
        f"chain {workspace.chain_id}, journal of {entries} entries intact, "
        f"{len(found_report['unfinished'])} unfinished acts"
    )


def backup(
    file: Annotated[Path, typer.Argument(help="File to write; keep it as safe as the keys.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Write a consistent copy of a data directory to one file."""
    with open_workspace(folder) as workspace:
        size = backups.back_up(workspace, file)
    if json:
        as_json({"file": str(file), "bytes": size})
    else:
        say(f"[bold green]✓[/] {file}, {size:,} bytes")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Make a data directory from a backup, and prove that it is whole."""
    found_audit = backups.restore(file, folder)
    if json:
        as_json(msgspec.to_builtins(found_audit))
    else:
        say(
            f"[bold green]✓[/] {folder} restored; {found_audit.compared} figures compared, "
            f"{len(found_audit.differences)} differences"
        )
    if found_audit.differences:
        raise typer.Exit(1)
