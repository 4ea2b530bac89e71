"""A council of five on a chain in this process, which holds the roles of an issuer and money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_account import Account

from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.securities.claims import Claims
from tallystick.securities.councils.policies import Call, Limit, Member, Policy, Setting, folded
from tests.support.evm import CASH, REGISTRY, TOKEN, Outcome
from tests.support.world import AGENT, OFFICER, OWNER, STRANGER, World, wallet

COUNCIL = contract("Council")
VERIFIED = Claims((65_535, 0, 0, 0, 0, 0, 0, 0))
ANN, BOB = wallet(1), wallet(2)
SIGNER = Account.from_key(b"\x07" * 32)
DIRECTOR = Wallet(SIGNER.address.lower())
SECOND_AGENT = wallet(60)
FRIEND = wallet(61)
MEMBERS = (
    Member(wallet=OWNER, groups=("owner",)),
    Member(wallet=AGENT, groups=("agent",)),
    Member(wallet=SECOND_AGENT, groups=("agent",)),
    Member(wallet=OFFICER, groups=("officer",)),
    Member(wallet=DIRECTOR, groups=("director", "officer")),
)
STRICT = Policy(signatures=2, groups=("officer",))
SLOW = Policy(signatures=3, groups=("agent", "officer"), delay_s=3_600, documented=True)
PAYMENT = Policy(signatures=2, groups=("officer",), small_signatures=1, small_groups=("agent",),
                 amount_at=2)  # fmt: skip
LIMIT, FUNDS = 1_000, 1_000_000
SALT, DOCUMENT = b"\x05" * 32, b"\x06" * 32


def selector(name: str, of: Any = TOKEN) -> bytes:
    found: bytes = of.function(name).selector
    return found


class Chamber:
    """The council, the issuer whose roles it has taken over, and its cash."""

    def __init__(self, settings: Sequence[Setting] | None = None) -> None:
        self.world = World()
        self.evm = self.world.evm
        self.token, self.registry = self.world.token, self.world.registry_address
        for home in (ANN, BOB):
            self.world.admit(home, claims=VERIFIED)
        self.world.mint(ANN, 100)
        self.cash = self.evm.deploy(CASH.creation("Cash", "USDX", 6, OWNER), OWNER)
        if settings is None:
            settings = self.usual()
        self.council = self.evm.deploy(self.creation(
            MEMBERS, settings, [Limit(money=self.cash, units=LIMIT)]))  # fmt: skip
        assert self.evm.act(OWNER, CASH, self.cash, "addAgent", OWNER).ok
        assert self.evm.act(OWNER, CASH, self.cash, "mint", self.council, FUNDS).ok
        self._hand_over()

    def usual(self) -> list[Setting]:
        agents = Policy(signatures=1, groups=("agent",))
        return [
            Setting(policy=STRICT),
            *(Setting(policy=agents, selector=selector(name)) for name in ("mint", "pause")),
            Setting(policy=Policy(signatures=1), selector=selector("acceptOwnership")),
            Setting(policy=Policy(signatures=1, groups=("officer",)),
                    selector=selector("registerReason")),
            Setting(policy=SLOW, selector=selector("setName")),
            Setting(policy=PAYMENT, target=self.cash, selector=selector("transfer", CASH)),
            Setting(policy=Policy(signatures=2, small_signatures=1, amount_at=2, exempt=FRIEND),
                    target=self.cash, selector=selector("approve", CASH)),
            # The currency of this one is an argument.
            Setting(policy=Policy(signatures=2, small_signatures=1, amount_at=3, money_at=1),
                    selector=selector("transferFrom", CASH)),
        ]  # fmt: skip

    @staticmethod
    def creation(members: Sequence[Member], settings: Sequence[Setting],
                 limits: Sequence[Limit] = ()) -> str:  # fmt: skip
        """What creates a council of these."""
        kept, alike = folded(settings)
        sides = (
            [each.members for each in members],
            [each.members for each in kept],
            [each.members for each in alike],
            [each.members for each in limits],
        )
        return COUNCIL.creation(*sides)

    @staticmethod
    def sides(members: Sequence[Member] = (), settings: Sequence[Setting] = (),
              limits: Sequence[Limit] = ()) -> tuple[Any, ...]:  # fmt: skip
        return ([each.members for each in members], [each.members for each in settings],
                [each.members for each in limits])  # fmt: skip

    def _hand_over(self) -> None:
        for address, of in ((self.token, TOKEN), (self.registry, REGISTRY)):
            for name, who in (("addAgent", self.council), ("addOfficer", self.council),
                              ("removeAgent", AGENT), ("removeOfficer", OFFICER),
                              ("transferOwnership", self.council)):  # fmt: skip
                assert self.evm.act(OWNER, of, address, name, who).ok
            assert self.act("acceptOwnership", at=address, of=of, by=OWNER).ok

    # --- what members do

    def by(self, who: str, name: str, *args: Any) -> Outcome:
        return self.evm.act(who, COUNCIL, self.council, name, *args)

    def view(self, name: str, *args: Any) -> Any:
        return self.evm.view(COUNCIL, self.council, name, *args)

    def act(self, name: str, *args: Any, by: str = AGENT, at: str = "", of: Any = TOKEN
            ) -> Outcome:  # fmt: skip
        data = bytes.fromhex(of.function(name).encode(*args)[2:])
        return self.by(by, "act", at or self.token, data)

    def call(self, name: str, *args: Any, at: str = "", of: Any = TOKEN, salt: bytes = SALT,
             code: int = 0, document: bytes = bytes(32)) -> Call:  # fmt: skip
        data = bytes.fromhex(of.function(name).encode(*args)[2:])
        return Call(target=Wallet(at or self.token), data=data, salt=salt, code=code,
                    document=document)  # fmt: skip

    def payment(self, units: int, to: str = STRANGER, **changes: Any) -> Call:
        return self.call("transfer", to, units, at=self.cash, of=CASH, **changes)

    def change(self, **sides: Any) -> Call:
        return self.call("change", *self.sides(**sides), at=self.council, of=COUNCIL)

    def proposed(self, call: Call, *, by: str = AGENT) -> Outcome:
        return self.by(by, "propose", call.members)

    def approved(self, call: Call, *who: str) -> Chamber:
        """Proposed by the first of them, and agreed to by the others."""
        assert self.proposed(call, by=who[0]).ok
        for each in who[1:]:
            assert self.by(each, "approve", call.members).ok
        return self

    def execute(self, call: Call, *, by: str = AGENT) -> Outcome:
        return self.by(by, "execute", call.members)

    def signed(self, call: Call, *, deadline: int = 2**40, number: int = 0, claims: str = DIRECTOR
               ) -> Outcome:  # fmt: skip
        typed = call.approval(self.council, 1, number, deadline)
        made = Account.sign_typed_data(SIGNER.key, full_message=typed)
        r, s = made.r.to_bytes(32, "big"), made.s.to_bytes(32, "big")
        return self.by(STRANGER, "approveSigned", call.members, (claims, deadline, made.v, r, s))

    def balance(self, who: str) -> int:
        return int(self.evm.view(CASH, self.cash, "balanceOf", who))


NOBODYS = Setting(policy=Policy(signatures=0), target=NOBODY, selector=selector("burn"))
