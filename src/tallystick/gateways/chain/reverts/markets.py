"""Reasons of settlement: of calls that are refused whole; why a trade is busted says `standing`."""

from __future__ import annotations

REVERTS: dict[str, tuple[str, str]] = {
    "expiry-too-far": (
        "A session ends before the year 36812",
        "Name an earlier time, in UTC seconds.",
    ),
    "lot-too-large": (
        "A lot has at most 2**128 - 1 units",
        "Name a smaller lot.",
    ),
    "market-without-code": (
        "There is no contract at the address of the security or the money",
        "Check the addresses.",
    ),
    "nonce-too-large": (
        "The number of an order is at most 2**64 - 1",
        "Name the number that the order has.",
    ),
    "not-for-others": (
        "Only the settlement contract itself may call this",
        "Have trades settled: `settle`.",
    ),
    "not-moved": (
        "A token answered that it moved nothing",
        "Ask who issues it why.",
    ),
    "serial-too-high": (
        "The number of a session is at most 2**64 - 1",
        "Name a lower one.",
    ),
    "session-fee-too-high": (
        "The order allows a higher fee than the session of the key that signed it",
        "Sign an order of a lower fee, or give the key another session.",
    ),
    "session-key-invalid": (
        "A session is for a key of its own, not for the investor's",
        "Name another key; the investor's own needs no session.",
    ),
    "session-superseded": (
        "The key has had a session of this number or a higher one",
        "Give the session a higher number.",
    ),
}
