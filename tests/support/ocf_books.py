"""Books in Open Cap Format made up at random, valid, with what they come to counted beside them."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any

Item = dict[str, Any]
COMMON, PREFERRED = "class-common", "class-preferred"
KINDS = {
    "stakeholders": "Stakeholders", "stock_classes": "StockClasses", "stock_plans": "StockPlans",
    "stock_legend_templates": "Legends", "vesting_terms": "Vesting", "transactions": "Transactions",
}  # fmt: skip
COUNTRIES = ("US", "DE", "FR", "SG")


class Maker:
    """Makes a book, one transaction a day, and counts what is outstanding as it goes."""

    def __init__(self, seed: int, people: int = 6) -> None:
        self.random = Random(seed)
        self.day = date(2020, 1, 1)
        self.count = 0
        self.people = [f"person-{at}" for at in range(people)]
        self.transactions: list[Item] = []
        # Stock by security: whose, of which class, how many.
        self.stock: dict[str, tuple[str, str, int]] = {}
        self.awards: dict[str, int] = {}
        self.convertibles: dict[str, int] = {}

    # --- objects

    def zipped(self) -> bytes:
        """The book as a zip, its manifest naming the files."""
        files = self.files()
        manifest = json.loads(files["Manifest.ocf.json"])
        for kind, name in KINDS.items():
            manifest[f"{kind}_files"] = [{"filepath": f"./{name}.ocf.json", "md5": "0" * 32}]
        files["Manifest.ocf.json"] = json.dumps(manifest).encode()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return buffer.getvalue()

    def files(self) -> dict[str, bytes]:
        """The files of the book by name."""

        def written(file_type: str, items: list[Item]) -> bytes:
            return json.dumps({"file_type": file_type, "items": items}).encode()

        manifest = {
            "file_type": "OCF_MANIFEST_FILE", "ocf_version": "1.2.0", "as_of": str(self.day),
            "generated_at": f"{self.day}T00:00:00Z", "comments": ["Made up"],
            "issuer": {"object_type": "ISSUER", "id": "issuer-1", "legal_name": "Randow Inc",
                       "formation_date": "2019-12-01", "country_of_formation": "US",
                       "tax_ids": [{"tax_id": "12-3456789", "country": "US"}]},
            **{f"{name}_files": [] for name in (
                "stock_plans", "stock_legend_templates", "stock_classes", "vesting_terms",
                "valuations", "transactions", "stakeholders")},
        }  # fmt: skip
        return {
            "Manifest.ocf.json": json.dumps(manifest).encode(),
            "Stakeholders.ocf.json": written("OCF_STAKEHOLDERS_FILE", self._people()),
            "StockClasses.ocf.json": written("OCF_STOCK_CLASSES_FILE", self._classes()),
            "StockPlans.ocf.json": written("OCF_STOCK_PLANS_FILE", [
                {"object_type": "STOCK_PLAN", "id": "plan-1", "plan_name": "Plan",
                 "initial_shares_reserved": "500000", "stock_class_ids": [COMMON]}]),
            "Legends.ocf.json": written("OCF_STOCK_LEGEND_TEMPLATES_FILE", [
                {"object_type": "STOCK_LEGEND_TEMPLATE", "id": "legend-1", "name": "Act",
                 "text": "Not registered."}]),
            "Vesting.ocf.json": written("OCF_VESTING_TERMS_FILE", [self._vesting()]),
            "Transactions.ocf.json": written("OCF_TRANSACTIONS_FILE", self.transactions),
        }  # fmt: skip

    def _people(self) -> list[Item]:
        return [{"object_type": "STAKEHOLDER", "id": each, "name": {"legal_name": f"Name {each}"},
                 "stakeholder_type": "INDIVIDUAL" if at % 2 else "INSTITUTION",
                 "issuer_assigned_id": f"R-{at}", "current_relationship": "INVESTOR",
                 "addresses": [{"address_type": "LEGAL",
                                "country": COUNTRIES[at % len(COUNTRIES)]}]}
                for at, each in enumerate(self.people)]  # fmt: skip

    @staticmethod
    def _classes() -> list[Item]:
        return [
            {"object_type": "STOCK_CLASS", "id": COMMON, "name": "Common Stock",
             "class_type": "COMMON", "default_id_prefix": "CS-",
             "initial_shares_authorized": "10000000", "votes_per_share": "1", "seniority": "1"},
            {"object_type": "STOCK_CLASS", "id": PREFERRED, "name": "Series A",
             "class_type": "PREFERRED", "default_id_prefix": "SA-", "par_value":
             {"amount": "0.0001", "currency": "USD"}, "initial_shares_authorized": "UNLIMITED",
             "votes_per_share": "1", "seniority": "2"},
        ]  # fmt: skip

    @staticmethod
    def _vesting() -> Item:
        return {"object_type": "VESTING_TERMS", "id": "vesting-1", "name": "4 years",
                "description": "Monthly", "allocation_type": "CUMULATIVE_ROUND_DOWN",
                "vesting_conditions": [
                    {"id": "begun", "trigger": {"type": "VESTING_START_DATE"},
                     "next_condition_ids": ["monthly"]},
                    {"id": "monthly", "next_condition_ids": [],
                     "portion": {"numerator": "1", "denominator": "48"},
                     "trigger": {"type": "VESTING_SCHEDULE_RELATIVE",
                                 "relative_to_condition_id": "begun",
                                 "period": {"length": 1, "type": "MONTHS", "occurrences": 48,
                                            "day_of_month": "01"}}}]}  # fmt: skip

    # --- transactions

    def write(self, kind: str, **members: Any) -> Item:
        self.count += 1
        item = {"object_type": f"TX_{kind}", "id": f"tx-{self.count}", "date": str(self.day),
                **members}  # fmt: skip
        self.transactions.append(item)
        return item

    def issue(self, who: str, stock_class: str, quantity: int) -> str:
        security = f"sec-{self.count + 1}"
        self.write("STOCK_ISSUANCE", security_id=security, custom_id=f"CS-{self.count + 1}",
                   stakeholder_id=who, stock_class_id=stock_class, quantity=str(quantity),
                   share_price={"amount": "1.50", "currency": "USD"}, stock_legend_ids=["legend-1"],
                   security_law_exemptions=[{"description": "506(b)", "jurisdiction": "US"}]
                   )  # fmt: skip
        self.stock[security] = (who, stock_class, quantity)
        return security

    def _some(self) -> tuple[str, str, str, int] | None:
        if not self.stock:
            return None
        security = self.random.choice(sorted(self.stock))
        return security, *self.stock[security]

    def _part_gone(self, kind: str, **members: Any) -> None:
        found = self._some()
        if found is None:
            return
        security, who, stock_class, held = found
        part = self.random.choice([held, self.random.randint(1, held)])
        del self.stock[security]
        rest = {}
        if part < held:
            rest = {"balance_security_id": self.issue(who, stock_class, held - part)}
        if kind == "STOCK_TRANSFER":
            cut = self.random.randint(0, part)
            parts = [each for each in (cut, part - cut) if each]
            to = [self.issue(self.random.choice(self.people), stock_class, each) for each in parts]
            members = {"resulting_security_ids": to}
        if kind == "STOCK_CONVERSION":
            made = self.issue(who, COMMON, part)
            self.write(kind, security_id=security, quantity_converted=str(part),
                       resulting_security_ids=[made], **rest)  # fmt: skip
            return
        self.write(kind, security_id=security, quantity=str(part), **members, **rest)

    def transfer(self) -> None:
        self._part_gone("STOCK_TRANSFER")

    def cancel(self) -> None:
        self._part_gone("STOCK_CANCELLATION", reason_text="Agreed")

    def repurchase(self) -> None:
        self._part_gone("STOCK_REPURCHASE", price={"amount": "2.00", "currency": "USD"})

    def convert(self) -> None:
        preferred = {each: held for each, held in self.stock.items() if held[1] == PREFERRED}
        if preferred:
            others = {each: held for each, held in self.stock.items() if held[1] != PREFERRED}
            self.stock = preferred
            self._part_gone("STOCK_CONVERSION")
            self.stock = {**others, **self.stock}

    def issue_some(self) -> None:
        security = self.issue(self.random.choice(self.people),
                              self.random.choice([COMMON, PREFERRED]),
                              self.random.randint(1, 50_000))  # fmt: skip
        if self.random.random() < 0.5:
            self.write("STOCK_ACCEPTANCE", security_id=security)

    def retract(self) -> None:
        security = self.issue(self.people[0], COMMON, 7)
        self.day += timedelta(days=1)
        self.write("STOCK_RETRACTION", security_id=security, reason_text="Never valid")
        del self.stock[security]

    def reissue(self) -> None:
        found = self._some()
        if found is not None:
            security, who, stock_class, held = found
            del self.stock[security]
            made = self.issue(who, stock_class, held)
            self.write("STOCK_REISSUANCE", security_id=security, resulting_security_ids=[made])

    def split(self) -> None:
        """A split of a class; its securities are multiplied, or reissued for it."""
        stock_class, factor = self.random.choice([COMMON, PREFERRED]), self.random.randint(2, 3)
        split = self.write("STOCK_CLASS_SPLIT", stock_class_id=stock_class,
                           split_ratio={"numerator": str(factor), "denominator": "1"})  # fmt: skip
        again = self.random.random() < 0.5
        for security, (who, of, held) in list(self.stock.items()):
            if of != stock_class:
                continue
            self.stock[security] = (who, of, held * factor)
            if again:
                del self.stock[security]
                made = self.issue(who, of, held * factor)
                self.write("STOCK_REISSUANCE", security_id=security, resulting_security_ids=[made],
                           split_transaction_id=split["id"])  # fmt: skip
        if stock_class == COMMON:
            self.awards = {each: held * factor for each, held in self.awards.items()}

    def award(self) -> None:
        security, quantity = f"award-{self.count + 1}", self.random.randint(10, 5_000)
        self.write("EQUITY_COMPENSATION_ISSUANCE", security_id=security,
                   custom_id=f"O-{self.count}", stakeholder_id=self.random.choice(self.people),
                   stock_plan_id="plan-1", stock_class_id=COMMON, compensation_type="OPTION_ISO",
                   quantity=str(quantity), exercise_price={"amount": "0.25", "currency": "USD"},
                   expiration_date="2031-01-01", termination_exercise_windows=[],
                   security_law_exemptions=[], vesting_terms_id="vesting-1")  # fmt: skip
        self.write("EQUITY_COMPENSATION_ACCEPTANCE", security_id=security)
        self.write("VESTING_START", security_id=security, vesting_condition_id="begun")
        self.awards[security] = quantity

    def exercise(self) -> None:
        if self.awards:
            security = self.random.choice(sorted(self.awards))
            part = self.random.randint(1, self.awards[security])
            made = self.issue(self.random.choice(self.people), COMMON, part)
            self.write("EQUITY_COMPENSATION_EXERCISE", security_id=security, quantity=str(part),
                       resulting_security_ids=[made])  # fmt: skip
            self.awards[security] -= part
            if not self.awards[security]:
                del self.awards[security]

    def retract_award(self) -> None:
        self.award()
        security = next(reversed(self.awards))
        self.write("EQUITY_COMPENSATION_RETRACTION", security_id=security, reason_text="Error")
        del self.awards[security]

    def convertible(self) -> None:
        security = f"note-{self.count + 1}"
        self.write("CONVERTIBLE_ISSUANCE", security_id=security, custom_id=f"N-{self.count}",
                   stakeholder_id=self.random.choice(self.people), convertible_type="SAFE",
                   investment_amount={"amount": "100000.00", "currency": "USD"}, seniority=1,
                   security_law_exemptions=[], conversion_triggers=[{
                       "trigger_id": f"{security}-round", "type": "ELECTIVE_AT_WILL",
                       "conversion_right": {
                           "type": "CONVERTIBLE_CONVERSION_RIGHT",
                           "conversion_mechanism": {
                               "type": "SAFE_CONVERSION", "conversion_mfn": False,
                               "conversion_discount": "0.2"}}}])  # fmt: skip
        self.write("CONVERTIBLE_ACCEPTANCE", security_id=security)
        self.convertibles[security] = 100_000

    def convert_note(self) -> None:
        if self.convertibles:
            security = self.random.choice(sorted(self.convertibles))
            made = self.issue(self.random.choice(self.people), PREFERRED, 1_234)
            self.write("CONVERTIBLE_CONVERSION", security_id=security, reason_text="Round",
                       trigger_id=f"{security}-round", resulting_security_ids=[made])  # fmt: skip
            del self.convertibles[security]

    def retract_note(self) -> None:
        self.convertible()
        security = next(reversed(self.convertibles))
        self.write("CONVERTIBLE_RETRACTION", security_id=security, reason_text="Error")
        del self.convertibles[security]

    def units(self) -> Counter[tuple[str, str]]:
        """Units by stakeholder and class."""
        found: Counter[tuple[str, str]] = Counter()
        for who, stock_class, held in self.stock.values():
            found[who, stock_class] += held
        return found


ACTS = (
    Maker.issue_some, Maker.issue_some, Maker.transfer, Maker.cancel, Maker.repurchase,
    Maker.convert, Maker.retract, Maker.reissue, Maker.split, Maker.award, Maker.exercise,
    Maker.retract_award, Maker.convertible, Maker.convert_note, Maker.retract_note,
)  # fmt: skip


def make_book(seed: int, acts: int = 60) -> Maker:
    """A book of so many acts, each kind of which it has at least once."""
    made = Maker(seed)
    made.issue_some()
    order = [*ACTS, *(made.random.choice(ACTS) for _ in range(max(0, acts - len(ACTS))))]
    splits = 0
    for act in order:
        made.day += timedelta(days=1)
        splits += act is Maker.split
        if act is not Maker.split or splits <= 3:
            act(made)
    return made
