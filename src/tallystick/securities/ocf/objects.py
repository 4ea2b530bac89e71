"""Objects of Open Cap Format for what an issuer has here and no book brought.

Nothing is stated that is not known: what the format requires and nobody said has to be asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from tallystick.core.times import show_date
from tallystick.core.units import BASIS_POINTS, parse_exact
from tallystick.securities.grants import Safe, Vesting
from tallystick.securities.ocf.certificates import Price
from tallystick.securities.ocf.replay import plain

Item = dict[str, Any]
DAY_OF_MONTH_LAST = 28


def issuer(identifier: str, name: str, country: str, formed: str) -> Item:
    """The issuer; `formed` is the date of its formation."""
    return {"object_type": "ISSUER", "id": identifier, "legal_name": name,
            "formation_date": formed, "country_of_formation": country}  # fmt: skip


def stakeholder(
    identifier: str, *, name: str, is_person: bool, reference: str = "", country: str = "",
    email: str = "",
) -> Item:  # fmt: skip
    """Somebody who holds something."""
    made: Item = {"object_type": "STAKEHOLDER", "id": identifier, "name": {"legal_name": name},
                  "stakeholder_type": "INDIVIDUAL" if is_person else "INSTITUTION"}  # fmt: skip
    if reference:
        made["issuer_assigned_id"] = reference
    if country:
        made["addresses"] = [{"address_type": "LEGAL", "country": country}]
    if email:
        made["contact_info"] = {"emails": [{"email_type": "OTHER", "email_address": email}]}
    return made


def stock_class(
    identifier: str, *, name: str, symbol: str, preferred: bool, supply_cap: str, votes: int,
    seniority: int,
) -> Item:  # fmt: skip
    """A class of stock; `supply_cap` is how many units there may be, "" without a limit."""
    return {
        "object_type": "STOCK_CLASS", "id": identifier, "name": name,
        "class_type": "PREFERRED" if preferred else "COMMON", "default_id_prefix": f"{symbol}-",
        "initial_shares_authorized": supply_cap or "UNLIMITED", "votes_per_share": str(votes),
        "seniority": str(seniority),
    }  # fmt: skip


def award(
    ref: str, *, custom_id: str, stakeholder_id: str, stock_class_id: str, at_s: int,
    quantity: str, strike: Price, expires_at: int, vesting_terms_id: str,
) -> Item:  # fmt: skip
    """An option as it was granted."""
    vests = {"vesting_terms_id": vesting_terms_id} if vesting_terms_id else {}
    return {
        "object_type": "TX_EQUITY_COMPENSATION_ISSUANCE", "id": f"{ref}#issuance",
        "date": show_date(at_s), "security_id": ref, "custom_id": custom_id,
        "stakeholder_id": stakeholder_id, "security_law_exemptions": [],
        "stock_class_id": stock_class_id, "compensation_type": "OPTION", "quantity": quantity,
        "exercise_price": strike.item(),
        "expiration_date": show_date(expires_at) if expires_at else None,
        "termination_exercise_windows": [], **vests,
    }  # fmt: skip


def vesting_terms(identifier: str, vesting: Vesting) -> Item:
    """Vesting in equal steps over months, nothing before the cliff, rounded down."""
    steps, early = vesting.months // vesting.every_months, -(
        -vesting.cliff_months // vesting.every_months)  # fmt: skip
    conditions: list[Item] = [{"id": "start", "trigger": {"type": "VESTING_START_DATE"},
                               "next_condition_ids": []}]  # fmt: skip
    day = _day_of_month(vesting)

    def months(name: str, length: int, times: int, after: str, portion: Fraction) -> None:
        conditions[-1]["next_condition_ids"] = [name]
        conditions.append({
            "id": name, "next_condition_ids": [],
            "portion": {"numerator": str(portion.numerator),
                        "denominator": str(portion.denominator)},
            "trigger": {
                "type": "VESTING_SCHEDULE_RELATIVE", "relative_to_condition_id": after,
                "period": {"length": length, "type": "MONTHS", "occurrences": times,
                           "day_of_month": day},
            },
        })  # fmt: skip

    each = Fraction(vesting.every_months, vesting.months)
    if early:
        months("cliff", early * vesting.every_months, 1, "start", min(early * each, Fraction(1)))
    if steps > early:
        months("monthly", vesting.every_months, steps - early, conditions[-1]["id"], each)
    if steps * vesting.every_months < vesting.months and early <= steps:
        rest = Fraction(vesting.months - steps * vesting.every_months, vesting.months)
        months("rest", vesting.every_months, 1, conditions[-1]["id"], rest)
    text = (f"{vesting.months} months, in steps of {vesting.every_months}, nothing before "
            f"{vesting.cliff_months}")  # fmt: skip
    return {"object_type": "VESTING_TERMS", "id": identifier, "name": text, "description": text,
            "allocation_type": "CUMULATIVE_ROUND_DOWN", "vesting_conditions": conditions
            }  # fmt: skip


def _day_of_month(vesting: Vesting) -> str:
    day = datetime.strptime(vesting.start, "%Y-%m-%d").replace(tzinfo=UTC).day
    return f"{day:02d}" if day <= DAY_OF_MONTH_LAST else f"{day}_OR_LAST_DAY_OF_MONTH"


def vesting_start(ref: str, vesting: Vesting) -> Item:
    """That a vesting has begun, of the security `ref`."""
    return {"object_type": "TX_VESTING_START", "id": f"{ref}#vesting", "date": vesting.start,
            "security_id": ref, "vesting_condition_id": "start"}  # fmt: skip


def safe(
    ref: str, *, custom_id: str, stakeholder_id: str, at_s: int, terms: Safe, currency: str
) -> Item:  # fmt: skip
    """A SAFE as it was made."""
    mechanism: Item = {
        "type": "SAFE_CONVERSION", "conversion_mfn": False,
        "conversion_timing": "POST_MONEY" if terms.post_money else "PRE_MONEY",
    }  # fmt: skip
    if terms.cap:
        mechanism["conversion_valuation_cap"] = Price(terms.cap, currency).item()
    if terms.discount_bps:
        mechanism["conversion_discount"] = plain(Fraction(terms.discount_bps, BASIS_POINTS))
    return {
        "object_type": "TX_CONVERTIBLE_ISSUANCE", "id": f"{ref}#issuance",
        "date": show_date(at_s), "security_id": ref, "custom_id": custom_id,
        "stakeholder_id": stakeholder_id, "security_law_exemptions": [],
        "investment_amount": Price(terms.amount, currency).item(), "convertible_type": "SAFE",
        "seniority": 1,
        "conversion_triggers": [{
            "trigger_id": trigger_of(ref), "type": "AUTOMATIC_ON_CONDITION",
            "trigger_condition": "A round in which shares are sold at a price",
            "conversion_right": {"type": "CONVERTIBLE_CONVERSION_RIGHT",
                                 "conversion_mechanism": mechanism,
                                 "converts_to_future_round": True},
        }],
    }  # fmt: skip


def trigger_of(ref: str) -> str:
    """What a SAFE calls the round in which it is converted."""
    return f"{ref}#round"


def exercise(ref: str, grant: str, result: str, quantity: str, at_s: int) -> Item:
    """That an option was exercised, in whole or in part."""
    return {"object_type": "TX_EQUITY_COMPENSATION_EXERCISE", "id": f"{ref}#exercise",
            "date": show_date(at_s), "security_id": grant, "quantity": quantity,
            "resulting_security_ids": [result]}  # fmt: skip


def conversion(ref: str, grant: str, result: str, at_s: int) -> Item:
    """That a SAFE was converted."""
    return {"object_type": "TX_CONVERTIBLE_CONVERSION", "id": f"{ref}#conversion",
            "date": show_date(at_s), "security_id": grant, "trigger_id": trigger_of(grant),
            "reason_text": "Shares were sold at a price", "resulting_security_ids": [result]
            }  # fmt: skip


def award_ended(grant: str, quantity: str, at_s: int) -> Item:
    """That what was left of an option was cancelled."""
    return {"object_type": "TX_EQUITY_COMPENSATION_CANCELLATION", "id": f"{grant}#cancellation",
            "date": show_date(at_s), "security_id": grant, "quantity": quantity,
            "reason_text": "The grant was cancelled"}  # fmt: skip


def safe_ended(grant: str, amount: str, currency: str, at_s: int) -> Item:
    """That a SAFE was cancelled."""
    return {"object_type": "TX_CONVERTIBLE_CANCELLATION", "id": f"{grant}#cancellation",
            "date": show_date(at_s), "security_id": grant, "reason_text": "The SAFE was cancelled",
            "amount": Price(parse_exact(amount), currency).item()}  # fmt: skip
