"""The step that tells people keeps nobody waiting, and the daemon's sensor forgets nothing that it could not tell."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from dagster import DagsterInstance, SkipReason, build_sensor_context

from assets.resources import Connections
from entra_emply import clock
from entra_emply.alerts.tell import AlertCounts
from entra_emply.errors import LedgerError
from pipelines import sensors
from pipelines.alerting import within

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_what_a_step_gives_is_given() -> None:
    assert within(60, lambda: 7) == 7


def test_a_step_that_does_not_end_is_not_waited_for() -> None:
    never = threading.Event()
    assert within(0.01, never.wait) is None
    never.set()


def test_what_went_wrong_is_raised() -> None:
    def step() -> None:
        raise LedgerError("the database is away")

    with pytest.raises(LedgerError, match="the database is away"):
        within(60, step)


# The daemon's sensor


def away() -> None:
    raise LedgerError("the database is away")


def slow() -> None:
    """Takes too long."""


def well() -> AlertCounts:
    return AlertCounts(new=0, sent=0, waiting=0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Since when failures were asked for; the time of the last one is a minute later."""
    found: list[datetime] = []

    def failed_since(_instance: object, since: datetime) -> tuple[list[object], datetime]:
        found.append(since)
        return [], since + timedelta(minutes=1)

    monkeypatch.setattr(sensors, "failed_since", failed_since)
    monkeypatch.setenv("ALERT_URLS", "json://127.0.0.1:9/hook")
    monkeypatch.setattr(Connections, "ledger", None)
    return found


def tick(monkeypatch: pytest.MonkeyPatch, ends: Callable[[], object], cursor: str | None) -> tuple[str, str | None]:
    """What the sensor says at a tick, and its cursor after it."""
    monkeypatch.setattr(sensors, "tell_within", lambda *_: ends())
    with (
        DagsterInstance.ephemeral() as dagster,
        build_sensor_context(dagster, cursor=cursor, resources={"connections": Connections()}) as context,
    ):
        said = sensors.alerts(context)
        assert isinstance(said, SkipReason)
        return str(said.skip_message), context.cursor


@pytest.mark.parametrize(
    ("ends", "said"),
    [(away, "the database is away"), (slow, "telling takes longer than 40 seconds: the next tick goes on")],
)
def test_failures_after_a_first_tick_that_told_nobody_are_told_by_the_next(
    monkeypatch: pytest.MonkeyPatch, asked: list[datetime], ends: Callable[[], object], said: str
) -> None:
    with clock.frozen(NOW):
        first, cursor = tick(monkeypatch, ends, None)
    assert first == said
    with clock.frozen(NOW + timedelta(hours=1)):
        assert tick(monkeypatch, ends, cursor) == (said, NOW.isoformat())
        assert tick(monkeypatch, well, cursor)[1] == (NOW + timedelta(minutes=1)).isoformat()
    assert asked == [NOW] * 3
