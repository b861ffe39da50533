"""What an unchanged run asks both systems for does not grow. Seconds are measured by `benchmark sync`, not here."""

from typing import Any

import pytest

from benchmarks.sync import benchmark_sync
from pipelines.configuration import SETTINGS

FINDING_OUT = 8
"""Emply's calendars are read side by side: up to four find out at the same time how these lists page, in three
requests each instead of one."""


def unchanged(users: int, *, calendars: bool) -> dict[str, int]:
    run: Any = benchmark_sync(users, SETTINGS, calendars=calendars)["unchanged"]
    assert run["exit"] in (0, 2), run["said"]
    assert run["throttled"] == dict.fromkeys(run["throttled"], 0)
    return dict(run["requests"])


def test_of_twenty_people_with_calendars() -> None:
    asked = unchanged(20, calendars=True)
    assert asked["graph"] <= 9
    assert asked["emply"] <= 33 + FINDING_OUT


@pytest.mark.campaign
def test_of_three_hundred_people_with_calendars() -> None:
    asked = unchanged(300, calendars=True)
    assert asked["graph"] <= 39
    assert asked["emply"] <= 348 + FINDING_OUT


@pytest.mark.campaign
def test_of_ten_thousand_people_without_calendars() -> None:
    asked = unchanged(10_000, calendars=False)
    assert asked["graph"] <= 29
    assert asked["emply"] <= 45
