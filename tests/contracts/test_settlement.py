"""Any sequence of calls moves what signed orders allow and a naive model says, and no more."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tallystick.core.typed_data import Domain
from tallystick.core.wallets import Wallet
from tallystick.markets.signed_orders import Cancellation, Instructions, fee_max
from tallystick.markets.standing import VOID, Fillable, Reason, Standing
from tallystick.securities.exchanges import Ratio
from tests.support.evm import TOKEN, Outcome
from tests.support.floor import (
    CONTRACT_WALLET,
    FEES,
    HOUR_S,
    RICH,
    UNLIMITED,
    VENUE,
    Floor,
    Match,
    SignedOrder,
    malleated,
)
from tests.support.keeping import Keeping
from tests.support.payouts import HOSTILE
from tests.support.world import OWNER, STRANGER, wallet

# How a signature may be wrong.
DEFECTS = ("malleated", "garbage", "of-another", "another-chain", "another-clone", "nothing")
# Ways of the hostile money in which it moves what it should; in 8 it says so and moves nothing.
MOVING = {0, 3, 4, 5}
SAYING = {8}
HOLD = Instructions(hold=True)
WHO = st.integers(0, 3)
KEY = st.none() | st.integers(0, 1)


class Settling(RuleBasedStateMachine):
    """The contract beside `Standing` and plain balances."""

    def __init__(self) -> None:
        super().__init__()
        self.floor = Floor()
        self.standing = Standing()
        floor = self.floor
        self.tokens = floor.world.tokens
        self.money = (floor.cash, floor.hostile)
        assets = (*self.tokens, *self.money)
        people = (*floor.investors, FEES)
        self.held = {(asset, who): RICH if who != FEES else 0 for asset in assets for who in people}
        self.allowed = {(asset, who): UNLIMITED for asset in assets for who in floor.investors}
        self.keeping = Keeping()
        self.frozen: set[Wallet] = set()
        self.epochs = [0, 0]
        self.mode = self.wallet_mode = 0
        self.orders: list[tuple[SignedOrder, bool]] = []
        self.sent: list[Match] = []
        self.number = self.serial = 0
        # By what each signed order says: lots bought and sold with it, money and fees.
        self.used: dict[bytes, list[tuple[int, int, int]]] = {}

    @initialize()
    def begin(self) -> None:
        """Two orders that fit, so that something happens."""
        for who, buys in ((0, True), (1, False)):
            order = self.floor.order(who, buys=buys, lots=6, nonce=4, instructions=HOLD)
            self.orders.append((order, True))

    # --- what people do

    @rule(who=WHO, key=KEY, buys=st.booleans(), security=st.integers(0, 1),
          cash=st.sampled_from([0, 0, 0, 1]), lots=st.integers(1, 6), price=st.integers(98, 102),
          fee_bps=st.sampled_from([0, 100, 250, 20_000]),
          lasts_s=st.sampled_from([0, HOUR_S, 9 * HOUR_S]), nonce=st.integers(0, 9),
          stale=st.sampled_from([0, 0, 0, 1]), ours=st.integers(0, 9), hold=st.booleans(),
          defect=st.sampled_from([None] * 12 + list(DEFECTS)))  # fmt: skip
    def sign(self, who: int, key: int | None, buys: bool, security: int, cash: int, lots: int,
             price: int, fee_bps: int, lasts_s: int, nonce: int, stale: int, ours: int,
             defect: str | None, hold: bool = True) -> None:  # fmt: skip
        floor = self.floor
        order = floor.order(
            who, key=key, buys=buys, security=self.tokens[security], cash=self.money[cash],
            lots=lots, price=price, fee_bps=fee_bps, expiry=floor.now + lasts_s, nonce=nonce,
            epoch=self.epochs[security] + stale, venue=VENUE if ours else STRANGER,
            instructions=HOLD if hold else Instructions(),
        )  # fmt: skip
        if defect is not None:
            order = SignedOrder(order.terms, self._spoiled(order, defect))
        self.orders.append((order, defect is None))

    @rule(who=st.integers(0, 2), key=KEY, security=st.integers(0, 1), lots=st.integers(1, 6),
          cash=st.sampled_from([0, 0, 1]), nonce=st.integers(0, 9))  # fmt: skip
    def sign_pair(self, who: int, key: int | None, security: int, cash: int, lots: int,
                  nonce: int) -> None:  # fmt: skip
        """Orders of two that fit together, and what the key needs for them."""
        if key is not None:
            self.grant(who, key, cash, (0, 1), 60, 2_000, 250, HOUR_S, 1, VENUE, "himself")
        for buyer, of, by in ((True, who, key), (False, who + 1, None)):
            self.sign(of, by, buyer, security, cash, lots, 100, 100, HOUR_S, nonce, 0, 9, None)

    def _spoiled(self, order: SignedOrder, defect: str) -> bytes:
        floor = self.floor
        domains = {"another-chain": Domain(2, floor.domain.contract),
                   "another-clone": Domain(1, wallet(55))}  # fmt: skip
        if defect in domains:
            return floor.sign(floor.people[0], order.terms.digest(domains[defect]))
        if defect == "of-another":
            return floor.sign(floor.keys[1], order.terms.digest(Domain(1, wallet(56))))
        made = {"malleated": malleated(order.signature), "nothing": bytes(64)}
        return made.get(defect, floor.seed(str(len(self.orders))))

    @rule(who=WHO, key=KEY, nonces=st.lists(st.integers(0, 9), max_size=2),
          lowest=st.integers(0, 4),
          way=st.sampled_from(["himself", "by-key", "stranger", "signed", "key-signed", "forged"])
          )  # fmt: skip
    def cancel(self, who: int, key: int | None, nonces: list[int], lowest: int, way: str
               ) -> None:  # fmt: skip
        floor = self.floor
        investor = floor.investors[who]
        mine = Wallet(floor.keys[key or 0].address.lower())
        signer = investor if key is None else mine
        cancellation = Cancellation(investor=investor, signer=signer, lowest_nonce=lowest,
                                    nonces=tuple(nonces))  # fmt: skip
        callers = {"himself": investor, "by-key": mine, "stranger": STRANGER}
        if way in callers:
            outcome = floor.call("cancel", *floor.voided(cancellation), by=callers[way])
            believed = callers[way] in {investor, signer}
        else:
            by = {"signed": floor.people[who], "key-signed": floor.keys[key or 0],
                  "forged": floor.people[(who + 1) % 3]}[way]  # fmt: skip
            signature = floor.sign(by, cancellation.digest(floor.domain))
            outcome = floor.cancel(cancellation, signature)
            believed = way == "signed" or (way == "key-signed" and key is not None)
            if who == 3 and way == "signed" and self.wallet_mode > 1:
                believed = False
            if who == 3 and self.wallet_mode == 1:
                believed = True
        assert outcome.ok == believed, outcome.reason
        if believed:
            self.standing.cancel(cancellation)

    @rule(who=st.integers(0, 2), key=st.integers(0, 1), cash=st.integers(0, 1),
          of=st.sampled_from([(0,), (1,), (0, 1), ()]), units=st.sampled_from([0, 19, 20, 200]),
          amount=st.sampled_from([0, 101, 2_000]), fee_bps=st.sampled_from([0, 100, 250]),
          lasts_s=st.sampled_from([0, HOUR_S]), ahead=st.sampled_from([1, 1, 1, 0]),
          venue=st.sampled_from([VENUE, VENUE, VENUE, STRANGER]),
          way=st.sampled_from(["himself", "signed", "forged"]))  # fmt: skip
    def grant(self, who: int, key: int, cash: int, of: tuple[int, ...], units: int, amount: int,
              fee_bps: int, lasts_s: int, ahead: int, venue: Wallet, way: str
              ) -> None:  # fmt: skip
        floor = self.floor
        session = floor.session(
            who, key, cash=self.money[cash], securities=tuple(self.tokens[at] for at in of),
            units=(units,) * len(of), venue=venue, amount=amount, fee_bps=fee_bps,
            expiry=floor.now + lasts_s, serial=self.serial + ahead,
        )  # fmt: skip
        by = floor.keys[key] if way == "forged" else floor.people[who]
        signature = b"" if way == "himself" else floor.sign(by, session.digest(floor.domain))
        sender = floor.investors[who] if way == "himself" else VENUE
        known = self.standing.sessions.get((session.investor, session.key))
        later = session.serial > (known.serial if known else 0)
        outcome = floor.grant(session, signature, by=sender)
        assert outcome.ok == (later and way != "forged"), outcome.reason
        if outcome.ok:
            self.standing.grant(session)
            self.serial = session.serial

    @rule(who=WHO, token=st.integers(0, 3), amount=st.sampled_from([0, 30, UNLIMITED]))
    def allow(self, who: int, token: int, amount: int) -> None:
        asset = (*self.tokens, *self.money)[token]
        self.floor.allow(self.floor.investors[who], asset, amount)
        self.allowed[asset, self.floor.investors[who]] = amount

    @rule(who=st.sampled_from([0, 3]))
    def freeze(self, who: int) -> None:
        self.frozen ^= {self.floor.investors[who]}
        for at in range(2):
            frozen = self.floor.investors[who] in self.frozen
            self.floor.world.freeze(self.floor.investors[who], frozen, at=at)

    @rule(who=st.integers(0, 2), to=st.integers(0, 2), at=st.integers(0, 1),
          rest=st.sampled_from([0, 30, 60]))  # fmt: skip
    def walk_away(self, who: int, to: int, at: int, rest: int) -> None:
        """Send nearly all units elsewhere: what is held stays."""
        giver, taker, token = self.floor.investors[who], self.floor.investors[to], self.tokens[at]
        amount = self.held[token, giver] - rest
        if amount <= 0 or who == to:
            return
        outcome = self.floor.evm.act(giver, TOKEN, token, "transfer", taker, amount)
        held = self.keeping.held(token, giver) > rest
        assert outcome.ok == (not held and not self.frozen & {giver, taker}), outcome.reason
        if outcome.ok:
            self.held[token, giver] -= amount
            self.held[token, taker] += amount

    @rule(mode=st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    def behave(self, mode: int) -> None:
        """Let the hostile money do what it likes; called back, it tries to settle once more."""
        floor = self.floor
        self.mode = mode
        assert floor.evm.act(OWNER, HOSTILE, floor.hostile, "behave", mode).ok
        if mode == 5 and self.sent:
            floor.evm.act(OWNER, HOSTILE, floor.hostile, "plan", floor.settlement,
                          bytes.fromhex(floor.data(self.sent[-1:])[2:]))  # fmt: skip

    @rule(mode=st.sampled_from([0, 0, 0, 1, 2, 3, 4, 5]))
    def turn(self, mode: int) -> None:
        """Let the wallet that is a contract confirm as it likes."""
        floor = self.floor
        self.wallet_mode = mode
        assert floor.evm.act(OWNER, CONTRACT_WALLET, floor.contract_wallet, "behave", mode).ok

    @rule(seconds=st.sampled_from([1, 1, 1, HOUR_S]))
    def wait(self, seconds: int) -> None:
        self.floor.evm.advance(seconds)

    @precondition(lambda self: not self.frozen)
    @rule(at=st.integers(0, 1))
    def split(self, at: int) -> None:
        """Two units for one: what was signed before is void."""
        world = self.floor.world
        if not all(self.held[self.tokens[at], who] for who in self.floor.investors):
            return
        world.begin_exchange(Ratio(2, 1), at=at)
        world.exchange(self.floor.investors, at=at)
        world.end_exchange(at=at)
        self.epochs[at] += 1
        self.keeping.end(self.tokens[at])
        for who in self.floor.investors:
            self.held[self.tokens[at], who] *= 2

    # --- what the venue does, or somebody in its place

    @rule(data=st.data(), by=st.sampled_from([VENUE] * 9 + [STRANGER]))
    def hold(self, data: st.DataObject, by: Wallet) -> None:
        selling = [each for each, _ in self.orders if not each.terms.buys]
        order = data.draw(st.sampled_from(selling + [each for each, _ in self.orders]))
        terms, filled = order.terms, self._filled(order)
        units = (terms.lots - filled) * terms.units_per_lot
        asset = terms.security, terms.investor
        free = min(self.allowed[asset], self.held[asset] - self.keeping.held(*asset))
        outcome = self.floor.hold(order, filled, by=by)
        assert outcome.ok == (0 < units <= free and self._holdable(order, by)), outcome.reason
        if outcome.ok:
            self.keeping.hold(terms, units, by)
            self._allow_more(asset, -units)

    def _holdable(self, order: SignedOrder, by: Wallet) -> bool:
        """Whether an order asks for a hold and could be filled whole, so far."""
        terms, filled = order.terms, self._filled(order)
        whole = Fillable(order=terms, lots=terms.lots - filled, value=0, fee=0, start=filled)
        match = self.floor.match(order, order)
        return (
            terms.instructions.hold
            and terms.signed_by not in self.keeping.orders
            and self._stands(whole, order, match, by, buys=False) is None
        )

    @rule(data=st.data(), way=st.sampled_from(["venue", "stranger", "himself"]))
    def release(self, data: st.DataObject, way: str) -> None:
        terms = (order := data.draw(st.sampled_from([each for each, _ in self.orders]))).terms
        by = {"venue": VENUE, "stranger": STRANGER, "himself": terms.investor}[way]
        kept = self.keeping.orders.get(terms.signed_by)
        ended = kept is not None and (
            by == kept.venue or self.floor.now > kept.expiry
            or self.standing.filled_lots(*terms.signed_by) == VOID
        )  # fmt: skip
        outcome = self.floor.release(order, by=by)
        assert outcome.ok == ended, outcome.reason
        if outcome.ok:
            let_go = self.keeping.release(terms.signed_by)
            self._allow_more((let_go.security, let_go.investor), let_go.units)

    def _allow_more(self, asset: tuple[Wallet, Wallet], units: int) -> None:
        if self.allowed[asset] != UNLIMITED:
            self.allowed[asset] += units

    @rule(data=st.data(), count=st.integers(1, 3), by=st.sampled_from([VENUE] * 9 + [STRANGER]),
          gas=st.sampled_from([None, None, None, 400_000]))  # fmt: skip
    def settle(self, data: st.DataObject, count: int, by: Wallet, gas: int | None
               ) -> None:  # fmt: skip
        matches = [self._drawn(data) for _ in range(count)]
        if len({(each.security, each.cash, each.units_per_lot) for each in matches}) > 16:
            return
        options: dict[str, Any] = {} if gas is None else {"gas": gas}
        outcome = self.floor.settle(matches, by=by, **options)
        if gas is not None:
            assert (outcome.ok, outcome.reason) == (False, "too-little-gas")
            return
        self._expect(matches, by, outcome)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def settle_again(self, data: st.DataObject) -> None:
        """The same trades once more, whatever became of them."""
        matches = [data.draw(st.sampled_from(self.sent))]
        self._expect(matches, VENUE, self.floor.settle(matches))

    def _drawn(self, data: st.DataObject) -> Match:
        """Two orders that fit together, as a trade that is right; or anything."""
        fitting = [(one, other) for one in self._live(buys=True) for other in self._live(buys=False)
                   if self._fit(one, other)]  # fmt: skip
        if not fitting or data.draw(st.sampled_from([False] * 5 + [True])):
            everything = st.sampled_from([each for each, _ in self.orders])
            return self._wild(data, data.draw(everything), data.draw(everything))
        buy, sell = data.draw(st.sampled_from(fitting))
        left = min(each.terms.lots - self._filled(each) for each in (buy, sell))
        lots = data.draw(st.integers(1, left))
        price = data.draw(st.integers(sell.terms.price, buy.terms.price))
        self.number += 1
        return self.floor.match(
            buy, sell, number=self.number, lots=lots, price=price,
            fees=tuple(fee_max(lots * price, each.terms.fee_bps) for each in (buy, sell)),
            starts=tuple(self._filled(each) for each in (buy, sell)),
        )  # fmt: skip

    def _wild(self, data: st.DataObject, buy: SignedOrder, sell: SignedOrder) -> Match:
        """A trade of which anything may be wrong."""
        of = data.draw(st.sampled_from([sell, sell, sell, buy])).terms
        lots = data.draw(st.integers(0, 3))
        low, high = sorted((buy.terms.price, sell.terms.price))
        price = data.draw(st.integers(low, high) | st.integers(low - 2, high + 2))
        self.number += 1
        return self.floor.match(
            buy, sell, number=self.number, lots=lots, price=price,
            fees=tuple(data.draw(st.sampled_from([
                0, fee_max(lots * price, each.terms.fee_bps), 3, lots * price + 1]))
                for each in (buy, sell)),
            starts=tuple(data.draw(st.sampled_from([self._filled(each)] * 7 + [0, 1]))
                         for each in (buy, sell)),
            security=of.security, cash=of.cash,
            units_per_lot=data.draw(st.sampled_from([of.units_per_lot] * 9 + [11])),
        )  # fmt: skip

    def _live(self, *, buys: bool) -> list[SignedOrder]:
        """Orders of a side of which something is left."""
        return [
            each for each, right in self.orders
            if right and each.terms.buys is buys and each.terms.expiry >= self.floor.now
            and self._filled(each) < each.terms.lots and each.terms.venue == VENUE
            and each.terms.epoch == self.epochs[self.tokens.index(each.terms.security)]
        ]  # fmt: skip

    @staticmethod
    def _fit(buy: SignedOrder, sell: SignedOrder) -> bool:
        one, other = buy.terms, sell.terms
        return (one.security, one.cash) == (other.security, other.cash) and (
            one.investor != other.investor and one.price >= other.price
        )

    def _filled(self, order: SignedOrder) -> int:
        terms = order.terms
        filled = self.standing.filled.get((terms.investor, terms.signer, terms.nonce), 0)
        return filled % 2**64

    # --- what must come of it

    def _expect(self, matches: list[Match], by: Wallet, outcome: Outcome) -> None:
        assert outcome.ok, outcome.reason
        expected = {each.number: str(self._settled(each, by) or "") for each in matches}
        assert self.floor.outcomes(outcome) == expected
        self.sent += matches

    def _settled(self, match: Match, by: Wallet) -> Reason | None:
        """What becomes of a trade, on the model."""
        worth = match.lots * match.price
        for holds, reason in (
            (not worth * match.units_per_lot, Reason.OF_NOTHING),
            (not match.sell.terms.price <= match.price <= match.buy.terms.price,
             Reason.PRICE_BEYOND_LIMIT),
            (match.buy.terms.investor == match.sell.terms.investor, Reason.SAME_INVESTOR),
            (match.fees[1] > worth, Reason.FEE_TOO_HIGH),
        ):  # fmt: skip
            if holds:
                return reason
        parts = [
            Fillable(order=order.terms, lots=match.lots, value=worth, fee=match.fees[at],
                     start=match.starts[at])
            for at, order in enumerate((match.buy, match.sell))
        ]  # fmt: skip
        reasons: list[Reason | None] = []
        for part, order, buys in zip(parts, (match.buy, match.sell), (True, False), strict=True):
            reasons.append(self._stands(part, order, match, by, buys=buys))
            if reasons[-1] is None:
                self.standing.fill(part)
        if reasons != [None, None]:
            return reasons[0] or reasons[1]
        if not self._moved(match, worth, by):
            return Reason.TOKENS_REFUSE
        for part, order in zip(parts, (match.buy, match.sell), strict=True):
            self.standing.use_session(part)
            used = self.used.setdefault(order.terms.digest(self.floor.domain), [])
            used.append((match.lots, worth, part.fee))
        return None

    def _stands(
        self, part: Fillable, order: SignedOrder, match: Match, by: Wallet, *, buys: bool
    ) -> Reason | None:
        terms = order.terms
        epoch = self.epochs[self.tokens.index(match.security)]
        found = self.standing.refusal(part, epoch=epoch, now_s=self.floor.now)
        unsigned = [Reason.EXPIRED, Reason.FEE_TOO_HIGH, Reason.CANCELLED, Reason.START_DIFFERS,
                    Reason.FILLED]  # fmt: skip
        if found in unsigned:
            return found
        as_signed = (terms.venue, terms.security, terms.cash, terms.units_per_lot, terms.buys,
                     terms.epoch)  # fmt: skip
        meant = (by, match.security, match.cash, match.units_per_lot, buys, epoch)
        right = next(right for each, right in self.orders if each == order)
        if terms.signer == self.floor.contract_wallet and self.wallet_mode == 1:
            return None
        if terms.signer == self.floor.contract_wallet and self.wallet_mode > 1:
            right = False
        if not right or as_signed != meant:
            return Reason.NOT_SIGNED
        return found

    def _moved(self, match: Match, worth: int, by: Wallet) -> bool:
        """Move all that a trade moves, or nothing; returns which."""
        seller, buyer = match.sell.terms.investor, match.buy.terms.investor
        units = match.lots * match.units_per_lot
        legs = [(match.security, seller, buyer, units), (match.cash, buyer, seller,
                worth - match.fees[1]), (match.cash, buyer, FEES, sum(match.fees))]  # fmt: skip
        before = dict(self.held), dict(self.allowed), self.keeping.copied()
        kept = self.keeping.usable(match.sell.terms, match.security, units, by)
        if kept:
            self.keeping.use(match.sell.terms, kept)
        self._allow_more((match.security, seller), kept)
        if self.frozen & {seller, buyer} or not all(self._leg(*leg) for leg in legs if leg[3]):
            self.held, self.allowed, self.keeping = before
            return False
        return True

    def _leg(self, asset: Wallet, giver: Wallet, taker: Wallet, amount: int) -> bool:
        free = self.held[asset, giver] - self.keeping.held(asset, giver)
        if self.allowed[asset, giver] < amount or free < amount:
            return False
        hostile = asset == self.floor.hostile
        if hostile and self.mode not in MOVING | SAYING:
            return False
        if self.allowed[asset, giver] != UNLIMITED or hostile:
            self.allowed[asset, giver] -= amount
        if hostile and self.mode in SAYING:
            return True
        self.held[asset, giver] -= amount
        self.held[asset, taker] += amount - (amount // 100 if hostile and self.mode == 3 else 0)
        return True

    @invariant()
    def everything_is_where_the_model_has_it(self) -> None:
        floor = self.floor
        for (asset, who), amount in self.held.items():
            assert floor.held(asset, who) == amount, (asset, who)
        for asset in (*self.tokens, *self.money):
            assert floor.held(asset, floor.settlement) == 0
        for token in self.tokens:
            for who in floor.investors:
                held = floor.evm.view(TOKEN, token, "heldFor", who, floor.settlement)
                assert held == self.keeping.held(token, who)
        for order, _ in self.orders:
            kept = self.keeping.orders.get(order.terms.signed_by)
            assert floor.hold_of(order) == (kept.units if kept else 0)
        for place, lots in self.standing.filled.items():
            assert floor.view("filledLots", *place) == self.standing.filled_lots(*place), (
                place, lots)  # fmt: skip
        for lane, lowest in self.standing.lowest_nonces.items():
            assert floor.view("lowestNonce", *lane) == lowest
        for (investor, key), session in self.standing.sessions.items():
            assert floor.view("sessionOf", investor, key) == (
                session.amount, session.fee_bps, session.expiry, session.serial
            )  # fmt: skip
            for security in self.tokens:
                covered = security in session.securities
                assert floor.view("sessionUnits", investor, key, session.venue, security,
                                  session.cash) == (
                    covered, session.left(security) if covered else 0)  # fmt: skip

    @invariant()
    def no_order_was_used_beyond_what_it_allows(self) -> None:
        for order, right in self.orders:
            used = self.used.get(order.terms.digest(self.floor.domain), [])
            believing = order.terms.signer == self.floor.contract_wallet
            assert right or not used or believing
            assert sum(lots for lots, _, _ in used) <= order.terms.lots
            for lots, worth, fee in used:
                assert fee <= fee_max(worth, order.terms.fee_bps)
                bound = lots * order.terms.price
                assert worth <= bound if order.terms.buys else worth >= bound


TestSettling = Settling.TestCase
