"""Reasons for which a security refuses an act, with what they mean and how to mend it."""

from __future__ import annotations

REVERTS: dict[str, tuple[str, str]] = {
    "acquired-in-the-future": (
        "A lot cannot have been acquired later than now",
        "Check its date.",
    ),
    "amount-too-large": (
        "The amount is beyond what a security can hold",
        "Check the quantity.",
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
    "bound-to-itself": (
        "A security is its own compliance and stays so",
        "Bind modules instead.",
    ),
    "call-data-too-short": (
        "A call of a module needs at least a selector",
        "Encode the call.",
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
    "exemption-unknown": (
        "There is no such exemption",
        "Use one of the table in the docs.",
    ),
    "history-too-long": (
        "The wallet changed after too many record dates",
        "Ask the indexer.",
    ),
    "identity-differs": (
        "The identity named is not that of the lost wallet",
        "Look it up first.",
    ),
    "initialised-already": (
        "A security is set up once, by the factory",
        "Issue another one.",
    ),
    "insufficient-allowance": (
        "The owner has not approved so much",
        "Have it approved.",
    ),
    "insufficient-balance": (
        "The wallet does not hold so much",
        "Name a smaller quantity.",
    ),
    "joined-already": (
        "The security counts with the issuer already",
        "Nothing is to be done.",
    ),
    "kind-unknown": (
        "There is no such declared movement",
        "Use one of the table in the docs.",
    ),
    "lengths-differ": (
        "The lists of a batch differ in length",
        "Give one entry each.",
    ),
    "limit-too-large": (
        "The limit is beyond what can be counted",
        "Leave it out for no limit.",
    ),
    "lot-size-zero": (
        "A lot holds at least one unit",
        "Name its size, or leave the rule out.",
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
    "name-empty": (
        "The name is empty",
        "Name the security.",
    ),
    "no-exchange": (
        "No exchange is announced or under way",
        "Announce one first.",
    ),
    "no-record-date-ahead": (
        "No record date is ahead",
        "Only one that is ahead can be withdrawn.",
    ),
    "not-a-bound-token": (
        "Only securities of this registry may do that",
        "Bind it first.",
    ),
    "not-a-predecessor": (
        "That security may not be exchanged for this one",
        "Have the officer open this one to it.",
    ),
    "not-bound-by-the-registry": (
        "That registry does not know this security",
        "Bind it first.",
    ),
    "not-paused": (
        "The security is not paused",
        "Nothing is to be done.",
    ),
    "not-so-much-frozen": (
        "Less is frozen than shall be unfrozen",
        "Name a smaller quantity.",
    ),
    "not-a-venue": (
        "Only venues that the compliance officer allowed hold units",
        "Have it allowed: `venue`.",
    ),
    "not-so-much-held": (
        "Fewer units of the wallet are held for the caller",
        "Name a smaller quantity.",
    ),
    "not-so-much-legended": (
        "Fewer units bear a legend",
        "Name a smaller quantity.",
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
    "nothing-to-enrol": (
        "All holders are counted with the issuer",
        "Nothing is to be done.",
    ),
    "out-of-gas": ("The transaction ran out of gas", "Run the command again."),
    "paused-already": (
        "The security is paused already",
        "Nothing is to be done.",
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
    "record-date-out-of-order": (
        "A later record date is set already",
        "Choose a later time.",
    ),
    "record-date-unknown": (
        "There is no such record date",
        "See `recordDate`.",
    ),
    "registry-without-code": (
        "There is no contract at that address",
        "Check the address.",
    ),
    "rule-unknown": (
        "There is no such rule",
        "Use a rule of this version.",
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
    "symbol-empty": (
        "The symbol is empty",
        "Name a symbol.",
    ),
    "time-too-large": (
        "The time is out of range",
        "Check the date.",
    ),
    "too-many-decimals": (
        "A security has at most 18 decimals",
        "Choose fewer.",
    ),
    "too-many-investors": (
        "No more investors can be counted",
        "Report it: they are 16 million.",
    ),
    "too-many-lots": (
        "The lots concerned are too many for one transaction",
        "Issue earlier lots first; force or destroy fewer units at a time.",
    ),
    "too-many-modules": (
        "16 modules are bound already",
        "Remove one first.",
    ),
    "too-many-record-dates": (
        "No further record date can be set",
        "Use another security.",
    ),
    "too-many-record-dates-ahead": (
        "16 record dates are ahead already",
        "Wait for one to pass.",
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
    "wallet-retired": (
        "The wallet was reported lost, for good",
        "Name one that is in use.",
    ),
    "wallet-without-units": (
        "A wallet has no units, or stands there twice",
        "Leave it out.",
    ),
    "wallets-missing": (
        "A wallet of the investor is missing",
        "Name all of his that have units.",
    ),
}
