"""Anchors: roots of registers and heads of the journal, stated on the chain with their time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.app.servicing.services import service
from tallystick.core.wallets import Wallet
from tallystick.core.words import wallet_word
from tallystick.gateways.chain.contracts import contract
from tallystick.securities.proofs import Proof, prove, root_of, subject_of

if TYPE_CHECKING:
    from tallystick.app.workspace import ListedSecurity, Workspace

ANCHOR = contract("Anchor")
KIND = "anchored"
REGISTER, JOURNAL, DOCUMENT = 1, 2, 3
Statement = tuple[int, bytes, bytes]


class Anchored(msgspec.Struct, frozen=True, kw_only=True):
    """A register's root as of a block, and the journal's head then, as they were stated."""

    key: str
    symbol: str
    block: int
    root: str
    total: str
    journal_place: int
    journal_hash: str


def anchored(workspace: Workspace) -> list[Anchored]:
    """All that was anchored, in order."""
    return [msgspec.convert(entry.body, Anchored) for entry in workspace.journal.entries(KIND)]


def anchor(workspace: Workspace, security: ListedSecurity, *, key: str) -> Anchored:
    """State the root of a register as of now, and the head of the journal; once under a key."""
    known = next((each for each in anchored(workspace)
                  if (each.key, each.symbol) == (key, security.symbol)), None)  # fmt: skip
    made = known or _write_down(workspace, security, key)
    statements: list[Statement] = [
        (REGISTER, subject_of(security.token, made.block), bytes.fromhex(made.root)),
        (JOURNAL, subject_of_journal(workspace), bytes.fromhex(made.journal_hash)),
    ]
    if not int(made.total):
        del statements[0]
    state(workspace, statements, key=f"{key}/anchor/{security.symbol}")
    return made


def _write_down(workspace: Workspace, security: ListedSecurity, key: str) -> Anchored:
    book = workspace.book()
    root = root_of(book.securities[security.token].balances)
    head = workspace.journal.head()
    made = Anchored(
        key=key, symbol=security.symbol, block=book.block, root=root.hash.hex(),
        total=str(root.sum), journal_place=head.place, journal_hash=head.hash.hex(),
    )  # fmt: skip
    workspace.journal.append(KIND, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def state(workspace: Workspace, statements: list[Statement], *, key: str) -> None:
    """State hashes on the chain, by the agent."""
    data = ANCHOR.function("anchor").encode(statements)
    workspace.act("agent", [(key, service(workspace, "Anchor"), data)])


def subject_of_journal(workspace: Workspace) -> bytes:
    """What heads of the journal are anchored under: the issuer's registry."""
    return wallet_word(workspace.founding.registry)


def first_stated(workspace: Workspace, subject: bytes, digest: bytes) -> int:
    """When the agent first stated a hash, in UTC seconds; 0 if he never did."""
    address = service(workspace, "Anchor")
    times = [int(workspace.view(ANCHOR, address, "firstStated", voice, subject, digest))
             for voice in voices(workspace)]  # fmt: skip
    return min((time for time in times if time), default=0)


def voices(workspace: Workspace) -> set[Wallet]:
    """Who states hashes for the issuer: the agent's key, and the council that took its place."""
    return {workspace.keystore.wallet("agent"), workspace.acting("agent")}


def prove_holding(
    workspace: Workspace, security: ListedSecurity, wallet: Wallet, block: int | None = None
) -> Proof:  # fmt: skip
    """Prove what a wallet holds, as of the last root that was anchored or a block of one."""
    roots = [each.block for each in anchored(workspace) if each.symbol == security.symbol]
    at = block if block is not None else (roots[-1] if roots else workspace.book().block)
    held = workspace.book().histories[security.token].as_of(at)
    return prove(held, wallet, chain_id=workspace.chain_id, security=security.token, block=at)


def anchored_at(workspace: Workspace, proof: Proof) -> int:
    """When the root of a proof was anchored, in UTC seconds; 0 if it never was."""
    return first_stated(workspace, subject_of(proof.security, proof.block),
                        bytes.fromhex(proof.root))  # fmt: skip
