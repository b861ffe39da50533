"""Emply: the events of calendars. Those of origin `outlook` are put by their id in Outlook."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox import moments
from sandbox.emply.body import SHOW_AS, Fields, Shape, any_text, flag, moment, not_a_moment, one_of, text
from sandbox.emply.call import Call, Route
from sandbox.emply.errors import EmplyError
from sandbox.emply.lists import one, part_of
from sandbox.exchange import Answer, Row, json_answer
from sandbox.state import Emply

_NEW: Row = {"title": None, "start": None, "end": None, "isAllDay": False, "showAs": None, "changeKey": None}
_FIELDS: Fields = {
    "title": text, "start": moment, "end": moment, "isAllDay": flag, "showAs": one_of(*SHOW_AS, None),
    "changeKey": text,
}  # fmt: skip
PUT_EVENT = Shape(_FIELDS, new=_NEW, required=("start", "end"))
EVENT = Shape(
    {**_FIELDS, "externalId": text}, new={**_NEW, "externalId": None}, required=("start", "end"),
    kept={"calendarId": any_text, "origin": one_of("outlook", "emply")},
)  # fmt: skip

Index = dict[str, dict[str, None]]
"""By calendar the ids of its events, in the order of the list."""


def _list(call: Call) -> Answer:
    name = one(call, "calendars")["id"]
    since, until = _bound(call, "from"), _bound(call, "to")
    rows = _events_of(call.emply, name)
    return part_of(call, rows if since is until is None else (row for row in rows if _is_in(row, since, until)))


def _list_all(call: Call) -> Answer:
    """Of all calendars, in one list; each event says whose it is."""
    since, until = _bound(call, "from"), _bound(call, "to")
    rows = call.emply["events"].values()
    return part_of(call, rows if since is until is None else (row for row in rows if _is_in(row, since, until)))


def _bound(call: Call, side: str) -> datetime | None:
    at = call.request.query.get(side)
    if at is not None and (wrong := not_a_moment(at)):
        raise EmplyError(422, fields={side: wrong})
    return moments.read(at)


def _is_in(row: Row, since: datetime | None, until: datetime | None) -> bool:
    start, end = moments.read(row.get("start")), moments.read(row.get("end"))
    return bool(start and end and moments.overlaps(start, end, since, until))


def _put(call: Call) -> Answer:
    """Create or replace: what the body does not have is no more."""
    calendar, external = one(call, "calendars")["id"], call.variables["externalId"]
    given = _times(PUT_EVENT.made(call))
    same = next((row for row in _events_of(call.emply, calendar) if row.get("externalId") == external), None)
    if same is not None and same.get("origin") == "emply":
        raise EmplyError(409, "An event of Emply's own has this externalId.", code="externalId_in_use")
    name = str(uuid.uuid4()) if same is None else same["id"]
    row = {"id": name, "calendarId": calendar, "externalId": external, "origin": "outlook", **given}
    _save(call, row)
    return json_answer(201 if same is None else 200, row)


def _change(call: Call) -> Answer:
    before = one(call, "events")
    row, given = EVENT.changed(call, before)
    row = {**row, **_times(given, before)}
    _save(call, row)
    return json_answer(200, row)


def _delete(call: Call) -> Answer:
    row = one(call, "events")
    call.state.before_change()
    _remove(call.emply, row)
    return Answer(204)


def _times(given: dict[str, Any], before: Row | None = None) -> dict[str, Any]:
    """The given fields, times to the second in UTC; raises `EmplyError` 422 where the end is before the start."""
    whole = {**(before or {}), **given}
    start, end = moments.read(whole.get("start")), moments.read(whole.get("end"))
    if start and end and end < start:
        raise EmplyError(422, fields={"end": "is before the start"})
    written = {"start": start, "end": end}
    return given | {side: moments.written(at) for side, at in written.items() if at and side in given}


def delete_events(emply: Emply, calendar: str, origin: str | None = None) -> None:
    """Remove a calendar's events, or those of one origin (which is Outlook where an event does not say)."""
    for row in list(_events_of(emply, calendar)):
        if origin in (None, row.get("origin") or "outlook"):
            _remove(emply, row)


def _events_of(emply: Emply, calendar: str) -> Iterator[Row]:
    events = emply["events"]
    return (events[name] for name in _index(emply).get(calendar, ()))


def _save(call: Call, row: Row) -> None:
    index = _index(call.emply)
    index.setdefault(row["calendarId"], {})[row["id"]] = None
    call.state.before_change()
    call.emply.put("events", row)
    _keep(call.emply, index)


def _remove(emply: Emply, row: Row) -> None:
    index = _index(emply)
    index.get(str(row.get("calendarId")), {}).pop(row["id"], None)
    emply.remove("events", row["id"])
    _keep(emply, index)


def _index(emply: Emply) -> Index:
    def every() -> Index:
        index: Index = {}
        for row in emply["events"].values():
            index.setdefault(str(row.get("calendarId")), {})[row["id"]] = None
        return index

    return emply.memo("by calendar", every, of=("events",))


def _keep(emply: Emply, index: Index) -> None:
    """Writing forgets what was derived; the index was kept up to date, or every write would cost a pass over all."""
    emply.memo("by calendar", lambda: index, of=("events",))


_EVENTS = "calendars/{id}/events"
ALL_EVENTS = Route("GET", "events", _list_all, "calendars", query=("from", "to"), gives="Event", is_list=True)
"""Not every Emply has this."""
ROUTES = (
    Route("GET", f"{_EVENTS}", _list, "calendars", query=("from", "to"), gives="Event", is_list=True),
    Route("PUT", f"{_EVENTS}/{{externalId}}", _put, "calendars", "write", body="PutEvent", gives="Event"),
    Route("PATCH", "events/{id}", _change, "calendars", "write", body="EventChange", gives="Event"),
    Route("DELETE", "events/{id}", _delete, "calendars", "delete"),
)
