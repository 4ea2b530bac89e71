"""A council is set up: deployed with its charter, given the roles and the money of their keys.

Each step is done once, so that a set-up that was cut off goes on. The roles of one contract after
another pass to the council, the ownership last; nothing goes through it before all have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app.councils import kept, telling
from tallystick.app.councils.kept import COUNCIL
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing import dealings, funds
from tallystick.app.servicing.services import service
from tallystick.core.errors import Conflict
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.keys import ROLES
from tallystick.securities.councils.charter import Charter, read_charter, settings
from tallystick.securities.councils.policies import Limit, Member, Policy, Setting, folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.contracts import Contract

TOKEN, REGISTRY = contract("SecurityToken"), contract("IdentityRegistry")
Sides = tuple[list[Member], list[Setting], list[Limit]]


def read(workspace: Workspace, text: str, *, path: str) -> Charter:
    """A charter as a file states it. Raises `InvalidFile` with every defect."""
    return read_charter(
        text, workspace.keystore.wallet,
        lambda symbol: cash_tokens.money(workspace, symbol).decimals, path=path,
    )  # fmt: skip


def sides(workspace: Workspace, charter: Charter) -> Sides:
    """Members, policies and limits of a charter, as the contract takes them."""
    distributor = service(workspace, "Distributor")

    def address_of(name: str) -> Wallet:
        return telling.contract_named(workspace, name)

    policies = settings(charter, telling.selectors_of, address_of, distributor)
    limits = [Limit(money=cash_tokens.money(workspace, symbol).token, units=units)
              for symbol, units in charter.limits]  # fmt: skip
    return list(charter.members), policies, limits


def set_up(workspace: Workspace, charter: Charter) -> Wallet:
    """Set a council up, and hand it the roles and the money; run again, it goes on.

    Raises `Conflict` if one is set up with another charter, or a dealing is under way whose
    subscribers have signed for the agent's key.
    """
    made = sides(workspace, charter)
    members, policies, limits = made
    said, alike = folded(policies)
    creation = COUNCIL.creation(
        [each.members for each in members], [each.members for each in said],
        [each.members for each in alike], [each.members for each in limits],
    )  # fmt: skip
    if workspace.council is None:
        _require_member(workspace, made[0])
        _require_nothing_signed(workspace)
        address = _deploy(workspace, creation)
        for target, of in with_roles(workspace):
            _hand_over(workspace, address, target, of)
        workspace.journal.append(kept.SET_UP, {"address": address}, at_s=workspace.now())
    else:
        _deploy(workspace, creation)
    council = kept.required_council(workspace)
    bring(workspace, council)
    return council


def _require_nothing_signed(workspace: Workspace) -> None:
    for each in dealings.dealings(workspace):
        if not funds.is_settled(workspace, each) and dealings.placed(workspace, each.number):
            raise Conflict("dealing-open", f"Orders of dealing {each.number} pay the agent's key",
                           cure="Settle it first.")  # fmt: skip


def _require_member(workspace: Workspace, members: list[Member]) -> None:
    ours = {workspace.keystore.wallet(role) for role in ROLES}
    if not ours & {each.wallet for each in members}:
        raise Conflict("no-member-here", "None of the keys kept here would be a member",
                       where="member", cure="Add one with `key`: whoever runs these commands acts "
                       "by it.")  # fmt: skip


def _deploy(workspace: Workspace, creation: str) -> Wallet:
    row = workspace.outbox.intents.row("council/deploy")
    if row is not None and bytes(row.data) != bytes.fromhex(creation[2:]):
        raise Conflict("council-otherwise", "A council is there with another charter",
                       cure="Change it with `council change`.")  # fmt: skip
    signer = workspace.keystore.signer("owner")
    intent = Intent("council/deploy", signer.wallet, "", creation)
    [done] = workspace.outbox.carry_out([intent], signer)
    return Wallet(done.created)


def with_roles(workspace: Workspace) -> Iterator[tuple[Wallet, Contract]]:
    """Every contract in which our keys hold roles."""
    for security in workspace.securities():
        yield security.token, TOKEN
    for money in cash_tokens.moneys(workspace):
        if money.issued:
            yield money.token, cash_tokens.CASH
    # Last, since a security is issued by the owner of the registry.
    yield workspace.founding.registry, REGISTRY


def _hand_over(workspace: Workspace, council: Wallet, target: Wallet, of: Contract) -> None:
    """Give the council the roles of a contract, and take them from their keys."""
    signer = workspace.keystore.signer("owner")

    def send(name: str, *args: object) -> None:
        key = f"council/{target}/{name}"
        intent = Intent(key, signer.wallet, target, of.function(name).encode(*args))
        workspace.outbox.carry_out([intent], signer)

    for name, role in (("Agent", "agent"), ("Officer", "officer")):
        if f"add{name}" in of.functions:
            send(f"add{name}", council)
            if workspace.view(of, target, f"is{name}", workspace.keystore.wallet(role)):
                send(f"remove{name}", workspace.keystore.wallet(role))
    send("transferOwnership", council)
    if workspace.view(of, target, "owner").lower() != council:
        _accept(workspace, council, target, of)


def _accept(workspace: Workspace, council: Wallet, target: Wallet, of: Contract) -> None:
    """Have the council accept the ownership, by whichever of its members is here."""
    members = {each[0].lower() for each in workspace.view(COUNCIL, council, "members")}
    role = next(each for each in ROLES if workspace.keystore.wallet(each) in members)
    signer = workspace.keystore.signer(role)
    call = bytes.fromhex(of.function("acceptOwnership").encode()[2:])
    data = COUNCIL.function("act").encode(target, call)
    intent = Intent(f"council/{target}/acceptOwnership", signer.wallet, council, data)
    workspace.outbox.carry_out([intent], signer)


def bring(workspace: Workspace, council: Wallet) -> dict[str, int]:
    """Bring the council whatever money its keys have; returns how much, by the cash's symbol.

    What was begun before it was set up still pays the key that began it.
    """
    brought: dict[str, int] = {}
    for money in cash_tokens.moneys(workspace):
        signer = workspace.keystore.signer("agent")
        units = cash_tokens.balance(workspace, money, signer.wallet)
        if not units:
            continue
        data = cash_tokens.CASH.function("transfer").encode(council, units)
        key = _next_bringing(workspace, money.symbol)
        intent = Intent(key, signer.wallet, money.token, data)
        workspace.outbox.carry_out([intent], signer)
        brought[money.symbol] = units
    return brought


def _next_bringing(workspace: Workspace, symbol: str) -> str:
    place = 1
    while workspace.outbox.done(f"council/bring/{symbol}/{place}"):
        place += 1
    return f"council/bring/{symbol}/{place}"


def change(workspace: Workspace, charter: Charter, *, key: str) -> bool:
    """Change the council to a charter; False if it is so already.

    Raises `Conflict` while its members have to agree.
    """
    council = kept.required_council(workspace)
    noted = workspace.noted(f"{key}/change")
    if noted is None:
        differing = _differences(workspace, council, charter)
        if not any(differing):
            return False
        arguments = [[each.members for each in side] for side in differing]
        data = COUNCIL.function("change").encode(*arguments)
    else:
        data = "0x" + noted.hex()
    workspace.act("owner", [(f"{key}/change", council, data)])
    return True


def _differences(workspace: Workspace, council: Wallet, charter: Charter) -> Sides:
    """What is to be set for the council to be as a charter says."""
    members, policies, limits = sides(workspace, charter)
    had = {each.wallet: each for each in members_of(workspace, council)}
    wanted = {each.wallet for each in members}
    gone = [Member(wallet=wallet, groups=()) for wallet in had if wallet not in wanted]
    before = {(each.target, each.selector): each for each in settings_of(workspace, council)}
    named = {(each.target, each.selector) for each in policies}
    dropped = [Setting(target=target, selector=selector, policy=Policy(signatures=0))
               for target, selector in before if (target, selector) not in named]  # fmt: skip
    moneys = {each.token: 0 for each in cash_tokens.moneys(workspace)}
    moneys |= {each.money: each.units for each in limits}
    return (
        [each for each in members if had.get(each.wallet) != each] + gone,
        [each for each in policies if before.get((each.target, each.selector)) != each] + dropped,
        [Limit(money=money, units=units) for money, units in moneys.items()
         if workspace.view(COUNCIL, council, "limitOf", money)[0] != units],
    )  # fmt: skip


def members_of(workspace: Workspace, council: Wallet) -> list[Member]:
    """Its members."""
    return [Member.read(each) for each in workspace.view(COUNCIL, council, "members")]


def settings_of(workspace: Workspace, council: Wallet) -> list[Setting]:
    """Its policies."""
    return [Setting.read(each) for each in workspace.view(COUNCIL, council, "settings")]
