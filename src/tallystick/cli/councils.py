"""`council`: dual control. Who may act alone, what several must agree to, and their agreement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from tallystick.app import acts
from tallystick.app.councils import agreeing, founding, kept, routing, telling
from tallystick.app.councils.kept import Proposal, State
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.workspace import Workspace
from tallystick.cli.acting import DocumentFile, ReasonCode, done_line, stated_reason
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key
from tallystick.cli.output import as_json, new_key, out, say
from tallystick.cli.tables import lined
from tallystick.core.errors import Conflict
from tallystick.core.times import show_time
from tallystick.core.units import show_money
from tallystick.core.wallets import NOBODY, Wallet, parse_wallet, show_wallet
from tallystick.gateways.chain.keys import ROLES
from tallystick.gateways.store.files import read_text
from tallystick.securities.councils import charter as charters
from tallystick.securities.councils.policies import LIFE_S, Policy, Setting

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer(help="Dual control: what several people must agree to.", no_args_is_help=True)

CharterFile = Annotated[
    Path, typer.Argument(metavar="CHARTER", help="A TOML file; `council draft` prints one.")
]
Number = Annotated[int, typer.Argument(min=1, help="Number of the proposal.")]
RoleKey = Annotated[
    str, typer.Option("--by", help=f"The member's key that is kept here: {', '.join(ROLES)}.")
]


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.add_typer(app, name="council")


DRAFT = """\
# Who belongs to the council: a wallet, or a key kept in this data directory.
[[member]]
key = "agent"
groups = ["agent"]

[[member]]
key = "officer"
groups = ["officer"]

# [[member]]
# wallet = "0x…"              # a director, whose key is elsewhere
# groups = ["director", "officer"]

# Forced transfers, recoveries, rules, roles, terms, payments above the limit, and whatever else is
# not done every day:
[together]
signatures = 2
groups = ["officer"]         # somebody of each of these must be among them
delay_hours = 0              # how long it waits once enough have agreed
document = false             # whether a reason and a document must be stated

# What one agent may pay within a day (UTC); without this, every payment takes several.
# [[limit]]
# cash = "USD"
# a_day = "10,000.00"

# One kind of act otherwise, everywhere or on one security:
# [[act]]
# function = "setRules"
# on = "ACME"
# signatures = 2
# groups = ["officer", "director"]
# delay_hours = 48
# document = true
"""


@app.command()
def draft(*, json: Json = False) -> None:
    """Print a charter to begin with."""
    if json:
        as_json({"charter": DRAFT})
    else:
        typer.echo(DRAFT, nl=False)


@app.command(name="set-up")
def set_up(
    charter_file: CharterFile, *, folder: Folder = DEFAULT_FOLDER, json: Json = False
) -> None:  # fmt: skip
    """Set the council up, and hand it all roles and the agent's money.

    Run again with the same charter, a set-up that was cut off goes on.
    """
    text = read_text(charter_file, charters.CODE)
    with open_workspace(folder) as workspace:
        charter = founding.read(workspace, text, path=str(charter_file))
        council = founding.set_up(workspace, charter)
        if json:
            as_json({"council": council})
            return
        say(f"[bold green]✓[/] The council {show_wallet(council)} holds all roles")
        _show(workspace)


@app.command()
def change(
    charter_file: CharterFile, *, folder: Folder = DEFAULT_FOLDER, key: Key = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Change the council to another charter, to which its members have to agree."""
    text = read_text(charter_file, charters.CODE)
    with open_workspace(folder) as workspace:
        charter = founding.read(workspace, text, path=str(charter_file))
        changed = founding.change(workspace, charter, key=new_key(key))
        if json:
            as_json({"changed": changed})
        elif changed:
            _show(workspace)
        else:
            say("The council is so already")


@app.command()
def show(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Who belongs to the council, what one may do alone, and what takes several."""
    with open_workspace(folder) as workspace:
        if json:
            as_json(_told(workspace))
        else:
            _show(workspace)


def _told(workspace: Workspace) -> dict[str, object]:
    council = kept.required_council(workspace)
    return {
        "council": council,
        "members": founding.members_of(workspace, council),
        "policies": [
            {"function": _function_of(each), "on": each.target, "policy": each.policy}
            for each in founding.settings_of(workspace, council)
        ],
        "limits": [{"cash": symbol, "limit": str(limit), "today": str(today), "decimals": decimals}
                   for symbol, decimals, limit, today in _limits(workspace)],
    }  # fmt: skip


def _function_of(setting: Setting) -> str:
    return telling.name_of(setting.selector) if any(setting.selector) else "all else"


def _limits(workspace: Workspace) -> list[tuple[str, int, int, int]]:
    council = kept.required_council(workspace)
    return [
        (each.symbol, each.decimals, *workspace.view(kept.COUNCIL, council, "limitOf", each.token))
        for each in cash_tokens.moneys(workspace)
    ]


def _show(workspace: Workspace) -> None:
    council = kept.required_council(workspace)
    say(f"[bold]Council[/] {show_wallet(council)}")
    members = lined(["Member", "Key here"], [], tail=["Groups"])
    ours = {workspace.keystore.wallet(role): role for role in ROLES}
    for member in founding.members_of(workspace, council):
        members.add_row(show_wallet(member.wallet), ours.get(member.wallet, ""),
                        ", ".join(member.groups))  # fmt: skip
    out.print(members)
    out.print(_policies(workspace, council))
    say()
    for symbol, decimals, limit, today in _limits(workspace):
        shown, spent = show_money(limit, decimals), show_money(today, decimals)
        say(f"{symbol}: one agent may pay {shown} a day; today {spent} were paid so")


def _policies(workspace: Workspace, council: Wallet) -> Table:
    """Functions by what they take, that for all else first."""
    by_policy: dict[Policy, set[str]] = {}
    for each in founding.settings_of(workspace, council):
        where = f" on {show_wallet(each.target)}" if each.target != NOBODY else ""
        plain = replace(each.policy, exempt=NOBODY)
        by_policy.setdefault(plain, set()).add(_function_of(each) + where)
    table = lined(["Takes", "Acts"], [])
    for policy, functions in by_policy.items():
        table.add_row(_policy_line(policy), ", ".join(sorted(functions)))
    return table


def _policy_line(policy: Policy) -> str:
    noun = "member" if policy.signatures == 1 else "members"
    among = f", {' and '.join(policy.groups)} among them" if policy.groups else ""
    if policy.signatures == 1 and policy.groups:
        among = f" of {' and '.join(policy.groups)}"
    delay = f", after {policy.delay_s // 3_600} h" if policy.delay_s else ""
    document = ", with a document" if policy.documented else ""
    small = ""
    if policy.small_signatures:
        small = f"; {policy.small_signatures} within the limit of the day"
    return f"{policy.signatures} {noun}{among}{delay}{document}{small}"


@app.command()
def proposals(
    *,
    every: Annotated[bool, typer.Option("--all", help="Those carried out as well.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """What waits for members to agree."""
    with open_workspace(folder) as workspace:
        kept.required_council(workspace)
        found = [(each, agreeing.state(workspace, each)) for each in kept.proposals(workspace)]
        rows = [(each, state) for each, state in found if every or not state.executed]
        if json:
            as_json([_proposal_told(workspace, *row) for row in rows])
            return
        table = lined(["", "What"], [], tail=["How it stands"])
        for each, state in rows:
            table.add_row(str(each.number), telling.line(workspace, each),
                          _standing(workspace, state))  # fmt: skip
        out.print(table)


def _groups(workspace: Workspace) -> dict[Wallet, tuple[str, ...]]:
    council = kept.required_council(workspace)
    return {each.wallet: each.groups for each in founding.members_of(workspace, council)}


def _standing(workspace: Workspace, state: State) -> str:
    return telling.standing(state, _groups(workspace), workspace.now())


def _proposal_told(workspace: Workspace, found: Proposal, state: State) -> dict[str, object]:
    return {
        "number": found.number, "key": found.key, "id": "0x" + found.call.id.hex(),
        "target": found.target, "data": found.data, "code": found.code,
        "document": found.document, "call": telling.told(workspace, found.target, found.call.data),
        "proposed_at": state.proposed_at, "ready_at": state.ready_at, "agreed": state.agreed,
        "executed": state.executed, "policy": state.policy,
        "missing": telling.missing(state, _groups(workspace)),
        "standing": _standing(workspace, state),
    }  # fmt: skip


@app.command()
def proposal(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """One proposal: the call in words, who agrees, who is missing, until when it stands."""
    with open_workspace(folder) as workspace:
        kept.required_council(workspace)
        found = kept.proposal(workspace, number)
        state = agreeing.state(workspace, found)
        if json:
            as_json(_proposal_told(workspace, found, state))
            return
        said = telling.told(workspace, found.target, found.call.data)
        say(f"[bold]{said.function}[/] on [bold]{said.on}[/]")
        for argument in said.arguments:
            say(f"  {argument}")
        if found.code:
            say(f"reason {found.code}, document {found.document}")
        say(f"takes {_policy_line(state.policy)}")
        groups = _groups(workspace)
        for wallet in state.agreed:
            say(f"[green]✓[/] {show_wallet(wallet)}  {', '.join(groups.get(wallet, ()))}")
        say(_standing(workspace, state))
        if state.proposed_at and not state.executed:
            say(f"[dim]lapses {show_time(state.proposed_at + LIFE_S)}[/]")


@app.command()
def propose(
    number: Number, reason: ReasonCode, document: DocumentFile, *,
    folder: Folder = DEFAULT_FOLDER, json: Json = False,
) -> None:  # fmt: skip
    """State why a proposal is made, where its policy asks for that, and make it."""
    with open_workspace(folder) as workspace:
        council = kept.required_council(workspace)
        found = kept.proposal(workspace, number)
        stated = stated_reason(reason, document)
        told = acts.published(workspace, stated, f"council/{number}")
        found = kept.state_grounds(workspace, number, stated.number, told)
        done = routing.submit(workspace, council, found)
    done_line(f"Proposal {number} is made", done, json=json)


@app.command()
def approval(
    number: Number,
    *,
    member: Annotated[str, typer.Option(help="The member's wallet.")],
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:
    """Print what a member signs (EIP-712) with his own wallet to agree."""
    with open_workspace(folder) as workspace:
        found = kept.proposal(workspace, number)
        wallet = parse_wallet(member, where="--member")
        typed = agreeing.typed_approval(workspace, found, wallet)
    if not json:
        say(f"{show_wallet(wallet)} signs this (EIP-712) by his own wallet:")
    as_json(typed)


@app.command()
def approve(
    number: Number,
    *,
    by: Annotated[str, typer.Option("--by", help=f"A member's key kept here: {', '.join(ROLES)}.")
                  ] = "",
    member: Annotated[str, typer.Option(help="The wallet of a member who signed.")] = "",
    signature: Annotated[str, typer.Option(help="His signature of `council approval`.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    json: Json = False,
) -> None:  # fmt: skip
    """Agree to a proposal: by a key kept here, or by a signature made elsewhere."""
    with open_workspace(folder) as workspace:
        found = kept.proposal(workspace, number)
        if signature:
            wallet = parse_wallet(member, where="--member")
            done = agreeing.approve_signed(workspace, found, wallet, signature)
        else:
            done = agreeing.approve(workspace, found, _role(by))
        standing = _standing(workspace, agreeing.state(workspace, found))
    done_line(f"Agreed to proposal {number}: {standing}", done, json=json)


def _role(by: str) -> str:
    if by not in ROLES:
        raise Conflict("member-not-named", "It is not said who agrees", where="--by",
                       cure=f"Name one of {', '.join(ROLES)}, or give --member and --signature."
                       )  # fmt: skip
    return by


@app.command()
def revoke(
    number: Number, by: RoleKey, *, folder: Folder = DEFAULT_FOLDER, json: Json = False
) -> None:  # fmt: skip
    """Agree to a proposal no longer, by a key kept here."""
    with open_workspace(folder) as workspace:
        done = agreeing.revoke(workspace, kept.proposal(workspace, number), _role(by))
    done_line(f"Proposal {number} is agreed to no longer", done, json=json)


@app.command(name="carry-out")
def carry_out(number: Number, *, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Carry out a proposal that enough have agreed to.

    The command that wanted it, run again, does that too, and what comes after it.
    """
    with open_workspace(folder) as workspace:
        council = kept.required_council(workspace)
        found = kept.proposal(workspace, number)
        what = telling.line(workspace, found)
        done = routing.carry_out(workspace, council, found)
    done_line(what, done, json=json)


@app.command()
def bring(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Bring the council the money that the agent's key has come to have since."""
    with open_workspace(folder) as workspace:
        brought = founding.bring(workspace, kept.required_council(workspace))
        moneys = {each.symbol: each for each in cash_tokens.moneys(workspace)}
    if json:
        as_json({symbol: str(units) for symbol, units in brought.items()})
        return
    for symbol, units in brought.items():
        say(f"[bold green]✓[/] {show_money(units, moneys[symbol].decimals)} {symbol}")
    if not brought:
        say("There is nothing to bring")
