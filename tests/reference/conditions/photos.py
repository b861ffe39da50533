"""The conditions of P."""

from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer
from tests.reference.terms import Person, trimmed


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


CONDITIONS = {
    "profile_pictures": profile_pictures,
    "photo_in_entra": photo_in_entra,
    "no_photo_in_entra": no_photo_in_entra,
    "photo_changed": photo_changed,
    "photo_recorded": photo_recorded,
}
