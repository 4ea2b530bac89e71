"""Signed orders over HTTP: how many a second, and how long until each is on the disk and answered.

The venue is the one that `serve` runs, without a chain: what the chain would tell stands in its
journal. Those who place orders are another process.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from eth_account import Account

from tallystick.api.serving import Server, listening
from tallystick.api.venue import VenueApi
from tallystick.app.venue.floor import Floor
from tallystick.app.venue.follower import Follower, Watched
from tallystick.app.venue.house import House
from tallystick.app.venue.opening import Clock, Premises
from tallystick.app.venue.recording import Recorder
from tallystick.app.venue.sequencer import Sequencer, Tell
from tallystick.app.venue.settler import Settler
from tallystick.bench import venue_floor as floor
from tallystick.bench.order_load import Answered, Load, drive
from tallystick.client import KeySigner
from tallystick.core.typed_data import Domain
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.chain.outbox import Outbox
from tallystick.gateways.chain.rpc import Rpc
from tallystick.gateways.store.database import open_sqlite
from tallystick.gateways.store.order_journal import OrderJournal
from tallystick.markets.venue.engine import Venue

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDERS: Final = 10_000
# Orders of a round at a pace; rounds of them and of bare synchronisations take turns.
PACED: Final = 1_000
ROUNDS: Final = 7
PER_S: Final = 500.0
INVESTORS: Final = 200
SYNC_BYTES: Final = 4_096
CHAIN_ID: Final = 1
LOOPBACK: Final = "127.0.0.1"


def measure(*, orders: int = ORDERS, paced: int = PACED, rounds: int = ROUNDS) -> dict[str, float]:
    """Figures: orders a second, and acknowledgements at 500 a second beside a bare fdatasync.

    Those of the latter are medians over rounds that take turns.
    """
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder, _served(Path(folder)) as port:
        requests = _requests(_signers(), orders + paced * rounds)
        full = _driven(Load(LOOPBACK, port, requests[:orders]))
        synced: list[float] = []
        calm: list[list[float]] = []
        for at in range(rounds):
            start = orders + at * paced
            synced.append(_percentile(_fdatasyncs(Path(folder), paced), 99))
            load = Load(LOOPBACK, port, requests[start : start + paced], per_s=PER_S)
            calm.append(_driven(load).waits_s)
    ack_p99s = [_percentile(each, 99) for each in calm]
    ratios = [ack / sync for ack, sync in zip(ack_p99s, synced, strict=True)]
    return {
        "signed_orders_per_s": round(orders / full.spent_s),
        "ack_ms_p50_at_500_per_s": _ms([_percentile(each, 50) for each in calm]),
        "ack_ms_p99_at_500_per_s": _ms(ack_p99s),
        "fdatasync_ms_p99": _ms(synced),
        "ack_p99_vs_fdatasync": round(statistics.median(ratios), 2),
    }


def _ms(values_s: list[float]) -> float:
    """Their median in milliseconds."""
    return round(statistics.median(values_s) * 1_000, 3)


@contextmanager
def _served(folder: Path) -> Iterator[int]:
    """A venue whose people have units and money, and the port at which it takes orders."""
    recorder = Recorder(folder / "orders.sqlite", folder / "records.sqlite")
    house = House(lambda tell: _premises(folder, tell), recorder, bytes(32))
    recorder.start()
    house.floor.sequencer.start()
    house.floor.sequencer.ask_all(floor.opening([each.wallet for each in _signers()]))
    with listening(LOOPBACK, 0) as sock:
        server = Server(VenueApi(house).application())
        thread = threading.Thread(target=server.run, args=([sock],), daemon=True)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield sock.getsockname()[1]
        finally:
            server.end()
            thread.join()
            house.floor.sequencer.stop()
            recorder.close()


def _premises(folder: Path, tell: Tell) -> Premises:
    """Premises without a chain, at the time of the benchmark's market."""
    clock = Clock()
    clock.ahead_s = floor.NOW_S - int(time.time())
    journal = OrderJournal(open_sqlite(folder / "orders.sqlite"))
    sequencer = Sequencer(journal, Venue(floor.rules()), clock.now_ns, tell)
    rpc, signer = Rpc("http://127.0.0.1:1"), LocalSigner(Account.from_key(bytes([9]) * 32))
    watched = Watched(signer.wallet, floor.REGISTRY, floor.SETTLEMENT, 0)
    outbox = Outbox(open_sqlite(folder / "settling.sqlite"), rpc, chain_id=CHAIN_ID)
    return Premises(
        floor=Floor(sequencer, Follower(rpc, watched, lambda: [floor.TOKEN]),
                    Settler(outbox, signer, floor.SETTLEMENT, signer.wallet)),
        signer=signer, domain=Domain(CHAIN_ID, floor.SETTLEMENT), clock=clock, rpc=rpc,
        markets=dict, stale=lambda _: set(), ahead_s=lambda: 0, closing=rpc.close,
    )  # fmt: skip


def _signers() -> list[KeySigner]:
    """The investors, who hold their keys."""
    return [KeySigner((number + 1).to_bytes(32, "big")) for number in range(INVESTORS)]


def _requests(signers: list[KeySigner], count: int) -> list[bytes]:
    """Orders around a mid as they go over the wire, each signed by its investor."""
    by_wallet = {each.wallet: each for each in signers}
    domain = Domain(CHAIN_ID, floor.SETTLEMENT)
    venue = Wallet(Account.from_key(bytes([9]) * 32).address.lower())
    found: list[bytes] = []
    for drawn in floor.order_terms(list(by_wallet), count):
        terms = msgspec.structs.replace(drawn, venue=venue)
        signature = by_wallet[terms.investor].sign_digest(terms.digest(domain))
        body = msgspec.json.encode({
            "order": terms.typed(domain)["message"], "signature": "0x" + signature.hex(),
        })  # fmt: skip
        found.append(b"POST /v1/orders HTTP/1.1\r\nhost: venue\r\ncontent-length: %d\r\n\r\n%b"
                     % (len(body), body))  # fmt: skip
    return found


def _driven(load: Load) -> Answered:
    """What came of a load that another process drives; all of it must have been taken."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        packed = pool.submit(drive, msgspec.msgpack.encode(load)).result()
    answered = msgspec.msgpack.decode(packed, type=Answered)
    if answered.refused or len(answered.waits_s) != len(load.requests):
        message = f"{answered.refused} of {len(load.requests)} orders were refused"
        raise AssertionError(message)
    return answered


def _fdatasyncs(folder: Path, count: int) -> list[float]:
    """Seconds that a bare write and fdatasync take, at the pace of the orders."""
    found: list[float] = []
    with (folder / "synced").open("ab", buffering=0) as file:
        begun = time.perf_counter()
        for at in range(count):
            time.sleep(max(0.0, begun + at / PER_S - time.perf_counter()))
            before = time.perf_counter()
            file.write(bytes(SYNC_BYTES))
            os.fdatasync(file.fileno())
            found.append(time.perf_counter() - before)
    return found


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]
