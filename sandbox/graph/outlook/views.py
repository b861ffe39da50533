"""Graph: a calendar between two dates, series expanded: as it is (`calendarView`), and what changed in it (`delta`)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox import moments
from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.delta import DeltaTokenError, Snapshot, Tracked
from sandbox.graph.errors import GraphError, bad_request
from sandbox.graph.outlook.event import EVENT, preferred_zone, shown, shown_in_delta, span
from sandbox.graph.outlook.listing import PAGE, answer, collection, link
from sandbox.graph.outlook.mailbox import events_of, mailbox_of, occurrences_of

_LONGEST = timedelta(days=1825)

Window = tuple[datetime, datetime]


def _view(call: Call) -> Answer:
    mailbox, window = mailbox_of(call), _window(call)
    rows = list(_between(mailbox.calendar(call.variables.get("calendar")), window))
    zone = preferred_zone(call.request.preferences)
    return collection(call, EVENT, rows, f"users('{mailbox.user}')/calendarView", lambda row: shown(row, zone))


def _delta(call: Call) -> Answer:
    mailbox = mailbox_of(call)
    calendar = mailbox.calendar(call.variables.get("calendar"))
    zone = preferred_zone(call.request.preferences)

    def tell(_window: Window, before: Snapshot | None, after: Snapshot) -> list[Row]:
        seen = before or {}
        there = [shown_in_delta(row, zone) for name, row in after.items() if seen.get(name) != row]
        gone = [{"id": name, "@removed": {"reason": "deleted"}} for name in seen if name not in after]
        return [*there, *gone]

    tracked = Tracked(
        (mailbox.user, calendar["id"]), lambda: _window(call), lambda window: _snapshot(calendar, window), tell
    )
    try:
        rows, name, query = call.deltas.page(call.request, tracked, _page_size(call))
    except DeltaTokenError:
        raise GraphError(410, "syncStateNotFound", "The sync state generation is not found.") from None
    body = {"@odata.context": f"{call.root}/$metadata#Collection(event)", "value": rows}
    return answer(call, {**body, name: link(call, query, without=tuple(call.request.query))})


def _window(call: Call) -> Window:
    asked = call.query("startDateTime"), call.query("endDateTime")
    if not all(asked):
        raise bad_request(
            "This request requires a time window specified by the query string parameters StartDateTime and "
            "EndDateTime.",
            "ErrorInvalidParameter",
        )
    start, end = map(moments.read, asked)
    if start is None or end is None or end < start:
        raise bad_request("The value of StartDateTime or EndDateTime is invalid.", "ErrorInvalidParameter")
    if end - start > _LONGEST:
        raise bad_request(
            "The range between the start and end dates is greater than the allowed range. Maximum number of days: "
            f"{_LONGEST.days}.",
            "ErrorCalendarViewRangeTooBig",
        )
    return start, end


def _between(calendar: Row, window: Window) -> Iterator[Row]:
    """The events and the occurrences of series that overlap the window."""
    for event in events_of(calendar):
        instances = occurrences_of(event) if event.get("type") == "seriesMaster" else [event]
        for row in instances:
            if (times := span(row)) and moments.overlaps(*times, *window):
                yield row


def _snapshot(calendar: Row, window: Window) -> Snapshot:
    """What a delta tracks: what is in the window, and of a series that has occurrences there its master."""
    found: dict[str, Row] = {}
    masters = {row["id"]: row for row in events_of(calendar) if row.get("type") == "seriesMaster"}
    for row in _between(calendar, window):
        if master := masters.get(str(row.get("seriesMasterId"))):
            found[master["id"]] = {name: value for name, value in master.items() if name != "occurrences"}
        found[row["id"]] = row
    return found


def _page_size(call: Call) -> int:
    text = call.request.preferences.get("odata.maxpagesize", "")
    return int(text) if text.isascii() and text.isdigit() and int(text) else PAGE


ROUTES = tuple(
    Route("GET", f"users/{{user}}/{place}{name}", handler)
    for place in ("calendars/{calendar}/", "calendar/", "")
    for name, handler in (("calendarView", _view), ("calendarView/delta", _delta))
)
