"""Tiny calendars for tests of C and E: what Outlook holds, what Emply holds, and what was recorded of them.

Ids are made of the side and of `which`: `outlook-Calendar`, `emply-Calendar`, `outlook-standup`, `emply-standup`.
"""

from collections.abc import Iterable
from typing import Any, Unpack

from tests.reference.builders import SomeSettings, employee, login, person, scenario
from tests.reference.subject import Row, Scenario

START, END = "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"  # tomorrow


def calendar(which: str = "Calendar", events: Iterable[Row] = (), **graph: Any) -> Row:  # noqa: ANN401
    """An editable calendar in Outlook; the one of the name "Calendar" is the default one."""
    default = {"isDefaultCalendar": True} if which == "Calendar" else {}
    return {"id": f"outlook-{which}", "name": which, "canEdit": True, "events": list(events), **default, **graph}


def event(which: str = "standup", start: str = START, end: str = END, **graph: Any) -> Row:  # noqa: ANN401
    """An event in Outlook, as Graph gives it."""
    times = {"start": _of_graph(start), "end": _of_graph(end)}
    shared = {"subject": which, "isAllDay": False, "showAs": "busy", "changeKey": "key-1"}
    return {"id": f"outlook-{which}", **times, **shared, **graph}


def in_emply(which: str = "Calendar", whose: str | None = "megan", **emply: Any) -> Row:  # noqa: ANN401
    """An enabled Emply calendar that came from Entra; `whose` None: a room's."""
    return {
        "id": f"emply-{which}",
        "userId": None if whose is None else f"login-{whose}",
        "externalId": f"outlook-{which}",
        "kind": "room" if whose is None else "user",
        "name": which,
        "enabled": True,
        "shareDatesAndTitles": False,
        **emply,
    }


def imported(which: str = "standup", start: str = START, end: str = END, **emply: Any) -> Row:  # noqa: ANN401
    """An event of Outlook's as Emply holds it; of origin `outlook` by default."""
    shared = {"title": which, "isAllDay": False, "showAs": "busy", "changeKey": "key-1"}
    ids = {"id": f"emply-{which}", "calendarId": "emply-Calendar", "externalId": f"outlook-{which}"}
    return {**ids, "start": start, "end": end, **shared, **emply}


def own(which: str = "lunch", start: str = START, end: str = END, **emply: Any) -> Row:  # noqa: ANN401
    """An event that was made in Emply and is not in Outlook yet."""
    return imported(which, start, end, origin="emply", **{"externalId": None, "changeKey": None, **emply})


def pair(which: str = "lunch", whose: str = "megan", calendar: str = "Calendar") -> Row:
    """A row of the state's `eventPairs`."""
    ids = {"emplyEventId": f"emply-{which}", "externalId": f"outlook-{which}"}
    return {**ids, "entraId": f"entra-{whose}", "calendarExternalId": f"outlook-{calendar}"}


def recorded(which: str = "Calendar", whose: str = "megan", *, detached: bool = False) -> Row:
    """A row of the state's `calendars`."""
    ids = {"calendarId": f"emply-{which}", "externalId": f"outlook-{which}"}
    return {**ids, "entraId": f"entra-{whose}", "detached": detached}


def calendars(
    outlook: Iterable[Row] | None = (),
    emply: Iterable[Row] = (),
    events: Iterable[Row] = (),
    *,
    user: Row | None = None,
    state: Row | None = None,
    unreadable: Row | None = None,
    **settings: Unpack[SomeSettings],
) -> Scenario:
    """Megan, linked and with an employee, her mailbox (None: she has none) and what Emply has of it."""
    mailboxes = {} if outlook is None else {"entra-megan": list(outlook)}
    chosen: SomeSettings = {"synchronize_calendars": True, **settings}
    return scenario(
        [user or person()],
        [login()],
        [employee()],
        linked=["megan"],
        state=state,
        entra={"calendars": mailboxes},
        emply={"calendars": list(emply), "events": list(events)},
        unreadable=unreadable,
        **chosen,
    )


def events(
    outlook: Iterable[Row] = (),
    emply: Iterable[Row] = (),
    pairs: Iterable[Row] = (),
    *,
    calendar_in_emply: Row | None = None,
    **settings: Unpack[SomeSettings],
) -> Scenario:
    """Megan's default calendar, which Emply has and which is enabled there, with these events on either side."""
    state = {"eventPairs": list(pairs)}
    return calendars([calendar(events=outlook)], [calendar_in_emply or in_emply()], emply, state=state, **settings)


def _of_graph(time: str) -> Row:
    return {"dateTime": time.replace("Z", ".0000000"), "timeZone": "UTC"}
