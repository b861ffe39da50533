"""Whole runs while one kind of write is in trouble: once, always, or of one object alone; by Emply's v1 and by API2.

All else of the plan is done. When the trouble is over, both systems come to be as without it: nothing is lost, nothing
is there twice, and one more run does nothing.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, nullcontext, suppress
from itertools import cycle, product
from typing import NamedTuple

import pytest
import yaml

from entra_emply.errors import CredentialsError
from entra_emply.ledger.ledger import Ledger
from sandbox import Sandbox
from tests.campaigns import with_campaign
from tests.integration.conftest import Begin, Rows
from tests.integration.ledger.runs_in_sandbox import Row, RunsInSandbox
from tests.integration.ledger.systems import Systems
from tests.mailbox_scenario import SETTINGS, calendar, in_emply, in_outlook, mailbox_scenario, meeting, own_event, row

CHANGE = {"API2": "PUT", "v1": "PATCH"}
EMPLOYEES = (("ayse", "Ayşe", "Aydın"), ("birte", "Birte", "Ørsted"), ("piotr", "Piotr", "Żak"))
OWNERS = {"cagla": "Koşu", "lucja": "Bieganie"}
LEAVERS = {f"{name}@contoso.com" for name in ("soren", "piotr")} | {"mads_fabrikam.dk#EXT#@contoso.com"}
SETTINGS_OF_ALL = yaml.safe_load(SETTINGS) | {
    "entra_write_back": {"create": True, "update": True, "delete": True},
    "guards": {"max_deactivations": {"min_count": 50, "percent": 100}, "min_rows_percent": 1},
}
SETTINGS_OF_ALL["groups"].insert(1, {"group": "HR", "default_role": "HR"})


class Write(NamedTuple):
    """A write: its method ("": the one of changes), its path, the path of one object ("": there is none), in which a
    title in braces stands for Emply's id, and the kinds of action that need it."""

    method: str
    path: str
    one: str
    kinds: tuple[str, ...]


_OF_LOGINS = ("emply.deactivate_user", "emply.set_roles", "entra.delete_user")
_OF_OUTLOOK_IDS = ("entra.create_event", "entra.delete_event")
WRITES = {
    "create_user": Write("POST", "/emply/.*/users$", "", ("emply.create_user",)),
    "update_user": Write("", "/emply/.*/users/[^/]*$", "/users/login-soren$", _OF_LOGINS),
    "set_photo": Write("PUT", "/emply/.*/photo$", "/users/login-cagla/photo$", ("emply.set_photo",)),
    "add_calendar": Write("POST", "/emply/.*/calendars$", "", ("emply.add_calendar",)),
    "update_calendar": Write("", "/calendars/[^/]*$", "/calendars/{Projeler}$", ("emply.update_calendar",)),
    "delete_calendar": Write("DELETE", "/calendars/[^/]*$", "/calendars/{Eski}$", ("emply.remove_calendar",)),
    "put_event": Write("PUT", "/calendars/[^/]*/events/", "/events/cagla-new$", ("emply.upsert_event",)),
    "delete_event": Write("DELETE", "/emply/.*/events/", "/events/{cagla gone}$", ("emply.delete_event",)),
    "update_event": Write("", "/contoso/events/", "/events/own-new-cagla$", _OF_OUTLOOK_IDS),
    "Graph's create_event": Write("POST", "/v1.0/.*/events$", "/users/cagla/.*/events$", ("entra.create_event",)),
    "Graph's update_event": Write("PATCH", "/v1.0/.*/events/", "/users/cagla/events/", ("entra.update_event",)),
    "Graph's delete_event": Write("DELETE", "/v1.0/.*/events/", "/users/cagla/events/", ("entra.delete_event",)),
    "Graph's create_user": Write("POST", "/v1.0/users$", "", ("entra.create_user",)),
    "Graph's update_user": Write("PATCH", "/v1.0/users/[^/]*$", "/v1.0/users/ayse$", ("entra.update_user",)),
    "Graph's delete_user": Write("DELETE", "/v1.0/users/[^/]*$", "", ("entra.delete_user",)),
}
FAULTS: dict[str, Row] = {
    "400": {"status": 400},
    "401": {"status": 401},
    "403": {"status": 403},
    "404": {"status": 404},
    "404 of a proxy": {"status": 404, "body": "<html>"},
    "409": {"status": 409},
    "429": {"status": 429, "headers": {"Retry-After": "1"}},
    "500": {"status": 500},
    "503": {"status": 503},
    "a page": {"status": 200, "body": "<html>"},
    "empty and made": {"truncate": 0},
    "cut off": {"close": "mid-body"},
    "closed and not made": {"close": "before"},
    "closed and made": {"close": "after-commit"},
    "empty and not made": {"status": 200, "body": ""},
}
APPLIED = """
    SELECT target || '.' || kind FROM outcomes JOIN attempts USING (attempt_no) JOIN actions USING (plan_no, action_id)
    WHERE result = 'applied' AND plan_no = (SELECT max(plan_no) FROM plans)
"""
ONCE, ALWAYS, OF_ONE = WHEN = ("once", "always", "of one object")
BELIEVED = {("set_photo", "empty and not made"), ("update_event", "empty and not made"), ("update_event", "404")}
"""Emply says that it was done, or that its event is gone: no rule has it done again."""
CASES = [
    (api, write, fault, when)
    for api, write, fault, when in product(CHANGE, WRITES, FAULTS, WHEN)
    if (write, fault) not in BELIEVED and (when != OF_ONE or WRITES[write].one)
]
SHARE = list(zip(cycle(CHANGE), WRITES, FAULTS, cycle((ALWAYS, OF_ONE, ONCE)), strict=False))
"""Each write and each answer once."""
MOST_RUNS = 6
UNDISTURBED: dict[str, Row] = {}


def started(ledger: Ledger, sandbox: Sandbox, api: str, scenario: Row) -> RunsInSandbox:
    """Runs by one of Emply's APIs."""
    scenario = {system: scenario[system] for system in ("entra", "emply")}
    environment = {}
    if api == "API2":
        sandbox.change_settings(emply_style="whole", emply_auth="bearer")
        environment = {"EMPLY_API": "api2", "EMPLY_API_KEY": sandbox.emply_token()}
    return RunsInSandbox(ledger, sandbox, scenario, SETTINGS_OF_ALL, **environment)


def person(name: str, given: str, surname: str) -> Row:
    address = f"{name}@contoso.com"
    return {"id": name, "userPrincipalName": address, "mail": address, "givenName": given, "surname": surname}


def scenario() -> Row:
    """Çağla's and Łucja's mailboxes, and three people with employees."""
    made = mailbox_scenario()
    entra, emply = made["entra"], made["emply"]
    entra["groups"].append({"id": "hr", "displayName": "HR", "members": []})
    for name, given, surname in EMPLOYEES:
        address, file = f"{name}@contoso.com", f"file-{name}"
        entra["users"].append(person(name, given, surname))
        row(entra["groups"], "employees")["members"].append(name)
        emply["employees"].append({"id": file, "number": 7, "email": address, "status": "active"})
        emply["users"].append({"id": f"login-{name}", "username": address, "employeeId": file, "roleIds": ["employee"]})
    entra["calendars"]["lucja"].append(calendar("lucja-projects", "Projekty", isDefaultCalendar=False))
    for owner, old in (("cagla", "Eski"), ("lucja", "Stare")):
        entra["calendars"][owner].append(calendar(f"{owner}-old", old, isDefaultCalendar=False))
        in_outlook(made, owner)["events"] += [meeting(f"{owner}-{n}", f"{owner} {n}", 8) for n in ("moved", "gone")]
    return made


def in_step(ledger: Ledger, sandbox: Sandbox, api: str) -> Systems:
    """Both systems when a run has nothing to do."""
    with closing(started(ledger, sandbox, api, scenario())) as runs:
        until_done(runs)
        with runs.edited() as state:
            for owner, name in product(OWNERS, ("kept", "off")):
                its_calendar = in_emply(state, f"{owner}-own")["id"]
                state["emply"]["events"].append(own_event(its_calendar, f"own-{name}-{owner}", f"{owner} own {name}"))
        until_done(runs)
    return Systems(ledger, sandbox.state())


def make_all_due(state: Row) -> None:
    """Change both systems so that every kind of write is called for, most of them for two people."""
    entra, emply = state["entra"], state["emply"]
    employees = row(entra["groups"], "employees")["members"]
    row(entra["users"], "soren")["accountEnabled"] = False
    employees.remove("mads")
    row(emply["employees"], "file-piotr")["status"] = "archived"
    row(emply["employees"], "file-ayse")["jobTitle"] = "Mühendis"
    row(emply["employees"], "file-birte")["jobTitle"] = "Jordemoder"
    row(entra["groups"], "hr")["members"].append("cagla")
    for name, given, surname in (("zofia", "Zofia", "Żółć"), ("aase", "Åse", "Østergård")):
        entra["users"].append(person(name, given, surname))
        employees.append(name)
    for name in ("helle", "oguz"):
        emply["users"].append({"id": f"login-{name}", "username": f"{name}@contoso.com", "active": True})
    for owner in OWNERS:
        _change_mailbox(state, owner)


def _change_mailbox(state: Row, owner: str) -> None:
    entra, events, own = state["entra"], state["emply"]["events"], in_outlook(state, owner)
    entra["photos"][owner] = entra["photos"]["cagla"] | {"mediaEtag": f'"foto {owner}"'}
    calendars = entra["calendars"][owner]
    calendars.remove(row(calendars, f"{owner}-old"))
    row(calendars, f"{owner}-projects")["name"] += " 2027"
    calendars.append(calendar(f"{owner}-running", OWNERS[owner], isDefaultCalendar=False))
    own["events"].remove(row(own["events"], f"{owner}-gone"))
    own["events"].append(meeting(f"{owner}-new", f"{owner} new", 9))
    row(own["events"], f"{owner}-moved").update(subject=f"{owner} moved since", changeKey="2")
    events.append(own_event(in_emply(state, f"{owner}-own")["id"], f"own-new-{owner}", f"{owner} own new"))
    row(events, f"own-kept-{owner}")["title"] += " since"
    events.remove(row(events, f"own-off-{owner}"))


def until_done(runs: RunsInSandbox) -> None:
    """Run until a run does nothing, and nothing waits."""
    for _ in range(MOST_RUNS):
        report = runs.runs.apply(runs.planned().plan)
        if not (report.results or report.troubled):
            return
    raise AssertionError(f"not done after {MOST_RUNS} runs: {report}")


def all_due(begin: Begin, ledger: Ledger, sandbox: Sandbox, api: str) -> RunsInSandbox:
    made = started(ledger, sandbox, api, begin(in_step, sandbox, api).scenario)
    with made.edited() as state:
        make_all_due(state)
    return made


@pytest.fixture
def expected(begin: Begin, ledger: Ledger, sandbox: Sandbox, api: str) -> Row:
    """Both systems after all was done without any trouble."""
    if api not in UNDISTURBED:
        with closing(all_due(begin, ledger, sandbox, api)) as runs:
            until_done(runs)
        UNDISTURBED[api] = comparable(sandbox.state())
    return UNDISTURBED[api]


@pytest.fixture
def runs(begin: Begin, ledger: Ledger, sandbox: Sandbox, api: str, expected: Row) -> Iterator[RunsInSandbox]:  # noqa: ARG001 (which comes first)
    with closing(all_due(begin, ledger, sandbox, api)) as made:
        yield made


def comparable(state: Row) -> Row:
    """Both systems with names in place of ids, in no order, and without what tells when something was done."""
    emply, calendars = state["emply"], state["entra"]["calendars"].values()
    events = [event for owned in calendars for each in owned for event in each["events"]]
    named = [(state["entra"]["users"], "userPrincipalName"), (emply["users"], "username"), (events, "subject")]
    named += [(emply["calendars"], "name"), (emply["events"], "title")]
    names = {each["id"]: each[name] for objects, name in named for each in objects}
    return {system: _renamed(state[system], names) for system in ("entra", "emply")}


def _renamed(value: object, names: dict[object, str]) -> object:
    if isinstance(value, dict):
        lasting = {name: each for name, each in value.items() if name[-8:] != "DateTime" and name != "changeKey"}
        return {name: _renamed(each, names) for name, each in lasting.items()}
    if isinstance(value, list):
        return sorted((_renamed(each, names) for each in value), key=str)
    return names.get(value, value)


def faulty(state: Row, api: str, write: Write, fault: str, when: str) -> Row:
    """The fault as the sandbox takes it."""
    calendars, events = state["emply"]["calendars"], state["emply"]["events"]
    ids = {each["name"]: each["id"] for each in calendars} | {each["title"]: each["id"] for each in events}
    path = write.one.format_map(ids) if when == OF_ONE else write.path
    times = 1 if when == ONCE else 1000
    return {"method": write.method or CHANGE[api], "path": path, "fault": FAULTS[fault], "times": times}


@pytest.mark.parametrize(("api", "write", "fault", "when"), with_campaign(CASES, SHARE))
def test_all_else_is_done_and_later_all_is_as_without_it(
    runs: RunsInSandbox, expected: Row, rows: Rows, api: str, write: str, fault: str, when: str
) -> None:
    plan, in_trouble = runs.planned().plan, WRITES[write]
    given = faulty(runs.sandbox.state(), api, in_trouble, fault, when)
    runs.sandbox.put_faults(given)
    with suppress(CredentialsError) if fault == "403" else nullcontext():
        runs.runs.apply(plan)
    assert runs.sandbox.faults()[0]["times"] < given["times"]

    due, done = Counter(plan.actions["target"] + "." + plan.actions["kind"]), Counter(kind for (kind,) in rows(APPLIED))
    assert {kind for kind in due if done[kind] < due[kind]} <= set(in_trouble.kinds)
    active = {each["username"] for each in runs.sandbox.state()["emply"]["users"] if each.get("active", True)}
    assert len(active & LEAVERS) <= (0 if write != "update_user" else len(LEAVERS) if when == ALWAYS else 1)

    runs.sandbox.put_faults()
    until_done(runs)
    assert comparable(runs.sandbox.state()) == expected
