"""Both systems with mailboxes: what the tests of photos, calendars, events and write-back begin with."""

import base64

from entra_emply.ledger.ledger import Ledger
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.systems import Systems, make_scenario

STAFF = ["g-staff"]
OUTCOMES = (
    "SELECT kind, result, code FROM outcomes JOIN attempts USING (attempt_no) JOIN actions USING (plan_no, action_id)"
    " ORDER BY attempt_no"
)


def make_systems(ledger: Ledger) -> Systems:
    """Ada, İpek, Søren and Łukasz, and the room Sal, who has no login."""
    people = {"ada": STAFF, "ipek": STAFF, "søren": STAFF, "łukasz": STAFF, "sal": ["g-rooms"]}
    return Systems(ledger, make_scenario(people, without_login=("sal",)))


def furnish(systems: Systems) -> None:
    """Ada's calendar and the room's are in Emply, with one event each of both origins; İpek's is not, and is empty.

    Søren's employee is archived. Ada has a photo.
    """
    entra, emply = systems.scenario["entra"], systems.scenario["emply"]
    entra["photos"]["ada"] = {"mediaEtag": "W/1", "contentBase64": base64.b64encode(b"Ada's").decode("ascii")}
    for owner in ("ada", "ipek", "sal"):
        entra["calendars"][owner] = [calendar(f"{owner}-cal")]
    entra["calendars"]["ada"].append(calendar("ada-team", name="Çalışma grubu", isDefaultCalendar=False))
    for owner, kind in (("ada", "user"), ("sal", "room")):
        emply["calendars"].append(emply_calendar(owner, kind))
        outlook(systems, owner)["events"].append(outlook_event(f"{owner}-lunch"))
        emply["events"].append(emply_event(f"E-{owner}-lunch", f"E-{owner}", externalId=f"{owner}-lunch"))
    emply["events"].append(emply_event("E-ada-own", "E-ada", origin="emply", title="Ansættelsessamtale"))
    emply["employees"].append({"id": "søren-file", "number": 7, "email": "søren@contoso.com", "status": "Archived"})


def calendar(calendar_id: str, **fields: object) -> Row:
    """One of Outlook's."""
    return {"id": calendar_id, "name": "Kalender", "canEdit": True, "isDefaultCalendar": True, "events": []} | fields


def emply_calendar(owner: str, kind: str = "user", **fields: object) -> Row:
    """The one in Emply that came from the owner's default calendar."""
    return {
        "id": f"E-{owner}",
        "userId": f"emply-{owner}" if kind == "user" else None,
        "externalId": f"{owner}-cal",
        "kind": kind,
        "name": "Kalender",
        "isDefault": True,
        "enabled": True,
        "canDisable": False,
        "shareDatesAndTitles": False,
        **fields,
    }


def outlook_event(event_id: str, **fields: object) -> Row:
    return {
        "id": event_id,
        "subject": "Frokost",
        "start": {"dateTime": "2026-11-26T11:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-26T11:30:00.0000000", "timeZone": "UTC"},
        "isAllDay": False,
        "showAs": "busy",
        "changeKey": "v1",
        **fields,
    }


def emply_event(event_id: str, calendar_id: str, **fields: object) -> Row:
    return {
        "id": event_id,
        "calendarId": calendar_id,
        "externalId": None,
        "origin": "outlook",
        "title": "Frokost",
        "start": "2026-11-26T11:00:00Z",
        "end": "2026-11-26T11:30:00Z",
        "isAllDay": False,
        "showAs": "busy",
        "changeKey": "v1",
        **fields,
    }


def outlook(systems: Systems, owner: str, which: int = 0) -> Row:
    """A calendar of somebody in Outlook."""
    found: Row = systems.scenario["entra"]["calendars"][owner][which]
    return found


def in_emply(systems: Systems, what: str) -> dict[str, Row]:
    """Emply's calendars, events or users, by id."""
    return {row["id"]: row for row in systems.scenario["emply"][what]}
