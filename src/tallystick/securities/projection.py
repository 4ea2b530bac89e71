"""What an issuer's securities will be once movements are carried out that the chain does not know.

A projection lies over the state of the chain like a sheet of glass: what is looked at is copied
first, what is moved is moved in the copy, and throwing the sheet away costs nothing. Trades that
were matched and are not settled stand in it, so that places and units that they take are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from tallystick.core.wallets import Wallet
from tallystick.securities.holder import Holder
from tallystick.securities.parcels import Parcels, Untold
from tallystick.securities.registry import Investor, Registry
from tallystick.securities.security import Security
from tallystick.securities.tally import Tally

Key = TypeVar("Key")
Value = TypeVar("Value")


class Layer(dict[Key, Value], Generic[Key, Value]):
    """A mapping over another one, which it leaves as it is; it is not iterated."""

    def __init__(self, base: Mapping[Key, Value], copied: Callable[[Value], Value]) -> None:
        super().__init__()
        self._base = base
        self._copied = copied
        self._gone: set[Key] = set()

    def __missing__(self, key: Key) -> Value:
        if key in self._gone:
            raise KeyError(key)
        value = self._copied(self._base[key])
        super().__setitem__(key, value)
        return value

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (key not in self._gone and key in self._base)

    def get(self, key: Key, default: Any = None) -> Any:
        """The value of a key, copied from below when it is first looked at."""
        try:
            return self[key]
        except KeyError:
            return default

    def setdefault(self, key: Key, default: Any = None) -> Any:
        """The value of a key, which is set if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def __setitem__(self, key: Key, value: Value) -> None:
        self._gone.discard(key)
        super().__setitem__(key, value)

    def __delitem__(self, key: Key) -> None:
        if key not in self:
            raise KeyError(key)
        super().pop(key, None)
        self._gone.add(key)

    def pop(self, key: Key, default: Any = None) -> Any:
        """Take a key out; returns its value."""
        value = self.get(key, default)
        if key in self:
            del self[key]
        return value

    def merged(self) -> dict[Key, Value]:
        """Everything, of here and below."""
        below = self._base.merged() if isinstance(self._base, Layer) else self._base
        return {**{key: below[key] for key in below if key not in self._gone}, **dict(self.items())}


class Projection:
    """An issuer's registry and securities, with movements that the chain does not know yet."""

    def __init__(self, registry: Registry, securities: Mapping[Wallet, Security]) -> None:
        self._below = securities
        self.registry = Registry(
            investors=Layer(registry.investors, _same_investor),
            homes=registry.homes,
            replaced=registry.replaced,
            tally=_same_tally(registry.tally),
            enrolling=registry.enrolling,
            purchases=registry.purchases,
        )
        self._securities: dict[Wallet, Security] = {}

    def security(self, token: Wallet) -> Security:
        """A security as it will be; it may be moved. Raises `KeyError` if there is none."""
        found = self._securities.get(token)
        if found is None:
            found = self._securities[token] = self._layered(self._below[token])
        return found

    def above(self) -> Projection:
        """A projection over this one, to try something that may be thrown away."""
        return Projection(self.registry, _Lazily(self))

    def _layered(self, below: Security) -> Security:
        values: dict[str, Any] = {
            name: getattr(below, name) for name in below.__struct_fields__
        } | {
            "registry": self.registry,
            "balances": Layer(below.balances, int),
            "holders": Layer(below.holders, _same_holder),
            "parcels": below.parcels
            if isinstance(below.parcels, Untold)
            else Layer(below.parcels, _same_parcels),
            "approvals": Layer(below.approvals, int),
            "tally": _same_tally(below.tally),
        }
        return Security(**values)


class _Lazily(dict[Wallet, Security]):
    """The securities of a projection, each made when it is asked for."""

    def __init__(self, projection: Projection) -> None:
        super().__init__()
        self._projection = projection

    def __missing__(self, token: Wallet) -> Security:
        return self._projection.security(token)


def _same_holder(holder: Holder) -> Holder:
    return msgspec.structs.replace(holder, sales=dict(holder.sales))


def _same_investor(investor: Investor) -> Investor:
    return msgspec.structs.replace(investor)


def _same_parcels(parcels: Parcels) -> Parcels:
    return Parcels(list(parcels.held))


def _same_tally(tally: Tally) -> Tally:
    return msgspec.structs.replace(tally, counts=list(tally.counts), expiring=dict(tally.expiring))
