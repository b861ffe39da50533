"""M3b: a link by another address waits for a person, who says that it is the same one (`approve`) or not (`refuse`)."""

import pytest

from entra_emply.errors import PlanRefused
from entra_emply.ledger import approvals, history
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.which import Which
from entra_emply.reconciliation.plan import Plan
from tests.integration.conftest import Rows
from tests.integration.ledger.systems import Systems, kinds, make_scenario

BY = {"by": "Kaya Öztürk", "reason": "asked them both"}


@pytest.fixture
def systems(ledger: Ledger) -> Systems:
    """Ann Berg is called Holm now; her login has the old address, and no role. Every change of roles is held."""
    everybody = Systems(ledger, make_scenario({"holm": ["g-staff"], "søren": ["g-staff"]}))
    everybody.person("holm")["proxyAddresses"] = ["smtp:Berg@contoso.com"]
    everybody.scenario["emply"]["users"][0] |= {
        "username": "berg@contoso.com", "email": "berg@contoso.com", "roleIds": []
    }  # fmt: skip
    everybody.settings["guards"] = {"max_role_changes": {"min_count": 0, "percent": 0}}
    return everybody


@pytest.fixture
def held(systems: Systems) -> Plan:
    plan = systems.plan()
    systems.apply(plan)
    assert held_by(plan) == {"link_user": "G3", "set_roles": "G2 G3"}
    return plan


def held_by(plan: Plan) -> dict[str, str]:
    """By kind, of Ann Holm."""
    theirs = plan.actions[plan.actions["entra_id"] == "holm"]
    return {kind: by for kind, by in zip(theirs["kind"], theirs["held_by"], strict=True) if by}


def test_the_cause_of_each_hold_is_recorded_and_told(systems: Systems, held: Plan) -> None:
    wanted = systems.ledger.read(approvals.would_approve, held.plan_id)
    causes = {"link_user": "links_by_address", "set_roles": "too_many_role_changes behind_link"}
    assert {row["kind"]: row["held_because"] for row in wanted.actions} == causes
    events = systems.ledger.read(history.told, "holm@contoso.com")
    told = {row["kind"].split(".")[1]: row["held_because"] for row in events if row["held_by"]}
    assert told == causes
    systems.settings["guards"] = {}
    again = systems.plan().actions.set_index("kind")["held_because"]
    assert again["set_roles"] == "held_before behind_link"


def test_an_approved_link_is_recorded_as_one_by_an_address(systems: Systems, held: Plan, rows: Rows) -> None:
    systems.ledger.write(approvals.approve, held.plan_id, Which(kind="link_user"), **BY)
    systems.sync()
    assert rows("SELECT emply_user_id, matched_by FROM links WHERE entra_id = 'holm'") == [("emply-holm", "address")]


def test_an_approval_has_effect_only_once_the_link_is_free(systems: Systems, held: Plan) -> None:
    """It is recorded before, and not asked for again."""
    assert systems.ledger.write(approvals.approve, held.plan_id, Which(kind="set_roles"), **BY) == []
    plan = systems.plan()
    assert held_by(plan) == {"link_user": "G3", "set_roles": "G2 G3"}
    assert systems.apply(plan).count("applied") == 0
    assert len(systems.ledger.write(approvals.approve, plan.plan_id, Which(kind="link_user"), **BY)) == 2
    systems.sync()
    assert systems.emply.written == [("roleIds", "emply-holm")]


def test_both_approved_at_once_are_free_at_once(systems: Systems, held: Plan) -> None:
    assert len(systems.ledger.write(approvals.approve, held.plan_id, Which(person="holm@contoso.com"), **BY)) == 2
    assert held_by(systems.plan()) == {}


@pytest.mark.parametrize("person", [" HOLM@contoso.com", "holm", "emply-holm"])
def test_a_refused_link_is_not_planned_again_and_the_newcomer_gets_a_login(
    systems: Systems, held: Plan, rows: Rows, person: str
) -> None:
    systems.ledger.write(approvals.refuse, held.plan_id[:8], person=person.strip(), **BY)
    assert rows("SELECT entra_id, emply_user_id, by, reason FROM refused") == [("holm", "emply-holm", *BY.values())]
    plan = systems.plan()
    assert kinds(plan) == {"create_user": 1}
    systems.apply(plan)
    assert rows("SELECT matched_by FROM links WHERE entra_id = 'holm'") == [("created",)]


def test_a_refusal_is_in_the_history(systems: Systems, held: Plan) -> None:
    systems.ledger.write(approvals.refuse, held.plan_id, person="holm", **BY)
    (newest, *_) = systems.ledger.read(history.told, "holm@contoso.com")
    told = {name: newest[name] for name in ("event", "kind", "rule", "by", "why", "code")}
    assert told == {
        "event": "refused", "kind": "ledger.link_user", "rule": "M3b", "by": BY["by"], "why": BY["reason"], "code": None
    }  # fmt: skip
    assert [row["event"] for row in systems.ledger.read(history.told)].count("refused") == 1
    assert "refused" not in [row["event"] for row in systems.ledger.read(history.told, "søren@contoso.com")]


def test_a_plan_that_was_made_before_the_refusal_is_not_applied(systems: Systems, held: Plan, rows: Rows) -> None:
    """It may have been made with an approval that the refusal takes back."""
    systems.ledger.write(approvals.approve, held.plan_id, Which(kind="link_user"), **BY)
    inputs = systems.inputs()
    systems.ledger.write(approvals.refuse, held.plan_id, person="holm", **BY)
    with pytest.raises(PlanRefused, match="is stale"):
        systems.apply(systems.record(inputs))
    assert rows("SELECT count(*) FROM links WHERE entra_id = 'holm'") == [(0,)]


def test_refusing_twice_changes_nothing(systems: Systems, held: Plan, rows: Rows) -> None:
    systems.ledger.write(approvals.refuse, held.plan_id, person="holm", **BY)
    systems.ledger.write(approvals.refuse, held.plan_id, person="holm", by="Ada", reason="again")
    assert rows("SELECT by FROM refused") == [(BY["by"],)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"person": "søren@contoso.com"}, "holds no link by another address"),
        ({"person": " "}, "person is blank"),
        ({"by": ""}, "by is blank"),
        ({"reason": ""}, "reason is blank"),
        ({"plan_id": "0123456789"}, "is not the newest plan"),
    ],
)
def test_a_refusal_of_nothing_is_refused(
    systems: Systems, held: Plan, rows: Rows, given: dict[str, str], said: str
) -> None:
    asked = {"plan_id": held.plan_id, "person": "holm", **BY} | given
    with pytest.raises(PlanRefused, match=said):
        systems.ledger.write(approvals.refuse, asked.pop("plan_id"), **asked)
    assert rows("SELECT count(*) FROM refused") == [(0,)]
