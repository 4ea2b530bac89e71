"""Reasons of a council."""

from __future__ import annotations

REVERTS: dict[str, tuple[str, str]] = {
    "above-the-limit": (
        "More of the currency than one signature may pay within a day",
        "Have others sign it: `council proposals` shows it.",
    ),
    "default-policy-needed": (
        "A council needs a policy for what no other one names",
        "State one for everything else.",
    ),
    "delay-not-over": (
        "The policy has the act wait, for whoever objects",
        "Wait; `council proposals` says until when.",
    ),
    "delay-too-long": (
        "An act waits 90 days at most",
        "Shorten the delay.",
    ),
    "executed-already": (
        "The proposal was carried out",
        "Propose the act anew if it is to be done again.",
    ),
    "group-unknown": (
        "There are 32 groups",
        "Use one of them.",
    ),
    "limit-incomplete": (
        "A payment's policy says where the amount is and who may make a small one",
        "State both, or neither.",
    ),
    "not-a-member": (
        "The account is not a member of the council",
        "Use a member's key, or have the council take it in.",
    ),
    "not-approved": (
        "The member had not agreed",
        "Nothing is to be revoked.",
    ),
    "not-the-council": (
        "A council is changed by its own call alone",
        "Propose the change to it.",
    ),
    "place-out-of-range": (
        "Amount and currency stand within the first eight words",
        "Check where the amount is.",
    ),
    "policy-out-of-reach": (
        "Not even all members together could fulfil a policy",
        "Take in the members that it asks for first, or ask for less.",
    ),
    "proposal-lapsed": (
        "A proposal lapses after 90 days",
        "Propose it anew.",
    ),
    "proposal-unknown": (
        "Nothing of the kind was proposed",
        "Check the call, its reason and its document.",
    ),
    "proposed-already": (
        "The same call was proposed before",
        "Agree to it, or propose it with another salt.",
    ),
    "setting-unknown": (
        "A function has the policy of a setting that is not there",
        "Count the settings from zero.",
    ),
    "signatures-needed": (
        "Not enough members agree, or not those whom the policy asks",
        "`council proposals` says who is missing.",
    ),
    "too-many-members": (
        "A council has 32 members at most",
        "Let others leave first.",
    ),
    "too-many-policies": (
        "A council has 128 policies at most",
        "Remove some first.",
    ),
    "too-many-signatures": (
        "No more can agree than a council has members",
        "Ask for fewer signatures.",
    ),
}
