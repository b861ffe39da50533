"""P: profile pictures, from Entra to Emply only (P3)."""

from tests.reference.planned import Found, Planned
from tests.reference.terms import Person, World, action, trimmed, written


def plan_photo(world: World, person: Person, planned: Planned) -> Found:
    if not world.switch("profile_pictures") or not planned.may_have_calendars(person):
        return [], []
    recorded = _recorded_etag(world, person)
    photo = world.of_user("photos", person.entra_id) or {}
    etag = written(photo.get("mediaEtag"))
    if person.employee is not None:
        world.trace["P2"] += etag is not None
        return [], []
    if etag is None:
        world.trace["P4"] += recorded is not None
        return [], []
    if trimmed(etag) == trimmed(recorded):
        world.trace["P1 unchanged"] += 1
        return [], []
    world.trace["P1 changed" if recorded is not None else "P1 first"] += 1
    return [action(person, "emply.set_photo", "P1", before={"etag": recorded}, after={"etag": etag})], []


def _recorded_etag(world: World, person: Person) -> str | None:
    """The etag of the link; "a new link starts without"."""
    if not person.linked:
        return None
    rows = [row["etag"] for row in world.recorded("photoEtags") if row["emplyUserId"] == person.login_id]
    return written(rows[0]) if rows else None
