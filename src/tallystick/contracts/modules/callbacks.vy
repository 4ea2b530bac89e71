# pragma version 0.4.3
"""
@title Callbacks of ERC-3643
@license Apache-2.0
@notice Tells the external compliance and the bound modules what has happened.
"""

from . import state
from ..interfaces import ICompliance
from ..interfaces import IModule

uses: state


@internal
def _tell(sender: address, receiver: address, amount: uint256):
    """
    @param sender   empty for an issue
    @param receiver empty for a destruction
    """
    for module: address in state.modules:
        if sender == empty(address):
            extcall IModule(module).moduleMintAction(receiver, amount)
        elif receiver == empty(address):
            extcall IModule(module).moduleBurnAction(sender, amount)
        else:
            extcall IModule(module).moduleTransferAction(sender, receiver, amount)
    compliance: address = state.external_compliance
    if compliance == empty(address):
        return
    if sender == empty(address):
        extcall ICompliance(compliance).created(receiver, amount)
    elif receiver == empty(address):
        extcall ICompliance(compliance).destroyed(sender, amount)
    else:
        extcall ICompliance(compliance).transferred(sender, receiver, amount)
