"""A company in memory: both systems behind the clients' interfaces, with switches for refusals and lost answers.

It keeps itself in a scenario (the sandbox's form), and `sync` runs it through the real rules and the real ledger.
"""

import copy
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from assets import clock
from assets.entra import frames
from assets.errors import CredentialsError, SourceUnreadable, TargetRefused
from assets.frames import Certificate, Read
from assets.ledger.apply import ApplyReport, apply, settle
from assets.ledger.ledger import Ledger
from assets.ledger.plans import Origin
from assets.reconciliation.plan import Plan, make_plan
from assets.reconciliation.world import World
from tests.reference.vectorised import _world

Row = dict[str, Any]
Fault = Callable[[Callable[[], object]], object]
"""What happens to a write instead: it is given the write, and may or may not do it."""

SETTINGS: Row = {
    "synchronize_roles": True,
    "protected_roles": ["Administrator"],
    "groups": [
        {"group": "Çalışanlar", "default_role": "Employee"},
        {"group": "HR", "default_role": "HR"},
        {"group": "Meeting rooms", "meeting_rooms": True},
    ],
}
ROLES = ["Employee", "HR", "Manager", "Administrator"]


class Graph:
    """Entra as applying reads it."""

    def __init__(self, scenario: Row) -> None:
        self.entra = scenario["entra"]
        self.unreadable = False

    def tenant(self) -> Read:
        now = clock.now()
        frame = frames.tenant([self.entra["organization"]])
        return Read(frame, Certificate("entra_tenant", 1, len(frame), "0" * 64, now, now))

    def user(self, entra_id: str) -> Row | None:
        if self.unreadable:
            raise SourceUnreadable("entra_users", "the test says so")
        return next((user for user in self.entra["users"] if user["id"] == entra_id), None)

    def deleted_user(self, entra_id: str) -> bool:
        return any(user["id"] == entra_id for user in self.entra["deletedUsers"])

    def member_of(self, entra_id: str) -> frozenset[str]:
        return frozenset(group["id"] for group in self.entra["groups"] if entra_id in group["members"])

    def transitive_groups(self, group_id: str) -> frozenset[str]:
        groups = {group["id"]: group for group in self.entra["groups"]}
        inside = [member for member in groups[group_id]["members"] if member in groups]
        return frozenset(inside).union(*map(self.transitive_groups, inside))


class Emply:
    """Emply as applying reads and changes it.

    `writes` are the changes that were made, each as (kind, user id). `changing` is called before each, `changed` after.
    """

    def __init__(self, scenario: Row, customer: str = "contoso") -> None:
        self.users: list[Row] = scenario["emply"]["users"]
        self.customer = customer
        self.unreadable = False
        self.writes: list[tuple[str, str]] = scenario.setdefault("writes", [])
        self.faults: list[Fault | None] = []
        self.changing: Callable[[], None] = lambda: None
        self.changed: Callable[[], None] = lambda: None

    def user(self, emply_user_id: str) -> Row | None:
        if self.unreadable:
            raise SourceUnreadable("emply_users", "the test says so")
        return next((user for user in self.users if user["id"] == emply_user_id), None)

    def find_user(self, username: str | None, email: str | None) -> Row | None:
        if self.unreadable:
            raise SourceUnreadable("emply_users", "the test says so")
        by_name = [user for user in self.users if username and user.get("username") == username]
        by_email = [user for user in self.users if email and user.get("email") == email]
        return next(iter(by_name + by_email), None)

    def create_user(self, fields: Row) -> str:
        return str(self._write(lambda: self._create(fields)))

    def update_user(self, emply_user_id: str, fields: Row) -> None:
        self._write(lambda: self._update(emply_user_id, fields))

    def _create(self, fields: Row) -> str:
        if self.find_user(fields.get("username"), fields.get("email")) is not None:
            raise TargetRefused("in use", status=409, code="conflict", transient=False, uncertain=False)
        user_id = str(uuid.uuid5(uuid.NAMESPACE_URL, fields["username"]))
        self.users.append({"id": user_id, **fields})
        self._made("create", user_id)
        return user_id

    def _update(self, user_id: str, fields: Row) -> None:
        user = self.user(user_id)
        if user is None:
            raise TargetRefused("gone", status=404, code="not_found", transient=False, uncertain=False)
        user.update(fields)
        self._made("+".join(sorted(fields)), user_id)

    def _made(self, kind: str, user_id: str) -> None:
        self.writes.append((kind, user_id))
        self.changed()

    def _write(self, make: Callable[[], object]) -> object:
        self.changing()
        fault = self.faults.pop(0) if self.faults else None
        return make() if fault is None else fault(make)


def refused(_make: Callable[[], object]) -> None:
    """A definite no."""
    raise TargetRefused("no", status=422, code="invalid", transient=False, uncertain=False)


def lost_before(_make: Callable[[], object]) -> None:
    """No answer, and nothing was done."""
    raise TargetRefused("no answer", status=None, code="connection", transient=True, uncertain=True)


def lost_after(make: Callable[[], object]) -> None:
    """No answer, but it was done."""
    make()
    lost_before(make)


def no_access(_make: Callable[[], object]) -> None:
    """The key lacks the right to write."""
    raise CredentialsError("Emply refuses the key")


class Company:
    """Both systems, the settings, and one run after another."""

    def __init__(self, ledger: Ledger, scenario: Row, settings: Row | None = None) -> None:
        self.ledger = ledger
        self.scenario = scenario
        self.settings = copy.deepcopy(settings or SETTINGS)
        self.graph = Graph(scenario)
        self.emply = Emply(scenario)
        self.runs = 0

    @classmethod
    def stored(cls, ledger: Ledger, file: Path) -> "Company":
        """The company as `file` has it; every change in Emply is written there at once, as a real one would keep it."""
        stored = json.loads(file.read_text())
        company = cls(ledger, stored["scenario"], stored["settings"])
        company.emply.changed = lambda: company.store(file)
        return company

    def store(self, file: Path) -> None:
        """Write everything to `file`, in one step."""
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"scenario": self.scenario, "settings": self.settings}))
        new.replace(file)

    def world(self) -> World:
        """What a run reads: first the sync state, then both sides."""
        settle(self.ledger, self.emply)
        return _world(copy.deepcopy(self.scenario), self.settings, self.ledger.read_state(clock.now()))

    def plan(self) -> Plan:
        """Read, plan and record, as a run does before it applies."""
        return self.record(self.world())

    def record(self, world: World, *, origin: Origin = "sync", day: datetime | None = None) -> Plan:
        plan = make_plan(world)
        self.runs += 1
        self.ledger.record_plan(
            plan,
            run_id=f"run {uuid.uuid4()}",
            day=(day or clock.now()).date(),
            origin=origin,
            mapping_version="m1",
            state=world.state,
        )
        return plan

    def apply(self, plan: Plan) -> ApplyReport:
        return apply(self.ledger, plan.plan_id, graph=self.graph, emply=self.emply)

    def sync(self) -> ApplyReport:
        """A whole run."""
        return self.apply(self.plan())

    # Changes that people make

    def person(self, entra_id: str) -> Row:
        return next(user for user in self.scenario["entra"]["users"] if user["id"] == entra_id)

    def login(self, entra_id: str) -> Row:
        """The Emply user whose username is the person's."""
        name = self.person(entra_id)["userPrincipalName"]
        return next(user for user in self.scenario["emply"]["users"] if user["username"] == name)

    def members(self, group_id: str) -> list[str]:
        group = next(group for group in self.scenario["entra"]["groups"] if group["id"] == group_id)
        return group["members"]  # type: ignore[no-any-return]

    def delete(self, entra_id: str) -> None:
        self.scenario["entra"]["users"].remove(self.person(entra_id))


def make_scenario(people: dict[str, list[str]], without_login: tuple[str, ...] = ()) -> Row:
    """People of Entra (id to the ids of their groups) with an Emply user each, except for `without_login`.

    Groups: g-staff (role Employee), g-hr (HR), g-rooms, and g-inner, which is a member of g-hr.
    """
    names = ["İpek Çağlayan", "Søren Ågård", "Łukasz Żółć", "Megan Jordan", "Ray Ross", "Ada Öz"]
    users, logins = [], []
    for number, entra_id in enumerate(people):
        first, last = names[number % len(names)].split()
        upn = f"{entra_id}@contoso.com"
        users.append({"id": entra_id, "userPrincipalName": upn, "mail": upn, "givenName": first, "surname": last})
        roles = [role for group, role in (("g-staff", "r-Employee"), ("g-hr", "r-HR")) if group in people[entra_id]]
        login = {"id": f"emply-{entra_id}", "username": upn, "email": upn, "firstName": first, "lastName": last}
        if entra_id not in without_login:
            logins.append(login | {"roleIds": roles, "active": True})
    groups = {"g-staff": "Çalışanlar", "g-hr": "HR", "g-rooms": "Meeting rooms", "g-inner": "HR Aarhus"}
    return {
        "entra": {
            "organization": {"id": "tenant", "displayName": "Contoso"},
            "users": users,
            "groups": [
                {"id": group, "displayName": name, "members": [who for who in people if group in people[who]]}
                for group, name in groups.items()
            ],
            "deletedUsers": [],
        },
        "emply": {
            "users": logins,
            "roles": [{"id": f"r-{title}", "title": title} for title in ROLES],
        },
    }


def kinds(plan: Plan) -> dict[str, int]:
    """The actions of a plan, counted by kind."""
    counted: pd.Series[int] = plan.actions["kind"].value_counts()
    return {str(kind): int(number) for kind, number in counted.items()}
