"""What a basket is, as its manager writes it in `basket.toml`."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tallystick.core.errors import InvalidFile
from tallystick.core.fields import Fields, parse_document
from tallystick.core.units import parse_amount, parse_quantity
from tallystick.core.wallets import NOBODY, Wallet
from tallystick.securities.baskets.in_kind import (
    ANNUAL_BPS_MAX,
    ASSETS_MAX,
    CREATORS,
    LEVY_BPS_MAX,
    Fees,
    Part,
)

CODE = "basket-invalid"


class BasketTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A basket as it is written; quantities in smallest units.

    The first `units` cost the `parts`, by their symbols; units are created in multiples of `lot`.
    """

    symbol: str
    parts: tuple[Part, ...]
    units: int
    lot: int
    creators: str
    locked_too: bool
    fees: Fees
    receiver: Wallet


def read_basket_terms(
    text: str, security_decimals: Callable[[str], int], decimals_of: Callable[[str], int],
    wallet_of: Callable[..., Wallet], *, path: str = "basket.toml",
) -> BasketTerms:  # fmt: skip
    """Read the terms of a basket. Raises `InvalidFile` with every defect and its place.

    `security_decimals` gives those of the security by its symbol, `decimals_of` those of an asset,
    `wallet_of` a person's wallet.
    """
    root = parse_document(text, path=path, code=CODE)
    symbol = root.text("symbol")
    if root.defects:
        raise InvalidFile(CODE, path, root.defects)
    places = security_decimals(symbol)

    def quantity(given: str, *, where: str) -> int:
        return parse_quantity(given, places, where=where)

    fees = root.table("fees")
    terms = BasketTerms(
        symbol=symbol, units=root.parsed("units", quantity, 0),
        lot=root.parsed("lot", quantity, 10**places),
        creators=root.choice("creators", CREATORS, "participants"),
        locked_too=root.flag("locked_too", default=False),
        fees=Fees(
            creation_bps=fees.integer("creation_bps", 0, highest=LEVY_BPS_MAX),
            redemption_bps=fees.integer("redemption_bps", 0, highest=LEVY_BPS_MAX),
            annual_bps=fees.integer("annual_bps", 0, highest=ANNUAL_BPS_MAX),
        ),
        receiver=root.parsed("fee_receiver", wallet_of, NOBODY),
        parts=tuple(_part(each, decimals_of) for each in root.tables("asset")),
    )  # fmt: skip
    fees.finish()
    root.finish()
    _check(root, terms)
    if root.defects:
        raise InvalidFile(CODE, path, root.defects)
    return terms


def _part(fields: Fields, decimals_of: Callable[[str], int]) -> Part:
    name = fields.text("name")

    def quantity(given: str, *, where: str) -> int:
        return parse_amount(given, decimals_of(name), where=where)

    part = Part(name, fields.parsed("amount", quantity, 0) if name else 0)
    fields.finish()
    return part


def _check(root: Fields, terms: BasketTerms) -> None:
    names = [each.asset for each in terms.parts]
    if not root.has("units"):
        root.defect("field-missing", "units", "It is not said for how many units the amounts are",
                    cure="Add `units`.")  # fmt: skip
    if terms.receiver == NOBODY:
        root.defect("field-missing", "fee_receiver", "Somebody must receive the fee",
                    cure="Add `fee_receiver`, a wallet or the name of an investor.")  # fmt: skip
    if not 0 < len(names) <= ASSETS_MAX:
        root.defect("assets-out-of-range", "asset", f"A basket has 1 to {ASSETS_MAX} assets",
                    cure="Write a table `[[asset]]` for each.")  # fmt: skip
    if terms.parts and not any(each.amount for each in terms.parts):
        root.defect("nothing-brought", "asset", "The first units would cost nothing",
                    cure="Write how much of an asset they cost, in `amount`.")  # fmt: skip
    for name in sorted({each for each in names if names.count(each) > 1}):
        root.defect("asset-twice", "asset", f"{name} stands there twice", cure="Name it once.")
    if terms.symbol in names:
        root.defect("asset-is-itself", "asset", "A basket cannot hold its own units",
                    cure="Leave it out.")  # fmt: skip
