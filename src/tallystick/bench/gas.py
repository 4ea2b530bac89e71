"""Gas of every operation, read from receipts of separate transactions on the embedded chain.

The state measured is the steady one: a verified seller with one wallet and nothing locked, all
built-in rules on, counters in use, every party having acted before.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_account import Account

from tallystick.bench import gas_servicing, gas_settlement
from tallystick.bench.gas_servicing import measure_servicing
from tallystick.bench.gas_settlement import measure_settlement
from tallystick.bench.peers import measure_peers
from tallystick.core.countries import codes_in, mask_of
from tallystick.core.units import UNITS_MAX
from tallystick.core.wallets import NOBODY
from tallystick.gateways.chain.contracts import Contract, contract, revert_reason
from tallystick.gateways.chain.embedded.hosting import Hosting
from tallystick.gateways.chain.embedded.rawtx import TRANSACTION_GAS_MAX
from tallystick.gateways.chain.platform import deploy_platform
from tallystick.gateways.chain.rpc import Rpc, RpcError
from tallystick.securities.claims import Claim, Claims
from tallystick.securities.packing import (
    ACCREDITED,
    AFFILIATE_VOLUME,
    APPROVAL,
    COUNTRY_ALLOW,
    COUNTRY_DENY,
    COUNTRY_HOLDERS,
    FLOW_BACK,
    INSTITUTIONAL,
    LOCK_UP,
    LOCKED_SALE,
    LOT_SIZE,
    MAX_BALANCE,
    MAX_SHARE,
    MINIMUM_HOLDING,
    PURCHASERS,
    QUALIFIED,
    SCREENING,
    UNITED_STATES_INDEX,
    VENUES,
    VERIFIED_HOLDER,
    PackedRules,
    pack_record,
    pack_round,
    pack_rules,
)
from tallystick.securities.proposal import RuleSet
from tallystick.securities.tally import UNLIMITED

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

TOKEN = contract("SecurityToken")
REGISTRY = contract("IdentityRegistry")
FACTORY = contract("Factory")

DAY_S = 86_400
SEED = 20_261_122
# A chain that is always the same, so that every byte of call data is.
CHAIN_ID = 7_000_000_001
GENESIS_S = 1_790_000_000
LIMIT = 100_000
HOLDING_DAYS = 7

LOTS = 60
LOTS_S = 9_000

# Budgets of DESIGN 3.1 and 3.2, in gas. A transfer that needs an approval besides, and uses it up,
# is held to that of any other.
BUDGETS = {
    "transfer_existing": 57_000,
    "transfer_60_lots": 85_500,
    "transfer_approved": 57_000,
    "transfer_identity_only": 52_000,
    "transfer_new": 88_000,
    "transfer_new_issuer_limit": 100_000,
    "transfer_emptying": 82_000,
    "mint_new": 88_000,
    "mint_each_of_100": 37_000,
    "batch_transfer_10": 195_000,
    "transfer_with_authorization": 88_000,
    "transfer_after_record_date": 105_000,
    "admit_one": 51_000,
    "admit_each_of_100": 26_500,
    "forced_transfer": 66_000,
    "recovery": 108_000,
    "issue_security": 480_000,
}

ALL_BUDGETS = BUDGETS | gas_servicing.BUDGETS | gas_settlement.BUDGETS

RULE_NAMES = {
    VERIFIED_HOLDER: "verified-holder",
    COUNTRY_ALLOW: "country-allow",
    COUNTRY_DENY: "country-deny",
    MAX_BALANCE: "max-balance",
    LOCK_UP: "lock-up",
    ACCREDITED: "accredited-only",
    QUALIFIED: "qualified-only",
    INSTITUTIONAL: "institutional-only",
    SCREENING: "screening",
    FLOW_BACK: "flow-back",
    LOT_SIZE: "lot-size",
    MINIMUM_HOLDING: "minimum-holding",
    MAX_SHARE: "max-share",
    APPROVAL: "approval",
    AFFILIATE_VOLUME: "affiliate-volume",
    PURCHASERS: "purchaser-limit",
    COUNTRY_HOLDERS: "country-limit",
    VENUES: "venue",
    LOCKED_SALE: "locked-sale",
}


class Scene:
    """A chain with an issuer who holds every role, a registry, and a security with all rules on."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting
        self._rpc = Rpc(hosting.url)
        self.chain_id = int(self._rpc.call("eth_chainId"), 16)
        self._random = random.Random(SEED)  # noqa: S311 - a seed, so that figures repeat
        self._nonces: dict[str, int] = {}
        self.gas_limit = TRANSACTION_GAS_MAX
        self.issuer = self.account()
        self.platform = deploy_platform(self._deploy)
        roles = [self.issuer.address] * 3
        receipt = self.send(
            self.issuer, self.platform.factory, FACTORY.function("createRegistry").encode(*roles)
        )
        self.registry = self._topic_address(receipt)

    def deploy(self, data: str) -> str:
        """Address of a contract made by the issuer."""
        return self._deploy("", data)

    def account(self) -> LocalAccount:
        """A new account."""
        return Account.from_key(self._random.randbytes(32))

    def admitted(self, count: int) -> list[LocalAccount]:
        """New accounts of investors, admitted together."""
        made = [self.account() for _ in range(count)]
        for start in range(0, count, 128):
            part = [one.address for one in made[start : start + 128]]
            records = [self.record() for _ in part]
            self.gas(self.issuer, REGISTRY, self.registry, "admitBatch", part, records)
        return made

    def holders(self, count: int) -> list[LocalAccount]:
        """New accounts of admitted investors."""
        made = [self.account() for _ in range(count)]
        for one in made:
            self.gas(self.issuer, REGISTRY, self.registry, "admit", one.address, self.record())
        return made

    def advance(self, days: int) -> None:
        """Let time pass."""
        self._hosting.control("advance", seconds=days * DAY_S)

    def _deploy(self, _name: str, data: str) -> str:
        return str(self.send(self.issuer, None, data)["contractAddress"])

    def _topic_address(self, receipt: dict[str, Any]) -> str:
        logs = [log for log in receipt["logs"] if log["address"] == self.platform.factory]
        return "0x" + str(logs[-1]["topics"][1])[-40:]

    def _sign(self, sender: LocalAccount, to: str | None, data: str) -> str:
        nonce = self._nonces.get(sender.address, 0)
        transaction: dict[str, Any] = {
            "chainId": self.chain_id, "nonce": nonce, "value": 0, "data": data,
            "gas": self.gas_limit, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0,
        }  # fmt: skip
        if to is not None:
            transaction["to"] = bytes.fromhex(to[2:])
        self._nonces[sender.address] = nonce + 1
        return str(sender.sign_transaction(transaction).raw_transaction.to_0x_hex())

    def send(self, sender: LocalAccount, to: str | None, data: str) -> dict[str, Any]:
        """The receipt of one transaction, which must have been carried out."""
        tx_hash = self._rpc.call("eth_sendRawTransaction", self._sign(sender, to, data))
        receipt: dict[str, Any] = self._rpc.call("eth_getTransactionReceipt", tx_hash)
        if receipt["status"] != "0x1":
            raise AssertionError(self._why(sender, to, data))
        return receipt

    def send_together(self, calls: list[tuple[LocalAccount, str, str]]) -> None:
        """Send calls (sender, contract, data) at once, so that they share blocks."""
        raw = [self._sign(sender, to, data) for sender, to, data in calls]
        hashes = self._rpc.batch([("eth_sendRawTransaction", [each]) for each in raw])
        receipts = self._rpc.batch([("eth_getTransactionReceipt", [each]) for each in hashes])
        for (sender, to, data), receipt in zip(calls, receipts, strict=True):
            if receipt["status"] != "0x1":
                raise AssertionError(self._why(sender, to, data))

    def _why(self, sender: LocalAccount, to: str | None, data: str) -> str:
        try:
            self._rpc.call("eth_call", {"from": sender.address, "to": to, "data": data}, "latest")
        except RpcError as error:
            return revert_reason(error.data)
        return "reverted"

    def gas(self, sender: LocalAccount, target: Contract, to: str, name: str, *args: Any) -> int:
        """Gas of one transaction, as its receipt says."""
        receipt = self.send(sender, to, target.function(name).encode(*args))
        return int(receipt["gasUsed"], 16)

    def act(self, name: str, token: str, *args: Any) -> int:
        """Gas of one call of a token by the issuer."""
        return self.gas(self.issuer, TOKEN, token, name, *args)

    def refresh(self, holder: LocalAccount) -> None:
        """Have a holder counted anew, and the largest share reckoned of what exists now."""
        self.gas(self.issuer, REGISTRY, self.registry, "refresh", [holder.address])

    def now_s(self) -> int:
        """The time of the last block."""
        return int(self._rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def view(self, name: str, token: str, *args: Any) -> Any:
        """What a view of a token answers."""
        function = TOKEN.function(name)
        call = {"to": token, "data": function.encode(*args)}
        return function.decode(self._rpc.call("eth_call", call, "latest"))

    def issue(self, name: str, rules: PackedRules) -> tuple[str, int]:
        """A new security: its address, and the gas it took."""
        terms = (
            name, name[:8], 6, name.encode().ljust(32, b"\x01")[:32], self.registry, NOBODY,
            self.issuer.address, self.issuer.address, self.issuer.address, True, False, rules,
        )  # fmt: skip
        data = FACTORY.function("issue").encode(terms)
        receipt = self.send(self.issuer, self.platform.factory, data)
        return self._topic_address(receipt), int(receipt["gasUsed"], 16)

    def record(self) -> int:
        """What is stated of an investor: all that rules ask for, residing somewhere allowed."""
        day = GENESIS_S // DAY_S + 1_000
        claims = Claims().stated(Claim.VERIFIED, day).stated(Claim.SCREENED, day)
        claims = claims.stated(Claim.INSTITUTIONAL_BUYER, day - 100)
        return pack_record(number=self._random.getrandbits(48), country="DE", claims=claims)

    def authorization(
        self, token: str, holder: LocalAccount, receiver: str, units: int
    ) -> tuple[Any, ...]:
        """Arguments of a signed `transferWithAuthorization`."""
        nonce = self._random.randbytes(32)
        members = ["address from", "address to", "uint256 value", "uint256 validAfter",
                   "uint256 validBefore", "bytes32 nonce"]  # fmt: skip
        signed = Account.sign_typed_data(
            holder.key,
            domain_data={"name": "Tallystick", "version": "1", "chainId": self.chain_id,
                         "verifyingContract": token},
            message_types={"TransferWithAuthorization": [
                {"type": member.split()[0], "name": member.split()[1]} for member in members
            ]},
            message_data={"from": holder.address, "to": receiver, "value": units, "validAfter": 0,
                          "validBefore": 2**40, "nonce": nonce},
        )  # fmt: skip
        return (holder.address, receiver, units, 0, 2**40, nonce, signed.v,
                signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))  # fmt: skip

    def close(self) -> None:
        """Close the connection."""
        self._rpc.close()


def all_rules() -> PackedRules:
    """Every built-in rule on but that of approvals, which is measured apart; none in the way."""
    denied = mask_of(frozenset({"KP"}))
    allowed = mask_of(codes_in(2**250 - 1) - {"KP"})
    return PackedRules(
        rules=sum(RULE_NAMES) & ~APPROVAL, max_balance=10**15, lock_up_until=GENESIS_S - 5,
        holding_period=HOLDING_DAYS * DAY_S, flow_back_until=GENESIS_S + 10**9,
        lot_size=pack_round(10), minimum_holding=pack_round(10), supply_cap=10**20,
        countries_allowed=allowed,
        countries_denied=denied, investors_max=LIMIT, retail_investors_max=LIMIT,
        max_share_bps=9_800, country_limited=UNITED_STATES_INDEX, country_investors_max=2_000,
        affiliate_volume_bps=100, affiliate_window_days=92, exemption=1,
        investors_min=2,
    )  # fmt: skip


def identity_alone() -> PackedRules:
    """Only the rule that holders are verified."""
    return pack_rules(RuleSet())


def rules_on(scene: Scene, token: str) -> list[str]:
    """Names of the rules that are on, read back from the chain."""
    rules = PackedRules(*scene.view("rulesInForce", token))
    names = [name for bit, name in RULE_NAMES.items() if rules.rules & bit]
    if rules.supply_cap != UNITS_MAX:
        names.append("supply-cap")
    if rules.investors_max != UNLIMITED:
        names.append("holder-limit")
    if rules.retail_investors_max != UNLIMITED:
        names.append("retail-limit")
    if scene.view("reasonsRequired", token):
        names.append("reasons")
    return names


def measure(scene: Scene) -> tuple[dict[str, int], list[str]]:
    """All figures, in gas, and the rules that were on."""
    figures: dict[str, int] = {}
    token, figures["issue_security"] = scene.issue("All rules", all_rules())
    plain, _ = scene.issue("Identity alone", identity_alone())
    holders = [scene.account() for _ in range(240)]
    admitted = _admit(scene, holders, figures)
    _mint(scene, token, admitted, figures)
    for holder in admitted[:2]:
        scene.act("mint", plain, holder.address, 10**6)
    scene.advance(HOLDING_DAYS + 1)
    _transfer(scene, token, plain, admitted, figures)
    _intervene(scene, token, admitted, figures)
    _after_record_date(scene, token, admitted, figures)
    _with_issuer_limit(scene, token, admitted, figures)
    names = rules_on(scene, token)
    figures["transfer_60_lots"] = transfer_of_lots(scene, admitted[:3])
    _approved(scene, token, admitted, figures)
    figures |= measure_settlement(scene, _traded(scene))
    return figures | measure_servicing(scene, token, scene.admitted(256)), names


def _traded(scene: Scene) -> str:
    """A security with all rules on, of which much is held by one who does not trade."""
    token, _ = scene.issue("Traded", all_rules())
    [founder] = scene.admitted(1)
    scene.act("mint", token, founder.address, 10**9)
    scene.refresh(founder)
    return token


def transfer_of_lots(scene: Scene, holders: list[LocalAccount]) -> int:
    """Gas of a transfer by a holder of 60 lots, of which half are still locked, all rules on."""
    token, _ = scene.issue("Lots", all_rules())
    giver, taker, founder = holders
    scene.act("mint", token, founder.address, 10**9)
    scene.act("mint", token, taker.address, 10**6)
    scene.refresh(taker)
    scene.advance(HOLDING_DAYS + 1)
    now_s = scene.now_s()
    acquired = [now_s - LOTS_S * age for age in reversed(range(LOTS))]
    scene.act("batchMintLots", token, [giver.address] * LOTS, [10_000] * LOTS, acquired)
    scene.advance(HOLDING_DAYS - LOTS * LOTS_S // DAY_S // 2)
    half = LOTS // 2 * 10_000 - 40_000
    gas = [scene.gas(giver, TOKEN, token, "transfer", taker.address, half // 4) for _ in range(4)]
    total, locked = scene.view("unitsOf", token, giver.address)
    if not 20 * 10_000 < locked < 40 * 10_000 or total < locked:
        message = f"{locked} of {total} units are locked: no half of the lots"
        raise AssertionError(message)
    return max(gas)


def _approved(
    scene: Scene, token: str, holders: list[LocalAccount], figures: dict[str, int]
) -> None:
    """A transfer that the officer approves, every rule on and this one too."""
    rules = all_rules()
    scene.act("setRules", token, rules._replace(rules=rules.rules | APPROVAL))
    giver, taker = holders[0], holders[1].address
    gas: list[int] = []
    for _ in range(2):
        until = scene.now_s() + DAY_S
        scene.act("approveTransfer", token, giver.address, taker, 1_000, until, 1, b"\x07" * 32)
        gas.append(scene.gas(giver, TOKEN, token, "transfer", taker, 1_000))
    figures["transfer_approved"] = max(gas)


def _admit(
    scene: Scene, holders: list[LocalAccount], figures: dict[str, int]
) -> list[LocalAccount]:
    def admit(part: list[LocalAccount]) -> int:
        return scene.gas(
            scene.issuer, REGISTRY, scene.registry, "admitBatch",
            [holder.address for holder in part], [scene.record() for _ in part],
        )  # fmt: skip

    figures["admit_one"] = max(
        scene.gas(scene.issuer, REGISTRY, scene.registry, "admit", one.address, scene.record())
        for one in holders[:10]
    )
    figures["admit_each_of_100"] = -(-admit(holders[10:110]) // 100)
    admit(holders[110:210])
    return holders[:210]


def _mint(scene: Scene, token: str, holders: list[LocalAccount], figures: dict[str, int]) -> None:
    founder = holders[-1]
    scene.act("mint", token, founder.address, 10**9)
    scene.refresh(founder)
    scene.act("mint", token, holders[0].address, 10**6)
    figures["mint_new"] = max(
        scene.act("mint", token, holder.address, 10**6) for holder in holders[1:10]
    )
    hundred = [holder.address for holder in holders[10:110]]
    figures["mint_each_of_100"] = -(-scene.act("batchMint", token, hundred, [10**6] * 100) // 100)


def _transfer(
    scene: Scene, token: str, plain: str, holders: list[LocalAccount], figures: dict[str, int]
) -> None:
    def move(giver: int, taker: int, units: int, of: str = token) -> int:
        return scene.gas(holders[giver], TOKEN, of, "transfer", holders[taker].address, units)

    # The first transfer after the holding period also clears what the lock left behind.
    move(0, 1, 1_000)
    move(1, 0, 1_000)
    figures["transfer_existing"] = max(move(0, 1, 1_000), move(1, 0, 500))
    move(0, 1, 1_000, plain)
    figures["transfer_identity_only"] = max(move(0, 1, 1_000, plain), move(1, 0, 500, plain))
    figures["transfer_new"] = max(move(0, at, 1_000) for at in range(120, 125))
    figures["transfer_emptying"] = max(move(at, 1, 1_000) for at in range(120, 125))
    ten = [holder.address for holder in holders[10:20]]
    scene.gas(holders[0], TOKEN, token, "batchTransfer", ten, [1_000] * 10)
    figures["batch_transfer_10"] = scene.gas(
        holders[0], TOKEN, token, "batchTransfer", ten, [1_000] * 10
    )
    signed = scene.authorization(token, holders[0], holders[1].address, 1_000)
    figures["transfer_with_authorization"] = scene.act("transferWithAuthorization", token, *signed)


def _intervene(
    scene: Scene, token: str, holders: list[LocalAccount], figures: dict[str, int]
) -> None:
    def reason(kind: int, giver: str, taker: str, units: int) -> None:
        scene.act("registerReason", token, kind, giver, taker, units, 1, b"\x07" * 32)

    giver, taker = holders[0].address, holders[1].address
    reason(2, giver, taker, 500)
    figures["forced_transfer"] = scene.act("forcedTransfer", token, giver, taker, 500)
    lost, replacement = holders[5].address, scene.account().address
    reason(4, lost, replacement, 0)
    figures["recovery"] = scene.act("recoveryAddress", token, lost, replacement, lost)


def _after_record_date(
    scene: Scene, token: str, holders: list[LocalAccount], figures: dict[str, int]
) -> None:
    scene.act("setRecordDate", token, 0)
    figures["transfer_after_record_date"] = scene.gas(
        holders[0], TOKEN, token, "transfer", holders[1].address, 1_000
    )


def _with_issuer_limit(
    scene: Scene, token: str, holders: list[LocalAccount], figures: dict[str, int]
) -> None:
    scene.act("joinIssuerLimits", token)
    scene.gas(scene.issuer, REGISTRY, scene.registry, "setIssuerLimits", LIMIT, UNLIMITED)
    scene.act("enrol", token, [holder.address for holder in [*holders[:110], holders[-1]]])
    figures["transfer_new_issuer_limit"] = max(
        scene.gas(holders[0], TOKEN, token, "transfer", holders[at].address, 1_000)
        for at in range(130, 135)
    )


def run(*, with_peers: bool = False) -> dict[str, Any]:
    """Measure on a fresh embedded chain: `figures`, `budgets`, `peers` and `rules_on`."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Hosting(
            Path(folder) / "chain.sqlite",
            clock=lambda: GENESIS_S,
            sandbox=True,
            chain_id=CHAIN_ID,
        ) as host,
    ):
        scene = Scene(host)
        try:
            figures, names = measure(scene)
        finally:
            scene.close()
    return {
        "figures": {name: figures[name] for name in ALL_BUDGETS},
        "budgets": ALL_BUDGETS,
        "peers": measure_peers() if with_peers else {},
        "rules_on": names,
    }
