"""P: profile pictures, from Entra to Emply only (P3)."""

from tests.reference.planned import Found, Planned
from tests.reference.terms import Inputs, Person, action, trimmed, written


def plan_photo(inputs: Inputs, person: Person, planned: Planned) -> Found:
    if not inputs.switch("profile_pictures") or not planned.may_have_calendars(person):
        return [], []
    recorded = _recorded_etag(inputs, person)
    photo = inputs.of_user("photos", person.entra_id) or {}
    etag = written(photo.get("mediaEtag"))
    if person.employee is not None:
        inputs.trace["P2"] += etag is not None
        return [], []
    if etag is None:
        inputs.trace["P4"] += recorded is not None
        return [], []
    if trimmed(etag) == trimmed(recorded):
        inputs.trace["P1 unchanged"] += 1
        return [], []
    inputs.trace["P1 changed" if recorded is not None else "P1 first"] += 1
    return [action(person, "emply.set_photo", "P1", before={"etag": recorded}, after={"etag": etag})], []


def _recorded_etag(inputs: Inputs, person: Person) -> str | None:
    """The etag of the link; "a new link starts without"."""
    if not person.linked:
        return None
    rows = [row["etag"] for row in inputs.recorded("photoEtags") if row["emplyUserId"] == person.login_id]
    return written(rows[0]) if rows else None
