"""Both systems in memory: both systems, the settings, and one run after another.

It keeps itself in a scenario (the sandbox's form), and `sync` runs it through the real rules and the real ledger.
"""

import copy
import json
import uuid
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from entra_emply import clock
from entra_emply.extraction.sources import Systems as Clients
from entra_emply.ledger import plans, sync_state
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.plans import Origin
from entra_emply.provisioning import ports
from entra_emply.provisioning.apply import apply, settle
from entra_emply.provisioning.report import ApplyReport
from entra_emply.reconciliation.inputs import Inputs, SyncState
from entra_emply.reconciliation.plan import Plan, make_plan
from tests.integration.ledger.fakes.emply import Emply
from tests.integration.ledger.fakes.graph import Graph
from tests.integration.ledger.fakes.system import Row
from tests.reference.vectorised import inputs_of

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


class Systems:
    """Both systems, the settings, and one run after another."""

    def __init__(self, ledger: Ledger, scenario: Row, settings: Row | None = None) -> None:
        self.ledger = ledger
        self.scenario = scenario
        self.settings = copy.deepcopy(settings or SETTINGS)
        self.graph = Graph(scenario)
        self.emply = Emply(scenario)
        self.unreadable: Row = {}
        """What a run cannot read, as an example has it."""
        self.clients: Clients | None = None
        """Of the sandbox that the systems moved to."""

    @classmethod
    def stored(cls, ledger: Ledger, file: Path) -> "Systems":
        """The systems as `file` has it; every change is written there at once, as real systems would keep it."""
        stored = json.loads(file.read_text())
        systems = cls(ledger, stored["scenario"], stored["settings"])
        systems.emply.changed = systems.graph.changed = lambda: systems.store(file)
        return systems

    def store(self, file: Path) -> None:
        """Write everything to `file`, in one step."""
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"scenario": self.scenario, "settings": self.settings}))
        new.replace(file)

    @property
    def reached_by(self) -> tuple[ports.Graph, ports.Emply]:
        """What a run reads and writes by."""
        return (self.graph, self.emply) if self.clients is None else (self.clients.graph, self.clients.emply)

    def state(self) -> SyncState:
        """What a run begins with."""
        graph, emply = self.reached_by
        settle(self.ledger, graph=graph, emply=emply)
        return self.ledger.read(sync_state.read_state, clock.now())

    def inputs(self) -> Inputs:
        """What a run reads: first the sync state, then both sides."""
        state = self.state()
        both = {system: copy.deepcopy(self.scenario[system]) for system in ("entra", "emply")}
        read = inputs_of(both, self.settings, {}, state.read_at, self.unreadable)
        return replace(read, state=state)

    def plan(self) -> Plan:
        """Read, plan and record, as a run does before it applies."""
        return self.record(self.inputs())

    def record(self, inputs: Inputs, *, origin: Origin = "sync", day: datetime | None = None) -> Plan:
        return self.record_plan(make_plan(inputs), inputs.state, origin=origin, day=day)

    def record_plan(
        self, plan: Plan, state: SyncState, *, origin: Origin = "sync", day: datetime | None = None
    ) -> Plan:
        self.ledger.write(
            plans.record_plan,
            plan,
            run_id=f"run {uuid.uuid4()}",
            day=(day or clock.now()).date(),
            origin=origin,
            mapping_version="m1",
            state=state,
        )
        return plan

    def apply(self, plan: Plan) -> ApplyReport:
        graph, emply = self.reached_by
        return apply(self.ledger, plan.plan_id, graph=graph, emply=emply)

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
        return group["members"]

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
            "photos": {},
            "calendars": {},
        },
        "emply": {
            "users": logins,
            "roles": [{"id": f"r-{title}", "title": title} for title in ROLES],
            "employees": [],
            "calendars": [],
            "events": [],
        },
    }


def kinds(plan: Plan) -> dict[str, int]:
    """The actions of a plan, counted by kind."""
    counted: pd.Series[int] = plan.actions["kind"].value_counts()
    return {str(kind): int(number) for kind, number in counted.items()}
