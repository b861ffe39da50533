"""What is read after the lists (photos, mailboxes, events, calendars of Emply, deleted users, the application) may be
empty, cut off, refused or throttled: nothing is lost or doubled, and healthy runs end where undisturbed ones do.

The first run finds a scenario that was never synchronised; the second one where things changed on both sides since.
"""

from contextlib import closing

import pytest
import yaml

from entra_emply.errors import EntraEmplyError
from entra_emply.ledger.ledger import Ledger
from sandbox import Sandbox
from tests.integration.conftest import Begin
from tests.integration.faults import HALF_READ
from tests.integration.ledger.runs_in_sandbox import Row, RunsInSandbox
from tests.integration.ledger.systems import Systems
from tests.mailbox_scenario import SETTINGS, in_emply, in_outlook, mailbox_scenario, meeting, own_event, row
from tests.system.installation import logins_of, writes_of

EVERYTHING_ON = yaml.safe_load(SETTINGS) | {
    "entra_write_back": {"create": True},
    "sso": {"service_principal_id": "emply"},
}
READS = {
    "photos": r"^/v1\.0/users/[^/]+/photo$",
    "calendars": r"^/v1\.0/users/[^/]+/calendars$",
    "events": r"/calendarView/delta$",
    "deleted users": r"/deletedItems/",
    "application": r"/appRoleAssignedTo$",
    "Emply's calendars": r"^/emply/.*/calendars$",
    "Emply's events": r"^/emply/.*/calendars/[^/]+/events$",
}
RUNS = (1, 2)
EVERYTHING = [(name, fault, run) for name in READS for fault in ("empty", *HALF_READ) for run in RUNS]
SHARE = [
    ("events", "empty", 2),
    ("calendars", "not found", 2),
    ("deleted users", "forbidden", 2),
    ("Emply's calendars", "empty", 2),
    ("Emply's events", "cut in half", 2),
]

# A list that nothing but its own emptiness speaks against: a restorable user is made again (W1).
BELIEVED = [("deleted users", "empty", 1), ("deleted users", "empty", 2)]
NOT_YET = pytest.mark.xfail(strict=True, reason="that nobody was deleted of late is what Entra usually says")


def marks(case: tuple[str, str, int]) -> list[pytest.MarkDecorator]:
    """What is tried with every run of the tests, and what in campaigns."""
    return [] if case in SHARE else [pytest.mark.campaign, *([NOT_YET] if case in BELIEVED else [])]


def before(ledger: Ledger, sandbox: Sandbox, run: int) -> Systems:
    """What there is before the first run, or in step before the second."""
    if run == 1:
        return Systems(ledger, _everybody(), EVERYTHING_ON)
    with closing(RunsInSandbox(ledger, sandbox, _everybody(), EVERYTHING_ON)) as runs:
        runs.run()
        runs.run()
        with runs.edited() as state:
            state["emply"]["events"].append(own_event(in_emply(state, "cagla-own")["id"]))
        runs.run()
    return Systems(ledger, sandbox.state(), EVERYTHING_ON)


def after(ledger: Ledger, sandbox: Sandbox, run: int) -> Systems:
    """What two undisturbed runs make of it."""
    with closing(ready(before(ledger, sandbox, run), sandbox, run)) as runs:
        runs.run()
        runs.run()
    return Systems(ledger, sandbox.state(), EVERYTHING_ON)


def ready(systems: Systems, sandbox: Sandbox, run: int) -> RunsInSandbox:
    """Just before the first or the second run. Between the two, things changed on both sides."""
    state = {system: systems.scenario[system] for system in ("entra", "emply")}
    runs = RunsInSandbox(systems.ledger, sandbox, state, EVERYTHING_ON)
    if run == 2:
        runs.run()  # what changed in a mailbox is told from here on
        with runs.edited() as changed:
            _change(changed)
    return runs


def _everybody() -> Row:
    """The scenario, and two who are in Emply alone: of one Entra has a deleted user."""
    scenario = mailbox_scenario()
    for name, first, last in (("dorte", "Dorte", "Ørsted"), ("ib", "Ib", "Æbelø")):
        address = f"{name}@contoso.com"
        names = {"username": address, "email": address, "firstName": first, "lastName": last}
        scenario["emply"]["users"].append({"id": f"login-{name}", **names, "active": True, "roleIds": ["employee"]})
    deleted = "0f000000-0000-4000-8000-000000000001"
    scenario["entra"]["deletedUsers"] = [
        {"id": deleted, "userPrincipalName": f"{deleted.replace('-', '')}ib@contoso.com"}
    ]
    assigned = [{"id": "a", "principalId": "employees", "principalType": "Group"}]
    scenario["entra"]["servicePrincipals"] = [
        {"id": "emply", "appRoleAssignmentRequired": True, "appRoleAssignedTo": assigned}
    ]
    return scenario


def _change(state: Row) -> None:
    """What happens between two runs."""
    calendar = in_outlook(state, "cagla")
    row(calendar["events"], "standup").update(subject="Kısa toplantı", changeKey="2")
    calendar["events"].append(meeting("izin", "İzin", 7))
    state["emply"]["events"].append(own_event(in_emply(state, "lucja-own")["id"], "obiad", "Obiad w Łodzi"))
    state["entra"]["photos"]["cagla"]["mediaEtag"] = '"foto-2"'


def seen(state: Row) -> Row:
    """What people see of both systems, without the ids that were given on the way."""
    entra, emply = state["entra"], state["emply"]
    owners = {calendar["id"]: calendar["externalId"] for calendar in emply["calendars"]}
    shown = ("title", "start", "end", "origin")
    return {
        "logins": logins_of(state),
        "calendars": sorted((row["externalId"], row["name"], row["enabled"]) for row in emply["calendars"]),
        "events": sorted((owners[event["calendarId"]], *(event[name] for name in shown)) for event in emply["events"]),
        "Outlook": {
            calendar["id"]: sorted(event["subject"] for event in calendar["events"])
            for calendars in entra["calendars"].values()
            for calendar in calendars
        },
        "users": sorted(user["userPrincipalName"] for user in entra["users"]),
        "deleted": sorted(user["userPrincipalName"] for user in entra["deletedUsers"]),
    }


@pytest.mark.parametrize(("name", "fault", "run"), [pytest.param(*each, marks=marks(each)) for each in EVERYTHING])
def test_a_half_read_mailbox_or_calendar_harms_nobody(
    begin: Begin, sandbox: Sandbox, name: str, fault: str, run: int
) -> None:
    undisturbed = seen(begin(after, sandbox, run).scenario)
    with closing(ready(begin(before, sandbox, run), sandbox, run)) as runs:
        sandbox.clear_requests()
        what = _empty(name, sandbox.url) if fault == "empty" else HALF_READ[fault]
        sandbox.put_faults({"path": READS[name], "method": "GET", "fault": what, "times": 1000})
        try:
            runs.run()
        except EntraEmplyError:
            assert writes_of(sandbox.requests()) == []
        assert sandbox.faults()[0]["times"] < 1000
        sandbox.put_faults()
        for _ in RUNS:
            runs.run()
        assert seen(sandbox.state()) == undisturbed


def _empty(name: str, url: str) -> Row:
    """A list without rows as each system writes it; a delta says where to go on, and has forgotten it by then."""
    if name.startswith("Emply"):
        return {"status": 200, "body": []}
    link = f"{url}/v1.0/users/cagla/calendars/cagla-own/calendarView/delta?$deltatoken=forgotten"
    return {"status": 200, "body": {"value": []} | ({"@odata.deltaLink": link} if name == "events" else {})}
