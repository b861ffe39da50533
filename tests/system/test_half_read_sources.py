"""A list that is empty, cut off, refused or throttled harms nobody, and the next healthy run goes on as if nothing had
been: every list of both systems × every fault × the first, second and third run.

The second run finds people who came and went since the first, the third finds nothing to do. All read the lists whole:
what comes of a delta that fails is in `tests/integration/test_directory_deltas.py`.
"""

from pathlib import Path

import pytest

from tests.campaigns import with_campaign
from tests.integration.faults import HALF_READ
from tests.system.installation import Row
from tests.system.snapshots import Snapshots

GRAPH = {
    "organization": r"^/v1\.0/organization$",
    "users": r"^/v1\.0/users$",
    "groups": r"^/v1\.0/groups$",
    "members": r"^/v1\.0/groups/[^/]+/members$",
}
EMPLY = {name: rf"^/emply/.*/{name}$" for name in ("users", "employees", "roles", "departments")}
LISTS = [("Graph", name) for name in GRAPH] + [("Emply", name) for name in EMPLY]
RUNS = (1, 2, 3)
# A first list that is halved is like the whole list of a smaller company; of these three nothing else tells.
BELIEVED = [("Graph", "members"), ("Emply", "users"), ("Emply", "departments")]
EVERYTHING = [
    (*each, fault, run)
    for each in LISTS
    for fault in ("empty", "halved", *HALF_READ)
    for run in RUNS
    if (fault, run) != ("halved", 1) or each not in BELIEVED
]
SHARE = [
    ("Graph", "members", "halved", 2),
    ("Graph", "users", "storm of 429", 3),
    ("Emply", "employees", "halved", 1),
    ("Emply", "users", "cut in half", 2),
]


@pytest.mark.parametrize(("system", "name", "fault", "run"), with_campaign(EVERYTHING, SHARE))
def test_a_half_read_source_harms_nobody(
    snapshots: Snapshots, tmp_path: Path, system: str, name: str, fault: str, run: int
) -> None:
    before, after = snapshots.before[run - 1], snapshots.after(run - 1)
    with snapshots.started(tmp_path, run - 1) as installation:
        installation.sandbox.put_faults(*_faults(before.state, system, name, fault))
        done = installation.run("sync", "--full", hurried=True)
        assert (done.returncode, done.stderr.count("\n"), installation.writes()) == (1, 1, []), done
        assert "Traceback" not in done.stderr
        assert installation.logins() == before.logins
        installation.sandbox.put_faults()
        installation.sync()
        assert installation.logins() == after


@pytest.mark.campaign
@pytest.mark.parametrize(("system", "name"), BELIEVED)
def test_a_first_list_that_nobody_can_know_to_be_halved_harms_nobody_either(
    snapshots: Snapshots, tmp_path: Path, system: str, name: str
) -> None:
    """Logins that seemed to be missing are held (G7), and wait for a person from then on. What changed is asked for
    between two whole reads: what the first list lacked comes with the next whole one."""
    before, after = snapshots.before[0], snapshots.after(0)
    with snapshots.started(tmp_path, 0) as installation:
        installation.sandbox.put_faults(*_faults(before.state, system, name, "halved"))
        installation.run("sync", hurried=True)
        installation.sandbox.put_faults()
        assert [
            who for who, row in installation.logins().items() if row not in (before.logins.get(who), after[who])
        ] == []
        installation.sync("--full")
        held = after.keys() - installation.logins()
        assert installation.logins() == {who: row for who, row in after.items() if who not in held}
        assert not held or name == "users"


def _faults(state: Row, system: str, name: str, fault: str) -> list[Row]:
    path = (GRAPH if system == "Graph" else EMPLY)[name]
    if fault in HALF_READ:
        return [{"path": path, "method": "GET", "fault": HALF_READ[fault]}]
    share = 0 if fault == "empty" else 0.5
    if system == "Graph":
        return [_answer(path, {"value": rows[: int(len(rows) * share)]}) for path, rows in _graph_lists(state, name)]
    half = state["emply"][name][: int(len(state["emply"][name]) * share)]
    # A page begins with the last row of the one before; so the last page brings that row alone.
    pages = [half, half[-1:]] if half else [[]]
    return [_answer(path, page, times=1) for _ in range(3) for page in pages]


def _graph_lists(state: Row, name: str) -> list[tuple[str, list[Row]]]:
    """The rows of a list by address; members have one for each group."""
    entra = state["entra"]
    if name != "members":
        return [(GRAPH[name], [entra["organization"]] if name == "organization" else entra[name])]
    groups = {group["id"] for group in entra["groups"]}
    lists = []
    for group in entra["groups"]:
        kind = {one: "group" if one in groups else "user" for one in group["members"]}
        rows = [{"@odata.type": f"#microsoft.graph.{kind[one]}", "id": one} for one in group["members"]]
        lists.append((f"/groups/{group['id']}/members$", rows))
    return lists


def _answer(path: str, body: object, **counts: int) -> Row:
    return {"path": path, "method": "GET", "fault": {"status": 200, "body": body}, **counts}
