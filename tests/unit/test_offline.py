"""`plan --offline`: an example in, its plan out (interfaces.md)."""

import json
from datetime import UTC, datetime

import pytest

from entra_emply import clock
from entra_emply.offline.lines import answer
from entra_emply.offline.plan import plan_example, plan_scenario
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.report.wording import document
from sandbox.company import make_company
from tests.offline import NOW, SETTINGS, example, kinds
from tests.reference.builders import login, person, scenario
from tests.reference.subject import Row
from tests.reference.vectorised import inputs_of


@pytest.mark.parametrize(("first", "last"), [("Søren", "Ærø"), ("Łukasz", "Żółć"), ("İpek", "Ağaoğlu Işık")])
def test_a_newcomer_is_created_under_their_own_name(first: str, last: str) -> None:
    line = answer(json.dumps(example(person("newcomer", givenName=first, surname=last))))
    assert first in line  # as it is written, not escaped
    created = kinds(json.loads(line))["create_user"]
    assert (created["after"]["firstName"], created["after"]["lastName"]) == (first, last)


def test_the_answer_is_the_plan_as_json() -> None:
    made, settings, state, now, *_ = scenario([person("megan"), person("joiner")], [login("megan", roles=[])])
    inputs = inputs_of(made, settings, state, now)
    expected = document(make_plan(inputs), now, inputs.settings.version)
    assert plan_scenario(made, settings, now=now.isoformat()) == expected
    assert len(expected["actions"]) > 1


def test_a_scenario_may_be_empty() -> None:
    plan = plan_scenario({}, {}, now=NOW)
    assert (plan["status"], plan["actions"], plan["findings"]) == ("empty", [], [])


@pytest.mark.parametrize("absent", [{}, {"entra": None, "emply": {}}, {"entra": {"users": None}, "emply": None}])
def test_every_list_may_be_missing_or_null(absent: Row) -> None:
    assert plan_scenario(absent, {}, now=NOW)["actions"] == []


def test_absent_properties_have_the_defaults_of_the_rules() -> None:
    scenario = {
        "entra": {
            "users": [{"id": "e", "userPrincipalName": "e@contoso.com"}],
            "groups": [{"id": "g", "displayName": "Employees", "members": ["e"]}],
        },
        "emply": {"users": [{"id": "u", "username": "e@contoso.com"}], "roles": [{"id": "r", "title": "Employee"}]},
    }
    planned = kinds(plan_scenario(scenario, SETTINGS, now=NOW))
    assert planned.keys() == {"link_user", "set_roles", "update_user"}  # a Member, enabled; a login, active
    assert planned["set_roles"]["before"] == {"roleIds": []}


def test_without_now_the_clock_is_asked() -> None:
    at = datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC)
    with clock.frozen(at):
        assert plan_scenario({}, {})["created_at"] == "2027-03-04T05:06:07Z"


def test_now_may_be_in_any_zone() -> None:
    assert plan_scenario({}, {}, now="2026-11-22T11:30:00+01:00")["created_at"] == NOW


def test_a_made_up_company_of_the_sandbox_can_be_planned() -> None:
    settings = {
        "synchronize_roles": True,
        "synchronize_calendars": True,
        "profile_pictures": True,
        "groups": [{"group": "Employees", "default_role": "Employee"}],
    }
    plan = plan_scenario(make_company(users=60, seed=3), settings, now=NOW)
    assert {"upsert_event", "add_calendar", "link_user", "set_photo"} <= {row["kind"] for row in plan["actions"]}


def test_a_user_without_an_entry_in_calendars_has_no_mailbox() -> None:
    of = {"entra-with": [{"id": "c", "canEdit": True, "isDefaultCalendar": True}], "entra-shut": {"error": "Denied"}}
    logins = tuple(login(name) for name in ("with", "without", "shut"))
    given = example(
        person("with"),
        person("without"),
        person("shut"),
        logins=logins,
        sync={"links": {f"entra-{name}": f"login-{name}" for name in ("with", "without", "shut")}},
    )
    given["scenario"]["entra"]["calendars"] = of
    given["settings"]["synchronize_calendars"] = True
    plan = plan_example(given)
    assert [row["entra_id"] for row in plan["actions"] if row["kind"] == "add_calendar"] == ["entra-with"]
    told = {row["entra_id"] for row in plan["findings"] if row["code"] == "mailbox_unavailable"}
    assert told == {"entra-without", "entra-shut"}


@pytest.mark.parametrize(
    "start",
    [
        "2026-11-23T09:00:00Z",
        "2026-11-23T10:00:00+01:00",
        {"dateTime": "2026-11-23T09:00:00.0000000", "timeZone": "UTC"},
        {"dateTime": "2026-11-23T10:00:00", "timeZone": "Europe/Copenhagen"},
        {"dateTime": "2026-11-23T10:00:00", "timeZone": "Romance Standard Time"},
    ],
)
def test_an_event_may_be_written_in_any_zone(start: object) -> None:
    assert imported({"id": "x", "start": start, "end": "2026-11-23T11:00:00Z"}) == [("x", "2026-11-23T09:00:00Z")]


def test_a_series_is_in_its_occurrences() -> None:
    times = {"start": "2026-11-23T09:00:00Z", "end": "2026-11-23T10:00:00Z"}
    later = {"start": "2026-11-30T09:00:00Z", "end": "2026-11-30T10:00:00Z"}
    series = {"id": "s", "type": "seriesMaster", "occurrences": [{"id": "o1", **times}, {"id": "o2", **later}]}
    assert imported(series) == [("o1", times["start"]), ("o2", later["start"])]


def test_an_event_without_times_is_in_no_window() -> None:
    assert imported({"id": "x"}) == []


def imported(event: Row) -> list[tuple[str, str]]:
    """Id and start of what E1 writes to Emply of a calendar with this event."""
    given = example(person("megan"), logins=(login("megan"),), sync={"links": {"entra-megan": "login-megan"}})
    calendar = {"id": "c", "canEdit": True, "isDefaultCalendar": True, "events": [event]}
    given["scenario"]["entra"]["calendars"] = {"entra-megan": [calendar]}
    given["settings"]["synchronize_calendars"] = True
    actions = plan_example(given)["actions"]
    return sorted(
        (row["after"]["externalId"], row["after"]["start"]) for row in actions if row["kind"] == "upsert_event"
    )


def test_people_are_explained_where_asked_for() -> None:
    given = example(
        person("megan", givenName="Søren"), logins=(login(),), explain=["MEGAN@contoso.com ", "nobody@x.dk"]
    )
    megan, nobody = plan_example(given)["explanations"]
    assert [each["subject"] for each in megan["people"]] == ["megan@contoso.com"]
    statement = next(each for each in megan["people"][0]["statements"] if each["rule"] == "M2")
    assert statement["sentence"]
    assert nobody["people"] == []
    assert "nobody@x.dk" in nobody["sentence"]
    assert "explanations" not in plan_example(example(person()))


def test_an_explanation_tells_what_is_planned() -> None:
    given = example(person("newcomer"), explain=["newcomer@contoso.com"])
    plan = plan_example(given)
    [newcomer] = plan["explanations"][0]["people"]
    assert [row["action_id"] for row in newcomer["actions"]] == [row["action_id"] for row in plan["actions"]]
