"""The `sync` of plan --offline says to the reference what its own rows say."""

from datetime import datetime

import pytest

from tests.reference import rules
from tests.reference.builders import NOW, ROOMS, ago, deactivated, employee, granted, login, person, scenario
from tests.reference.calendar_builders import calendar, calendars, event, in_emply, own, pair, recorded
from tests.reference.guards import action_id
from tests.reference.subject import Row, Scenario
from tests.reference.sync import plan_offline

LINKED: Row = {"links": {"entra-megan": "login-megan"}}
MAPPING = {"Employees": "Employee", "HR": "HR"}
HELD = {"max_role_changes": {"min_count": 0, "percent": 0}}


def held_role_change() -> Scenario:
    return scenario([person()], [login(roles=[])], linked=["megan"], guards=HELD)


def id_of(made: Scenario) -> str:
    return next(action_id(row) for row in rules.plan(*made)["actions"] if row["held_by"])


def with_state(made: Scenario, **state: object) -> Scenario:
    return (made[0], made[1], {**made[2], **state}, *made[3:])


def room() -> Scenario:
    rooms = [person("sal", groups=[ROOMS])]
    emply = {"calendars": [in_emply(whose=None)]}
    state = {"calendars": [recorded(whose="sal")]}
    return scenario(rooms, entra={"calendars": {"entra-sal": []}}, emply=emply, state=state, synchronize_calendars=True)


ROLES = {"roles": {"entra-megan": {"groups": ["group-Employees", "group-HR"], "mapping": {"group-HR": "role-Payroll"}}}}
CASES: dict[str, tuple[Scenario, Row]] = {
    "links, roles": (
        scenario(
            [person(groups=["Employees", "HR"])],
            [login(roles=["Payroll"])],
            linked=["megan"],
            mapping=MAPPING,
            reconciled={"megan": {"Employees": None, "HR": "Payroll"}},
        ),
        {**LINKED, **ROLES},
    ),
    "group_ids": (
        with_state(scenario([person()]), groupIds=[{"groupName": "Employees", "groupId": "group-Employees"}]),
        {"group_ids": {"Employees": "group-Employees"}},
    ),
    "member_counts": (
        scenario(
            [person(groups=[])],
            [login()],
            linked=["megan"],
            state={"groupCounts": [{"groupId": "group-Employees", "members": 4}]},
        ),
        {**LINKED, "member_counts": {"group-Employees": 4}},
    ),
    "photos": (
        scenario(
            [person()],
            [login()],
            linked=["megan"],
            entra={"photos": {"entra-megan": {"mediaEtag": "2"}}},
            profile_pictures=True,
            state={"photoEtags": [{"emplyUserId": "login-megan", "etag": "1"}]},
        ),
        {**LINKED, "photos": {"entra-megan": "1"}},
    ),
    "event_pairs": (
        calendars(
            [calendar(events=[event("lunch"), event("gone")])],
            [in_emply()],
            [own(title="Ny")],
            state={"eventPairs": [pair(), pair("gone")]},
        ),
        {
            **LINKED,
            "event_pairs": {
                "emply-lunch": {"externalId": "outlook-lunch", "calendarExternalId": "outlook-Calendar"},
                "emply-gone": {"externalId": "outlook-gone", "calendarExternalId": "outlook-Calendar"},
            },
        },
    ),
    "room_calendars": (room(), {"room_calendars": {"outlook-Calendar": "entra-sal"}}),
    "detached": (
        calendars([calendar()], [in_emply(externalId=None)], state={"calendars": [recorded(detached=True)]}),
        {**LINKED, "detached": {"outlook-Calendar": "emply-Calendar"}},
    ),
    "deactivations": (
        scenario(
            [person()],
            [login(active=False)],
            linked=["megan"],
            state={"deactivations": [deactivated("megan", ago(days=2))]},
        ),
        {**LINKED, "deactivations": {"login-megan": {"at": ago(days=2), "approved": False}}},
    ),
    "recent_grants": (
        scenario(
            [person("ray"), person()],
            [login()],
            linked=["megan"],
            state={"grants": [granted("megan", ago(hours=1))]},
            guards={"max_grants": {"min_count": 1, "percent": 0}},
        ),
        {**LINKED, "recent_grants": {"login-megan": {"at": ago(hours=1), "approved": False}}},
    ),
    "deleted_for": (
        scenario(
            [person()],
            [login()],
            [employee(status="archived")],
            linked=["megan"],
            entra_write_back={"delete": True},
            state={"deletedUsers": [{"entraId": "entra-megan", "employeeId": "employee-megan"}]},
        ),
        {**LINKED, "deleted_for": [["entra-megan", "employee-megan"]]},
    ),
    "refused": (
        scenario(
            [person(otherMails=["x@x.dk"])],
            [login("x", username="x@x.dk", email=None)],
            state={"refused": [{"entraId": "entra-megan", "emplyUserId": "login-x"}]},
        ),
        {"refused": [["entra-megan", "login-x"]]},
    ),
    "held": (
        scenario(
            [person()],
            [login(roles=[])],
            linked=["megan"],
            state={"holds": [{"action": id_of(held_role_change()), "guards": ["G2"]}]},
        ),
        {**LINKED, "held": {id_of(held_role_change()): ["G2"]}},
    ),
    "approved": (
        with_state(held_role_change(), approvals=[{"action": id_of(held_role_change()), "expiresAt": ago(hours=-72)}]),
        {**LINKED, "approved": [id_of(held_role_change())]},
    ),
}


def offline(made: Scenario, sync: Row, now: datetime = NOW) -> Row:
    line = {"scenario": made[0], "settings": made[1], "sync": sync, "now": now.isoformat(), "unreadable": made[4]}
    return plan_offline({**line, "member_read_hidden": made[5]})


@pytest.mark.parametrize("key", CASES)
def test_the_plan_of_sync_is_the_plan_of_the_rows(key: str) -> None:
    made, sync = CASES[key]
    assert offline(made, sync) == rules.plan(*made)


@pytest.mark.parametrize("key", [key for key in CASES if key != "group_ids"])
def test_without_its_key_the_plan_is_another(key: str) -> None:
    """So that the test before it says something."""
    made, sync = CASES[key]
    names = {name.strip() for name in key.split(",")} - {"links"}
    less = {name: value for name, value in sync.items() if name not in names}
    assert offline(made, less) != rules.plan(*made)
