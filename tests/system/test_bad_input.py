"""What an operator or an administrator got wrong: exit 1, one line that says what to do, no traceback, no change."""

import copy
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from entra_emply.provisioning.crew import WORKERS
from sandbox import Sandbox
from sandbox.company import make_company
from sandbox.settings import AREAS, PERMISSIONS
from tests.postgres import Server
from tests.system.commands import Done
from tests.system.installation import Installation, Row
from tests.system.snapshots import Snapshot, Snapshots, started

SCENARIO = make_company(40, 5)
COMMANDS = ["plan", "sync"]


@pytest.fixture
def beginner(running_sandbox: Sandbox, server: Server, tmp_path: Path) -> Iterator[Installation]:
    """An installation that has not synced yet."""
    with started(running_sandbox, server, tmp_path, Snapshot(SCENARIO)) as installation:
        yield installation


def refuses(installation: Installation, command: str, *said: str, **variables: str) -> Done:
    """The command fails in one line that says all this, and nothing is changed."""
    before = installation.sandbox.state()
    done = installation.run(*shlex.split(command), hurried=True, **variables)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert done.stderr.startswith("entra-emply: ")
    assert [text for text in said if text not in done.stderr] == [], done.stderr
    assert "Traceback" not in done.stderr
    assert installation.sandbox.state() == before
    assert installation.writes() == []
    return done


# --- settings and environment -----------------------------------------------------------------------------------------

SETTINGS = {
    "unknown key": ("reactivate: ours", "re_activate: ours", ("line 4", "re_activate: unknown key")),
    "wrong type": ("synchronize_roles: true", "synchronize_roles: perhaps", ("line 3", "expected true or false")),
    "wrong word": ("reactivate: ours", "reactivate: never", ("line 4", "expected 'ours' or 'all'")),
    "no role": ("    default_role: Manager\n", "", ("line 17", "expected default_role")),
    "group twice": ("group: HR", "group: Payroll", ("line 21", "'Payroll' is given twice")),
    "not YAML": ("groups:  #", "groups: ]  #", ("line 10", "not valid YAML")),
    "two mistakes": ("enabled: true\nsynchronize_roles: true", "enabled: 7\nroles: 8", ("line 2", "line 3")),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("mistake", SETTINGS)
def test_a_mistake_in_the_settings_names_the_line_and_what_was_expected(
    beginner: Installation, mistake: str, command: str
) -> None:
    right, wrong, said = SETTINGS[mistake]
    beginner.settings.write_text(beginner.settings.read_text().replace(right, wrong, 1))
    refuses(beginner, command, str(beginner.settings), *said)
    assert beginner.sandbox.requests() == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_settings_file_is_named_with_the_variable_that_names_it(beginner: Installation, command: str) -> None:
    refuses(beginner, command, "/nowhere.yaml", "ENTRA_EMPLY_SETTINGS", ENTRA_EMPLY_SETTINGS="/nowhere.yaml")


ENVIRONMENT = {
    "ENTRA_TENANT_ID": ("", "is not set"),
    "ENTRA_CLIENT_ID": ("", "is not set"),
    "ENTRA_CLIENT_SECRET": ("", "set exactly one of"),
    "EMPLY_CUSTOMER": ("", "is not set"),
    "EMPLY_API_KEY": ("", "is not set"),
    "ENTRA_CLIENT_CERTIFICATE": ("/nowhere.pem", "2 are set"),
    "GRAPH_URL": ("http://localhost", "begins with https://"),
    "CA_BUNDLE": (__file__, "holds no certificate in PEM form"),
    "DATABASE_URL": ("mysql://localhost/x", "expected postgresql://"),
    "ENTRA_EMPLY_HOME": ("/dev/null/home", "cannot be written"),
    "FRAMES_URL": ("nonsense://frames", "expected a folder or an address that fsspec knows"),
}


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_wrong_variable_is_named(beginner: Installation, name: str) -> None:
    value, said = ENVIRONMENT[name]
    refuses(beginner, "sync", name, said, **{name: value})


@pytest.mark.parametrize("command", ["plan", "sync", "explain"])
def test_frames_kept_where_nobody_answers_are_told_without_the_password(beginner: Installation, command: str) -> None:
    """And before anything is read."""
    asked = (command, *(["megan@contoso.com"] if command == "explain" else []))
    before = beginner.sandbox.requests()
    done = beginner.run(*asked, hurried=True, FRAMES_URL="ftp://frames:secret@127.0.0.1:9/frames")
    said = "entra-emply: FRAMES_URL: ftp cannot be used (Connection refused): check the address, and its credentials\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
    assert beginner.sandbox.requests() == before


def test_a_source_that_is_none_is_named_with_those_that_are(beginner: Installation) -> None:
    said = "there is no source 'entra_user': they are entra_tenant, entra_users, "
    refuses(beginner, "sync --accept-shrink entra_users --accept-shrink entra_user", said)
    assert beginner.sandbox.requests() == []


@pytest.mark.parametrize(
    ("since", "said"),
    [
        ("1h", "--since': 1h is no date: write 2026-11-30, or 2026-11-30T14:30"),
        ("2026-02-30", "--since': 2026-02-30 is no date"),
        ("2026-11-30", "nothing was planned here yet"),
        ("2026-11-30T14:30+02:00", "nothing was planned here yet"),
    ],
)
def test_what_is_no_date_is_told_from_what_is_one(beginner: Installation, since: str, said: str) -> None:
    refuses(beginner, f"history --since {since}", said)


# --- names that mean nothing, or two things ---------------------------------------------------------------------------


def in_settings(right: str, wrong: str) -> Callable[[Installation], None]:
    def change(installation: Installation) -> None:
        installation.settings.write_text(installation.settings.read_text().replace(right, wrong, 1))

    return change


def in_systems(system: str, rows: str, name: str, title: str) -> Callable[[Installation], None]:
    """Another one of that name."""

    def change(installation: Installation) -> None:
        state: Row = copy.deepcopy(SCENARIO)
        state[system][rows].append({"id": "another", name: title, **({"members": []} if rows == "groups" else {})})
        installation.sandbox.put_state(state)

    return change


NAMES: dict[str, tuple[Callable[[Installation], None], str]] = {
    "role": (in_settings("default_role: HR", "default_role: HS"), "there is no role 'HS' in Emply"),
    "protected role": (in_settings("[Administrator]", "[Admin]"), "there is no role 'Admin' in Emply"),
    "department": (in_settings("Copenhagen\n", "København\n"), "there is no department 'København' in Emply"),
    "group": (in_settings("group: HR", "group: Çalışanlar"), "there is no group 'Çalışanlar' in Entra"),
    "two groups": (in_systems("entra", "groups", "displayName", "HR"), "2 groups of Entra are called 'HR': give the"),
    "two roles": (in_systems("emply", "roles", "title", "HR"), "2 roles of Emply are called 'HR': rename one"),
    "two departments": (in_systems("emply", "departments", "title", "Copenhagen"), "2 departments of Emply are called"),
}


@pytest.mark.parametrize(("what", "command"), [*((what, "plan") for what in NAMES), ("two groups", "sync")])
def test_a_name_that_means_nothing_or_two_things_is_named(beginner: Installation, what: str, command: str) -> None:
    change, said = NAMES[what]
    change(beginner)
    done = refuses(beginner, command, said)
    assert re.match(rf"entra-emply: {beginner.settings}, line \d+: ", done.stderr)


# --- credentials and permissions --------------------------------------------------------------------------------------

NEEDED = {
    "User.Read.All": ("User.Read.All", "User.ReadWrite.All"),
    "GroupMember.Read.All": ("GroupMember.Read.All",),
    "Organization.Read.All": ("Organization.Read.All",),
}


@pytest.mark.parametrize("permission", NEEDED)
def test_a_missing_permission_is_named(beginner: Installation, permission: str) -> None:
    beginner.sandbox.change_settings(permissions=[name for name in PERMISSIONS if name not in NEEDED[permission]])
    refuses(beginner, "plan", permission, "admin consent")


@pytest.mark.parametrize("area", ["users", "employees", "roles", "departments"])
def test_an_area_that_the_key_may_not_read_is_named(beginner: Installation, area: str) -> None:
    beginner.sandbox.change_settings(areas={name: "write" for name in AREAS if name != area})
    refuses(beginner, "plan", "the key's roles lack the access", area)


CREDENTIALS: dict[str, tuple[Row, dict[str, str], tuple[str, ...]]] = {
    "wrong secret": ({}, {"ENTRA_CLIENT_SECRET": "wrong"}, ("AADSTS7000215", "check ENTRA_CLIENT_SECRET")),
    "expired secret": ({"secret_expired": True}, {}, ("AADSTS7000222", "make a new one in Entra")),
    "wrong application": ({}, {"ENTRA_CLIENT_ID": "7" * 8}, ("AADSTS700016", "check ENTRA_CLIENT_ID")),
    "wrong tenant": ({}, {"ENTRA_TENANT_ID": "7" * 8}, ("check ENTRA_TENANT_ID",)),
    "wrong key": ({}, {"EMPLY_API_KEY": "wrong"}, ("check EMPLY_API_KEY",)),
    "inactive key": ({"api_key_active": False}, {}, ("the key is activated in Emply",)),
    "wrong customer": ({}, {"EMPLY_CUSTOMER": "fabrikam"}, ("EMPLY_CUSTOMER",)),
}


@pytest.mark.parametrize("what", CREDENTIALS)
def test_refused_credentials_say_what_to_check(beginner: Installation, what: str) -> None:
    settings, variables, said = CREDENTIALS[what]
    beginner.sandbox.change_settings(**settings)
    refuses(beginner, "plan", *said, **variables)


def test_a_key_that_may_only_read_stops_the_first_writes_and_the_next_run_goes_on(beginner: Installation) -> None:
    beginner.sandbox.change_settings(areas=dict.fromkeys(AREAS, "read"))
    done = beginner.run("sync")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done
    assert "the key's roles lack the access" in done.stderr
    refused = [entry["status"] for entry in beginner.writes()]
    assert {*refused} == {403}
    assert len(refused) <= WORKERS
    beginner.sandbox.change_settings(areas=dict.fromkeys(AREAS, "write"))
    beginner.sync()
    assert beginner.run("plan").stdout.startswith("\nfindings")


# --- another company's ledger -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["tenant", "customer"])
def test_a_ledger_refuses_another_tenant_and_another_customer(snapshots: Snapshots, tmp_path: Path, whose: str) -> None:
    with snapshots.started(tmp_path, 1) as synced:
        if whose == "tenant":
            state: Any = synced.sandbox.state()
            state["entra"]["organization"]["id"] = "0" * 8
            synced.sandbox.put_state(state)
            synced.sandbox.change_settings(tenant_id="0" * 8)
            refuses(synced, "sync", "belongs to the tenant", "a database of its own", ENTRA_TENANT_ID="0" * 8)
        else:
            synced.sandbox.change_settings(customer="fabrikam")
            refuses(synced, "sync", "belongs to the customer contoso, not to fabrikam", EMPLY_CUSTOMER="fabrikam")
