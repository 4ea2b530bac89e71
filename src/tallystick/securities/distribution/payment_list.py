"""The list of a distribution: who is owed what, less what is withheld, with the proofs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.core.hash_tree import HashTree
from tallystick.core.hashing import keccak
from tallystick.core.sum_tree import SumTree
from tallystick.core.words import number_word, wallet_word
from tallystick.securities.distribution.declared import NO_ROOT, Distribution
from tallystick.securities.distribution.entitlements import Lines, entitlements

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tallystick.core.wallets import Wallet

PAGE_HOLDERS = 128


def withholding_leaf(salt: bytes, wallet: Wallet, amount: int) -> bytes:
    """What commits to an amount withheld of a wallet without telling it: keccak256 of the three."""
    return keccak(salt + wallet_word(wallet) + number_word(amount))


class PaymentList:
    """Holders in the order of their wallets, what each is owed, and what is withheld of it.

    `withheld` and `salts` are in the same order, or empty if nothing is withheld.
    """

    def __init__(
        self, lines: Lines, amount: int, *, withheld: Sequence[int] = (),
        salts: Sequence[bytes] = (), report: Callable[[int, int], None] | None = None,
    ) -> None:  # fmt: skip
        self.lines = lines
        self.owed = entitlements(amount, [units for _, units in lines])
        self.withheld = list(withheld)
        self.salts = list(salts)
        self.tree = SumTree(lines, report=report)
        self.places = {wallet: at for at, (wallet, _) in enumerate(lines)}
        self.commitments: HashTree | None = None
        if self.withheld:
            self.commitments = HashTree([
                withholding_leaf(salt, wallet, kept)
                for (wallet, _), salt, kept in zip(lines, self.salts, self.withheld, strict=True)
            ])  # fmt: skip

    def published(self, announced: Distribution) -> Distribution:
        """A distribution that was announced, with this list."""
        members = {name: getattr(announced, name) for name in announced.__struct_fields__}
        root = self.tree.root
        return Distribution(**{
            **members, "root": root.hash, "total": root.sum, "holders": len(self.lines),
            "withholding": self.commitments.root if self.commitments else NO_ROOT,
        })  # fmt: skip

    def kept(self, index: int) -> int:
        """What is withheld of a holder."""
        return self.withheld[index] if self.withheld else 0

    def leaf(self, index: int) -> tuple[object, ...]:
        """A place of the list with its proof, as contracts take it."""
        wallet, units = self.lines[index]
        return (index, wallet, units, [tuple(step) for step in self.tree.proof(index)])

    def withholding(self, index: int) -> tuple[object, ...]:
        """What is withheld of a holder with its proof, as contracts take it."""
        if self.commitments is None:
            return (0, bytes(32), [])
        return (self.withheld[index], self.salts[index], self.commitments.proof(index))

    @property
    def pages(self) -> int:
        """How many pages the list has."""
        return -(-len(self.lines) // PAGE_HOLDERS)

    def page(self, number: int) -> tuple[object, ...]:
        """A page of the list with its proof, as contracts take it."""
        start = number * PAGE_HOLDERS
        part = self.lines[start : start + PAGE_HOLDERS]
        # The last page may be short: its proof starts at the subtree that just holds it.
        height = (len(part) - 1).bit_length()
        at = start >> height
        steps = [tuple(step) for step in self.tree.proof(at, height=height)]
        kept: tuple[object, ...] = ([], [], [])
        if self.commitments is not None:
            end = start + PAGE_HOLDERS
            kept = (self.withheld[start:end], self.salts[start:end],
                    self.commitments.proof(at, height=height))  # fmt: skip
        return (start, [wallet for wallet, _ in part], [units for _, units in part], steps, *kept)
