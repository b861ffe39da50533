"""E: the events of the calendars that Emply has from Outlook, in both directions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from tests.reference.calendars import Calendar
from tests.reference.days import as_dates, time_zone
from tests.reference.planned import Planned
from tests.reference.terms import Inputs, Person, Row, action, get, moment, trimmed, written

SHARED = ("title", "start", "end", "isAllDay", "showAs")


@dataclass
class Mailbox:
    """What E asks about one owner."""

    owner: Person
    zone: tzinfo
    calendars: list[Calendar]  # that Emply has or gets
    outlook: list[Row]  # all of Outlook's
    places: dict[str, Row]  # E0: an Outlook event's id: the calendar where it stands now
    events: dict[str, Row]  # Outlook's, by id
    pairs: list[Row]  # recorded, with the calendar's id of now (C1a)
    paired: set[str]  # the Outlook ids of all pairs, recorded or by `externalId` alone

    def is_enabled(self, external_id: str | None) -> bool:
        """In Emply, a calendar that stays or is added."""
        return any(calendar.external_id == external_id and calendar.enabled for calendar in self.calendars)


def plan_events(inputs: Inputs, calendars: list[Calendar], planned: Planned) -> list[str]:
    """E1 and E2 for each calendar; the Emply ids of the pairs that are forgotten are given back."""
    ended: list[str] = []
    for owner in dict.fromkeys(calendar.owner for calendar in calendars):
        mailbox = _mailbox(inputs, owner, [each for each in calendars if each.owner is owner], planned)
        rows: list[Row] = []
        for calendar in mailbox.calendars:
            rows += _of_calendar(inputs, mailbox, calendar) if calendar.enabled else _clear(inputs, calendar)
        rows += _delete_exported(inputs, mailbox)
        ended += _ended(inputs, mailbox)
        known: list[Row] = []
        for row in rows:
            if row not in known:  # two Emply events of one externalId are one action
                known.append(row)
        planned.actions += [(owner, row) for row in known]
    return sorted(ended)


def _mailbox(inputs: Inputs, owner: Person, calendars: list[Calendar], planned: Planned) -> Mailbox:
    outlook = inputs.mailbox(owner.entra_id) or []
    events = {event["id"]: (calendar, event) for calendar in outlook for event in get(calendar, "events", [])}
    renewed = planned.renewed_calendars
    pairs = [
        {
            **row,
            "calendarExternalId": renewed.get((owner.entra_id, row["calendarExternalId"]), row["calendarExternalId"]),
        }
        for row in inputs.recorded("eventPairs")
        if row["entraId"] == owner.entra_id
    ]
    inputs.trace["C1a pairs"] += sum(row["calendarExternalId"] in renewed.values() for row in pairs)
    ids = {calendar.emply["id"] for calendar in calendars if calendar.emply is not None}
    ids |= {row["id"] for row in inputs.emply("calendars") if owner.login_id and row.get("userId") == owner.login_id}
    own = [row for row in inputs.emply("events") if is_own(row) and row.get("calendarId") in ids]
    paired = {row["externalId"] for row in pairs} | {row.get("externalId") for row in own}
    return Mailbox(
        owner=owner,
        zone=time_zone(inputs, owner),
        calendars=calendars,
        outlook=outlook,
        places={event_id: calendar for event_id, (calendar, _) in events.items()},
        events={event_id: event for event_id, (_, event) in events.items()},
        pairs=pairs,
        paired={event_id for event_id in paired if event_id is not None},
    )


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


def of_outlook(mailbox: Mailbox, event: Row) -> Row:
    """An Outlook event in Emply's form, but for E3."""
    fields = {
        "title": written(event.get("subject")),
        "start": _second(get(event, "start", {}).get("dateTime")),
        "end": _second(get(event, "end", {}).get("dateTime")),
        "isAllDay": event.get("isAllDay"),
        "showAs": written(event.get("showAs")),
    }
    return _dated(mailbox, fields) if fields["isAllDay"] else fields


def of_emply(mailbox: Mailbox, event: Row, outlook: Row | None) -> Row:
    """An Emply event; all day, too, where Emply leaves that unset and the same event in Outlook says so (E0)."""
    fields = {
        "title": written(event.get("title")),
        "start": _second(event.get("start")),
        "end": _second(event.get("end")),
        "isAllDay": event.get("isAllDay"),
        "showAs": written(event.get("showAs")),
    }
    unset = fields["isAllDay"] is None and bool(get(outlook or {}, "isAllDay", False))
    return _dated(mailbox, fields) if fields["isAllDay"] or unset else fields


def _dated(mailbox: Mailbox, fields: Row) -> Row:
    start, end = as_dates(fields["start"], fields["end"], mailbox.zone)
    return {**fields, "start": start, "end": end}


def _second(text: str | None) -> str | None:
    """E3: ISO 8601 in UTC, to the second, with Z."""
    if written(text) is None:
        return None
    at = moment(text or "")
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return f"{at.replace(tzinfo=None, microsecond=0).isoformat()}Z"  # strftime gives year 1 one digit


def is_own(event: Row) -> bool:
    """Emply made it."""
    return bool(get(event, "origin", "outlook") == "emply")


def counts_as_not_there(event: Row) -> bool:
    """E0, for E1: cancelled, or declined by the mailbox's owner."""
    return is_cancelled(event) or is_declined(event)


def is_cancelled(event: Row) -> bool:
    return bool(get(event, "isCancelled", False))


def is_declined(event: Row) -> bool:
    return bool(get(get(event, "responseStatus", {}), "response") == "declined")


def _in_emply(inputs: Inputs, calendar: Calendar) -> list[Row]:
    if calendar.emply is None:
        return []
    rows = [row for row in inputs.emply("events") if row.get("calendarId") == calendar.emply["id"]]
    return sorted(rows, key=lambda row: row["id"])


def _shown(inputs: Inputs, calendar: Calendar) -> dict[str, Row]:
    """Outlook's events that E1 sees."""
    rows = get(calendar.outlook, "events", [])
    inputs.trace["E0 cancelled"] += any(map(is_cancelled, rows))
    inputs.trace["E0 declined"] += any(map(is_declined, rows))
    return {row["id"]: row for row in rows if not counts_as_not_there(row)}


# E1 and E2


def _of_calendar(inputs: Inputs, mailbox: Mailbox, calendar: Calendar) -> list[Row]:
    return [
        *_import(inputs, mailbox, calendar),
        *_delete_imported(inputs, mailbox, calendar),
        *_export(inputs, mailbox, calendar),
    ]


def _import(inputs: Inputs, mailbox: Mailbox, calendar: Calendar) -> list[Row]:
    """E1: what Emply lacks, or holds with another changeKey."""
    in_emply = [row for row in _in_emply(inputs, calendar) if not is_own(row)]
    rows = []
    for external_id, event in _shown(inputs, calendar).items():
        fields, change_key = of_outlook(mailbox, event), written(event.get("changeKey"))
        if not in_window(inputs, fields):
            continue
        if external_id in mailbox.paired:
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
        inputs.trace["E1 all day, local"] += bool(fields["isAllDay"]) and not _is_utc_midnight(event)
        after = {"externalId": external_id, **fields, "changeKey": change_key}
        rows.append(_row(mailbox, calendar.external_id, "emply.upsert_event", "E1", before, after))
    return rows


def _is_utc_midnight(event: Row) -> bool:
    return "T00:00:00" in (get(event, "start", {}).get("dateTime") or "T00:00:00")


def _delete_imported(inputs: Inputs, mailbox: Mailbox, calendar: Calendar) -> list[Row]:
    """E1: what Outlook does not have in the window."""
    shown = _shown(inputs, calendar)
    there = {external_id for external_id, event in shown.items() if in_window(inputs, of_outlook(mailbox, event))}
    rows = []
    for event in _in_emply(inputs, calendar):
        external_id = event.get("externalId")
        fields = of_emply(mailbox, event, mailbox.events.get(external_id or ""))
        if is_own(event) or not in_window(inputs, fields) or external_id in there:
            continue
        inputs.trace["E1 left the window" if external_id in shown else "E1 gone"] += 1
        rows.append(_delete_from_emply(calendar, event))
    return rows


def _clear(inputs: Inputs, calendar: Calendar) -> list[Row]:
    """E1: on a calendar that is not enabled, all its events of origin `outlook`."""
    rows = [_delete_from_emply(calendar, event) for event in _in_emply(inputs, calendar) if not is_own(event)]
    inputs.trace["E1 not enabled"] += len(rows)
    return rows


def _delete_from_emply(calendar: Calendar, event: Row) -> Row:
    before = {"externalId": written(event.get("externalId"))}
    return _row_of(calendar.owner, calendar.external_id, "emply.delete_event", "E1", before, None)


def _export(inputs: Inputs, mailbox: Mailbox, calendar: Calendar) -> list[Row]:
    """E2: Emply's own events, and what Outlook has of them."""
    recorded = {row["emplyEventId"]: row for row in inputs.recorded("eventPairs")}
    rows = []
    for event in filter(is_own, _in_emply(inputs, calendar)):
        pair = recorded.get(event["id"])
        if pair is not None and pair["entraId"] != mailbox.owner.entra_id:
            continue
        external_id = written(event.get("externalId")) if pair is None else pair["externalId"]
        if external_id is None:
            fields = of_emply(mailbox, event, None)
            if in_window(inputs, fields):
                inputs.trace["E2 create"] += 1
                after = {"emplyEventId": event["id"], **fields}
                rows.append(_row(mailbox, calendar.external_id, "entra.create_event", "E2", None, after))
        else:
            inputs.trace["E2 by externalId alone"] += pair is None
            inputs.trace["E2 moved by its owner"] += (
                external_id in mailbox.places and mailbox.places[external_id] is not calendar.outlook
            )
            rows += _follow(inputs, mailbox, event, external_id)
    return rows


def _follow(inputs: Inputs, mailbox: Mailbox, event: Row, external_id: str) -> list[Row]:
    """E2: what is set in Emply and differs, while either side is in the window."""
    outlook = mailbox.events.get(external_id)
    if outlook is None:
        inputs.trace["E2 deleted by its owner"] += 1
        return []
    place = mailbox.places[external_id]
    if not may_be_written(mailbox.owner, place):
        inputs.trace["E2 not editable"] += 1
        return []
    ours, theirs = of_emply(mailbox, event, outlook), of_outlook(mailbox, outlook)
    if not in_window(inputs, ours) and not in_window(inputs, theirs):
        return []
    changed = [name for name in SHARED if ours[name] is not None and _differ(ours[name], theirs[name])]
    if not changed:
        return []
    inputs.trace["E2 update"] += 1
    inputs.trace["E2 one side in the window"] += in_window(inputs, ours) != in_window(inputs, theirs)
    inputs.trace["E0 all day by Outlook alone"] += ours["isAllDay"] is None and bool(theirs["isAllDay"])
    pair = {"emplyEventId": event["id"], "externalId": external_id}
    before = pair | {name: theirs[name] for name in changed}
    after = pair | {name: ours[name] for name in changed}
    return [_row(mailbox, place["id"], "entra.update_event", "E2", before, after)]


def may_be_written(owner: Person, place: Row) -> bool:
    """E2: the calendar where the event stands has `canEdit`, or is the room's default one."""
    of_room = owner.is_room and bool(get(place, "isDefaultCalendar", False))
    return of_room or bool(get(place, "canEdit", False))


def _differ(one: object, other: object) -> bool:
    return (one.strip() if isinstance(one, str) else one) != (other.strip() if isinstance(other, str) else other)


def _without_emply_event(inputs: Inputs, mailbox: Mailbox) -> Iterable[Row]:
    there = {row["id"] for row in inputs.emply("events")}
    return [pair for pair in mailbox.pairs if pair["emplyEventId"] not in there]


def _delete_exported(inputs: Inputs, mailbox: Mailbox) -> list[Row]:
    """E2: the Emply event of a recorded pair is gone, Outlook's is there and in the window."""
    rows = []
    for pair in _without_emply_event(inputs, mailbox):
        event, place = mailbox.events.get(pair["externalId"]), mailbox.places.get(pair["externalId"])
        if event is None or place is None or not in_window(inputs, of_outlook(mailbox, event)):
            continue
        recorded = pair["calendarExternalId"]
        recorded_is_gone = recorded not in {row["id"] for row in mailbox.outlook}
        decides = place["id"] if recorded_is_gone else recorded
        inputs.trace["E2 of a moved event"] += place["id"] != recorded
        if mailbox.is_enabled(decides) and may_be_written(mailbox.owner, place):
            before = {"emplyEventId": pair["emplyEventId"], "externalId": pair["externalId"]}
            rows.append(_row(mailbox, place["id"], "entra.delete_event", "E2", before, None))
    return rows


def _ended(inputs: Inputs, mailbox: Mailbox) -> list[str]:
    """E2: the pairs of enabled calendars of which both ends are gone."""
    gone = [pair for pair in _without_emply_event(inputs, mailbox) if pair["externalId"] not in mailbox.events]
    ended = [pair["emplyEventId"] for pair in gone if mailbox.is_enabled(pair["calendarExternalId"])]
    inputs.trace["E2 both ends gone"] += len(ended)
    return ended


def _row(mailbox: Mailbox, external_id: str, kind: str, rule: str, before: Row | None, after: Row | None) -> Row:
    return _row_of(mailbox.owner, external_id, kind, rule, before, after)


def _row_of(owner: Person, external_id: str, kind: str, rule: str, before: Row | None, after: Row | None) -> Row:
    """An action of E; a room's row has no Emply user."""
    row = action(owner, kind, rule, before=_on(external_id, before), after=_on(external_id, after))
    return {**row, "emply_user_id": None} if owner.is_room else row


def _on(external_id: str, change: Row | None) -> Row | None:
    """`before` or `after` with the calendar, which follows the event's ids."""
    if change is None:
        return None
    ids: Row = {name: change[name] for name in ("emplyEventId", "externalId") if name in change}
    return {**ids, "calendarExternalId": external_id, **change}
