"""`declare`, `approve`, `withdraw`, `venue`, `legend`, `stop`."""

from __future__ import annotations

from typing import Annotated

import typer

from tallystick.app import acts, controls, dossiers
from tallystick.app.workspace import Workspace
from tallystick.cli.acting import (
    Amount,
    DocumentFile,
    ReasonCode,
    Who,
    done_line,
    explain_and_leave,
    stated_reason,
)
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key, Symbol
from tallystick.cli.output import as_json, named, new_key, say
from tallystick.core.errors import Conflict, NotFound
from tallystick.core.times import parse_time
from tallystick.core.units import parse_quantity, show_quantity
from tallystick.core.wallets import Wallet, parse_wallet, show_wallet
from tallystick.securities.proposal import DECLARED, Movement

KINDS = ", ".join(sorted(DECLARED))
ISSUER = "issuer"

Lift = Annotated[bool, typer.Option("--lift", help="Lift it instead.")]
Giver = Annotated[
    str,
    typer.Argument(help=f"Wallet, name or reference of who gives; `{ISSUER}` for an issue."),
]
Until = Annotated[str, typer.Option(help="Date or time at which it ends.")]

# A quantity such as -5 is told to be negative, not taken for an option.
NEGATIVE_QUANTITIES = {"ignore_unknown_options": True}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for with_quantity in (declare, approve, withdraw, legend):
        app.command(context_settings=NEGATIVE_QUANTITIES)(with_quantity)
    for command in (venue, stop):
        app.command()(command)


def declare(
    symbol: Symbol,
    kind: Annotated[str, typer.Argument(help=f"One of {KINDS}.")],
    sender: Who,
    receiver: Who,
    amount: Amount,
    *,
    reason: ReasonCode,
    document: DocumentFile,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why not, and do nothing.")
    ] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Move units otherwise than by a sale in the market, with evidence; lots keep their clock."""
    if kind not in DECLARED:
        raise NotFound("kind-unknown", f"{kind!r} is no movement that is declared",
                       cure=f"Known are: {KINDS}.")  # fmt: skip
    command_key, movement = new_key(key), Movement(kind)
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        giver = workspace.wallet_of(sender, where="sender")
        taker = workspace.wallet_of(receiver, where="receiver")
        units = parse_quantity(amount, security.decimals, where="amount")
        stated = stated_reason(reason, document)
        if explain or not workspace.known(f"{command_key}/declaredTransfer"):
            verdict = acts.judge(workspace, security, movement, giver, taker, units)
            if explain or not verdict.allowed:
                explain_and_leave(verdict, security.decimals, json=json)
        done = controls.declare(
            workspace, security, movement, giver, taker, units, stated, key=command_key
        )
    shown = show_quantity(units, security.decimals)
    done_line(f"{shown} {symbol} moved by {kind} to {named(receiver)}", done, json=json)


def approve(
    symbol: Symbol,
    sender: Giver,
    receiver: Who,
    amount: Amount,
    *,
    until: Until,
    document: DocumentFile,
    reason: ReasonCode = "exemption",
    looked_through: Annotated[
        bool,
        typer.Option(
            "--looked-through", help="Say of a fund that it was looked through, and counts as one."
        ),
    ] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Approve one transfer, or one issue, as the compliance officer; it is used up by it."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        giver = _giver(workspace, sender)
        done = controls.approve(
            workspace, security, giver, workspace.wallet_of(receiver, where="receiver"),
            parse_quantity(amount, security.decimals, where="amount"),
            stated_reason(reason, document), until_s=parse_time(until, where="--until"),
            looked_through=looked_through, key=new_key(key),
        )  # fmt: skip
    done_line(f"{amount} {symbol} to {named(receiver)} approved until {until}", done, json=json)


def withdraw(
    symbol: Symbol,
    sender: Giver,
    receiver: Who,
    amount: Amount,
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Take back an approval that has not been used."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        giver = _giver(workspace, sender)
        done = controls.withdraw_approval(
            workspace, security, giver, workspace.wallet_of(receiver, where="receiver"),
            parse_quantity(amount, security.decimals, where="amount"), key=new_key(key),
        )  # fmt: skip
    done_line(f"approval of {amount} {symbol} to {named(receiver)} withdrawn", done, json=json)


def _giver(workspace: Workspace, who: str) -> Wallet | None:
    return None if who == ISSUER else workspace.wallet_of(who, where="sender")


def venue(
    symbol: Symbol,
    address: Annotated[str, typer.Argument(help="Address of the venue's settlement contract.")],
    *,
    lift: Annotated[bool, typer.Option("--lift", help="No longer allow it.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Allow a venue to carry out transfers for others, where only venues may."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        where = parse_wallet(address, where="address")
        if not lift and dossiers.halt_of(workspace, security) is not None:
            raise Conflict(
                "trading-halted", f"Trading in {symbol} is halted by its dossier",
                cure="Renew the dossier, then run `dossier enforce`.",
            )  # fmt: skip
        if lift and dossiers.withdraw_while_halted(workspace, security, where):
            if json:
                as_json({"venue": show_wallet(where), "allowed": False, "halted": True})
            else:
                say(f"[bold green]✓[/] {show_wallet(where)} stays without permission for {symbol}")
            return
        done = controls.set_venue(workspace, security, where, allowed=not lift, key=new_key(key))
    allowed = "no longer allowed" if lift else "allowed"
    done_line(f"{show_wallet(where)} {allowed} for {symbol}", done, json=json)


def legend(
    symbol: Symbol,
    who: Who,
    amount: Amount,
    *,
    reason: ReasonCode,
    document: DocumentFile,
    lift: Lift = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Place a legend on units of an investor, who cannot give them away until it is lifted."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        units = parse_quantity(amount, security.decimals, where="amount")
        done = controls.mark_units(
            workspace, security, workspace.wallet_of(who), units, stated_reason(reason, document),
            lift=lift, key=new_key(key),
        )  # fmt: skip
    what = "lifted from" if lift else "placed on"
    done_line(f"legend {what} {amount} {symbol} of {named(who)}", done, json=json)


def stop(
    symbol: Symbol,
    who: Who,
    *,
    reason: ReasonCode,
    document: DocumentFile,
    lift: Lift = False,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Stop an investor from sending and receiving a security, with evidence."""
    with open_workspace(folder) as workspace:
        security = workspace.security(symbol)
        done = controls.stop(
            workspace, security, workspace.wallet_of(who), stated_reason(reason, document),
            lift=lift, key=new_key(key),
        )  # fmt: skip
    what = "lifted for" if lift else "placed on"
    done_line(f"stop order {what} {named(who)} in {symbol}", done, json=json)
