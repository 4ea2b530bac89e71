# pragma version 0.4.3
"""
@title Live verification of ONCHAINID identities
@license Apache-2.0
@notice An identity is verified while it holds, for every required topic, a claim of some issuer
        trusted for that topic, which that issuer still calls valid.
@dev    Identities belong to investors and may be hostile. The issuer is taken from the registry and
        never from the answer; answers are bounded, gas is bounded, and whatever is malformed,
        missing or failing counts as no claim.
"""

interface ClaimTopics:
    def getClaimTopics() -> DynArray[uint256, 15]: view

interface TrustedIssuers:
    def getTrustedIssuersForClaimTopic(claimTopic: uint256) -> DynArray[address, 25]: view

CALL_GAS: constant(uint256) = 300_000
CLAIM_MAX: constant(uint256) = 2048

topics_registry: address
issuers_registry: address
# home wallet -> identity contract, and back
identities: HashMap[address, address]
homes: HashMap[address, address]


@internal
@view
def _is_verified(identity: address) -> bool:
    topics: DynArray[uint256, 15] = staticcall ClaimTopics(self.topics_registry).getClaimTopics()
    for topic: uint256 in topics:
        issuers: DynArray[address, 25] = staticcall TrustedIssuers(
            self.issuers_registry
        ).getTrustedIssuersForClaimTopic(topic)
        found: bool = False
        for issuer: address in issuers:
            if self._has_valid_claim(identity, topic, issuer):
                found = True
                break
        if not found:
            return False
    return True


@internal
@view
def _has_valid_claim(identity: address, topic: uint256, issuer: address) -> bool:
    claim_id: bytes32 = keccak256(abi_encode(issuer, topic))
    success: bool = False
    answer: Bytes[CLAIM_MAX] = b""
    success, answer = raw_call(
        identity,
        abi_encode(claim_id, method_id=method_id("getClaim(bytes32)")),
        max_outsize=2048,
        gas=CALL_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    # topic, scheme, issuer, and where signature, data and link begin
    if not success or len(answer) < 192:
        return False
    if extract32(answer, 0, output_type=uint256) != topic:
        return False
    if extract32(answer, 64, output_type=uint256) != convert(issuer, uint256):
        return False
    signature: Bytes[CLAIM_MAX] = b""
    data: Bytes[CLAIM_MAX] = b""
    well_formed: bool = False
    well_formed, signature = self._part(answer, 96)
    if not well_formed:
        return False
    well_formed, data = self._part(answer, 128)
    if not well_formed:
        return False
    verdict: Bytes[32] = b""
    success, verdict = raw_call(
        issuer,
        abi_encode(
            identity,
            topic,
            signature,
            data,
            method_id=method_id("isClaimValid(address,uint256,bytes,bytes)"),
        ),
        max_outsize=32,
        gas=CALL_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    return success and len(verdict) == 32 and extract32(verdict, 0, output_type=uint256) == 1


@internal
@pure
def _part(answer: Bytes[CLAIM_MAX], at: uint256) -> (bool, Bytes[CLAIM_MAX]):
    """
    @notice A dynamic member of an ABI-encoded answer whose offset stands at `at`.
    """
    size: uint256 = len(answer)
    offset: uint256 = extract32(answer, at, output_type=uint256)
    if offset > CLAIM_MAX or offset + 32 > size:
        return False, b""
    length: uint256 = extract32(answer, offset, output_type=uint256)
    if length > CLAIM_MAX or offset + 32 + length > size:
        return False, b""
    return True, slice(answer, offset + 32, length)
