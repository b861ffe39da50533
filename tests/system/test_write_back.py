"""Write-back to Entra, told by `sync`: Dorte is in Emply alone, Søren and Çağla have an employee, Çağla comes from a
directory on-premises, and Łucja's employee is archived in time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.graph import accounts
from tests.mailbox_scenario import edited, mailbox_scenario, row
from tests.postgres import Server
from tests.system.installation import Installation, Row
from tests.system.leaks import files, found, outputs, tables
from tests.system.snapshots import Snapshot, kept, opened

SETTINGS = """
synchronize_roles: true
protected_roles: [Administrator]
entra_write_back: {create: true, update: true, delete: true}
groups:
  - {group: Employees, default_role: Employee}
"""
ALL_ON = "{create: true, update: true, delete: true}"
DORTE = "dorte@contoso.com"


def scenario() -> Row:
    scenario = mailbox_scenario()
    entra, emply = scenario["entra"], scenario["emply"]
    entra["groups"] = [{"id": "employees", "displayName": "Employees", "members": ["cagla", "lucja", "soren"]}]
    row(entra["users"], "cagla")["onPremisesSyncEnabled"] = True
    emply["users"] += [login("lucja", "Łucja", "Żółć"), login("dorte", "Dorte", "Ørsted")]
    emply["employees"] = [
        employee(1, "cagla", "Çağla", "Öztürk", jobTitle="Mühendis"),
        employee(2, "lucja", "Łucja", "Żółć"),
        employee(3, "soren", "Søren", "Ægir", jobTitle="Bogholder", departmentId="copenhagen"),
    ]
    return scenario


def login(name: str, first: str, last: str) -> Row:
    address = f"{name}@contoso.com"
    return {
        "id": f"login-{name}", "username": address, "email": address, "firstName": first, "lastName": last,
        "active": True, "employeeId": None, "roleIds": ["employee"],
    }  # fmt: skip


def employee(number: int, name: str, first: str, last: str, **emply: object) -> Row:
    names = {"firstName": first, "lastName": last, "email": f"{name}@contoso.com"}
    return {"id": f"employee-{name}", "number": number, "status": "active", **names, **emply}


@dataclass
class Told:
    """Everything up to a second sync: the first one's creation was written and never answered."""

    sandbox: Sandbox
    server: Server
    after: Snapshot = field(default_factory=lambda: Snapshot(scenario()))
    passwords: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def told(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with Sandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        told = Told(sandbox, server)
        patch.setattr(accounts, "_check_password", lambda profile: told.passwords.append(profile["password"]))
        with opened(sandbox, server, tmp_path_factory.mktemp("scenario"), told.after, SETTINGS) as installation:
            lost = {"close": "after-commit"}
            sandbox.put_faults({"path": "/users$", "method": "POST", "fault": lost, "times": 1})
            installation.run("sync", hurried=True)
            assert [fault["times"] for fault in sandbox.faults()] == [0]
            sandbox.put_faults()
            installation.sync()
            places = [*outputs(installation), *files(installation.home), *tables(address_of(installation))]
            told.leaked = found({"password": told.passwords[0]}, places)
            told.after = kept(server, installation)
        yield told


@pytest.fixture
def installation(told: Told, tmp_path: Path) -> Iterator[Installation]:
    with opened(told.sandbox, told.server, tmp_path / "scenario", told.after, SETTINGS) as installation:
        yield installation


def address_of(installation: Installation) -> str:
    return installation.variables["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg2:")


def entra_ids(state: Row) -> set[str]:
    return {user["id"] for user in state["entra"]["users"]}


def archive_lucja(installation: Installation) -> None:
    with edited(installation.sandbox) as state:
        row(state["emply"]["employees"], "employee-lucja")["status"] = "archived"
        row(state["emply"]["users"], "login-lucja")["roleIds"] = ["administrator"]


def test_a_user_of_emplys_alone_is_created_once_though_the_answer_was_lost(told: Told) -> None:
    created = row(told.after.state["entra"]["users"], DORTE, by="userPrincipalName")
    assert (created["displayName"], created["givenName"], created["surname"]) == ("Dorte Ørsted", "Dorte", "Ørsted")
    assert created["accountEnabled"] is True
    assert len(told.passwords) == 1


def test_the_password_of_a_created_user_is_nowhere(told: Told) -> None:
    assert len(told.passwords[0]) > 20
    assert told.leaked == []


def test_a_user_follows_its_employee(told: Told) -> None:
    user = row(told.after.state["entra"]["users"], "soren")
    assert (user["jobTitle"], user["department"]) == ("Bogholder", "Copenhagen")


def test_a_user_mastered_on_premises_is_never_written_to(told: Told, installation: Installation) -> None:
    assert "jobTitle" not in row(told.after.state["entra"]["users"], "cagla")
    plan = installation.run("plan")
    assert "hybrid_read_only" in plan.stdout
    assert "cagla@contoso.com" in plan.stdout


def test_a_leaver_is_deleted_and_deactivated_as_one_once_a_person_approves_it(installation: Installation) -> None:
    archive_lucja(installation)
    before = installation.sandbox.state()
    done = installation.sync()
    assert done.returncode == 2
    assert installation.sandbox.state() == before
    waiting = done.stdout.split()[1].rstrip(":")
    approved = installation.run(
        "approve", waiting, "--kind", "entra.delete_user", "--by", "Ada", "--reason", "left the company"
    )
    assert approved.stdout.startswith("2 actions"), approved
    assert installation.sync().returncode == 0
    state = installation.sandbox.state()
    assert entra_ids(before) - entra_ids(state) == {"lucja"}
    assert [user["id"] for user in state["entra"]["deletedUsers"]] == ["lucja"]
    assert row(state["emply"]["users"], "login-lucja")["active"] is False
    assert installation.sync("--accept-shrink", "entra_group_members").returncode == 0
    assert installation.sandbox.state() == state


@pytest.mark.parametrize("switch", ["create", "update", "delete"])
def test_a_hybrid_tenant_stops_the_run_and_nothing_is_written(installation: Installation, switch: str) -> None:
    archive_lucja(installation)
    with edited(installation.sandbox) as state:
        state["entra"]["organization"]["onPremisesSyncEnabled"] = True
    installation.settings.write_text(SETTINGS.replace(ALL_ON, f"{{{switch}: true}}"))
    before = installation.sandbox.state()
    done = installation.run("sync")
    assert (done.returncode, done.stderr.count("\n"), "W0" in done.stderr) == (1, 1, True), done.stderr
    assert installation.sandbox.state() == before
