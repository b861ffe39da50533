"""`undo` as a command and as a job: what a run did is asked to be restored, withdrawn, asked again, approved, and
restored by the runs after it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.failures import reason
from tests.postgres import Server
from tests.system.installation import Installation
from tests.system.jobs import launched
from tests.system.snapshots import Snapshots, plain_people

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Dagster's own

BY = ("--by", "Ada", "--reason", "it was right before")
A_ROLE_WAS_TAKEN = (
    "SELECT p.plan_id, min(a.emply_user_id) FROM entra_emply.actions a JOIN entra_emply.plans p USING (plan_no) "
    "JOIN entra_emply.attempts t USING (plan_no, action_id) JOIN entra_emply.outcomes o USING (attempt_no) "
    "WHERE o.result = 'applied' AND a.rule = 'R5' GROUP BY 1"
)


@pytest.fixture
def installation(snapshots: Snapshots, tmp_path: Path) -> Iterator[Installation]:
    """Synced once; people came and went since."""
    with snapshots.started(tmp_path, 1) as installation:
        yield installation


def role_taken(installation: Installation, server: Server) -> tuple[str, str, set[str]]:
    """A sync takes a role: its plan, from whom, and the roles before."""
    state = installation.sandbox.state()
    name = plain_people(state)[-1]["userPrincipalName"]
    user = next(row for row in state["emply"]["users"] if row["username"] == name)
    other = next(role["id"] for role in state["emply"]["roles"] if role["title"] == "Manager")
    before, user["roleIds"] = {*user["roleIds"], other}, [other]
    installation.sandbox.put_state(state)
    installation.sync()
    ((plan_id, login),) = server.execute(A_ROLE_WAS_TAKEN, installation.database)
    assert login == user["id"]
    return str(plan_id), str(login), before


def test_the_job_asks_for_an_undo_or_says_why_not(installation: Installation, server: Server) -> None:
    plan_id, login, _ = role_taken(installation, server)
    asked = {"plan_id": plan_id[:12], "person": login, "by": "Ada", "reason": "it was right before"}
    with installation.in_this_process():
        first, second = (launched("undo", "undo_actions", asked) for _ in range(2))
    assert (first.success, second.success) == (True, False)
    assert "nothing can be undone" in reason(second.all_events)
    query = "SELECT by, reason, emply_user_id FROM entra_emply.undo_requests"
    assert server.execute(query, installation.database) == [("Ada", "it was right before", login)]


def test_what_a_sync_took_is_given_back_once_it_is_approved(installation: Installation, server: Server) -> None:
    plan_id, login, before = role_taken(installation, server)
    mistaken = installation.run("undo", plan_id, "--person", "nobody@contoso.com", *BY)
    assert (mistaken.returncode, mistaken.stdout) == (1, "")
    assert "applied nothing that fits all these filters" in mistaken.stderr

    asked = installation.run("undo", plan_id[:12], "--person", login, *BY)
    assert (asked.returncode, asked.stderr) == (0, ""), asked
    assert "U1: undoes plan" in asked.stdout
    assert asked.stdout.endswith("1 undo asked for, for 72 hours; the next run plans it, held until it is approved\n")
    again = installation.run("undo", plan_id[:12], "--person", login, *BY)
    assert again.returncode == 1
    assert "an undo of it is asked for already" in again.stdout
    back = installation.run("undo", plan_id[:12], "--withdraw", "--by", "Łucja", "--reason", "on purpose")
    assert (back.returncode, back.stderr) == (0, ""), back
    assert "asked for by Ada: it was right before" in back.stdout
    assert back.stdout.endswith("1 undo withdrawn: no run plans it any more\n")
    none = installation.run("undo", plan_id[:12], "--withdraw", *BY)
    assert (none.returncode, none.stdout) == (1, "Nothing can be withdrawn\n")
    assert "Łucja: on purpose" in installation.run("history", login).stdout
    assert installation.run("undo", plan_id[:12], "--person", login, *BY).returncode == 0

    installation.sync()
    newest = "SELECT plan_id FROM entra_emply.plans ORDER BY plan_no DESC LIMIT 1"
    ((held,),) = server.execute(newest, installation.database)
    assert installation.run("approve", str(held), "--person", login, *BY).returncode == 0
    installation.sync()
    (restored,) = [row for row in installation.sandbox.state()["emply"]["users"] if row["id"] == login]
    assert set(restored["roleIds"]) == before
    assert "it was right before" in installation.run("history", login).stdout
