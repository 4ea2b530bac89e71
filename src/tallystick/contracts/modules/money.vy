# pragma version 0.4.3
"""
@title Money of others
@license Apache-2.0
@notice Takes in and gives out an ERC-20 that nobody here has vetted: it may answer nothing or false,
        revert, keep a fee, refuse an account.
"""

interface Cash:
    def balanceOf(owner: address) -> uint256: view
    def transferFrom(sender: address, receiver: address, amount: uint256) -> bool: nonpayable
    def receiveWithAuthorization(
        sender: address,
        receiver: address,
        amount: uint256,
        valid_after: uint256,
        valid_before: uint256,
        nonce: bytes32,
        v: uint8,
        r: bytes32,
        s: bytes32,
    ): nonpayable

# Gas left to one payment, so that no payee can use up that of the others.
PAYMENT_GAS: constant(uint256) = 200_000
# Gas needed beside it. With less the payment was not tried, and the caller must come with more.
PAYMENT_SPARE: constant(uint256) = 30_000


@internal
@view
def _held(cash: address) -> uint256:
    """
    @notice Money that this contract has.
    """
    return staticcall Cash(cash).balanceOf(self)


@internal
def _take(cash: address, sender: address, amount: uint256):
    """
    @notice Take in money that its owner let this contract take, to the unit.
    """
    assert cash.is_contract, "cash-without-code"
    before: uint256 = self._held(cash)
    moved: bool = extcall Cash(cash).transferFrom(
        sender, self, amount, default_return_value=True
    )
    assert moved, "cash-refused"
    assert self._held(cash) == before + amount, "cash-not-whole"


@internal
def _take_authorized(
    cash: address,
    sender: address,
    amount: uint256,
    valid_after: uint256,
    valid_before: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    """
    @notice Take in money by a signed ERC-3009 authorization, to the unit.
    """
    assert cash.is_contract, "cash-without-code"
    before: uint256 = self._held(cash)
    extcall Cash(cash).receiveWithAuthorization(
        sender, self, amount, valid_after, valid_before, nonce, v, r, s
    )
    assert self._held(cash) == before + amount, "cash-not-whole"


@internal
def _give(cash: address, receiver: address, amount: uint256) -> bool:
    """
    @notice Give out money. Returns whether the cash token says that it did; one that lies moves money
            all the same, so that whoever goes on must look at the balance (`_try_to_give`).
    """
    assert msg.gas * 63 // 64 > PAYMENT_GAS + PAYMENT_SPARE, "too-little-gas"
    ok: bool = False
    answer: Bytes[32] = b""
    ok, answer = raw_call(
        cash,
        abi_encode(receiver, amount, method_id=method_id("transfer(address,uint256)")),
        max_outsize=32,
        gas=PAYMENT_GAS,
        revert_on_failure=False,
    )
    if not ok:
        return False
    return len(answer) == 0 or convert(answer, uint256) == 1


@internal
def _try_to_give(cash: address, receiver: address, amount: uint256) -> bool:
    """
    @notice Give out money. Returns whether it is gone, whatever the cash token says. What a receiver
            sends back at once is his gift; that more is gone than was given is not borne.
    """
    before: uint256 = self._held(cash)
    said: bool = self._give(cash, receiver, amount)
    after: uint256 = self._held(cash)
    assert after + amount >= before, "cash-not-whole"
    return after < before
