"""What is said of a person is true in every state of the scenario: gone, disabled, out of scope, not linked, held …"""

from datetime import UTC, datetime
from typing import TypedDict

import pytest

from entra_emply.reconciliation.explain.action_state import Recorded
from entra_emply.reconciliation.explain.explanation import explanation
from entra_emply.reconciliation.explain.facts import Facts
from tests.explaining import facts_of
from tests.reference.builders import deactivated, employee, login, person, scenario
from tests.reference.subject import Scenario


class Linked(TypedDict):
    """By which `scenario` is told who is linked, and was reconciled with which groups."""

    linked: list[str]
    reconciled: dict[str, dict[str, str]]


THEN = {"megan": {"Employees": "Employee"}}
LINKED: Linked = {"linked": ["megan"], "reconciled": THEN}
BY_US = {"deactivations": [deactivated("megan", "2026-11-20T10:00:00Z")]}
ADMIN = ["Administrator"]

STATES: dict[str, Scenario] = {
    "in scope": scenario([person()], [login()], **LINKED),
    "an employee": scenario([person()], [login()], [employee()], **LINKED),
    "matched now": scenario([person()], [login()]),
    "matched, held": scenario([person()], [login(roles=["Administrator"])], protected_roles=ADMIN),
    "deleted in Entra": scenario([], [login()], **LINKED),
    "deleted in Entra, held": scenario([], [login(roles=["Administrator"])], **LINKED, protected_roles=ADMIN),
    "deleted in Entra, deactivated": scenario([], [login(active=False)], **LINKED, state=BY_US),
    "disabled": scenario([person(accountEnabled=False)], [login()], **LINKED),
    "in no group": scenario([person(groups=[])], [login()], **LINKED),
    "unmanaged": scenario(
        [person(groups=[])], [login()], linked=["megan"], reconciled={"megan": {"Payroll": "Payroll"}}
    ),
    "external": scenario([], [login()]),
    "out of scope": scenario([person(groups=[])], [login()]),
    "left alone": scenario([person(name, mail="megan@contoso.com") for name in "ab"], [login(username="mj")]),
    "a newcomer": scenario([person()]),
    "a newcomer, archived": scenario([person()], [], [employee(status="archived")]),
    "no login, no group": scenario([person(groups=[])]),
    "the employee alone": scenario([], [], [employee()]),
    "switched off": scenario([person()], [login()], **LINKED, enabled=False),
}


def known(state: str, **more: object) -> Facts:
    """The facts of Megan, who has a login, an Entra user, an employee, in this order; of several the first."""
    first, *_ = facts_of(STATES[state], "megan@contoso.com")
    return Facts(**{**first.__dict__, **more})


def told(facts: Facts) -> dict[str, str]:
    """The answers by question."""
    return {each["name"]: each["answer"] for each in explanation(facts, Recorded())["questions"]}


@pytest.mark.parametrize("state", STATES)
def test_only_who_is_synchronised_is_called_so(state: str) -> None:
    said = told(known(state)).get("made_by_hand", "").startswith("Yes, it is synchronised")
    assert said is (state in ("in scope", "an employee", "matched now"))


@pytest.mark.parametrize("state", STATES)
def test_only_who_is_linked_is_called_connected(state: str) -> None:
    said = told(known(state)).get("connected", "").startswith("They are connected")
    assert said is (state in ("in scope", "an employee", "disabled", "in no group", "unmanaged"))


@pytest.mark.parametrize(
    ("state", "question", "answer"),
    [
        ("deleted in Entra", "made_by_hand", "The login is not synchronised now: the linked Entra user is gone."),
        ("disabled", "made_by_hand", "The login is not synchronised now: the account is disabled in Entra."),
        (
            "unmanaged",
            "made_by_hand",
            "The login is not synchronised now: the user is in none of the configured groups",
        ),
        ("matched, held", "made_by_hand", "Yes, but not yet. They match"),
        (
            "no login, no group",
            "made_by_hand",
            "A login made by hand with the same username or e-mail would be connected",
        ),
        ("a newcomer, archived", "made_by_hand", "A login made by hand would be connected to nobody"),
        ("left alone", "made_by_hand", "A login is connected by the same username or e-mail, but here more than one"),
        (
            "matched, held",
            "connected",
            "They match: the sign-in name in Entra equals the username in Emply. This is to be",
        ),
        ("a newcomer", "connected", "By a login with the same e-mail, which the integration makes (planned)."),
        ("a newcomer, archived", "connected", "They are not connected. The employee is archived"),
        ("left alone", "connected", "They are not connected. More than one user carries the address"),
        ("no login, no group", "employees_first", "No employee has the e-mail megan@contoso.com."),
        (
            "deleted in Entra, held",
            "deleted",
            "The user was removed from Entra, so the login in Emply is deactivated, not",
        ),
        ("external", "deleted", "The login belongs to no Entra user, so nothing that happens in Entra deactivates it."),
        ("deleted in Entra", "calendar", "synchronize_calendars is off, and this user's would not come with it on"),
        (
            "an employee",
            "several_groups",
            "Yes. This user is in Employees; the roles stay as they are, because of the em",
        ),
        (
            "disabled",
            "several_groups",
            "Yes. This user is in Employees; no role comes from there, because the account",
        ),
        ("in no group", "several_groups", "Yes, but this user is in no configured group"),
    ],
)
def test_the_answer_is_true_where_another_one_is_usual(state: str, question: str, answer: str) -> None:
    assert told(known(state))[question].startswith(answer)


def test_what_was_done_since_the_plan_is_not_called_planned() -> None:
    facts = known("deleted in Entra")
    done = frozenset(row["action_id"] for row in facts.actions)
    assert told(facts)["still_active"] == "The login is to be deactivated (planned)."
    assert told(known("deleted in Entra", done=done))["still_active"] == "The login is to be deactivated (done since)."


def test_a_login_that_the_run_has_made_since_is_not_called_missing() -> None:
    made = {row["action_id"] for row in known("a newcomer").actions}
    link = {
        "entra_id": "entra-megan",
        "emply_user_id": "new",
        "matched_by": "created",
        "at": datetime(2026, 11, 25, tzinfo=UTC),
    }
    document = explanation(known("a newcomer", done=frozenset(made), link=link), Recorded())
    assert "the run has made one since" in document["found"]["emply"]["sentence"]
    assert document["match"]["sentence"] == "The run made a login for this Entra user and linked the two."
    (link_rule,) = [each["verdict"] for each in document["statements"] if each["rule"] == "M1"]
    assert link_rule == "not"


def test_a_login_that_the_run_has_deactivated_since_is_called_so() -> None:
    facts = known("disabled")
    done = frozenset(row["action_id"] for row in facts.actions)
    said = explanation(known("disabled", done=done), Recorded())["found"]["emply"]["sentence"]
    assert "is active, and was deactivated by the run since" in said


def test_a_held_deactivation_says_who_holds_it() -> None:
    assert told(known("deleted in Entra, held"))["deleted"].endswith("(held by G3 until approved).")


def test_with_the_integration_off_nothing_is_told_that_depends_on_it() -> None:
    facts = known("switched off")
    assert set(told(facts)) == {"pictures_both_ways", "often", "removed_integration"}
    assert facts.out_of_scope == "the integration is off (`enabled: false`)"


def test_a_user_with_no_role_gets_one_although_roles_are_not_synchronised() -> None:
    case = scenario([person()], [login(roles=[])], linked=["megan"], synchronize_roles=False)
    (facts,) = facts_of(case, "megan@contoso.com")
    assert told(facts)["after_first_sync"].startswith("The user has no role at all, so they get the main group's.")


def test_an_entra_user_that_is_mastered_on_premises_is_never_called_deleted() -> None:
    on_premises = person(onPremisesSyncEnabled=True)
    case = scenario([on_premises], [login()], linked=["megan"], entra_write_back={"delete": True})
    (facts,) = facts_of(case, "megan@contoso.com")
    assert "kept, because the user is mastered on-premises" in told(facts)["deleted"]


def test_a_guest_out_of_scope_is_not_called_assigned_to_single_sign_on() -> None:
    guest = person(userType="Guest", mail="megan@contoso.com", groups=[])
    application = {"id": "app", "appRoleAssignmentRequired": True}
    case = scenario([guest], sso={"service_principal_id": "app"}, entra={"servicePrincipals": [application]})
    (facts,) = facts_of(case, "megan@contoso.com")
    assert told(facts)["guest_sign_in"].startswith("Single sign-on is looked at for people in scope only")


@pytest.mark.parametrize("state", ["matched, held", "deleted in Entra, held"])
def test_calendars_that_wait_for_an_approval_are_not_called_synchronised(state: str) -> None:
    facts = known(state)
    on = facts.settings.model_copy(update={"synchronize_calendars": True})
    said = told(known(state, settings=on))["calendar"]
    assert said.startswith("It is switched on, but not for this user")
