"""How holders want to be paid: to their wallets, by bank, or in new units of the security."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec
from eth_account import Account as EthAccount

from tallystick.app import acts
from tallystick.app.keys import require_same
from tallystick.app.servicing import cash as cash_tokens
from tallystick.app.servicing.distributions import DISTRIBUTOR, Announced
from tallystick.app.servicing.services import service
from tallystick.app.signing import DOMAIN_TYPE, text_of_signature
from tallystick.app.workspace import TOKEN
from tallystick.core.errors import Conflict, Invalid, Refused
from tallystick.core.times import DAY_S
from tallystick.core.wallets import Wallet
from tallystick.gateways.chain.keys import LocalSigner
from tallystick.securities.distribution.bank_file import (
    CENTS_DECIMALS,
    Account,
    Batch,
    Transfer,
)
from tallystick.securities.distribution.ledger import BANK, REINVESTED, Record
from tallystick.securities.proposal import Movement

if TYPE_CHECKING:
    from tallystick.app.servicing.payouts import Opened
    from tallystick.app.workspace import Workspace

KIND, BANK_KIND, BOUGHT = "payment-instruction", "bank-account", "reinvested"
WALLET = 0
MEANS = {"bank": BANK, "reinvest": REINVESTED, "wallet": WALLET}
# Why the distributor or the cash refuses one holder, whom a push must not wait for.
HIS_OWN = {"signature-invalid", "instruction-expired", "wallet-retired", "cash-refused"}
INSTRUCTION_TYPE = [
    {"name": "wallet", "type": "address"}, {"name": "registry", "type": "address"},
    {"name": "means", "type": "uint256"}, {"name": "validUntil", "type": "uint256"},
    {"name": "nonce", "type": "uint256"},
]  # fmt: skip


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """What a holder signed: how he is paid, until when, under which number of his instructions.

    Who goes back to being paid to his wallet signs nothing.
    """

    key: str
    wallet: Wallet
    means: int
    valid_until: int
    number: int
    signature: str


# --- bank accounts


def keep_account(workspace: Workspace, home: Wallet, account: Account, *, key: str) -> None:
    """Keep the bank account of a holder, in the vault; his last one counts."""
    name = f"{BANK_KIND}/{key}"
    for known_home, known, data in workspace.vault.private(BANK_KIND):
        if known == name:
            require_same((home, account), (known_home, msgspec.msgpack.decode(data, type=Account)))
            return
    data = msgspec.msgpack.encode(account)
    with workspace.engine.begin() as connection:
        workspace.vault.keep_private_within(connection, home, BANK_KIND, name, data)


def accounts(workspace: Workspace) -> dict[Wallet, Account]:
    """The last bank account of everybody who gave one."""
    return {home: msgspec.msgpack.decode(data, type=Account)
            for home, _, data in workspace.vault.private(BANK_KIND)}  # fmt: skip


# --- instructions


class Reinvested(msgspec.Struct, frozen=True, kw_only=True):
    """Units that somebody is issued for his part, noted before his money is taken."""

    act: str
    wallet: Wallet
    units: str


def instruct(
    workspace: Workspace, wallet: Wallet, means: str, *, valid_until: int, key: str
) -> Instruction:  # fmt: skip
    """Take down how a holder is paid from now on, signed by the key that is kept for him.

    Raises `Conflict` if he has no bank account to be paid to, `NotFound` if no key is kept.
    """
    known = next((each for each in instructions(workspace) if each.key == key), None)
    if known is not None:
        require_same((wallet, MEANS[means]), (known.wallet, known.means))
        return known
    if valid_until <= workspace.now():
        raise Invalid("instruction-expired", "It would have expired already", where="--until",
                      cure="Name a later time.")  # fmt: skip
    home = workspace.book().registry.home(wallet)
    if MEANS[means] == BANK and home not in accounts(workspace):
        raise Conflict("bank-account-missing", "No bank account of his is known",
                       cure="Take it down with `distribution bank` first.")  # fmt: skip
    number = int(workspace.view(DISTRIBUTOR, service(workspace, "Distributor"), "nonces", wallet))
    signature = ""
    if MEANS[means] != WALLET:
        signer = LocalSigner(EthAccount.from_key(workspace.vault.key_of(wallet)))
        told = typed(workspace, wallet, MEANS[means], valid_until, number)
        signature = text_of_signature(signer.sign_typed(told))
    made = Instruction(key=key, wallet=wallet, means=MEANS[means], valid_until=valid_until,
                       number=number, signature=signature)  # fmt: skip
    workspace.journal.append(KIND, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def typed(
    workspace: Workspace, wallet: Wallet, means: int, valid_until: int, number: int
) -> dict[str, Any]:  # fmt: skip
    """What a holder signs (EIP-712) to be paid otherwise than to his wallet."""
    return {
        "domain": {"name": "Tallystick", "version": "1", "chainId": workspace.chain_id,
                   "verifyingContract": service(workspace, "Distributor")},
        "primaryType": "PaymentInstruction",
        "types": {"EIP712Domain": DOMAIN_TYPE, "PaymentInstruction": INSTRUCTION_TYPE},
        "message": {"wallet": wallet, "registry": workspace.founding.registry, "means": means,
                    "validUntil": valid_until, "nonce": number},
    }  # fmt: skip


def instructions(workspace: Workspace) -> list[Instruction]:
    """All instructions, in order."""
    return [msgspec.convert(entry.body, Instruction) for entry in workspace.journal.entries(KIND)]


# --- pay


def pay_elsewhere(
    workspace: Workspace, found: Opened, *, price: int, barred: set[Wallet]
) -> dict[Wallet, str]:  # fmt: skip
    """Take what holders instructed to have by bank, or in new units at a price.

    Returns who was not issued the units that he paid for, and why the rules refuse them. The price
    of a whole unit is in units of the cash, 0 if nothing is reinvested now. Whose instruction no
    longer holds is paid to his wallet, with everybody else. What was cut off between taking the
    money and issuing the units goes on.
    """
    last = {each.wallet: each for each in instructions(workspace)}
    banks, home_of, now_s = accounts(workspace), workspace.book().registry.home, workspace.now()
    for at, (wallet, _) in enumerate(found.listed.lines):
        told = last.get(wallet)
        kept = found.listed.kept(at)
        if told is None or kept is None or found.state.paid[at] or home_of(wallet) in barred:
            continue
        if told.means == WALLET or told.valid_until < now_s:
            continue
        if told.means == BANK and home_of(wallet) not in banks:
            continue
        net = found.listed.owed[at] - kept
        units, taken = (0, net) if told.means == BANK else _bought(workspace, found, net, price)
        if taken and _allowed(workspace, found, wallet, units):
            _take(workspace, found, at, told, (units, taken))
    return _issue_what_was_bought(workspace, found)


def _bought(workspace: Workspace, found: Opened, net: int, price: int) -> tuple[int, int]:
    """Units that an amount buys at a price of a whole one, rounded down, and their cost, up."""
    if not price:
        return 0, 0
    decimals = workspace.security(found.announced.symbol).decimals
    each = Fraction(price, 10**decimals)
    exact = net / each
    units = exact.numerator // exact.denominator
    cost = units * each
    return units, -(-cost.numerator // cost.denominator)


def _allowed(workspace: Workspace, found: Opened, wallet: Wallet, units: int) -> bool:
    """Whether the rules let a holder acquire more; by bank there is nothing to acquire."""
    if not units:
        return True
    security = workspace.security(found.announced.symbol)
    return acts.judge(workspace, security, Movement.ISSUE, None, wallet, units).allowed


def _take(
    workspace: Workspace, found: Opened, at: int, told: Instruction, bought: tuple[int, int]
) -> None:  # fmt: skip
    """Have the distributor pay a part to the agent, who pays it on."""
    units, taken = bought
    raw = bytes.fromhex(told.signature.removeprefix("0x"))
    instruction = (told.means, told.valid_until, raw[64], raw[:32], raw[32:64])
    address = service(workspace, "Distributor")
    act = f"{found.announced.key}/elsewhere/{at}/{told.key}/{units}-{taken}"
    if units:
        noted = Reinvested(act=act, wallet=told.wallet, units=str(units))
        workspace.journal.append(BOUGHT, msgspec.to_builtins(noted), at_s=workspace.now())
    data = DISTRIBUTOR.function("payElsewhere").encode(
        found.whole.members, found.listed.leaf(at), found.listed.withholding(at), taken,
        instruction,
    )  # fmt: skip
    try:
        workspace.act("agent", [(act, address, data)])
    except Refused as error:
        if error.code not in HIS_OWN:
            raise


def _issue_what_was_bought(workspace: Workspace, found: Opened) -> dict[Wallet, str]:
    """Issue the units for which money was taken, each once; returns who was refused, and why."""
    refused: dict[Wallet, str] = {}
    security = workspace.security(found.announced.symbol)
    for entry in workspace.journal.entries(BOUGHT):
        noted = msgspec.convert(entry.body, Reinvested)
        if noted.act.startswith(f"{found.announced.key}/") and workspace.outbox.done(noted.act):
            mint = TOKEN.function("mint").encode(noted.wallet, int(noted.units))
            try:
                workspace.act("agent", [(f"{noted.act}/mint", security.token, mint)])
            except Refused as error:
                refused[noted.wallet] = error.code
    return refused


def batch(
    workspace: Workspace, announced: Announced, record: Record, lines: list[tuple[Wallet, int]],
    payer: Account, currency: str,
) -> Batch:  # fmt: skip
    """Payments by bank of a distribution, from what the chain says was taken for them.

    Raises `Invalid` if the cash is divided more finely than a bank's money, `Conflict` if somebody
    has no bank account any more.
    """
    money = cash_tokens.money(workspace, announced.cash)
    banks, home_of = accounts(workspace), workspace.book().registry.home
    transfers: list[Transfer] = []
    for at, (means, amount) in sorted(record.elsewhere.items()):
        if means != BANK:
            continue
        home = home_of(lines[at][0])
        if home not in banks:
            raise Conflict("bank-account-missing", f"No bank account of {home} is known",
                           cure="Take it down with `distribution bank`.")  # fmt: skip
        cents = Fraction(amount * 10**CENTS_DECIMALS, 10**money.decimals)
        if cents.denominator != 1:
            raise Invalid("bank-amount", f"{amount} units of {money.symbol} are no whole cents",
                          where=str(home), cure="Pay it to his wallet.")  # fmt: skip
        transfers.append(Transfer(
            to=banks[home], cents=cents.numerator, reference=f"D{announced.number}P{at}",
            text=f"{announced.income} {announced.symbol} {announced.number}",
        ))  # fmt: skip
    made_s = max(record.paid.values(), default=0)
    return Batch(id=f"D{announced.number}", payer=payer, currency=currency, made_s=made_s,
                 execute_s=made_s + DAY_S, transfers=tuple(transfers))  # fmt: skip
