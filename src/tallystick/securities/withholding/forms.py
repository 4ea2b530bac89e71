"""Tax forms that a holder gives to whoever pays him: what each states, and how long it holds.

Sources: Instructions to Forms W-8BEN and W-8BEN-E (until the end of the third calendar year after
signature). That W-9 and W-8IMY do not end, and that W-8ECI and W-8EXP hold as long as W-8BEN, is
from knowledge and not verified.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from tallystick.core.errors import Invalid
from tallystick.core.times import FOREVER_DAY

YEARS_VALID = 3
EPOCH = date(1970, 1, 1)


class Form(StrEnum):
    """A form of the United States."""

    W9 = "w-9"
    W8BEN = "w-8ben"
    W8BENE = "w-8ben-e"
    W8ECI = "w-8eci"
    W8EXP = "w-8exp"
    W8IMY = "w-8imy"


FOREIGN = frozenset({Form.W8BEN, Form.W8BENE, Form.W8ECI, Form.W8EXP, Form.W8IMY})
WITHOUT_END = frozenset({Form.W9, Form.W8IMY})
# Chapter 3 status on Form 1042-S: individual, corporation.
INDIVIDUAL, CORPORATION = "16", "15"


class TaxForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form as a holder signed it, on a UTC day.

    `country` is where he resides for tax (ISO 3166-1 alpha-2). `treaty` claims the rates of its
    treaty, `direct` the one of a company with so many votes; `backup` says that the tax authority
    named him. `status` is his chapter 3 status on Form 1042-S.
    """

    form: Form
    country: str
    signed_day: int
    treaty: bool = False
    direct: bool = False
    backup: bool = False
    status: str = INDIVIDUAL

    @property
    def until_day(self) -> int:
        """The first UTC day on which it no longer holds."""
        if self.form in WITHOUT_END:
            return FOREVER_DAY
        signed = date.fromordinal(EPOCH.toordinal() + self.signed_day)
        return (date(signed.year + YEARS_VALID + 1, 1, 1) - EPOCH).days

    def holds(self, day: int) -> bool:
        """Whether it holds on a UTC day."""
        return self.signed_day <= day < self.until_day


def check_form(form: TaxForm, *, today: int) -> None:
    """Raise `Invalid` for a form that says what it cannot."""
    if form.signed_day > today:
        raise Invalid("signed-in-the-future", "A form cannot have been signed later than today",
                      where="--signed", cure="Check the date.")  # fmt: skip
    if form.form is Form.W9 and (form.treaty or form.direct):
        raise Invalid("treaty-on-w-9", "Who signs a W-9 claims no treaty", where="--treaty",
                      cure="Leave it out, or take the W-8 that he gives.")  # fmt: skip
    if form.direct and (form.form is not Form.W8BENE or not form.treaty):
        raise Invalid(
            "direct-rate-claimed",
            "The rate of a direct investor is claimed by a company under a treaty, on a W-8BEN-E",
            where="--direct", cure="Add --treaty, or leave --direct out.",
        )  # fmt: skip
    if form.form is not Form.W9 and form.country == "US":
        raise Invalid("form-of-a-resident", "Who resides in the United States gives a W-9",
                      where="--country", cure="Check the form and the country.")  # fmt: skip
