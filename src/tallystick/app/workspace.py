"""A data directory that is open: its settings, keys, store, journal and chain."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from tallystick.app import secret_store
from tallystick.app import settings as settings_file
from tallystick.app.councils import kept, routing
from tallystick.app.settings import Settings
from tallystick.core.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from tallystick.core.wallets import Wallet, parse_wallet, show_wallet
from tallystick.gateways.chain.contracts import Contract, contract
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.embedded.remote import Address, Claim, RemoteChain
from tallystick.gateways.chain.fold import Book
from tallystick.gateways.chain.indexer import Index
from tallystick.gateways.chain.intents import Done, Intent
from tallystick.gateways.chain.keys import ROLES, Keystore
from tallystick.gateways.chain.outbox import Outbox
from tallystick.gateways.chain.parts import Work, carry_out_work
from tallystick.gateways.chain.platform import Platform, deploy_platform
from tallystick.gateways.chain.rpc import Rpc
from tallystick.gateways.store.database import Connect, open_sqlite
from tallystick.gateways.store.files import sync, write_whole
from tallystick.gateways.store.journal import BusinessJournal
from tallystick.gateways.store.migrate import migrate
from tallystick.gateways.store.vault import Vault
from tallystick.securities.packing import is_retired

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TOKEN = contract("SecurityToken")
REGISTRY = contract("IdentityRegistry")
FACTORY = contract("Factory")

LOCK_WAIT_S = 15.0
LOCK_POLL_S = 0.02
DEEPEST_REORGANISATION = 1_000


class Founding(msgspec.Struct, frozen=True):
    """What a data directory was founded on: a chain, the shared contracts, the registry.

    No log of ours stands before block `since`.
    """

    chain_id: int
    genesis_hash: str
    platform: Platform
    registry: Wallet
    since: int


class ListedSecurity(msgspec.Struct, frozen=True):
    """A security that was issued, as the business journal tells it."""

    symbol: str
    name: str
    decimals: int
    token: Wallet
    asset_id: str
    terms: dict[str, Any]


class Workspace:
    """An open data directory. One process at a time may have it open for writing."""

    def __init__(self, folder: Path, flags: dict[str, str] | None = None, *,
                 report: Callable[[int, int], None] | None = None,
                 connect: Connect | None = None,
                 ask: Callable[[], str] | None = None) -> None:  # fmt: skip
        self.folder = folder
        self._ask = ask
        self.connect = connect
        self.settings, self.setting_sources = settings_file.load(folder, flags)
        self._stack = contextlib.ExitStack()
        try:
            self._lock()
            self._open(report)
        except BaseException:
            self._stack.close()
            raise

    def _lock(self) -> None:
        """Let one command at a time act on the directory; the next one waits a while."""
        handle = self._handle = self._stack.enter_context((self.folder / "lock").open("a+"))
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    raise Conflict(
                        "data-directory-in-use",
                        f"Another command has had {self.folder} open for {LOCK_WAIT_S:.0f} s",
                        cure="Wait until it ends.",
                    ) from None
                time.sleep(LOCK_POLL_S)
            else:
                return

    def let_others_act(self) -> None:
        """Let other commands act on the directory; this process only reads, and keeps the chain.

        Nothing may be written through this workspace afterwards.
        """
        self._handle.close()

    def _open(self, report: Callable[[int, int], None] | None) -> None:
        store = self.folder / "store.sqlite"
        if (self.folder / "keys" / "vault.json").exists() and not store.exists():
            raise Unavailable(
                "file-missing", "The store of the data directory is gone", where=str(store),
                cure="Restore the data directory from a backup.",
            )  # fmt: skip
        self.engine = open_sqlite(store, connect=self.connect)
        self._stack.callback(self.engine.dispose)
        migrate(self.engine)
        self.journal = BusinessJournal(self.engine)
        self.keystore = Keystore(
            self.folder / "keys", self._passphrase, sandbox=self.settings.sandbox
        )
        self.vault = Vault(self.engine, self._vault_key)
        self.hosting: Hosting | RemoteChain | None = None
        url = self.settings.chain_url
        if self.settings.embedded:
            self.hosting = self._host_or_join(report)
            url = self.hosting.url
        self.rpc = Rpc(url)
        self._stack.callback(self.rpc.close)
        self.chain_id = int(self.rpc.call("eth_chainId"), 16)
        self._check_chain()
        self.outbox = Outbox(
            self.engine, self.rpc, chain_id=self.chain_id, confirmations=self.settings.confirmations
        )

    def _host_or_join(self, report: Callable[[int, int], None] | None) -> Hosting | RemoteChain:
        """Host the embedded chain for as long as this is open, or join who hosts it already."""
        claim = Claim(self.folder / "chain.lock")
        self._stack.callback(claim.release)
        if not claim.held:
            return RemoteChain(claim.host())
        hosting = self._stack.enter_context(
            Hosting(
                self.folder / "chain.sqlite",
                clock=lambda: int(time.time()),
                sandbox=self.settings.sandbox,
                anvil=self.settings.anvil,
                report=report,
                connect=self.connect,
            )
        )
        claim.publish(Address(os.getpid(), hosting.url, hosting.token))
        return hosting

    def _check_chain(self) -> None:
        """Refuse a chain that is not the one the data belongs to."""
        founding = next(self.journal.entries("founded"), None)
        if founding is None:
            return
        genesis = self.rpc.call("eth_getBlockByNumber", "0x0", False)
        body = founding.body
        if (body["chain_id"], body["genesis_hash"]) != (self.chain_id, genesis["hash"]):
            raise Conflict(
                "chain-differs",
                f"The data belongs to chain {body['chain_id']}, the node serves chain "
                f"{self.chain_id} or another history of it",
                cure="Set `chain_url` to the right node.",
            )

    # --- secrets

    def _passphrase(self) -> str:
        given = os.environ.get("TALLYSTICK_PASSPHRASE")
        if given is not None:
            return given
        if self.settings.passphrase_from == "file":
            path = self.folder / "keys" / "passphrase"
            try:
                return path.read_text().strip()
            except FileNotFoundError:
                raise NotFound(
                    "passphrase-missing",
                    "The passphrase file is gone",
                    where=str(path),
                    cure="Set TALLYSTICK_PASSPHRASE, or restore the data directory from a backup.",
                ) from None
        found = None
        if self.settings.passphrase_from == "keyring":
            found = secret_store.recall(self.folder)
        elif self._ask is not None:
            found = self._ask()
        if found is None:
            raise Invalid(
                "passphrase-needed",
                "The keys are locked",
                cure="Set TALLYSTICK_PASSPHRASE, or run the command on a terminal.",
            )
        return found

    def _vault_key(self) -> bytes:
        """The vault's key follows from that of the owner's keystore named `vault`."""
        return self.keystore.secret("vault")

    # --- what the journal tells

    @property
    def founding(self) -> Founding:
        """What this data directory was founded on."""
        entry = next(self.journal.entries("founded"), None)
        if entry is None:
            raise NotFound(
                "not-founded",
                "The data directory was not set up to its end",
                cure="Run `tallystick init` again.",
            )
        return msgspec.convert(entry.body, Founding)

    def securities(self) -> list[ListedSecurity]:
        """The securities that were issued, in order."""
        return [
            msgspec.convert(entry.body, ListedSecurity) for entry in self.journal.entries("issued")
        ]

    def security(self, symbol: str) -> ListedSecurity:
        """A security by its symbol."""
        listed = self.securities()
        for security in listed:
            if security.symbol == symbol:
                return security
        known = ", ".join(security.symbol for security in listed) or "none yet"
        raise NotFound(
            "security-unknown", f"There is no security {symbol!r}", cure=f"Issued are: {known}."
        )

    def wallet_of(self, who: str, *, where: str = "who") -> Wallet:
        """A wallet as given, or the one in use of the person of that name or reference.

        That is his home wallet, or the one that took its place if it was reported lost.
        """
        if who.startswith("0x"):
            return parse_wallet(who, where=where)
        home = self.vault.home_of(who, where=where)
        word, _ = self.view(REGISTRY, self.founding.registry, "statedRecordOf", home)
        return self.book().registry.in_use(home) if is_retired(word) else home

    # --- the chain

    def now(self) -> int:
        """UTC seconds, as the chain counts them."""
        if self.hosting is not None:
            return int(self.hosting.control("status")["time_s"])
        block = self.rpc.call("eth_getBlockByNumber", "latest", False)
        return max(int(time.time()), int(block["timestamp"], 16))

    def book(self) -> Book:
        """The issuer's book as of the last block, from logs and what was folded of them before."""
        founding = self.founding
        index = Index(self.folder / "index", self.rpc, founding.registry, since=founding.since)
        return index.book()

    def view(self, target: Contract, address: str, name: str, *args: Any) -> Any:
        """What a view of a contract answers."""
        function = target.function(name)
        call = {"to": address, "data": function.encode(*args)}
        return function.decode(self.rpc.call("eth_call", call, "latest"))

    @property
    def council(self) -> Wallet | None:
        """The council that holds the roles; None if their keys do."""
        return kept.council_of(self)

    def acting(self, role: str) -> Wallet:
        """Who acts for a role on the chain: the council if there is one, else its key."""
        return self.council or self.keystore.wallet(role)

    def noted(self, key: str) -> bytes | None:
        """Data of the call that was noted, proposed or carried out under a key; None if none was.

        It is that of the contract concerned, whether or not it goes through the council.
        """
        row = self.outbox.intents.row(key)
        if row is not None:
            return routing.inner(row, self.council)[1]
        for each in kept.proposals(self):
            if each.key == key:
                return each.call.data
        return None

    def known(self, key: str) -> bool:
        """Whether an act of this key was noted, proposed or carried out."""
        return self.noted(key) is not None

    def act(
        self, role: str, calls: Sequence[tuple[str, str, str]], *,
        report: Callable[[int, int], None] | None = None,
    ) -> list[Done]:  # fmt: skip
        """Carry out calls (key, address, data) by the key of a role, or by the council.

        Raises `Conflict` if others have to agree first; run again, what was done is looked up.
        """
        council = self.council
        if council is not None:
            return routing.act(self, council, role, calls, report=report)
        signer = self.keystore.signer(role)
        intents = [Intent(key, signer.wallet, address, data) for key, address, data in calls]
        return self.outbox.carry_out(intents, signer, report=report)

    def act_once(self, role: str, key: str, address: str, make: Callable[[], str]) -> Done:
        """Carry out a call whose data can be made only once: signed with a deadline, say.

        Under a known key that is the data noted then, whether or not it was sent.
        """
        noted = self.noted(key)
        data = make() if noted is None else "0x" + noted.hex()
        [done] = self.act(role, [(key, address, data)])
        return done

    def act_on_many(
        self, role: str, work: Work, *, report: Callable[[int, int], None] | None = None
    ) -> list[Done]:
        """Carry out work on many things by the key of a role, in as few transactions as fit.

        Raises `Conflict` if others have to agree first, as `act` does.
        """
        council = self.council
        if council is not None:
            return routing.act_on_many(self, council, role, work, report=report)
        signer = self.keystore.signer(role)
        return carry_out_work(self.outbox, work, signer, report=report)

    def topic_address(self, done: Done, emitter: str, at: int) -> Wallet:
        """An address in a topic of the last log of one contract, in what an act left."""
        receipt = self.rpc.call("eth_getTransactionReceipt", done.tx_hash)
        logs = [log for log in receipt["logs"] if log["address"].lower() == emitter]
        return Wallet("0x" + logs[-1]["topics"][at][-40:])

    def close(self) -> None:
        """Close everything; the embedded chain stops."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def create(folder: Path, settings: Settings) -> None:
    """Make a data directory; one that is there with the same settings is left as it is.

    Its keys are made and its chain is set up by `found`. Raises `Conflict` if the folder holds
    something else already.
    """
    settings_file.check(settings, where="init")
    if folder.exists() and any(folder.iterdir()):
        if (folder / settings_file.FILE_NAME).exists():
            _require_same(folder, settings)
            return
        raise Conflict(
            "folder-not-empty", f"{folder} holds something already", cure="Choose an empty folder."
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    if settings.passphrase_from == "file":
        write_whole(keys / "passphrase", f"{secrets.token_urlsafe(24)}\n".encode(), new=True)
    sync(folder.parent)
    settings_file.save(folder, settings)


def _require_same(folder: Path, settings: Settings) -> None:
    before, _ = settings_file.load(folder)
    if before.mode != settings.mode:
        raise Conflict("mode-fixed", f"{folder} is {before.mode} for ever",
                       cure="Choose another folder.")  # fmt: skip
    for name in Settings.__struct_fields__:
        if getattr(before, name) != getattr(settings, name):
            raise Conflict(
                "data-directory-exists",
                f"{folder} was made with another {name}: {getattr(before, name)}",
                cure=f"Edit {settings_file.FILE_NAME} there, or choose another folder.",
            )


def found(workspace: Workspace, *, report: Callable[[int, int], None] | None = None) -> Founding:
    """Make keys, deploy the shared contracts and the registry; does nothing twice."""
    with contextlib.suppress(NotFound):
        return workspace.founding
    for name in (*ROLES, "vault"):
        with contextlib.suppress(Conflict):
            workspace.keystore.create(name)
    _require_funds(workspace)
    signer = workspace.keystore.signer("owner")
    since = _since(workspace)
    steps = 8
    done = 0

    def deploy(name: str, data: str) -> str:
        nonlocal done
        intent = Intent(f"found/{name}", signer.wallet, "", data)
        [outcome] = workspace.outbox.carry_out([intent], signer)
        done += 1
        if report is not None:
            report(done, steps)
        return outcome.created

    platform = deploy_platform(deploy)
    wallets = [workspace.keystore.wallet(role) for role in ROLES]
    data = FACTORY.function("createRegistry").encode(*wallets)
    [outcome] = workspace.act("owner", [("found/registry", platform.factory, data)])
    registry = workspace.topic_address(outcome, platform.factory, 1)
    genesis = workspace.rpc.call("eth_getBlockByNumber", "0x0", False)
    founding = Founding(workspace.chain_id, genesis["hash"], platform, registry, since)
    workspace.journal.append("founded", msgspec.to_builtins(founding), at_s=workspace.now())
    if report is not None:
        report(steps, steps)
    return founding


def _require_funds(workspace: Workspace) -> None:
    """Say at once which accounts of the roles cannot pay for anything, where there are fees."""
    block = workspace.rpc.call("eth_getBlockByNumber", "latest", False)
    if int(block.get("baseFeePerGas") or "0x0", 16) == 0:
        return
    wallets = [workspace.keystore.wallet(role) for role in ROLES]
    poor = [
        f"{role} {show_wallet(wallet)}"
        for role, wallet in zip(ROLES, wallets, strict=True)
        if int(workspace.rpc.call("eth_getBalance", wallet, "latest"), 16) == 0
    ]
    if poor:
        raise Refused(
            "account-unfunded", f"These accounts hold no money for fees: {', '.join(poor)}",
            cure="Send each of them some of the chain's own money, then run `init` again.",
        )  # fmt: skip


def _since(workspace: Workspace) -> int:
    """A block before which nothing of ours can stand, however deep the chain re-organises."""
    if workspace.settings.embedded:
        return 0
    begun = next(workspace.journal.entries("founding-began"), None)
    if begun is None:
        head = int(workspace.rpc.call("eth_blockNumber"), 16)
        body = {"since": max(0, head - DEEPEST_REORGANISATION)}
        begun = workspace.journal.append("founding-began", body, at_s=workspace.now())
    return int(begun.body["since"])
