"""`identities`: investors who prove with ONCHAINID contracts who they are, and whom to believe."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tallystick.app.workspace import REGISTRY, Workspace
from tallystick.cli.opening import open_workspace
from tallystick.cli.options import DEFAULT_FOLDER, Folder, Json, Key
from tallystick.cli.output import as_json, new_key, say
from tallystick.core.countries import NUMERIC, country_index
from tallystick.core.wallets import parse_wallet, show_wallet

identities = typer.Typer(
    help="ONCHAINID contracts: required topics, trusted issuers, registration.",
    no_args_is_help=True,
)

Topic = Annotated[int, typer.Argument(min=0, help="Number of the claim topic.")]
Issuer = Annotated[str, typer.Argument(help="Address of the claim issuer.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(identities, name="identities")


def _act(workspace: Workspace, role: str, name: str, args: tuple[Any, ...], key: str | None) -> int:
    data = REGISTRY.function(name).encode(*args)
    call = (f"{new_key(key)}/{name}", workspace.founding.registry, data)
    [done] = workspace.act(role, [call])
    return done.block_number


def _say(what: str, block: int, *, json: bool) -> None:
    if json:
        as_json({"done": what, "block": block})
    else:
        say(f"[bold green]✓[/] {what}  [dim]block {block}[/]")


@identities.command()
def show(*, folder: Folder = DEFAULT_FOLDER, json: Json = False) -> None:
    """Required topics, trusted issuers with their topics, and registered identities."""
    with open_workspace(folder) as workspace:
        address = workspace.founding.registry

        def view(name: str, *args: Any) -> Any:
            return workspace.view(REGISTRY, address, name, *args)

        found: dict[str, Any] = {
            "topics": list(view("getClaimTopics")),
            "issuers": {
                show_wallet(issuer): list(view("getTrustedIssuerClaimTopics", issuer))
                for issuer in view("getTrustedIssuers")
            },
            "identities": {
                show_wallet(one.home): {
                    "identity": show_wallet(one.identity), "verified": view("isVerified", one.home),
                }
                for one in workspace.book().registry.investors.values() if one.identity
            },
        }  # fmt: skip
    if json:
        as_json(found)
        return
    say(f"Required topics: {', '.join(map(str, found['topics'])) or 'none'}")
    for issuer, topics in found["issuers"].items():
        say(f"Trusted: {issuer} for {', '.join(map(str, topics))}")
    for wallet, told in found["identities"].items():
        state = "[green]verified[/]" if told["verified"] else "[red]not verified[/]"
        say(f"{wallet} is {told['identity']}: {state}")


@identities.command()
def require(
    topic: Topic, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Require a claim of a topic of every live identity, at once."""
    with open_workspace(folder) as workspace:
        block = _act(workspace, "owner", "addClaimTopic", (topic,), key)
    _say(f"topic {topic} required", block, json=json)


@identities.command()
def waive(
    topic: Topic, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Require a topic no longer."""
    with open_workspace(folder) as workspace:
        block = _act(workspace, "owner", "removeClaimTopic", (topic,), key)
    _say(f"topic {topic} waived", block, json=json)


@identities.command()
def trust(
    issuer: Issuer,
    topics: Annotated[list[int], typer.Argument(min=0, help="Topics he is believed on.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Believe a claim issuer on some topics; on other topics than before if he is known."""
    wallet = parse_wallet(issuer, where="issuer")
    with open_workspace(folder) as workspace:
        registry = workspace.founding.registry
        known = workspace.view(REGISTRY, registry, "isTrustedIssuer", wallet)
        name = "updateIssuerClaimTopics" if known else "addTrustedIssuer"
        block = _act(workspace, "owner", name, (wallet, topics), key)
    _say(f"{show_wallet(wallet)} trusted", block, json=json)


@identities.command()
def distrust(
    issuer: Issuer, *, folder: Folder = DEFAULT_FOLDER, key: Key = None, json: Json = False
) -> None:
    """Believe a claim issuer no longer; his claims count for nothing from now on."""
    wallet = parse_wallet(issuer, where="issuer")
    with open_workspace(folder) as workspace:
        block = _act(workspace, "owner", "removeTrustedIssuer", (wallet,), key)
    _say(f"{show_wallet(wallet)} no longer trusted", block, json=json)


@identities.command("register")
def register_(
    wallet: Annotated[str, typer.Argument(help="Wallet of the investor.")],
    identity: Annotated[str, typer.Argument(help="Address of his ONCHAINID contract.")],
    country: Annotated[str, typer.Argument(help="Country of residence, ISO 3166-1 alpha-2.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    key: Key = None,
    json: Json = False,
) -> None:
    """Register an investor whom his ONCHAINID contract verifies, as long as it does."""
    home = parse_wallet(wallet, where="wallet")
    contract = parse_wallet(identity, where="identity")
    numeric = NUMERIC[country_index(country, where="country")]
    with open_workspace(folder) as workspace:
        args = (home, contract, numeric)
        block = _act(workspace, "agent", "registerIdentity", args, key)
    _say(f"{show_wallet(home)} registered", block, json=json)
