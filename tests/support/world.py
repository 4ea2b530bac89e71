"""One issuer twice: its contracts on a chain in this process, and the Python model, in step.

Every act is done on both sides and compared; `Divergence` is raised where they differ.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from tallystick.core.errors import Refused
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.securities.codes import Code
from tallystick.securities.packing import pack_rules
from tallystick.securities.proposal import MOVEMENT_NUMBERS, Answers, Movement, RuleSet
from tallystick.securities.verdict import Verdict
from tests.support import comparing
from tests.support.comparing import Divergence, expect
from tests.support.evm import (
    TOKEN,
    Outcome,
    compile_vyper,
)
from tests.support.exchanging import Exchanging
from tests.support.ground import (
    AGENT,
    COURT_ORDER,
    DOCUMENT,
    EVEN_LOTS,
    OFFICER,
    OWNER,
    STRANGER,
    wallet,
)
from tests.support.registering import Registering

__all__ = [
    "AGENT", "COURT_ORDER", "DOCUMENT", "EVEN_LOTS", "OFFICER", "OWNER", "STRANGER", "World",
    "wallet",
]  # fmt: skip


class World(Registering, Exchanging):
    """An issuer with securities on both sides."""

    # --- securities

    def set_rules(self, rules: RuleSet, at: int = 0) -> None:
        self._must(OFFICER, TOKEN, self.tokens[at], "setRules", pack_rules(rules))
        self.models[at].set_rules(rules)

    def transfer(self, sender: Wallet, receiver: Wallet, amount: int, at: int = 0) -> Code:
        """Transfer on both sides; compare what was foretold and what happened."""
        verdict = self._judge(at, Movement.RESALE, sender, receiver, amount)
        self._same_code(at, verdict.code, "detectTransferRestriction", sender, receiver, amount)
        can = all(r.code is Code.INSUFFICIENT_BALANCE for r in verdict.refusals)
        seen = self.evm.view(TOKEN, self.tokens[at], "canTransfer", sender, receiver, amount)
        if seen != can:
            raise Divergence(f"canTransfer: model {can}, chain {seen}")
        outcome = self.evm.act(sender, TOKEN, self.tokens[at], "transfer", receiver, amount)
        self._same_outcome(verdict.code, outcome)
        if verdict.allowed:
            self.models[at].move(Movement.RESALE, sender, receiver, amount, now_s=self.now)
        return verdict.code

    def batch_transfer(
        self, sender: Wallet, parts: Sequence[tuple[Wallet, int]], at: int = 0
    ) -> Code:
        """All of several transfers or none."""
        receivers, amounts = zip(*parts, strict=True)
        outcome = self.evm.act(
            sender, TOKEN, self.tokens[at], "batchTransfer", list(receivers), list(amounts)
        )
        return self._all_or_none(at, Movement.RESALE, sender, parts, outcome)

    def batch_mint(self, parts: Sequence[tuple[Wallet, int]], at: int = 0) -> Code:
        receivers, amounts = zip(*parts, strict=True)
        outcome = self.evm.act(
            AGENT, TOKEN, self.tokens[at], "batchMint", list(receivers), list(amounts)
        )
        return self._all_or_none(at, Movement.ISSUE, None, parts, outcome)

    def mint_single_units(self, receiver: Wallet, ages_s: Sequence[int], at: int = 0) -> None:
        """Issue single units acquired so long ago, in this order, all or none."""
        count, acquired = len(ages_s), [self.now - age_s for age_s in ages_s]
        outcome = self.evm.act(
            AGENT,
            TOKEN,
            self.tokens[at],
            "batchMintLots",
            [receiver] * count,
            [1] * count,
            acquired,
        )
        before = copy.deepcopy((self.registry, self.models))

        def on_model() -> None:
            for acquired_at in acquired:
                first = self._judge(at, Movement.ISSUE, None, receiver, 1).refusals[:1]
                for refusal in first:
                    raise Refused(refusal.code.label, refusal.message)
                self.models[at].move(
                    Movement.ISSUE, None, receiver, 1, now_s=self.now, acquired_at=acquired_at
                )

        if self.both(outcome, on_model):
            self.registry, self.models = before

    def _all_or_none(self, at: int, kind: Movement, sender: Wallet | None,
                     parts: Sequence[tuple[Wallet, int]], outcome: Outcome) -> Code:  # fmt: skip
        before = copy.deepcopy((self.registry, self.models))
        for receiver, amount in parts:
            verdict = self._judge(at, kind, sender, receiver, amount)
            if not verdict.allowed:
                self.registry, self.models = before
                self._same_outcome(verdict.code, outcome)
                return verdict.code
            self.models[at].move(kind, sender, receiver, amount, now_s=self.now)
        self._same_outcome(Code.ALLOWED, outcome)
        return Code.ALLOWED

    def transfer_from(
        self, spender: Wallet, sender: Wallet, receiver: Wallet, amount: int, at: int = 0
    ) -> Code:
        """Have somebody else transfer, with an allowance of just so much."""
        self._must(sender, TOKEN, self.tokens[at], "approve", spender, amount)
        verdict = self._judge(at, Movement.RESALE, sender, receiver, amount, spender=spender)
        outcome = self.evm.act(
            spender, TOKEN, self.tokens[at], "transferFrom", sender, receiver, amount
        )
        self._same_outcome(verdict.code, outcome)
        left = self.evm.view(TOKEN, self.tokens[at], "allowance", sender, spender)
        unlimited = amount == 2**256 - 1
        expect("allowance", left, 0 if verdict.allowed and not unlimited else amount)
        if verdict.allowed:
            self.models[at].move(Movement.RESALE, sender, receiver, amount, now_s=self.now)
        return verdict.code

    def _settle(self, at: int, verdict: Verdict, outcome: Outcome, movement: Movement,
                sender: Wallet | None, receiver: Wallet | None, amount: int,
                acquired_at: int | None = None) -> Code | None:  # fmt: skip
        """Compare what came of a movement; None if it was allowed and could not be carried out."""
        if not verdict.allowed:
            self._same_outcome(verdict.code, outcome)
            return verdict.code
        failure = self.both(
            outcome,
            lambda: self.models[at].move(
                movement, sender, receiver, amount, now_s=self.now, acquired_at=acquired_at
            ),
        )
        return None if failure else verdict.code

    # --- time

    def advance(self, seconds: int) -> None:
        """Let time pass; record dates that it passes see what was held until now."""
        for past, model in zip(self.past, self.models, strict=True):
            past.reach(self.now + seconds, model)
        self.evm.advance(seconds)

    def set_record_date(self, in_s: int, at: int = 0) -> str:
        """Set a record date so many seconds ahead."""
        wanted = self.now + in_s
        outcome = self.evm.act(AGENT, TOKEN, self.tokens[at], "setRecordDate", wanted)
        return self.both(outcome, lambda: self.past[at].add(wanted, self.now, self.models[at]))

    def withdraw_record_date(self, at: int = 0) -> str:
        """Take back the last record date that is ahead."""
        outcome = self.evm.act(AGENT, TOKEN, self.tokens[at], "withdrawRecordDate")
        return self.both(outcome, self.past[at].withdraw)

    def probe(self, sender: Wallet, receiver: Wallet, amount: int, at: int = 0) -> None:
        """Compare what both sides foretell of a transfer and of an issue; nothing is done."""
        verdict = self._judge(at, Movement.RESALE, sender, receiver, amount)
        self._same_code(at, verdict.code, "detectTransferRestriction", sender, receiver, amount)
        verdict = self._judge(at, Movement.ISSUE, None, receiver, amount)
        self._same_code(at, verdict.code, "detectIssueRestriction", receiver, amount)

    def _judge(self, at: int, kind: Movement, sender: Wallet | None, receiver: Wallet,
               amount: int, spender: Wallet | None = None) -> Verdict:  # fmt: skip
        return self.models[at].judge(
            kind,
            sender,
            receiver,
            amount,
            now_s=self.now,
            # The chain asks modules about amounts cut to what could ever exist.
            answers=Answers(
                module_refuses=self.modules[at] is not None and min(amount, 2**112) % 2 == 1
            ),
            spender=spender,
        )

    def bind_module(self, at: int = 0) -> None:
        """Bind a module that refuses odd amounts, or let go of it."""
        module = self.modules[at]
        if module is None:
            module = self.evm.deploy(compile_vyper(EVEN_LOTS))
            self._must(OFFICER, TOKEN, self.tokens[at], "addModule", module)
            self.modules[at] = module
        else:
            self._must(OFFICER, TOKEN, self.tokens[at], "removeModule", module)
            self.modules[at] = None

    def mint(self, receiver: Wallet, amount: int, at: int = 0,
             acquired_at: int | None = None) -> Code | None:  # fmt: skip
        verdict = self._judge(at, Movement.ISSUE, None, receiver, amount)
        self._same_code(at, verdict.code, "detectIssueRestriction", receiver, amount)
        if acquired_at is None:
            outcome = self.evm.act(AGENT, TOKEN, self.tokens[at], "mint", receiver, amount)
        else:
            outcome = self.evm.act(
                AGENT, TOKEN, self.tokens[at], "batchMintLots", [receiver], [amount], [acquired_at]
            )
        return self._settle(
            at, verdict, outcome, Movement.ISSUE, None, receiver, amount, acquired_at
        )

    def force(self, sender: Wallet, receiver: Wallet, amount: int, at: int = 0) -> Code | None:
        self._reason(at, 2, sender, receiver, amount)
        outcome = self.evm.act(
            AGENT, TOKEN, self.tokens[at], "forcedTransfer", sender, receiver, amount
        )
        verdict = self.models[at].judge(Movement.FORCED, sender, receiver, amount, now_s=self.now)
        return self._settle(at, verdict, outcome, Movement.FORCED, sender, receiver, amount)

    def burn(self, holder: Wallet, amount: int, at: int = 0) -> Code | None:
        self._reason(at, 3, holder, NOBODY, amount)
        outcome = self.evm.act(AGENT, TOKEN, self.tokens[at], "burn", holder, amount)
        verdict = self.models[at].judge(Movement.REDEMPTION, holder, None, amount, now_s=self.now)
        return self._settle(at, verdict, outcome, Movement.REDEMPTION, holder, None, amount)

    def give_back(self, holder: Wallet, amount: int, at: int = 0) -> Code | None:
        self._must(holder, TOKEN, self.tokens[at], "approve", AGENT, amount)
        outcome = self.evm.act(AGENT, TOKEN, self.tokens[at], "burnFrom", holder, amount)
        verdict = self.models[at].judge(Movement.RETURN, holder, None, amount, now_s=self.now)
        return self._settle(at, verdict, outcome, Movement.RETURN, holder, None, amount)

    def recover(self, lost: Wallet, replacement: Wallet, at: int = 0) -> str:
        self._reason(at, 4, lost, replacement, 0)
        home = self.registry.home(lost)
        outcome = self.evm.act(
            AGENT, TOKEN, self.tokens[at], "recoveryAddress", lost, replacement, home
        )

        def on_model() -> None:
            self.registry.replace(lost, replacement)
            self.models[at].replace(lost, replacement)

        return self.both(outcome, on_model)

    def _reason(self, at: int, kind: int, sender: str, receiver: str, amount: int) -> None:
        self._must(
            OFFICER,
            TOKEN,
            self.tokens[at],
            "registerReason",
            kind,
            sender,
            receiver,
            amount,
            COURT_ORDER,
            DOCUMENT,
        )

    def declare(self, kind: Movement, sender: Wallet, receiver: Wallet, amount: int,
                at: int = 0) -> Code | None:  # fmt: skip
        """A movement that the agent declares."""
        number = MOVEMENT_NUMBERS[kind]
        verdict = self._judge(at, kind, sender, receiver, amount)
        asked = (number, sender, receiver, amount)
        self._same_code(at, verdict.code, "detectDeclaredRestriction", *asked)
        self._reason(at, *asked)
        outcome = self.evm.act(AGENT, TOKEN, self.tokens[at], "declaredTransfer", *asked)
        return self._settle(at, verdict, outcome, kind, sender, receiver, amount)

    def approve(self, sender: Wallet | None, receiver: Wallet, amount: int, in_s: int,
                at: int = 0) -> None:  # fmt: skip
        """Approve a movement for so many seconds."""
        until = self.now + in_s
        self._must(
            OFFICER, TOKEN, self.tokens[at], "approveTransfer", sender or NOBODY, receiver, amount,
            until, COURT_ORDER, DOCUMENT,
        )  # fmt: skip
        self.models[at].approve(sender, receiver, amount, until_s=until)

    def withdraw_approval(self, sender: Wallet | None, receiver: Wallet, amount: int,
                          at: int = 0) -> None:  # fmt: skip
        self._must(
            OFFICER, TOKEN, self.tokens[at], "withdrawApproval", sender or NOBODY, receiver, amount
        )
        self.models[at].approve(sender, receiver, amount, until_s=0)

    def set_venue(self, venue: Wallet, allowed: bool, at: int = 0) -> None:
        self._must(OFFICER, TOKEN, self.tokens[at], "setVenue", venue, allowed)
        self.models[at].set_venue(venue, allowed=allowed)

    def place_legend(self, whose: Wallet, units: int, at: int = 0) -> None:
        """Place a legend on units, or lift it from so many if they are fewer than none."""
        name = "placeLegend" if units > 0 else "liftLegend"
        self._must(AGENT, TOKEN, self.tokens[at], name, whose, abs(units), COURT_ORDER, DOCUMENT)
        self.models[at].place_legend(whose, units, COURT_ORDER)

    def hold(self, owner: Wallet, units: int, at: int = 0) -> bool:
        """Have a stranger hold units that their owner approves; whether he may and there are such.

        Only who is allowed as a venue may.
        """
        self._must(owner, TOKEN, self.tokens[at], "approve", STRANGER, units)
        outcome = self.evm.act(STRANGER, TOKEN, self.tokens[at], "hold", owner, units)
        model = self.models[at]
        free = model.balances.get(owner, 0) - sum(model.held.get(owner, {}).values())
        expected = "" if units <= free else "insufficient-balance"
        if STRANGER not in model.venues:
            expected = "not-a-venue"
        expect("held", outcome.reason or "", expected)
        if outcome.ok:
            model.hold(owner, STRANGER, units)
        return outcome.ok

    def let_go(self, owner: Wallet, units: int, at: int = 0) -> bool:
        """Have the stranger let units go; whether he held so many."""
        outcome = self.evm.act(STRANGER, TOKEN, self.tokens[at], "release", owner, units)
        held = self.models[at].held.get(owner, {}).get(STRANGER, 0)
        expect("let go", outcome.reason or "", "" if units <= held else "not-so-much-held")
        if outcome.ok:
            self.models[at].hold(owner, STRANGER, -units)
        return outcome.ok

    def stop(self, whose: Wallet, stopped: bool, at: int = 0) -> None:
        name = "placeStop" if stopped else "liftStop"
        self._must(AGENT, TOKEN, self.tokens[at], name, whose, COURT_ORDER, DOCUMENT)
        self.models[at].freeze(self.registry.home(whose), frozen=stopped)

    def freeze(self, whose: Wallet, frozen: bool, at: int = 0) -> None:
        self._must(AGENT, TOKEN, self.tokens[at], "setAddressFrozen", whose, frozen)
        self.models[at].freeze(whose, frozen=frozen)

    def set_frozen_units(self, whose: Wallet, units: int, at: int = 0) -> None:
        self._must(AGENT, TOKEN, self.tokens[at], "setFrozenTokens", whose, units)
        self.models[at].set_frozen_units(whose, units)

    def pause(self, paused: bool, at: int = 0) -> None:
        self._must(AGENT, TOKEN, self.tokens[at], "pause" if paused else "unpause")
        self.models[at].paused = paused

    def join_issuer_limits(self, at: int = 0) -> None:
        self._must(OFFICER, TOKEN, self.tokens[at], "joinIssuerLimits")
        self.models[at].join_issuer_limits()

    def enrol(self, whose: list[Wallet], at: int = 0) -> None:
        self._must(STRANGER, TOKEN, self.tokens[at], "enrol", whose)
        for one in whose:
            self.models[at].enrol(one, now_s=self.now)
        self.models[at].end_enrolment()

    def _same_code(self, at: int, code: Code, view: str, *args: Any) -> None:
        seen = self.evm.view(TOKEN, self.tokens[at], view, *args)
        if seen != code:
            raise Divergence(f"{view}{args}: model {code!r}, chain {Code(seen)!r}")

    @staticmethod
    def _same_outcome(code: Code, outcome: Outcome) -> None:
        expected = "" if code is Code.ALLOWED else code.label
        if outcome.reason != expected or outcome.ok != (code is Code.ALLOWED):
            raise Divergence(f"model {code!r}, chain {outcome.reason or 'ok'}")

    # --- comparing, see `comparing`

    def compare_storage(self, wallets: list[Wallet]) -> None:
        """Compare what is stored of these wallets."""
        comparing.compare_storage(self, wallets)

    def compare(self, wallets: list[Wallet]) -> None:
        """Compare all that is stored, and what the contracts tell when they are asked."""
        comparing.compare(self, wallets)
