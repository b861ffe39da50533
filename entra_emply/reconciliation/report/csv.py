"""A plan as a table: one row an action, for whoever looks at it in a spreadsheet. Nothing is decided here."""

import csv
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
        with file.open("w", encoding="utf-8-sig", newline="") as to:  # Excel knows UTF-8 by its mark
            table = csv.writer(to)
            table.writerow(ACTION_KEYS)
            table.writerows([_cell(action[name]) for name in ACTION_KEYS] for action in plan["actions"])
    except OSError as error:
        raise SettingsError(f"{file}: cannot be written ({error.strerror})") from None


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(map(str, value))
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
