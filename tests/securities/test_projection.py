"""A projection is what a copy would be, and leaves what lies below as it is."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.wallets import Wallet
from tallystick.securities.claims import Claims
from tallystick.securities.projection import Layer, Projection
from tallystick.securities.proposal import Movement, RuleSet
from tallystick.securities.registry import Registry
from tallystick.securities.security import Security

NOW_S = 1_790_000_000
VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
PEOPLE = [Wallet(f"0x{number:040x}") for number in range(1, 9)]
TOKENS = [Wallet(f"0x{number:040x}") for number in (100, 101)]


def issuer() -> tuple[Registry, dict[Wallet, Security]]:
    """Two classes under one limit over both, of which half of the people hold some."""
    registry = Registry()
    registry.tally.investors_max = 6
    for number, who in enumerate(PEOPLE):
        registry.admit(who, number=number, country="DE", claims=VERIFIED)
    registry.link(PEOPLE[0], Wallet("0x" + "ff" * 20))
    securities: dict[Wallet, Security] = {}
    for token in TOKENS:
        security = Security(registry=registry, joined_issuer_limits=True)
        security.set_rules(RuleSet(investors_max=5, lock_up=True, holding_period_s=100))
        for at, who in enumerate(PEOPLE[:4]):
            security.move(Movement.ISSUE, None, who, 10, now_s=NOW_S - 50 * at)
        securities[token] = security
    return registry, securities


def flat(value: Any) -> Any:
    """Everything that can be told of a security or a registry, layers merged."""
    if isinstance(value, Layer):
        value = value.merged()
    if isinstance(value, dict):
        return {key: flat(each) for key, each in value.items() if key != "registry"}
    if isinstance(value, msgspec.Struct):
        return {name: flat(getattr(value, name)) for name in value.__struct_fields__
                if name != "registry"}  # fmt: skip
    return value


MOVES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(1, 12),
                           st.integers(0, 1), st.integers(0, 200)), max_size=12)  # fmt: skip


@given(MOVES, MOVES)
def test_a_projection_is_what_a_copy_would_be(
    first: list[tuple[int, ...]], second: list[tuple[int, ...]]
) -> None:
    registry, securities = issuer()
    before = flat(securities), flat(registry)
    copied_registry, copied = copy.deepcopy((registry, securities))
    projection = Projection(registry, securities)
    _play(projection, copied, first)
    below = {token: flat(projection.security(token)) for token in TOKENS}
    tried = projection.above()
    _play(tried, copied, second)
    for token in TOKENS:
        assert flat(tried.security(token)) == flat(copied[token])
        assert flat(projection.security(token)) == below[token]
    assert flat(tried.registry) == flat(copied_registry)
    assert (flat(securities), flat(registry)) == before


def _play(
    projection: Projection, copied: dict[Wallet, Security], moves: list[tuple[int, ...]]
) -> None:
    """The same sales on both, those that are allowed; the answers must agree."""
    for giver, taker, units, at, later in moves:
        sides = PEOPLE[giver], PEOPLE[taker]
        model, other = projection.security(TOKENS[at]), copied[TOKENS[at]]
        verdicts = [each.judge(Movement.RESALE, *sides, units, now_s=NOW_S + later)
                    for each in (model, other)]  # fmt: skip
        assert verdicts[0] == verdicts[1]
        if verdicts[0].allowed:
            for each in (model, other):
                each.move(Movement.RESALE, *sides, units, now_s=NOW_S + later)


def test_what_is_taken_out_of_a_layer_is_gone_there_alone() -> None:
    base = {"a": 1, "b": 2}
    layer: Layer[str, int] = Layer(base, int)
    del layer["a"]
    assert "a" not in layer
    assert layer.get("a", 7) == 7
    assert layer.setdefault("a", 5) == 5
    assert layer.pop("b") == 2
    assert layer.pop("b", 0) == 0
    assert (layer.merged(), base) == ({"a": 5}, {"a": 1, "b": 2})
