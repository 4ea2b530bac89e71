# pragma version 0.4.3
"""
@title Position word
@license Apache-2.0
@notice One 256-bit word per wallet of a security. Bits, lowest first:
          0..111  units held by this wallet
        112..135  number of the last record date that saw this balance
        136..175  time (UTC seconds) at which everything the investor holds is unlocked
        176..183  tier the investor is counted in
        184..191  country index the investor was counted with
        192..207  day on which the claim behind that tier expires (0: not tracked)
        208..223  index of the last lock-up entry
        224..239  index before the first lock-up entry that may still count
        240..255  flags
@dev    From bit 136 on a word describes an investor: it is used in the word of his home wallet,
        the first one he was admitted with, and is zero elsewhere (the frozen flag excepted, which
        a wallet that is not registered may carry, and that of units held, which is a wallet's own).
"""

UNITS: constant(uint256) = 2**112 - 1
SEEN_AT: constant(uint256) = 112
SEEN: constant(uint256) = (2**24 - 1) << 112
UNLOCK_AT: constant(uint256) = 136
UNLOCK: constant(uint256) = (2**40 - 1) << 136
TIER_AT: constant(uint256) = 176
TIER: constant(uint256) = 255 << 176
COUNTRY_AT: constant(uint256) = 184
COUNTRY: constant(uint256) = 255 << 184
EXPIRY_AT: constant(uint256) = 192
EXPIRY: constant(uint256) = 65535 << 192
LAST_AT: constant(uint256) = 208
LAST: constant(uint256) = 65535 << 208
HEAD_AT: constant(uint256) = 224
HEAD: constant(uint256) = 65535 << 224

LOCKS: constant(uint256) = UNLOCK | LAST | HEAD

FROZEN: constant(uint256) = 1 << 240
PARTLY_FROZEN: constant(uint256) = 1 << 241
# The investor is counted with the issuer as well.
ENROLLED: constant(uint256) = 1 << 242

# The country limit under which he was looked at, by number: until then he is presumed to fall under.
GENERATION_AT: constant(uint256) = 244
GENERATION: constant(uint256) = 255 << 244
# Holds by death or divorce of another: counted as that other over all classes of the issuer.
INHERITED: constant(uint256) = 1 << 252

# The home wallet is retired and empty; the units in its word are those of the investor's others.
SUM: constant(uint256) = 1 << 243

# Some of the wallet's own units are held for a spender.
HELD: constant(uint256) = 1 << 253

COUNTED: constant(uint256) = TIER | COUNTRY | EXPIRY | ENROLLED | GENERATION | INHERITED


@internal
@pure
def _own(word: uint256) -> uint256:
    """
    @notice Units that a wallet itself holds.
    """
    return 0 if word & SUM != 0 else word & UNITS
