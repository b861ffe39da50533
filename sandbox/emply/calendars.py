"""Emply: calendars, of users and of rooms. What is in them is `events`."""

import uuid

from sandbox.emply.body import Shape, any_text, flag, known, one_of, text
from sandbox.emply.call import Call, Route
from sandbox.emply.errors import EmplyError
from sandbox.emply.events import delete_events
from sandbox.emply.lists import listing, one
from sandbox.exchange import Answer, Row, json_answer

_NEW: Row = {
    "userId": None, "externalId": None, "kind": "user", "name": None, "isDefault": False, "enabled": False,
    "canDisable": True, "shareDatesAndTitles": False,
}  # fmt: skip
CALENDAR = Shape(
    fields={
        "externalId": text, "name": any_text, "isDefault": flag, "enabled": flag, "canDisable": flag,
        "shareDatesAndTitles": flag,
    },
    new=_NEW, required=("name",), once={"userId": known("user", "users"), "kind": one_of("user", "room")},
)  # fmt: skip


def _list(call: Call) -> Answer:
    return listing(call, "calendars")


def _create(call: Call) -> Answer:
    row = {"id": str(uuid.uuid4()), **CALENDAR.made(call)}
    if (row["kind"] == "user") is (row["userId"] is None):
        raise EmplyError(422, fields={"userId": "a user's calendar has one, a room's has none"})
    call.state.before_change()
    call.emply.put("calendars", row)
    return json_answer(201, row)


def _change(call: Call) -> Answer:
    """Who and what a calendar is for stays. One that loses its `externalId` loses Outlook's events with it."""
    before = one(call, "calendars")
    row, given = CALENDAR.changed(call, before)
    call.state.before_change()
    call.emply.put("calendars", row)
    if "externalId" in given and given["externalId"] is None:
        delete_events(call.emply, row["id"], origin="outlook")
    return json_answer(200, row)


def _delete(call: Call) -> Answer:
    name = one(call, "calendars")["id"]
    call.state.before_change()
    delete_events(call.emply, name)
    call.emply.remove("calendars", name)
    return Answer(204)


ROUTES = (
    Route("GET", "calendars", _list, "calendars", gives="Calendar", is_list=True),
    Route("POST", "calendars", _create, "calendars", "write", body="NewCalendar", gives="Calendar"),
    Route("PATCH", "calendars/{id}", _change, "calendars", "write", body="CalendarChange", gives="Calendar"),
    Route("DELETE", "calendars/{id}", _delete, "calendars", "delete"),
)
