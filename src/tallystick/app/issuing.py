"""Issue securities: make a class on the chain, set the issuer's limits, mint lots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.app.asking import Asker
from tallystick.app.workspace import FACTORY, REGISTRY, TOKEN, ListedSecurity, Workspace
from tallystick.core.errors import Conflict, Invalid, InvalidFile, Refused
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.gateways.chain.parts import Work
from tallystick.securities.packing import pack_rules
from tallystick.securities.proposal import Movement
from tallystick.securities.tally import UNLIMITED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tallystick.securities.terms import Prospectus, Terms


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """Units to be issued to an investor; `acquired_at` in UTC seconds, `where` in a file."""

    home: Wallet
    units: int
    acquired_at: int
    where: str = ""


def issue(workspace: Workspace, terms: Terms, *, key: str) -> ListedSecurity:
    """Issue one class on the chain and write its terms to the journal.

    Raises `Conflict` if its symbol is taken by other terms.
    """
    asset_id = terms.asset_id()
    for listed in workspace.securities():
        if listed.symbol == terms.symbol:
            if listed.asset_id == asset_id.hex():
                return listed
            raise Conflict(
                "symbol-taken",
                f"{terms.symbol} was issued under other terms",
                cure="Choose another symbol; the rules alone are changed with `rules set`.",
            )
    founding = workspace.founding
    keystore = workspace.keystore
    call = FACTORY.function("issue").encode(
        (
            terms.name, terms.symbol, terms.decimals, asset_id, founding.registry, NOBODY,
            keystore.wallet("owner"), keystore.wallet("agent"), keystore.wallet("officer"),
            terms.reasons_required, terms.issuer_limits, pack_rules(terms.rules),
        )
    )  # fmt: skip
    [done] = workspace.act("owner", [(f"{key}/issue", founding.platform.factory, call)])
    token = workspace.topic_address(done, founding.platform.factory, 1)
    listed = ListedSecurity(
        terms.symbol, terms.name, terms.decimals, token, asset_id.hex(), terms.canonical()
    )
    workspace.journal.append("issued", msgspec.to_builtins(listed), at_s=workspace.now())
    return listed


def set_issuer_limits(workspace: Workspace, prospectus: Prospectus, *, key: str) -> None:
    """Set the limits over all classes that a prospectus states."""
    limits = [prospectus.investors_max, prospectus.retail_max]
    if limits == [None, None]:
        return
    data = REGISTRY.function("setIssuerLimits").encode(
        *(UNLIMITED if limit is None else limit for limit in limits)
    )
    workspace.act("officer", [(f"{key}/issuer-limits", workspace.founding.registry, data)])


def mint_positions(
    workspace: Workspace, security: ListedSecurity, lots: Sequence[Lot], *, key: str,
    report: Callable[[int, int], None] | None = None,
) -> None:  # fmt: skip
    """Mint lots in order, in as few transactions as fit; what is minted already is passed over.

    Raises `InvalidFile` with every refusal of every lot; nothing is minted then.
    """

    def encode(start: int, end: int) -> str:
        part = lots[start:end]
        return TOKEN.function("batchMintLots").encode(
            [lot.home for lot in part],
            [lot.units for lot in part],
            [lot.acquired_at for lot in part],
        )

    work = Work(f"{key}/mint/{security.symbol}", security.token, len(lots), encode)
    if workspace.outbox.intents.part_begun(work.key, 0) is None:
        _foretell(workspace, security, lots)
    workspace.act_on_many("agent", work, report=report)


def _foretell(workspace: Workspace, security: ListedSecurity, lots: Sequence[Lot]) -> None:
    """Issue the lots on the model, to learn of every refusal before anything is sent."""
    state, now_s = workspace.book().securities[security.token], workspace.now()
    asker = Asker(workspace, security)
    defects: list[Invalid] = []
    for lot in lots:
        if lot.acquired_at > now_s:
            defects.append(Invalid(
                "acquired-in-the-future", "A lot cannot have been acquired later than now",
                where=lot.where, cure="Check its date, or mint it when that has come.",
            ))  # fmt: skip
            continue
        issue = (Movement.ISSUE, None, lot.home, lot.units)
        answers = asker.answers(state, *issue)
        verdict = state.judge(*issue, now_s=now_s, answers=answers)
        defects += [
            Invalid(refusal.code.label, refusal.message, where=lot.where, cure=refusal.cure)
            for refusal in verdict.refusals
        ]
        if not verdict.allowed:
            continue
        try:
            state.move(Movement.ISSUE, None, lot.home, lot.units, now_s=now_s,
                       acquired_at=lot.acquired_at)  # fmt: skip
        except Refused as error:
            defects.append(Invalid(error.code, error.message, where=lot.where, cure=error.cure))
    if defects:
        raise InvalidFile("lots-refused", security.symbol, defects)
