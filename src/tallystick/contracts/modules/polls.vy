# pragma version 0.4.3
"""
@title What a vote comes to
@license Apache-2.0
@notice Decides resolutions and elections from the votes that were cast. `ballots.py` does the same.
"""

OPTIONS_MAX: constant(uint256) = 16
IN_FAVOUR: constant(uint256) = 0
AGAINST: constant(uint256) = 1
BASIS_POINTS: constant(uint256) = 10_000

# Of what a majority is one: of the votes for and against, or of all votes that there are.
OF_CAST: constant(uint256) = 0
OF_ALL: constant(uint256) = 1


@internal
@pure
def _has_quorum(cast: uint256, all: uint256, quorum_bps: uint256) -> bool:
    return cast != 0 and cast * BASIS_POINTS >= all * quorum_bps


@internal
@pure
def _passes(
    votes: DynArray[uint256, OPTIONS_MAX],
    all: uint256,
    numerator: uint256,
    denominator: uint256,
    at_least: bool,
    basis: uint256,
) -> bool:
    """
    @notice Whether a resolution has its majority: more than a part of the votes, or at least that.
    """
    base: uint256 = all
    if basis == OF_CAST:
        base = votes[IN_FAVOUR] + votes[AGAINST]
    left: uint256 = votes[IN_FAVOUR] * denominator
    right: uint256 = base * numerator
    return base != 0 and (left > right or (at_least and left == right))


@internal
@pure
def _elected(votes: DynArray[uint256, OPTIONS_MAX], seats: uint256) -> (uint256, bool):
    """
    @notice Who is elected to so many seats, one bit for each candidate, and whether others have as
            many votes as the last of them, so that nobody of those is elected.
    """
    elected: uint256 = 0
    tied: bool = False
    for i: uint256 in range(len(votes), bound=OPTIONS_MAX):
        if votes[i] == 0:
            continue
        better: uint256 = 0
        equal: uint256 = 0
        for j: uint256 in range(len(votes), bound=OPTIONS_MAX):
            if votes[j] > votes[i]:
                better += 1
            elif votes[j] == votes[i]:
                equal += 1
        if better + equal <= seats:
            elected |= 1 << i
        elif better < seats:
            tied = True
    return elected, tied
