"""An installation at one moment, to go on from again and again; and what happens between two syncs."""

import copy
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox import Sandbox
from sandbox.company import make_company
from tests.mailbox_scenario import SETTINGS
from tests.postgres import Server
from tests.system.installation import Installation, Row, logins_of
from tests.system.mapping import users_and_roles


@dataclass(frozen=True)
class Snapshot:
    """The sandbox's state, the database and the home folder; a scenario that was never synchronised has neither."""

    state: Row
    database: str = "template1"
    home: Path = Path("/nonexistent")

    @property
    def logins(self) -> dict[str, Row]:
        """Emply's users, as `Installation.logins` has them."""
        return logins_of(self.state)

    def with_changes(self) -> "Snapshot":
        """The same after people came and went."""
        return replace(self, state=changed(self.state))


@contextmanager
def started(sandbox: Sandbox, server: Server, folder: Path, after: Snapshot) -> Iterator[Installation]:
    """An installation in `folder` that goes on after a snapshot; its database is gone at the end."""
    sandbox.reset()
    sandbox.put_state(after.state)
    settings = folder / "settings.yaml"
    settings.write_text(users_and_roles())
    if after.home.exists():
        shutil.copytree(after.home, folder / "home", symlinks=True)
    database = server.create(template=after.database)
    try:
        yield Installation(folder / "home", sandbox, settings, {"DATABASE_URL": server.url(database)})
    finally:
        server.drop(database)


@contextmanager
def opened(
    sandbox: Sandbox, server: Server, folder: Path, after: Snapshot, settings: str = SETTINGS
) -> Iterator[Installation]:
    """An installation of the scenario with mailboxes that goes on after a snapshot."""
    folder.mkdir(exist_ok=True)
    with started(sandbox, server, folder, after) as installation:
        sandbox.change_settings(emply_per_second=100_000)
        installation.settings.write_text(settings)
        yield installation


def kept(server: Server, installation: Installation) -> Snapshot:
    """What there is now, to go on from."""
    state = installation.sandbox.state()
    return Snapshot(state, server.create(template=installation.database), installation.home)


@dataclass(frozen=True)
class Snapshots:
    """200 people before its first sync, before its second (people came and went since) and before its third."""

    sandbox: Sandbox
    server: Server
    before: tuple[Snapshot, Snapshot, Snapshot]
    logs: tuple[list[Row], list[Row]]
    """The requests of the first and the second sync, undisturbed."""

    def after(self, number: int) -> dict[str, Row]:
        """The logins after sync 0, 1 or 2, undisturbed."""
        return self.before[min(number + 1, 2)].logins

    @contextmanager
    def started(self, folder: Path, number: int) -> Iterator[Installation]:
        """An installation before sync 0, 1 or 2."""
        with started(self.sandbox, self.server, folder, self.before[number]) as installation:
            yield installation


def sync_twice(sandbox: Sandbox, server: Server, folder: Path) -> Snapshots:
    """Sync twice."""
    first = Snapshot(make_company(200, 1))
    second = after_sync(sandbox, server, folder / "first", first).with_changes()
    logs = [sandbox.requests()]
    third = after_sync(sandbox, server, folder / "second", second)
    return Snapshots(sandbox, server, (first, second, third), (logs[0], sandbox.requests()))


def after_sync(sandbox: Sandbox, server: Server, folder: Path, before: Snapshot) -> Snapshot:
    """What there is after one sync, undisturbed."""
    folder.mkdir()
    with started(sandbox, server, folder, before) as installation:
        installation.sync()
        return kept(server, installation)


def changed(state: Row) -> Row:
    """The state after three people left in three ways, and three each were hired, renamed and joined another group."""
    state = copy.deepcopy(state)
    groups = {group["displayName"]: group["members"] for group in state["entra"]["groups"]}
    plain = plain_people(state)
    for person in plain[3:6]:
        person["surname"] += "-Żółć"
    groups["HR"] += [person["id"] for person in plain[6:9]]
    for name in ("Ægir", "Çağla", "Łucja"):
        hired = {"id": f"hired-{name}", "userPrincipalName": f"{name}@contoso.com", "mail": f"{name}@contoso.com"}
        state["entra"]["users"].append({**hired, "givenName": name, "surname": "Ny", "userType": "Member"})
        groups["Employees"].append(hired["id"])
    disabled, removed, deleted = plain[:3]
    disabled["accountEnabled"] = False
    state["entra"]["users"].remove(deleted)
    for members in groups.values():
        members[:] = [one for one in members if one not in (removed["id"], deleted["id"])]
    return state


def plain_people(state: Row) -> list[Row]:
    """Members of Employees alone, with a login of their name and without employee: all rules act on them."""
    members = {group["displayName"]: set(group["members"]) for group in state["entra"]["groups"]}
    configured = ("Managers", "HR", "Payroll", "Recruitment", "Consultants", "Meeting rooms")
    alone = members["Employees"].difference(*(members[group] for group in configured))
    employees = {(employee["email"] or "").casefold() for employee in state["emply"]["employees"]}
    logins = {user["username"]: user for user in state["emply"]["users"] if user["active"] and not user["employeeId"]}
    return [
        person
        for person in state["entra"]["users"]
        if person["id"] in alone
        and person.get("accountEnabled")
        and person["userPrincipalName"] in logins
        and len(logins[person["userPrincipalName"]]["roleIds"]) == 1
        and (person["mail"] or "").casefold() not in employees
    ]
