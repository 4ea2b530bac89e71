"""The files of an OCF book: objects by kind, and the manifest with the digests of the others."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from tallystick.core.times import show_date, show_time
from tallystick.securities.ocf.book import FILES

Item = dict[str, Any]
VERSION = "1.2.0"
# What the manifest calls the files of a kind, and how they are named.
NAMES = {
    "stakeholder": ("stakeholders_files", "Stakeholders"),
    "stock class": ("stock_classes_files", "StockClasses"),
    "stock plan": ("stock_plans_files", "StockPlans"),
    "stock legend": ("stock_legend_templates_files", "StockLegends"),
    "vesting terms": ("vesting_terms_files", "VestingTerms"),
    "transaction": ("transactions_files", "Transactions"),
    "valuation": ("valuations_files", "Valuations"),
    "financing": ("financings_files", "Financings"),
    "document": ("documents_files", "Documents"),
}
# The schema wants these even if there are none of a kind.
ALWAYS = {"stakeholder", "stock class", "stock plan", "stock legend", "vesting terms",
          "transaction", "valuation"}  # fmt: skip


def render(
    issuer: Item, objects: dict[str, list[Item]], *, as_of_s: int, comments: list[str]
) -> dict[str, bytes]:  # fmt: skip
    """The files of a book by name. The same book gives the same bytes."""
    types = {kind: file_type for file_type, kind in FILES.items()}
    files: dict[str, bytes] = {}
    manifest: Item = {
        "file_type": "OCF_MANIFEST_FILE", "ocf_version": VERSION, "as_of": show_date(as_of_s),
        "generated_at": show_time(as_of_s), "issuer": issuer,
    }  # fmt: skip
    for kind, (member, name) in NAMES.items():
        items = objects.get(kind, [])
        manifest[member] = []
        if items or kind in ALWAYS:
            data = _written({"file_type": types[kind], "items": items})
            file = f"{name}.ocf.json"
            files[file] = data
            digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
            manifest[member] = [{"filepath": f"./{file}", "md5": digest}]
    if comments:
        manifest["comments"] = comments
    return {"Manifest.ocf.json": _written(manifest), **files}


def _written(document: Item) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
