"""Meetings of holders: called, voted at, counted. Votes are signed; the agent pays the gas."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from eth_account import Account

from tallystick.app import anchors
from tallystick.app.acts import Reason, published
from tallystick.app.keys import require_same
from tallystick.app.servicing.record_dates import set_record_date
from tallystick.app.servicing.services import service
from tallystick.app.servicing.treasury import treasury
from tallystick.app.signing import DOMAIN_TYPE
from tallystick.app.workspace import TOKEN, Workspace
from tallystick.core.errors import Conflict, Invalid, NotFound, Refused
from tallystick.core.wallets import NOBODY, Wallet, show_wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.events import events_of
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.securities.ballots.meetings import Count, Meeting, Voting
from tallystick.securities.ballots.notices import Notice, Question, read_notice
from tallystick.securities.ballots.polls import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallystick.gateways.chain.intents import Done

BALLOT = contract("Ballot")
KIND = "meeting"
SIGNED_FOR_S = 3_600
VOTE_TYPE = [
    {"name": "meeting", "type": "bytes32"}, {"name": "item", "type": "uint256"},
    {"name": "shareClass", "type": "uint256"}, {"name": "owner", "type": "address"},
    {"name": "amounts", "type": "uint256[]"}, {"name": "number", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]  # fmt: skip
PROXY_TYPE = [
    {"name": "meeting", "type": "bytes32"}, {"name": "owner", "type": "address"},
    {"name": "proxy", "type": "address"}, {"name": "number", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]  # fmt: skip


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting as the business journal keeps it; the notice itself is in the vault.

    `voting` are symbol, votes of the smallest unit, number and time of the record date of each
    class. A vote has so many `decimals` as the class that is divided most.
    """

    number: int
    key: str
    seal: str
    document: str
    opens_at: int
    closes_at: int
    quorum_bps: int
    voting: tuple[tuple[str, str, int, int], ...]
    treasury: tuple[Wallet, ...]
    decimals: int


class Ballot(msgspec.Struct, frozen=True, kw_only=True):
    """A vote to be cast: on which item, in which class, with which votes for each option."""

    item: int
    share_class: int
    amounts: tuple[int, ...]


def meetings(workspace: Workspace) -> list[Called]:
    """All meetings, in the order of their numbers."""
    return [msgspec.convert(entry.body, Called) for entry in workspace.journal.entries(KIND)]


def meeting(workspace: Workspace, number: int) -> Called:
    """A meeting by its number. Raises `NotFound` if there is none."""
    found = next((each for each in meetings(workspace) if each.number == number), None)
    if found is None:
        raise NotFound("meeting-unknown", f"There is no meeting {number}",
                       cure="See them with `meeting list`.")  # fmt: skip
    return found


def notice_of(workspace: Workspace, called: Called) -> Notice:
    """The notice of a meeting."""
    return read_notice(workspace.vault.text(f"{KIND}/{called.key}").decode())


def on_chain(workspace: Workspace, called: Called, notice: Notice) -> Meeting:
    """A meeting as the chain has it."""
    return Meeting(
        registry=workspace.founding.registry, opens_at=called.opens_at,
        closes_at=called.closes_at, quorum_bps=called.quorum_bps,
        classes=tuple(
            Voting(token=workspace.security(symbol).token, votes=int(votes), record_date=date,
                   record_at=at)
            for symbol, votes, date, at in called.voting
        ),
        items=tuple(each.item for each in notice.questions), treasury=called.treasury,
        document=bytes.fromhex(called.document),
    )  # fmt: skip


# --- call


def call(workspace: Workspace, text: str, *, path: str, key: str) -> Called:
    """Call the meeting of a notice: set its record dates, and let the chain know.

    Nothing is done twice under one key. Raises `InvalidFile` if the notice makes no sense.
    """
    notice, seal = read_notice(text, path=path), sha256(text.encode()).hexdigest()
    called = next((each for each in meetings(workspace) if each.key == key), None)
    if called is not None:
        require_same(seal, called.seal)
    else:
        _check(workspace, notice)
        called = _write_down(workspace, notice, text, key)
    data = BALLOT.function("callMeeting").encode(on_chain(workspace, called, notice).members)
    workspace.act("agent", [(f"{key}/call", service(workspace, "Ballot"), data)])
    for symbol, *_ in called.voting:
        anchors.anchor(workspace, workspace.security(symbol), key=key)
    return called


def _check(workspace: Workspace, notice: Notice) -> None:
    if notice.closes_at <= workspace.now():
        raise Invalid("meeting-without-time", "The meeting would be over already", where="closes",
                      cure="Name a later time.")  # fmt: skip
    for each in notice.classes:
        if not _votes_of(workspace, each.symbol, each.votes):
            raise Invalid(
                "class-without-votes", f"A unit of {each.symbol} has no vote by its terms",
                where="classes", cure="State its `votes`, or leave it out.",
            )  # fmt: skip


def _votes_of(workspace: Workspace, symbol: str, stated: int) -> int:
    rights = workspace.security(symbol).terms.get("rights", {})
    return stated or int(rights.get("votes_per_unit", 0))


def _write_down(workspace: Workspace, notice: Notice, text: str, key: str) -> Called:
    """Set the record dates, and write down what the meeting is."""
    decimals = [workspace.security(each.symbol).decimals for each in notice.classes]
    voting: list[tuple[str, str, int, int]] = []
    for each, own in zip(notice.classes, decimals, strict=True):
        security = workspace.security(each.symbol)
        date = set_record_date(workspace, security, notice.record_at, key=f"{key}/{each.symbol}")
        votes = _votes_of(workspace, each.symbol, each.votes) * 10 ** (max(decimals) - own)
        at_s = int(workspace.view(TOKEN, security.token, "recordDateAt", date))
        voting.append((each.symbol, str(votes), date, at_s))
    seal = sha256(text.encode())
    called = Called(
        number=len(meetings(workspace)) + 1, key=key, seal=seal.hexdigest(),
        document=published(workspace, Reason("meeting", seal.digest()), key).hex(),
        opens_at=notice.opens_at, closes_at=notice.closes_at, quorum_bps=notice.quorum_bps,
        voting=tuple(voting), treasury=treasury(workspace), decimals=max(decimals),
    )  # fmt: skip
    with workspace.engine.begin() as connection:
        workspace.vault.keep_text_within(connection, KIND, f"{KIND}/{key}", text.encode())
        workspace.journal.append_within(
            connection, KIND, [msgspec.to_builtins(called)], at_s=workspace.now()
        )
    return called


# --- vote


def count(workspace: Workspace, identifier: bytes) -> Count:
    """What was cast at a meeting, counted from the ballot's events alone."""
    found = Count()
    address = service(workspace, "Ballot")
    for event in events_of(workspace.rpc, BALLOT, address, since=workspace.founding.since):
        if event.members.get("meeting", event.members.get("id")) == identifier:
            found.apply(event.name, event.members)
    return found


def votes_of(workspace: Workspace, called: Called, share_class: int, owner: Wallet) -> int:
    """Votes of a wallet in one class. Raises `Conflict` before the record date."""
    held = on_chain(workspace, called, notice_of(workspace, called))
    address = service(workspace, "Ballot")
    return int(workspace.view(BALLOT, address, "votesOf", held.id, share_class, owner))


def typed_vote(
    workspace: Workspace, called: Called, owner: Wallet, ballot: Ballot, deadline: int
) -> dict[str, Any]:
    """What a holder or his proxy signs to cast a vote (EIP-712)."""
    identifier = on_chain(workspace, called, notice_of(workspace, called)).id
    address = service(workspace, "Ballot")
    number = workspace.view(BALLOT, address, "castOf", identifier, owner, ballot.item,
                            ballot.share_class)  # fmt: skip
    return _typed(workspace, "Vote", VOTE_TYPE, {
        "meeting": identifier, "item": ballot.item, "shareClass": ballot.share_class,
        "owner": owner, "amounts": list(ballot.amounts), "number": number, "deadline": deadline,
    })  # fmt: skip


def _typed(
    workspace: Workspace, kind: str, members: list[dict[str, str]], message: dict[str, Any]
) -> dict[str, Any]:
    return {
        "domain": {"name": "Tallystick", "version": "1", "chainId": workspace.chain_id,
                   "verifyingContract": service(workspace, "Ballot")},
        "primaryType": kind, "types": {"EIP712Domain": DOMAIN_TYPE, kind: members},
        "message": message,
    }  # fmt: skip


def cast(
    workspace: Workspace, called: Called, owner: Wallet, ballot: Ballot, *,
    by: Wallet | None = None, key: str,
) -> Done:  # fmt: skip
    """Cast or change a vote by the key that is kept for its owner, or for his proxy.

    Raises `NotFound` if the platform keeps no key for him, `Refused` if he has not so many votes.
    """
    act = f"{key}/vote"
    signer = LocalSigner(Account.from_key(workspace.vault.key_of(by or owner)))
    noted = workspace.noted(act)
    if noted is not None:
        identifier = on_chain(workspace, called, notice_of(workspace, called)).id
        vote, _ = BALLOT.function("castSigned").arguments(noted)
        require_same((identifier, ballot.item, ballot.share_class, owner, ballot.amounts),
                     tuple(vote[:5]))  # fmt: skip
        return workspace.act_once("agent", act, service(workspace, "Ballot"), str)
    deadline = workspace.now() + SIGNED_FOR_S
    signed = signer.sign_typed(typed_vote(workspace, called, owner, ballot, deadline))
    return submit(workspace, called, owner, ballot, (signer.wallet, deadline, *signed), key=key)


def submit(
    workspace: Workspace, called: Called, owner: Wallet, ballot: Ballot,
    signed: tuple[Wallet, int, int, bytes, bytes], *, key: str,
) -> Done:  # fmt: skip
    """Submit a vote that was signed: by whom, until when, v, r and s; the agent pays the gas."""
    notice = notice_of(workspace, called)
    identifier = on_chain(workspace, called, notice).id
    if ballot.item >= len(notice.questions):
        raise NotFound("item-unknown", f"The meeting has {len(notice.questions)} items",
                       cure="See them with `meeting show`.")  # fmt: skip
    before = count(workspace, identifier).votes.get((ballot.item, ballot.share_class, owner))
    previous = list(before.amounts) if before else []
    vote = (identifier, ballot.item, ballot.share_class, owner, list(ballot.amounts), previous)
    data = BALLOT.function("castSigned").encode(vote, signed)
    address = service(workspace, "Ballot")
    [done] = workspace.act("agent", [(f"{key}/vote", address, data)])
    return done


def appoint(
    workspace: Workspace, called: Called, owner: Wallet, proxy: Wallet | None, *, key: str
) -> Done:
    """Appoint a proxy for a meeting by the key that is kept for the holder, or revoke him."""
    act, address = f"{key}/appoint", service(workspace, "Ballot")
    identifier = on_chain(workspace, called, notice_of(workspace, called)).id
    noted = workspace.noted(act)
    if noted is not None:
        before = BALLOT.function("appointSigned").arguments(noted)
        require_same((identifier, owner, proxy or NOBODY), before[:3])
        return workspace.act_once("agent", act, address, str)
    signer = LocalSigner(Account.from_key(workspace.vault.key_of(owner)))
    deadline = workspace.now() + SIGNED_FOR_S
    _, number = workspace.view(BALLOT, address, "proxyOf", identifier, owner)
    typed = _typed(workspace, "Proxy", PROXY_TYPE, {
        "meeting": identifier, "owner": owner, "proxy": proxy or NOBODY, "number": number,
        "deadline": deadline,
    })  # fmt: skip
    signed = (signer.wallet, deadline, *signer.sign_typed(typed))
    data = BALLOT.function("appointSigned").encode(identifier, owner, proxy or NOBODY, signed)
    [done] = workspace.act("agent", [(act, address, data)])
    return done


def ballot_for(
    workspace: Workspace, called: Called, owner: Wallet, item: int, share_class: int,
    choice: str, split: Sequence[int] = (),
) -> Ballot:  # fmt: skip
    """A vote with all that a wallet has for one option by its name, or divided as given.

    Raises `NotFound` for an option that there is not, `Refused` if he has no votes.
    """
    question = question_of(workspace, called, item)
    own = votes_of(workspace, called, share_class, owner)
    if own == 0:
        raise Refused("no-votes", f"{show_wallet(owner)} had no votes at the record date",
                      cure="`meeting show` tells who votes.")  # fmt: skip
    if split:
        return Ballot(item=item, share_class=share_class, amounts=tuple(split))
    if choice not in question.options:
        raise NotFound("option-unknown", f"{choice!r} is no option",
                       cure=f"Known are: {', '.join(question.options)}.")  # fmt: skip
    votes = own * question.item.seats if question.item.cumulative else own
    amounts = [votes if each == choice else 0 for each in question.options]
    return Ballot(item=item, share_class=share_class, amounts=tuple(amounts))


def question_of(workspace: Workspace, called: Called, item: int) -> Question:
    """An item of a meeting, from 0. Raises `NotFound` if there is none."""
    questions = notice_of(workspace, called).questions
    if not 0 <= item < len(questions):
        raise NotFound("item-unknown", f"The meeting has {len(questions)} items",
                       cure="See them with `meeting show`.")  # fmt: skip
    return questions[item]


# --- count


class Tallied(msgspec.Struct, frozen=True, kw_only=True):
    """An item with its votes by class and option, all votes of each class, and what it came to.

    `recounted` says whether a recount from the logs gives the votes that the chain has.
    """

    question: Question
    votes: tuple[tuple[int, ...], ...]
    all_votes: tuple[int, ...]
    recounted: bool
    result: Result


def tallied(workspace: Workspace, called: Called) -> list[Tallied]:
    """Every item of a meeting, as it stands. Raises `Conflict` before the record date."""
    notice = notice_of(workspace, called)
    held, address = on_chain(workspace, called, notice), service(workspace, "Ballot")
    if notice.record_at > workspace.now():
        raise Conflict("record-date-ahead", "The record date has not passed",
                       cure="Wait until it has.")  # fmt: skip
    counted = count(workspace, held.id)
    found: list[Tallied] = []
    for at, question in enumerate(notice.questions):
        chain = [workspace.view(BALLOT, address, "tally", held.id, at, of)
                 for of in range(len(held.classes))]  # fmt: skip
        every = [all_votes for _, all_votes in chain]
        recounted = [counted.tally(at, of, question.item.options) for of in range(len(chain))]
        found.append(Tallied(
            question=question, votes=tuple(tuple(votes) for votes, _ in chain),
            all_votes=tuple(every), result=counted.result(held, at, every),
            recounted=[list(votes) for votes, _ in chain] == recounted,
        ))  # fmt: skip
    return found
