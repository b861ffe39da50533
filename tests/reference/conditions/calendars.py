"""The conditions of C about the owners of calendars, and the first one of G. Those of one calendar are not here."""

from tests.reference.calendars import SOURCES, from_entra, rooms
from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer, integration_on
from tests.reference.terms import Person, get, is_guest
from tests.reference.unread import most_frequent_where_too_many

_OF_EMPLY = ("emply_calendars", "emply_events")
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
    return not considered(case, person) or mailbox_open(case, person)


def considered(case: Case, person: Person) -> Answer:
    """C1, C5, where everything was read that they need (G5b)."""
    return bool(calendars_on(case, person) and calendars_read(case, person)) and _is_considered(case, person)


def synchronised(case: Case, person: Person) -> Answer:
    return bool(considered(case, person) and mailbox_open(case, person))


def _is_considered(case: Case, person: Person) -> bool:
    """C1: in scope, matched, active; C5: a room that W3 does not delete. Without those whom C8 spares."""
    room = person.is_room and bool(not_deleted_room(case, person))
    return (room or case.planned.may_have_calendars(person)) and not left_for_now(case, person)


def mailboxes_read(case: Case, _person: Person) -> Answer:
    return _mailboxes_left_out(case) is None


def _mailboxes_left_out(case: Case) -> str | None:
    everybody = [*case.planned.people, *(case.person(room, None) for room in rooms(case.inputs))]
    asked = [person for person in everybody if _is_considered(case, person)]
    return most_frequent_where_too_many(case.inputs, "mailboxes", asked) or case.inputs.not_read("entra_calendars")


def calendars_read(case: Case, person: Person) -> Answer:
    """With the calendars off, those of Emply alone (C6)."""
    if not calendars_on(case, person):
        return all(case.inputs.not_read(source) is None for source in _OF_EMPLY)
    return _mailboxes_left_out(case) is None and all(case.inputs.not_read(source) is None for source in SOURCES)


def mailbox_readable(case: Case, person: Person) -> Answer:
    return case.inputs.not_read_of("mailboxes", person.entra_id) is None


def mailbox_unreadable(case: Case, person: Person) -> Answer:
    return not mailbox_readable(case, person)


def mailbox_asked(case: Case, person: Person) -> Answer:
    """A scenario is read as a whole: every mailbox was asked for."""
    del case
    return person.user is not None


def mailbox_barred(case: Case, person: Person) -> Answer:
    """C7: it does not exist, may not be opened, or is unreadable."""
    return not mailbox_open(case, person)


def to_be_looked_at(case: Case, person: Person) -> Answer:
    """C7: a guest without a mailbox is nothing to look at, one whose mailbox is unreadable is."""
    return bool(mailbox_unreadable(case, person) or no_guest(case, person))


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


# What is compared


def code_of_mailbox(case: Case, person: Person) -> dict[str, object]:
    return {"code": case.inputs.not_read_of("mailboxes", person.entra_id)}


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
    "mailboxes_read": mailboxes_read,
    "calendars_read": calendars_read,
    "mailbox_asked": mailbox_asked,
    "mailbox_readable": mailbox_readable,
    "mailbox_unreadable": mailbox_unreadable,
    "mailbox_barred": mailbox_barred,
    "to_be_looked_at": to_be_looked_at,
    "mailbox_not_shut": mailbox_not_shut,
    "considered": considered,
    "calendars_synchronised": synchronised,
    "no_guest": no_guest,
    "has_calendar": has_calendar,
    "from_entra": has_calendar_from_entra,
    "has_action": has_action,
}

COMPARED = dict.fromkeys(("mailbox_readable", "mailbox_unreadable"), code_of_mailbox)
