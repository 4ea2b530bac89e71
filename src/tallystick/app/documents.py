"""Documents of a security: anchored by a salted hash, in versions, acknowledged by holders."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.app import anchors
from tallystick.app.acts import Reason, published
from tallystick.app.keys import require_same
from tallystick.app.signing import DOMAIN_TYPE, signed_by_holder
from tallystick.core.errors import Conflict, NotFound
from tallystick.core.hashing import keccak
from tallystick.core.wallets import Wallet

if TYPE_CHECKING:
    from tallystick.app.workspace import Workspace

KIND, ACKNOWLEDGED = "document", "document-acknowledged"
ACKNOWLEDGEMENT_TYPE = [
    {"name": "document", "type": "bytes32"}, {"name": "owner", "type": "address"},
]  # fmt: skip


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document: `digest` is SHA-256 of its bytes, `published` the salted hash on the chain.

    `version` counts those of the same title; it says which one it replaces.
    """

    number: int
    key: str
    symbol: str
    title: str
    version: int
    digest: str
    published: str
    link: str


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """That a holder acknowledged a document, by his signature."""

    number: int
    wallet: Wallet
    signature: str


def documents(workspace: Workspace) -> list[Document]:
    """All documents, in the order of their numbers."""
    return [msgspec.convert(entry.body, Document) for entry in workspace.journal.entries(KIND)]


def document(workspace: Workspace, number: int) -> Document:
    """A document by its number. Raises `NotFound` if there is none."""
    found = next((each for each in documents(workspace) if each.number == number), None)
    if found is None:
        raise NotFound("document-unknown", f"There is no document {number}",
                       cure="See them with `document list`.")  # fmt: skip
    return found


def add(
    workspace: Workspace, symbol: str, title: str, content: bytes, *, link: str, key: str
) -> Document:  # fmt: skip
    """Anchor a document of a security, or a new version of one; nothing is done twice under a key.

    Raises `Conflict` if the last version has the same bytes.
    """
    security, digest = workspace.security(symbol), sha256(content).digest()
    known = next((each for each in documents(workspace) if each.key == key), None)
    if known is None:
        made = _write_down(workspace, security.symbol, title, digest, link, key)
    else:
        require_same((symbol, title, digest.hex()), (known.symbol, known.title, known.digest))
        made = known
    anchors.state(
        workspace, [(anchors.DOCUMENT, subject_of(made), bytes.fromhex(made.published))],
        key=f"{key}/document",
    )  # fmt: skip
    return made


def _write_down(
    workspace: Workspace, symbol: str, title: str, digest: bytes, link: str, key: str
) -> Document:
    known = documents(workspace)
    versions = [each for each in known if (each.symbol, each.title) == (symbol, title)]
    if versions and versions[-1].digest == digest.hex():
        raise Conflict("document-known", f"That is version {versions[-1].version} of it already",
                       cure="Nothing is to be done.")  # fmt: skip
    made = Document(
        number=len(known) + 1, key=key, symbol=symbol, title=title, version=len(versions) + 1,
        digest=digest.hex(), published=published(workspace, Reason("document", digest), key).hex(),
        link=link,
    )  # fmt: skip
    workspace.journal.append(KIND, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def subject_of(made: Document) -> bytes:
    """What versions of a document are anchored under: its security and title."""
    return keccak(text=f"{made.symbol}/{made.title}")


def recognise(workspace: Workspace, content: bytes) -> list[Document]:
    """Documents whose bytes these are; none if they were altered, or are of none."""
    digest = sha256(content).hexdigest()
    return [each for each in documents(workspace) if each.digest == digest]


def anchored_at(workspace: Workspace, made: Document) -> int:
    """When a document was anchored, in UTC seconds."""
    return anchors.first_stated(workspace, subject_of(made), bytes.fromhex(made.published))


# --- acknowledge


def typed_acknowledgement(workspace: Workspace, made: Document, owner: Wallet) -> dict[str, Any]:
    """What a holder signs (EIP-712) to acknowledge a document."""
    return {
        "domain": {"name": "Tallystick", "version": "1", "chainId": workspace.chain_id,
                   "verifyingContract": workspace.security(made.symbol).token},
        "primaryType": "Acknowledgement",
        "types": {"EIP712Domain": DOMAIN_TYPE, "Acknowledgement": ACKNOWLEDGEMENT_TYPE},
        "message": {"document": bytes.fromhex(made.published), "owner": owner},
    }  # fmt: skip


def acknowledge(
    workspace: Workspace, made: Document, owner: Wallet, *, signature: str = ""
) -> Acknowledged:
    """Note that a holder acknowledges a document; said twice it is noted once.

    Raises `Refused` if the signature is not his.
    """
    known = {each.wallet: each for each in acknowledgements(workspace, made.number)}
    if owner in known:
        return known[owner]
    typed = typed_acknowledgement(workspace, made, owner)
    signature = signed_by_holder(workspace, owner, typed, signature,
                                 printed_by="document acknowledge --to-sign")  # fmt: skip
    stated = Acknowledged(number=made.number, wallet=owner, signature=signature)
    workspace.journal.append(ACKNOWLEDGED, msgspec.to_builtins(stated), at_s=workspace.now())
    return stated


def acknowledgements(workspace: Workspace, number: int) -> list[Acknowledged]:
    """Who acknowledged a document, in order."""
    entries = workspace.journal.entries(ACKNOWLEDGED)
    found = (msgspec.convert(entry.body, Acknowledged) for entry in entries)
    return [each for each in found if each.number == number]
