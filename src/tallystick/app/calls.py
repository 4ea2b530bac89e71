"""Calls that somebody's own wallet must send: for whoever keeps his key himself."""

from __future__ import annotations

import msgspec

from tallystick.core.wallets import Wallet


class Call(msgspec.Struct, frozen=True):
    """A call: in words, to which contract, with which data."""

    what: str
    to: Wallet
    data: str
