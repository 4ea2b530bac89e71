"""The list of a distribution: who is owed what, less what is withheld, with the proofs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.core.errors import Refused
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


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """What is withheld at one place of a list, and what commits to it.

    Amount and salt are None once the holder was erased.
    """

    commitment: bytes
    amount: int | None
    salt: bytes | None


class PaymentList:
    """Holders in the order of their wallets, what each is owed, and what is withheld of it.

    `withheld` has a line for each of them in the same order, or none if nothing is withheld.
    """

    def __init__(
        self, lines: Lines, amount: int, *, withheld: Sequence[Withheld] = (),
        report: Callable[[int, int], None] | None = None,
    ) -> None:  # fmt: skip
        self.lines = lines
        self.owed = entitlements(amount, [units for _, units in lines])
        self.tree = SumTree(lines, report=report)
        self.places = {wallet: at for at, (wallet, _) in enumerate(lines)}
        self.withheld: list[Withheld] = []
        self.commitments: HashTree | None = None
        if withheld:
            self.commit(withheld)

    def commit(self, withheld: Sequence[Withheld]) -> None:
        """Say what is withheld of everybody, in the order of the list."""
        self.withheld = list(withheld)
        self.commitments = HashTree([each.commitment for each in self.withheld])

    def published(self, announced: Distribution) -> Distribution:
        """A distribution that was announced, with this list."""
        members = {name: getattr(announced, name) for name in announced.__struct_fields__}
        root = self.tree.root
        return Distribution(**{
            **members, "root": root.hash, "total": root.sum, "holders": len(self.lines),
            "withholding": self.commitments.root if self.commitments else NO_ROOT,
        })  # fmt: skip

    def kept(self, index: int) -> int | None:
        """What is withheld of a holder; None if nobody knows any more, as he was erased."""
        return self.withheld[index].amount if self.withheld else 0

    def leaf(self, index: int) -> tuple[object, ...]:
        """A place of the list with its proof, as contracts take it."""
        wallet, units = self.lines[index]
        return (index, wallet, units, [tuple(step) for step in self.tree.proof(index)])

    def withholding(self, index: int) -> tuple[object, ...]:
        """What is withheld of a holder with its proof, as contracts take it."""
        if self.commitments is None:
            return (0, bytes(32), [])
        amount, salt = self._opened(index)
        return (amount, salt, self.commitments.proof(index))

    def _opened(self, index: int) -> tuple[int, bytes]:
        kept = self.withheld[index]
        if kept.amount is None or kept.salt is None:
            raise Refused(
                "withholding-erased", "What was to be withheld of a holder went when he was erased",
                cure="Have what he was owed expire, and settle with him directly.",
            )  # fmt: skip
        return kept.amount, kept.salt

    @property
    def pages(self) -> int:
        """How many pages the list has."""
        return -(-len(self.lines) // PAGE_HOLDERS)

    def is_known(self, number: int) -> bool:
        """Whether it is known of everybody on a page what is withheld of him."""
        part = self.withheld[number * PAGE_HOLDERS : (number + 1) * PAGE_HOLDERS]
        return all(each.amount is not None for each in part)

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
            pairs = [self._opened(place) for place in range(start, min(end, len(self.lines)))]
            kept = ([amount for amount, _ in pairs], [salt for _, salt in pairs],
                    self.commitments.proof(at, height=height))  # fmt: skip
        return (start, [wallet for wallet, _ in part], [units for _, units in part], steps, *kept)
