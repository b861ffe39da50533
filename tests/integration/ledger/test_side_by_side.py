"""Applying side by side, by the request log of the sandbox: what overlaps, what never does, and what holds all back."""

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from entra_emply.errors import LedgerError
from entra_emply.extraction.sources import Systems as Clients
from entra_emply.ledger.ledger import Ledger
from entra_emply.provisioning.apply import settle
from entra_emply.provisioning.crew import WORKERS
from entra_emply.reconciliation.plan import Plan
from sandbox import Sandbox
from tests.integration.conftest import Begin, Rows
from tests.integration.ledger import planned
from tests.integration.ledger.everything import actions, everything
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.killing import END_LOCK
from tests.integration.ledger.runs_in_sandbox import connect
from tests.integration.ledger.staff import hire
from tests.integration.ledger.systems import Systems, make_scenario
from tests.postgres import Server
from tests.waiting import wait_until

PEOPLE = [f"çağla-{number}" for number in range(2 * WORKERS)]
GUARDS = {
    guard: {"min_count": 100, "percent": 100} for guard in ("max_deactivations", "max_role_changes", "max_grants")
}


def in_step(ledger: Ledger) -> Systems:
    """Many people, in step."""
    made = Systems(ledger, make_scenario({name: ["g-staff"] for name in PEOPLE}))
    made.settings["guards"] = GUARDS
    made.sync()
    return made


@pytest.fixture
def systems(begin: Begin) -> Systems:
    return begin(in_step)


@pytest.fixture
def in_sandbox(systems: Systems, sandbox: Sandbox) -> Iterator[Callable[[], Plan]]:
    """Moves the systems into the sandbox, as they are when it is called; the plan for them."""
    with ExitStack() as stack:

        def move() -> Plan:
            plan = systems.plan()
            clients = _move(systems, sandbox)
            stack.callback(clients.emply.close)
            stack.callback(clients.graph.close)
            return plan

        yield move


def test_nothing_else_is_sent_to_be_changed_before_the_last_deactivation_is_answered(
    systems: Systems, sandbox: Sandbox, in_sandbox: Callable[[], Plan]
) -> None:
    leavers = PEOPLE[:WORKERS]
    for name in leavers:
        systems.person(name)["accountEnabled"] = False
    for number in range(WORKERS):
        hire(systems, f"zofia-{number}")
    systems.members("g-hr").extend(PEOPLE[WORKERS:])
    plan = in_sandbox()
    sandbox.put_faults(
        {"method": "PATCH", "path": f"/users/emply-{leavers[3]}$", "times": 1, "fault": {"delay_ms": 700}}
    )
    assert systems.apply(plan).count("applied") == 3 * WORKERS
    writes = [entry for entry in sandbox.requests() if entry["path"].startswith("/emply/") and entry["method"] != "GET"]
    last = [entry for entry in writes if entry["path"].split("/emply-")[-1] in leavers]
    assert len(last) == WORKERS
    assert min(_began(entry) for entry in writes if entry not in last) >= max(map(_ended, last))


def test_different_peoples_changes_overlap_and_one_persons_never(
    systems: Systems, sandbox: Sandbox, in_sandbox: Callable[[], Plan]
) -> None:
    systems.members("g-hr").extend(PEOPLE)
    for name in PEOPLE:
        systems.person(name)["surname"] = "Żółć-Weiß"
    plan = in_sandbox()
    sandbox.change_settings(emply_ms=60)
    assert systems.apply(plan).count("applied") == 2 * len(PEOPLE)
    asked = [entry for entry in sandbox.requests() if "/users/emply-" in entry["path"]]
    by_person = [[entry for entry in asked if entry["path"].endswith(f"/emply-{name}")] for name in PEOPLE]
    assert [_most_at_once(entries) for entries in by_person] == [1] * len(PEOPLE)
    assert 1 < _most_at_once(asked) <= WORKERS


def test_a_mailbox_is_asked_for_at_most_four_things_at_a_time(begin: Begin, sandbox: Sandbox) -> None:
    systems = begin(everything)
    plan = planned.plan(systems, *actions())
    _move(systems, sandbox)
    sandbox.change_settings(graph_ms=60)
    systems.apply(plan)
    log = [entry for entry in sandbox.requests() if entry["path"].startswith("/v1.0/users/")]
    mailboxes = {entry["path"].split("/")[3] for entry in log}
    assert "ada" in mailboxes
    for mailbox in mailboxes:
        assert _most_at_once([entry for entry in log if entry["path"].split("/")[3] == mailbox]) <= 4
    assert not [entry for entry in log if entry["status"] == 429]


def test_a_429_that_one_meets_with_holds_all_back(
    systems: Systems, sandbox: Sandbox, in_sandbox: Callable[[], Plan]
) -> None:
    for number in range(3 * WORKERS):
        hire(systems, f"zofia-{number}")
    plan = in_sandbox()
    throttled = {"status": 429, "headers": {"Retry-After": "2"}}
    sandbox.put_faults({"method": "POST", "path": "/users$", "times": 1, "skip": 2, "fault": throttled})
    assert systems.apply(plan).count("applied") == 3 * WORKERS
    creations = [
        entry for entry in sandbox.requests() if entry["method"] == "POST" and entry["path"].endswith("/users")
    ]
    [refused] = [entry for entry in creations if entry["status"] == 429]
    meanwhile = [each for each in creations if _ended(refused) < _began(each) < _ended(refused) + 2]
    assert len(meanwhile) < WORKERS, "only what was already under way"
    assert len(creations) == 3 * WORKERS + 1


def test_a_write_that_waits_for_retry_after_is_not_sent_once_the_lock_is_lost(
    systems: Systems, sandbox: Sandbox, in_sandbox: Callable[[], Plan], server: Server
) -> None:
    hire(systems, "zofia")
    plan = in_sandbox()
    throttled = {"status": 429, "headers": {"Retry-After": "5"}}
    sandbox.put_faults({"method": "POST", "path": "/users$", "times": 1, "fault": throttled})

    def end_the_session() -> None:
        wait_until(lambda: any(entry["status"] == 429 for entry in sandbox.requests()))
        server.execute(END_LOCK)

    ending = threading.Thread(target=end_the_session)
    ending.start()
    with pytest.raises(LedgerError, match="was lost"):
        systems.apply(plan)
    ending.join()
    assert [
        entry["status"] for entry in sandbox.requests() if entry["method"] == "POST" and "/emply/" in entry["path"]
    ] == [429]


def test_all_attempts_that_a_kill_leaves_open_are_settled(
    ledger: Ledger, server: Server, database: str, rows: Rows, tmp_path: Path
) -> None:
    """Killed after the first of so many creations was made and before it was recorded."""
    names = [f"zofia-{number}" for number in range(WORKERS)]
    systems = Systems(ledger, make_scenario({name: ["g-staff"] for name in names}, without_login=tuple(names)))
    plan, file, url = systems.plan(), tmp_path / "systems.json", server.url(database)
    systems.store(file)
    ledger.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # this process has threads; the child uses none of theirs
        child = os.fork()
    if child == 0:
        _apply_until_all_are_open(Systems.stored(Ledger.open(url), file), file, plan, rows)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert rows("SELECT count(*) FROM attempts LEFT JOIN outcomes USING (attempt_no) WHERE result IS NULL") == [
        (WORKERS,)
    ]
    systems = Systems.stored(ledger, file)
    assert settle(ledger, graph=systems.graph, emply=systems.emply)
    assert rows(
        "SELECT result, count(*) FROM attempts LEFT JOIN outcomes USING (attempt_no) GROUP BY 1 ORDER BY 1"
    ) == [
        ("applied", 1),
        ("interrupted", WORKERS - 1),
    ]
    systems.sync()
    assert sorted(kind for kind, _ in systems.emply.written) == ["create"] * WORKERS
    assert rows("SELECT count(*) FROM links") == [(WORKERS,)]


def _apply_until_all_are_open(systems: Systems, file: Path, plan: Plan, rows: Rows) -> None:
    def kill() -> None:
        systems.store(file)
        wait_until(lambda: rows("SELECT count(*) FROM attempts") == [(WORKERS,)])
        os.kill(os.getpid(), signal.SIGKILL)

    systems.emply.changed = kill
    try:
        systems.apply(plan)
    finally:
        os._exit(1)


def _move(systems: Systems, sandbox: Sandbox) -> Clients:
    scenario = systems.scenario
    scenario.pop("writes")
    scenario["entra"]["organization"]["verifiedDomains"] = [{"name": "contoso.com", "isDefault": True}]
    sandbox.put_state(scenario)
    clients = connect(systems, sandbox)
    sandbox.clear_requests()
    return clients


def _began(entry: Row) -> float:
    return datetime.fromisoformat(entry["at"]).timestamp()


def _ended(entry: Row) -> float:
    """Not later than it was: the beginning is cut off to milliseconds."""
    return _began(entry) + int(entry["ms"]) / 1000


def _most_at_once(entries: list[Row]) -> int:
    moments = sorted([(_began(entry), 1) for entry in entries] + [(_ended(entry), -1) for entry in entries])
    at_once = [sum(change for _, change in moments[: place + 1]) for place in range(len(moments))]
    return max(at_once)
