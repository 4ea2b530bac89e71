"""T-REX, the reference implementation of ERC-3643, with ONCHAINID identities.

Its compiled artifacts are read from its npm package at run time; none of its source is here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eth_abi.abi import encode

from tallystick.bench.peers.erc20 import transfer
from tallystick.bench.peers.node import (
    HOLDING,
    TRADE,
    ZERO_ADDRESS,
    Artifacts,
    Chain,
    Contract,
    Figures,
    deploy,
)
from tallystick.core.hashing import keccak

KYC_TOPIC = 1
CLAIM_SCHEME_ECDSA = 1
CLAIM_DATA = b"KYC passed, file 000001"  # under 32 bytes, hence one storage slot
KEY_MANAGEMENT, KEY_CLAIM, KEY_TYPE_ECDSA = 1, 3, 1
COUNTRY_ALLOWED, COUNTRY_RESTRICTED = 250, 408
TRANSFER_WINDOW = 30 * 24 * 3600  # seconds, of the limit on transfers in a period
AMPLE = 10**12  # a limit that is checked but never reached


@dataclass(frozen=True)
class Variant:
    """A way of deploying T-REX."""

    proxied: bool  # contracts and identities behind T-REX's and OnchainID's own proxies
    modules: bool  # five compliance modules bound


VARIANTS = {
    "t-rex, proxies, 5 modules": Variant(proxied=True, modules=True),
    "t-rex, proxies": Variant(proxied=True, modules=False),
    "t-rex, bare": Variant(proxied=False, modules=False),
}

# The implementations, in the order in which T-REX's implementation authority lists them.
IMPLEMENTATIONS = (
    "Token",
    "ClaimTopicsRegistry",
    "IdentityRegistry",
    "IdentityRegistryStorage",
    "TrustedIssuersRegistry",
    "ModularCompliance",
)

# Each compliance module with the one setting it is given.
MODULE_SETTINGS: dict[str, tuple[str, object]] = {
    "CountryAllowModule": ("addAllowedCountry", COUNTRY_ALLOWED),
    "CountryRestrictModule": ("addCountryRestriction", COUNTRY_RESTRICTED),
    "MaxBalanceModule": ("setMaxBalance", AMPLE),
    "SupplyLimitModule": ("setSupplyLimit", AMPLE),
    "TimeTransfersLimitsModule": ("setTimeTransferLimit", (TRANSFER_WINDOW, AMPLE)),
}


@dataclass(frozen=True)
class Security:
    """The contracts of one T-REX token that later steps call."""

    token: Contract
    registry: Contract


@dataclass(frozen=True)
class Investor:
    """A wallet with the identity contract it manages."""

    wallet: str
    identity: Contract


class TRex:
    """T-REX deployed on a chain in one variant."""

    def __init__(self, chain: Chain, artifacts: Artifacts, variant: Variant) -> None:
        """Deploy the infrastructure that tokens of one operator share."""
        self.chain, self.artifacts, self.variant = chain, artifacts, variant
        self.owner, self.agent, self.issuer_manager, self.claim_signer = chain.accounts[:4]
        self._wallets = iter(chain.accounts[4:])
        self.claim_issuer = self._deploy_claim_issuer()
        if variant.proxied:
            self.authority = self._deploy_authority()
            library = deploy(chain, self.owner, artifacts["Identity"], self.owner, True)
            self.identity_authority = deploy(
                chain, self.owner, artifacts["ImplementationAuthority"], library.address
            )
        self.modules = self._deploy_modules() if variant.modules else {}

    def _deploy_claim_issuer(self) -> Contract:
        """Deploy the trusted claim issuer, with a signing key apart from its manager."""
        issuer = deploy(
            self.chain, self.issuer_manager, self.artifacts["ClaimIssuer"], self.issuer_manager
        )
        key = key_of(self.claim_signer)
        issuer.send(self.issuer_manager, "addKey", key, KEY_CLAIM, KEY_TYPE_ECDSA)
        return issuer

    def _deploy_authority(self) -> Contract:
        """Deploy the six implementations and the authority that all proxies ask for them."""
        placed = [deploy(self.chain, self.owner, self.artifacts[n]) for n in IMPLEMENTATIONS]
        authority = deploy(
            self.chain,
            self.owner,
            self.artifacts["TREXImplementationAuthority"],
            True,
            ZERO_ADDRESS,
            ZERO_ADDRESS,
        )
        addresses = tuple(contract.address for contract in placed)
        authority.send(self.owner, "addAndUseTREXVersion", (4, 1, 6), addresses)
        return authority

    def _deploy_modules(self) -> dict[str, Contract]:
        """Deploy the five compliance modules, each behind a ModuleProxy."""
        modules = {}
        for name in MODULE_SETTINGS:
            logic = deploy(self.chain, self.owner, self.artifacts[name])
            modules[name] = deploy(
                self.chain,
                self.owner,
                self.artifacts["ModuleProxy"],
                logic.address,
                bytes.fromhex(logic.data("initialize")[2:]),
                abi=logic.abi,
            )
        return modules

    def _place(self, name: str, *args: object) -> Contract:
        """Deploy and initialise one contract of a token's suite."""
        artifact = self.artifacts[name]
        if self.variant.proxied:
            proxy = self.artifacts[f"{name}Proxy"]
            authority = self.authority.address
            return deploy(self.chain, self.owner, proxy, authority, *args, abi=artifact["abi"])
        contract = deploy(self.chain, self.owner, artifact)
        contract.send(self.owner, "init", *args)
        return contract

    def issue(self) -> Security:
        """Deploy, wire and open a token with contracts of its own, by separate transactions."""
        owner = self.owner
        topics = self._place("ClaimTopicsRegistry")
        issuers = self._place("TrustedIssuersRegistry")
        storage = self._place("IdentityRegistryStorage")
        compliance = self._place("ModularCompliance")
        registry = self._place("IdentityRegistry", issuers.address, topics.address, storage.address)
        token = self._place(
            "Token", registry.address, compliance.address, "Peer", "PEER", 0, ZERO_ADDRESS
        )
        topics.send(owner, "addClaimTopic", KYC_TOPIC)
        issuers.send(owner, "addTrustedIssuer", self.claim_issuer.address, [KYC_TOPIC])
        storage.send(owner, "bindIdentityRegistry", registry.address)
        registry.send(owner, "addAgent", token.address)
        registry.send(owner, "addAgent", self.agent)
        token.send(owner, "addAgent", self.agent)
        for module, setting in self.module_settings():
            compliance.send(owner, "addModule", module)
            compliance.send(owner, "callModuleFunction", setting, module)
        token.send(self.agent, "unpause")
        return Security(token, registry)

    def module_settings(self) -> list[tuple[str, bytes]]:
        """Return each bound module's address and the call data of its setting."""
        return [
            (module.address, bytes.fromhex(module.data(*MODULE_SETTINGS[name])[2:]))
            for name, module in self.modules.items()
        ]

    def next_wallet(self) -> str:
        """Return an account of the node that has not been used in this variant."""
        return next(self._wallets)

    def deploy_identity(self, wallet: str) -> Contract:
        """Deploy the identity of `wallet` without going through OnchainID's factory."""
        artifact = self.artifacts["Identity"]
        if not self.variant.proxied:
            return deploy(self.chain, wallet, artifact, wallet, False)
        authority = self.identity_authority.address
        proxy = self.artifacts["IdentityProxy"]
        return deploy(self.chain, wallet, proxy, authority, wallet, abi=artifact["abi"])

    def add_claim(self, investor: Investor) -> int:
        """Have the issuer sign a KYC claim and the investor add it; return the gas."""
        types, identity = ["address", "uint256", "bytes"], investor.identity
        digest = keccak(encode(types, [identity.address, KYC_TOPIC, CLAIM_DATA]))
        signature = self.chain.rpc("eth_sign", self.claim_signer, "0x" + digest.hex())
        return identity.send(
            investor.wallet,
            "addClaim",
            KYC_TOPIC,
            CLAIM_SCHEME_ECDSA,
            self.claim_issuer.address,
            bytes.fromhex(signature[2:]),
            CLAIM_DATA,
            "",
        )

    def register(self, security: Security, investor: Investor) -> int:
        """Enter the investor in the token's identity registry; return the gas."""
        return security.registry.send(
            self.agent,
            "registerIdentity",
            investor.wallet,
            investor.identity.address,
            COUNTRY_ALLOWED,
        )

    def admit(self, security: Security) -> Investor:
        """Make the next wallet's owner eligible to hold the token."""
        wallet = self.next_wallet()
        investor = Investor(wallet, self.deploy_identity(wallet))
        self.add_claim(investor)
        self.register(security, investor)
        if not security.registry.read("isVerified", wallet):
            raise RuntimeError(f"{wallet} was admitted but is not verified")
        return investor

    def admit_holder(self, security: Security) -> Investor:
        """Admit the next wallet's owner and mint him a holding."""
        investor = self.admit(security)
        security.token.send(self.agent, "mint", investor.wallet, HOLDING)
        return investor


def key_of(account: str) -> bytes:
    """Return the key under which OnchainID stores the rights of `account`."""
    return keccak(encode(["address"], [account]))


def measure_trex(chain: Chain, artifacts: Artifacts, variant: Variant) -> Figures:
    """Return the figures of T-REX in one variant."""
    before = chain.gas_spent
    trex = TRex(chain, artifacts, variant)
    figures = {"infrastructure": chain.gas_spent - before}
    before = chain.gas_spent
    security = trex.issue()
    figures["issue_security"] = chain.gas_spent - before
    holders = seasoned_holders(trex, security, 12)
    figures |= measure_transfers(trex, security, holders)
    figures |= measure_admission(trex, security)
    figures |= measure_agent_actions(trex, security, holders)
    figures |= measure_mass_mint(trex, security, 100)
    if variant.proxied:
        figures |= measure_factories(trex, security)
    return figures


def seasoned_holders(trex: TRex, security: Security, count: int) -> list[str]:
    """Return wallets that hold units, and have both sent and received some this period."""
    wallets = [trex.admit_holder(security).wallet for _ in range(count)]
    for sender, receiver in zip(wallets, wallets[1:] + wallets[:1], strict=True):
        security.token.send(sender, "transfer", receiver, TRADE)
    return wallets


def measure_transfers(trex: TRex, security: Security, holders: list[str]) -> Figures:
    """Return the figures of the transfers that holders make themselves."""
    # The transactions are sent in the order in which the figures are listed.
    token, (alice, bob, carol) = security.token, holders[:3]
    newcomer, debutant = trex.admit(security), trex.admit_holder(security)
    whole = token.read("balanceOf", carol)
    return {
        "transfer_existing": transfer(token, alice, bob, TRADE),
        "transfer_new": transfer(token, alice, newcomer.wallet, TRADE, receiver_is_new=True),
        "transfer_first_of_sender": transfer(token, debutant.wallet, bob, TRADE),
        "batch_transfer_10": token.send(alice, "batchTransfer", holders[1:11], [TRADE] * 10),
        "transfer_emptying": transfer(token, carol, bob, whole + TRADE, empties_sender=True),
    }


def measure_admission(trex: TRex, security: Security) -> Figures:
    """Return the figures of making one investor eligible, whole and in its three steps."""
    wallet, before = trex.next_wallet(), trex.chain.gas_spent
    investor = Investor(wallet, trex.deploy_identity(wallet))
    figures = {
        "deploy_identity": trex.chain.gas_spent - before,
        "add_claim": trex.add_claim(investor),
        "register_identity": trex.register(security, investor),
    }
    figures["admit_one"] = sum(figures.values())
    figures["mint_new"] = security.token.send(trex.agent, "mint", wallet, HOLDING)
    return figures


def measure_agent_actions(trex: TRex, security: Security, holders: list[str]) -> Figures:
    """Return the figures of a forced transfer and of the recovery of a lost wallet."""
    agent, token, lost, spare = trex.agent, security.token, trex.admit(security), trex.next_wallet()
    transfer(token, holders[0], lost.wallet, HOLDING // 2, receiver_is_new=True)
    transfer(token, lost.wallet, holders[1], TRADE)  # the lost wallet too was in use
    key = key_of(spare)
    return {
        "forced_transfer": token.send(agent, "forcedTransfer", holders[3], holders[4], TRADE),
        "recovery_add_key": lost.identity.send(
            lost.wallet, "addKey", key, KEY_MANAGEMENT, KEY_TYPE_ECDSA
        ),
        "recovery": token.send(agent, "recoveryAddress", lost.wallet, spare, lost.identity.address),
    }


def measure_mass_mint(trex: TRex, security: Security, count: int) -> Figures:
    """Return what one of `count` first holdings costs when minted in the largest batches."""
    token, agent = security.token, trex.agent
    wallets = [trex.admit(security).wallet for _ in range(count)]

    def fits(size: int) -> bool:
        return token.would_succeed(agent, "batchMint", wallets[:size], [HOLDING] * size)

    size = largest(fits, count)
    batches = [wallets[start : start + size] for start in range(0, count, size)]
    gas = [token.send(agent, "batchMint", batch, [HOLDING] * len(batch)) for batch in batches]
    return {
        f"mint_each_of_{count}": round(sum(gas) / count),
        "mint_largest_batch": size,
        "mint_largest_batch_gas": gas[0],
    }


def largest(fits: Callable[[int], bool], limit: int) -> int:
    """Return the largest number from 1 to `limit` that fits, if all smaller ones fit too."""
    low, high = 1, limit
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def measure_factories(trex: TRex, security: Security) -> Figures:
    """Return the figures of issuing and admitting through T-REX's and OnchainID's factories."""
    chain, owner, artifacts = trex.chain, trex.owner, trex.artifacts
    before = chain.gas_spent
    identities = deploy(chain, owner, artifacts["IdFactory"], trex.identity_authority.address)
    factory = deploy(
        chain, owner, artifacts["TREXFactory"], trex.authority.address, identities.address
    )
    identities.send(owner, "addTokenFactory", factory.address)
    figures = {"infrastructure_factories": chain.gas_spent - before}

    modules = trex.module_settings()
    contracts, settings = [m for m, _ in modules], [s for _, s in modules]
    agents = [trex.agent]
    details = (owner, "Peer", "PEER", 0, ZERO_ADDRESS, ZERO_ADDRESS)
    claims = ([KYC_TOPIC], [trex.claim_issuer.address], [[KYC_TOPIC]])
    suite = (*details, agents, agents, contracts, settings)
    gas = factory.send(owner, "deployTREXSuite", "peer", suite, claims)
    token = Contract(chain, factory.read("getToken", "peer"), security.token.abi)
    figures["issue_security_by_factory"] = gas + token.send(trex.agent, "unpause")

    wallet, before = trex.next_wallet(), chain.gas_spent
    identities.send(owner, "createIdentity", wallet, wallet)
    identity = Contract(
        chain, identities.read("getIdentity", wallet), trex.artifacts["Identity"]["abi"]
    )
    figures["deploy_identity_by_factory"] = chain.gas_spent - before
    investor = Investor(wallet, identity)
    trex.add_claim(investor)
    trex.register(security, investor)
    figures["admit_one_by_factory"] = chain.gas_spent - before
    return figures
