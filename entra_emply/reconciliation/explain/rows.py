"""Rows of a frame as plain values."""

from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.report.wording import rows


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as plain values: None for missing, lists for lists."""
    return [{name: _plain(value) for name, value in row.items()} for row in rows(frame)]


def _plain(value: Any) -> Any:  # noqa: ANN401 (what pandas holds)
    return value.tolist() if isinstance(value, np.ndarray) else value
