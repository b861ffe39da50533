"""Cases of which each run tries a share, and the campaign the rest: one test, and one list of its cases."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def with_campaign(cases: Iterable[Any], share: Collection[Any]) -> list[Any]:
    """All cases as parameters; those outside the `share` are for the campaign."""
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)), marks=() if case in share else pytest.mark.campaign
        )
        for case in cases
    ]
