"""Four people who are in step, whose leavers and newcomers are held from now on; recording reads and plans of them."""

from entra_emply import clock
from entra_emply.connectors.reads import Certificate
from entra_emply.ledger import plans
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.plans import Origin
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.plan import Plan, make_plan
from tests.integration.ledger.systems import Systems, kinds, make_scenario

STAFF = ["g-staff"]
NOBODY_LEAVES = {"max_deactivations": {"min_count": 0, "percent": 0}}
NOBODY_COMES = {"max_grants": {"min_count": 0, "percent": 0}}


def in_step(ledger: Ledger) -> Systems:
    """Four people, linked and in step; from now on every leaver and every newcomer is held."""
    people = {"ipek": ["g-staff", "g-hr"], "søren": STAFF, "łukasz": STAFF, "ada": STAFF, "zofia": [], "ole": []}
    everybody = Systems(ledger, make_scenario(people, without_login=("zofia", "ole")))
    everybody.sync()
    everybody.settings["guards"] = NOBODY_LEAVES | NOBODY_COMES
    return everybody


def held_plan(systems: Systems) -> Plan:
    """A plan that holds two deactivations (one of them in HR) and two creations."""
    for leaver in ("ipek", "ada"):
        systems.person(leaver)["accountEnabled"] = False
    systems.members("g-staff").extend(["zofia", "ole"])
    systems.person("ole")["mail"] = "Ole@Fabrikam.com"
    plan = systems.plan()
    assert kinds(plan) == {"deactivate_user": 2, "create_user": 2}
    return plan


def certificate(source: str, rows: int) -> Certificate:
    """A whole read of so many rows."""
    now = clock.now()
    return Certificate(source, 1, rows, "0" * 64, now, now)


def record(systems: Systems, inputs: Inputs, run_id: str, origin: Origin = "sync") -> int:
    """Record the plan of these inputs; its number."""
    return systems.ledger.write(
        plans.record_plan,
        make_plan(inputs),
        run_id=run_id,
        day=clock.now().date(),
        origin=origin,
        mapping_version="m1",
        state=inputs.state,
    )
