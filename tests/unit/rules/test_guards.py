"""G: what is held, how long, and what frees it. G5 makes no plan; G6 is in test_guards_calendars.py."""

from typing import Unpack

import pytest

from tests.reference.builders import SomeSettings, ago, deactivated, employee, granted, login, person, scenario, told
from tests.reference.calendar_builders import calendar
from tests.reference.guards import action_id
from tests.reference.subject import PlanOf, Row, Scenario

NAMES = ["ada", "ray", "søren", "łucja", "ipek", "ole", "jörg"]
ADMIN = ["Administrator"]


def leavers(count: int, limit: dict[str, float] | None = None, *, staying: int = 0) -> Scenario:
    """Linked people of whom the first `count` are disabled in Entra; all have employees who resigned."""
    names = NAMES[: count + staying]
    people = [person(name, accountEnabled=index >= count) for index, name in enumerate(names)]
    employees = [employee(name, resignationDate="2026-12-31") for name in names]
    guards = {"max_deactivations": limit} if limit else {}
    return scenario(people, [login(name) for name in names], employees, linked=names, guards=guards)


def held(plan: Row) -> set[str]:
    """All guards that hold something."""
    return {guard for row in plan["actions"] for guard in row["held_by"]}


def test_g1_holds_every_deactivation_of_a_mass(plan_of: PlanOf) -> None:
    assert told(plan_of(leavers(3, {"min_count": 2, "percent": 0}))) == [
        "L6 deactivate_user ada (account_disabled) held by G1",
        "L6 deactivate_user ray (account_disabled) held by G1",
        "L6 deactivate_user søren (account_disabled) held by G1",
    ]


def test_g1_as_many_as_allowed_are_not_a_mass(plan_of: PlanOf) -> None:
    assert held(plan_of(leavers(2, {"min_count": 2, "percent": 0}))) == set()


def test_g1_allows_five_by_default(plan_of: PlanOf) -> None:
    assert held(plan_of(leavers(5))) == set()
    assert held(plan_of(leavers(6))) == {"G1"}


@pytest.mark.parametrize(("percent", "guards"), [(28.5, set()), (28, set()), (14.3, set()), (14.2, {"G1"})])
def test_g1_the_share_is_rounded_up_exactly(plan_of: PlanOf, percent: float, guards: set[str]) -> None:
    """Two of seven: 14.3 % of 7 is 1.001, so two; 14.2 % is 0.994, so one."""
    assert held(plan_of(leavers(2, {"min_count": 0, "percent": percent}, staying=5))) == guards


@pytest.mark.parametrize(
    ("recent", "guards"),
    [
        (deactivated("old", ago(hours=23)), {"G1"}),
        (deactivated("old", ago(hours=24)), set()),
        (deactivated("old", ago(hours=23), approved=True), set()),
        (deactivated("back", ago(hours=23)), set()),
    ],
)
def test_g1_counts_the_last_24_hours_without_approval(plan_of: PlanOf, recent: Row, guards: set[str]) -> None:
    limit = {"max_deactivations": {"min_count": 1, "percent": 0}}
    logins = [login("ada"), login("old", active=False), login("back")]
    people, state = [person("ada", accountEnabled=False)], {"deactivations": [recent]}
    plan = plan_of(scenario(people, logins, linked=["ada"], state=state, guards=limit))
    assert held(plan) == guards


def test_g1_the_share_is_also_of_a_login_whose_link_is_replaced(plan_of: PlanOf) -> None:
    """Two of three leave: 50 % of the three is two, of the two alone it would be one."""
    people = [person("ada", accountEnabled=False), person("ray", accountEnabled=False), person("ole")]
    logins = [login(name) for name in ("ada", "ray", "ole")]
    linked: list[str | tuple[str, str]] = ["ada", "ray", ("gone", "ole")]
    limit = {"max_deactivations": {"min_count": 0, "percent": 50}}
    assert held(plan_of(scenario(people, logins, linked=linked, guards=limit))) == {"G3"}


@pytest.mark.parametrize(("recent", "guards"), [(ago(hours=1), set()), (ago(hours=25), {"G1"})])
def test_g1_the_share_is_of_linked_users_active_or_just_deactivated(
    plan_of: PlanOf, recent: str, guards: set[str]
) -> None:
    """Two leave; 50 % of them and the two who were just deactivated is two, of them alone one."""
    linked = ["ada", "ray", "ole", "ipek"]
    people = [person(name, accountEnabled=False) for name in linked]
    logins = [login("ada"), login("ray"), login("ole", active=False), login("ipek", active=False), login("external")]
    state = {"deactivations": [deactivated(name, recent, approved=True) for name in ("ole", "ipek")]}
    limit = {"max_deactivations": {"min_count": 0, "percent": 50}}
    assert held(plan_of(scenario(people, logins, linked=linked, state=state, guards=limit))) == guards


@pytest.mark.parametrize(("min_count", "guards"), [(1, {"G2"}), (2, set())])
def test_g2_holds_every_change_of_roles_of_a_mass(plan_of: PlanOf, min_count: int, guards: set[str]) -> None:
    names = ["ada", "ray"]
    limit = {"max_role_changes": {"min_count": min_count, "percent": 50}}
    people, logins = [person(name) for name in names], [login(name, roles=[]) for name in names]
    plan = plan_of(scenario(people, logins, linked=names, guards=limit))
    assert held(plan) == guards
    assert {row["kind"] for row in plan["actions"]} == {"set_roles"}


@pytest.mark.parametrize(("third", "guards"), [({}, set()), ({"accountEnabled": False}, {"G2"})])
def test_g2_the_share_is_of_people_in_scope_and_matched(plan_of: PlanOf, third: Row, guards: set[str]) -> None:
    """Two change; 50 % of them and a third, whom this plan matches, is two."""
    limit = {"max_role_changes": {"min_count": 0, "percent": 50}}
    people = [person("ada"), person("ole"), person("ray", **third)]
    logins = [login("ada", roles=[]), login("ole", roles=[]), login("ray"), login("external")]
    assert held(plan_of(scenario(people, logins, linked=["ada", "ole"], guards=limit))) == guards


def test_g3_a_protected_holder_is_not_deactivated(plan_of: PlanOf) -> None:
    admin = login(roles=["Administrator"])
    plan = plan_of(scenario([person(accountEnabled=False)], [admin], linked=["megan"], protected_roles=ADMIN))
    assert told(plan) == ["L6 deactivate_user megan (account_disabled) held by G3"]


def test_g3_what_takes_nothing_away_from_a_protected_holder_is_not_held(plan_of: PlanOf) -> None:
    admin = login(roles=["Administrator", "Employee"])
    plan = plan_of(scenario([person(givenName="Megan")], [admin], linked=["megan"], protected_roles=ADMIN))
    assert told(plan) == ["A1 update_user megan", "L9 user_without_employee megan"]


def test_g3_with_a_held_link_everything_else_of_that_person_waits(plan_of: PlanOf) -> None:
    admin = login(roles=["Administrator", "Employee"], active=False)
    plan = plan_of(scenario([person(givenName="Megan")], [admin], reactivate="all", protected_roles=ADMIN))
    assert told(plan) == [
        "A1 update_user megan held by G3",
        "L4 activate_user megan held by G3",
        "L9 user_without_employee megan",
        "M2 link_user megan held by G3",
    ]
    assert plan["roleStates"] == []


def test_g3_an_approved_link_frees_the_rest_of_that_person(plan_of: PlanOf) -> None:
    before = scenario([person(givenName="Megan")], [login()], linked=[("old", "megan")])
    (link,) = [row for row in plan_of(before)["actions"] if row["kind"] == "link_user"]
    before[2]["approvals"] = [{"action": action_id(link), "expiresAt": ago(hours=-1)}]
    assert held(plan_of(before)) == set()


def test_g3_an_approved_action_still_waits_for_the_held_link(plan_of: PlanOf) -> None:
    before = scenario([person(givenName="Megan")], [login()], linked=[("old", "megan")])
    (update,) = [row for row in plan_of(before)["actions"] if row["kind"] == "update_user"]
    before[2]["approvals"] = [{"action": action_id(update), "expiresAt": ago(hours=-1)}]
    assert "A1 update_user megan held by G3" in told(plan_of(before))


def test_g3_the_held_link_itself_waits_for_what_holds_it_alone(plan_of: PlanOf) -> None:
    before = scenario([person(givenName="Megan")], [login()])
    (link,) = [row for row in plan_of(before)["actions"] if row["kind"] == "link_user"]
    before[2]["holds"] = [{"action": action_id(link), "guards": ["G4"]}]
    assert told(plan_of(before)) == [
        "A1 update_user megan held by G3",
        "L9 user_without_employee megan",
        "M2 link_user megan held by G4",
    ]


def test_g3_a_protected_role_is_not_given_at_creation(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], mapping={"Employees": "Administrator"}, protected_roles=ADMIN))
    assert told(plan) == ["L1 create_user megan held by G3", "L9 user_without_employee megan"]
    assert plan["roleStates"] == []


def test_g3_a_protected_role_is_not_given_by_a_change(plan_of: PlanOf) -> None:
    people, mapping = [person(givenName="Megan")], {"Employees": "Administrator"}
    assert told(plan_of(scenario(people, [login()], linked=["megan"], mapping=mapping, protected_roles=ADMIN))) == [
        "A1 update_user megan",
        "L9 user_without_employee megan",
        "R4 set_roles megan (group_joined) held by G3",
    ]


EMPTIED = {"groupCounts": [{"groupId": "group-HR", "members": 3}]}


@pytest.mark.parametrize(
    ("reconciled", "guards"),
    [({"HR": "HR"}, {"G4"}), ({"HR": None}, {"G4"}), (None, {"G4"}), ({"Employees": "Employee"}, set())],
)
def test_g4_a_group_that_lost_everybody_deactivates_nobody(
    plan_of: PlanOf, reconciled: dict[str, str | None] | None, guards: set[str]
) -> None:
    states = {"megan": reconciled} if reconciled else None
    mapping = {"Employees": "Employee", "HR": "HR"}
    people = [person(groups=[])]
    plan = plan_of(scenario(people, [login()], linked=["megan"], mapping=mapping, reconciled=states, state=EMPTIED))
    assert held(plan) == guards
    assert "L7" in told(plan)[0]


@pytest.mark.parametrize(
    "case",
    [
        scenario([person(groups=[]), person("ray", groups=["HR"])], [login()], linked=["megan"],
              mapping={"HR": "HR"}, state=EMPTIED),
        scenario([person(groups=[])], [login()], linked=["megan"], mapping={"HR": "HR"}),
        scenario([person(groups=[], accountEnabled=False)], [login()], linked=["megan"],
              mapping={"HR": "HR"}, state=EMPTIED),
        scenario([person(groups=[])], [login()], linked=["megan"], state=EMPTIED),
    ],
    ids=["it has a member", "it never had one", "another reason", "it is not configured"],
)  # fmt: skip
def test_g4_holds_nothing_else(plan_of: PlanOf, case: Scenario) -> None:
    plan = plan_of(case)
    assert [row["kind"] for row in plan["actions"] if row["rule"] in ("L6", "L7")] == ["deactivate_user"]
    assert held(plan) == set()


def test_g4_a_group_with_members_that_are_no_users_is_empty(plan_of: PlanOf) -> None:
    nested = {"HR": ["Devices"]}
    plan = plan_of(
        scenario([person(groups=[])], [login()], linked=["megan"], mapping={"HR": "HR"}, nested=nested, state=EMPTIED)
    )
    assert held(plan) == {"G4"}


@pytest.mark.parametrize(("min_count", "guards"), [(1, {"G7"}), (2, set())])
def test_g7_holds_every_creation_and_activation_of_a_mass(plan_of: PlanOf, min_count: int, guards: set[str]) -> None:
    limit = {"max_grants": {"min_count": min_count, "percent": 50}}
    people, logins = [person("ada"), person("ray")], [login("ray", active=False)]
    plan = plan_of(scenario(people, logins, linked=["ray"], reactivate="all", guards=limit))
    assert {row["kind"] for row in plan["actions"]} == {"create_user", "activate_user"}
    assert held(plan) == guards


@pytest.mark.parametrize(
    ("recent", "guards"),
    [
        (granted("ray", ago(hours=23)), {"G7"}),
        (granted("ray", ago(hours=24)), set()),
        (granted("ray", ago(hours=23), approved=True), set()),
        (granted("ada", ago(hours=23)), set()),
    ],
    ids=["another person", "a day ago", "approved", "the same person"],
)
def test_g7_counts_the_people_of_the_last_24_hours_without_approval(
    plan_of: PlanOf, recent: Row, guards: set[str]
) -> None:
    limit = {"max_grants": {"min_count": 1, "percent": 0}}
    plan = plan_of(scenario([person("ada")], state={"grants": [recent]}, guards=limit))
    assert held(plan) == guards


def test_a_mass_of_one_kind_holds_nothing_of_another(plan_of: PlanOf) -> None:
    people = [person("ada", accountEnabled=False), person("ray"), person("ipek"), person("ole", givenName="Ole")]
    logins = [login("ada"), login("ray", roles=[]), login("ole")]
    names = ["max_deactivations", "max_role_changes", "max_grants"]
    limits = {name: {"min_count": 0, "percent": 0} for name in names}
    plan = plan_of(scenario(people, logins, linked=["ada", "ray", "ole"], guards=limits))
    assert [line for line in told(plan) if not line.startswith("L9")] == [
        "A1 update_user ole",
        "L1 create_user ipek held by G7",
        "L6 deactivate_user ada (account_disabled) held by G1",
        "R4 set_roles ray (group_joined) held by G2",
    ]


def test_a_held_action_that_is_no_link_lets_the_rest_of_that_person_go(plan_of: PlanOf) -> None:
    plan = plan_of(
        scenario(
            [person(givenName="Megan")],
            [login(roles=[])],
            linked=["megan"],
            entra={"calendars": {"entra-megan": [calendar()]}},
            synchronize_calendars=True,
            guards={"max_role_changes": {"min_count": 0, "percent": 0}},
        )
    )
    assert told(plan) == [
        "A1 update_user megan",
        "C1 add_calendar megan",
        "L9 user_without_employee megan",
        "R4 set_roles megan (group_joined) held by G2",
    ]


def test_what_was_held_once_stays_held_by_those_guards_and_any_that_join(plan_of: PlanOf) -> None:
    before = leavers(1)
    (action,) = plan_of(before)["actions"]
    before[2]["holds"] = [{"action": action_id(action), "guards": ["G4"]}]
    assert held(plan_of(before)) == {"G4"}
    before[1]["guards"] = {"max_deactivations": {"min_count": 0, "percent": 0}}
    assert held(plan_of(before)) == {"G1", "G4"}


def test_a_hold_is_of_one_action_and_not_of_its_person(plan_of: PlanOf) -> None:
    before = leavers(1)
    (action,) = plan_of(before)["actions"]
    before[2]["holds"] = [{"action": action_id({**action, "after": {"active": None}}), "guards": ["G4"]}]
    assert held(plan_of(before)) == set()


@pytest.mark.parametrize(("expires_at", "guards"), [(ago(hours=-1), set()), (ago(), {"G1", "G4"})])
def test_an_approval_frees_the_action_until_it_expires(plan_of: PlanOf, expires_at: str, guards: set[str]) -> None:
    before = leavers(1, {"min_count": 0, "percent": 0})
    (action,) = plan_of(before)["actions"]
    before[2]["holds"] = [{"action": action_id(action), "guards": ["G4"]}]
    before[2]["approvals"] = [{"action": action_id(action), "expiresAt": expires_at}]
    assert held(plan_of(before)) == guards


def test_an_approved_action_still_counts_for_the_others(plan_of: PlanOf) -> None:
    before = leavers(2, {"min_count": 1, "percent": 0})
    action = plan_of(before)["actions"][0]
    before[2]["approvals"] = [{"action": action_id(action), "expiresAt": ago(hours=-1)}]
    assert sorted(row["held_by"] for row in plan_of(before)["actions"]) == [[], ["G1"]]


# W3: a deletion in Entra with its deactivation in Emply

DELETE = {"delete": True}
HELD_AS_ONE = [
    "L11 employee_archived_in_group megan",
    "W3 deactivate_user megan (deleted_in_entra) held by G3",
    "W3 delete_user megan held by G3",
]


def archived(
    roles: tuple[str, ...] = ("Administrator",), *, active: bool = True, **settings: Unpack[SomeSettings]
) -> Scenario:
    """Megan, whose employee is archived and who holds a protected role."""
    people, logins = [person()], [login(roles=roles, active=active)]
    employees = [employee(status="archived")]
    chosen: SomeSettings = {"protected_roles": ADMIN, "entra_write_back": DELETE, **settings}
    return scenario(people, logins, employees, linked=["megan"], **chosen)


def approve(case: Scenario, plan: Row, *kinds: str) -> None:
    rows = [row for row in plan["actions"] if row["kind"] in kinds]
    case[2]["approvals"] = [{"action": action_id(row), "expiresAt": ago(hours=-1)} for row in rows]


def test_g3_a_protected_holder_is_not_deleted_in_entra(plan_of: PlanOf) -> None:
    assert told(plan_of(archived())) == HELD_AS_ONE
    assert told(plan_of(archived(active=False))) == [HELD_AS_ONE[0], HELD_AS_ONE[2]]


@pytest.mark.parametrize(
    ("approved", "guards"),
    [
        (["delete_user"], {"G3"}),
        (["deactivate_user"], {"G3"}),
        (["delete_user", "deactivate_user"], set()),
    ],
)
def test_w3_the_two_are_freed_only_when_both_are_approved(
    plan_of: PlanOf, approved: list[str], guards: set[str]
) -> None:
    before = archived()
    approve(before, plan_of(before), *approved)
    assert [set(row["held_by"]) for row in plan_of(before)["actions"]] == [guards, guards]


@pytest.mark.parametrize("kind", ["delete_user", "deactivate_user"])
def test_w3_what_held_one_of_the_two_holds_both(plan_of: PlanOf, kind: str) -> None:
    before = archived(roles=("Employee",))
    (row,) = [row for row in plan_of(before)["actions"] if row["kind"] == kind]
    before[2]["holds"] = [{"action": action_id(row), "guards": ["G1"]}]
    assert [row["held_by"] for row in plan_of(before)["actions"]] == [["G1"], ["G1"]]


def test_w3_a_deletion_without_deactivation_is_approved_alone(plan_of: PlanOf) -> None:
    before = archived(active=False)
    approve(before, plan_of(before), "delete_user")
    assert held(plan_of(before)) == set()


@pytest.mark.parametrize(("min_count", "guards"), [(0, {"G1"}), (1, set())])
@pytest.mark.parametrize("active", [True, False])
def test_g1_counts_a_person_once_who_is_deleted_and_deactivated(
    plan_of: PlanOf, min_count: int, guards: set[str], active: bool
) -> None:
    limit = {"max_deactivations": {"min_count": min_count, "percent": 0}}
    plan = plan_of(archived(roles=("Employee",), active=active, guards=limit))
    assert held(plan) == guards
    assert {row["kind"] for row in plan["actions"]} >= {"delete_user"}


def test_g4_w3_has_another_reason(plan_of: PlanOf) -> None:
    left: Row = {"linked": ["megan"], "mapping": {"HR": "HR"}, "state": EMPTIED}
    leaver = ([person(groups=[])], [login()], [employee(status="archived")])
    assert held(plan_of(scenario(*leaver, **left))) == {"G4"}
    assert held(plan_of(scenario(*leaver, **left, entra_write_back=DELETE))) == set()


# G7 and G3 with W and P


@pytest.mark.parametrize(("min_count", "guards"), [(1, {"G7"}), (2, set())])
def test_g7_counts_creations_in_entra_as_well(plan_of: PlanOf, min_count: int, guards: set[str]) -> None:
    limit = {"max_grants": {"min_count": min_count, "percent": 0}}
    domains = {"organization": {"verifiedDomains": [{"name": "contoso.com"}]}}
    settings: Row = {"entra_write_back": {"create": True}, "guards": limit}
    plan = plan_of(scenario([person("ada")], [login("soren")], entra=domains, **settings))
    assert sorted((row["target"], row["kind"]) for row in plan["actions"]) == [
        ("emply", "create_user"),
        ("entra", "create_user"),
    ]
    assert held(plan) == guards


def test_g7_counts_each_creation_in_entra(plan_of: PlanOf) -> None:
    limit = {"max_grants": {"min_count": 1, "percent": 0}}
    domains = {"organization": {"verifiedDomains": [{"name": "contoso.com"}]}}
    settings: Row = {"entra_write_back": {"create": True}, "guards": limit}
    assert held(plan_of(scenario([], [login("soren")], entra=domains, **settings))) == set()
    assert held(plan_of(scenario([], [login("soren"), login("lucja")], entra=domains, **settings))) == {"G7"}


def test_g3_with_a_held_link_a_photo_and_a_write_back_wait(plan_of: PlanOf) -> None:
    photo = {"photos": {"entra-megan": {"mediaEtag": '"1"'}}}
    settings: Row = {"profile_pictures": True, "entra_write_back": {"update": True}}
    link: Row = {"linked": [("old", "megan")], "entra": photo, **settings}
    assert told(plan_of(scenario([person()], [login()], **link))) == [
        "L9 user_without_employee megan",
        "M2 link_user megan held by G3",
        "P1 set_photo megan held by G3",
    ]
    assert told(plan_of(scenario([person()], [login()], [employee(jobTitle="Chief")], **link))) == [
        "M2 link_user megan held by G3",
        "W2 update_user megan held by G3",
    ]
