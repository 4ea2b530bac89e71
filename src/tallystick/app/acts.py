"""Acts on issued securities: transfers, forced movements, freezes, recovery, rules."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from eth_account import Account

from tallystick.app.asking import Asker
from tallystick.app.servicing import called
from tallystick.app.signing import DOMAIN_TYPE
from tallystick.app.workspace import REGISTRY, TOKEN, ListedSecurity, Workspace
from tallystick.core.errors import Conflict, Invalid, Refused
from tallystick.core.hashing import keccak
from tallystick.core.times import DAY_S, show_date
from tallystick.core.units import show_quantity
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.gateways.presets import presets
from tallystick.securities.packing import pack_rules
from tallystick.securities.parcels import Parcels, lot_nonce
from tallystick.securities.presets import Resolved, resolve
from tallystick.securities.proposal import Movement, RuleSet
from tallystick.securities.terms import Named, Terms
from tallystick.securities.unverified import marked
from tallystick.securities.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tallystick.gateways.chain.intents import Done

FORCED, REDEMPTION, RECOVERY = 2, 3, 4
AUTHORIZATION_VALID_S = 3_600
SALT_BYTES = 16

# Codes of reasons; the document says the rest.
REASONS = {
    "court-order": 1,
    "death": 2,
    "divorce": 3,
    "error-correction": 4,
    "lost-key": 5,
    "regulator-order": 6,
    "redemption": 7,
    "merger": 8,
    "private-sale": 9,
    "gift": 10,
    "pledge": 11,
    "exemption": 12,
    "restricted-securities": 13,
    "regulation-s": 14,
    "control-securities": 15,
    "opinion-of-counsel": 16,
    "adverse-claim": 17,
    "sanctions": 18,
}

_AUTHORIZATION_TYPE = [
    {"name": "from", "type": "address"},
    {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "validAfter", "type": "uint256"},
    {"name": "validBefore", "type": "uint256"},
    {"name": "nonce", "type": "bytes32"},
]


class Reason(msgspec.Struct, frozen=True):
    """Why a holder's units are moved without him: a code, and SHA-256 of the document."""

    code: str
    document: bytes

    @property
    def number(self) -> int:
        """The code as the chain keeps it."""
        try:
            return REASONS[self.code]
        except KeyError:
            raise Invalid(
                "reason-unknown",
                f"{self.code!r} is no reason",
                cure=f"Known are: {', '.join(REASONS)}.",
            ) from None


def judge(
    workspace: Workspace, security: ListedSecurity, kind: Movement, sender: Wallet | None,
    receiver: Wallet | None, amount: int,
) -> Verdict:  # fmt: skip
    """Every refusal of a movement, on the state of the last block, at the time of the chain.

    Raises `Refused` if the rules allow it and the chain could still not carry it out.
    """
    state, now_s = workspace.book().securities[security.token], workspace.now()
    answers = Asker(workspace, security).answers(state, kind, sender, receiver, amount)
    verdict = state.judge(kind, sender, receiver, amount, now_s=now_s, answers=answers)
    if verdict.allowed:
        state.move(kind, sender, receiver, amount, now_s=now_s)
    return Verdict(marked(verdict.refusals, presets_of(security)), verdict.at)


def require_allowed(verdict: Verdict) -> None:
    """Raise `Refused` with the refusal that the chain would give, if there is any."""
    if not verdict.allowed:
        first = verdict.refusals[0]
        raise Refused(first.code.label, first.message, cure=first.cure)


def presets_of(security: ListedSecurity) -> list[Resolved]:
    """The presets that the terms of a security name, as they were resolved when it was issued."""
    return presets_named(msgspec.convert(each, Named) for each in security.terms.get("presets", ()))


def presets_named(named: Iterable[Named]) -> list[Resolved]:
    """Presets with their options, by the figures of the date that the terms state."""
    known = presets()
    return [
        resolve(known[each.name], each.options, as_of=each.as_of)
        for each in named
        if each.name in known
    ]


def transfer(
    workspace: Workspace, security: ListedSecurity, sender: Wallet, receiver: Wallet,
    amount: int, *, key: str, lot_day: int | None = None,
) -> Done:  # fmt: skip
    """Transfer units of an investor whose key the platform keeps; the agent pays the gas.

    The investor's key signs an authorization (EIP-712) that says just this transfer, and names the
    lot if he wants another than the earliest. Raises `Refused` with the first reason if the rules
    refuse, or if he has not so many units in that lot; nothing is sent then.
    """
    known = f"{key}/transfer"
    apart = f"transfer/{key}"
    nonce = keccak(text=apart) if lot_day is None else lot_nonce(lot_day, apart)
    noted = workspace.noted(known)
    if noted is not None:
        valid_before = _valid_before(noted)
    else:
        valid_before = workspace.now() + AUTHORIZATION_VALID_S
        verdict = judge(workspace, security, Movement.RESALE, sender, receiver, amount)
        require_allowed(verdict)
        if lot_day is not None:
            check_lot(workspace, security, sender, amount, lot_day)
    signer = LocalSigner(Account.from_key(workspace.vault.key_of(sender)))
    v, r, s = signer.sign_typed({
        "domain": signed_domain(workspace, security),
        "primaryType": "TransferWithAuthorization",
        "types": {"EIP712Domain": DOMAIN_TYPE, "TransferWithAuthorization": _AUTHORIZATION_TYPE},
        "message": {"from": sender, "to": receiver, "value": amount, "validAfter": 0,
                    "validBefore": valid_before, "nonce": nonce},
    })  # fmt: skip
    data = TOKEN.function("transferWithAuthorization").encode(
        sender, receiver, amount, 0, valid_before, nonce, v, r, s
    )
    [done] = workspace.act("agent", [(known, security.token, data)])
    return done


def signed_domain(workspace: Workspace, security: ListedSecurity) -> dict[str, Any]:
    """The EIP-712 domain of a security; its version is one more than the epoch of its units."""
    epoch = int(workspace.view(TOKEN, security.token, "epoch"))
    return {"name": "Tallystick", "version": str(epoch + 1), "chainId": workspace.chain_id,
            "verifyingContract": security.token}  # fmt: skip


def check_lot(
    workspace: Workspace, security: ListedSecurity, seller: Wallet, amount: int, day: int
) -> None:
    """Raise `Refused` if a seller has not so many units in the lot of a day that he may sell."""
    state, now_s = workspace.book().securities[security.token], workspace.now()
    home = state.registry.home(seller)
    held = state.parcels.get(home, Parcels()).of_day(day, state.unlocked(home, now_s))
    if held >= amount:
        return
    shown, date = show_quantity(held, security.decimals), show_date(day * DAY_S)
    raise Refused(
        "lot-not-so-large",
        f"Of the lot of {date} {shown} units are neither locked nor legended",
        where="--lot",
        cure=f"`tallystick lots {security.symbol}` shows his lots; without --lot, the earliest "
             "go first.",
    )  # fmt: skip


def _valid_before(data: bytes) -> int:
    """The last moment that an authorization which was signed before names."""
    return int.from_bytes(data[4 + 4 * 32 : 4 + 5 * 32], "big")


def force(
    workspace: Workspace, security: ListedSecurity, sender: Wallet, receiver: Wallet,
    amount: int, reason: Reason, *, key: str,
) -> Done:  # fmt: skip
    """Move units without their holder; the officer states the reason, the agent acts."""
    state_reason(workspace, security, FORCED, sender, receiver, amount, reason, key)
    data = TOKEN.function("forcedTransfer").encode(sender, receiver, amount)
    [done] = workspace.act("agent", [(f"{key}/force", security.token, data)])
    return done


class Recovery(msgspec.Struct, frozen=True):
    """What the journal keeps of a recovery before its first act: wallets, and in which classes."""

    key: str
    lost: Wallet
    replacement: Wallet
    symbols: list[str]


def recover(
    workspace: Workspace, lost: str, replacement: Wallet, reason: Reason, *, key: str
) -> list[Done]:
    """Recover a lost wallet in every security of the issuer in which it holds units.

    `lost` is a wallet, or a name or reference, which stands for another wallet afterwards: under
    the same key it means what it meant first. Raises `Invalid` or `Conflict` for wallets that
    cannot be, before a reason is stated.
    """
    recovery = _recovery(workspace, lost, replacement, key)
    founding = workspace.founding
    identity = workspace.view(REGISTRY, founding.registry, "identity", recovery.lost)
    done: list[Done] = []
    for symbol in recovery.symbols:
        security = workspace.security(symbol)
        act = (recovery.lost, replacement)
        step = f"{key}/{symbol}"
        state_reason(workspace, security, RECOVERY, *act, 0, reason, step)
        data = TOKEN.function("recoveryAddress").encode(*act, identity)
        done += workspace.act("agent", [(f"{step}/recover", security.token, data)])
    return done


def _recovery(workspace: Workspace, who: str, replacement: Wallet, key: str) -> Recovery:
    """The recovery begun under a key, or a new one that is possible and is written down."""
    for entry in workspace.journal.entries("recovery"):
        if entry.body["key"] == key:
            return msgspec.convert(entry.body, Recovery)
    lost = workspace.wallet_of(who, where="lost")
    if lost == replacement:
        raise Invalid("same-wallet", "The new wallet is the lost one", where="replacement",
                      cure="Name another wallet.")  # fmt: skip
    book, securities = workspace.book(), workspace.securities()
    book.registry.replace(lost, replacement)
    held = [one.symbol for one in securities if book.securities[one.token].balances.get(lost)]
    _require_none_redeemed(workspace, held)
    symbols = held or [one.symbol for one in securities[:1]]
    if not symbols:
        raise Conflict("no-securities", "A wallet is recovered through a security, and none is "
                       "issued", cure="Issue one, or link the new wallet.")  # fmt: skip
    recovery = Recovery(key, lost, replacement, symbols)
    body = msgspec.to_builtins(recovery)
    workspace.journal.append("recovery", body, at_s=workspace.now())
    return recovery


def _require_none_redeemed(workspace: Workspace, symbols: list[str]) -> None:
    """Units that are about to be destroyed stay where they are, so that each is destroyed once."""
    for each in called.under_way(workspace):
        if each.symbol in symbols:
            raise Conflict(
                "redemption-under-way", f"Redemption {each.number} of {each.symbol} goes on",
                cure=f"Finish it with `redemption carry-out {each.number}` before.",
            )  # fmt: skip


def state_reason(
    workspace: Workspace, security: ListedSecurity, kind: int, sender: Wallet, receiver: Wallet,
    amount: int, reason: Reason, key: str,
) -> None:  # fmt: skip
    """Have the officer state why one act will be done, where the security asks for it."""
    if not workspace.view(TOKEN, security.token, "reasonsRequired"):
        return
    data = TOKEN.function("registerReason").encode(
        kind, sender, receiver, amount, reason.number, published(workspace, reason, key)
    )
    workspace.act("officer", [(f"{key}/reason", security.token, data)])


def published(workspace: Workspace, reason: Reason, key: str) -> bytes:
    """What the chain is told of a document: SHA-256 of a salt and the document's own SHA-256.

    The salt keeps a document that can be guessed from being recognised. The journal has it, so that
    whoever is shown the document can be shown that it is the one.
    """
    salt = bytes.fromhex(workspace.vault.pseudonym(f"document/{key}"))[:SALT_BYTES]
    published = sha256(salt + reason.document).digest()
    stated = {entry.body["key"] for entry in workspace.journal.entries("reason")}
    if key not in stated:
        body = {
            "key": key, "code": reason.code, "document": reason.document.hex(),
            "salt": salt.hex(), "published": published.hex(),
        }  # fmt: skip
        workspace.journal.append("reason", body, at_s=workspace.now())
    return published


def agent_act(workspace: Workspace, address: str, name: str, args: Sequence[Any], *,
              key: str) -> Done:  # fmt: skip
    """One call of a token by the transfer agent."""
    data = TOKEN.function(name).encode(*args)
    [done] = workspace.act("agent", [(f"{key}/{name}", address, data)])
    return done


def set_rules(workspace: Workspace, security: ListedSecurity, rules: RuleSet, *, key: str) -> Done:
    """Set the rules of a security, and note it in the journal."""
    data = TOKEN.function("setRules").encode(pack_rules(rules))
    [done] = workspace.act("officer", [(f"{key}/rules", security.token, data)])
    body = {"key": key, "symbol": security.symbol, "rules": Terms.canonical_rules(rules)}
    if all(entry.body["key"] != key for entry in workspace.journal.entries("rules-set")):
        workspace.journal.append("rules-set", body, at_s=workspace.now())
    return done
