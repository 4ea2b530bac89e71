# pragma version 0.4.3
"""
@title Refusal codes
@license Apache-2.0
@notice ERC-1404 restriction codes. Of several that apply the chain reports the lowest; Python
        reports all. Tens: 0 the security, 1 the sender, 3 the receiver, 6 limits, 10 supply,
        12 modules, 20 the balance, 21 the issuer.
"""

ALLOWED: constant(uint256) = 0
# Allowed, but only because the compliance officer approved just this movement. No code of ERC-1404.
ON_APPROVAL: constant(uint256) = 256
PAUSED: constant(uint256) = 1
VENUE_NOT_ALLOWED: constant(uint256) = 2
SENDER_FROZEN: constant(uint256) = 10
SENDER_RETIRED: constant(uint256) = 11
UNITS_FROZEN: constant(uint256) = 12
LOCK_UP: constant(uint256) = 13
LOT_LOCKED: constant(uint256) = 14
AFFILIATE_VOLUME: constant(uint256) = 15
UNITS_LEGENDED: constant(uint256) = 16
LOCKED_SALE: constant(uint256) = 17
UNITS_HELD: constant(uint256) = 18
RECEIVER_UNKNOWN: constant(uint256) = 30
RECEIVER_RETIRED: constant(uint256) = 31
RECEIVER_UNVERIFIED: constant(uint256) = 32
RECEIVER_FROZEN: constant(uint256) = 33
COUNTRY_NOT_ALLOWED: constant(uint256) = 34
NOT_ACCREDITED: constant(uint256) = 36
NOT_QUALIFIED: constant(uint256) = 37
NOT_INSTITUTIONAL: constant(uint256) = 38
NOT_SCREENED: constant(uint256) = 39
FLOW_BACK: constant(uint256) = 40
NOT_APPROVED: constant(uint256) = 41
MAX_BALANCE: constant(uint256) = 60
HOLDER_LIMIT: constant(uint256) = 61
RETAIL_LIMIT: constant(uint256) = 62
RETAIL_LIMIT_STALE: constant(uint256) = 63
LOT_SIZE: constant(uint256) = 64
REST_BELOW_MINIMUM: constant(uint256) = 65
BELOW_MINIMUM: constant(uint256) = 66
MAX_SHARE: constant(uint256) = 67
COUNTRY_LIMIT: constant(uint256) = 68
SUPPLY_CAP: constant(uint256) = 100
MODULE_REFUSED: constant(uint256) = 120
INSUFFICIENT_BALANCE: constant(uint256) = 200
ISSUER_HOLDER_LIMIT: constant(uint256) = 211
ISSUER_RETAIL_LIMIT: constant(uint256) = 212
ISSUER_LIMIT_STALE: constant(uint256) = 213
PURCHASER_LIMIT: constant(uint256) = 214


@internal
@pure
def _name(code: uint256) -> String[32]:
    """
    @notice The name of a code, which is also the revert reason.
    """
    if code < 30:
        if code == PAUSED:
            return "paused"
        if code == VENUE_NOT_ALLOWED:
            return "venue-not-allowed"
        if code == SENDER_FROZEN:
            return "sender-frozen"
        if code == SENDER_RETIRED:
            return "sender-retired"
        if code == UNITS_FROZEN:
            return "units-frozen"
        if code == LOCK_UP:
            return "lock-up"
        if code == LOT_LOCKED:
            return "lot-locked"
        if code == AFFILIATE_VOLUME:
            return "affiliate-volume"
        if code == UNITS_LEGENDED:
            return "units-legended"
        if code == LOCKED_SALE:
            return "locked-sale"
        if code == UNITS_HELD:
            return "units-held"
        return ""
    if code < 60:
        if code == RECEIVER_UNKNOWN:
            return "receiver-unknown"
        if code == RECEIVER_RETIRED:
            return "receiver-retired"
        if code == RECEIVER_UNVERIFIED:
            return "receiver-unverified"
        if code == RECEIVER_FROZEN:
            return "receiver-frozen"
        if code == COUNTRY_NOT_ALLOWED:
            return "country-not-allowed"
        if code == NOT_ACCREDITED:
            return "not-accredited"
        if code == NOT_QUALIFIED:
            return "not-qualified"
        if code == NOT_INSTITUTIONAL:
            return "not-institutional"
        if code == NOT_SCREENED:
            return "not-screened"
        if code == FLOW_BACK:
            return "flow-back"
        if code == NOT_APPROVED:
            return "not-approved"
        return ""
    if code == MAX_BALANCE:
        return "max-balance"
    if code == HOLDER_LIMIT:
        return "holder-limit"
    if code == RETAIL_LIMIT:
        return "retail-limit"
    if code == RETAIL_LIMIT_STALE:
        return "retail-limit-stale"
    if code == LOT_SIZE:
        return "lot-size"
    if code == REST_BELOW_MINIMUM:
        return "rest-below-minimum"
    if code == BELOW_MINIMUM:
        return "below-minimum"
    if code == MAX_SHARE:
        return "max-share"
    if code == COUNTRY_LIMIT:
        return "country-limit"
    if code == SUPPLY_CAP:
        return "supply-cap"
    if code == MODULE_REFUSED:
        return "module-refused"
    if code == INSUFFICIENT_BALANCE:
        return "insufficient-balance"
    if code == ISSUER_HOLDER_LIMIT:
        return "issuer-holder-limit"
    if code == ISSUER_RETAIL_LIMIT:
        return "issuer-retail-limit"
    if code == ISSUER_LIMIT_STALE:
        return "issuer-limit-stale"
    if code == PURCHASER_LIMIT:
        return "purchaser-limit"
    return ""
