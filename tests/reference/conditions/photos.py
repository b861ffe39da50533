"""The conditions of P."""

from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer
from tests.reference.photos import is_considered
from tests.reference.terms import Person, trimmed
from tests.reference.unread import most_frequent_where_too_many


def profile_pictures(case: Case, _person: Person) -> Answer:
    return case.inputs.switch("profile_pictures")


def photo_in_entra(case: Case, person: Person) -> Answer:
    return _etag(case, person) is not None


def no_photo_in_entra(case: Case, person: Person) -> Answer:
    return _etag(case, person) is None


def photo_changed(case: Case, person: Person) -> Answer:
    return _etag(case, person) != _recorded(case, person)


def photo_recorded(case: Case, person: Person) -> Answer:
    return _recorded(case, person) is not None


def _etag(case: Case, person: Person) -> str | None:
    return trimmed((case.inputs.of_user("photos", person.entra_id) or {}).get("mediaEtag"))


def _recorded(case: Case, person: Person) -> str | None:
    """A new link starts without."""
    rows = [row["etag"] for row in case.inputs.recorded("photoEtags") if row["emplyUserId"] == person.login_id]
    return trimmed(rows[0]) if rows and person.linked else None


def photos_read(case: Case, _person: Person) -> Answer:
    return _photos_left_out(case) is None


def _photos_left_out(case: Case) -> str | None:
    """The code of the source, or the most frequent one where too many people's could not be read."""
    asked = [person for person in case.planned.people if is_considered(case.inputs, person, case.planned)]
    return case.inputs.not_read("entra_photos") or most_frequent_where_too_many(case.inputs, "photos", asked)


def photo_readable(case: Case, person: Person) -> Answer:
    return case.inputs.not_read_of("photos", person.entra_id) is None


def photo_unreadable(case: Case, person: Person) -> Answer:
    return not photo_readable(case, person)


# What is compared


def code_of_photo(case: Case, person: Person) -> dict[str, object]:
    return {"code": case.inputs.not_read_of("photos", person.entra_id)}


def code_of_photos(case: Case, _person: Person) -> dict[str, object]:
    return {"code": _photos_left_out(case)}


CONDITIONS = {
    "photos_read": photos_read,
    "photo_readable": photo_readable,
    "photo_unreadable": photo_unreadable,
    "profile_pictures": profile_pictures,
    "photo_in_entra": photo_in_entra,
    "no_photo_in_entra": no_photo_in_entra,
    "photo_changed": photo_changed,
    "photo_recorded": photo_recorded,
}

COMPARED = {
    **dict.fromkeys(("photo_readable", "photo_unreadable"), code_of_photo),
    "photos_read": code_of_photos,
}
