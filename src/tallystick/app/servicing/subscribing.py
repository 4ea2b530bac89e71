"""Subscribing to an offering: who was addressed, who may put in how much, and how he pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from eth_account import Account

from tallystick.app import acts
from tallystick.app.keys import require_same
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.offerings import (
    OFFERING,
    Opened,
    happened,
    offerings,
    on_chain,
    regimes,
    state_of,
    subscribers,
)
from tallystick.app.servicing.services import service
from tallystick.app.signing import DOMAIN_TYPE
from tallystick.core.errors import Conflict, Invalid, Refused
from tallystick.core.times import DAY_S
from tallystick.core.wallets import NOBODY, Wallet, show_wallet
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.securities.claims import Tier
from tallystick.securities.offering_limits import (
    Offeree,
    Raised,
    Subscriber,
    check_offer,
    check_subscription,
    investment_max,
)
from tallystick.securities.offerings.offers import authorization_nonce
from tallystick.securities.proposal import Movement
from tallystick.securities.verdict import Refusal, Verdict

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.intents import Done

ADDRESSED, MEANS = "offeree", "means"
VALID_S = 3_600
AUTHORIZATION_TYPE = [
    {"name": "from", "type": "address"}, {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"}, {"name": "validAfter", "type": "uint256"},
    {"name": "validBefore", "type": "uint256"}, {"name": "nonce", "type": "bytes32"},
]  # fmt: skip


# --- who is addressed


def address_to(
    workspace: Workspace, opened: Opened, home: Wallet, *, qualified: bool
) -> tuple[Refusal, ...]:
    """Log that an offer is addressed to somebody; every refusal if it may not be, and no log."""
    person = _offeree(workspace, opened, home, qualified=qualified)
    known = offerees(workspace, opened)
    refusals = [
        refusal
        for name, limits in regimes(workspace.security(opened.terms.symbol)).items()
        for refusal in check_offer(limits, known, person, source=name)
    ]
    if not refusals and all(each.who != home for each in known):
        body = {"number": opened.number, **msgspec.to_builtins(person)}
        workspace.journal.append(ADDRESSED, body, at_s=workspace.now())
    return tuple(refusals)


def offerees(workspace: Workspace, opened: Opened) -> list[Offeree]:
    """To whom an offer was addressed, in order."""
    return [
        msgspec.convert({name: value for name, value in entry.body.items() if name != "number"},
                        Offeree)
        for entry in workspace.journal.entries(ADDRESSED)
        if entry.body["number"] == opened.number
    ]  # fmt: skip


def _offeree(workspace: Workspace, opened: Opened, home: Wallet, *, qualified: bool) -> Offeree:
    """The least for which he may buy is in whole units of the currency."""
    terms = opened.terms
    price = min(tier.price for tier in terms.tiers)
    return Offeree(
        who=home, qualified=qualified, ticket=terms.min_lots * price // _whole(workspace, opened),
        country=workspace.book().registry.investor(home).country,
    )  # fmt: skip


def _whole(workspace: Workspace, opened: Opened) -> int:
    """Units of the cash in a whole one of its currency."""
    cash = opened.terms.cash
    return int(10 ** (cash_tokens.money(workspace, cash).decimals if cash else 2))


# --- how much


def state_means(
    workspace: Workspace, opened: Opened, home: Wallet, means: Subscriber, *, key: str
) -> int | None:
    """State by what somebody has how much he may put in; returns that, None if it has no limit.

    Income, net worth and what he invested are in whole units of the currency; they are kept in the
    vault, and the officer states the limit alone on the chain.
    """
    limits = regimes(workspace.security(opened.terms.symbol)).values()
    found = [most for each in limits if (most := investment_max(each, means)) is not None]
    data = msgspec.msgpack.encode(means)
    name = f"{MEANS}/{key}"
    if all(known != name for _, known, _ in workspace.vault.private(MEANS)):
        with workspace.engine.begin() as connection:
            workspace.vault.keep_private_within(connection, home, MEANS, name, data)
    if not found:
        return None
    most = max(0, min(found) - means.invested) * _whole(workspace, opened)
    address = service(workspace, "Offering")
    call = OFFERING.function("stateLimit").encode(on_chain(workspace, opened).members, home, most)
    workspace.act("officer", [(f"{key}/stateLimit", address, call)])
    return most


# --- subscribe


def price(workspace: Workspace, opened: Opened, lots: int) -> int:
    """What lots cost now. Raises `Refused` if there is no price for so many."""
    offer = on_chain(workspace, opened)
    cost = offer.price(state_of(workspace, opened).lots, lots, workspace.now())
    if cost is None:
        raise Refused("no-such-price", "There is no price for so many lots now",
                      cure="Subscribe for fewer, or later.")  # fmt: skip
    return cost


def lots_of(opened: Opened, units: int) -> int:
    """So many units as lots. Raises `Invalid` if they are not whole ones."""
    lots, rest = divmod(units, opened.terms.units_per_lot)
    if rest:
        raise Invalid("not-whole-lots", "That is no whole number of lots", where="amount",
                      cure="Subscribe for a multiple of the lot.")  # fmt: skip
    return lots


def judge(workspace: Workspace, opened: Opened, wallet: Wallet, lots: int) -> Verdict:
    """Every refusal of a subscription today: by the rules of the security, and of the offer."""
    security, now_s = workspace.security(opened.terms.symbol), workspace.now()
    units = lots * opened.terms.units_per_lot
    verdict = acts.judge(workspace, security, Movement.ISSUE, None, wallet, units)
    refusals = list(verdict.refusals)
    investor = workspace.book().registry.investor(wallet)
    accredited = investor.claims.tier(now_s // DAY_S)[0] is not Tier.RETAIL
    cost = price(workspace, opened, lots)
    whole = _whole(workspace, opened)
    for name, limits in regimes(security).items():
        refusals += check_subscription(
            msgspec.structs.replace(limits, investor_share_bps=None, crowd_threshold=None),
            _raised(workspace), Subscriber(accredited=accredited), -(-cost // whole),
            day=now_s // DAY_S, source=name,
        )  # fmt: skip
    return Verdict(tuple(refusals), now_s)


def _raised(workspace: Workspace) -> list[Raised]:
    """Money taken by all offerings, by UTC day, in whole units, less what came back."""
    found: list[Raised] = []
    for opened in offerings(workspace):
        whole = _whole(workspace, opened)
        days: dict[Wallet, tuple[int, int]] = {}
        for event in happened(workspace, opened):
            investor = Wallet(event.members.get("investor", NOBODY))
            day, amount = days.get(investor, (event.at_s // DAY_S, 0))
            if event.name == "Subscribed":
                days[investor] = (day, amount + event.members["amount"])
            elif event.name == "Refunded":
                days[investor] = (day, amount - event.members["amount"])
        found += [Raised(day, -(-amount // whole)) for day, amount in days.values() if amount > 0]
    return found


def subscribe(workspace: Workspace, opened: Opened, wallet: Wallet, lots: int, *, key: str) -> Done:
    """Subscribe for an investor whose key the platform keeps; he signs, the agent pays the gas.

    Raises `Conflict` if he was not addressed where that has to be logged.
    """
    act, address = f"{key}/subscribe", service(workspace, "Offering")
    noted = workspace.noted(act)
    if noted is not None:
        _, sub, _ = OFFERING.function("subscribeAuthorized").arguments(noted)
        require_same((on_chain(workspace, opened).id, wallet, lots), tuple(sub[:3]))
        return workspace.act_once("agent", act, address, str)
    _require_kept_here(opened)
    _require_addressed(workspace, opened, wallet)
    offer, cost = on_chain(workspace, opened), price(workspace, opened, lots)
    signer = LocalSigner(Account.from_key(workspace.vault.key_of(wallet)))
    salt = bytes.fromhex(workspace.vault.pseudonym(f"subscription/{key}"))[:32]
    nonce = authorization_nonce(offer.id, wallet, lots, cost, salt)
    before = workspace.now() + VALID_S
    money = cash_tokens.money(workspace, opened.terms.cash)
    v, r, s = signer.sign_typed({
        "domain": cash_tokens.domain(workspace, money),
        "primaryType": "ReceiveWithAuthorization",
        "types": {"EIP712Domain": DOMAIN_TYPE, "ReceiveWithAuthorization": AUTHORIZATION_TYPE},
        "message": {"from": wallet, "to": address, "value": cost, "validAfter": 0,
                    "validBefore": before, "nonce": nonce},
    })  # fmt: skip
    data = OFFERING.function("subscribeAuthorized").encode(
        offer.members, (offer.id, wallet, lots, cost), (0, before, salt, v, r, s)
    )
    [done] = workspace.act("agent", [(act, address, data)])
    return done


def subscribe_for(
    workspace: Workspace, opened: Opened, wallet: Wallet, lots: int, *, key: str
) -> Done:
    """Subscribe with the agent's cash for an investor whose wire has arrived."""
    act, address = f"{key}/subscribe", service(workspace, "Offering")
    call, offer = OFFERING.function("subscribeFor"), on_chain(workspace, opened)
    noted = workspace.noted(act)
    if noted is not None:
        cost = call.arguments(noted)[-1]
        require_same(call.encode(offer.members, wallet, lots, cost), "0x" + noted.hex())
        return workspace.act_once("agent", act, address, str)
    _require_kept_here(opened)
    _require_addressed(workspace, opened, wallet)
    cost = price(workspace, opened, lots)
    money = cash_tokens.money(workspace, opened.terms.cash)
    cash_tokens.allow(workspace, money, address, cost, key=key)
    encoded = call.encode(offer.members, wallet, lots, cost)
    return workspace.act_once("agent", act, address, lambda: encoded)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction for somebody outside to send: to which contract, with which data (hex)."""

    to: Wallet
    data: str


def call_of_escrow(workspace: Workspace, opened: Opened, wallet: Wallet, lots: int) -> Call:
    """What the escrow agent of an offering sends to state that an investor has paid him.

    Raises `Conflict` if the money is kept here.
    """
    if opened.terms.escrow == NOBODY:
        raise Conflict("no-escrow", "Its money is kept by the contract", where="--for-escrow",
                       cure="Subscribe without the option, or with --wired.")  # fmt: skip
    _require_addressed(workspace, opened, wallet)
    members, cost = on_chain(workspace, opened).members, price(workspace, opened, lots)
    data = OFFERING.function("subscribeFor").encode(members, wallet, lots, cost)
    return Call(to=service(workspace, "Offering"), data=data)


def _require_kept_here(opened: Opened) -> None:
    if opened.terms.escrow != NOBODY:
        raise Conflict(
            "escrow-outside", f"{show_wallet(opened.terms.escrow)} keeps its money",
            cure="Have him send what `offering subscribe --for-escrow` prints.",
        )  # fmt: skip


def _require_addressed(workspace: Workspace, opened: Opened, wallet: Wallet) -> None:
    limits = regimes(workspace.security(opened.terms.symbol)).values()
    if all(each.offerees_max is None for each in limits):
        return
    home = workspace.book().registry.home(wallet)
    if all(each.who != home for each in offerees(workspace, opened)):
        raise Conflict("not-addressed", "The offer was not addressed to him",
                       cure="Log it with `offering address` first.")  # fmt: skip


def withdraw(workspace: Workspace, opened: Opened, wallet: Wallet, *, key: str) -> Done:
    """Withdraw what the agent paid in for an investor.

    Raises `Conflict` if somebody else did: he withdraws by his own wallet.
    """
    act, address = f"{key}/withdraw", service(workspace, "Offering")
    paid_by = {each.payer for each in subscribers(workspace, opened).values()
               if each.investor == wallet and each.lots}  # fmt: skip
    if not workspace.known(act) and paid_by != {workspace.acting("agent")}:
        raise Conflict(
            "withdrawn-by-the-payer", "The agent paid nothing in for him that could come back",
            cure="Who paid withdraws by his own wallet; `offering reject` pays back as well.",
        )  # fmt: skip
    data = OFFERING.function("withdraw").encode(on_chain(workspace, opened).members, wallet)
    [done] = workspace.act("agent", [(act, address, data)])
    return done


def follow_recoveries(workspace: Workspace) -> int:
    """Let wallets that took the place of lost ones subscribe in their stead; returns how many."""
    registry, followed = workspace.book().registry, 0
    for opened in offerings(workspace):
        for lost in sorted(registry.replaced.keys() & subscribers(workspace, opened).keys()):
            members = on_chain(workspace, opened).members
            data = OFFERING.function("substitute").encode(members, lost, registry.in_use(lost))
            act = f"substitute/{opened.number}/{lost}"
            workspace.act("agent", [(act, service(workspace, "Offering"), data)])
            followed += 1
    return followed
