"""Refusal codes: the same numbers and names as ERC-1404 codes on chain (`codes.vy`)."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """Why a movement is refused. Of several that apply the chain reports the lowest.

    35 was `country-denied`, which is `country-not-allowed` since.
    """

    ALLOWED = 0
    PAUSED = 1
    VENUE_NOT_ALLOWED = 2
    SENDER_FROZEN = 10
    SENDER_RETIRED = 11
    UNITS_FROZEN = 12
    LOCK_UP = 13
    LOT_LOCKED = 14
    AFFILIATE_VOLUME = 15
    UNITS_LEGENDED = 16
    LOCKED_SALE = 17
    UNITS_HELD = 18
    RECEIVER_UNKNOWN = 30
    RECEIVER_RETIRED = 31
    RECEIVER_UNVERIFIED = 32
    RECEIVER_FROZEN = 33
    COUNTRY_NOT_ALLOWED = 34
    NOT_ACCREDITED = 36
    NOT_QUALIFIED = 37
    NOT_INSTITUTIONAL = 38
    NOT_SCREENED = 39
    FLOW_BACK = 40
    NOT_APPROVED = 41
    MAX_BALANCE = 60
    HOLDER_LIMIT = 61
    RETAIL_LIMIT = 62
    RETAIL_LIMIT_STALE = 63
    LOT_SIZE = 64
    REST_BELOW_MINIMUM = 65
    BELOW_MINIMUM = 66
    MAX_SHARE = 67
    COUNTRY_LIMIT = 68
    SUPPLY_CAP = 100
    MODULE_REFUSED = 120
    INSUFFICIENT_BALANCE = 200
    ISSUER_HOLDER_LIMIT = 211
    ISSUER_RETAIL_LIMIT = 212
    ISSUER_LIMIT_STALE = 213
    PURCHASER_LIMIT = 214

    @property
    def label(self) -> str:
        """The name on chain and in every answer, such as `holder-limit`."""
        return self.name.lower().replace("_", "-")


class OfferingCode(IntEnum):
    """Why money or an addressee of an offering is refused. The chain does not see these."""

    OFFEREE_LIMIT = 301
    RAISE_LIMIT = 302
    INVESTMENT_LIMIT = 303

    @property
    def label(self) -> str:
        """The name in every answer, such as `offeree-limit`."""
        return self.name.lower().replace("_", "-")


BY_LABEL = {code.label: code for code in Code}
LABELS = {code.value: code.label for code in (*Code, *OfferingCode)}
