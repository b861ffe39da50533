"""The conditions of C about the owners of calendars, and the first one of G. Those of one calendar are not here."""

from tests.reference.calendars import from_entra
from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer, integration_on
from tests.reference.terms import Person, get, is_guest

WAITING = ("link_user", "activate_user", "deactivate_user")


def calendars_on(case: Case, person: Person) -> Answer:
    return case.inputs.switch("synchronize_calendars") and integration_on(case, person)


def calendars_off(case: Case, person: Person) -> Answer:
    return not calendars_on(case, person)


def waiting(case: Case, person: Person) -> Answer:
    return any(row["held_by"] for row in case.planned.of(person, *WAITING))


def not_waiting(case: Case, person: Person) -> Answer:
    return not waiting(case, person)


def unmanaged(case: Case, person: Person) -> Answer:
    return case.planned.told(person, "unmanaged")


def left_for_now(case: Case, person: Person) -> Answer:
    """C8."""
    return person.left_alone or unmanaged(case, person) or waiting(case, person)


def not_left_for_now(case: Case, person: Person) -> Answer:
    return not left_for_now(case, person)


def not_deleted_room(case: Case, person: Person) -> Answer:
    return not case.planned.of(person, "delete_user")


def mailbox_open(case: Case, person: Person) -> Answer:
    calendars = case.inputs.mailbox(person.entra_id)
    return calendars is not None and not any(get(calendar, "closed", False) for calendar in calendars)


def mailbox_closed(case: Case, person: Person) -> Answer:
    return not mailbox_open(case, person)


def mailbox_not_shut(case: Case, person: Person) -> Answer:
    """C7: it is only looked at for those whom C1 or C5 considers."""
    return not is_considered(case, person) or mailbox_open(case, person)


def considered(case: Case, person: Person) -> Answer:
    return bool(calendars_on(case, person)) and is_considered(case, person)


def synchronised(case: Case, person: Person) -> Answer:
    return bool(considered(case, person) and mailbox_open(case, person))


def is_considered(case: Case, person: Person) -> bool:
    """C1: in scope, matched, active; C5: a room that W3 does not delete. Without those whom C8 spares."""
    room = person.is_room and bool(not_deleted_room(case, person))
    return (room or case.planned.may_have_calendars(person)) and not left_for_now(case, person)


def no_guest(_case: Case, person: Person) -> Answer:
    return not is_guest(person.user or {})


def has_calendar(case: Case, person: Person) -> Answer:
    return bool(case.inputs.mailbox(person.entra_id))


def has_action(case: Case, person: Person) -> Answer:
    for _, row in case.planned.actions:
        by_user = person.entra_id is not None and row["entra_id"] == person.entra_id
        by_login = person.login_id is not None and row["emply_user_id"] == person.login_id
        if by_user or by_login:
            return True
    return False


def has_calendar_from_entra(case: Case, person: Person) -> Answer:
    """As the Emply user's; or, of a room, recorded as that, or standing for its default calendar."""
    recorded = {row["calendarId"]: row["entraId"] for row in case.inputs.recorded("calendars") if not row["detached"]}
    defaults = {row["id"] for row in case.inputs.mailbox(person.entra_id) or [] if get(row, "isDefaultCalendar", False)}
    for row in from_entra(case.inputs):
        if get(row, "userId") is not None:
            mine = row["userId"] == person.login_id
        elif row["id"] in recorded:
            mine = recorded[row["id"]] == person.entra_id
        else:
            mine = person.is_room and row["externalId"] in defaults
        if mine:
            return True
    return False


CONDITIONS = {
    "calendars_on": calendars_on,
    "calendars_off": calendars_off,
    "waiting": waiting,
    "not_waiting": not_waiting,
    "unmanaged": unmanaged,
    "spared": left_for_now,
    "not_left_for_now": not_left_for_now,
    "not_deleted_room": not_deleted_room,
    "mailbox_open": mailbox_open,
    "mailbox_closed": mailbox_closed,
    "mailbox_not_shut": mailbox_not_shut,
    "considered": considered,
    "calendars_synchronised": synchronised,
    "no_guest": no_guest,
    "has_calendar": has_calendar,
    "from_entra": has_calendar_from_entra,
    "has_action": has_action,
}
