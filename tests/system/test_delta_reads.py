"""Runs that go on from the run before: what they ask Graph for, when they read whole lists, and what harms nobody.

Each test begins after a first sync, whose tokens the sandbox knows.
"""

from collections.abc import Iterator

import pandas as pd
import pytest
from dagster import DagsterInstance, ExecuteInProcessResult

from entra_emply import clock
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.environment import Environment
from entra_emply.extraction.sources import MEMBERS
from entra_emply.storage.frame_store import FrameStore, StoredRun
from pipelines.definitions import build_defs
from pipelines.failures import reason
from tests.system.installation import Installation, Row
from tests.system.snapshots import changed

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Dagster's own
WHOLE, DELTAS = ["groups", "users"], ["groups/delta", "groups/delta", "users/delta", "users/delta"]


@pytest.fixture
def synced(served: Installation) -> Iterator[Installation]:
    """Synced once; Dagster in this process has it as its environment."""
    served.sync()
    served.sandbox.clear_requests()
    with served.in_this_process():
        yield served


def people_come_and_go(installation: Installation) -> None:
    """What `changed` says; Graph gives a new user's name and whether they may sign in."""
    state = changed(installation.sandbox.state())
    for user in state["entra"]["users"]:
        user.setdefault("displayName", user["userPrincipalName"])
        user.setdefault("accountEnabled", True)
    installation.sandbox.put_state(state)


def run(**tags: str) -> ExecuteInProcessResult:
    """The job `sync`, which reads and plans, in this process."""
    with DagsterInstance.ephemeral() as instance:
        return build_defs().resolve_job_def("sync").execute_in_process(
            instance=instance, partition_key=str(clock.now().date()), tags=tags, raise_on_error=False
        )  # fmt: skip


def lists(installation: Installation) -> list[str]:
    """The lists of users and groups that Graph was asked for, whole or by delta."""
    paths = [entry["path"].removeprefix("/v1.0/") for entry in installation.sandbox.requests()]
    return sorted(path for path in paths if path in (*WHOLE, *DELTAS))


def last_run(installation: Installation) -> StoredRun:
    found = FrameStore(str(installation.home / "frames")).last_complete()
    assert found is not None
    return found


def require_whole(installation: Installation) -> None:
    """The frames of the last complete run are those of a whole read of this moment."""
    client, stored = GraphClient(Environment.load(installation.environment)), last_run(installation)
    groups = stored.whole(f"{MEMBERS}/groups")["group_id"]
    members = client.directory.members(groups, transitive=False).frame
    for name, frame in (("entra_users", client.directory.users().frame), (f"{MEMBERS}/members", members)):
        found = stored.store.read(stored.run_id, name.partition("/")[0])
        pd.testing.assert_frame_equal(found if isinstance(found, pd.DataFrame) else found["members"], frame)
    client.close()


def removed(installation: Installation, names: list[str]) -> Row:
    """A fault: Graph tells that these users were deleted, who were not."""
    link = last_run(installation).whole("entra_users_cursor")["delta_link"].iloc[0]
    rows = [{"id": name, "@removed": {"reason": "changed"}} for name in names]
    return {"path": "/users/delta$", "fault": {"status": 200, "body": {"value": rows, "@odata.deltaLink": link}}}


def linked(installation: Installation) -> list[str]:
    """The ids of Entra users who have an active login of their name without employee."""
    state = installation.sandbox.state()
    active = {user["username"] for user in state["emply"]["users"] if user["active"] and not user["employeeId"]}
    return [user["id"] for user in state["entra"]["users"] if user.get("userPrincipalName") in active]


def test_the_second_run_asks_only_what_changed_and_sees_as_much(synced: Installation) -> None:
    people_come_and_go(synced)
    done = run()
    assert done.success
    assert lists(synced) == DELTAS
    require_whole(synced)
    (users,) = done.asset_materializations_for_node("entra_users")
    assert {"base_run", "token"} <= users.metadata.keys()
    link = str(last_run(synced).whole("entra_users_cursor")["delta_link"].iloc[0])
    assert link.partition("deltatoken=")[2] not in str(users.metadata)


@pytest.mark.parametrize("tag", ["entra-emply/full-read", "dagster/backfill"])
def test_a_whole_read_uses_no_earlier_read(synced: Installation, tag: str) -> None:
    assert run(**{tag: "yes"}).success
    tokens = [entry["query"] for entry in synced.sandbox.requests() if entry["path"].endswith("/delta")]
    assert lists(synced) == sorted([*WHOLE, *DELTAS])
    assert all("deltatoken=latest" in query for query in tokens)


def test_deletions_that_graph_reports_by_mistake_lock_nobody_out(synced: Installation) -> None:
    before, names = synced.logins(), linked(synced)[:3]
    synced.sandbox.put_faults(removed(synced, names))
    assert "3 superseded" in synced.sync().stdout
    assert lists(synced) == DELTAS
    assert synced.logins() == before


def test_a_delta_that_loses_too_many_people_is_refused_and_followed_by_whole_reads(synced: Installation) -> None:
    before = synced.logins()
    names = [user["id"] for user in synced.sandbox.state()["entra"]["users"]]
    synced.sandbox.put_faults(removed(synced, names[: len(names) // 2]))
    refused = run()
    assert not refused.success
    assert "(G5)" in reason(refused.all_events)
    synced.sandbox.put_faults()
    synced.sandbox.clear_requests()
    synced.sync()
    assert "users" in lists(synced)
    require_whole(synced)
    assert synced.logins() == before


def test_a_run_that_dies_before_it_is_complete_is_no_base(
    synced: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its frames and tokens are stored, but nothing says that they are the last: the next run goes on from before."""
    first = last_run(synced).run_id
    people_come_and_go(synced)
    with monkeypatch.context() as patched:
        patched.setattr(FrameStore, "complete", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        assert not run().success
    state = synced.sandbox.state()
    state["entra"]["users"] = [user for user in state["entra"]["users"] if not user["id"].startswith("hired-Ægir")]
    synced.sandbox.put_state(state)
    assert last_run(synced).run_id == first
    done = run()
    assert done.success
    (users,) = done.asset_materializations_for_node("entra_users")
    assert users.metadata["base_run"].value == first
    require_whole(synced)
