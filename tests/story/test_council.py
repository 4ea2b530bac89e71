"""Dual control: with a council no single key forces, recovers, changes rules or pays too much."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from typer.testing import CliRunner

from tallystick.app import acts, auditing
from tallystick.app.councils import agreeing, founding, kept, routing, telling
from tallystick.app.servicing import cash
from tallystick.app.workspace import REGISTRY, TOKEN, Workspace
from tallystick.cli.main import app
from tallystick.core.errors import Conflict, InvalidFile, Refused
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.contracts import contract
from tallystick.gateways.chain.intents import Intent
from tallystick.gateways.chain.keys import ROLES
from tallystick.gateways.chain.outbox import Outbox
from tallystick.gateways.chain.parts import Work
from tallystick.securities.councils.charter import DAILY, PAYMENTS
from tests.support.desk import TERMS, Desk, copy_of, open_desk

DIRECTOR = Account.from_key(b"\x21" * 32)
HIS = Wallet(DIRECTOR.address.lower())
CHARTER = f"""
[[member]]
key = "agent"
groups = ["agent"]

[[member]]
key = "officer"
groups = ["officer"]

[[member]]
wallet = "{HIS}"
groups = ["director", "officer"]

[together]
signatures = 2
groups = ["officer"]

[[limit]]
cash = "EUR"
a_day = "1,000.00"

[[act]]
function = "setRules"
signatures = 2
groups = ["director"]
delay_hours = 24
document = true
"""


def founded(folder: Path) -> Desk:
    desk = open_desk(folder)
    desk.must("cash", "issue", "EUR")
    desk.must("cash", "mint", "EUR", "agent", "100000")
    return desk


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return founded(tmp_path_factory.mktemp("before") / "data")


@pytest.fixture(scope="module")
def company(before: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = copy_of(before, tmp_path_factory.mktemp("council"))
    desk.must("council", "set-up", desk.file("council.toml", CHARTER))
    return desk


@pytest.fixture
def desk(company: Desk, tmp_path: Path) -> Desk:
    return copy_of(company, tmp_path)


def waits(desk: Desk, *arguments: str) -> int:
    """The number of the proposal that a command now waits for."""
    before = len(desk.answer("council", "proposals", "--all"))
    assert desk.failing(*arguments) == "signatures-needed"
    after = desk.answer("council", "proposals", "--all")
    assert len(after) in {before, before + 1}
    return int(after[-1]["number"])


def agree(desk: Desk, number: int) -> None:
    """The director signs with his own wallet, somebody submits it."""
    typed = desk.answer("council", "approval", str(number), "--member", HIS)
    signature = "0x" + Account.sign_typed_data(DIRECTOR.key, full_message=typed).signature.hex()
    desk.must("council", "approve", str(number), "--member", HIS, "--signature", signature)


def order(desk: Desk) -> list[str]:
    return ["--reason", "court-order", "--document", desk.file("order.txt", "The court orders.")]


def wallet(desk: Desk, who: str) -> str:
    with Workspace(desk.folder) as workspace:
        return workspace.wallet_of(who)


def test_a_forced_transfer_takes_two(desk: Desk) -> None:
    force = ["force", "ACME", "H-1", "H-2", "10", *order(desk), "--key", "f1"]
    number = waits(desk, *force)
    assert waits(desk, *force) == number, "asked again it is the same proposal"
    told = desk.answer("council", "proposal", str(number))
    assert told["call"]["function"] == "forcedTransfer"
    assert told["missing"] == "1 signature, officer among them"
    desk.must("council", "approve", str(number), "--by", "officer")
    desk.must(*force)
    desk.must(*force)
    units = {line["holder"]: int(line["units"]) for line in desk.answer("captable")[0]["lines"]}
    assert units == {"Ada": 9_000, "Bo": 1_000}
    assert desk.answer("council", "proposals") == []
    assert desk.answer("audit")["differences"] == []


def test_a_recovery_takes_two_and_the_second_may_sign_elsewhere(desk: Desk) -> None:
    replacement = "0x" + "5e" * 20
    recover = ["recover", "H-1", replacement, *order(desk), "--key", "r1"]
    number = waits(desk, *recover)
    agree(desk, number)
    desk.must(*recover)
    assert wallet(desk, "H-1") == replacement


def test_other_rules_take_a_document_the_director_and_a_day(desk: Desk) -> None:
    rules = ["rules", "set", "ACME", desk.file("other.toml", TERMS + "\n[security.rules]\n"
             "investors_max = 40\n"), "--key", "s1"]  # fmt: skip
    number = waits(desk, *rules)
    assert desk.failing("council", "approve", str(number), "--by", "officer") == "not-proposed"
    desk.must("council", "propose", str(number), *order(desk))
    assert desk.failing(*rules) == "signatures-needed"
    agree(desk, number)
    assert desk.failing(*rules) == "signatures-needed"
    assert "waits until" in desk.answer("council", "proposal", str(number))["standing"]
    desk.must("chain", "advance", "1")
    desk.must(*rules)
    with Workspace(desk.folder) as workspace:
        token = workspace.security("ACME").token
        assert workspace.book().securities[token].rules.investors_max == 40
    assert desk.answer("audit")["differences"] == []


def test_a_dividend_above_the_limit_takes_two_who_agree_to_its_list(desk: Desk) -> None:
    announce = ["distribution", "announce", "ACME", "1000.01", "EUR", *desk.paper(), "--key", "d1"]
    number = waits(desk, *announce)
    told = desk.answer("council", "proposal", str(number))
    assert told["call"]["function"] == "announce"
    desk.must("council", "approve", str(number), "--by", "officer")
    desk.must(*announce)
    desk.must("chain", "advance", "2")
    desk.must("distribution", "push", "1")
    assert desk.cash("EUR", "H-1") == 100_001


def test_a_dividend_within_the_limit_takes_one(desk: Desk) -> None:
    desk.must("distribution", "announce", "ACME", "600", "EUR", *desk.paper())
    more = ["distribution", "announce", "ACME", "400.01", "EUR", *desk.paper()]
    assert desk.failing(*more) == "signatures-needed"
    assert desk.answer("council", "show")["limits"][0]["today"] == "60000"


def test_payments_within_the_limit_one_by_one_and_not_together(desk: Desk) -> None:
    """The first is made, the second proposed, the third keeps its turn; each is done once."""
    with Workspace(desk.folder) as workspace:
        token = cash.money(workspace, "EUR").token
        payees = [workspace.wallet_of(who) for who in ("H-1", "H-2")]
        asked = [(payees[0], 60_000), (payees[1], 60_000), (payees[1], 7)]
        calls = [(f"pay/{at}", token, cash.CASH.function("transfer").encode(*each))
                 for at, each in enumerate(asked)]  # fmt: skip
        for _ in range(2):
            with pytest.raises(Conflict) as waiting:
                workspace.act("agent", calls)
            assert waiting.value.message.startswith("Proposal 1 waits")
            assert [workspace.outbox.done(f"pay/{at}") for at in range(3)] == [True, False, False]
        agreeing.approve(workspace, kept.proposal(workspace, 1), "officer")
        assert workspace.act("agent", calls) == workspace.act("agent", calls)
    assert [desk.cash("EUR", who) for who in ("H-1", "H-2")] == [60_000, 60_007]
    assert desk.answer("audit")["differences"] == []


def test_no_key_can_do_any_of_it_by_itself(desk: Desk) -> None:
    """Every key, every function with a role, directly and through the council."""
    with Workspace(desk.folder) as workspace:
        council, security = kept.required_council(workspace), workspace.security("ACME")
        his, other = (workspace.wallet_of(who) for who in ("H-1", "H-2"))
        rules = workspace.view(TOKEN, security.token, "rulesInForce")
        keys = [workspace.keystore.wallet(role) for role in ROLES]
        acts: list[tuple[str, tuple[Any, ...]]] = [
            ("forcedTransfer", (his, other, 1)), ("batchForcedTransfer", ([his], [other], [1])),
            ("burn", (his, 1)), ("batchBurn", ([his], [1])), ("recoveryAddress", (his, other, his)),
            ("setRules", (rules,)), ("setCompliance", (other,)), ("addAgent", (keys[1],)),
            ("addOfficer", (keys[1],)), ("transferOwnership", (keys[0],)),
            ("setIdentityRegistry", (other,)), ("declaredTransfer", (7, his, other, 1)),
            ("linkWallet", (his, "0x" + "5e" * 20)), ("setIssuerLimits", (5, 5)),
            ("registerIdentity", ("0x" + "5e" * 20, his, 276)),
        ]  # fmt: skip
        for role in ROLES:
            signer = workspace.keystore.signer(role)
            for name, args in acts:
                of, at = TOKEN, security.token
                if name in REGISTRY.functions and name not in TOKEN.functions:
                    of, at = REGISTRY, workspace.founding.registry
                data = of.function(name).encode(*args)
                through = kept.COUNCIL.function("act").encode(at, bytes.fromhex(data[2:]))
                for target, call in ((at, data), (council, through)):
                    intent = Intent(f"alone/{role}/{name}/{target}", signer.wallet, target, call)
                    with pytest.raises(Refused) as refused:
                        workspace.outbox.carry_out([intent], signer)
                    assert refused.value.code in {
                        "not-agent", "not-officer", "not-owner", "signatures-needed", "not-a-member"
                    }  # fmt: skip


def test_daily_acts_go_on_as_before(desk: Desk) -> None:
    desk.must("mint", "ACME", "H-2", "5")
    desk.must("transfer", "ACME", "H-1", "H-2", "1")
    more = desk.file("more.csv", "reference,name,country,verified\nH-3,Cy,DE,never\n")
    desk.must("holders", "import", more)
    assert desk.answer("audit")["differences"] == []


def test_work_on_many_is_proposed_in_parts_and_done_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "PART", 1)
    desk.must("mint", "ACME", "H-2", "5")
    with Workspace(desk.folder) as workspace:
        security = workspace.security("ACME")
        holders = [workspace.wallet_of(who) for who in ("H-1", "H-2")]
        reason = acts.Reason("court-order", bytes([1] * 32))
        for who in holders:
            acts.state_reason(workspace, security, acts.REDEMPTION, who, NOBODY, 200, reason, who)
        encode = TOKEN.function("batchBurn").encode
        work = Work("burn", security.token, 2,
                    lambda at, end: encode(holders[at:end], [200] * (end - at)))  # fmt: skip
        for _ in range(2):
            with pytest.raises(Conflict) as waiting:
                workspace.act_on_many("agent", work)
            assert "1, 2" in waiting.value.message
        for number in (1, 2):
            found = kept.proposal(workspace, number)
            agreeing.approve(workspace, found, "officer")
        first = workspace.act_on_many("agent", work)
        assert [each.key for each in first] == ["burn/0-1", "burn/1-2"]
        assert workspace.act_on_many("agent", work) == first
        balances = workspace.book().securities[security.token].balances
        assert [balances[who] for who in holders] == [9_800, 300]
    assert desk.answer("audit")["differences"] == []


def test_a_security_issued_later_is_the_councils(desk: Desk) -> None:
    issue = ["issue", desk.file("b.toml", TERMS.replace("ACME", "BETA"))]
    number = waits(desk, *issue)
    desk.must("council", "approve", str(number), "--by", "officer")
    desk.must(*issue)
    with Workspace(desk.folder) as workspace:
        token = workspace.security("BETA").token
        assert workspace.view(TOKEN, token, "owner").lower() == workspace.council
        assert not workspace.view(TOKEN, token, "isAgent", workspace.keystore.wallet("agent"))
    assert desk.answer("audit")["differences"] == []


def test_the_council_changes_by_its_members(desk: Desk) -> None:
    wider = CHARTER.replace("1,000.00", "5,000.00").replace("delay_hours = 24", "delay_hours = 0")
    wider = wider.replace("document = true", "document = false")
    change = ["council", "change", desk.file("wider.toml", wider), "--key", "w1"]
    number = waits(desk, *change)
    agree(desk, number)
    desk.must(*change)
    desk.must(*change)
    assert desk.answer("council", "show")["limits"][0]["limit"] == "500000"
    assert not desk.answer("council", "change", desk.file("wider.toml", wider))["changed"]
    narrower = wider[: wider.index("[[act]]")]
    number = waits(desk, "council", "change", desk.file("n.toml", narrower), "--key", "n1")
    desk.must("council", "approve", str(number), "--by", "officer")
    desk.must("council", "carry-out", str(number))
    told = desk.answer("council", "show")["policies"]
    assert "setRules" not in {each["function"] for each in told}


def test_what_would_be_refused_anyway_is_not_proposed(desk: Desk) -> None:
    with Workspace(desk.folder) as workspace:
        security = workspace.security("ACME")
        data = TOKEN.function("setName").encode("")
        with pytest.raises(Refused) as refused:
            workspace.act("owner", [("n1", security.token, data)])
        assert refused.value.code == "name-empty"
        assert kept.proposals(workspace) == []


def test_who_agreed_may_change_his_mind(desk: Desk) -> None:
    force = ["force", "ACME", "H-1", "H-2", "10", *order(desk), "--key", "f1"]
    number = waits(desk, *force)
    desk.must("council", "approve", str(number), "--by", "officer")
    desk.must("council", "revoke", str(number), "--by", "officer")
    assert desk.failing(*force) == "signatures-needed"
    desk.must("council", "approve", str(number), "--by", "officer")
    desk.must("council", "carry-out", str(number))
    desk.must(*force)


def test_a_signature_of_somebody_else_is_refused(desk: Desk) -> None:
    number = waits(desk, "force", "ACME", "H-1", "H-2", "10", *order(desk), "--key", "f1")
    typed = desk.answer("council", "approval", str(number), "--member", HIS)
    other = Account.from_key(b"\x22" * 32)
    signature = "0x" + Account.sign_typed_data(other.key, full_message=typed).signature.hex()
    approve = ["council", "approve", str(number), "--member", HIS, "--signature", signature]
    assert desk.failing(*approve) == "signature-invalid"
    assert desk.failing("council", "approval", str(number), "--member", other.address
                        ) == "not-a-member"  # fmt: skip
    assert desk.failing("council", "approve", str(number)) == "member-not-named"


def test_a_key_stands_for_one_proposal(desk: Desk) -> None:
    waits(desk, "force", "ACME", "H-1", "H-2", "10", *order(desk), "--key", "f1")
    other = ["force", "ACME", "H-1", "H-2", "11", *order(desk), "--key", "f1"]
    assert desk.failing(*other) == "idempotency-key-reused"


class CutOff(Exception):
    """The power went."""


def test_a_set_up_that_was_cut_off_goes_on(
    before: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off before each of its transactions in turn, and finished by running it again."""
    for steps in itertools.count(1):
        desk = copy_of(before, tmp_path / str(steps))
        path = desk.file("council.toml", CHARTER)
        with monkeypatch.context() as patch:
            _cut_off_after(patch, steps)
            cut = desk.run("council", "set-up", path)
        desk.must("council", "set-up", path)
        assert desk.cash("EUR", "agent") == 10_000_000, "the agent is the council now"
        with Workspace(desk.folder) as workspace:
            assert workspace.acting("agent") == workspace.council
            assert not auditing.audit(workspace).differences
        if cut.exception is None:
            break
        assert isinstance(cut.exception, CutOff), cut.exception
    assert steps > 15


def _cut_off_after(patch: pytest.MonkeyPatch, steps: int) -> None:
    carry_out = Outbox.carry_out
    left = iter(range(steps - 1))

    def cut(self: Outbox, *args: Any, **options: Any) -> Any:
        if next(left, None) is None:
            raise CutOff
        return carry_out(self, *args, **options)

    patch.setattr(Outbox, "carry_out", cut)


def test_another_charter_is_no_second_council(desk: Desk) -> None:
    again = ["council", "set-up", desk.file("again.toml", CHARTER.replace("1,000.00", "2,000.00"))]
    assert desk.failing(*again) == "council-otherwise"


def test_money_that_comes_to_the_key_later_is_brought(desk: Desk) -> None:
    with Workspace(desk.folder) as workspace:
        key, council = workspace.keystore.wallet("agent"), workspace.council
    desk.must("cash", "mint", "EUR", key, "12.34")
    assert desk.answer("council", "bring") == {"EUR": "1234"}
    assert desk.answer("council", "bring") == {}
    assert council is not None
    assert desk.cash("EUR", council) == 10_001_234


DEFECTS = {
    "one-signature": ('signatures = 2\ngroups = ["officer"]\n\n[[limit', "signatures = 1\n[[limit"),
    "policy-out-of-reach": ('groups = ["director"]\ndelay', 'groups = ["trustee"]\ndelay'),
    "group-empty": ('key = "agent"\ngroups = ["agent"]', 'key = "agent"\ngroups = ["director"]'),
    "member-twice": ('key = "officer"', 'key = "agent"'),
    "limit-twice": ("[[act]]", '[[limit]]\ncash = "EUR"\na_day = "1"\n[[act]]'),
    "group-unknown": ('groups = ["agent"]', 'groups = ["agents"]'),
    "field-missing": ('key = "officer"\n', ""),
    "wallet-malformed": (HIS, "0x12"),
}


@pytest.mark.parametrize("code", sorted(DEFECTS))
def test_a_charter_with_a_defect_is_refused(before: Desk, code: str) -> None:
    old, new = DEFECTS[code]
    assert old in CHARTER
    text = CHARTER.replace(old, new)
    with Workspace(before.folder) as workspace, pytest.raises(InvalidFile) as invalid:
        founding.read(workspace, text, path="council.toml")
    assert code in {each.code for each in invalid.value.defects}


def test_the_draft_is_a_charter(before: Desk) -> None:
    text = CliRunner().invoke(app, ["council", "draft"]).stdout
    with Workspace(before.folder) as workspace:
        assert founding.read(workspace, text, path="draft").together.two_at_least


def test_without_a_council_its_commands_say_so(before: Desk) -> None:
    assert before.failing("council", "show") == "no-council"
    assert before.failing("council", "proposals") == "no-council"


# What is never one member's alone: named, so that a new function is put somewhere on purpose.
TOGETHER = {
    "forcedTransfer", "batchForcedTransfer", "burn", "batchBurn", "recoveryAddress",
    "declaredTransfer", "setRules", "setCompliance", "addModule", "removeModule",
    "callModuleFunction", "joinIssuerLimits", "setVenue", "announceExchange", "withdrawExchange",
    "setPredecessor", "transferOwnership", "addAgent", "removeAgent", "addOfficer",
    "removeOfficer", "addRecorder", "removeRecorder", "setName", "setSymbol", "setOnchainID",
    "setIdentityRegistry", "setIssuerLimits", "setPurchaserLimit", "bindToken", "unbindToken",
    "addClaimTopic", "removeClaimTopic", "addTrustedIssuer", "removeTrustedIssuer",
    "updateIssuerClaimTopics", "setIdentityRegistryStorage", "setClaimTopicsRegistry",
    "setTrustedIssuersRegistry", "bindIdentityRegistry", "unbindIdentityRegistry",
    "addIdentityToStorage", "removeIdentityFromStorage", "modifyStoredInvestorCountry",
    "modifyStoredIdentity", "transferFrom", "batchTransfer", "cancelAuthorization",
    "open", "cancel", "subscribe", "createRegistry", "issue", "change", "act", "execute",
    "propose", "approveSigned", "revoke", "cast", "appoint", "claim", "demand",
    "withdrawInstructions", "linkWallet", "registerIdentity", "batchRegisterIdentity",
    "updateIdentity", "create", "redeem", "takeTrade", "compose",
    "setCreation", "lowerFees",
    "setReceiver", "addAsset", "removeAsset", "offerTrade", "follow", "hold", "release",
    # Called by contracts of ours alone.
    "initialize", "refresh", "takeOver", "transferred", "created", "destroyed", "moved",
    "inherited", "acquired", "purchased", "enrolmentBegan", "enrolmentEnded", "replaceWallet",
}  # fmt: skip


def every_function() -> Iterator[str]:
    for name in telling.CONTRACTS:
        of = contract(name)
        yield from (each for each in of.functions if each not in of.views)


def test_every_function_is_one_members_or_several() -> None:
    daily = {name for names in DAILY.values() for name in names}
    assert daily | TOGETHER | PAYMENTS.keys() == set(every_function())
    assert not daily & TOGETHER
    assert not daily & PAYMENTS.keys()
