# pragma version 0.4.3
"""
@title Investor record
@license Apache-2.0
@notice One 256-bit word per registered wallet. For an investor's home wallet, lowest first:
          0..47   investor number, random per issuer
         48..55   index of the country of residence (0: none stated)
         56..183  eight claims, 16 bits each: the UTC day from which the claim no longer
                  holds (0: no claim, 65535: no end)
        184..191  classes of this issuer in which the investor holds units
        192..199  tier he is counted in, over all classes of the issuer
        200..215  day on which the claim behind that tier expires (0: not tracked)
        216..223  further wallets linked to this one
        224..227  flags
        228..239  owners that he counts as with the issuer (0: one, 4095: none)
        240..251  owners that he is counted as
        252..254  flags
        For any further wallet: bits 0..159 are the home wallet, 224..255 flags.
"""

NUMBER: constant(uint256) = 2**48 - 1
COUNTRY_AT: constant(uint256) = 48
COUNTRY: constant(uint256) = 255 << 48
CLAIMS_AT: constant(uint256) = 56
CLAIMS: constant(uint256) = (2**128 - 1) << 56
CLASSES_AT: constant(uint256) = 184
CLASSES: constant(uint256) = 255 << 184
TIER_AT: constant(uint256) = 192
TIER: constant(uint256) = 255 << 192
EXPIRY_AT: constant(uint256) = 200
EXPIRY: constant(uint256) = 65535 << 200
LINKS_AT: constant(uint256) = 216
LINKS: constant(uint256) = 255 << 216

REGISTERED: constant(uint256) = 1 << 224
LINKED: constant(uint256) = 1 << 225
RETIRED: constant(uint256) = 1 << 226
LIVE: constant(uint256) = 1 << 227

OWNERS_AT: constant(uint256) = 228
OWNERS: constant(uint256) = 4095 << 228
OWNERS_COUNTED_AT: constant(uint256) = 240
OWNERS_COUNTED: constant(uint256) = 4095 << 240
NO_OWNER: constant(uint256) = 4095
# Acquires on approval of the officer only: a fund whose holders might have to be counted, say.
WATCHED: constant(uint256) = 1 << 252
# Holds by death or divorce of another alone, and is counted as that other.
INHERITED: constant(uint256) = 1 << 253
# Others are counted as him, be it that he holds nothing any more.
HAS_HEIRS: constant(uint256) = 1 << 254

# What an agent states; everything else in a record is kept by the registry itself.
STATED: constant(uint256) = NUMBER | COUNTRY | CLAIMS | OWNERS | WATCHED

# Claims by slot. The first six are used by rules of this version.
VERIFIED: constant(uint256) = 0
ACCREDITED: constant(uint256) = 1
QUALIFIED_PURCHASER: constant(uint256) = 2
INSTITUTIONAL_BUYER: constant(uint256) = 3
# Screened against lists of sanctions, without a match.
SCREENED: constant(uint256) = 4
# An affiliate of the issuer, or one within three months.
AFFILIATE: constant(uint256) = 5

FOREVER: constant(uint256) = 65535
DAY: constant(uint256) = 86400


@internal
@view
def _today() -> uint256:
    return block.timestamp // DAY


@internal
@view
def _due() -> uint256:
    """
    @notice The last day on which a claim ends that no longer holds: a claim holds if its expiry is
            later, which one without end is for ever.
    """
    return min(unsafe_div(block.timestamp, DAY), FOREVER - 1)


@internal
@pure
def _holds(record: uint256, claim: uint256, due: uint256) -> bool:
    """
    @notice Whether a claim holds. A claim ends at 00:00 UTC of its expiry day.
    @param due as `_due` gives it
    """
    return (record >> unsafe_add(CLAIMS_AT, unsafe_mul(claim, 16))) & FOREVER > due


@internal
@pure
def _tier_of(record: uint256, due: uint256) -> (uint256, uint256):
    """
    @notice The tier an investor counts in and the day on which the claim behind it expires.
    @param due as `_due` gives it
    @return 3 institutional buyer, 2 qualified purchaser, 1 accredited, 0 none of them
    """
    claim: uint256 = INSTITUTIONAL_BUYER
    for i: uint256 in range(3):
        expiry: uint256 = (record >> unsafe_add(CLAIMS_AT, unsafe_mul(claim, 16))) & FOREVER
        if expiry > due:
            return claim, expiry
        claim = unsafe_sub(claim, 1)
    return 0, 0


@internal
@pure
def _owners(record: uint256) -> uint256:
    """
    @notice Owners that an investor counts as over all classes of the issuer.
    """
    owners: uint256 = (record >> OWNERS_AT) & NO_OWNER
    return 0 if owners == NO_OWNER else max(owners, 1)
