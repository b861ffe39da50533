"""Benchmarks make an installation for a while: of the operator's own one nothing is in force in it."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from benchmarks import explain, sync
from entra_emply.environment import VARIABLES
from pipelines.configuration import SETTINGS

OPERATORS = "operators-own"


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Stands for the timed command; the process has every variable of an installation set."""
    for name in VARIABLES:
        monkeypatch.setenv(name, OPERATORS)
    return Mock(return_value={"seconds": 1.0})


def environments(timed: Mock) -> list[dict[str, str]]:
    found: list[Any] = [call.args[0] for call in timed.call_args_list]
    assert found
    return found


@pytest.mark.parametrize("calendars", [True, False])
def test_benchmark_sync_is_of_its_own_installation(
    monkeypatch: pytest.MonkeyPatch, timed: Mock, calendars: bool
) -> None:
    monkeypatch.setattr(sync, "_timed", timed)
    sync.benchmark_sync(3, SETTINGS, calendars=calendars)
    for environment in environments(timed):
        assert OPERATORS not in environment.values()
        assert Path(environment["ENTRA_EMPLY_SETTINGS"]).name == "settings.yaml"


def test_benchmark_explain_is_of_its_own_installation(monkeypatch: pytest.MonkeyPatch, timed: Mock) -> None:
    timed.return_value = 1.0
    monkeypatch.setattr(explain, "_timed", timed)
    explain.benchmark_explain(200)
    for environment in environments(timed):
        assert OPERATORS not in environment.values()
        assert "FRAMES_URL" not in environment
