"""Applying photos, calendars, events and write-back through the real clients, over HTTP: lost answers, and SIGKILL."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from entra_emply.ledger.ledger import Ledger
from entra_emply.provisioning.apply import settle
from entra_emply.provisioning.own_events import transaction_id
from entra_emply.provisioning.report import ApplyReport
from sandbox import Sandbox
from tests.campaigns import with_campaign
from tests.integration.conftest import Begin, Rows
from tests.integration.ledger import planned
from tests.integration.ledger.everything import actions, everything
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.killing import at_request
from tests.integration.ledger.planned import action, results
from tests.integration.ledger.runs_in_sandbox import connect
from tests.integration.ledger.systems import Systems
from tests.postgres import Server

APPLIED = "SELECT action_id FROM attempts JOIN outcomes USING (attempt_no) WHERE result = 'applied'"
OPEN = "SELECT count(*) FROM attempts LEFT JOIN outcomes USING (attempt_no) WHERE result IS NULL"
PAIRS = "SELECT emply_event_id, entra_id FROM event_pairs"
WRITES = [
    ("PATCH", "/emply/.*/users/"),
    ("PUT", "/photo"),
    ("DELETE", "/emply/.*/calendars/"),
    ("PATCH", "/emply/.*/calendars/"),
    ("POST", "/emply/.*/calendars"),
    ("DELETE", "/emply/.*/events/"),
    ("PUT", "/emply/.*/events/"),
    ("POST", "/v1.0/.*/events"),
    ("PATCH", "/emply/.*/events/"),
    ("PATCH", "/v1.0/.*/events/"),
    ("DELETE", "/v1.0/.*/events/"),
    ("POST", "/v1.0/users$"),
    ("PATCH", "/v1.0/users/[^/]*$"),
    ("DELETE", "/v1.0/users/[^/]*$"),
]
"""Every write of the plan; the calendars are changed three times."""


class InSandbox:
    """The systems of `everything`, in the sandbox, with its plan."""

    def __init__(self, systems: Systems, sandbox: Sandbox) -> None:
        self.systems, self.sandbox, self.rows = systems, sandbox, actions()
        scenario = self.systems.scenario
        scenario.pop("writes")
        scenario["entra"]["organization"]["verifiedDomains"] = [{"name": "contoso.com", "isDefault": True}]
        sandbox.put_state(scenario)
        self.clients = connect(self.systems, sandbox)
        sandbox.clear_requests()

    def apply(self) -> ApplyReport:
        return self.systems.apply(planned.plan(self.systems, *self.rows))

    def run_again(self, rows: Rows) -> int:
        """A run that plans what has no applied outcome; how many actions that were."""
        state = self.systems.state()
        applied = {str(action_id) for (action_id,) in rows(APPLIED)}
        left = [row for row in self.rows if row["action_id"] not in applied]
        self.systems.apply(self.systems.record_plan(planned.make(*left), state))
        return len(left)

    def writes(self) -> Counter[str]:
        """The changes that were made, by system and method; one whose answer was lost has no status, and was made."""
        made = (
            entry
            for entry in self.sandbox.requests()
            if entry["method"] != "GET" and "/oauth2/" not in entry["path"] and (entry["status"] or 200) < 300
        )
        return Counter(f"{entry['path'].split('/')[1]} {entry['method']}" for entry in made)


ALL_WRITES = {"emply POST": 1, "emply PUT": 2, "emply PATCH": 5, "emply DELETE": 2} | {
    f"v1.0 {method}": 2 for method in ("POST", "PATCH", "DELETE")
}


@pytest.fixture
def in_sandbox(begin: Begin, sandbox: Sandbox) -> Iterator[InSandbox]:
    made = InSandbox(begin(everything), sandbox)
    yield made
    made.clients.graph.close()
    made.clients.emply.close()


def test_every_kind_goes_through_the_clients(in_sandbox: InSandbox, rows: Rows) -> None:
    report = in_sandbox.apply()
    assert {name: dict(counted) for name, counted in report.results.items()} == {
        f"{row['target']}.{row['kind']}": {"applied": 1} for row in in_sandbox.rows
    }
    _is_as_it_should_be(in_sandbox, rows)


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_change_without_an_answer_is_not_made_again(
    in_sandbox: InSandbox, rows: Rows, method: str, path: str
) -> None:
    in_sandbox.sandbox.put_faults({"method": method, "path": path, "times": 1, "fault": {"close": "after-commit"}})
    assert in_sandbox.apply().count("applied") == len(in_sandbox.rows)
    assert in_sandbox.sandbox.faults()[0]["times"] == 0
    _is_as_it_should_be(in_sandbox, rows)


def test_an_outlook_event_that_was_made_before_a_504_is_not_made_again(in_sandbox: InSandbox, rows: Rows) -> None:
    in_sandbox.sandbox.put_faults(
        {"method": "POST", "path": "/v1.0/.*/events", "times": 1, "fault": {"close": "after-commit"}},
        {"method": "GET", "path": "/calendarView", "times": 1, "skip": 1, "fault": {"status": 504}},
    )
    assert in_sandbox.apply().count("applied") == len(in_sandbox.rows)
    _is_as_it_should_be(in_sandbox, rows)


def test_while_emply_does_not_take_an_outlook_id_nothing_is_made_twice(in_sandbox: InSandbox, rows: Rows) -> None:
    told = {"method": "PATCH", "path": "/emply/.*/events/E-ada-own$", "times": 100, "fault": {"status": 503}}
    in_sandbox.sandbox.put_faults(told)
    assert in_sandbox.apply().count("unknown") == 1
    assert rows(OPEN) == [(1,)]
    in_sandbox.sandbox.put_faults()
    assert settle(in_sandbox.systems.ledger, graph=in_sandbox.clients.graph, emply=in_sandbox.clients.emply)
    _is_as_it_should_be(in_sandbox, rows)


def test_an_event_that_was_moved_to_another_calendar_leaves_the_first(in_sandbox: InSandbox) -> None:
    state = in_sandbox.sandbox.state()
    mine, team = state["entra"]["calendars"]["ada"]
    team["events"].append(mine["events"].pop())
    moved = team["events"][0]["id"]
    state["emply"]["events"].append(
        {
            "id": "E-moved",
            "calendarId": "E-ada",
            "externalId": moved,
            "title": "Flyttet",
            "start": "2026-11-26T11:00:00Z",
            "end": "2026-11-26T11:30:00Z",
        }
    )
    in_sandbox.sandbox.put_state(state)
    before = {"externalId": moved, "calendarExternalId": "ada-cal"}
    assert results(in_sandbox.systems, action("emply.delete_event", "E1", "ada", before, None)) == [
        ("delete_event", "applied")
    ]
    assert "E-moved" not in {event["id"] for event in in_sandbox.sandbox.state()["emply"]["events"]}


@pytest.mark.parametrize("seed", with_campaign(range(80), range(2)))
def test_killed_at_a_random_request_the_next_run_ends_the_same(
    in_sandbox: InSandbox, server: Server, database: str, rows: Rows, seed: int
) -> None:
    """Odd seeds lose the answer of a write besides."""
    url = server.url(database)
    chosen = random.Random(seed)
    plan = planned.plan(in_sandbox.systems, *in_sandbox.rows)
    in_sandbox.systems.ledger.close()
    if seed % 2:
        method, path = chosen.choice(WRITES)
        lost = {"method": method, "path": path, "times": 1, "fault": {"close": "after-commit"}}
        in_sandbox.sandbox.put_faults(lost)

    def apply() -> None:
        there = Systems(Ledger.open(url), {"entra": {}, "emply": {"users": []}})
        connect(there, in_sandbox.sandbox)
        there.apply(plan)

    at_request(apply, killed_at=chosen.randrange(1, 100))
    in_sandbox.sandbox.put_faults()
    in_sandbox.run_again(rows)
    assert in_sandbox.run_again(rows) == 0
    _is_as_it_should_be(in_sandbox, rows)


def _is_as_it_should_be(in_sandbox: InSandbox, rows: Rows) -> None:
    """Everything is done, once, and remembered."""
    state = in_sandbox.sandbox.state()
    assert in_sandbox.writes() == ALL_WRITES
    assert _calendars(state) == {
        ("emply-ada", "ada-cal", "Møder", True),
        ("emply-ada", "ada-team", "Kalender", False),
        ("emply-ipek", "ipek-cal", "Kalender", True),
        ("emply-søren", None, "Kalender", True),
        (None, "sal-cal", "Kalender", True),
    }
    [made] = [event for event in _events(state) if event.get("transactionId") == transaction_id("E-ada-own")]
    assert {event["subject"] for event in _events(state)} == {"Frokost", "Çay"}
    assert {(event["origin"], event["externalId"]) for event in state["emply"]["events"]} == {
        ("outlook", "ada-tea"),
        ("outlook", "sal-lunch"),
        ("emply", made["id"]),
        ("emply", "ada-old"),
        ("emply", None),
    }
    users = {user["userPrincipalName"]: user.get("jobTitle") for user in state["entra"]["users"]}
    assert (users["ada@contoso.com"], "zofia@contoso.com" in users) == ("Mühendis", True)
    assert [user["id"] for user in state["entra"]["deletedUsers"]] == ["søren"]
    logins = {login["id"]: login for login in state["emply"]["users"]}
    assert (logins["emply-ada"]["photoEtag"], logins["emply-søren"]["active"]) == ("W/1", False)
    assert rows(PAIRS) == [("E-ada-own", "ada")]
    assert rows("SELECT external_id FROM event_pairs") == [(made["id"],)]
    assert rows("SELECT external_id, detached FROM calendars ORDER BY 1") == [
        ("ada-team", False),
        ("ipek-cal", False),
        ("søren-cal", True),
    ]
    assert rows("SELECT (SELECT count(*) FROM photo_etags), (SELECT count(*) FROM deleted_users)") == [(1, 1)]
    assert rows(OPEN) == [(0,)]


def _calendars(state: Row) -> set[tuple[Any, ...]]:
    fields = ("userId", "externalId", "name", "enabled")
    return {tuple(calendar[name] for name in fields) for calendar in state["emply"]["calendars"]}


def _events(state: Row) -> list[Row]:
    """Ada's, in Outlook."""
    return [event for calendar in state["entra"]["calendars"]["ada"] for event in calendar["events"]]
