"""A council as people write it in `council.toml`: who belongs to it, and what needs several.

What is done every day, by an agent or an officer, is named here; whatever is not takes as many as
the charter says for all else: forced transfers, recoveries, rules, roles, terms, payments above the
limit, and every function that comes to be later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from tallystick.core.errors import InvalidFile
from tallystick.core.fields import Fields, parse_document
from tallystick.core.units import parse_quantity
from tallystick.core.wallets import NOBODY, Wallet, parse_wallet
from tallystick.securities.councils.policies import GROUPS, Member, Policy, Setting

CODE = "charter-invalid"
HOUR_S = 3_600
DELAY_HOURS_MAX = 90 * 24
MEMBERS_MAX = 32

# Functions by the group of which one member is enough; of `ANYBODY`, any member. Another wallet of
# an investor is not among them: whoever links one can be paid what is owed to him.
ANYBODY = ""
DAILY: dict[str, tuple[str, ...]] = {
    "agent": (
        "mint", "batchMint", "batchMintLots", "pause", "unpause", "setAddressFrozen",
        "batchSetAddressFrozen", "freezePartialTokens", "batchFreezePartialTokens",
        "unfreezePartialTokens", "batchUnfreezePartialTokens", "setFrozenTokens", "setRecordDate",
        "withdrawRecordDate", "placeLegend", "liftLegend", "placeStop", "liftStop",
        "beginExchange", "exchange", "endExchange", "admit", "admitBatch", "setRecord",
        "setRecords", "setClaim", "deleteIdentity", "updateCountry", "subscribeFor", "withdraw",
        "review", "reject", "callMeeting", "cancelMeeting", "payElsewhere", "burnFrom",
        "setParticipant", "withdrawTrade", "stateNav",
    ),
    "officer": (
        "registerReason", "withdrawReason", "approveTransfer", "withdrawApproval", "stateLimit",
        "stop",
    ),
    ANYBODY: (
        "acceptOwnership", "transferWithAuthorization", "receiveWithAuthorization", "enrol",
        "anchor", "push", "claimFor", "answer", "expire", "challenge", "challengeOrder",
        "challengeEnd", "stopUnanswered", "subscribeAuthorized", "subscribeSigned", "close",
        "settle", "collect", "lapse", "refund", "substitute", "castSigned", "appointSigned",
        "takeFee", "replaceAsset", "takeSigned", "createSigned", "redeemSigned", "permit",
    ),
}  # fmt: skip
# Functions that move money: places, counted from one, of the amount and of the currency among the
# words of their arguments. Without one the currency is the contract itself.
PAYMENTS: dict[str, tuple[int, int]] = {
    "transfer": (2, 0), "approve": (2, 0), "announce": (6, 4), "announceWithRecordDate": (6, 4),
    "publish": (6, 4),
}  # fmt: skip
# Whoever is approved to take money by this one can take no more than was announced to it.
APPROVED = "approve"


class Special(msgspec.Struct, frozen=True, kw_only=True):
    """What the charter says of one function, on one security or cash, or wherever it is."""

    function: str
    on: str
    policy: Policy


class Charter(msgspec.Struct, frozen=True, kw_only=True):
    """Members, the policy for all that is not done every day, specials, limits a day by cash."""

    members: tuple[Member, ...]
    together: Policy
    specials: tuple[Special, ...]
    limits: tuple[tuple[str, int], ...]


def read_charter(
    text: str, wallet_of: Callable[[str], Wallet], decimals_of: Callable[[str], int], *,
    path: str = "council.toml",
) -> Charter:  # fmt: skip
    """Read a charter. Raises `InvalidFile` with every defect and its place.

    `wallet_of` gives the wallet of a key kept here, `decimals_of` those of a cash by its symbol.
    """
    root = parse_document(text, path=path, code=CODE)
    members = tuple(_member(entry, wallet_of) for entry in root.tables("member"))
    together = _policy(root.table("together"))
    specials = tuple(_special(entry) for entry in root.tables("act"))
    limits = tuple(_limit(entry, decimals_of) for entry in root.tables("limit"))
    _check(root, members, together, specials, limits)
    root.finish()
    if root.defects:
        raise InvalidFile(CODE, path, root.defects)
    return Charter(members=members, together=together, specials=specials, limits=limits)


def _check(
    root: Fields, members: Sequence[Member], together: Policy, specials: Sequence[Special],
    limits: Sequence[tuple[str, int]],
) -> None:  # fmt: skip
    wallets = [each.wallet for each in members]
    if len(set(wallets)) < len(wallets):
        root.defect("member-twice", "member", "Somebody is a member twice",
                    cure="Name him once, with all his groups.")  # fmt: skip
    if len(wallets) > MEMBERS_MAX:
        root.defect("too-many-members", "member", f"A council has {MEMBERS_MAX} members at most",
                    cure="Name fewer.")  # fmt: skip
    if together.signatures and not together.two_at_least:
        root.defect("one-signature", "together.signatures", "One key could do everything",
                    cure="Ask for two signatures at least.")  # fmt: skip
    present = {group for each in members for group in each.groups}
    asked = [("together.groups", together), *((f"act.{each.function}", each.policy)
                                              for each in specials)]  # fmt: skip
    for where, policy in asked:
        missing = sorted(set(policy.groups) - present)
        if missing or policy.signatures > len(set(wallets)):
            who = f"nobody is in {missing[0]!r}" if missing else "there are not so many members"
            root.defect("policy-out-of-reach", where, f"It cannot be fulfilled: {who}",
                        cure="Ask for less, or name more members.")  # fmt: skip
    for group in sorted({"agent", "officer"} - present):
        root.defect("group-empty", "member", f"Nobody is in the group {group!r}",
                    cure="What is done every day needs an agent and an officer.")  # fmt: skip
    for symbol in sorted({symbol for symbol, _ in limits if
                          [each for each, _ in limits].count(symbol) > 1}):  # fmt: skip
        root.defect("limit-twice", "limit", f"{symbol} has two limits",
                    cure="State one.")  # fmt: skip


def _member(fields: Fields, wallet_of: Callable[[str], Wallet]) -> Member:
    wallet = NOBODY
    if fields.has("key") == fields.has("wallet"):
        fields.defect("field-missing", "wallet", "A member is a wallet, or a key kept here",
                      cure="Add `wallet`, or `key`, and not both.")  # fmt: skip
    elif fields.has("key"):
        wallet = wallet_of(fields.choice("key", ("owner", "agent", "officer"), "agent"))
    else:
        wallet = fields.parsed("wallet", parse_wallet, NOBODY)
    groups = _groups(fields)
    if not groups:
        fields.defect("field-missing", "groups", "A member belongs to a group",
                      cure=f"Name some of {', '.join(GROUPS)}.")  # fmt: skip
    fields.finish()
    return Member(wallet=wallet, groups=groups)


def _groups(fields: Fields) -> tuple[str, ...]:
    given = fields.texts("groups") or []
    for each in given:
        if each not in GROUPS:
            fields.defect("group-unknown", "groups", f"{each!r} is no group",
                          cure=f"Known are: {', '.join(GROUPS)}.")  # fmt: skip
    return tuple(each for each in GROUPS if each in given)


def _policy(fields: Fields) -> Policy:
    policy = Policy(
        signatures=fields.integer("signatures", lowest=1, highest=MEMBERS_MAX),
        groups=_groups(fields),
        delay_s=HOUR_S * fields.integer("delay_hours", 0, lowest=0, highest=DELAY_HOURS_MAX),
        documented=fields.flag("document", default=False),
    )  # fmt: skip
    fields.finish()
    return policy


def _special(fields: Fields) -> Special:
    function, on = fields.text("function"), fields.text("on", "")
    return Special(function=function, on=on, policy=_policy(fields))


def _limit(fields: Fields, decimals_of: Callable[[str], int]) -> tuple[str, int]:
    symbol = fields.text("cash")

    def money(given: str, *, where: str) -> int:
        return parse_quantity(given, decimals_of(symbol), where=where)

    limit = (symbol, fields.parsed("a_day", money, 0))
    fields.finish()
    return limit


def settings(
    charter: Charter, selectors_of: Callable[[str], Sequence[bytes]],
    address_of: Callable[[str], Wallet], exempt: Wallet,
) -> list[Setting]:  # fmt: skip
    """Every policy of a charter, as the contract takes them.

    `selectors_of` gives the selectors of a function by its name, `address_of` the contract of a
    security or cash. `exempt` may be approved to take any amount.
    """
    together = charter.together
    found = {(NOBODY, bytes(4)): together}
    for group, names in DAILY.items():
        policy = Policy(signatures=1, groups=(group,) if group else ())
        found |= {(NOBODY, each): policy for name in names for each in selectors_of(name)}
    for name, (amount_at, money_at) in PAYMENTS.items():
        policy = msgspec.structs.replace(
            together, small_signatures=1, small_groups=("agent",), amount_at=amount_at,
            money_at=money_at, exempt=exempt if name == APPROVED else NOBODY,
        )  # fmt: skip
        found |= {(NOBODY, each): policy for each in selectors_of(name)}
    for each in charter.specials:
        target = address_of(each.on) if each.on else NOBODY
        found |= {(target, selector): each.policy for selector in selectors_of(each.function)}
    return [Setting(target=target, selector=selector, policy=policy)
            for (target, selector), policy in found.items()]  # fmt: skip
