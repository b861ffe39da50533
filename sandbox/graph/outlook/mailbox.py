"""Graph: whose calendars there are, and how one event among them is found, added, replaced and removed. No HTTP.

A scenario's `calendars` have for a user a list of calendars, each with its `events`; a user who is not there has no
mailbox, and `{"error": "ErrorAccessDenied"}` instead of a list is a mailbox that the app may not open.

An event of type `seriesMaster` has its `occurrences`: each with `id`, `start` and `end`, and what else is otherwise
than in the series, which makes it an exception.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from sandbox.exchange import Row
from sandbox.graph.call import Call
from sandbox.graph.errors import GraphError
from sandbox.graph.users import find

_CLOSED = "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."


@dataclass(frozen=True)
class Mailbox:
    """A user's calendars."""

    user: str
    calendars: list[Row]

    def calendar(self, name: str | None) -> Row:
        """The calendar of this id, or (None) the default one; raises `GraphError` 404."""
        calendars = self.calendars
        if name is None:
            calendars = [row for row in calendars if row.get("isDefaultCalendar")] or calendars[:1]
        for row in calendars:
            if name in (None, row["id"]):
                return row
        raise item_not_found()

    def event(self, name: str, calendar: str | None = None) -> tuple[Row, Row]:
        """The event of this id, in whichever calendar or in this one, and its calendar; raises `GraphError` 404."""
        for row in self.calendars if calendar is None else [self.calendar(calendar)]:
            for event in events_of(row):
                for found in (event, *occurrences_of(event)):
                    if found["id"] == name:
                        return found, row
        raise item_not_found()


def mailbox_of(call: Call) -> Mailbox:
    """The mailbox that the path goes to; raises `GraphError` where there is none or the app may not open it."""
    name = call.variables["user"]
    try:
        user: str = find(call.entra, name)["id"]
    except GraphError:
        raise GraphError(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.") from None
    held: object = call.entra["calendars"].get(user)
    if held is None:
        raise GraphError(
            404, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        )
    if isinstance(held, dict):
        raise GraphError(403, str(held.get("error") or "ErrorAccessDenied"), _CLOSED)
    return Mailbox(user, cast("list[Row]", held))


def item_not_found() -> GraphError:
    """404 for a calendar or an event."""
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def events_of(calendar: Row) -> list[Row]:
    """The events of a calendar as they are stored: of a series its master."""
    return calendar.get("events") or []


def occurrences_of(event: Row) -> Iterable[Row]:
    """The occurrences of a series, each with all it has of the series; none of any other event."""
    series = {name: value for name, value in event.items() if name not in ("occurrences", "recurrence")}
    for own in event.get("occurrences") or ():
        usual = own.keys() <= {"id", "start", "end", "type"}
        kind = own.get("type") or ("occurrence" if usual else "exception")
        yield {**series, **own, "type": kind, "seriesMasterId": event["id"]}


def add_event(call: Call, mailbox: Mailbox, calendar: Row, event: Row) -> None:
    """Put an event into a calendar."""
    _save(call, mailbox, calendar, [*events_of(calendar), event])


def replace_event(call: Call, mailbox: Mailbox, calendar: Row, event: Row, changes: Row) -> None:
    """Change the properties of an event; of an occurrence, its own only."""
    _edit(call, mailbox, calendar, event, lambda row: [{**row, **changes}])


def remove_event(call: Call, mailbox: Mailbox, calendar: Row, event: Row) -> None:
    """Remove an event; of a series, all of it or one occurrence."""
    _edit(call, mailbox, calendar, event, lambda _row: [])


def _edit(call: Call, mailbox: Mailbox, calendar: Row, event: Row, edit: Callable[[Row], list[Row]]) -> None:
    def through(rows: Iterable[Row]) -> list[Row]:
        return [new for row in rows for new in (edit(row) if row["id"] == event["id"] else [row])]

    def series(row: Row) -> Row:
        return {**row, "occurrences": through(row["occurrences"])} if row.get("occurrences") else row

    _save(call, mailbox, calendar, [series(row) for row in through(events_of(calendar))])


def _save(call: Call, mailbox: Mailbox, calendar: Row, events: list[Row]) -> None:
    calendars = [{**row, "events": events} if row["id"] == calendar["id"] else row for row in mailbox.calendars]
    call.state.before_change()
    call.entra.put_of_user("calendars", mailbox.user, calendars)
