"""What of applied actions can be undone; of the rest, in words, why not and what to change first."""

import random
from typing import Any

import orjson
import pandas as pd
import pytest

from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.undoable import Undoable, undoable
from tests.reference import rules, vectorised
from tests.reference.applying import applied as after_applying
from tests.reference.builders import ROOMS, ago, deactivated, employee, login, person, scenario
from tests.reference.guards import UNDO, action_id
from tests.reference.subject import Row, Scenario, comparable
from tests.reference.vectorised import inputs_of

BOTH = {"Employees": "Employee", "HR": "HR"}
FOLLOWED = range(5)
CAMPAIGN = range(5, 2_000)


def done(kind: str, before: Row | None, after: Row | None, name: str = "megan", target: str = "emply") -> pd.DataFrame:
    """An action that was applied, as the ledger tells of it."""
    row = {"target": target, "kind": kind, "entra_id": f"entra-{name}", "emply_user_id": f"login-{name}",
           "before": before, "after": after}  # fmt: skip
    return told_by_the_ledger([row])


def told_by_the_ledger(actions: list[Row]) -> pd.DataFrame:
    made = [
        {
            **row,
            "action_id": action_id(row),
            "plan_id": "3f9c12ab" * 8,
            "subject": row.get("subject", "megan@contoso.com"),
            **{side: None if row[side] is None else orjson.dumps(row[side]).decode() for side in ("before", "after")},
        }
        for row in actions
    ]
    columns = ["action_id", "target", "kind", "entra_id", "emply_user_id", "subject", "before", "after", "plan_id"]
    return pd.DataFrame(made, columns=columns).astype("str")


def megan(*, groups: tuple[str, ...] = ("Employees",), user: Row | None = None, **more: Any) -> Inputs:  # noqa: ANN401
    """Megan, linked and reconciled."""
    reconciled = more.pop("reconciled", {"megan": {group: BOTH[group] for group in groups if group in BOTH}})
    people, logins = [person(groups=groups, **(user or {}))], [login(**more.pop("login", {}))]
    linked, employees = more.pop("linked", ["megan"]), more.pop("employees", ())
    return inputs_of(*scenario(people, logins, employees, linked=linked, mapping=BOTH, reconciled=reconciled, **more))


def roles(*titles: str) -> Row:
    return {"roleIds": [f"role-{title}" for title in titles]}


MANAGER_TAKEN = done("set_roles", roles("Employee", "Manager"), roles("Employee"))
TITLE_CHANGED = done("update_user", {"jobTitle": "Chef", "lastName": "Ågård"}, {"jobTitle": "Lead", "lastName": "Öz"})
DEACTIVATED = done("deactivate_user", {"active": True}, {"active": False})
OFF = {"active": False}


def why_not(what: Undoable) -> list[str]:
    assert what.possible == []
    return [row["why"] for row in what.refused]


def test_a_role_that_was_taken_is_added_to_those_of_now() -> None:
    (row,) = undoable(megan(), MANAGER_TAKEN, ()).possible
    assert (row["kind"], row["before"], row["after"]) == ("set_roles", roles("Employee"), roles("Employee", "Manager"))
    assert row["undone_action_id"] == MANAGER_TAKEN["action_id"].iloc[0]


def test_what_can_be_undone_has_the_id_that_its_action_will_have() -> None:
    (row,) = undoable(megan(), MANAGER_TAKEN, ()).possible
    assert row["action_id"] == action_id(row)


def test_a_role_that_was_given_stays() -> None:
    replaced = done("set_roles", roles("Manager"), roles("Employee"))
    (row,) = undoable(megan(), replaced, ()).possible
    assert row["after"] == roles("Employee", "Manager")


def test_fields_are_restored_as_far_as_they_can_be() -> None:
    """Entra still has the last name: A1 would set it again."""
    what = undoable(megan(user={"surname": "Öz"}, login={"jobTitle": "Lead", "lastName": "Öz"}), TITLE_CHANGED, ())
    assert [(row["before"], row["after"]) for row in what.possible] == [({"jobTitle": "Lead"}, {"jobTitle": "Chef"})]
    assert [row["why"] for row in what.refused] == ["A1 would do the same again: first change it in Entra"]


@pytest.mark.parametrize(
    ("inputs", "applied", "why"),
    [
        pytest.param(
            megan(user={"accountEnabled": False}, login=OFF), DEACTIVATED,
            "L6 would do the same again: first enable the account in Entra", id="disabled",
        ),
        pytest.param(
            megan(groups=("Payroll",), reconciled={"megan": {"HR": "HR"}}, login=OFF), DEACTIVATED,
            "L7 would do the same again: first add the user to a configured group", id="in no group",
        ),
        pytest.param(
            megan(groups=("Employees", ROOMS), login=OFF), DEACTIVATED,
            "L7a would do the same again: first take the user out of the room group", id="a room",
        ),
        pytest.param(
            megan(login=OFF, state={"deactivations": [deactivated("megan", ago(days=3))]}), DEACTIVATED,
            "L4 restores it by itself at the next run", id="back in scope",
        ),
        pytest.param(megan(), DEACTIVATED, "it was changed since, and stays as it is", id="activated since"),
        pytest.param(
            megan(groups=("Payroll",), reconciled={"megan": {"Payroll": "Payroll"}}, login=OFF,
                  employees=[employee(status="archived")]), DEACTIVATED,
            "the employee is archived", id="archived",
        ),
        pytest.param(
            megan(login={"roles": ["Employee", "HR"]}), MANAGER_TAKEN,
            "it was changed since, and stays as it is", id="roles changed since",
        ),
        pytest.param(
            megan(employees=[employee()]), MANAGER_TAKEN,
            "there is an employee (active), who controls the user", id="with an employee",
        ),
        pytest.param(
            megan(linked=[]), MANAGER_TAKEN,
            "the login is not linked with this Entra user any more", id="not linked",
        ),
        pytest.param(
            megan(), done("set_roles", roles("Employee", "Gone"), roles("Employee")),
            "a role that was taken does not exist in Emply any more", id="role gone",
        ),
        pytest.param(
            megan(login={"roles": ["Administrator", "Employee"]}, protected_roles=["Administrator"]),
            done("set_roles", roles("Administrator", "Employee", "HR"), roles("Administrator", "Employee")),
            "the user holds the protected role Administrator (R7)", id="protected",
        ),
        pytest.param(
            megan(), done("set_roles", roles(), roles("Employee")), "it took no role away", id="roles given",
        ),
        pytest.param(
            megan(login={"jobTitle": "Lead"}), done("update_user", {"jobTitle": None}, {"jobTitle": "Lead"}),
            "Emply had no value before", id="filled",
        ),
        pytest.param(
            megan(), done("create_user", None, {"active": True}),
            "only roles, fields and deactivated logins of Emply can be restored", id="another kind",
        ),
        pytest.param(
            megan(), done("update_user", {"jobTitle": "A"}, {"jobTitle": "B"}, target="entra"),
            "only roles, fields and deactivated logins of Emply can be restored", id="in Entra",
        ),
    ],
)  # fmt: skip
def test_why_something_cannot_be_undone(inputs: Inputs, applied: pd.DataFrame, why: str) -> None:
    assert why_not(undoable(inputs, applied, ())) == [why]


def test_what_was_made_is_told_without_a_value_before() -> None:
    made = undoable(megan(), done("create_user", None, {"active": True}), ()).refused
    assert [row["before"] for row in made] == [None]


def test_roles_that_took_none_away_are_told_as_they_were_changed() -> None:
    (refused,) = undoable(megan(), done("set_roles", roles("HR"), roles("Employee", "HR")), ()).refused
    assert (refused["before"], refused["after"]) == (roles("HR"), roles("Employee", "HR"))


def test_what_r4_would_replace_again_names_what_to_change() -> None:
    people, logins = [person(groups=["Employees"])], [login(roles=["New employee"])]
    lagging = scenario(people, logins, linked=["megan"], mapping={"Employees": "New employee"},
                       reconciled={"megan": {"Employees": "Employee"}})  # fmt: skip
    taken = done("set_roles", roles("Employee"), roles("New employee"))
    said = why_not(undoable(inputs_of(*lagging), taken, ()))
    assert said == ["R4 would do the same again: first change the user's groups or the mapping of the settings"]


def test_what_is_asked_for_already_is_not_asked_for_twice() -> None:
    assert why_not(undoable(megan(), MANAGER_TAKEN, {("login-megan", "set_roles")})) == [
        "an undo of it is asked for already"
    ]


# --- whatever is undone lasts -----------------------------------------------------------------------------------------


def test_what_was_undone_lasts_and_both_implementations_agree() -> None:
    assert sum(follow(seed) for seed in FOLLOWED) > len(FOLLOWED)


@pytest.mark.campaign
@pytest.mark.parametrize("first", range(CAMPAIGN.start, CAMPAIGN.stop, 100))
def test_what_was_undone_lasts_in_many_scenarios(first: int) -> None:
    for seed in range(first, min(first + 100, CAMPAIGN.stop)):
        follow(seed)


def follow(seed: int) -> int:
    """Everything is applied, causes go away, all that can be undone is; two more runs change none of it. How much."""
    chosen = random.Random(seed)
    case, applied = run(drawn(chosen))
    changed(case, chosen)
    asked = undoable(inputs_of(*case), told_by_the_ledger(applied), ()).possible
    case[2]["undos"] = [request(row) for row in asked]
    agree(case, seed)
    case, undone = run(case)
    restored = [row for row in undone if row["rule"] in UNDO]
    assert {action_id(row) for row in restored} == {row["action_id"] for row in asked}, f"scenario {seed}"
    for _ in range(2):
        case, _more = run(case)
        logins = {row["id"]: row for row in case[0]["emply"]["users"]}
        for row in restored:
            kept = {name: logins[row["emply_user_id"]][name] for name in row["after"]}
            assert kept == row["after"], f"scenario {seed}"
    return len(restored)


def drawn(chosen: random.Random) -> Scenario:
    """Six linked people whose groups, roles, fields and accounts do not fit; the mapping is another than it was."""
    titles, groups = ["Employee", "HR", "Manager", "Payroll", "Administrator"], ["Employees", "HR", "Payroll"]

    def some(of: list[str]) -> list[str]:
        return [each for each in of if chosen.random() < 0.5]

    def title() -> str | None:
        return chosen.choice([None, "Chef", "Leder", "İşçi"])

    names = ["søren", "łucja", "çağla", "megan", "ada", "ray"]
    people = [person(name, groups=some(groups), jobTitle=title(), surname=title(),
                     accountEnabled=chosen.random() < 0.8) for name in names]  # fmt: skip
    logins = [login(name, roles=some(titles), jobTitle=title(), lastName=title()) for name in names]
    reconciled = {name: {group: chosen.choice(titles[:4]) for group in some(groups)} for name in names}
    mapping = {group: chosen.choice(titles[:4]) for group in groups[: chosen.randint(1, 3)]}
    employees = [employee(name) for name in names if chosen.random() < 0.1]
    protected = ["Administrator"] if chosen.random() < 0.3 else []
    return scenario(people, logins, employees, linked=names, mapping=mapping, reconciled=reconciled,
                    protected_roles=protected, synchronize_roles=chosen.random() < 0.8)  # fmt: skip


def run(case: Scenario) -> tuple[Scenario, list[Row]]:
    """Plan, approve everything, apply: the scenario after it, and what was applied."""
    held = {action_id(row) for row in vectorised.plan(*case)["actions"] if row["held_by"]}
    systems, settings, state, now, unreadable, hidden = case
    approvals = [{"action": each, "expiresAt": "2100-01-01T00:00:00Z"} for each in held]
    plan = vectorised.plan(systems, settings, {**state, "approvals": approvals}, now, unreadable, hidden)
    after, state = after_applying(systems, settings, state, now, plan)
    return (after, settings, state, now, unreadable, hidden), [row for row in plan["actions"] if not row["held_by"]]


def changed(case: Scenario, chosen: random.Random) -> None:
    """Some causes are taken back, and somebody changes some of the logins by hand."""
    systems, settings, state, *_ = case
    for user in systems["entra"]["users"]:
        if chosen.random() < 0.5:
            user.update(jobTitle=None, surname=None)
        user["accountEnabled"] = user["accountEnabled"] or chosen.random() < 0.5
    for row in systems["emply"]["users"]:
        if chosen.random() < 0.1:
            row["roleIds"] = row["roleIds"][:1]
    if chosen.random() < 0.3:
        settings["groups"] = settings["groups"][1:]
    state["holds"] = []


def request(row: Row) -> Row:
    return {"kind": row["kind"], "entraId": row["entra_id"], "emplyUserId": row["emply_user_id"],
            "before": row["before"], "after": row["after"], "cause": "undone", "action": row["action_id"]}  # fmt: skip


def agree(case: Scenario, seed: int) -> None:
    """But for role states, of which the reference gives all."""
    found, expected = (comparable(implementation(*case)) for implementation in (vectorised.plan, rules.plan))
    assert {**found, "roleStates": []} == {**expected, "roleStates": []}, f"scenario {seed}"
