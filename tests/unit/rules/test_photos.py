"""P: profile pictures."""

from typing import Unpack

import pytest

from tests.reference.builders import SomeSettings, ago, change, deactivated, employee, login, person, scenario, told
from tests.reference.subject import PlanOf, Row, Scenario

NOTHING_TO_DO = ["L9 user_without_employee megan"]
RAYS = {"entra-ray": {"mediaEtag": '"ray"'}}
PHOTO = {"photos": {"entra-megan": {"mediaEtag": '"new"'}}}


def megan(entra: Row, etag: str | None = None, **settings: Unpack[SomeSettings]) -> Scenario:
    """Megan, linked and without employee; `etag` is the one recorded for her link."""
    state = {"photoEtags": [{"emplyUserId": "login-megan", "etag": etag}]} if etag else {}
    chosen: SomeSettings = {"profile_pictures": True, **settings}
    return scenario([person()], [login()], linked=["megan"], state=state, entra=entra, **chosen)


def test_p1_a_first_photo_is_set(plan_of: PlanOf) -> None:
    plan = plan_of(megan(PHOTO))
    assert told(plan) == [*NOTHING_TO_DO, "P1 set_photo megan"]
    assert change(plan, "set_photo") == ({"etag": None}, {"etag": '"new"'})


def test_p1_a_changed_photo_is_set(plan_of: PlanOf) -> None:
    assert change(plan_of(megan(PHOTO, '"old"')), "set_photo") == ({"etag": '"old"'}, {"etag": '"new"'})


def test_p1_a_photo_that_was_set_is_not_set_again(plan_of: PlanOf) -> None:
    assert told(plan_of(megan(PHOTO, '"new"'))) == NOTHING_TO_DO


@pytest.mark.parametrize("switch", [False, None])
def test_p_without_the_switch_no_photo_is_set(plan_of: PlanOf, switch: bool | None) -> None:
    assert told(plan_of(megan(PHOTO, profile_pictures=switch))) == NOTHING_TO_DO


def test_p1_a_new_link_starts_without_an_etag(plan_of: PlanOf) -> None:
    state = {"photoEtags": [{"emplyUserId": "login-megan", "etag": '"new"'}]}
    plan = plan_of(
        scenario([person()], [login()], linked=[("old", "megan")], state=state, entra=PHOTO, profile_pictures=True)
    )
    assert change(plan, "set_photo") == ({"etag": None}, {"etag": '"new"'})
    assert "P1 set_photo megan held by G3" in told(plan)


def test_p1_a_newcomer_gets_a_photo_only_once_there_is_an_emply_user(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], entra=PHOTO, profile_pictures=True))
    assert told(plan) == ["L1 create_user megan", "L9 user_without_employee megan"]


@pytest.mark.parametrize(("ours", "photos"), [(True, 1), (False, 0)])
def test_p1_who_is_activated_in_this_plan_is_active(plan_of: PlanOf, ours: bool, photos: int) -> None:
    state = {"deactivations": [deactivated("megan", ago(days=9))] if ours else []}
    logins = [login(active=False)]
    plan = plan_of(scenario([person()], logins, linked=["megan"], state=state, entra=PHOTO, profile_pictures=True))
    assert len([row for row in plan["actions"] if row["kind"] == "set_photo"]) == photos


@pytest.mark.parametrize(
    ("user", "group_then"),
    [({"groups": []}, "Employees"), ({"accountEnabled": False}, "Employees"), ({"groups": []}, "Gone")],
    ids=["left its group", "disabled", "unmanaged"],
)
def test_p1_who_is_not_in_scope_gets_none(plan_of: PlanOf, user: Row, group_then: str) -> None:
    state: Row = {"linked": ["megan"], "reconciled": {"megan": {group_then: None}}}
    plan = plan_of(scenario([{**person(), **user}], [login()], entra=PHOTO, profile_pictures=True, **state))
    assert "set_photo" not in [row["kind"] for row in plan["actions"]]


def test_p2_the_employee_controls_the_user(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [login()], [employee()], linked=["megan"], entra=PHOTO, profile_pictures=True))
    assert told(plan) == []


@pytest.mark.parametrize("photos", [{}, {"entra-megan": {"mediaEtag": ""}}, {"entra-megan": {"mediaEtag": None}}])
def test_p4_a_photo_removed_in_entra_is_left_alone(plan_of: PlanOf, photos: Row) -> None:
    assert told(plan_of(megan({"photos": {**photos, **RAYS}}, '"old"'))) == NOTHING_TO_DO
