# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title ERC-3643 compliance interface
@license Apache-2.0
@notice A security is its own compliance. Modules written for the standard can be bound to it, and an
        external compliance can be set; both are asked after the built-in rules.
"""

from . import roles
from . import state
from ..interfaces import ICompliance
from ..interfaces import IModule

uses: roles
uses: state

UNBIND_GAS: constant(uint256) = 300_000


@external
@view
@reentrant
def compliance() -> address:
    """
    @notice The external compliance if one is set, else this contract.
    """
    if state.external_compliance != empty(address):
        return state.external_compliance
    return self


@external
def setCompliance(_compliance: address):
    """
    @notice Ask an external compliance as well; the address of this contract ends that.
    """
    roles._only_officer()
    before: address = state.external_compliance
    after: address = _compliance if _compliance != self else empty(address)
    assert after != before, "compliance-set-already"
    state.external_compliance = after
    self._note_external()
    if before != empty(address):
        self._tell_leaving(before, method_id("unbindToken(address)"))
    if after != empty(address):
        assert after.is_contract, "compliance-without-code"
        extcall ICompliance(after).bindToken(self)
    log state.ComplianceAdded(_compliance=_compliance)


@external
def addModule(_module: address):
    """
    @notice Bind an ERC-3643 module.
    """
    roles._only_officer()
    assert _module.is_contract, "module-without-code"
    assert _module not in state.modules, "module-bound-already"
    assert len(state.modules) < state.MODULES_MAX, "too-many-modules"
    if not staticcall IModule(_module).isPlugAndPlay():
        assert staticcall IModule(_module).canComplianceBind(self), "module-not-ready"
    state.modules.append(_module)
    self._note_external()
    extcall IModule(_module).bindCompliance(self)
    log state.ModuleAdded(_module=_module)


@external
def removeModule(_module: address):
    roles._only_officer()
    count: uint256 = len(state.modules)
    for i: uint256 in range(count, bound=16):
        if state.modules[i] == _module:
            state.modules[i] = state.modules[count - 1]
            state.modules.pop()
            break
    assert len(state.modules) < count, "module-not-bound"
    self._note_external()
    self._tell_leaving(_module, method_id("unbindCompliance(address)"))
    log state.ModuleRemoved(_module=_module)


@external
def callModuleFunction(callData: Bytes[1024], _module: address):
    """
    @notice Set a bound module up, as its compliance.
    """
    roles._only_officer()
    assert _module in state.modules, "module-not-bound"
    assert len(callData) >= 4, "call-data-too-short"
    raw_call(_module, callData)
    log state.ModuleInteraction(
        target=_module, selector=convert(slice(callData, 0, 4), bytes4)
    )


@external
@view
@reentrant
def getModules() -> DynArray[address, 16]:
    return state.modules


@external
@view
@reentrant
def isModuleBound(_module: address) -> bool:
    return _module in state.modules


@external
@view
@reentrant
def getTokenBound() -> address:
    return self


@external
@view
@reentrant
def isTokenBound(_token: address) -> bool:
    return _token == self


@external
def bindToken(_token: address):
    """
    @notice A security is bound to itself for good.
    """
    raise "bound-to-itself"


@external
def unbindToken(_token: address):
    raise "bound-to-itself"


@external
def transferred(_from: address, _to: address, _amount: uint256):
    """
    @notice Callback of the standard. The security keeps its own counters, so nobody may call it.
    """
    raise "not-the-token"


@external
def created(_to: address, _amount: uint256):
    raise "not-the-token"


@external
def destroyed(_from: address, _amount: uint256):
    raise "not-the-token"


@internal
def _tell_leaving(other: address, selector: Bytes[4]):
    """
    @notice Tell a module or compliance that it is let go of. One that is broken cannot stay by it.
    """
    told: bool = raw_call(
        other,
        concat(selector, abi_encode(self)),
        gas=UNBIND_GAS,
        revert_on_failure=False,
    )


@internal
def _note_external():
    config: uint256 = state.config & ~state.FLAG_EXTERNAL
    if len(state.modules) != 0 or state.external_compliance != empty(address):
        config |= state.FLAG_EXTERNAL
    state.config = config
