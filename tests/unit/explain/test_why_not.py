"""`--why-not`: what is said would give it, does, and nothing less does. The reference plans the changed scenario."""

import copy
from collections.abc import Callable

import pytest

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.explain.why_not import WhyNot, why_not
from entra_emply.reconciliation.explain.wishes import Wish
from tests.reference import rules
from tests.reference.builders import employee, login, person, scenario
from tests.reference.calendar_builders import calendar, calendars, in_emply
from tests.reference.subject import Row, Scenario
from tests.reference.vectorised import inputs_of

MAPPING = {"Employees": "Employee", "HR": "HR"}
EMPLOYEES, HR = {"groups": ["Employees"]}, {"groups": ["HR"]}


def asked(case: Scenario, wish: str) -> WhyNot:
    return why_not(inputs_of(*case), ("entra-megan", None), Wish.parsed(wish))


def _join(group: str) -> Callable[[Row, Row], None]:
    def change(world: Row, _settings: Row) -> None:
        (found,) = (each for each in world["entra"]["groups"] if each["displayName"] == group)
        found.setdefault("members", []).append("entra-megan")

    return change


def _user(**fields: object) -> Callable[[Row, Row], None]:
    return lambda world, _settings: world["entra"]["users"][0].update(fields)


def _setting(**fields: object) -> Callable[[Row, Row], None]:
    return lambda _world, settings: settings.update(fields)


def _no_employee(world: Row, _settings: Row) -> None:
    world["emply"]["employees"].clear()


def _without_manager(world: Row, _settings: Row) -> None:
    world["emply"]["users"][0]["roleIds"] = []


CHANGES: dict[str, Callable[[Row, Row], None]] = {
    "enabled": _user(accountEnabled=True),
    "has_email": _user(mail="new@contoso.com"),
    "in_group": _join("Employees"),
    "in_giving_group": _join("HR"),
    "roles_synchronized": _setting(synchronize_roles=True),
    "integration_on": _setting(enabled=True),
    "may_activate": _setting(reactivate="all"),
    "without_employee": _no_employee,
    "employee_not_archived": lambda world, _settings: world["emply"]["employees"][0].update(status="active"),
    "no_protected_role": _without_manager,
}
"""The same changes in the scenario, by the condition that an answer names."""


def gets(case: Scenario, wish: str, conditions: list[str]) -> bool:
    """Whether the reference gives it once these facts are changed."""
    world, settings, state, now, unreadable, hidden = copy.deepcopy(case)
    for name in conditions:
        CHANGES[name](world, settings)
    plan = rules.plan(world, settings, state, now, unreadable, hidden)
    mine = [row for row in plan["actions"] if row["entra_id"] == "entra-megan"]
    if wish == "login":
        return any(row["kind"] in ("create_user", "activate_user") for row in mine)
    return any("role-HR" in (row["after"] or {}).get("roleIds", []) for row in mine)


CASES: dict[str, tuple[Scenario, str]] = {
    "in no group that gives it": (
        scenario([person(**EMPLOYEES)], [login()], linked=["megan"], mapping=MAPPING),
        "role:HR",
    ),
    "disabled and in no group": (scenario([person(groups=[], accountEnabled=False)], mapping=MAPPING), "login"),
    "an employee": (
        scenario([person(**HR)], [login()], [employee()], linked=["megan"], mapping=MAPPING),
        "role:HR",
    ),
    "roles are not synchronised": (
        scenario([person(**EMPLOYEES)], [login()], linked=["megan"], mapping=MAPPING, synchronize_roles=False),
        "role:HR",
    ),
    "a protected role": (
        scenario(
            [person(**HR)], [login(roles=["Manager"])], linked=["megan"], mapping=MAPPING, protected_roles=["Manager"]
        ),
        "role:HR",
    ),
    "without e-mail": (
        scenario([person(mail=None, userPrincipalName="m_x.com#EXT#@contoso.com")], mapping=MAPPING),
        "login",
    ),
    "deactivated by hand, the employee archived": (
        scenario([person()], [login(active=False)], [employee(status="archived")], linked=["megan"], mapping=MAPPING),
        "login",
    ),
    "the integration is off": (scenario([person()], mapping=MAPPING, enabled=False), "login"),
}


@pytest.mark.parametrize("name", CASES)
def test_exactly_these_facts_are_needed(name: str) -> None:
    case, wish = CASES[name]
    answer = asked(case, wish)
    needed = [change.condition for change in answer.changes]
    assert answer.state == "possible"
    assert gets(case, wish, needed), answer.sentence
    for left_out in needed:
        assert not gets(case, wish, [each for each in needed if each != left_out]), left_out


def test_what_is_there_is_said_so() -> None:
    case = scenario([person(**HR)], [login(roles=["HR"])], linked=["megan"], mapping=MAPPING)
    assert asked(case, "role:HR").state == "has"
    assert asked(case, "login").state == "has"


@pytest.mark.parametrize(
    ("case", "wish", "rule"),
    [
        (scenario([person(groups=[])], [login()], linked=["megan"], mapping=MAPPING), "login", "L7"),
        (
            scenario(
                [person(**EMPLOYEES)],
                [login(roles=["HR"])],
                linked=["megan"],
                reconciled={"megan": {"Employees": "HR"}},
                mapping=MAPPING,
            ),
            "role:HR",
            "R4",
        ),
        (calendars([calendar()], [in_emply()], user=person(groups=[])), "calendar:Calendar", "C4"),
    ],
    ids=["login", "role", "calendar"],
)
def test_what_is_there_and_the_plan_takes_away_is_said_so(case: Scenario, wish: str, rule: str) -> None:
    answer = asked(case, wish)
    assert answer.state == "has"
    assert answer.sentence.endswith(f" already, and the plan takes it away ({rule}).")


def test_what_is_planned_needs_no_change() -> None:
    answer = asked(scenario([person(**HR)], mapping=MAPPING), "role:HR")
    assert (answer.state, answer.changes) == ("planned", ())


def test_a_calendar_that_waits_for_a_held_link_comes_once_it_is_approved() -> None:
    user = person(proxyAddresses=["smtp:x@contoso.com"])
    entra = {"calendars": {"entra-megan": [calendar()]}}
    case = scenario([user], [login("x", email=None)], mapping=MAPPING, synchronize_calendars=True, entra=entra)
    answer = asked(case, "calendar:Calendar")
    assert answer.state == "planned"
    assert answer.sentence.endswith("the calendar Calendar once somebody has approved what is held (G3).")


def test_a_role_that_no_group_gives_is_not_promised() -> None:
    case = scenario([person()], [login()], linked=["megan"], mapping=MAPPING)
    answer = asked(case, "role:Manager")
    assert answer.state == "impossible"
    assert "none of the configured groups that give Manager (there is none)" in answer.sentence


@pytest.mark.parametrize("wish", ["role", "role:", "roles:HR", "photo:x", ""])
def test_a_wish_of_another_form_is_refused(wish: str) -> None:
    with pytest.raises(SettingsError, match="expected role:TITLE, login, photo or calendar:NAME"):
        Wish.parsed(wish)


def test_a_role_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsError, match="there is no role 'Wizard' in Emply"):
        asked(scenario([person()], [login()], linked=["megan"], mapping=MAPPING), "role:Wizard")


def test_with_roles_off_a_newcomer_gets_the_role_of_the_main_group_by_itself() -> None:
    assert asked(scenario([person(**HR)], mapping=MAPPING, synchronize_roles=False), "role:HR").state == "planned"


def test_with_roles_off_a_user_without_any_role_gets_that_of_the_main_group_by_itself() -> None:
    case = scenario([person()], [login(roles=[])], linked=["megan"], mapping=MAPPING, synchronize_roles=False)
    assert asked(case, "role:Employee").state == "planned"


def test_with_roles_off_a_newcomer_only_has_to_join_the_group_of_the_role() -> None:
    told = asked(scenario([person(groups=[])], mapping=MAPPING, synchronize_roles=False), "role:HR")
    assert [change.condition for change in told.changes] == ["in_group"]


def test_with_pictures_off_no_picture_is_promised_to_a_newcomer() -> None:
    assert "profile_pictures" in asked(scenario([person()], profile_pictures=False), "photo").sentence


def test_no_picture_is_promised_to_a_newcomer_with_an_employee() -> None:
    told = asked(scenario([person()], [], [employee()], profile_pictures=True), "photo")
    assert "without_employee" in [change.condition for change in told.changes]


def test_no_picture_is_promised_that_entra_does_not_have() -> None:
    told = asked(scenario([person(groups=[])], profile_pictures=True), "photo")
    assert "photo_in_entra" in [change.condition for change in told.changes]


def test_one_of_several_groups_that_give_the_role_is_enough() -> None:
    case = scenario(
        [person(groups=[])], [login()], linked=["megan"], mapping={"A": "HR", "B": "HR", "Employees": "Employee"}
    )
    assert "A and B, which gives" not in asked(case, "role:HR").sentence


def test_what_is_said_of_now_is_not_what_an_earlier_change_would_make() -> None:
    archived = employee(status="archived")
    case = scenario([person(**EMPLOYEES)], [login(active=False)], [archived], linked=["megan"], mapping=MAPPING)
    assert "employee (active)" not in asked(case, "role:HR").sentence


def test_a_picture_that_was_taken_over_is_there_already() -> None:
    case = scenario(
        [person()],
        [login()],
        linked=["megan"],
        profile_pictures=True,
        entra={"photos": {"entra-megan": {"mediaEtag": "x"}}},
        state={"photoEtags": [{"emplyUserId": "login-megan", "etag": "x"}]},
    )
    assert asked(case, "photo").state == "has"


@pytest.mark.parametrize("wish", ["role:HR", "photo", "calendar:Calendar"])
def test_a_login_without_an_entra_user_gets_nothing_from_entra(wish: str) -> None:
    case = scenario([], [login()], mapping=MAPPING, profile_pictures=True, synchronize_calendars=True)
    told = why_not(inputs_of(*case), (None, "login-megan"), Wish.parsed(wish))
    assert (told.state, told.changes) == ("impossible", ())
    assert "There is no Entra user." in told.sentence


def test_an_active_login_without_an_entra_user_is_a_login() -> None:
    told = why_not(inputs_of(*scenario([], [login()])), (None, "login-megan"), Wish.parsed("login"))
    assert told.state == "has"


def test_what_another_change_does_too_is_not_asked_for() -> None:
    mapping = {"Employees": "Employee", "Payroll": "Payroll"}
    case = scenario([person(groups=[])], [], mapping=mapping)
    assert len(asked(case, "role:Payroll").changes) == 1


def test_an_address_of_their_own_helps_somebody_who_is_left_alone() -> None:
    case = scenario([person(mail="post@contoso.com"), person("ada", mail="post@contoso.com")])
    told = asked(case, "login")
    assert (told.state, [each.condition for each in told.changes]) == ("possible", ["not_left_alone"])


def test_a_newcomers_calendar_comes_after_the_login() -> None:
    case = scenario([person()], synchronize_calendars=True, entra={"calendars": {"entra-megan": [calendar()]}})
    told = asked(case, "calendar:Calendar")
    assert told.sentence.startswith("Nothing has to change: the next run makes the login, and the one after it gives")


def test_a_newcomers_calendar_needs_the_switch() -> None:
    case = scenario([person()], entra={"calendars": {"entra-megan": [calendar()]}})
    assert [each.condition for each in asked(case, "calendar:Calendar").changes] == ["calendars_on"]


@pytest.mark.parametrize(("on", "state"), [(True, "planned"), (False, "possible")])
def test_a_rooms_calendar_is_wished_for_by_the_rooms_name(on: bool, state: str) -> None:
    case = scenario(
        [person(displayName="Blå sal", groups=["Rooms"])],
        groups=[{"group": "Rooms", "meeting_rooms": True}],
        synchronize_calendars=on,
        entra={"calendars": {"entra-megan": [calendar()]}},
    )
    assert asked(case, "calendar:Blå sal").state == state


def test_what_is_held_is_promised_once_it_is_approved() -> None:
    case = scenario([person()], [], protected_roles=["Employee"])
    assert "once somebody has approved what is held (G3)" in asked(case, "login").sentence
