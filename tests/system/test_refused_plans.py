"""A plan that became old, was overtaken, was applied already, or was computed for reading: the job `apply`, as the UI
starts it, refuses it in a clear line, and nothing is written.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult

from entra_emply import clock
from pipelines.definitions import build_defs
from pipelines.failures import reason
from tests.postgres import Server
from tests.system.installation import Installation
from tests.system.snapshots import Snapshots

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Dagster's own


@pytest.fixture
def installation(snapshots: Snapshots, tmp_path: Path) -> Iterator[Installation]:
    """Synced once, and people came and went since; Dagster in this process has it as its environment."""
    with snapshots.started(tmp_path, 1) as installation, installation.in_this_process():
        yield installation


def run(job: str, *assets: str, plan_id: str | None = None, **tags: str) -> ExecuteInProcessResult:
    with DagsterInstance.ephemeral() as instance:
        return build_defs().resolve_job_def(job).execute_in_process(
            instance=instance,
            partition_key=None if job == "reload_settings" else str(clock.now().date()),
            asset_selection=[AssetKey(name) for name in assets] or None,
            run_config={"ops": {"applied_changes": {"config": {"plan_id": plan_id}}}} if plan_id else {},
            tags=tags,
            raise_on_error=False,
        )  # fmt: skip


def refusal(installation: Installation, plan_id: str) -> str:
    """Why the job does not apply this plan, for which it changes nothing."""
    before, writes = installation.logins(), installation.writes()
    result = run("apply", plan_id=plan_id)
    assert not result.success
    assert (installation.logins(), installation.writes()) == (before, writes)
    return reason(result.all_events)


def newest(server: Server, installation: Installation) -> str:
    """The id of the plan recorded last."""
    query = "SELECT plan_id FROM entra_emply.plans ORDER BY plan_no DESC LIMIT 1"
    return str(server.execute(query, installation.database)[0][0])


def test_a_plan_is_applied_once_and_not_after_a_newer_one(installation: Installation, server: Server) -> None:
    first = newest(server, installation)
    assert "a plan is applied once" in refusal(installation, first)
    assert run("sync").success
    assert newest(server, installation) != first
    assert "is not the newest plan" in refusal(installation, first)
    assert run("apply", plan_id=newest(server, installation)).success
    assert len(installation.writes()) == 12


def test_a_plan_that_became_old_is_refused(installation: Installation, server: Server) -> None:
    assert run("sync").success
    earlier = "UPDATE entra_emply.plans SET read_at = read_at - interval '61 minutes' WHERE claimed_at IS NULL"
    server.execute(earlier, installation.database)
    assert "older than an hour" in refusal(installation, newest(server, installation))
    assert installation.sync().stdout.count("12 applied") == 1


def test_a_backfilled_plan_is_refused(installation: Installation, server: Server) -> None:
    """It is another than the day's: the mapping changed since."""
    installation.settings.write_text(
        installation.settings.read_text().replace("role: Employee\n", "role: Consultant\n")
    )
    assert run("reload_settings").success
    assert run("sync", "reconciliation_actions", **{"dagster/backfill": "tried"}).success
    assert "for a past day, for reading" in refusal(installation, newest(server, installation))
