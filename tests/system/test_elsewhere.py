"""The steps of a run on two machines: what comes of it is what comes of one process, whatever is killed.

Redis and PostgreSQL are Debian's; the frames are in an S3 server.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.mailbox_scenario import SETTINGS, mailbox_scenario, titles
from tests.postgres import Server, running_server
from tests.servers import debians_postgres, redis, s3
from tests.system.demo import until
from tests.system.elsewhere import Machines, two_machines
from tests.system.installation import Installation, Row, logins_of, made
from tests.waiting import PATIENCE

pytestmark = pytest.mark.campaign
PLANS = "SELECT plan_id FROM entra_emply.plans ORDER BY plan_no"


@dataclass(frozen=True)
class Outcome:
    """How often each kind of write was made, the logins, each calendar's events; without the ids that Emply gave."""

    writes: list[tuple[str, str, int]]
    logins: dict[str, Row]
    titles: dict[str, set[str]]

    @classmethod
    def of(cls, sandbox: Sandbox) -> "Outcome":
        state, writes = sandbox.state(), made(sandbox.requests())
        kinds = sorted((method, path.split("/")[4], count) for (method, path), count in writes.items())
        calendars = [each["externalId"] for each in state["emply"]["calendars"]]
        return cls(kinds, logins_of(state), {name: titles(state, name) for name in calendars})


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with running_server(debians_postgres()) as running:
        yield running


@pytest.fixture
def machines(tmp_path: Path, postgres: Server) -> Iterator[Machines]:
    with Sandbox(mailbox_scenario()) as sandbox, redis(tmp_path) as broker, s3(tmp_path, "frames") as store:
        sandbox.change_settings(emply_per_second=100_000)
        network = {
            **store,
            "FRAMES_URL": "s3://frames/entra-emply",
            "CELERY_BROKER_URL": f"{broker}/0",
            "CELERY_RESULT_BACKEND": f"{broker}/1",
        }
        with two_machines(tmp_path, sandbox, postgres, network) as running:
            yield running


@pytest.fixture(scope="module")
def on_one_machine(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> tuple[object, Outcome]:
    """The id of the first plan, and what came of one process that synced until nothing was left to do."""
    folder = tmp_path_factory.mktemp("one")
    (folder / "settings.yaml").write_text(SETTINGS)
    with Sandbox(mailbox_scenario()) as sandbox:
        sandbox.change_settings(emply_per_second=100_000)
        database = postgres.create()
        variables = {"DATABASE_URL": postgres.url(database)}
        alone = Installation(folder / "home", sandbox, folder / "settings.yaml", variables)
        while "nothing to do" not in alone.sync().stdout:
            pass
        return postgres.execute(PLANS, database)[0][0], Outcome.of(sandbox)


def finished(machines: Machines) -> Outcome:
    """What is there after one more run on both machines, and commands until nothing is left to do."""
    machines.sync()
    while "nothing to do" not in machines.command("sync"):
        pass
    return Outcome.of(machines.sandbox)


def test_steps_on_two_machines_make_the_plan_and_the_changes_of_one(
    machines: Machines, on_one_machine: tuple[object, Outcome]
) -> None:
    outcome = finished(machines)
    first, *_ = machines.server.execute(PLANS, machines.database)
    assert (*first, outcome) == on_one_machine
    assert set(machines.steps().values()) == {"north", "south"}
    assert [*machines.starter.folder.rglob("*.parquet")] == []
    assert [name for name in ("Çağla", "cagla@") for each in machines.all if name in each.said] == []


@pytest.mark.parametrize(
    ("job", "step", "method", "path"),
    [("sync", "emply_employees", "GET", "/employees$"), ("apply", "applied_changes", "POST", "/users$")],
)
def test_a_worker_killed_in_a_step_fails_the_run_and_the_next_one_makes_it_good(
    machines: Machines, on_one_machine: tuple[object, Outcome], job: str, step: str, method: str, path: str
) -> None:
    if job == "apply":
        assert machines.run("sync"), machines.starter.said
    run = machines.start_waiting(job, method, path)
    machines.worker_of(step).kill_step()
    assert run.wait(PATIENCE) != 0
    until(lambda: all(entry["ms"] is not None for entry in machines.sandbox.requests()), "the end of the request")
    assert finished(machines) == on_one_machine[1]
