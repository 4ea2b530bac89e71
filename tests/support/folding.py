"""What the logs of a world tell, folded as the indexer does, against its model."""

from __future__ import annotations

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.fold import Book, Folder
from tallystick.gateways.chain.logs import Log
from tallystick.securities.holder import Holder
from tallystick.securities.registry import Investor
from tallystick.securities.security import Security
from tests.support.comparing import Divergence
from tests.support.world import World


class Folding:
    """Follows a world by its logs alone."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.book = Book()
        for token in world.tokens:
            self.book.add(token)
        self._folder = Folder(self.book, world.registry_address)
        self._read = 0

    def check(self) -> None:
        """Read what was logged since, a block for each act, and compare all with the model."""
        for block, (now_s, logs) in enumerate(self.world.evm.logged[self._read :], self._read):
            self._folder.apply([Log(*log, hex(block)) for log in logs], {block: now_s})
        self._read = len(self.world.evm.logged)
        folded, model = self.book.registry, self.world.registry
        _same("issuer's tally", folded.tally, model.tally)
        _same("homes", folded.homes, model.homes)
        _same("lost wallets", folded.replaced, model.replaced)
        _same("enrolling", folded.enrolling, model.enrolling)
        _same("purchases", folded.purchases, model.purchases)
        _same("investors", _stated(folded.investors), _stated(model.investors))
        for token, security in zip(self.world.tokens, self.world.models, strict=True):
            _compare(self.book.securities[token], security)


def _stated(investors: dict[Wallet, Investor]) -> dict[Wallet, object]:
    """Investors by home; the order in which wallets were linked says nothing."""
    return {
        home: msgspec.structs.replace(one, wallets=sorted(one.wallets))
        for home, one in investors.items()
    }


def _compare(folded: Security, model: Security) -> None:
    for name in ("rules", "tally", "supply", "paused", "joined_issuer_limits", "enrolled",
                 "enrolling", "venues", "approvals", "parcels", "exchange", "exchanging", "epoch",
                 "predecessors"):  # fmt: skip
        _same(name, getattr(folded, name), getattr(model, name))
    for wallet in folded.balances.keys() | model.balances.keys():
        _same("balance", folded.balances.get(wallet, 0), model.balances.get(wallet, 0))
    for home in folded.holders.keys() | model.holders.keys():
        _same("holder", folded.holders.get(home, Holder()), model.holders.get(home, Holder()))


def _same(what: str, folded: object, model: object) -> None:
    if folded != model:
        raise Divergence(f"{what}: logs {folded}, model {model}")
