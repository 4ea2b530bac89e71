"""What the contracts mean by the reasons for which they revert, and how to mend it.

Refusals by the rules are in `securities.codes`; these are all the others. A test holds the table
against the contracts' sources.
"""

from __future__ import annotations

REVERTS: dict[str, tuple[str, str]] = {
    "above-his-limit": (
        "He may not pay so much in all",
        "Subscribe for less.",
    ),
    "above-the-limit": (
        "More of the currency than one signature may pay within a day",
        "Have others sign it: `council proposals` shows it.",
    ),
    "above-the-maximum": (
        "Nobody may subscribe for so many lots",
        "Subscribe for fewer.",
    ),
    "acquired-in-the-future": (
        "A lot cannot have been acquired later than now",
        "Check its date.",
    ),
    "amount-out-of-range": (
        "The amount is zero or beyond all bounds",
        "Check the amount.",
    ),
    "amount-too-large": (
        "The amount is beyond what a security can hold",
        "Check the quantity.",
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
    "answer-too-long": (
        "A view answered with more than it may",
        "Report it: it is a defect.",
    ),
    "approval-missing": (
        "There is no such approval",
        "See the list of approvals.",
    ),
    "approval-over": (
        "The approval would be over already",
        "Name a later time.",
    ),
    "asset-id-empty": (
        "The security has no asset id",
        "Issue it from its terms.",
    ),
    "authorization-expired": (
        "The signed authorization has expired",
        "Have it signed anew.",
    ),
    "authorization-not-yet-valid": (
        "The signed authorization is not valid yet",
        "Wait.",
    ),
    "authorization-used": (
        "The authorization was used or cancelled",
        "Have a new one signed.",
    ),
    "below-the-minimum": (
        "Nobody may subscribe for so few lots",
        "Subscribe for more.",
    ),
    "bound-to-itself": (
        "A security is its own compliance and stays so",
        "Bind modules instead.",
    ),
    "call-data-too-short": (
        "A call of a module needs at least a selector",
        "Encode the call.",
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
    "claim-unknown": (
        "There is no such claim",
        "Use a claim of the table in the docs.",
    ),
    "class-twice": ("A class stands there twice", "Name it once."),
    "class-unknown": (
        "The meeting has no such class",
        "See `meeting show`.",
    ),
    "compliance-set-already": (
        "This compliance is in use already",
        "Nothing is to be done.",
    ),
    "compliance-without-code": (
        "There is no contract at that address",
        "Check the address.",
    ),
    "country-allowed-and-denied": (
        "A country is allowed and denied at once",
        "Choose one.",
    ),
    "country-limits-used-up": (
        "Holders of one country were limited 255 times anew",
        "Keep the limit as it is.",
    ),
    "country-unknown": (
        "ISO 3166-1 has no such country",
        "Use its numeric code.",
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
    "demanded-already": (
        "The holder asked before",
        "Wait until he is answered.",
    ),
    "empty-address": (
        "The empty address cannot hold this place",
        "Name an account.",
    ),
    "escrow-and-cash": (
        "With an escrow agent outside no cash is kept here",
        "Name one of the two.",
    ),
    "exchange-ahead": (
        "The exchange may not begin yet",
        "Wait until the time that was announced.",
    ),
    "exchange-announced-already": (
        "An exchange is announced already",
        "Withdraw that one first.",
    ),
    "exchange-ended": (
        "The exchange has ended",
        "Nothing is to be done.",
    ),
    "exchange-under-way": (
        "Units are being exchanged, or went over to another security",
        "Wait until it has ended, or act on the other security.",
    ),
    "exchanged-already": (
        "The units of an investor were exchanged already",
        "Leave him out.",
    ),
    "executed-already": (
        "The proposal was carried out",
        "Propose the act anew if it is to be done again.",
    ),
    "exemption-unknown": (
        "There is no such exemption",
        "Use one of the table in the docs.",
    ),
    "expires-too-early": (
        "It would expire before it can be paid",
        "Name a later time.",
    ),
    "expiry-out-of-range": (
        "The expiry day is out of range",
        "Name a date before 2149, or never.",
    ),
    "group-unknown": (
        "There are 32 groups",
        "Use one of them.",
    ),
    "hash-empty": ("Nothing is stated by the empty hash", "State the hash of something."),
    "heirs-counted-as-him": (
        "Others hold units by his death or divorce and are counted as him",
        "Keep him until none of them is left.",
    ),
    "history-too-long": (
        "The wallet changed after too many record dates",
        "Ask the indexer.",
    ),
    "identity-differs": (
        "The identity named is not that of the lost wallet",
        "Look it up first.",
    ),
    "identity-of-another-investor": (
        "That identity belongs to somebody else",
        "Link the wallet.",
    ),
    "initialised-already": (
        "A security is set up once, by the factory",
        "Issue another one.",
    ),
    "instruction-expired": (
        "The holder's instruction has expired",
        "Have a new one signed.",
    ),
    "insufficient-allowance": (
        "The owner has not approved so much",
        "Have it approved.",
    ),
    "insufficient-balance": (
        "The wallet does not hold so much",
        "Name a smaller quantity.",
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
    "item-malformed": (
        "An item of the meeting makes no sense",
        "Check options, seats and majority.",
    ),
    "item-unknown": (
        "The meeting has no such item",
        "See `meeting show`.",
    ),
    "joined-already": (
        "The security counts with the issuer already",
        "Nothing is to be done.",
    ),
    "kind-out-of-range": ("What is stated has a kind of 1 to 65535", "Check its kind."),
    "kind-unknown": (
        "There is no such declared movement",
        "Use one of the table in the docs.",
    ),
    "lengths-differ": (
        "The lists of a batch differ in length",
        "Give one entry each.",
    ),
    "limit-incomplete": (
        "A payment's policy says where the amount is and who may make a small one",
        "State both, or neither.",
    ),
    "limit-not-stated": (
        "Who is not accredited needs a limit",
        "Have the officer state how much he may pay.",
    ),
    "limit-too-large": (
        "The limit is beyond what can be counted",
        "Leave it out for no limit.",
    ),
    "linked-wallets-first": (
        "The investor has further wallets",
        "Remove those first.",
    ),
    "list-not-shown-wrong": (
        "What was shown does not make the list wrong",
        "Compare it again.",
    ),
    "list-without-root": (
        "A list of holders needs its root",
        "Compute it from the register.",
    ),
    "lot-size-zero": (
        "A lot holds at least one unit",
        "Name its size, or leave the rule out.",
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
    "module-bound-already": (
        "The module is bound already",
        "Nothing is to be done.",
    ),
    "module-not-bound": (
        "The module is not bound",
        "See `getModules`.",
    ),
    "module-not-ready": (
        "The module says that it cannot be bound yet",
        "Set it up first.",
    ),
    "module-without-code": (
        "There is no contract at that address",
        "Check the address.",
    ),
    "more-than-his-votes": (
        "He has not so many votes",
        "Cast fewer.",
    ),
    "name-empty": (
        "The name is empty",
        "Name the security.",
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
    "no-exchange": (
        "No exchange is announced or under way",
        "Announce one first.",
    ),
    "no-record-date": (
        "It has no record date on the chain",
        "Compare it with the register instead.",
    ),
    "no-record-date-ahead": (
        "No record date is ahead",
        "Only one that is ahead can be withdrawn.",
    ),
    "no-such-price": (
        "There is no price for so many lots now",
        "Subscribe for fewer, or later.",
    ),
    "not-a-bound-token": (
        "Only securities of this registry may do that",
        "Bind it first.",
    ),
    "not-a-holder": (
        "He held no units at the record date",
        "Nothing is owed to him.",
    ),
    "not-a-home-wallet": (
        "That is not the home wallet of an investor",
        "Name his home wallet.",
    ),
    "not-a-member": (
        "The account is not a member of the council",
        "Use a member's key, or have the council take it in.",
    ),
    "not-a-predecessor": (
        "That security may not be exchanged for this one",
        "Have the officer open this one to it.",
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
    "not-announced": (
        "It was not announced, or its list is known",
        "See its state.",
    ),
    "not-approved": (
        "The member had not agreed",
        "Nothing is to be revoked.",
    ),
    "not-at-an-end": (
        "That place is not at an end of the list",
        "Show the first or the last one.",
    ),
    "not-between": (
        "The wallet does not lie between those places",
        "Show the places beside it.",
    ),
    "not-bound-by-the-registry": (
        "That registry does not know this security",
        "Bind it first.",
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
    "not-officer": (
        "The account is not a compliance officer here",
        "Use the officer's key.",
    ),
    "not-open-yet": (
        "Its list can still be challenged",
        "Wait until payment opens.",
    ),
    "not-owner": (
        "The account is not the owner here",
        "Use the owner's key.",
    ),
    "not-owner-of-the-registry": (
        "Only the owner of a registry issues into it",
        "Use that key.",
    ),
    "not-paused": (
        "The security is not paused",
        "Nothing is to be done.",
    ),
    "not-payable": (
        "A security takes no money",
        "Send none along.",
    ),
    "not-payer": (
        "Only who pays it may do that",
        "Use the payer's key.",
    ),
    "not-published": (
        "It is not being paid",
        "See its state.",
    ),
    "not-so-much-frozen": (
        "Less is frozen than shall be unfrozen",
        "Name a smaller quantity.",
    ),
    "not-so-much-legended": (
        "Fewer units bear a legend",
        "Name a smaller quantity.",
    ),
    "not-subscribed": (
        "He has not subscribed",
        "Nothing is to be done.",
    ),
    "not-the-council": (
        "A council is changed by its own call alone",
        "Propose the change to it.",
    ),
    "not-the-holder": (
        "That wallet is not one of the holder's in use",
        "Name one of his own.",
    ),
    "not-the-pending-owner": (
        "The ownership was not offered to this account",
        "Have it offered.",
    ),
    "not-the-receiver": (
        "Only its receiver may submit this payment",
        "Let him submit it.",
    ),
    "not-the-registry": (
        "Only the registry counts investors anew",
        "Ask it to `refresh`.",
    ),
    "not-the-token": (
        "Only the security itself may call that",
        "Leave it to the security.",
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
    "nothing-to-enrol": (
        "All holders are counted with the issuer",
        "Nothing is to be done.",
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
    "out-of-gas": ("The transaction ran out of gas", "Run the command again."),
    "page-not-aligned": (
        "A page begins at a multiple of its size",
        "Choose another beginning.",
    ),
    "paid-already": (
        "This holder was paid",
        "Nothing is to be done.",
    ),
    "paused-already": (
        "The security is paused already",
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
    "place-out-of-range": (
        "Amount and currency stand within the first eight words",
        "Check where the amount is.",
    ),
    "policy-out-of-reach": (
        "Not even all members together could fulfil a policy",
        "Take in the members that it asks for first, or ask for less.",
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
    "ratio-out-of-range": (
        "A ratio is made of numbers from 1 to 2**32 - 1",
        "Choose another ratio.",
    ),
    "reason-code-out-of-range": (
        "The reason has no valid code",
        "Use one of the table.",
    ),
    "reason-kind-unknown": (
        "There is no such kind of act",
        "Use one of the table in the docs.",
    ),
    "reason-missing": (
        "No reason was stated for exactly this act",
        "Let the officer state one.",
    ),
    "reason-without-document": (
        "A reason needs the hash of a document",
        "Name the document.",
    ),
    "record-date-ahead": (
        "That record date has not passed",
        "Wait until it has.",
    ),
    "record-date-differs": (
        "Another record date was set meanwhile",
        "Announce it anew.",
    ),
    "record-date-out-of-order": (
        "A later record date is set already",
        "Choose a later time.",
    ),
    "record-date-passed": (
        "The record date has passed meanwhile",
        "Announce it anew.",
    ),
    "record-date-unknown": (
        "There is no such record date",
        "See `recordDate`.",
    ),
    "record-malformed": (
        "The record says what only the registry may",
        "State claims alone.",
    ),
    "refresh-first": (
        "Counters of investors wait to be refreshed",
        "Run `holders refresh`, which anybody may, first.",
    ),
    "refund-first": (
        "He is still owed what he paid before",
        "Have it paid back first.",
    ),
    "registered-already": (
        "The wallet is registered already",
        "Use another wallet.",
    ),
    "registry-bound-already": (
        "That registry is bound already",
        "Nothing is to be done.",
    ),
    "registry-differs": (
        "The security has another registry",
        "Name its own.",
    ),
    "registry-not-bound": (
        "That registry is not bound",
        "See `linkedIdentityRegistries`.",
    ),
    "registry-of-another-factory": (
        "The registry was not made by this factory",
        "Make one here.",
    ),
    "registry-without-code": (
        "There is no contract at that address",
        "Check the address.",
    ),
    "rule-unknown": (
        "There is no such rule",
        "Use a rule of this version.",
    ),
    "same-wallet": (
        "A wallet cannot replace itself",
        "Name another wallet.",
    ),
    "share-too-large": (
        "A share is at most 10,000 basis points",
        "Name a smaller one.",
    ),
    "signature-expired": (
        "The signature has expired",
        "Have it signed anew.",
    ),
    "signature-invalid": (
        "The signature is not that of the owner for this act",
        "Sign it anew.",
    ),
    "signature-malformed": (
        "The signature has no valid form",
        "Sign it anew.",
    ),
    "signature-used": (
        "The signature was used",
        "Have a new one signed.",
    ),
    "signatures-needed": (
        "Not enough members agree, or not those whom the policy asks",
        "`council proposals` says who is missing.",
    ),
    "storage-is-built-in": (
        "The registry keeps its identities itself",
        "Bind registries to it.",
    ),
    "subscribed-already": (
        "He subscribed with another of his wallets",
        "Use that one; if it was lost, recover it.",
    ),
    "symbol-empty": (
        "The symbol is empty",
        "Name a symbol.",
    ),
    "taken-more-than-owed": (
        "More would be paid elsewhere than is owed",
        "Check the amount.",
    ),
    "time-too-large": (
        "The time is out of range",
        "Check the date.",
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
    "too-late-to-withdraw": (
        "The time for withdrawing is over",
        "The subscription stands.",
    ),
    "too-little-gas": (
        "A payment needs more gas than was left",
        "Send it with more gas.",
    ),
    "too-many-decimals": (
        "A security has at most 18 decimals",
        "Choose fewer.",
    ),
    "too-many-holders": (
        "A list has 1 to 524,288 holders",
        "Divide the distribution.",
    ),
    "too-many-investors": (
        "No more investors can be counted",
        "Report it: they are 16 million.",
    ),
    "too-many-issuers": (
        "25 claim issuers are trusted already",
        "Remove one first.",
    ),
    "too-many-lots": (
        "The lots concerned are too many for one transaction",
        "Issue earlier lots first; force or destroy fewer units at a time.",
    ),
    "too-many-members": (
        "A council has 32 members at most",
        "Let others leave first.",
    ),
    "too-many-modules": (
        "16 modules are bound already",
        "Remove one first.",
    ),
    "too-many-policies": (
        "A council has 128 policies at most",
        "Remove some first.",
    ),
    "too-many-record-dates": (
        "No further record date can be set",
        "Use another security.",
    ),
    "too-many-record-dates-ahead": (
        "16 record dates are ahead already",
        "Wait for one to pass.",
    ),
    "too-many-registries": (
        "32 registries are bound already",
        "Unbind one first.",
    ),
    "too-many-signatures": (
        "No more can agree than a council has members",
        "Ask for fewer signatures.",
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
    "units-held": (
        "The wallet still holds units",
        "Move them first.",
    ),
    "units-left": (
        "Some units are not exchanged yet",
        "Exchange those of everybody first.",
    ),
    "units-outstanding": (
        "Units of the security exist or have existed",
        "Issue another one.",
    ),
    "venue-so-already": (
        "The venue is so already",
        "Nothing is to be done.",
    ),
    "votes-out-of-range": (
        "A unit has 1 to 2**64 - 1 votes",
        "Check the votes of the class.",
    ),
    "wallet-not-retired": (
        "That wallet was not reported lost",
        "Recover it first.",
    ),
    "wallet-of-another-investor": (
        "The wallet belongs to somebody else",
        "Name one of his own.",
    ),
    "wallet-retired": (
        "The wallet was reported lost, for good",
        "Name one that is in use.",
    ),
    "wallet-unknown": (
        "The wallet is not registered",
        "Admit the investor first.",
    ),
    "wallet-without-units": (
        "A wallet has no units, or stands there twice",
        "Leave it out.",
    ),
    "wallets-missing": (
        "A wallet of the investor is missing",
        "Name all of his that have units.",
    ),
    "window-out-of-range": (
        "The window has 1 to 255 days",
        "Name its days.",
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
