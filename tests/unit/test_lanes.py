"""Lanes: one person's actions follow one another, different people's do not."""

from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning.lanes import lanes_of

TO_CALENDAR: JsonObject = {"kind": "room", "externalId": "sal-cal"}
IN_CALENDAR: JsonObject = {"calendarExternalId": "sal-cal", "externalId": "frokost"}


def _action(
    entra_id: str | None = None,
    emply_user_id: str | None = None,
    before: JsonObject | None = None,
    after: JsonObject | None = None,
    action_id: str = "",
) -> Action:
    return Action(1, action_id, "emply", "", "", None, entra_id, emply_user_id, None, before, after, approved=False)


def test_who_has_the_same_entra_user_or_the_same_login_is_one_person() -> None:
    ada, ada_too, her_login = _action("ada", "E-ada"), _action("ada"), _action(None, "E-ada")
    assert lanes_of([ada, _action("çağla"), ada_too, her_login]) == [[0, 2, 3], [1]]


def test_two_ids_are_of_one_person_where_a_later_action_says_so() -> None:
    assert lanes_of([_action("ada"), _action(None, "E-ada"), _action("ada", "E-ada")]) == [[0, 1, 2]]


def test_a_login_that_goes_to_another_entra_user_is_one_person_with_both() -> None:
    old, new = _action("ada", "E-ada"), _action("ada-made-again", "E-ada")
    assert lanes_of([old, _action("łukasz", "E-łukasz"), new, _action("ada-made-again")]) == [[0, 2, 3], [1]]


def test_each_calendar_that_is_nobodys_is_alone() -> None:
    another = _action(before={"kind": "room", "externalId": "another"})
    assert lanes_of([_action(before=TO_CALENDAR), another]) == [[0], [1]]


def test_a_rooms_calendar_and_its_events_are_together_though_nobody_knew_whose_it_is() -> None:
    renewed = _action("sal", before={"externalId": "old-cal"}, after=TO_CALENDAR)
    assert lanes_of([_action(before=TO_CALENDAR), renewed, _action(after=IN_CALENDAR)]) == [[0, 1, 2]]


def test_two_peoples_calendars_of_one_id_are_two_peoples() -> None:
    """A shared calendar stands in two mailboxes."""
    one, other = (_action(name, f"E-{name}", after=TO_CALENDAR) for name in ("ada", "łukasz"))
    assert lanes_of([one, other]) == [[0], [1]]


def test_what_names_nobody_is_alone() -> None:
    assert lanes_of([_action(action_id="1"), _action(action_id="2")]) == [[0], [1]]
