"""Rule: a frozen investor neither sends nor receives; a retired wallet is out of use.

The sender's side judges resales, declared movements and units given back, the receiver's side every
acquisition. A freeze of one wallet holds for all wallets of the investor. Source: ERC-3643,
`setAddressFrozen` and `recoveryAddress`.
"""

from __future__ import annotations

from tallystick.securities.codes import Code
from tallystick.securities.proposal import JUDGED, Proposal
from tallystick.securities.verdict import Refusal

FREEZE = "ERC-3643, setAddressFrozen"
RECOVERY = "ERC-3643, recoveryAddress"


def check(proposal: Proposal) -> list[Refusal]:
    """Refuse what frozen investors and retired wallets are kept from."""
    refusals: list[Refusal] = []
    sender, receiver = proposal.sender, proposal.receiver
    if proposal.kind in JUDGED and sender is not None:
        if sender.frozen:
            refusals.append(
                _refuse(
                    Code.SENDER_FROZEN,
                    "The sender is frozen",
                    FREEZE,
                    "Ask the transfer agent why, and to lift the freeze.",
                )
            )
        if sender.retired:
            refusals.append(
                _refuse(
                    Code.SENDER_RETIRED,
                    "The sending wallet was reported lost and is out of use",
                    RECOVERY,
                    "Send from the wallet that replaced it.",
                )
            )
    if receiver is None:
        return refusals
    if receiver.registered and receiver.retired:
        refusals.append(
            _refuse(
                Code.RECEIVER_RETIRED,
                "The receiving wallet was reported lost and is out of use",
                RECOVERY,
                "Send to the wallet that replaced it.",
            )
        )
    if receiver.frozen:
        refusals.append(
            _refuse(
                Code.RECEIVER_FROZEN,
                "The receiver is frozen",
                FREEZE,
                "Ask the transfer agent why, and to lift the freeze.",
            )
        )
    return refusals


def _refuse(code: Code, message: str, source: str, cure: str) -> Refusal:
    return Refusal(code=code, message=message, source=source, cure=cure)
