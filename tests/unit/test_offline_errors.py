"""`plan --offline`: a wrong line is an error of its own, and says what is wrong."""

import json

import pytest

from entra_emply.offline.lines import answer, answers, not_json
from tests.offline import example
from tests.reference.builders import person

ASSIGNED = {"principalId": "e"}
SERIES = {"id": "s", "type": "seriesMaster", "occurrences": [5]}


def error(given: object) -> str:
    """What is said of a line that cannot be planned."""
    told = json.loads(answer(given if isinstance(given, str) else json.dumps(given)))
    assert list(told) == ["error"]
    return str(told["error"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "expected an object"),
        ({"scenario": {}}, "settings: is missing"),
        ({"settings": {}}, "scenario: is missing"),
        ({"scenario": {}, "settings": {}, "snyc": {}}, "snyc: unknown key"),
        ({"scenario": {}, "settings": {}, "sync": {"lnks": {}}}, "sync.lnks: unknown key"),
        ({"scenario": {"entre": {}}, "settings": {}}, "scenario.entre: unknown key"),
        ({"scenario": {"entra": {"user": []}}, "settings": {}}, "scenario.entra.user: unknown key"),
        ({"scenario": {"entra": {"users": {}}}, "settings": {}}, "scenario.entra.users: expected a list"),
        ({"scenario": {"entra": {"users": [{}]}}, "settings": {}}, "scenario.entra.users.0: expected an id"),
        (
            {"scenario": {"entra": {"groups": [{"id": "g", "members": "e"}]}}, "settings": {}},
            "scenario.entra.groups.0: expected members to be a list of ids",
        ),
        ({"scenario": {}, "settings": {"grups": []}}, "settings.grups: unknown key"),
        ({"scenario": {}, "settings": {"enabled": "yes"}}, "settings.enabled: expected true or false"),
        ({"scenario": {}, "settings": {"groups": [{"group": "A"}]}}, "settings.groups.0: expected default_role"),
        (
            {"scenario": {}, "settings": {"groups": [{"group": "Løn", "default_role": "A"}] * 2}},
            "settings.groups.1.group: Løn is there twice",
        ),
        ({"scenario": {}, "settings": {"groups": [{"group": "Løn", "default_role": "A"}]}}, "Løn"),  # R8
        ({"scenario": {}, "settings": {}, "sync": {"held": {"a": ["G9"]}}}, "sync.held.a.0: expected one of G1, G2"),
        ({"scenario": {}, "settings": {}, "now": "tomorrow"}, "now: expected a time, such as 2026-11-22T10:30:00Z"),
        ({"scenario": {}, "settings": {}, "now": "0001-01-01T00:00:00+01:00"}, "now: expected a time, such as 2026"),
        ({"scenario": {}, "settings": {}, "now": "9999-12-31T23:59:59-02:00"}, "now: expected a time, such as 2026"),
        (
            {"scenario": {}, "settings": {}, "sync": {"links": {"a": "u", "b": "u"}}},
            "sync: expected links",
        ),
        ({"scenario": {}, "settings": {}, "sync": {"member_counts": {"g": -1}}}, "sync.member_counts.g: expected"),
        ({"scenario": {}, "settings": {}, "sync": {"refused": [["e"]]}}, "sync.refused.0: expected two ids"),
        ({"scenario": {}, "settings": {}, "unreadable": {"events": {}}}, "unreadable.events: unknown key"),
        (
            {"scenario": {"entra": {"users": [{"id": "a", "mail": 5}]}}, "settings": {}},
            "entra_users could",
        ),
        (
            {"scenario": {"emply": {"roles": [{"id": "r"}, {"id": "r"}]}}, "settings": {}},
            "emply_roles could",
        ),
        ("{", "is not JSON"),
        ("NaN", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"scenario": {}, "settings": {}, "scenario": {}}', "scenario: the key is given twice"),
        (
            '{"scenario": {"entra": {"users": [{"id": "a"}, {"id": "b", "id": "c"}]}}, "settings": {}}',
            "scenario.entra.users.1.id: the key is given twice",
        ),
        (
            r'{"scenario": {}, "settings": {}, "sync": {"links": {"e": "u", "\u0065": "v"}}}',
            "sync.links.e: the key is given twice",
        ),
        (
            {"scenario": {"entra": {"calendars": {"e": [{"id": "c"}, {"id": "d", "events": "none"}]}}}, "settings": {}},
            "scenario.entra.calendars.e.1: expected events to be a list of objects",
        ),
        (
            {"scenario": {"entra": {"calendars": {"e": [{"id": "c", "events": [5]}]}}}, "settings": {}},
            "scenario.entra.calendars.e.0: expected events to be a list of objects",
        ),
        (
            {"scenario": {"entra": {"calendars": {"e": [{"id": "c", "events": [{"id": ["x"]}]}]}}}, "settings": {}},
            "scenario.entra.calendars.e.0: expected the id of each event to be a text",
        ),
        (
            {"scenario": {"entra": {"calendars": {"e": [{"id": "c", "events": [SERIES]}]}}}, "settings": {}},
            "scenario.entra.calendars.e.0: expected occurrences to be a list of objects",
        ),
        (
            {"scenario": {"entra": {"calendars": {"e": [5]}}}, "settings": {}},
            "scenario.entra.calendars.e: expected a list of calendars, each an object with an id",
        ),
        (
            {"scenario": {"entra": {"servicePrincipals": [{"id": "s", "appRoleAssignedTo": 5}]}}, "settings": {}},
            "scenario.entra.servicePrincipals.0: expected appRoleAssignedTo to be a list of objects",
        ),
        (
            {"scenario": {"entra": {"servicePrincipals": [{"id": "s", "appRoleAssignedTo": ["e"]}]}}, "settings": {}},
            "scenario.entra.servicePrincipals.0: expected appRoleAssignedTo to be a list of objects",
        ),
        (
            {
                "scenario": {"entra": {"servicePrincipals": [{"id": "s", "appRoleAssignedTo": [ASSIGNED, {}]}]}},
                "settings": {"sso": {"service_principal_id": "s"}},
            },
            "scenario.entra.servicePrincipals.0: expected appRoleAssignedTo to name the principalId of each",
        ),
        ({"scenario": {"entra": {"photos": {"e": {"mediaEtag": 0}}}}, "settings": {}}, "etag is not a text in 1 row"),
        ({"scenario": {}, "settings": {"protected_roles": "HR"}}, "settings.protected_roles: expected a list"),
        (
            {"scenario": {}, "settings": {"guards": {"min_rows_percent": "80"}}},
            "settings.guards.min_rows_percent: expected a number",
        ),
        (
            {"scenario": {}, "settings": {"groups": [{"group": "\ud800", "default_role": "A"}]}},
            "settings.groups.0.group: expected a text",
        ),
        ({"scenario": {}, "settings": {}, "now": "\ud800"}, "now: expected a time, such as 2026-11-22T10:30:00Z"),
        (
            {"scenario": {"emply": {"events": [{"id": "v", "calendarId": ["c"]}]}}, "settings": {}},
            "scenario.emply.events.0: expected calendarId to be an id",
        ),
        (
            {"scenario": {}, "settings": {}, "sync": {"member_counts": {"g": 2**63}}},
            "sync.member_counts.g: expected at most",
        ),
        (
            {"scenario": {}, "settings": {"guards": {"max_grants": {"min_count": 2**63}}}},
            "settings.guards.max_grants.min_count: expected at most",
        ),
        ({"scenario": {}, "settings": {}, "now": 5}, "now: expected a time, such as 2026-11-22T10:30:00Z"),
        (
            {"scenario": {}, "settings": {}, "unreadable": {"photos": 404}},
            "unreadable.photos: expected an object",
        ),
        (
            {"scenario": {}, "settings": {}, "unreadable": {"photos": {"e": 404}}},
            "unreadable.photos.e: expected a text",
        ),
    ],
)
def test_a_wrong_line_says_what_is_wrong(given: object, said: str) -> None:
    assert said in error(given)


def test_half_a_character_is_an_error_of_its_line() -> None:
    lonely = r'{"scenario": {"entra": {"users": [{"id": "a", "mail": "\ud800"}]}}, "settings": {}}'
    assert "mail is out of range in 1 row (ids a)" in error(lonely)


def test_every_key_that_is_given_twice_is_told() -> None:
    twice = '{"scenario": {}, "settings": {"enabled": true, "enabled": false}, "now": null, "now": null, "now": null}'
    assert error(twice) == "now: the key is given twice; settings.enabled: the key is given twice"
    assert not_json({1: twice}) == []  # it can be read, if not in one way


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"explain": ["\ud800"]}, "explain.0"),
        ({"unreadable": {"photos": {"e": "\ud800"}}}, "unreadable.photos.e"),
        ({"unreadable": {"mailboxes": {"\ud800": "503"}}}, "unreadable.mailboxes.���"),
        ({"sync": {"links": {"e": "\ud800"}}}, "sync.links.e"),
        ({"sync": {"links": {"\ud800": "u"}}}, "sync.links.���"),
        ({"sync": {"roles": {"e": {"groups": ["\ud800"]}}}}, "sync.roles.e.groups.0"),
        ({"sync": {"held": {"a": ["\ud800"]}}}, "sync.held.a.0"),
        ({"sync": {"approved": ["\ud800"]}}, "sync.approved.0"),
        ({"sync": {"refused": [["e", "\ud800"]]}}, "sync.refused.0.1"),
        ({"sync": {"deactivations": {"\ud800": {"at": "2026-11-22T10:30:00Z"}}}}, "sync.deactivations.���"),
    ],
)
def test_half_a_character_is_told_with_its_place(more: dict[str, object], place: str) -> None:
    assert error({"scenario": {}, "settings": {}, **more}) == f"{place}: expected valid Unicode text"


@pytest.mark.parametrize(
    "start",
    [
        5,
        "soon",
        "2026-02-30T10:00:00Z",
        {"dateTime": "2026-11-23T10:00:00", "timeZone": "No/Where"},
        {"dateTime": "0001-01-01T00:00:00", "timeZone": "Asia/Tokyo"},
        {"dateTime": "9999-12-31T23:59:59", "timeZone": "America/New_York"},
    ],
)
def test_a_time_that_is_none_is_told_with_its_event(start: object) -> None:
    event = {"id": "v", "start": start, "end": "2026-11-23T10:00:00Z"}
    outlook = {"scenario": {"entra": {"calendars": {"e": [{"id": "c", "events": [event]}]}}}, "settings": {}}
    assert "entra_events could not be read: start is not a time in 1 row (ids v)" in error(outlook)
    emply = {"scenario": {"emply": {"events": [event | {"calendarId": "c"}]}}, "settings": {}}
    assert "emply_events could not be read: start is not a time in 1 row (ids v)" in error(emply)


def test_what_nobody_thought_of_is_an_error_of_its_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entra_emply.offline.plan.make_plan", lambda _inputs: 1 / 0)
    assert "cannot be planned (ZeroDivisionError)" in error('{"scenario": {}, "settings": {}}')


def test_wrong_lines_do_not_stop_the_others() -> None:
    lines = ["{", json.dumps(example(person("joiner"))), "[]", json.dumps({"scenario": {}, "settings": {"x": 1}})]
    told = [json.loads(line) for line in answers(lines)]
    assert [sorted(each) == ["error"] for each in told] == [True, False, True, True]
    assert not_json(dict(enumerate(lines, 1))) == [1]


def test_many_lines_are_answered_in_order() -> None:
    times = [f"2026-11-22T10:{minute:02}:00Z" for minute in range(45)]
    lines = [json.dumps({"scenario": {}, "settings": {}, "now": time}) for time in times]
    assert [json.loads(line)["created_at"] for line in answers(lines)] == times


@pytest.mark.parametrize("source", ["nope", "entra_photo"])
def test_an_unreadable_source_that_nobody_knows_is_an_error(source: str) -> None:
    assert source in error(example(unreadable={"sources": {source: "503"}}))


@pytest.mark.parametrize("source", ["entra_users", "emply_roles"])
def test_a_list_of_the_directory_that_could_not_be_read_makes_no_plan(source: str) -> None:
    assert source in error(example(unreadable={"sources": {source: "503"}}))


@pytest.mark.parametrize(
    "given",
    [
        {"scenario": {"entra": {"calendars": {"e": [{"name": "x"}]}}}, "settings": {}},
        {"scenario": {}, "settings": {}, "sync": {"refused": [["e", "u", "x"]]}},
        {"scenario": {"emply": {"employees": [{"id": "p", "status": "gone"}]}}, "settings": {}},
        {"scenario": {"emply": {"users": [{"id": "u"}, {"id": "u"}]}}, "settings": {}},
        {"scenario": {"emply": {"events": [{"id": "v"}]}}, "settings": {}},
    ],
)
def test_an_error_has_no_word_of_the_library_that_found_it(given: dict[str, object]) -> None:
    told = error(given)
    library = ("function-", "dict[", "Tuple", "isin(", "field_uniqueness", "str_length")
    assert not [word for word in library if word in told]
