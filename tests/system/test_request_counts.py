"""What an unchanged run asks both systems for: exact counts. Seconds are measured by `benchmark sync`, not here."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.sync import benchmark_sync
from pipelines.configuration import SETTINGS
from tests import emply_api


@pytest.fixture
def whole_lists(tmp_path: Path) -> Path:
    """Emply as a description that tells how lists page: how many requests finding it out takes depends on which of the
    calendars that are read at the same time is answered first."""
    return Path(emply_api.changed(tmp_path, lists={"style": "whole"}))


def unchanged(users: int, *, described: Path | None = None) -> dict[str, int]:
    """By service; with calendars, where Emply is described."""
    run: Any = benchmark_sync(users, SETTINGS, calendars=described is not None, emply_api=described)["unchanged"]
    assert run["exit"] in (0, 2), run["said"]
    assert run["throttled"] == dict.fromkeys(run["throttled"], 0)
    return dict(run["requests"])


def test_of_twenty_people_with_calendars(whole_lists: Path) -> None:
    asked = unchanged(20, described=whole_lists)
    assert (asked["graph"], asked["emply"]) == (9, 25)


@pytest.mark.campaign
def test_of_three_hundred_people_with_calendars(whole_lists: Path) -> None:
    asked = unchanged(300, described=whole_lists)
    assert asked["graph"] <= 39
    assert asked["emply"] <= 335


@pytest.mark.campaign
def test_of_ten_thousand_people_without_calendars() -> None:
    asked = unchanged(10_000)
    assert asked["graph"] <= 29
    assert asked["emply"] <= 45
