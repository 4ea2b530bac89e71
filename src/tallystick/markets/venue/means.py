"""What wallets have, and what of it is spoken for by open orders and by trades not settled yet."""

from __future__ import annotations

import msgspec

from tallystick.core.wallets import Wallet


class Account(msgspec.Struct):
    """What a wallet has of one token, in its units.

    `held` and `allowed` are as of the last block; `bound` is what open orders may need, `owed` what
    trades need that are not settled. What it will receive from trades is not counted.
    """

    held: int = 0
    allowed: int = 0
    bound: int = 0
    owed: int = 0

    @property
    def free(self) -> int:
        """What a new order may use; less than nothing if orders and trades are not covered."""
        return min(self.held, self.allowed) - self.bound - self.owed


class Means(msgspec.Struct):
    """Accounts by token and wallet."""

    accounts: dict[Wallet, dict[Wallet, Account]] = msgspec.field(default_factory=dict)

    def of(self, token: Wallet, wallet: Wallet) -> Account | None:
        """An account; None if the venue was never told of it."""
        return self.accounts.get(token, {}).get(wallet)

    def tell(self, token: Wallet, wallet: Wallet, held: int, allowed: int) -> Account:
        """Take up what an account has."""
        account = self.accounts.setdefault(token, {}).setdefault(wallet, Account())
        account.held, account.allowed = held, allowed
        return account
