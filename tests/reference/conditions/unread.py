"""The conditions about what could not be read: of one person (P5, C7), or a source that only some rules need (G5b).

What a code says is `tests.reference.unread`; here is whom a source is read of, asked again person by person.
"""

from tests.reference.calendars import SOURCES, rooms
from tests.reference.conditions.calendars import calendars_on, is_considered, mailbox_open, no_guest
from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer
from tests.reference.photos import is_considered as has_photo_read
from tests.reference.terms import Person
from tests.reference.unread import most_frequent_where_too_many

_OF_EMPLY = ("emply_calendars", "emply_events")


def application_read(case: Case, _person: Person) -> Answer:
    return case.inputs.not_read("entra_app") is None


def deleted_users_read(case: Case, _person: Person) -> Answer:
    return case.inputs.not_read("entra_deleted_users") is None


def photos_read(case: Case, _person: Person) -> Answer:
    return _photos_left_out(case) is None


def _photos_left_out(case: Case) -> str | None:
    """The code of the source, or the most frequent one where too many people's could not be read."""
    asked = [person for person in case.planned.people if has_photo_read(case.inputs, person, case.planned)]
    return case.inputs.not_read("entra_photos") or most_frequent_where_too_many(case.inputs, "photos", asked)


def photo_readable(case: Case, person: Person) -> Answer:
    return case.inputs.not_read_of("photos", person.entra_id) is None


def photo_unreadable(case: Case, person: Person) -> Answer:
    return not photo_readable(case, person)


def mailboxes_read(case: Case, _person: Person) -> Answer:
    return _mailboxes_left_out(case) is None


def _mailboxes_left_out(case: Case) -> str | None:
    everybody = [*case.planned.people, *(case.person(room, None) for room in rooms(case.inputs))]
    asked = [person for person in everybody if is_considered(case, person)]
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


def source_left_out(case: Case, _person: Person) -> Answer:
    """G5b: some source is, of those that are needed."""
    return any(row["code"] == "source_unreadable" for _, row in case.planned.findings)


# What is compared


def code_of_photo(case: Case, person: Person) -> dict[str, object]:
    return {"code": case.inputs.not_read_of("photos", person.entra_id)}


def code_of_mailbox(case: Case, person: Person) -> dict[str, object]:
    return {"code": case.inputs.not_read_of("mailboxes", person.entra_id)}


def code_of_photos(case: Case, _person: Person) -> dict[str, object]:
    return {"code": _photos_left_out(case)}


CONDITIONS = {
    "application_read": application_read,
    "deleted_users_read": deleted_users_read,
    "photos_read": photos_read,
    "photo_readable": photo_readable,
    "photo_unreadable": photo_unreadable,
    "mailboxes_read": mailboxes_read,
    "calendars_read": calendars_read,
    "mailbox_asked": mailbox_asked,
    "mailbox_readable": mailbox_readable,
    "mailbox_unreadable": mailbox_unreadable,
    "mailbox_barred": mailbox_barred,
    "to_be_looked_at": to_be_looked_at,
    "source_left_out": source_left_out,
    "source_needed": source_left_out,
}

COMPARED = {
    **dict.fromkeys(("photo_readable", "photo_unreadable"), code_of_photo),
    **dict.fromkeys(("mailbox_readable", "mailbox_unreadable"), code_of_mailbox),
    "photos_read": code_of_photos,
}
