"""An issuer's office at work until somebody kills it: admits investors, issues units, transfers.

`python -m tests.support.office FOLDER DRIVER` goes on where the run before was cut off: it repeats
the acts that may or may not have been done, under the same keys.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from pathlib import Path

from tallystick.app import acts, admission, auditing, issuing
from tallystick.app.minting import Lot, mint_lots
from tallystick.app.settings import Settings
from tallystick.app.workspace import REGISTRY, Workspace, create, found
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.store.vault import Person
from tallystick.securities.claims import Claims
from tallystick.securities.terms import Terms, read_terms
from tests.support.desk import TERMS
from tests.support.load import DRIVERS

VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
EACH = 6
# A registry has room for 32 classes.
CLASSES_MAX = 20
UNITS = 7
ACQUIRED_AT = 1_700_000_000


def set_up(folder: Path) -> None:
    create(folder, Settings())
    with Workspace(folder) as workspace:
        found(workspace)
        issuing.issue(workspace, read_terms(TERMS).securities[0])


def newcomers(batch: int) -> list[admission.Newcomer]:
    return [
        admission.Newcomer(row=f"{batch}/{at}", person=Person(name=f"N {batch} {at}",
                           kind="person"), country="DE", claims=VERIFIED)
        for at in range(EACH)
    ]  # fmt: skip


def work(workspace: Workspace, batch: int) -> None:
    """One batch of work; each step may be repeated."""
    security = workspace.security("ACME")
    homes = admission.admit(workspace, newcomers(batch), key=f"admit-{batch}").homes
    tell(f"admit-{batch}/admit/0-{EACH}")
    if batch < CLASSES_MAX:
        tell(f"issue/{issuing.issue(workspace, terms_of(batch)).asset_id}")
    lots = [
        Lot(row=f"{batch}/{home}", holder=home, wallet=home, units=UNITS, acquired_at=ACQUIRED_AT)
        for home in homes
    ]
    mint_lots(workspace, security, lots, key=f"mint-{batch}")
    tell(f"mint-{batch}/mint/ACME/0-{EACH}")
    for at, (giver, taker) in enumerate(itertools.pairwise(homes)):
        key = f"transfer-{batch}-{at}"
        acts.transfer(workspace, security, giver, taker, 1, key=key)
        tell(f"{key}/transfer")
    order = acts.Reason("court-order", b"\x01" * 32)
    acts.force(workspace, security, homes[0], homes[1], 1, order, key=f"force-{batch}")
    tell(f"force-{batch}/force")


def tell(what: str) -> None:
    sys.stdout.write(f"ack {what}\n")
    sys.stdout.flush()


def terms_of(batch: int) -> Terms:
    """The terms of a class that a batch issues and nobody holds."""
    return read_terms(TERMS.replace("ACME", f"B{batch}")).securities[0]


def batches_begun(workspace: Workspace) -> int:
    entries = workspace.journal.entries(admission.KIND)
    return len({entry.body["command"] for entry in entries})


def main(folder: Path, driver: str) -> None:
    with Workspace(folder, connect=DRIVERS[driver]) as workspace:
        assert isinstance(workspace.hosting, Hosting)
        sys.stdout.write(f"node {workspace.hosting.node_pid}\n")
        sys.stdout.flush()
        for batch in itertools.count(max(0, batches_begun(workspace) - 1)):
            work(workspace, batch)


def check(folder: Path, acknowledged: set[str]) -> None:
    """All that was acknowledged is done, each thing done is done once, and the books agree."""
    with Workspace(folder) as workspace:
        workspace.outbox.reconcile()
        open_still = set(workspace.outbox.unfinished())
        for key in acknowledged:
            assert workspace.outbox.known(key), f"{key} was acknowledged and is lost"
            assert key not in open_still, f"{key} was acknowledged and is not done"
        for batch in range(min(batches_begun(workspace), CLASSES_MAX)):
            issuing.issue(workspace, terms_of(batch))
        bound = workspace.view(REGISTRY, workspace.founding.registry, "boundTokens")
        assert sorted(bound) == sorted(one.token for one in workspace.securities())
        assert not auditing.audit(workspace).differences
        book, people = workspace.book(), workspace.vault.people()
        home_of = admission.wallets_by_row(workspace)
        expected: Counter[Wallet] = Counter()
        for batch in range(batches_begun(workspace)):
            homes = [home_of(one.row) for one in newcomers(batch)]
            members = [home for home in homes if home is not None]
            assert len(members) == EACH, "an import was written down in part"
            assert all(home in people for home in members)
            expected.update(_expected(workspace, batch, members, open_still))
        state = book.securities[workspace.security("ACME").token]
        held = {home: units for home, units in state.balances.items() if units}
        assert held == {home: units for home, units in expected.items() if units}


def _expected(
    workspace: Workspace, batch: int, members: list[Wallet], open_still: set[str]
) -> Counter[Wallet]:
    """What the members of a batch hold after those of its acts that are done."""

    def done(key: str) -> bool:
        return workspace.outbox.known(key) and key not in open_still

    held: Counter[Wallet] = Counter()
    if done(f"mint-{batch}/mint/ACME/0-{EACH}"):
        held.update(dict.fromkeys(members, UNITS))
    moves = [(f"transfer-{batch}-{at}/transfer", at) for at in range(EACH - 1)]
    for key, at in [*moves, (f"force-{batch}/force", 0)]:
        if done(key):
            held[members[at]] -= 1
            held[members[at + 1]] += 1
    return held


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
