"""P: profile pictures, from Entra to Emply only (P3)."""

from tests.reference.planned import Found, Planned
from tests.reference.terms import Inputs, Person, action, finding, trimmed, written
from tests.reference.unread import most_frequent_where_too_many, source_unreadable


def plan_photo(inputs: Inputs, person: Person, planned: Planned) -> Found:
    """P1 and P5 for one person."""
    if not is_considered(inputs, person, planned):
        inputs.trace["P2"] += inputs.switch("profile_pictures") and person.matched and person.employee is not None
        return [], []
    if source_not_read(inputs, planned) is not None:
        return [], []
    code = inputs.not_read_of("photos", person.entra_id)
    if code is not None:
        return [], [{**finding(person, "photo_unreadable", "P5"), "object": code}]
    recorded = _recorded_etag(inputs, person)
    photo = inputs.of_user("photos", person.entra_id) or {}
    etag = written(photo.get("mediaEtag"))
    if etag is None:
        inputs.trace["P4"] += recorded is not None
        return [], []
    if trimmed(etag) == trimmed(recorded):
        inputs.trace["P1 unchanged"] += 1
        return [], []
    inputs.trace["P1 changed" if recorded is not None else "P1 first"] += 1
    return [action(person, "emply.set_photo", "P1", before={"etag": recorded}, after={"etag": etag})], []


def is_considered(inputs: Inputs, person: Person, planned: Planned) -> bool:
    """Whom P1 considers."""
    return inputs.switch("profile_pictures") and planned.may_have_calendars(person) and person.employee is None


def source_not_read(inputs: Inputs, planned: Planned) -> str | None:
    """G5b: the code of all photos."""
    considered = [person for person in planned.people if is_considered(inputs, person, planned)]
    return inputs.not_read("entra_photos") or most_frequent_where_too_many(inputs, "photos", considered)


def find_unread_photos(inputs: Inputs, planned: Planned) -> None:
    code = source_not_read(inputs, planned) if inputs.switch("profile_pictures") else None
    if code is not None:
        planned.findings.append((None, source_unreadable(inputs, "entra_photos", code)))


def _recorded_etag(inputs: Inputs, person: Person) -> str | None:
    """The etag of the link; "a new link starts without"."""
    if not person.linked:
        return None
    rows = [row["etag"] for row in inputs.recorded("photoEtags") if row["emplyUserId"] == person.login_id]
    return written(rows[0]) if rows else None
