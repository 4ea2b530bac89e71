"""What a holder gets back when the form he gives later says that too much was withheld.

The agent repays from his own money until the earlier of 15 March of the year after and the day on
which he files Form 1042-S; later only the tax authority does (26 CFR 1.1461-2).
"""

from __future__ import annotations

from datetime import date

import msgspec

from tallystick.securities.withholding.forms import EPOCH, TaxForm
from tallystick.securities.withholding.tables import Table
from tallystick.securities.withholding.united_states import (
    Holding,
    decide,
    withheld_half_up,
)

DEADLINE = (3, 15)


class Reclaim(msgspec.Struct, frozen=True, kw_only=True):
    """What comes back of a payment: what was withheld, what was due, and until which UTC day."""

    withheld: int
    due: int
    until_day: int

    @property
    def amount(self) -> int:
        """What comes back."""
        return max(0, self.withheld - self.due)


def reclaim(
    table: Table, income: str, holder: Holding, form: TaxForm, *, gross: int, withheld: int,
    paid_day: int,
) -> Reclaim:  # fmt: skip
    """What a later form gives back of a payment made on a UTC day.

    The form counts as if it had been there, if it states the same facts: it was signed later.
    """
    as_if = msgspec.structs.replace(form, signed_day=min(form.signed_day, paid_day))
    decision = decide(table, income, msgspec.structs.replace(holder, form=as_if), paid_day)
    paid = date.fromordinal(EPOCH.toordinal() + paid_day)
    last = (date(paid.year + 1, *DEADLINE) - EPOCH).days
    return Reclaim(withheld=withheld, due=withheld_half_up(gross, decision.rate_bps),
                   until_day=last + 1)  # fmt: skip
