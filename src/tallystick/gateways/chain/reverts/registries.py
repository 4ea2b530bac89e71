"""Reasons of registries, of roles and signatures wherever they are, of the factory and of cash."""

from __future__ import annotations

REVERTS: dict[str, tuple[str, str]] = {
    "answer-too-long": (
        "A view answered with more than it may",
        "Report it: it is a defect.",
    ),
    "claim-unknown": (
        "There is no such claim",
        "Use a claim of the table in the docs.",
    ),
    "empty-address": (
        "The empty address cannot hold this place",
        "Name an account.",
    ),
    "expiry-out-of-range": (
        "The expiry day is out of range",
        "Name a date before 2149, or never.",
    ),
    "heirs-counted-as-him": (
        "Others hold units by his death or divorce and are counted as him",
        "Keep him until none of them is left.",
    ),
    "identity-of-another-investor": (
        "That identity belongs to somebody else",
        "Link the wallet.",
    ),
    "issuer-known-already": (
        "The claim issuer is trusted already",
        "Update its topics instead.",
    ),
    "issuer-unknown": (
        "That claim issuer is not trusted",
        "Add it first.",
    ),
    "issuer-without-topics": (
        "A trusted issuer needs at least one topic",
        "Name its topics.",
    ),
    "linked-wallets-first": (
        "The investor has further wallets",
        "Remove those first.",
    ),
    "next-part-of-another-layout": (
        "The parts of a contract do not fit together",
        "Redeploy.",
    ),
    "next-part-without-code": (
        "A part of the contract is missing",
        "Deploy it first.",
    ),
    "no-code": (
        "A contract that is needed is missing",
        "Deploy it first.",
    ),
    "not-a-recorder": (
        "The account is no recorder",
        "Nothing is to be done.",
    ),
    "not-agent": (
        "The account is not an agent here",
        "Use the agent's key, or appoint it.",
    ),
    "not-an-agent": (
        "The account is no agent",
        "Nothing is to be done.",
    ),
    "not-an-officer": (
        "The account is no compliance officer",
        "Nothing is to be done.",
    ),
    "not-officer": (
        "The account is not a compliance officer here",
        "Use the officer's key.",
    ),
    "not-owner": (
        "The account is not the owner here",
        "Use the owner's key.",
    ),
    "not-owner-of-the-registry": (
        "Only the owner of a registry issues into it",
        "Use that key.",
    ),
    "not-payable": (
        "A security takes no money",
        "Send none along.",
    ),
    "not-the-pending-owner": (
        "The ownership was not offered to this account",
        "Have it offered.",
    ),
    "record-malformed": (
        "The record says what only the registry may",
        "State claims alone.",
    ),
    "registered-already": (
        "The wallet is registered already",
        "Use another wallet.",
    ),
    "registry-bound-already": (
        "That registry is bound already",
        "Nothing is to be done.",
    ),
    "registry-not-bound": (
        "That registry is not bound",
        "See `linkedIdentityRegistries`.",
    ),
    "registry-of-another-factory": (
        "The registry was not made by this factory",
        "Make one here.",
    ),
    "same-wallet": (
        "A wallet cannot replace itself",
        "Name another wallet.",
    ),
    "signature-malformed": (
        "The signature has no valid form",
        "Sign it anew.",
    ),
    "storage-is-built-in": (
        "The registry keeps its identities itself",
        "Bind registries to it.",
    ),
    "token-bound-already": (
        "The security is bound already",
        "Nothing is to be done.",
    ),
    "token-in-use": (
        "The security uses this registry",
        "Move it to another one first.",
    ),
    "token-not-bound": (
        "The security is not bound here",
        "See `boundTokens`.",
    ),
    "token-without-code": (
        "There is no contract at that address",
        "Check the address.",
    ),
    "too-many-issuers": (
        "25 claim issuers are trusted already",
        "Remove one first.",
    ),
    "too-many-registries": (
        "32 registries are bound already",
        "Unbind one first.",
    ),
    "too-many-tokens": (
        "32 securities are bound already",
        "Use a registry of its own.",
    ),
    "too-many-topics": (
        "15 claim topics are required already",
        "Remove one first.",
    ),
    "too-many-wallets": (
        "The investor has 256 wallets already",
        "Remove one first.",
    ),
    "topic-known-already": (
        "The claim topic is required already",
        "Nothing is to be done.",
    ),
    "topic-unknown": (
        "That claim topic is not required",
        "See `getClaimTopics`.",
    ),
    "units-held": (
        "The wallet still holds units",
        "Move them first.",
    ),
    "wallet-of-another-investor": (
        "The wallet belongs to somebody else",
        "Name one of his own.",
    ),
    "wallet-unknown": (
        "The wallet is not registered",
        "Admit the investor first.",
    ),
    "window-out-of-range": (
        "The window has 1 to 255 days",
        "Name its days.",
    ),
}
