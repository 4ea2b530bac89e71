"""What commands that act share: reasons with their documents, explanations, what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tallystick.app import acts, evidence
from tallystick.app.calls import Call
from tallystick.app.workspace import Workspace
from tallystick.cli.output import as_json, say
from tallystick.cli.tables import verdict_lines
from tallystick.core.errors import Invalid, NotFound, Refused
from tallystick.core.wallets import Wallet, show_wallet
from tallystick.gateways.chain.intents import Done
from tallystick.securities.codes import LABELS
from tallystick.securities.verdict import Verdict

Who = Annotated[str, typer.Argument(help="Wallet, name or reference of an investor.")]
Amount = Annotated[str, typer.Argument(help="Quantity, such as 1,250.5.")]
ReasonCode = Annotated[str, typer.Option("--reason", help=f"One of {', '.join(acts.REASONS)}.")]
DocumentFile = Annotated[
    Path,
    typer.Option(
        "--document",
        help="The document that orders it; only its hash is published.",
    ),
]


EvidenceFile = Annotated[
    Path, typer.Option("--document", help="What shows it; only a salted hash is kept of it.")
]
Link = Annotated[str, typer.Option("--link", help="Where the document lies; kept encrypted.")]
By = Annotated[str, typer.Option("--by", help="Who looked at it; initials will do.")]


Signature = Annotated[
    str, typer.Option(help="The holder's own; else the key that is kept for him signs.")
]
ToSign = Annotated[
    bool, typer.Option("--to-sign", help="Print what he is to sign (EIP-712), and do no more.")
]

Calls = Annotated[
    bool, typer.Option("--calls", help="Print the calls that one's own wallet must send, and do "
                       "no more.")
]  # fmt: skip


def print_calls(calls: Sequence[Call], *, json: bool) -> None:
    """Print what somebody's own wallet must send."""
    if json:
        as_json([{"what": each.what, "to": show_wallet(each.to), "data": each.data}
                 for each in calls])  # fmt: skip
        return
    for number, each in enumerate(calls, start=1):
        say(f"{number}. {each.what}\n   to   {show_wallet(each.to)}\n   data {each.data}")


def print_typed(typed: dict[str, Any]) -> None:
    """Print what somebody is to sign, as wallets take it."""
    message = {name: f"0x{value.hex()}" if isinstance(value, bytes) else value
               for name, value in typed["message"].items()}  # fmt: skip
    as_json({**typed, "message": message})


def read_document(path: Path, link: str) -> evidence.Document:
    """A document taken as evidence, read to be hashed."""
    content = path.read_bytes()
    if not content:
        raise Invalid("document-empty", "The document is empty", where=str(path),
                      cure="Name the file that shows it.")  # fmt: skip
    digest = sha256(content).digest()
    return evidence.Document(digest=digest, name=path.name, link=link)


def stated_reason(code: str, document: Path) -> acts.Reason:
    """A reason with its document, read to be hashed. Raises `NotFound` for an unknown code."""
    reason_code(code)
    return acts.Reason(code, sha256(document.read_bytes()).digest())


def reason_code(name: str) -> int:
    """A reason as the chain keeps it. Raises `NotFound` for an unknown one."""
    if name not in acts.REASONS:
        raise NotFound(
            "reason-unknown",
            f"{name!r} is no reason",
            cure=f"Known are: {', '.join(acts.REASONS)}.",
        )
    return acts.REASONS[name]


def explain_and_leave(verdict: Verdict, decimals: int, *, json: bool) -> None:
    """Print every refusal and end the command: with 0 if there is none."""
    if json:
        as_json(
            {
                "allowed": verdict.allowed,
                "decimals": decimals,
                "refusals": named_codes(msgspec.to_builtins(verdict.refusals)),
                "passes_at": verdict.passes_at,
            }
        )
    else:
        for line in verdict_lines(verdict, decimals):
            say(line)
    raise typer.Exit(0 if verdict.allowed else Refused.exit_code)


def named_codes(value: Any) -> Any:
    """The same with the name of every refusal beside its code."""
    if isinstance(value, list | tuple):
        return [named_codes(member) for member in value]
    if not isinstance(value, dict):
        return value
    named = {key: named_codes(member) for key, member in value.items()}
    return {"name": LABELS[value["code"]], **named} if "code" in value else named


def done_line(what: str, done: Done, *, json: bool) -> None:
    """Print what was done and in which block."""
    if json:
        as_json(msgspec.to_builtins(done))
    else:
        say(f"[bold green]✓[/] {what}  [dim]block {done.block_number}, {done.gas_used:,} gas[/]")


def names_of(workspace: Workspace) -> Callable[[Wallet], str]:
    """How an investor is called: by his reference, his name, or his wallet."""
    people, home_of = workspace.vault.people(), workspace.book().registry.home

    def called(wallet: Wallet) -> str:
        person = people.get(home_of(wallet))
        return (person.reference or person.name) if person else show_wallet(wallet)

    return called
