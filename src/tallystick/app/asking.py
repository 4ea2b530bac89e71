"""Asks the chain what the model cannot know: live identities, bound modules, compliance."""

from __future__ import annotations

from tallystick.app.workspace import REGISTRY, TOKEN, ListedSecurity, Workspace
from tallystick.core.units import UNITS_MAX
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import Contract, from_artifact
from tallystick.gateways.chain.rpc import RpcError
from tallystick.securities.proposal import Answers, Movement
from tallystick.securities.security import Security


def _question(name: str, *inputs: str) -> dict[str, object]:
    members = [{"name": "", "type": kind} for kind in inputs]
    answer = [{"name": "", "type": "bool"}]
    return {"type": "function", "name": name, "stateMutability": "view", "inputs": members,
            "outputs": answer}  # fmt: skip


# What ERC-3643 lets a security ask of those who are bound to it.
COMPLIANCE: Contract = from_artifact(
    "compliance",
    [
        _question("moduleCheck", "address", "address", "uint256", "address"),
        _question("canTransfer", "address", "address", "uint256"),
    ],
    "0x",
)


class Asker:
    """Asks about movements of one security; who is bound to it is looked up once."""

    def __init__(self, workspace: Workspace, security: ListedSecurity) -> None:
        self._workspace = workspace
        self._token = security.token
        self._modules: tuple[str, ...] = workspace.view(TOKEN, self._token, "getModules")
        self._external: str = workspace.view(TOKEN, self._token, "compliance")

    def answers(
        self, state: Security, kind: Movement, sender: Wallet | None, receiver: Wallet | None,
        amount: int,
    ) -> Answers:  # fmt: skip
        """What others say of a movement."""
        return Answers(
            module_refuses=kind in {Movement.ISSUE, Movement.RESALE}
            and not self._modules_allow(sender or NOBODY, receiver or NOBODY, amount),
            live_verified=receiver is not None and self._live_verified(state, receiver),
        )

    def _modules_allow(self, sender: str, receiver: str, amount: int) -> bool:
        # The chain asks about no more than could ever exist.
        asked = (sender, receiver, min(amount, UNITS_MAX + 1))
        for module in self._modules:
            if not self._says_yes(module, "moduleCheck", *asked, self._token):
                return False
        if self._external == self._token:
            return True
        return self._says_yes(self._external, "canTransfer", *asked)

    def _says_yes(self, address: str, name: str, *args: object) -> bool:
        """One that does not answer refuses: the chain would revert."""
        try:
            return bool(self._workspace.view(COMPLIANCE, address, name, *args))
        except RpcError:
            return False

    def _live_verified(self, state: Security, receiver: Wallet) -> bool:
        investor = state.registry.investors.get(state.registry.home(receiver))
        if investor is None or not investor.live:
            return False
        registry = self._workspace.founding.registry
        return bool(self._workspace.view(REGISTRY, registry, "isVerified", receiver))
