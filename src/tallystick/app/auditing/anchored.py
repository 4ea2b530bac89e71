"""Anchors and documents: roots calculated anew, signatures checked, nothing stated unaccounted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.app import anchors, documents
from tallystick.app.anchors import ANCHOR, JOURNAL, REGISTER
from tallystick.app.auditing.comparing import Fact
from tallystick.app.servicing.services import deployed
from tallystick.app.signing import signer_of
from tallystick.gateways.chain.events import events_of
from tallystick.securities.proofs import root_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallystick.app.workspace import Workspace
    from tallystick.gateways.chain.fold import Book


def anchored(workspace: Workspace, book: Book) -> Iterator[Fact]:
    """Every root, every head of the journal, every document and its acknowledgements."""
    address = deployed(workspace).get("Anchor")
    if address is None:
        return
    hashes = {entry.place: entry.hash.hex() for entry in workspace.journal.verified()}
    accounted: set[tuple[int, bytes]] = set()
    for each in anchors.anchored(workspace):
        token = workspace.security(each.symbol).token
        root = root_of(book.histories[token].as_of(each.block))
        what = f"register of {each.symbol} at block {each.block}"
        yield Fact(f"{what}: root", root.hash.hex(), each.root)
        yield Fact(f"{what}: total", str(root.sum), each.total)
        yield Fact(f"journal up to {each.journal_place}", hashes.get(each.journal_place),
                   each.journal_hash)  # fmt: skip
        accounted.add((REGISTER, bytes.fromhex(each.root)))
        accounted.add((JOURNAL, bytes.fromhex(each.journal_hash)))
    for made in documents.documents(workspace):
        accounted.add((anchors.DOCUMENT, bytes.fromhex(made.published)))
        for one in documents.acknowledgements(workspace, made.number):
            typed = documents.typed_acknowledgement(workspace, made, one.wallet)
            yield Fact(f"document {made.number}: acknowledged by {one.wallet}", one.wallet,
                       signer_of(typed, one.signature))  # fmt: skip
    voices = anchors.voices(workspace)
    stated: set[tuple[int, bytes]] = set()
    for event in events_of(workspace.rpc, ANCHOR, address, since=workspace.founding.since):
        if event.members["by"] in voices:
            stated.add((event.members["kind"], event.members["hash"]))
    for kind, digest in sorted(stated):
        # An entry that was taken out leaves what was stated of it, or of the journal with it.
        yield Fact(f"anchored hash {digest.hex()} is in the journal", True,
                   (kind, digest) in accounted)  # fmt: skip
