"""The diff of provisioning: which values of a plan a service does not have. (rules.md, "Terms")"""

import pytest

from entra_emply.provisioning.values import changed, given, holds

SAME = {
    "text around which there are blanks": ({"name": "Møder"}, {"name": " Møder "}),
    "blank text and none": ({"name": " "}, {}),
    "an absent switch and its default": ({"active": True, "isAllDay": False}, {}),
    "a null switch and its default": ({"accountEnabled": True}, {"accountEnabled": None}),
    "lists in another order": ({"roleIds": ["a", "b"]}, {"roleIds": ["b", "a", "a"]}),
    "an empty list and none": ({"roleIds": []}, {"roleIds": None}),
    "times to the second": ({"start": "2026-11-26T11:00:00Z"}, {"start": "2026-11-26T11:00:00.0000000+00:00"}),
}
OTHERS = {
    "text in another case": ({"name": "Møder"}, {"name": "møder"}),
    "a switch that is off": ({"active": True}, {"active": False}),
    "one role more": ({"roleIds": ["a", "b"]}, {"roleIds": ["a"]}),
    "a second later": ({"end": "2026-11-26T11:00:00Z"}, {"end": "2026-11-26T11:00:01Z"}),
    "null instead of text": ({"jobTitle": None}, {"jobTitle": "Mühendis"}),
}


@pytest.mark.parametrize(("values", "found"), SAME.values(), ids=SAME)
def test_values_that_mean_the_same_are_no_change(values: dict[str, object], found: dict[str, object]) -> None:
    assert (changed(values, found), holds(values, found)) == ({}, True)


@pytest.mark.parametrize(("values", "found"), OTHERS.values(), ids=OTHERS)
def test_other_values_are_the_change(values: dict[str, object], found: dict[str, object]) -> None:
    assert (changed(values, found), holds(values, found)) == (values, False)


def test_only_changed_values_are_in_the_change_and_what_is_left_out_is_not_compared() -> None:
    values = {"kind": "user", "name": "Møder", "enabled": True}
    found = {"kind": "room", "name": "Kalender", "enabled": True, "id": "x"}
    assert changed(values, found, without=["kind"]) == {"name": "Møder"}


def test_an_object_is_created_with_the_values_that_there_are() -> None:
    values = {"kind": "user", "name": "Çalışma", "userId": None, "enabled": False}
    assert given(values, without=["kind"]) == {"name": "Çalışma", "enabled": False}
