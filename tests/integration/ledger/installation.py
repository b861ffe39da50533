"""Whole runs of users and roles through the real clients, over HTTP."""

from entra_emply import clock
from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.environment import Environment
from entra_emply.ledger import plans, sync_state
from entra_emply.ledger.ledger import Ledger
from entra_emply.provisioning.apply import apply, settle
from entra_emply.provisioning.report import ApplyReport
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.plan import Plan, make_plan
from entra_emply.reconciliation.settings import Settings
from sandbox import Sandbox
from tests.integration.ledger.systems import SETTINGS


class Installation:
    """A ledger, both clients, and whole runs."""

    def __init__(self, url: str, sandbox: Sandbox) -> None:
        environment = Environment.load(sandbox.environment)
        self.ledger, self.graph, self.emply = Ledger.open(url), GraphClient(environment), EmplyClient(environment)
        self.settings = Settings.model_validate(SETTINGS)

    def inputs(self) -> Inputs:
        settle(self.ledger, graph=self.graph, emply=self.emply)
        state = self.ledger.read(sync_state.read_state, clock.now())
        return Inputs(
            entra_tenant=self.graph.directory.tenant().frame,
            entra_users=self.graph.directory.users().frame,
            entra_groups=self.graph.directory.groups().frame,
            entra_group_members=self.graph.directory.members(["g-staff", "g-hr", "g-rooms"], transitive=False).frame,
            emply_users=self.emply.users().frame,
            emply_employees=self.emply.employees().frame,
            emply_roles=self.emply.roles().frame,
            emply_departments=self.emply.departments().frame,
            state=state,
            settings=self.settings,
        )

    def plan(self) -> Plan:
        inputs = self.inputs()
        state, plan = inputs.state, make_plan(inputs)
        self.ledger.write(
            plans.record_plan,
            plan,
            run_id=f"run at {state.read_at.isoformat()}",
            day=state.read_at.date(),
            origin="sync",
            mapping_version="m1",
            state=state,
        )
        return plan

    def apply(self, plan_id: str) -> ApplyReport:
        return apply(self.ledger, plan_id, graph=self.graph, emply=self.emply)

    def sync(self) -> ApplyReport:
        return self.apply(self.plan().plan_id)
