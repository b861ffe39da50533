"""What a plan does to calendars and events on both sides, applied to a scenario and a sync state."""

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]


def _recorded(state: Row, calendar_id: str, *, detached: bool) -> list[Row]:
    rows = state.setdefault("calendars", [])
    return [row for row in rows if row["calendarId"] == calendar_id and bool(row.get("detached")) == detached]


def _calendar(scenario: Row, state: Row, action: Row, external_id: str) -> Row:
    """The Emply calendar of a row: its Emply user's; the room's that the ledger says, else of nobody known."""

    def owner(row: Row) -> str | None:
        recorded = _recorded(state, row["id"], detached=False)
        return row.get("userId") or (recorded[0]["entraId"] if recorded else None)

    wanted = action["emply_user_id"] or action["entra_id"]
    of_it = [row for row in scenario["emply"].get("calendars", []) if row.get("externalId") == external_id]
    found = [row for row in of_it if owner(row) == wanted] or [row for row in of_it if owner(row) is None]
    return min(found, key=lambda row: row["id"])  # of nobody's there may be two: each has its action


def _add(scenario: Row, state: Row, action: Row) -> None:
    calendar = {"id": f"made-{action['entra_id']}-{action['after']['externalId']}", **action["after"]}
    scenario["emply"].setdefault("calendars", []).append(calendar)
    _record(state, calendar["id"], action["entra_id"], calendar["externalId"], detached=False)


def _attach(scenario: Row, state: Row, action: Row) -> None:
    if action["before"]["externalId"] is not None:  # C1a
        _renew(scenario, state, action)
        return
    wanted = (action["entra_id"], action["after"]["externalId"])
    for row in sorted(scenario["emply"]["calendars"], key=lambda row: row["id"]):
        whose = [(each["entraId"], each["externalId"]) for each in _recorded(state, row["id"], detached=True)]
        if wanted in whose and not row.get("externalId") and row.get("userId") == action["emply_user_id"]:
            row |= {"externalId": wanted[1], "name": action["after"]["name"]}
            _record(state, row["id"], *wanted, detached=False)
            return
    raise AssertionError("no such detached calendar")


def _renew(scenario: Row, state: Row, action: Row) -> None:
    """The same calendar with a new id, and its pairs."""
    old, new = action["before"]["externalId"], action["after"]["externalId"]
    calendar = _calendar(scenario, state, action, old)
    calendar |= {"externalId": new, "name": action["after"]["name"]}
    _record(state, calendar["id"], action["entra_id"], new, detached=False)
    for pair in state.get("eventPairs", []):
        if (pair["entraId"], pair["calendarExternalId"]) == (action["entra_id"], old):
            pair["calendarExternalId"] = new


def _record(state: Row, calendar_id: str, entra_id: str | None, external_id: str, *, detached: bool) -> None:
    others = [row for row in state.setdefault("calendars", []) if row["calendarId"] != calendar_id]
    row = {"calendarId": calendar_id, "entraId": entra_id, "externalId": external_id, "detached": detached}
    state["calendars"] = [*others, row]


def _update(scenario: Row, state: Row, action: Row) -> None:
    _calendar(scenario, state, action, action["before"]["externalId"]).update(action["after"])


def _remove(scenario: Row, state: Row, action: Row) -> None:
    emply = scenario["emply"]
    calendar = _calendar(scenario, state, action, action["before"]["externalId"])
    emply["calendars"].remove(calendar)
    emply["events"] = [row for row in emply.get("events", []) if row.get("calendarId") != calendar["id"]]
    state["calendars"] = [row for row in state.get("calendars", []) if row["calendarId"] != calendar["id"]]


def _detach(scenario: Row, state: Row, action: Row) -> None:
    """Outlook's events go, Emply's own stay."""
    emply = scenario["emply"]
    calendar = _calendar(scenario, state, action, action["before"]["externalId"])
    calendar["externalId"] = None
    stay = [row for row in emply["events"] if row.get("calendarId") != calendar["id"] or row.get("origin") == "emply"]
    emply["events"] = stay
    _record(state, calendar["id"], action["entra_id"], action["before"]["externalId"], detached=True)


def _imported(scenario: Row, calendar: Row, external_id: str | None) -> list[Row]:
    """By id: of two, the first is the one that counts."""
    rows = [
        row
        for row in scenario["emply"].setdefault("events", [])
        if row.get("calendarId") == calendar["id"] and row.get("origin") != "emply"
        if row.get("externalId") == external_id
    ]
    return sorted(rows, key=lambda row: row["id"])


def _upsert_event(scenario: Row, state: Row, action: Row) -> None:
    calendar = _calendar(scenario, state, action, action["after"]["calendarExternalId"])
    fields = {name: value for name, value in action["after"].items() if name != "calendarExternalId"}
    known = _imported(scenario, calendar, fields["externalId"])
    assert (action["before"] is None) == (not known)
    if known:
        known[0].update(fields)
    else:
        event_id = f"made-{calendar['id']}-{fields['externalId']}"
        row = {"id": event_id, "calendarId": calendar["id"], "origin": "outlook"}
        scenario["emply"]["events"].append(row | fields)


def _delete_from_emply(scenario: Row, state: Row, action: Row) -> None:
    calendar = _calendar(scenario, state, action, action["before"]["calendarExternalId"])
    for row in _imported(scenario, calendar, action["before"]["externalId"]):
        scenario["emply"]["events"].remove(row)


def _mailbox_calendar(scenario: Row, action: Row, external_id: str) -> Row:
    (calendar,) = [row for row in scenario["entra"]["calendars"][action["entra_id"]] if row["id"] == external_id]
    return calendar


def _of_graph(fields: Row) -> Row:
    """Emply's fields in Graph's form."""
    names = {"title": "subject"}
    event = {names.get(name, name): value for name, value in fields.items()}
    for name in ("start", "end"):
        if name in event:
            event[name] = {"dateTime": event[name].replace("Z", ".0000000"), "timeZone": "UTC"}
    return event


def _changed(action: Row) -> Row:
    ids = {"emplyEventId", "externalId", "calendarExternalId"}
    return {name: value for name, value in action["after"].items() if name not in ids}


def _create_event(scenario: Row, state: Row, action: Row) -> None:
    emply_id, calendar_id = action["after"]["emplyEventId"], action["after"]["calendarExternalId"]
    external_id = f"made-{emply_id}"
    calendar = _mailbox_calendar(scenario, action, calendar_id)
    calendar.setdefault("events", []).append({"id": external_id, **_of_graph(_changed(action))})
    (event,) = [row for row in scenario["emply"]["events"] if row["id"] == emply_id]
    event["externalId"] = external_id
    pair = {"emplyEventId": emply_id, "externalId": external_id}
    pair |= {"entraId": action["entra_id"], "calendarExternalId": calendar_id}
    state.setdefault("eventPairs", []).append(pair)


def _update_event(scenario: Row, state: Row, action: Row) -> None:
    del state
    calendar = _mailbox_calendar(scenario, action, action["after"]["calendarExternalId"])
    (event,) = [row for row in calendar["events"] if row["id"] == action["after"]["externalId"]]
    event |= _of_graph(_changed(action))


def _delete_from_outlook(scenario: Row, state: Row, action: Row) -> None:
    del state
    calendar = _mailbox_calendar(scenario, action, action["before"]["calendarExternalId"])
    calendar["events"] = [row for row in calendar["events"] if row["id"] != action["before"]["externalId"]]


CALENDARS: dict[str, Callable[[Row, Row, Row], None]] = {
    "emply.add_calendar": _add,
    "emply.attach_calendar": _attach,
    "emply.update_calendar": _update,
    "emply.remove_calendar": _remove,
    "emply.detach_calendar": _detach,
    "emply.upsert_event": _upsert_event,
    "emply.delete_event": _delete_from_emply,
    "entra.create_event": _create_event,
    "entra.update_event": _update_event,
    "entra.delete_event": _delete_from_outlook,
}
