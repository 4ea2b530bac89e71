"""Reads a file of credit transfers as a bank does, by the schema of the standard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sepaxml
import xmlschema

_SCHEMA = xmlschema.XMLSchema(Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd")


def read_transfers(data: bytes) -> list[Any]:
    """The payments of a file, part by part. Raises `XMLSchemaValidationError` if it is no such."""
    read: Any = _SCHEMA.to_dict(data.decode())
    return list(read["CstmrCdtTrfInitn"]["PmtInf"])
