"""G: the condition that is the cause of a hold, of each action that is held."""

from typing import Any

import pytest

from entra_emply.reconciliation.guards import GUARDS
from entra_emply.reconciliation.words.guards import HELD_BECAUSE
from tests.reference.builders import ago, employee, login, person, scenario
from tests.reference.calendar_builders import in_emply
from tests.reference.guards import action_id
from tests.reference.subject import PlanOf, Row, Scenario

NOBODY = {"min_count": 0, "percent": 0}
ADMIN = ["Administrator"]
ADMINISTRATOR = login(roles=["Administrator"])
LEAVES = [person(accountEnabled=False)]
LINKED: Any = {"linked": ["megan"]}


def why(plan: Row) -> dict[str, list[str]]:
    """By kind, of each guard the cause."""
    return {
        row["kind"]: [": ".join(pair) for pair in zip(row["held_by"], row["held_because"], strict=True)]
        for row in plan["actions"]
    }


@pytest.mark.parametrize(
    ("case", "kind", "cause"),
    [
        (scenario(LEAVES, [login()], **LINKED, guards={"max_deactivations": NOBODY}), "deactivate_user",
         "G1: too_many_deactivations"),
        (scenario([person()], [login(roles=[])], **LINKED, guards={"max_role_changes": NOBODY}), "set_roles",
         "G2: too_many_role_changes"),
        (scenario(LEAVES, [ADMINISTRATOR], **LINKED, protected_roles=ADMIN), "deactivate_user", "G3: touches_holder"),
        (scenario([person()], mapping={"Employees": "Administrator"}, protected_roles=ADMIN), "create_user",
         "G3: gives_protected"),
        (scenario([person()], [login()], linked=[("old", "megan")]), "link_user", "G3: replaces_link"),
        (scenario([person(mail="m.berg@contoso.com", proxyAddresses=["smtp:megan@contoso.com"],
                          userPrincipalName="m.berg@contoso.com")], [login()]), "link_user", "G3: links_by_address"),
        (scenario([person(groups=[])], [login()], **LINKED, mapping={"HR": "HR"},
                  state={"groupCounts": [{"groupId": "group-HR", "members": 3}]}), "deactivate_user",
         "G4: group_emptied"),
        (scenario([person()], [login()], [employee()], **LINKED, emply={"calendars": [in_emply()]},
                  entra={"calendars": {"entra-megan": []}}, synchronize_calendars=True,
                  guards={"max_deactivations": NOBODY}), "remove_calendar", "G6: too_many_removals"),
        (scenario([person()], guards={"max_grants": NOBODY}), "create_user", "G7: too_many_grants"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
def test_what_holds_an_action_is_named(plan_of: PlanOf, case: Scenario, kind: str, cause: str) -> None:
    assert why(plan_of(case))[kind] == [cause]


def test_what_waits_for_a_held_link_says_so(plan_of: PlanOf) -> None:
    made = scenario([person(givenName="Megan")], [login(active=False)], linked=[("old", "megan")], reactivate="all")
    assert why(plan_of(made)) == {
        "link_user": ["G3: replaces_link"],
        "activate_user": ["G3: behind_link"],
        "update_user": ["G3: behind_link"],
    }


def test_what_was_held_before_says_so_unless_its_cause_is_still_there(plan_of: PlanOf) -> None:
    made = scenario(LEAVES, [login()], **LINKED)
    (action,) = plan_of(made)["actions"]
    made[2]["holds"] = [{"action": action_id(action), "guards": ["G1", "G4"]}]
    assert why(plan_of(made)) == {"deactivate_user": ["G1: held_before", "G4: held_before"]}
    made[1]["guards"] = {"max_deactivations": NOBODY}
    assert why(plan_of(made)) == {"deactivate_user": ["G1: too_many_deactivations", "G4: held_before"]}


def test_one_half_of_w3_is_held_with_the_other(plan_of: PlanOf) -> None:
    made = scenario(
        [person()], [login()], [employee(status="archived")], linked=["megan"], entra_write_back={"delete": True}
    )
    deletion = next(row for row in plan_of(made)["actions"] if row["kind"] == "delete_user")
    made[2]["holds"] = [{"action": action_id(deletion), "guards": ["G1"]}]
    assert why(plan_of(made)) == {"deactivate_user": ["G1: held_with_other"], "delete_user": ["G1: held_before"]}


def test_what_is_approved_has_no_cause(plan_of: PlanOf) -> None:
    made = scenario(LEAVES, [ADMINISTRATOR], **LINKED, protected_roles=ADMIN)
    (action,) = plan_of(made)["actions"]
    made[2]["approvals"] = [{"action": action_id(action), "expiresAt": ago(hours=-1)}]
    assert why(plan_of(made)) == {"deactivate_user": []}


def test_each_cause_has_its_words() -> None:
    causes = {conditions[-1].name for guard in GUARDS.values() for conditions in guard.causes}
    assert causes == HELD_BECAUSE.keys()
    assert not [words for words in HELD_BECAUSE.values() if "{" in words]
