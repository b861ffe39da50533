"""E: the events of the calendars that Emply has from Outlook, in both directions."""

from datetime import UTC, datetime, timedelta

from tests.reference.calendars import Calendar
from tests.reference.planned import Planned
from tests.reference.terms import Inputs, Row, action, get, moment, trimmed, written

SHARED = ("title", "start", "end", "isAllDay", "showAs")


def plan_events(inputs: Inputs, calendars: list[Calendar], planned: Planned) -> list[str]:
    """E1 and E2 for each calendar; the Emply ids of the pairs that are forgotten are given back."""
    ended: list[str] = []
    for calendar in calendars:
        rows = _of_calendar(inputs, calendar) if calendar.enabled else _clear(inputs, calendar)
        if calendar.enabled:
            ended += _ended(inputs, calendar)
        known: list[Row] = []
        for row in rows:
            if row not in known:  # two Emply events of one externalId are one action
                known.append(row)
        planned.actions += [(calendar.owner, row) for row in known]
    return sorted(ended)


# The window and the two forms of an event


def window(inputs: Inputs) -> tuple[datetime, datetime]:
    limits = get(inputs.settings, "calendar_window", {})
    today = inputs.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        today - timedelta(days=get(limits, "days_back", 30)),
        today + timedelta(days=get(limits, "days_ahead", 180) + 1),
    )


def in_window(inputs: Inputs, event: Row) -> bool:
    """It overlaps; touching is not overlapping."""
    if event["start"] is None or event["end"] is None:
        return False
    first, last = window(inputs)
    return moment(event["start"]) < last and moment(event["end"]) > first


def of_outlook(event: Row) -> Row:
    """An Outlook event in Emply's form, but for E3."""
    return {
        "title": written(event.get("subject")),
        "start": _second(get(event, "start", {}).get("dateTime")),
        "end": _second(get(event, "end", {}).get("dateTime")),
        "isAllDay": event.get("isAllDay"),
        "showAs": written(event.get("showAs")),
    }


def of_emply(event: Row) -> Row:
    return {
        "title": written(event.get("title")),
        "start": _second(event.get("start")),
        "end": _second(event.get("end")),
        "isAllDay": event.get("isAllDay"),
        "showAs": written(event.get("showAs")),
    }


def _second(text: str | None) -> str | None:
    """E3: ISO 8601 in UTC, to the second, with Z."""
    if written(text) is None:
        return None
    at = moment(text or "")
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_own(event: Row) -> bool:
    """Emply made it."""
    return bool(get(event, "origin", "outlook") == "emply")


def _in_emply(inputs: Inputs, calendar: Calendar) -> list[Row]:
    if calendar.emply is None:
        return []
    rows = [row for row in inputs.emply("events") if row.get("calendarId") == calendar.emply["id"]]
    return sorted(rows, key=lambda row: row["id"])


def _in_outlook(calendar: Calendar) -> dict[str, Row]:
    return {row["id"]: row for row in get(calendar.outlook, "events", [])}


def _pairs(inputs: Inputs, calendar: Calendar) -> list[Row]:
    """The recorded pairs of this calendar of this person."""
    of_it = (calendar.owner.entra_id, calendar.external_id)
    return [row for row in inputs.recorded("eventPairs") if (row["entraId"], row["calendarExternalId"]) == of_it]


# E1 and E2


def _of_calendar(inputs: Inputs, calendar: Calendar) -> list[Row]:
    return [
        *_import(inputs, calendar),
        *_delete_imported(inputs, calendar),
        *_export(inputs, calendar),
        *_delete_exported(inputs, calendar),
    ]


def _import(inputs: Inputs, calendar: Calendar) -> list[Row]:
    """E1: what Emply lacks, or holds with another changeKey."""
    in_emply = _in_emply(inputs, calendar)
    paired = {row["externalId"] for row in _pairs(inputs, calendar)}
    paired |= {row.get("externalId") for row in in_emply if _is_own(row)}
    rows = []
    for external_id, event in _in_outlook(calendar).items():
        fields, change_key = of_outlook(event), written(event.get("changeKey"))
        if not in_window(inputs, fields):
            continue
        if external_id in paired:
            inputs.trace["E1 paired"] += 1
            continue
        before = None
        held = [row for row in in_emply if row.get("externalId") == external_id]
        if held:
            if trimmed(held[0].get("changeKey")) == trimmed(change_key):
                inputs.trace["E1 unchanged"] += 1
                continue
            before = {"externalId": external_id, "changeKey": written(held[0].get("changeKey"))}
        if get(event, "sensitivity", "normal").strip() not in {"normal", ""}:
            inputs.trace["E3"] += 1
            fields["title"] = "Private"
        inputs.trace["E1 new" if before is None else "E1 changed"] += 1
        after = {"externalId": external_id, **fields, "changeKey": change_key}
        rows.append(_row(calendar, "emply.upsert_event", "E1", before, after))
    return rows


def _delete_imported(inputs: Inputs, calendar: Calendar) -> list[Row]:
    """E1: what Outlook does not have in the window."""
    in_outlook = {
        external_id for external_id, event in _in_outlook(calendar).items() if in_window(inputs, of_outlook(event))
    }
    rows = []
    for event in _in_emply(inputs, calendar):
        if _is_own(event) or not in_window(inputs, of_emply(event)) or event.get("externalId") in in_outlook:
            continue
        inputs.trace["E1 left the window" if event.get("externalId") in _in_outlook(calendar) else "E1 gone"] += 1
        rows.append(_delete_from_emply(calendar, event))
    return rows


def _clear(inputs: Inputs, calendar: Calendar) -> list[Row]:
    """E1: on a calendar that is not enabled, all its events of origin `outlook`."""
    rows = [_delete_from_emply(calendar, event) for event in _in_emply(inputs, calendar) if not _is_own(event)]
    inputs.trace["E1 not enabled"] += len(rows)
    return rows


def _delete_from_emply(calendar: Calendar, event: Row) -> Row:
    return _row(calendar, "emply.delete_event", "E1", {"externalId": written(event.get("externalId"))}, None)


def _export(inputs: Inputs, calendar: Calendar) -> list[Row]:
    """E2: Emply's own events, and what Outlook has of them."""
    in_outlook = _in_outlook(calendar)
    recorded = {row["emplyEventId"]: row for row in inputs.recorded("eventPairs")}
    here = _pairs(inputs, calendar)
    rows = []
    for event in filter(_is_own, _in_emply(inputs, calendar)):
        fields, pair = of_emply(event), recorded.get(event["id"])
        external_id = written(event.get("externalId")) if pair is None else pair["externalId"]
        if external_id is None:
            if in_window(inputs, fields):
                inputs.trace["E2 create"] += 1
                rows.append(_row(calendar, "entra.create_event", "E2", None, {"emplyEventId": event["id"], **fields}))
        elif pair is None or pair in here:
            inputs.trace["E2 by externalId alone"] += pair is None
            rows += _follow(inputs, calendar, event["id"], external_id, fields, in_outlook.get(external_id))
    return rows


def _follow(
    inputs: Inputs, calendar: Calendar, emply_id: str, external_id: str, fields: Row, event: Row | None
) -> list[Row]:
    """E2: what is set in Emply and differs, while either side is in the window."""
    if event is None:
        inputs.trace["E2 deleted by its owner"] += 1
        return []
    theirs = of_outlook(event)
    if not in_window(inputs, fields) and not in_window(inputs, theirs):
        return []
    changed = [name for name in SHARED if fields[name] is not None and _differ(fields[name], theirs[name])]
    if not changed:
        return []
    inputs.trace["E2 update"] += 1
    inputs.trace["E2 one side in the window"] += in_window(inputs, fields) != in_window(inputs, theirs)
    pair = {"emplyEventId": emply_id, "externalId": external_id}
    before = pair | {name: theirs[name] for name in changed}
    after = pair | {name: fields[name] for name in changed}
    return [_row(calendar, "entra.update_event", "E2", before, after)]


def _differ(one: object, other: object) -> bool:
    return (one.strip() if isinstance(one, str) else one) != (other.strip() if isinstance(other, str) else other)


def _delete_exported(inputs: Inputs, calendar: Calendar) -> list[Row]:
    """E2: the Emply event of a recorded pair is gone, Outlook's is there and in the window."""
    in_outlook, in_emply = _in_outlook(calendar), {row["id"] for row in inputs.emply("events")}
    rows = []
    for pair in _pairs(inputs, calendar):
        event = in_outlook.get(pair["externalId"])
        if pair["emplyEventId"] not in in_emply and event is not None and in_window(inputs, of_outlook(event)):
            before = {"emplyEventId": pair["emplyEventId"], "externalId": pair["externalId"]}
            rows.append(_row(calendar, "entra.delete_event", "E2", before, None))
    return rows


def _ended(inputs: Inputs, calendar: Calendar) -> list[str]:
    """E2: the pairs of which both ends are gone."""
    in_outlook, in_emply = _in_outlook(calendar), {row["id"] for row in inputs.emply("events")}
    ended = [
        pair["emplyEventId"]
        for pair in _pairs(inputs, calendar)
        if pair["emplyEventId"] not in in_emply and pair["externalId"] not in in_outlook
    ]
    inputs.trace["E2 both ends gone"] += len(ended)
    return ended


def _row(calendar: Calendar, kind: str, rule: str, before: Row | None, after: Row | None) -> Row:
    """An action of E; a room's row has no Emply user."""
    row = action(calendar.owner, kind, rule, before=_on(calendar, before), after=_on(calendar, after))
    return row if calendar.kind == "user" else {**row, "emply_user_id": None}


def _on(calendar: Calendar, change: Row | None) -> Row | None:
    """`before` or `after` with the calendar, which follows the event's ids."""
    if change is None:
        return None
    ids = {name: change[name] for name in ("emplyEventId", "externalId") if name in change}
    return {**ids, "calendarExternalId": calendar.external_id, **change}
