"""Options and SAFEs of an issuer: kept off the chain, issued as units on exercise or conversion."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from tallystick.app import acts
from tallystick.app.keys import require_same
from tallystick.app.open_cap import kept
from tallystick.app.servicing.exchanges import Ended, ended
from tallystick.app.servicing.treasury import treasury
from tallystick.app.workspace import TOKEN, ListedSecurity, Workspace
from tallystick.core.errors import Conflict, Invalid, NotFound, Refused
from tallystick.core.times import show_time
from tallystick.core.units import BASIS_POINTS, parse_exact
from tallystick.core.wallets import Wallet
from tallystick.securities.bonds.bond_terms import day_of
from tallystick.securities.grants import Safe, Vesting, check_vesting, convert
from tallystick.securities.liquidation.waterfall import Claim
from tallystick.securities.proposal import Movement

if TYPE_CHECKING:
    from tallystick.gateways.chain.intents import Done

KIND, EXERCISED, CONVERTED, CANCELLED = (
    "grant", "grant-exercised", "grant-converted", "grant-cancelled"
)  # fmt: skip
OPTION, SAFE = "option", "safe"
# The block of what the chain has not got yet: it comes after everything that has happened.
NOT_YET = 2**63


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """An option on `units` at a `strike` in money, or a SAFE of an `amount`, of one investor.

    Units are the smallest of the security; `expires_at` in UTC seconds, 0 for never.
    """

    number: int
    key: str
    kind: str
    home: Wallet
    symbol: str
    document: str
    units: str = "0"
    strike: str = ""
    expires_at: int = 0
    vesting: Vesting | None = None
    amount: str = ""
    cap: str = ""
    discount_bps: int = 0
    post_money: bool = True

    @property
    def safe(self) -> Safe:
        """As it is converted."""
        return Safe(amount=parse_exact(self.amount),
                    cap=parse_exact(self.cap) if self.cap else Fraction(0),
                    discount_bps=self.discount_bps, post_money=self.post_money)  # fmt: skip


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A grant as it stands: units vested, exercised and left of an option; whether it is open.

    It is on the units that those have become on which it was granted: so many of the security
    `symbol`, at the `strike` of a whole one, after every split, conversion and merger since.
    """

    grant: Grant
    symbol: str
    units: int
    strike: Fraction
    vested: int
    exercised: int
    left: int
    state: str


def grants(workspace: Workspace) -> list[Grant]:
    """All grants, in the order of their numbers."""
    return [msgspec.convert(entry.body, Grant) for entry in workspace.journal.entries(KIND)]


def make(workspace: Workspace, wanted: Grant) -> Grant:
    """Note a grant; its number is given here. Nothing is done twice under one key.

    Raises `Invalid` if it makes no sense.
    """
    known = grants(workspace)
    same = next((each for each in known if each.key == wanted.key), None)
    made = msgspec.structs.replace(wanted, number=same.number if same else len(known) + 1)
    if same is not None:
        require_same(made, same)
        return same
    workspace.security(wanted.symbol)
    if wanted.vesting is not None:
        check_vesting(wanted.vesting)
    for name in ("strike", "amount", "cap"):
        if getattr(wanted, name):
            parse_exact(getattr(wanted, name), where=f"--{name}")
    if wanted.kind == SAFE and not wanted.cap and not wanted.discount_bps:
        raise Invalid("safe-without-terms", "A SAFE has a cap, a discount, or both",
                      where="--cap", cure="Name one of them.")  # fmt: skip
    if not 0 <= wanted.discount_bps < BASIS_POINTS:
        raise Invalid("discount-out-of-range", "A discount is less than the whole price",
                      where="--discount", cure="Write ten-thousandths, such as 2000.")  # fmt: skip
    workspace.journal.append(KIND, msgspec.to_builtins(made), at_s=workspace.now())
    return made


def standing(workspace: Workspace) -> list[Standing]:
    """All grants as they stand now."""
    now_s = workspace.now()
    exercises: dict[int, list[tuple[int, int]]] = {}
    for entry in workspace.journal.entries(EXERCISED):
        issued = workspace.outbox.intents.row(f"{entry.body['key']}/mint")
        block = NOT_YET if issued is None or issued.block_number is None else issued.block_number
        exercises.setdefault(entry.body["number"], []).append((block, int(entry.body["units"])))
    over = {entry.body["number"]: entry.kind for entry in
            workspace.journal.entries(CONVERTED, CANCELLED)}  # fmt: skip
    exchanged = Exchanged(workspace)
    found: list[Standing] = []
    for entry in workspace.journal.entries(KIND):
        each = msgspec.convert(entry.body, Grant)
        symbol, factor = exchanged.since(each.symbol, entry.at_s)
        units = int(int(each.units) * factor)
        drawn = sum((part * exchanged.since(each.symbol, entry.at_s, after=block)[1]
                     for block, part in exercises.get(each.number, [])), Fraction(0))  # fmt: skip
        done = int(drawn) if drawn.denominator == 1 else int(drawn) + 1
        vested = units if each.vesting is None else each.vesting.vested_down(units, day_of(now_s))
        state = {CONVERTED: "converted", CANCELLED: "cancelled"}.get(over.get(each.number, ""), "")
        if not state and each.kind == OPTION:
            expired = bool(each.expires_at) and now_s >= each.expires_at
            state = "exercised" if done >= units else "expired" if expired else "open"
        strike = parse_exact(each.strike) if each.strike else Fraction(0)
        places = 10 ** workspace.security(symbol).decimals
        whole = factor * Fraction(10 ** workspace.security(each.symbol).decimals, places)
        found.append(Standing(grant=each, symbol=symbol, units=units, strike=strike / whole,
                              vested=vested, exercised=done, left=max(0, units - done),
                              state=state or "open"))  # fmt: skip
    return found


class Exchanged:
    """What units have become by exchanges since they were granted."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._symbols = {each.token: each.symbol for each in workspace.securities()}
        self._ended: dict[str, list[Ended]] = {}

    def since(self, symbol: str, since_s: int, *, after: int = 0) -> tuple[str, Fraction]:
        """The security that one has become since a time, and smallest units of it for one.

        Of exchanges those alone count that ended after a block, if one is named: an act and the
        end of an exchange may share a second, not their place on the chain.
        """
        factor, at_s = Fraction(1), since_s
        while True:
            if symbol not in self._ended:
                self._ended[symbol] = ended(self._workspace, self._workspace.security(symbol))
            following = next((each for each in self._ended[symbol] if each.at_s > at_s), None)
            if following is None:
                return symbol, factor
            at_s = following.at_s
            if following.block > after:
                factor *= Fraction(following.ratio.numerator, following.ratio.denominator)
            symbol = self._symbols[following.to]


def _standing(workspace: Workspace, number: int) -> Standing:
    found = next((each for each in standing(workspace) if each.grant.number == number), None)
    if found is None:
        raise NotFound("grant-unknown", f"There is no grant {number}",
                       cure="See them with `grant list`.")  # fmt: skip
    return found


def exercise(workspace: Workspace, number: int, units: int, *, key: str) -> Done:
    """Issue units for which the strike was paid. Nothing is done twice under one key.

    Raises `Refused` for more than has vested, or if the rules refuse; `Conflict` if it is over.
    """
    found = _standing(workspace, number)
    security = workspace.security(found.symbol)
    noted = [entry.body for entry in workspace.journal.entries(EXERCISED)
             if entry.body["key"] == key]  # fmt: skip
    if noted:
        require_same((number, str(units)), (noted[0]["number"], noted[0]["units"]))
    else:
        _check(found, units)
        _require_allowed(workspace, security, found.grant.home, units)
        body = {"number": number, "key": key, "units": str(units)}
        workspace.journal.append(EXERCISED, body, at_s=workspace.now())
    return _issue(workspace, security, found.grant.home, units, key)


def _check(found: Standing, units: int) -> None:
    if found.grant.kind != OPTION or found.state != "open":
        raise Conflict("grant-over", f"Grant {found.grant.number} is {found.state}, or no option",
                       cure="`grant list` shows which can be exercised.")  # fmt: skip
    if units > found.vested - found.exercised:
        raise Refused(
            "not-vested", f"{found.vested - found.exercised} smallest units can be exercised",
            cure="Exercise fewer, or wait until more have vested.",
        )  # fmt: skip


def _require_allowed(
    workspace: Workspace, security: ListedSecurity, home: Wallet, units: int
) -> None:
    receiver = workspace.book().registry.in_use(home)
    acts.require_allowed(acts.judge(workspace, security, Movement.ISSUE, None, receiver, units))


def _issue(
    workspace: Workspace, security: ListedSecurity, home: Wallet, units: int, key: str
) -> Done:
    receiver = workspace.book().registry.in_use(home)
    mint = TOKEN.function("mint").encode
    return workspace.act_once("agent", f"{key}/mint", security.token, lambda: mint(receiver, units))


def cancel(workspace: Workspace, number: int, *, key: str) -> None:
    """End a grant; what was issued for it stays. Said twice it is noted once."""
    found = _standing(workspace, number)
    if found.state == "cancelled":
        return
    if found.state != "open":
        raise Conflict("grant-over", f"Grant {number} is {found.state}",
                       cure="Nothing is left of it.")  # fmt: skip
    workspace.journal.append(CANCELLED, {"number": number, "key": key}, at_s=workspace.now())


# --- SAFEs


def conversion(workspace: Workspace, symbol: str, price: Fraction) -> list[tuple[Grant, int]]:
    """What the open SAFEs on a security become at the price of a round: smallest units, down."""
    security = workspace.security(symbol)
    found = [each.grant for each in standing(workspace)
             if (each.grant.kind, each.symbol, each.state) == (SAFE, symbol, "open")
             ]  # fmt: skip
    shares = capitalisation(workspace)
    exact = convert([each.safe for each in found], price, shares)
    return [(each, int(units * 10**security.decimals))
            for each, units in zip(found, exact, strict=True)]  # fmt: skip


def convert_all(
    workspace: Workspace, symbol: str, price: Fraction, *, key: str
) -> list[tuple[Grant, int]]:
    """Issue units for all open SAFEs on a security, all or none noted; goes on where it stopped."""
    security = workspace.security(symbol)
    noted = {entry.body["number"]: int(entry.body["units"])
             for entry in workspace.journal.entries(CONVERTED)
             if entry.body["key"] == key}  # fmt: skip
    if not noted:
        found = conversion(workspace, symbol, price)
        if not found:
            raise Refused("nothing-to-convert", f"No SAFE on {symbol} is open",
                          cure="`grant list` shows what there is.")  # fmt: skip
        for each, units in found:
            _require_allowed(workspace, security, each.home, units)
        bodies = [{"number": each.number, "key": key, "units": str(units), "price": str(price)}
                  for each, units in found]  # fmt: skip
        with workspace.engine.begin() as connection:
            workspace.journal.append_within(connection, CONVERTED, bodies, at_s=workspace.now())
        noted = {each.number: units for each, units in found}
    done = [(each, noted[each.number]) for each in grants(workspace) if each.number in noted]
    for each, units in done:
        _issue(workspace, security, each.home, units, f"{key}/{each.number}")
    return done


def capitalisation(workspace: Workspace) -> Fraction:
    """Whole units of all classes but the issuer's own, with options that may still be exercised."""
    book, own = workspace.book(), treasury(workspace)
    shares = Fraction(0)
    for security in workspace.securities():
        if security.terms["kind"] in {"common", "preferred"}:
            held = book.securities[security.token].balances
            units = sum(each for wallet, each in held.items() if wallet not in own)
            shares += Fraction(units, 10**security.decimals)
    for each in standing(workspace):
        if each.grant.kind == OPTION and each.state == "open":
            shares += Fraction(each.left, 10 ** workspace.security(each.symbol).decimals)
    return shares + promised(workspace)


def promised(workspace: Workspace) -> Fraction:
    """Whole units of awards and warrants in the books that were imported, still outstanding."""
    exchanged, found = Exchanged(workspace), Fraction(0)
    symbols = {each.terms.get("stock_class"): each for each in workspace.securities()}
    for claim in kept.claims(workspace):
        listed = symbols.get(claim.stock_class)
        if claim.units is not None and listed is not None:
            symbol, factor = exchanged.since(listed.symbol, claim.kept_at_s)
            places = Fraction(10**listed.decimals, 10 ** workspace.security(symbol).decimals)
            found += claim.units * factor * places
    return found


def claims(workspace: Workspace, decimals: int) -> list[Claim]:
    """What open grants claim of the proceeds of a winding-up, in units of the cash.

    A vested option takes what a share is worth above its strike; a SAFE its amount, with preferred
    stock, or what it would convert into at its cap.
    """
    rank = max((int(each.terms["rights"]["seniority"]) for each in workspace.securities()),
               default=0)  # fmt: skip
    shares, found = capitalisation(workspace), []
    for each in standing(workspace):
        grant = each.grant
        name = f"{grant.kind} {grant.number}"
        if each.state != "open":
            continue
        if grant.kind == OPTION and each.vested > each.exercised:
            units = Fraction(each.vested - each.exercised,
                             10 ** workspace.security(each.symbol).decimals)  # fmt: skip
            strike = each.strike * 10**decimals
            found.append(Claim(name=name, shares=units, strike=strike))
        elif grant.kind == SAFE:
            paid = grant.safe.amount * 10**decimals
            at_cap = Fraction(0)
            if grant.cap:
                at_cap = convert([grant.safe], grant.safe.cap / shares, shares)[0]
            found.append(Claim(name=name, shares=at_cap, convertible=bool(at_cap),
                               preference=paid, seniority=rank))  # fmt: skip
    return found


def shown_expiry(grant: Grant) -> str:
    """When an option expires, as people write it."""
    return show_time(grant.expires_at)[:10] if grant.expires_at else "never"
