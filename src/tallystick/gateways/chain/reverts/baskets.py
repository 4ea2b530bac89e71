"""Reasons of baskets."""

from __future__ import annotations

REVERTS: dict[str, tuple[str, str]] = {
    "asset-is-itself": (
        "A basket cannot hold its own units",
        "Name another asset.",
    ),
    "asset-not-whole": (
        "More of the asset left than was handed out",
        "Ask who issues it why; keep it out of baskets until then.",
    ),
    "asset-refused": (
        "An asset did not move to the receiver",
        "Ask who issues it why; redeem for another receiver, or do without it: `--forgo`.",
    ),
    "asset-twice": (
        "The asset is there already",
        "Name it once.",
    ),
    "asset-unknown": (
        "The basket has no such asset",
        "See `basket show`.",
    ),
    "asset-unreadable": (
        "An asset does not say how much of it there is, or was exchanged for another one",
        "`basket replace` counts the other one; `--forgo` does without it.",
    ),
    "asset-without-code": (
        "There is no contract at the address of the asset",
        "Check the address.",
    ),
    "assets-differ": (
        "The basket holds other assets than were named, or in another order",
        "Ask for a new quotation: `basket show`.",
    ),
    "basket-in-use": (
        "The basket has units",
        "The first composition is stated while there are none.",
    ),
    "brings-less": (
        "The units bring less than was asked for at the least",
        "Ask for a new quotation, and try again.",
    ),
    "costs-more": (
        "The units cost more than was offered at the most",
        "Ask for a new quotation, and try again.",
    ),
    "creation-closed": (
        "Nobody can create units at present",
        "Wait until the manager opens it again.",
    ),
    "creation-unknown": (
        "There is no such way of creation",
        "Name 0 for nobody, 1 for participants, 2 for anybody.",
    ),
    "document-empty": (
        "A document must be named",
        "Give its hash.",
    ),
    "fee-raised": (
        "Fees can only be lowered",
        "State none above that of today.",
    ),
    "fee-too-high": (
        "A fee is above what the contract allows",
        "Levies are 5% at most, the manager's fee is 10% a year.",
    ),
    "insufficient-assets": (
        "The basket has not so much of it",
        "Withdraw the trade, and offer a smaller one.",
    ),
    "lot-out-of-range": (
        "The lot is zero or beyond all bounds",
        "Check it.",
    ),
    "no-fee-due": (
        "Not a whole unit of fee is due",
        "Wait until one is.",
    ),
    "not-a-participant": (
        "Only participants may create units",
        "Ask the manager to be made one.",
    ),
    "not-exchanged": (
        "Not all units were exchanged for those of another security",
        "End the exchange first.",
    ),
    "not-the-counterparty": (
        "The trade was offered to somebody else",
        "Ask the manager to offer you one.",
    ),
    "not-the-implementation": (
        "A basket makes no other basket",
        "Ask the implementation.",
    ),
    "not-whole-lots": (
        "Units are created in whole lots",
        "Name a multiple of the lot: `basket show`.",
    ),
    "nothing-brought": (
        "The units would cost or bring nothing",
        "Name more of them, or ask the manager what is behind them.",
    ),
    "nothing-issued": (
        "All of the units would be the levy",
        "Create more of them.",
    ),
    "nothing-traded": (
        "The trade moves nothing",
        "Name what is given or taken.",
    ),
    "receiver-empty": (
        "Somebody must receive the fee",
        "Name a wallet.",
    ),
    "too-many-assets": (
        "A basket has 32 assets at most",
        "Take one out first.",
    ),
    "trade-expired": (
        "The trade was open until a time that has passed",
        "Offer it anew.",
    ),
    "trade-not-offered": (
        "No such trade is offered, or it was taken",
        "See `basket trades`.",
    ),
    "trade-offered-already": (
        "The same trade is offered already",
        "Give it another salt.",
    ),
    "units-locked": (
        "Units within their holding period cannot be redeemed",
        "Wait until they are unlocked.",
    ),
    "units-out-of-range": (
        "The number of units is zero or beyond all bounds",
        "Check it.",
    ),
}
