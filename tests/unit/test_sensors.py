"""The sensor that watches the settings file. What the one for alerts says is in `test_alerting`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from dagster import DagsterInstance, RunRequest, SkipReason, build_sensor_context

from assets.resources import Connections
from entra_emply.errors import SettingsError
from pipelines import sensors

Tick = Callable[[str | None], tuple[RunRequest | SkipReason, str | None]]


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "settings.yaml"
    file.write_text("enabled: true\n")
    monkeypatch.setenv("ENTRA_EMPLY_SETTINGS", str(file))
    return file


@pytest.fixture
def tick() -> Tick:
    """What the sensor answers with a cursor, and the cursor after it."""

    def of(cursor: str | None) -> tuple[RunRequest | SkipReason, str | None]:
        with (
            DagsterInstance.ephemeral() as dagster,
            build_sensor_context(dagster, cursor=cursor, resources={"connections": Connections()}) as context,
        ):
            answer = sensors.settings_changed(context)
            assert isinstance(answer, RunRequest | SkipReason)
            return answer, context.cursor

    return of


@pytest.mark.usefixtures("settings_file")
def test_settings_that_are_in_force_ask_for_no_run(tick: Tick) -> None:
    first, version = tick(None)
    assert isinstance(first, RunRequest)
    again, cursor = tick(version)
    assert isinstance(again, SkipReason)
    assert cursor == version


def test_settings_that_mean_something_else_ask_for_a_run(tick: Tick, settings_file: Path) -> None:
    _, version = tick(None)
    settings_file.write_text("enabled: false\n")
    answer, cursor = tick(version)
    assert isinstance(answer, RunRequest)
    assert cursor != version


def test_settings_that_are_wrong_fail_the_tick_and_do_not_skip_it(tick: Tick, settings_file: Path) -> None:
    settings_file.write_text("groups: 7\n")
    with pytest.raises(SettingsError, match="groups"):
        tick("mapping")
