"""Record dates that the transfer agent sets on a security, and who held units at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app.workspace import TOKEN
from tallystick.core.errors import Refused
from tallystick.gateways.chain.blocks import last_block_at
from tallystick.gateways.chain.events import told_in
from tallystick.gateways.chain.rpc import RpcError

if TYPE_CHECKING:
    from tallystick.app.workspace import ListedSecurity, Workspace
    from tallystick.core.wallets import Wallet
    from tallystick.gateways.chain.fold import Book

AHEAD_MAX = 16


def next_record_date(workspace: Workspace, security: ListedSecurity) -> int:
    """The number that the next record date of a security gets."""
    date = int(workspace.view(TOKEN, security.token, "recordDate"))
    for ahead in range(date + 1, date + 1 + AHEAD_MAX):
        try:
            workspace.view(TOKEN, security.token, "recordDateAt", ahead)
        except RpcError:
            return ahead
    raise Refused("too-many-record-dates-ahead", "16 record dates are ahead already",
                  cure="Wait for one to pass.")  # fmt: skip


def set_record_date(workspace: Workspace, security: ListedSecurity, at_s: int, *, key: str) -> int:
    """Set a record date for a time in UTC seconds, 0 for now; returns its number.

    Under a known key it is looked up.
    """
    act = f"{key}/setRecordDate"
    data = TOKEN.function("setRecordDate").encode(at_s)
    [done] = workspace.act("agent", [(act, security.token, data)])
    told = told_in(workspace.rpc, TOKEN, security.token, done.tx_hash)
    [number] = [event.members["record_date"] for event in told if event.name == "RecordDateSet"]
    return int(number)


def held_at(
    workspace: Workspace, security: ListedSecurity, time_s: int, book: Book | None = None
) -> dict[Wallet, int]:
    """Units by wallet before a time in UTC seconds, from the logs alone, or from a book of them."""
    histories = (book or workspace.book()).histories
    return histories[security.token].as_of(block_before(workspace, time_s))


def block_before(workspace: Workspace, time_s: int) -> int:
    """The number of the last block before a time in UTC seconds."""
    return last_block_at(workspace.rpc, time_s - 1)
