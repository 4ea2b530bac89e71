# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Roles
@license Apache-2.0
@notice The owner appoints; agents (the transfer agent) admit, issue, freeze and force; compliance
        officers set rules and state reasons; recorders may set record dates, as agents may. No role
        implies another. ERC-173 in two steps, and the
        agent role of ERC-3643.
"""

event OwnershipTransferStarted:
    previousOwner: indexed(address)
    newOwner: indexed(address)

event OwnershipTransferred:
    previousOwner: indexed(address)
    newOwner: indexed(address)

event AgentAdded:
    _agent: indexed(address)

event AgentRemoved:
    _agent: indexed(address)

event OfficerAdded:
    officer: indexed(address)

event OfficerRemoved:
    officer: indexed(address)

event RecorderAdded:
    recorder: indexed(address)

event RecorderRemoved:
    recorder: indexed(address)

AGENT: constant(uint256) = 1
OFFICER: constant(uint256) = 2
# May set record dates, and nothing else: a contract that services a security.
RECORDER: constant(uint256) = 4

held: HashMap[address, uint256]
owner_: address
pending_owner: address


@external
@view
@reentrant
def owner() -> address:
    return self.owner_


@external
@view
@reentrant
def pendingOwner() -> address:
    return self.pending_owner


@external
def transferOwnership(_newOwner: address):
    """
    @notice Offer the ownership to somebody, who must accept it. The empty address takes it back.
    """
    self._only_owner()
    self.pending_owner = _newOwner
    log OwnershipTransferStarted(previousOwner=self.owner_, newOwner=_newOwner)


@external
def acceptOwnership():
    assert msg.sender == self.pending_owner, "not-the-pending-owner"
    self.pending_owner = empty(address)
    log OwnershipTransferred(previousOwner=self.owner_, newOwner=msg.sender)
    self.owner_ = msg.sender


@external
@view
@reentrant
def isAgent(_agent: address) -> bool:
    return self.held[_agent] & AGENT != 0


@external
def addAgent(_agent: address):
    self._only_owner()
    self._add_agent(_agent)


@external
def removeAgent(_agent: address):
    self._only_owner()
    self._remove_agent(_agent)


@external
@view
@reentrant
def isOfficer(officer: address) -> bool:
    return self.held[officer] & OFFICER != 0


@external
def addOfficer(officer: address):
    self._only_owner()
    self._add_officer(officer)


@external
def removeOfficer(officer: address):
    self._only_owner()
    assert self.held[officer] & OFFICER != 0, "not-an-officer"
    self.held[officer] &= ~OFFICER
    log OfficerRemoved(officer=officer)


@external
@view
@reentrant
def isRecorder(recorder: address) -> bool:
    return self.held[recorder] & RECORDER != 0


@external
def addRecorder(recorder: address):
    self._only_owner()
    assert recorder != empty(address), "empty-address"
    self.held[recorder] |= RECORDER
    log RecorderAdded(recorder=recorder)


@external
def removeRecorder(recorder: address):
    self._only_owner()
    assert self.held[recorder] & RECORDER != 0, "not-a-recorder"
    self.held[recorder] &= ~RECORDER
    log RecorderRemoved(recorder=recorder)


@internal
@view
def _only_owner():
    assert msg.sender == self.owner_, "not-owner"


@internal
@view
def _only_agent():
    assert self.held[msg.sender] & AGENT != 0, "not-agent"


@internal
@view
def _only_recorder():
    assert self.held[msg.sender] & (AGENT | RECORDER) != 0, "not-agent"


@internal
@view
def _only_officer():
    assert self.held[msg.sender] & OFFICER != 0, "not-officer"


@internal
def _add_agent(agent: address):
    assert agent != empty(address), "empty-address"
    self.held[agent] |= AGENT
    log AgentAdded(_agent=agent)


@internal
def _remove_agent(agent: address):
    assert self.held[agent] & AGENT != 0, "not-an-agent"
    self.held[agent] &= ~AGENT
    log AgentRemoved(_agent=agent)


@internal
def _add_officer(officer: address):
    assert officer != empty(address), "empty-address"
    self.held[officer] |= OFFICER
    log OfficerAdded(officer=officer)


@internal
def _appoint(first_owner: address, agent: address, officer: address):
    """
    @notice The first holders of the roles; agent and officer may be empty.
    """
    assert first_owner != empty(address), "empty-address"
    self.owner_ = first_owner
    log OwnershipTransferred(previousOwner=empty(address), newOwner=first_owner)
    if agent != empty(address):
        self._add_agent(agent)
    if officer != empty(address):
        self._add_officer(officer)
