"""Reasons of settlement: of calls that are refused whole; why a trade is busted says `standing`."""

from __future__ import annotations

REVERTS: dict[str, tuple[str, str]] = {
    "expiry-too-far": (
        "A session ends before the year 36812",
        "Name an earlier time, in UTC seconds.",
    ),
    "held-already": (
        "Units are held for the order already",
        "Nothing is to be done; or have them let go first: `release`.",
    ),
    "market-unfit": (
        "The order names a security that says no epoch, or lots of nothing",
        "Name the market as the venue has it.",
    ),
    "no-hold-asked": (
        "The order does not ask that its units are held",
        "Sign it with that instruction.",
    ),
    "nothing-held": (
        "Nothing is held for the order",
        "Nothing is to be done.",
    ),
    "nothing-to-hold": (
        "Nothing is left of the order that could be held",
        "Nothing is to be done.",
    ),
    "still-held": (
        "Only the venue lets go what is held for an order that stands",
        "Cancel the order, or wait until it expires.",
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
    "not-yours": (
        "Orders are cancelled by their investor or by the key that signed them",
        "Send it from one of the two, or have one sign it.",
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
    "units-not-for-each": (
        "A session says for each security how many units may be sold",
        "Name as many numbers of units as securities; 0 for one that is only bought.",
    ),
}
