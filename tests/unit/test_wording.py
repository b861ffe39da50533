"""What a plan says of its actions in words."""

import random

import pytest

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.report.wording import about_with_answer, changes, fields, rows, why
from tests.reference.builders import login, person, scenario
from tests.reference.random_scenarios import random_scenario
from tests.reference.subject import Scenario
from tests.reference.vectorised import inputs_of

LINKED_BY_ALIAS = scenario(
    [person("ann.holm", proxyAddresses=["smtp:ann.berg@contoso.com"])],
    [login("berg", username="ann.berg@contoso.com", email=None)],
)


def unsaid(planned: Scenario) -> list[str]:
    """The rules by which something is planned, and nothing is said why."""
    actions = rows(make_plan(inputs_of(*planned)).actions)
    return [action["rule"] for action in actions if why(action).endswith(": ")]


def test_why_a_link_by_another_address_is_planned() -> None:
    assert unsaid(LINKED_BY_ALIAS) == []


@pytest.mark.parametrize(("before", "old"), [(None, "none"), ('"1A"', "an earlier one")])
def test_a_photo_is_not_told_by_its_etag(before: str | None, old: str) -> None:
    assert fields({"before": {"etag": before}, "after": {"etag": '"2B"'}}, {}) == [("picture", old, "the one in Entra")]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("jobTitle", "job title"),
        ("roleIds", "roles"),
        ("active", "active"),
        ("timeZone", "time zone"),
        ("isAllDay", "all day"),
        ("startTime", "start time"),
    ],
)
def test_a_field_is_called_in_words(field: str, said: str) -> None:
    assert changes({"before": {field: "a"}, "after": {field: "b"}}, {}) == [f"{said}: a → b"]


def test_roles_are_listed_by_name_in_whatever_order_their_ids_are() -> None:
    names = {"1": "Manager", "2": "employee", "3": "HR"}
    told = changes({"before": {"roleIds": ["1", "2"]}, "after": {"roleIds": ["1", "3"]}}, names)
    assert told == ["roles: employee, Manager → HR, Manager"]


@pytest.mark.parametrize(
    ("field", "before", "after", "said"),
    [
        ("start", "2026-12-15T11:00:00Z", "2026-12-15T11:30:00Z", "start: 2026-12-15 11:00 UTC → 2026-12-15 11:30 UTC"),
        ("end", "2026-12-15T11:00:00Z", "2026-12-15T11:00:30Z", "end: 2026-12-15 11:00 UTC → 2026-12-15 11:00:30 UTC"),
        ("end", "0001-01-01T00:00:00Z", "never", "end: 0001-01-01 00:00 UTC → never"),
        ("showAs", "oof", "workingElsewhere", "show as: away → working elsewhere"),
        ("title", "2026-12-15T11:00:00Z", "oof", "title: 2026-12-15T11:00:00Z → oof"),
    ],
)
def test_when_an_event_is_and_how_it_is_shown_is_told_as_people_write_it(
    field: str, before: str, after: str, said: str
) -> None:
    assert changes({"before": {field: before}, "after": {field: after}}, {}) == [said]


@pytest.mark.parametrize(
    ("code", "subject", "about", "said"),
    [
        ("mailbox_unreadable", "megan@contoso.com", "503", "megan@contoso.com (503)"),
        ("photo_unreadable", None, "400 ErrorOdd", "(no address) (400 ErrorOdd)"),
        ("source_unreadable", "entra_photos", "no_answer", "entra_photos (no_answer)"),
        ("calendar_not_editable", "megan@contoso.com", "calendar-1", "megan@contoso.com"),
        ("nested_group_ignored", None, "group-1", "group-1"),
        ("no_email", None, None, "(no address)"),
    ],
)
def test_a_finding_names_whom_it_is_about_and_what_the_service_answered(
    code: str, subject: str | None, about: str | None, said: str
) -> None:
    assert about_with_answer({"code": code, "subject": subject, "object": about}) == said


@pytest.mark.parametrize("seed", range(12))
def test_every_action_says_why(seed: int) -> None:
    try:
        assert unsaid(random_scenario(random.Random(seed))) == []
    except SettingsError:
        pytest.skip("the settings of this scenario are wrong")


def test_a_calendar_that_is_detached_keeps_its_name() -> None:
    detached = {"before": {"externalId": "o", "name": "Møder"}, "after": {"externalId": None}}
    assert changes(detached, {}) == ["external id: o → none"]


def test_what_is_written_whatever_was_there_is_not_said_to_have_been_missing() -> None:
    changed = {"before": {"externalId": "o", "changeKey": "1"}, "after": {"externalId": "o", "title": "Obiad"}}
    attached = {"before": {"externalId": None}, "after": {"externalId": "o", "name": "Takvim"}}
    assert [changes(each, {}) for each in (changed, attached)] == [["title: Obiad"], ["name: Takvim"]]
