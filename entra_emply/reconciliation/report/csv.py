"""A plan as a table: one row an action, for a spreadsheet. Nothing is decided here."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.report.wording import ACTION_KEYS

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run when it begins a cell (CSV injection): names and titles are other people's text."""


def write_csv(file: Path, plan: Mapping[str, Any]) -> None:
    """Write the actions of the plan (a `wording.document`). Raises SettingsError where the file cannot be written."""
    try:
        file.write_bytes(csv_of(plan))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be written ({error.strerror})") from None


def csv_of(plan: Mapping[str, Any]) -> bytes:
    """The table of the plan (a `wording.document`) as it is written to a file."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(ACTION_KEYS)
    table.writerows([_cell(action[name]) for name in ACTION_KEYS] for action in plan["actions"])
    return text.getvalue().encode("utf-8-sig")  # Excel knows UTF-8 by its mark


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(map(str, value))
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
