"""Reasons of what services securities: distributions, offerings, meetings, anchors, and money."""

from __future__ import annotations

REVERTS: dict[str, tuple[str, str]] = {
    "above-his-limit": (
        "He may not pay so much in all",
        "Subscribe for less.",
    ),
    "above-the-maximum": (
        "Nobody may subscribe for so many lots",
        "Subscribe for fewer.",
    ),
    "amount-out-of-range": (
        "The amount is zero or beyond all bounds",
        "Check the amount.",
    ),
    "announced-already": (
        "This distribution was announced before",
        "Nothing is to be done.",
    ),
    "announcement-differs": (
        "The announcement is not that of the distribution",
        "Look it up anew.",
    ),
    "answer-not-due": (
        "The holder may still be shown his place",
        "Wait until then.",
    ),
    "below-the-minimum": (
        "Nobody may subscribe for so few lots",
        "Subscribe for more.",
    ),
    "cash-not-whole": (
        "The cash token kept a part of the money",
        "Pay in a token that keeps none.",
    ),
    "cash-refused": (
        "The cash token did not move the money",
        "Ask why, and try again.",
    ),
    "cash-without-code": (
        "There is no contract at the address of the cash",
        "Check the address.",
    ),
    "class-twice": ("A class stands there twice", "Name it once."),
    "class-unknown": (
        "The meeting has no such class",
        "See `meeting show`.",
    ),
    "demanded-already": (
        "The holder asked before",
        "Wait until he is answered.",
    ),
    "escrow-and-cash": (
        "With an escrow agent outside no cash is kept here",
        "Name one of the two.",
    ),
    "expires-too-early": (
        "It would expire before it can be paid",
        "Name a later time.",
    ),
    "hash-empty": ("Nothing is stated by the empty hash", "State the hash of something."),
    "instruction-expired": (
        "The holder's instruction has expired",
        "Have a new one signed.",
    ),
    "item-malformed": (
        "An item of the meeting makes no sense",
        "Check options, seats and majority.",
    ),
    "item-unknown": (
        "The meeting has no such item",
        "See `meeting show`.",
    ),
    "kind-out-of-range": ("What is stated has a kind of 1 to 65535", "Check its kind."),
    "limit-not-stated": (
        "Who is not accredited needs a limit",
        "Have the officer state how much he may pay.",
    ),
    "list-not-shown-wrong": (
        "What was shown does not make the list wrong",
        "Compare it again.",
    ),
    "list-without-root": (
        "A list of holders needs its root",
        "Compute it from the register.",
    ),
    "lots-out-of-range": (
        "The numbers of lots make no sense",
        "Check them.",
    ),
    "meeting-called-already": (
        "This meeting was called before",
        "Nothing is to be done.",
    ),
    "meeting-closed": (
        "The meeting has closed",
        "Its votes stand.",
    ),
    "meeting-not-open": (
        "The meeting is not open yet",
        "Wait until it opens.",
    ),
    "meeting-open": (
        "The meeting goes on",
        "Wait until it closes.",
    ),
    "meeting-unknown": (
        "There is no such meeting, or it was cancelled",
        "See `meeting list`.",
    ),
    "meeting-without-items": (
        "A meeting needs classes that vote, and items",
        "Name at least one.",
    ),
    "meeting-without-time": (
        "A meeting closes after it opens, and later than now",
        "Check the times.",
    ),
    "more-than-his-votes": (
        "He has not so many votes",
        "Cast fewer.",
    ),
    "neither-holder-nor-proxy": (
        "Only the holder or his proxy votes",
        "Have him vote or appoint.",
    ),
    "neither-investor-nor-payer": (
        "Only who subscribed or paid may withdraw",
        "Use such a key.",
    ),
    "neither-officer-nor-agent": (
        "Only an officer or an agent may stop it",
        "Use such a key.",
    ),
    "neither-receiver-nor-payer": (
        "Only who receives or pays may ask for it",
        "Use such a key.",
    ),
    "no-record-date": (
        "It has no record date on the chain",
        "Compare it with the register instead.",
    ),
    "no-such-price": (
        "There is no price for so many lots now",
        "Subscribe for fewer, or later.",
    ),
    "not-a-holder": (
        "He held no units at the record date",
        "Nothing is owed to him.",
    ),
    "not-a-home-wallet": (
        "That is not the home wallet of an investor",
        "Name his home wallet.",
    ),
    "not-announced": (
        "It was not announced, or its list is known",
        "See its state.",
    ),
    "not-at-an-end": (
        "That place is not at an end of the list",
        "Show the first or the last one.",
    ),
    "not-between": (
        "The wallet does not lie between those places",
        "Show the places beside it.",
    ),
    "not-demanded": (
        "The holder asked for nothing that is not answered",
        "Nothing is to be done.",
    ),
    "not-escrow": (
        "Only the escrow agent states payments here",
        "Have him do it.",
    ),
    "not-expired": (
        "It has not expired",
        "Wait until it has.",
    ),
    "not-neighbours": (
        "The two places do not follow each other",
        "Show neighbours.",
    ),
    "not-open-yet": (
        "Its list can still be challenged",
        "Wait until payment opens.",
    ),
    "not-payer": (
        "Only who pays it may do that",
        "Use the payer's key.",
    ),
    "not-published": (
        "It is not being paid",
        "See its state.",
    ),
    "not-subscribed": (
        "He has not subscribed",
        "Nothing is to be done.",
    ),
    "not-the-holder": (
        "That wallet is not one of the holder's in use",
        "Name one of his own.",
    ),
    "nothing-is-withheld": (
        "Nothing is withheld in it",
        "Leave the withholding out.",
    ),
    "nothing-owed-to-payer": (
        "Nothing is owed to the payer",
        "Nothing is to be done.",
    ),
    "nothing-to-collect": (
        "The issuer is owed nothing",
        "Settle subscriptions first.",
    ),
    "nothing-to-refund": (
        "Nothing is owed back",
        "See where the offering stands.",
    ),
    "offering-differs": (
        "That is signed for another offering",
        "Have it signed anew.",
    ),
    "offering-goes-on": (
        "The offering goes on",
        "Wait until it closes.",
    ),
    "offering-no-agent": (
        "The offering may not issue units",
        "Have the owner make it an agent of the security.",
    ),
    "offering-not-in-review": (
        "The offering is not in review",
        "`offering show` tells where it stands.",
    ),
    "offering-not-open": (
        "The offering is not open",
        "See where it stands.",
    ),
    "offering-not-settling": (
        "The offering is not being settled",
        "Close it first.",
    ),
    "offering-opened-already": (
        "This offering was opened before",
        "Nothing is to be done.",
    ),
    "offering-sold-out": (
        "There are not so many lots left",
        "Subscribe for fewer.",
    ),
    "offering-without-price": (
        "An offering needs a price",
        "Name at least one.",
    ),
    "offering-without-time": (
        "An offering closes after it opens, and later than now",
        "Check the times.",
    ),
    "open-already": (
        "Payment has begun",
        "It can no longer be stopped.",
    ),
    "page-not-aligned": (
        "A page begins at a multiple of its size",
        "Choose another beginning.",
    ),
    "paid-already": (
        "This holder was paid",
        "Nothing is to be done.",
    ),
    "payer-differs": (
        "Somebody else has paid for this investor",
        "Let him pay again, or withdraw.",
    ),
    "place-beyond-the-list": (
        "There is no such place in the list",
        "Look it up anew.",
    ),
    "previous-vote-differs": (
        "The vote that this one replaces is another",
        "Look it up first.",
    ),
    "price-differs": (
        "The lots cost something else now",
        "Ask for the price again.",
    ),
    "proof-wrong": (
        "The proof does not lead to the root of the list",
        "Compute it anew.",
    ),
    "record-date-differs": (
        "Another record date was set meanwhile",
        "Announce it anew.",
    ),
    "record-date-passed": (
        "The record date has passed meanwhile",
        "Announce it anew.",
    ),
    "refresh-first": (
        "Counters of investors wait to be refreshed",
        "Run `holders refresh`, which anybody may, first.",
    ),
    "refund-first": (
        "He is still owed what he paid before",
        "Have it paid back first.",
    ),
    "registry-differs": (
        "The security has another registry",
        "Name its own.",
    ),
    "signature-used": (
        "The signature was used",
        "Have a new one signed.",
    ),
    "subscribed-already": (
        "He subscribed with another of his wallets",
        "Use that one; if it was lost, recover it.",
    ),
    "taken-more-than-owed": (
        "More would be paid elsewhere than is owed",
        "Check the amount.",
    ),
    "too-late-to-withdraw": (
        "The time for withdrawing is over",
        "The subscription stands.",
    ),
    "too-little-gas": (
        "A payment needs more gas than was left",
        "Send it with more gas.",
    ),
    "too-many-holders": (
        "A list has 1 to 524,288 holders",
        "Divide the distribution.",
    ),
    "total-differs": (
        "The list does not add up to the units held then",
        "Compute it anew.",
    ),
    "total-out-of-range": (
        "The units of the list are out of range",
        "Compute it anew.",
    ),
    "treasury-out-of-order": (
        "The issuer's wallets are out of order, or one stands twice",
        "Sort them.",
    ),
    "units-exchanged": (
        "The units are exchanged, or others than were offered",
        "Cancel the offering, and offer the new units.",
    ),
    "votes-out-of-range": (
        "A unit has 1 to 2**64 - 1 votes",
        "Check the votes of the class.",
    ),
    "wallet-not-retired": (
        "That wallet was not reported lost",
        "Recover it first.",
    ),
    "withheld-more-than-owed": (
        "More would be withheld than is owed",
        "Compute it anew.",
    ),
    "withholding-proof-missing": (
        "It is paid less what is withheld",
        "Have the payer pay it.",
    ),
    "withholding-proof-wrong": (
        "That is not what is withheld of him",
        "Compute it anew.",
    ),
}
