"""One object or a whole source that cannot be read (P5, C7, G5b): what depends on it waits, and nobody else does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.environment import Environment
from entra_emply.extraction.dependent_reads import DEPENDENT, Reading
from entra_emply.extraction.planning import Planned, Planning, read_check_plan, read_lists
from entra_emply.extraction.sources import Systems
from entra_emply.reconciliation.identify import identify
from entra_emply.reconciliation.inputs import SyncState
from entra_emply.reconciliation.read_scope import read_scope
from entra_emply.reconciliation.settings import parse
from entra_emply.reconciliation.unreadable_frame import summary
from sandbox import Sandbox
from sandbox.settings import PERMISSIONS
from tests.campaigns import with_campaign
from tests.fake_time import FakeTime
from tests.mailbox_scenario import SETTINGS, mailbox_scenario

Row = dict[str, Any]
EVERYTHING_ON = f"{SETTINGS}entra_write_back: {{create: true}}\nsso: {{service_principal_id: emply}}\n"
CODE = {"error": {"code": "ErrorOfItsOwn"}}
FAULTS: dict[str, tuple[Row, str]] = {
    "400": ({"status": 400, "body": CODE}, "400 ErrorOfItsOwn"),
    "401": ({"odd": "mailbox_401"}, "401 InvalidAuthenticationToken"),
    "403": ({"odd": "mailbox_quota"}, "403 ErrorQuotaExceeded"),
    "404 with a code": ({"status": 404, "body": CODE}, "404 ErrorOfItsOwn"),
    "404 without one": ({"status": 404, "body": ""}, "404"),
    "429": ({"odd": "mailbox_throttled"}, "429 ApplicationThrottled"),
    "500": ({"odd": "view_500"}, "500 ErrorInternalServerError"),
    "503": ({"odd": "mailbox_move"}, "503 ErrorMailboxMoveInProgress"),
    "not JSON": ({"odd": "not_json"}, "no_answer"),
    "cut off": ({"odd": "cut_off"}, "no_answer"),
}
OF_CAGLA = {"photos": "cagla/photo$", "mailboxes": "users/cagla/calendars$", "events": "cagla-own/calendarView"}
OF_A_SOURCE = {
    "entra_deleted_users": "deletedItems/microsoft.graph.user$",
    "entra_app": "servicePrincipals/emply$",
    "emply_calendars": "/emply/.*/calendars$",
    "emply_events": "/emply/.*/events$",
}
BY_CALENDARS = {"add_calendar", "remove_calendar", "detach_calendar", "update_calendar", "attach_calendar"}
BY_EVENTS = {"upsert_event", "delete_event", "create_event", "update_event"}


@pytest.fixture
def systems(sandbox: Sandbox) -> Iterator[Systems]:
    """People with calendars on both sides, of whom Søren is a leaver."""
    state = mailbox_scenario()
    next(user for user in state["entra"]["users"] if user["id"] == "soren")["accountEnabled"] = False
    state["entra"]["servicePrincipals"] = [{"id": "emply", "appRoleAssignmentRequired": False}]
    own = {"userId": "login-cagla", "kind": "user", "name": "Takvim", "isDefault": True, "enabled": True}
    state["emply"]["calendars"] = [{"id": "k1", "externalId": "cagla-own", **own}]
    outlook = {"id": "e1", "calendarId": "k1", "externalId": "standup", "origin": "outlook", "title": "Toplantı"}
    state["emply"]["events"] = [{**outlook, "start": "2026-11-22T09:00:00Z", "end": "2026-11-22T10:00:00Z"}]
    sandbox.put_state(state)
    sandbox.change_settings(emply_per_second=100_000)  # who waits in no time is at once over what Emply allows
    environment, timing = Environment.load(sandbox.environment), FakeTime().timing()
    graph, emply = GraphClient(environment, timing), EmplyClient(environment, timing)
    yield Systems(graph, emply)
    graph.close()
    emply.close()


def plan(systems: Systems, settings: str = SETTINGS) -> Planned:
    links = pd.DataFrame({"entra_id": ["cagla", "soren"], "emply_user_id": ["login-cagla", "login-soren"]})
    state = SyncState.of({"links": links}, read_at=datetime(2026, 11, 22, 10, tzinfo=UTC))
    return read_check_plan(lambda: read_lists(systems, parse(settings), state), Planning(systems, {}))


def read_source(systems: Systems, name: str, settings: str = EVERYTHING_ON) -> pd.DataFrame:
    """What could not be read of this source, asked for after those that it needs."""
    lists = read_lists(systems, parse(settings), SyncState.of({}, read_at=datetime(2026, 11, 22, 10, tzinfo=UTC)))
    reading = Reading(systems, read_scope(identify(lists.inputs)))
    (source,) = (each for each in DEPENDENT if each.name == name)
    for needed in (each for each in DEPENDENT if each.name in source.needs):
        reading = Reading(systems, reading.scope, {**reading.frames, **needed.read(reading).frames})
    return source.read(reading).frames.get("unreadable", pd.DataFrame())


def kinds_of(planned: Planned, entra_id: str) -> set[str]:
    actions = planned.plan.actions
    return set(actions.loc[actions["entra_id"] == entra_id, "kind"])


PARTS = {
    fault: [part for part in OF_CAGLA if (part, fault[:3]) != ("photos", "404")] for fault in FAULTS
}  # with 404 there is no photo (P5)
EVERY_TROUBLE = [(part, fault) for fault, parts in PARTS.items() for part in parts]
TROUBLE = [(parts[number % len(parts)], fault) for number, (fault, parts) in enumerate(PARTS.items())]
EVERY_UNREAD = [(source, fault) for source in OF_A_SOURCE for fault in FAULTS]
UNREAD = [(source, fault) for place, source in enumerate(OF_A_SOURCE) for fault in list(FAULTS)[place % 2 :: 2]]
"""Each fault with one part, and with one source of each service: what a fault is and what waits for it are apart."""


@pytest.mark.parametrize(("part", "fault"), with_campaign(EVERY_TROUBLE, TROUBLE))
def test_one_persons_trouble_keeps_nobody_else_waiting(
    sandbox: Sandbox, systems: Systems, part: str, fault: str
) -> None:
    healthy = plan(systems)
    what, code = FAULTS[fault]
    sandbox.put_faults({"path": OF_CAGLA[part], "fault": what})
    planned = plan(systems)
    kind = "photos" if part == "photos" else "mailboxes"
    assert planned.inputs.unreadable.to_numpy().tolist() == [[kind, "cagla", code]]
    assert summary(planned.inputs.unreadable) == f"not read: 1 {'photo' if part == 'photos' else 'mailbox'} ({code})"
    assert kinds_of(planned, "soren") == {"deactivate_user"}
    assert kinds_of(planned, "room") == kinds_of(healthy, "room") != set()
    untouched = {"set_photo"} if part == "photos" else BY_CALENDARS | BY_EVENTS
    assert kinds_of(planned, "cagla") == kinds_of(healthy, "cagla") - untouched
    sandbox.put_faults()
    assert plan(systems).plan.plan_id == healthy.plan.plan_id


@pytest.mark.parametrize(("source", "fault"), with_campaign(EVERY_UNREAD, UNREAD))
def test_a_source_that_cannot_be_read_is_told_with_its_code(
    sandbox: Sandbox, systems: Systems, source: str, fault: str
) -> None:
    what, code = FAULTS[fault]
    sandbox.put_faults({"path": OF_A_SOURCE[source], "fault": what})
    unread = read_source(systems, source)
    assert unread[["kind", "id"]].to_numpy().tolist() == [["sources", source]]
    emply_has_no_such_code = source.startswith("emply") and " " in code
    assert unread["code"].iloc[0] == code or (emply_has_no_such_code and unread["code"].iloc[0].startswith(code[:3]))


@pytest.mark.parametrize("source", OF_A_SOURCE)
def test_a_source_that_can_be_read_has_nothing_to_tell(systems: Systems, source: str) -> None:
    assert read_source(systems, source).empty


@pytest.mark.parametrize(("status", "codes"), [(401, []), (403, []), (500, ["500"])])
@pytest.mark.parametrize("source", ["emply_calendars", "emply_events"])
def test_with_calendars_off_a_key_without_access_has_nothing_to_take_away(
    sandbox: Sandbox, systems: Systems, source: str, status: int, codes: list[str]
) -> None:
    sandbox.put_faults({"path": OF_A_SOURCE[source], "fault": {"status": status, "body": ""}})
    off = EVERYTHING_ON.replace("synchronize_calendars: true", "synchronize_calendars: false")
    unread = read_source(systems, source, off)
    assert ([] if unread.empty else unread["code"].tolist()) == codes


@pytest.mark.parametrize("allowed", [True, False])
def test_whether_the_application_sees_hidden_members_is_told_by_its_token(
    sandbox: Sandbox, systems: Systems, allowed: bool
) -> None:
    granted = [each for each in PERMISSIONS if each != "Member.Read.Hidden"]
    sandbox.change_settings(permissions=granted + ["Member.Read.Hidden"] * allowed)
    assert plan(systems).inputs.member_read_hidden is allowed


@pytest.mark.parametrize(("part", "unasked"), [
    ("photos", {"entra_photos"}),
    ("calendars", {"entra_calendars", "emply_calendars", "emply_events", "entra_events"}),
    ("events", {"emply_events", "entra_events"}),
])  # fmt: skip
def test_what_this_emply_cannot_do_is_not_read(
    systems: Systems, monkeypatch: pytest.MonkeyPatch, part: str, unasked: set[str]
) -> None:
    monkeypatch.setattr(EmplyClient, "cannot", lambda _self, asked: ("an operation",) if asked == part else ())
    lists = read_lists(systems, parse(EVERYTHING_ON), SyncState.of({}, read_at=datetime(2026, 11, 22, 10, tzinfo=UTC)))
    reading = Reading(systems, read_scope(identify(lists.inputs)))
    assert {source.name for source in DEPENDENT if not source.read(reading).frames} >= unasked
