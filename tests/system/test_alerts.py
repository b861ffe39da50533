"""Who is told, by commands and by the daemon's sensor, of runs that hold something, fail, or end well."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from dagster import DagsterEventType, DagsterInstance, build_run_status_sensor_context, build_sensor_context

from assets.resources import Connections
from entra_emply import clock
from pipelines.command_lock import BY_COMMAND
from pipelines.installation import instance
from pipelines.sensors import alerts, apply_after_sync
from tests.postgres import Server
from tests.receivers import Webhook, webhook
from tests.system.installation import Installation
from tests.system.snapshots import Snapshots

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Dagster's own
DOWN = {"method": "GET", "path": "/emply/v1/.*/users", "times": 99, "fault": {"status": 401}}


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as served:
        yield served


@pytest.fixture
def installation(snapshots: Snapshots, tmp_path: Path, hook: Webhook) -> Iterator[Installation]:
    """Synced once, with something held; the webhook is its receiver."""
    with snapshots.started(tmp_path, 1) as installation:
        direct = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        installation.variables |= direct | {"ALERT_URLS": hook.url, "CONSOLE_URL": "https://console.contoso.com"}
        yield installation


@contextmanager
def dagster_of(installation: Installation) -> Iterator[DagsterInstance]:
    """Dagster's instance, as the daemon has it."""
    home = patch.dict(os.environ, DAGSTER_HOME=str(installation.home))
    with installation.in_this_process(), home, instance() as dagster:
        yield dagster


def send_the_rest(installation: Installation, server: Server) -> None:
    """What a command had no time to send on a machine that is busy."""
    server.execute("UPDATE entra_emply.alerts SET next_try_at = now()", installation.database)
    assert installation.run("alerts").returncode == 0


def names(installation: Installation) -> set[str]:
    """Every address in both systems."""
    state = installation.sandbox.state()
    users = [*state["entra"]["users"], *state["emply"]["users"]]
    return {user[key].casefold() for user in users for key in ("mail", "email") if user.get(key)}


def test_a_command_tells_what_is_held_once_and_names_nobody(
    installation: Installation, server: Server, hook: Webhook
) -> None:
    done = [installation.sync(), installation.sync()]
    send_the_rest(installation, server)
    held = [message for message in hook.got if "for approval" in message["title"]]
    assert len(held) == 1
    assert "https://console.contoso.com/plan" in held[0]["message"]
    assert "entra-emply approve" in held[0]["message"]
    assert not [name for name in names(installation) if name in str(hook.got).casefold()]
    assert not [each for each in done if "canary" in each.stdout + each.stderr]


def test_a_command_that_fails_tells_why_and_still_fails_the_same_way(
    installation: Installation, server: Server, hook: Webhook
) -> None:
    installation.sandbox.put_faults(DOWN)
    first, second = installation.run("sync"), installation.run("sync")
    send_the_rest(installation, server)
    assert (first.returncode, first.stdout, first.stderr.count("\n")) == (1, "", 1), first
    failed = [message for message in hook.got if message["title"] == "entra-emply: sync failed"]
    assert len(failed) == 1
    assert first.stderr.removeprefix("entra-emply: ").strip() in failed[0]["message"]
    assert second.returncode == 1


def test_a_receiver_that_is_away_changes_nothing_of_a_command_and_is_told_later(
    installation: Installation, server: Server, free_port: int
) -> None:
    away = f"json://127.0.0.1:{free_port}/canary-hook"
    done = installation.run("sync", ALERT_URLS=away)
    assert (done.returncode, done.stderr) == (2, "")
    assert installation.run("alerts", ALERT_URLS=away).returncode == 1
    server.execute("UPDATE entra_emply.alerts SET next_try_at = now()", installation.database)
    with webhook(free_port) as back:
        told = installation.run("alerts", ALERT_URLS=away)
    assert (told.returncode, told.stdout) == (0, f"{len(back.got)} sent, 0 still waiting\n")
    assert back.got


def test_a_test_says_which_receiver_took_it(installation: Installation, hook: Webhook, free_port: int) -> None:
    away = f"json://127.0.0.1:{free_port}/canary-away"
    done = installation.run("alerts", "--test", ALERT_URLS=f"{hook.url} {away}")
    assert (done.returncode, done.stdout) == (1, "1. JSON: taken\n2. JSON: not taken\n")
    assert hook.titles == ["entra-emply: a test"]


@pytest.mark.parametrize(
    ("urls", "said"),
    [(" ", "ALERT_URLS is not set"), ("canary://canary", "ALERT_URLS: address 1 is none that Apprise")],
)
def test_wrong_addresses_are_told_of_in_one_line(installation: Installation, urls: str, said: str) -> None:
    done = installation.run("alerts", ALERT_URLS=urls)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert said in done.stderr
    assert "canary" not in done.stderr


# The daemon's sensor


def tick(dagster: DagsterInstance, cursor: str | None = None) -> tuple[str, str | None]:
    """What the sensor says at a tick, and its cursor after it."""
    with build_sensor_context(dagster, cursor=cursor, resources={"connections": Connections()}) as context:
        said: Any = alerts(context)
        return str(said.skip_message), context.cursor


def test_the_sensor_tells_what_is_held_and_of_runs_that_failed_since_it_looked(
    installation: Installation, hook: Webhook
) -> None:
    with dagster_of(installation) as dagster:
        before = (clock.now() - timedelta(seconds=1)).isoformat()
        installation.sandbox.put_faults(DOWN)
        assert installation.run("sync", ALERT_URLS="").returncode == 1
        said, cursor = tick(dagster, before)
        assert "0 still waiting" in said
        assert "entra-emply: sync failed" in hook.titles
        assert any("for approval" in title for title in hook.titles)
        assert "Emply refuses the key" in str(hook.got)
        assert not [name for name in names(installation) if name in str(hook.got).casefold()]
        taken = len(hook.got)
        assert tick(dagster, cursor)[0] == "0 new alerts, 0 sent, 0 still waiting"
        assert len(hook.got) == taken


def test_the_sensor_without_receivers_does_nothing(installation: Installation) -> None:
    installation.variables["ALERT_URLS"] = ""
    with dagster_of(installation) as dagster:
        assert tick(dagster) == ("ALERT_URLS is not set", None)


# What the pages of Dagster show


def test_runs_of_a_command_belong_to_the_code_location_and_say_what_is_held(installation: Installation) -> None:
    installation.sync()
    with dagster_of(installation) as dagster:
        apply, sync = dagster.get_runs(limit=2)
    for run in (apply, sync):
        assert run.remote_job_origin is not None
        assert run.remote_job_origin.repository_origin.get_label() == "__repository__@entra-emply"
        assert int(run.tags["entra-emply/held"]) > 0
    assert "entra-emply/failed" not in apply.tags


def test_the_sensor_of_the_daemon_applies_no_plan_of_a_command(installation: Installation) -> None:
    installation.sync()
    with dagster_of(installation) as dagster:
        (sync,) = [run for run in dagster.get_runs(limit=2) if run.job_name == "sync"]
        (record,) = dagster.get_records_for_run(sync.run_id, of_type=DagsterEventType.RUN_SUCCESS).records
        event = record.event_log_entry.dagster_event
        assert event is not None
        by_the_daemon = sync.with_tags({name: tag for name, tag in sync.tags.items() if name not in BY_COMMAND})
        contexts = [
            build_run_status_sensor_context("apply_after_sync", event, dagster, run) for run in (sync, by_the_daemon)
        ]
    assert [apply_after_sync(context) is not None for context in contexts] == [False, True]
