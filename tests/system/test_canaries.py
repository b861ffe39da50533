"""Secrets are nowhere, and what is said of people (names, addresses, phone numbers, photos, their calendars) only where
it is meant to be: after a success, and after every kind of failure that had them at hand.

One installation goes through all of it, one trouble after another; then everything it printed, wrote, recorded and
serves is looked through. Who adds a kind of failure adds a line to TROUBLES.
"""

import base64
import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from entra_emply.storage.postgres import database
from sandbox import Sandbox
from sandbox.company import make_company
from sandbox.settings import AREAS, PERMISSIONS
from tests.mailbox_scenario import meeting
from tests.system.commands import REPOSITORY, Done
from tests.system.installation import Installation, Row
from tests.system.leaks import Place, files, found, graphql_of, graphql_places, outputs, tables
from tests.waiting import PATIENCE

SECRETS = {
    "client secret": "zgeheim-client-secret",
    "wrong client secret": "zgeheim-wrong-secret",
    "Emply key": "zgeheim-emply-key",
    "wrong Emply key": "zgeheim-wrong-key",
    "database password": "zgeheim-password",
    "receiver of alerts": "zgeheim-hook",
}
NAME, ADDRESS, PHONE = "Zkanarie-Ægir", "zkanarie.", "+45 99 88 77 66"
PHOTO = base64.b64encode(b"\x89PNG\r\n\x1a\n\0" + b"Zkanarie-Foto").decode()
PEOPLE = {
    "name, title or photo": "Zkanarie-",
    "address": "@zkanarie.",
    "local part": ADDRESS,
    "phone": "99 88 77 66",
    "photo": PHOTO[12:28],
}
WORDS = {"code": NAME, "message": f"{NAME} <{ADDRESS}x@zkanarie.example> {PHONE}", "fields": {"email": ADDRESS}}
TALKATIVE = {"error": WORDS}
WRONG_ROWS: dict[str, list[Row] | list[str]] = {
    "a list for a text": [{"id": f"{ADDRESS}1@zkanarie.example", "firstName": [NAME], "roleIds": []}],
    "a text for a list": [{"id": "user-1", "username": f"{ADDRESS}1@zkanarie.example", "roleIds": NAME}],
    "twice": [{"id": f"{ADDRESS}{PHONE}", "firstName": f"{NAME}{n}", "roleIds": []} for n in (1, 2)],
    "no object": [NAME],
}


@dataclass(frozen=True)
class Trouble:
    """What goes wrong, and what the command says of it."""

    said: str
    code: int = 1
    sandbox: Row = field(default_factory=dict)
    faults: tuple[Row, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    settings: tuple[str, str] = ("", "")
    database: tuple[str, str] | None = None


def at(path: str, method: str = "GET", **fault: Any) -> Row:  # noqa: ANN401
    return {"path": path, "method": method, "fault": fault}


READS, USERS = r"^/v1\.0/users$", r"^/emply/.*/users$"
TROUBLES = {
    "wrong secret": Trouble("client secret is wrong", variables={"ENTRA_CLIENT_SECRET": "zgeheim-wrong-secret"}),
    "expired secret": Trouble("has expired", sandbox={"secret_expired": True}),
    "talkative sign-in": Trouble(
        "Entra refuses", faults=(at("/token$", "POST", status=400, body={"error": NAME, "error_description": NAME}),)
    ),
    "wrong key": Trouble("refuses the key", variables={"EMPLY_API_KEY": "zgeheim-wrong-key"}),
    "no permission": Trouble("User.Read.All", sandbox={"permissions": [p for p in PERMISSIONS if "User" not in p]}),
    "no area": Trouble("employees", sandbox={"areas": {area: "write" for area in AREAS if area != "employees"}}),
    "403": Trouble("refuses", faults=(at(READS, status=403, body=TALKATIVE),)),
    "400": Trouble("400", faults=(at(READS, status=400, body=TALKATIVE),)),
    "500": Trouble("answered 500", faults=(at(USERS, status=500, body=TALKATIVE),)),
    "not found": Trouble("404", faults=(at(USERS, status=404, body=TALKATIVE),)),
    "broken connection": Trouble("the connection failed", faults=(at(USERS, close="mid-body"),)),
    "unknown host": Trouble("the connection failed", variables={"EMPLY_URL": "https://localhost:1/emply/v1"}),
    "web page": Trouble("no JSON", faults=(at(USERS, status=200, body=f"<html>{NAME} {ADDRESS}"),)),
    **{f"rows: {how}": Trouble("emply_users", faults=(at(USERS, status=200, body=rows),))
       for how, rows in WRONG_ROWS.items()},
    "settings": Trouble("line ", settings=("reactivate: ours", "reactivate: [zgeheim-password]")),
    "unknown role": Trouble("there is no role", settings=("[Administrator]", "[Nobody]")),
    "database": Trouble(
        "refused a statement",
        database=("ALTER TABLE entra_emply.actions ADD CONSTRAINT refuse CHECK (subject IS NULL) NOT VALID",
                  "ALTER TABLE entra_emply.actions DROP CONSTRAINT refuse"),
    ),
    "events": Trouble(
        "event_logs",
        database=("ALTER TABLE event_logs ADD CONSTRAINT refuse CHECK (event NOT LIKE '%MarkdownMeta%') NOT VALID",
                  "ALTER TABLE event_logs DROP CONSTRAINT refuse"),
    ),
    "talkative mailbox": Trouble("answered 403", faults=(at("/users/[^/]+/calendars$", status=403, body=TALKATIVE),)),
    "talkative events": Trouble("entra_events", faults=(at("/delta$", status=400, body=TALKATIVE),)),
    "talkative calendars": Trouble("emply_calendars", faults=(at("/emply/.*/calendars$", status=500, body=TALKATIVE),)),
    "refused event": Trouble("failed", code=3, faults=(at("/events/[^/]+$", "PUT", status=422, body=TALKATIVE),)),
    "refused write": Trouble(r"\d failed", code=3, faults=(at("/users", "POST", status=422, body=TALKATIVE),)),
    "unsure write": Trouble(r"\d (failed|unknown)", code=3, faults=(at("/users", "POST", status=500, body=TALKATIVE),)),
    "no right to write": Trouble("lack the access", sandbox={"areas": dict.fromkeys(AREAS, "read")}),
}  # fmt: skip


@dataclass
class Journey:
    """An installation after all of it, and what each trouble ended with."""

    installation: Installation
    address: str
    marks: dict[str, str]
    ended: dict[str, Done]


SHARE = ("events", "refused write")


@pytest.fixture(scope="module", params=["share", pytest.param("all", marks=pytest.mark.campaign)])
def journey(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Journey]:
    troubles = TROUBLES if request.param == "all" else {name: TROUBLES[name] for name in SHARE}
    folder = tmp_path_factory.mktemp("canaries")
    home = folder / "home"
    with Sandbox(disguised(make_company(40, 5))) as sandbox, database(home, None) as address:  # up until all is over
        installation = Installation(home, sandbox, folder / "settings.yaml")
        installation.variables |= {
            "ENTRA_CLIENT_SECRET": SECRETS["client secret"],
            "EMPLY_API_KEY": SECRETS["Emply key"],
            "ALERT_URLS": f"json://localhost:1/{SECRETS['receiver of alerts']}",  # where nobody is
        }
        ended = {"success": go_through(installation, Trouble(""))}
        for number, (name, trouble) in enumerate(troubles.items()):
            hire(sandbox, number)
            ended[name] = go_through(installation, trouble)
        ended["plan"] = installation.run("plan")
        marks = {**SECRETS, "token": token_of(installation)}
        yield Journey(installation, str(address), marks, ended)


def disguised(scenario: Row) -> Row:
    """The scenario with a canary in every name, address and phone number."""
    scenario = copy.deepcopy(scenario)
    entra, emply = scenario["entra"], scenario["emply"]
    for row in [*entra["users"], *entra["deletedUsers"], *emply["users"], *emply["employees"]]:
        for name in ("userPrincipalName", "mail", "username", "email"):
            row.update({name: ADDRESS + row[name]} if row.get(name) else {})
        for name in ("givenName", "surname", "displayName", "firstName", "lastName"):
            row.update({name: f"Zkanarie-{row[name]}"} if row.get(name) else {})
        row["mobilePhone"] = PHONE
    for photo in entra["photos"].values():
        photo["contentBase64"] = PHOTO
    for calendar in calendars_of(scenario):
        calendar["name"] = f"Zkanarie-{calendar['name']}"
        for event in calendar["events"]:
            event["subject"] = f"Zkanarie-{event['subject']}"
    return scenario


def calendars_of(state: Row) -> list[Row]:
    """Every calendar in Outlook that the app may open."""
    mailboxes = state["entra"]["calendars"].values()
    return [calendar for calendars in mailboxes if isinstance(calendars, list) for calendar in calendars]


def hire(sandbox: Sandbox, number: int) -> None:
    """Somebody new, and a new event in every calendar, so that every run has something to create."""
    hired = f"hired-{number}"
    address = f"{ADDRESS}{number}@zkanarie.example"
    row = {
        "id": hired,
        "userPrincipalName": address,
        "mail": address,
        "givenName": NAME,
        "surname": f"Zkanarie-{number}",
    }
    state = sandbox.state()
    group = next(group for group in state["entra"]["groups"] if group["displayName"] == "Employees")
    group["members"].append(hired)
    for calendar in calendars_of(state):
        calendar["events"].append(meeting(f"{calendar['id']}{number}", f"Zkanarie-Møde {number}", 3))
    changed = {"users": [{**row, "mobilePhone": PHONE}], "groups": [group], "calendars": state["entra"]["calendars"]}
    sandbox.change_state({"entra": changed})


def go_through(installation: Installation, trouble: Trouble) -> Done:
    """A sync in this trouble, of which nothing is left afterwards."""
    sandbox = installation.sandbox
    sandbox.reset()
    secrets = {"client_secret": SECRETS["client secret"], "api_key": SECRETS["Emply key"]}
    sandbox.change_settings(**secrets, emply_per_second=100_000, **trouble.sandbox)
    sandbox.put_faults(*trouble.faults)
    settings = (REPOSITORY / "settings.yaml").read_text().replace("percent: 10}", "percent: 90}")
    settings = settings.replace("create: false", "create: true")
    installation.settings.write_text(settings.replace(*trouble.settings))
    with altered(installation, trouble.database):
        return installation.run("sync", hurried=True, **trouble.variables)


@contextmanager
def altered(installation: Installation, statements: tuple[str, str] | None) -> Iterator[None]:
    """The database after the first statement; afterwards the second undoes it."""
    if statements is None:
        yield
        return
    _execute(installation, statements[0])
    yield
    _execute(installation, statements[1])


def _execute(installation: Installation, statement: str) -> None:
    with database(installation.home, None) as address:
        engine = create_engine(str(address), poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text(statement))


def token_of(installation: Installation) -> str:
    """The part that all tokens of the sandbox begin with."""
    environment = installation.environment
    url = f"{environment['ENTRA_AUTHORITY']}/{environment['ENTRA_TENANT_ID']}/oauth2/v2.0/token"
    form = {
        "client_id": environment["ENTRA_CLIENT_ID"],
        "client_secret": environment["ENTRA_CLIENT_SECRET"],
        "scope": "https://graph.microsoft.com/.default",
        "grant_type": "client_credentials",
    }
    with requests.Session() as http:
        http.trust_env = False
        answer = http.post(url, data=form, verify=environment["CA_BUNDLE"], timeout=PATIENCE).json()
    return str(answer["access_token"]).split(".")[0]


def test_it_went_as_it_should(journey: Journey) -> None:
    """Else the canaries were not where they could have got out."""
    for name, done in journey.ended.items():
        trouble = TROUBLES.get(name, Trouble("applied|findings", code=0))
        assert done.returncode == trouble.code, (name, done)
        assert re.search(trouble.said, done.stdout + done.stderr), (name, done)
        failed = re.compile(r"\w+: \d+ emply\.\w+( \(\w+\))?|To see who is affected: entra-emply history --failed")
        assert len([line for line in done.stderr.splitlines() if not failed.fullmatch(line)]) == (trouble.code == 1)


def test_the_looking_finds_what_is_meant_to_be_there(journey: Journey) -> None:
    places = [*outputs(journey.installation), *files(journey.installation.home), *tables(journey.address)]
    where = {re.sub(r"[0-9a-f]{8}-[-0-9a-f]+", "RUN", place.where) for place in places if found(PEOPLE, [place])}
    read = ("entra_users", "entra_events/entra_events", "entra_calendars/entra_calendars")
    frames = {f"frames/runs/RUN/{name}.parquet" for name in read}
    assert {"entra_emply.actions", *frames} < where
    assert any(each.endswith("-plan/stdout") for each in where)


@pytest.mark.parametrize("look", ["printed", "written", "recorded", "served"])
def test_no_secret_is_anywhere_and_no_name_where_none_belongs(journey: Journey, look: str) -> None:
    places = list(looked_through(journey, look))
    assert found(journey.marks, places) == []
    assert found(PEOPLE, [place for place in places if not place.names]) == []


def looked_through(journey: Journey, look: str) -> Iterator[Place]:
    if look == "printed":
        yield from outputs(journey.installation)
    elif look == "written":
        yield from files(journey.installation.home)
    elif look == "recorded":
        yield from tables(journey.address)
    else:
        with graphql_of(journey.installation.environment, journey.address) as ask:
            yield from graphql_places(ask)


def test_the_password_of_the_database_is_nowhere(served: Installation) -> None:
    address = served.variables["DATABASE_URL"]
    served.variables["DATABASE_URL"] = address.replace("postgres@", f"postgres:{SECRETS['database password']}@")
    assert served.run("sync").returncode == 2
    assert served.run("sync", DATABASE_URL=served.variables["DATABASE_URL"].replace("test_", "no_")).returncode == 1
    places = [*outputs(served), *files(served.home), *tables(address.replace("postgresql:", "postgresql+psycopg2:"))]
    assert found({"password": SECRETS["database password"]}, places) == []
