"""Votes: counted from the logs, beside the ballot's own sums and results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app.auditing.comparing import Check, Fact
from tallystick.app.servicing import meetings as held
from tallystick.app.servicing.meetings import BALLOT
from tallystick.app.servicing.record_dates import block_before
from tallystick.app.servicing.services import deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.fold import Book


def meetings(workspace: Workspace, book: Book) -> Iterator[Check | Fact]:
    """Every meeting after its record dates: votes by class and option, and all there are."""
    address = deployed(workspace).get("Ballot")
    if address is None:
        return
    for called in held.meetings(workspace):
        notice = held.notice_of(workspace, called)
        meeting = held.on_chain(workspace, called, notice)
        if max(each.record_at for each in meeting.classes) > workspace.now():
            continue
        counted = held.count(workspace, meeting.id)
        own = set(called.treasury)
        for of, (symbol, votes, _, at_s) in enumerate(called.voting):
            token = workspace.security(symbol).token
            units = book.histories[token].as_of(block_before(workspace, at_s))
            every = int(votes) * sum(each for wallet, each in units.items() if wallet not in own)
            for at, question in enumerate(notice.questions):
                sums = tuple(counted.tally(at, of, question.item.options))
                yield Check(
                    f"meeting {called.number}: item {at}, {symbol}", BALLOT, address, "tally",
                    (meeting.id, at, of), (sums, every),
                    lambda answer: (tuple(answer[0]), answer[1]),
                )  # fmt: skip
                yield Fact(f"meeting {called.number}: item {at}, {symbol}, not more than there are",
                           True, sum(sums) <= every * max(question.item.seats, 1))  # fmt: skip
