"""`approve`, `refuse` and `release`, as commands and as jobs of the UI: what is asked for is let go, never more, and an
approval of nothing is refused in one line. And `explain_person`, the job that answers.
"""

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from dagster import AssetKey, ExecuteInProcessResult

from pipelines.failures import reason
from tests.postgres import Server
from tests.system.commands import REPOSITORY
from tests.system.installation import Installation
from tests.system.jobs import launched
from tests.system.snapshots import Snapshots

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Dagster's own

MISTAKES = {
    "unknown group": ({"group": "HQ"}, "no plan knows a group 'HQ'"),
    "unknown kind": ({"kind": "roles"}, "there is no kind 'roles': the kinds are emply.deactivate_user, "),
    "nobody": ({"person": "nobody@contoso.com"}, "holds nothing that fits all these filters"),
    "other domain": ({"domain": "example.org"}, "holds nothing that fits all these filters"),
    "blank group": ({"group": " "}, "group is blank"),
    "blank name": ({"by": " "}, "by is blank"),
    "no reason": ({"reason": ""}, "reason is blank"),
    "short plan": ({"plan_id": "0123"}, "'0123' names no plan"),
    "other plan": ({"plan_id": "0123456789ab"}, "is not the newest plan"),
}


@pytest.fixture
def installation(snapshots: Snapshots, tmp_path: Path) -> Iterator[Installation]:
    """Synced once, with something held; Dagster in this process has it as its environment."""
    with snapshots.started(tmp_path, 1) as installation, installation.in_this_process():
        yield installation


@pytest.fixture
def approval(installation: Installation, server: Server) -> dict[str, str]:
    """Of everything that is held."""
    query = "SELECT plan_id FROM entra_emply.plans ORDER BY plan_no DESC LIMIT 1"
    return {"plan_id": str(server.execute(query, installation.database)[0][0]), "by": "Ada", "reason": "looked"}


def approve(approval: dict[str, str]) -> ExecuteInProcessResult:
    """The job, as the launchpad starts it."""
    return launched("approve", "approve_actions", approval)


def approved(server: Server, installation: Installation) -> int:
    return int(str(server.execute("SELECT count(*) FROM entra_emply.approvals", installation.database)[0][0]))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_job_approves_nothing_by_mistake(
    installation: Installation, server: Server, approval: dict[str, str], mistake: str
) -> None:
    given, said = MISTAKES[mistake]
    result = approve(approval | given)
    assert (result.success, approved(server, installation)) == (False, 0)
    assert said in reason(result.all_events)


@pytest.mark.parametrize("mistake", ["unknown group", "nobody", "no reason", "short plan"])
def test_the_command_approves_nothing_by_mistake(
    installation: Installation, server: Server, approval: dict[str, str], mistake: str
) -> None:
    given, said = MISTAKES[mistake]
    plan, *options = (approval | given).items()
    done = installation.run("approve", plan[1], *(f"--{name}={value}" for name, value in options))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert said in done.stderr
    assert approved(server, installation) == 0


def test_the_command_approves_the_people_of_a_department_alone_and_only_once(
    installation: Installation, server: Server, approval: dict[str, str]
) -> None:
    command = ("approve", approval["plan_id"][:8], "--department", "aarhus ", "--by", "Ada", "--reason", "looked")
    done = installation.run(*command)
    assert (done.returncode, done.stderr) == (0, "")
    assert " mette.winther@contoso.dk\n" in done.stdout
    assert done.stdout.endswith("\n1 action of 1 person\n")
    query = "SELECT subject FROM entra_emply.actions JOIN entra_emply.approvals USING (action_id)"
    assert server.execute(query, installation.database) == [("mette.winther@contoso.dk",)]
    again = installation.run(*command)
    assert (again.returncode, again.stdout) == (0, "Nothing left to approve: all of it is approved already\n")
    assert approved(server, installation) == 1


@pytest.mark.parametrize(
    ("department", "said"),
    [
        ("Nowhere", "--department Nowhere: Emply has no department of that title"),
        ("Warsaw", "holds nothing that fits all these filters"),
        (" ", "department is blank"),
    ],
)
def test_the_command_approves_no_department_by_mistake(
    installation: Installation, server: Server, approval: dict[str, str], department: str, said: str
) -> None:
    filters = ("--department", department, "--by", "Ada", "--reason", "looked")
    done = installation.run("approve", approval["plan_id"], *filters)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert said in done.stderr
    assert approved(server, installation) == 0


def test_no_department_is_approved_when_what_the_plans_run_read_is_gone(
    installation: Installation, server: Server, approval: dict[str, str]
) -> None:
    shutil.rmtree(installation.home / "frames")
    filters = ("--department", "Aarhus", "--by", "Ada", "--reason", "looked")
    done = installation.run("approve", approval["plan_id"], *filters)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert "the frames of the newest plan's run cannot be read" in done.stderr
    assert approved(server, installation) == 0


def answered(installation: Installation, answer: str, *command: str) -> tuple[int, str]:
    """The exit code of a command on a terminal where somebody types this, and what it showed."""
    master, slave = pty.openpty()
    program = [sys.executable, "-m", "pipelines.commands.cli", *command]
    with subprocess.Popen(
        program, env=installation.environment, cwd=REPOSITORY, stdin=slave, stdout=slave, stderr=slave
    ) as process:
        os.close(slave)
        os.write(master, f"{answer}\n".encode())
        shown = b""
        with suppress(OSError):  # so Linux tells that nobody has the other end open any more
            while part := os.read(master, 1 << 16):
                shown += part
        os.close(master)
    return process.returncode, shown.decode()


def test_on_a_terminal_it_shows_what_it_approves_and_asks_first(
    installation: Installation, server: Server, approval: dict[str, str]
) -> None:
    command = ("approve", approval["plan_id"][:8], "--by", "Ada", "--reason", "looked")
    code, shown = answered(installation, "n", *command)
    assert (code, approved(server, installation)) == (1, 0), shown
    assert "Approve? [y/N]" in shown
    assert "Nothing was approved" in shown
    code, shown = answered(installation, "y", *command)
    assert (code, approved(server, installation)) == (0, 2), shown
    again = installation.run(*command)
    assert (again.returncode, again.stdout) == (0, "Nothing left to approve: all of it is approved already\n")


def test_without_a_terminal_nobody_is_asked_and_what_is_approved_is_shown(
    installation: Installation, server: Server
) -> None:
    held = "SELECT min(action_id), min(subject) FROM entra_emply.actions WHERE held_by <> ''"
    query = f"{held} GROUP BY entra_id HAVING count(*) = 1"
    ((action_id, subject),) = server.execute(query, installation.database)
    done = installation.run("approve", str(action_id)[:12], "--by", "Ada", "--reason", "looked")
    assert (done.returncode, done.stderr, approved(server, installation)) == (0, "", 1)
    assert done.stdout.startswith("1 action approved for 72 hours; the next run applies it\n")
    assert f" {subject}\n" in done.stdout
    assert done.stdout.endswith("\n1 action of 1 person\n")


def test_the_job_approves_the_people_of_a_known_group_alone(
    installation: Installation, server: Server, approval: dict[str, str]
) -> None:
    held = "SELECT action_id FROM entra_emply.actions WHERE own_guards <> '' ORDER BY 1"
    (other,), (theirs,) = server.execute(held, installation.database)
    elsewhere = f"UPDATE entra_emply.actions SET groups = 'another-group' WHERE action_id = '{other}'"
    server.execute(elsewhere, installation.database)
    assert approve(approval | {"group": "Employees"}).success
    assert server.execute("SELECT action_id FROM entra_emply.approvals", installation.database) == [(theirs,)]


def test_the_job_without_a_plan_approves_what_the_newest_holds(
    installation: Installation, server: Server, approval: dict[str, str]
) -> None:
    assert approve({"by": approval["by"], "reason": approval["reason"]}).success
    query = "SELECT DISTINCT plan_id FROM entra_emply.approvals"
    assert server.execute(query, installation.database) == [(approval["plan_id"],)]


def test_the_job_releases_a_quarantined_action_and_no_other(installation: Installation, server: Server) -> None:
    failed = "INSERT INTO entra_emply.failures VALUES ('81d0', 8, 1, '403', now(), now())"
    server.execute(failed, installation.database)
    refused = launched("release", "release_action", {"action_id": "0123", "by": "Ada"})
    assert "action 0123 is not quarantined" in reason(refused.all_events)
    assert launched("release", "release_action", {"action_id": "81d0", "by": "Ada"}).success
    assert server.execute("SELECT by FROM entra_emply.releases", installation.database) == [("Ada",)]


def test_the_job_explains_a_person_on_the_page_of_the_plan(installation: Installation, server: Server) -> None:
    query = "SELECT entra_id, subject FROM entra_emply.actions WHERE own_guards <> '' AND entra_id IS NOT NULL LIMIT 1"
    ((entra_id, subject),) = server.execute(query, installation.database)
    result = launched("explain_person", "explain_one", {"person": str(entra_id)})
    (observed,) = [event for event in result.all_events if event.event_type_value == "ASSET_OBSERVATION"]
    observation = observed.asset_observation_data.asset_observation
    assert observation.asset_key == AssetKey("reconciliation_actions")
    assert str(subject) in str(observation.metadata["explanation"].value)


@pytest.mark.parametrize(
    ("plan", "person", "said"),
    [
        ("", "ada", "'' names no plan"),
        (None, " ", "person is blank"),
        (None, "ada", "holds no link by another address"),
    ],
)
def test_no_link_is_refused_by_mistake(
    installation: Installation, approval: dict[str, str], plan: str | None, person: str, said: str
) -> None:
    named = approval["plan_id"] if plan is None else plan
    done = installation.run("refuse", named, "--person", person, "--by", "Ada", "--reason", "asked")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert said in done.stderr


@pytest.mark.parametrize(("action", "said"), [("", "action is blank"), ("81d0", "is not quarantined")])
def test_nothing_is_released_by_mistake(installation: Installation, action: str, said: str) -> None:
    done = installation.run("release", action)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done
    assert said in done.stderr
