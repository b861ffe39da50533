"""People's photos and calendars in Graph: of many in batches for a plan, of one when an action is looked at again.

What is in the calendars is `events`, what the frames look like `mailbox_frames`.
"""

from collections.abc import Iterable

from entra_emply.connectors.entra import mailbox_frames as frames
from entra_emply.connectors.entra.batch import Ask
from entra_emply.connectors.entra.batching import Reading, Talk
from entra_emply.connectors.entra.connection import FORBIDDEN, MAILBOXES, OK, Connection, page, part, says, unreadable
from entra_emply.connectors.frames import MultiRead, Read, Row
from entra_emply.connectors.http import Answer
from entra_emply.connectors.pages import Pages, ReadAgain
from entra_emply.errors import SourceUnreadable

_DENIED = "erroraccessdenied"
NO_MAILBOX = frozenset(
    {
        "mailboxnotenabledforrestapi",
        "mailboxnotsupportedforrestapi",
        "mailboxnothostedinexchangeonline",
        "restapinotenabledforuser",
        "errornonexistentmailbox",
        "errorinvaliduser",
        "resourcenotfound",
        "request_resourcenotfound",
    }
)
"""The codes by which Graph says that somebody has no mailbox that it serves."""
NOT_FOUND = NO_MAILBOX | {"erroritemnotfound"}
NOT_OPEN = NOT_FOUND | {_DENIED}
"""No mailbox, or one that is out of the application's access policy (C7)."""

IMMUTABLE = 'IdType="ImmutableId"'
HEADERS = {"Prefer": IMMUTABLE}

_FIELDS = {"$select": "id,name,canEdit,isDefaultCalendar"}
_PAGE = "100"
_TRIES = 3
_NOT_FOUND = 404


def photos(connection: Connection, entra_ids: Iterable[str]) -> Read:
    """The photos' etags of these people: frame `Photos`."""
    reading = Reading(connection, "entra_photos")
    found = dict(reading.hold((user, _etag_of(reading, user)) for user in sorted(set(entra_ids))))
    frame = frames.photos({user: etag for user, etag in found.items() if etag})
    return Read(frame, reading.certificate(len(frame)))


def calendars(connection: Connection, entra_ids: Iterable[str]) -> MultiRead:
    """The mailboxes of these people and their calendars: frames `Mailboxes` and `Calendars`."""
    reading = Reading(connection, "entra_calendars")
    found = dict(reading.hold((user, _calendars_of(reading, user)) for user in sorted(set(entra_ids))))
    there = {user: rows for user, rows in found.items() if isinstance(rows, list)}
    if not there and _DENIED in found.values():
        connection.forbidden(f"read {reading.source}", MAILBOXES)
    made = {
        "entra_mailboxes": frames.mailboxes({user: user in there for user in found}),
        "entra_calendars": frames.calendars(there),
    }
    return MultiRead(made, reading.certificate(len(made["entra_calendars"])))


def photo(connection: Connection, entra_id: str) -> tuple[str, bytes] | None:
    """A person's photo: its etag and its content, which belong together; None without one."""
    source, path = "entra_photos", f"users/{part(entra_id)}/photo"
    etag = _etag(source, connection.get(source, path))
    for _ in range(_TRIES):
        if etag is None:
            return None
        answer = connection.get(source, f"{path}/$value", binary=True)
        before, etag = etag, _etag(source, connection.get(source, path))
        if etag == before and answer.status == OK and answer.content:
            return etag, answer.content
    raise SourceUnreadable(source, f"the photo of {entra_id} changed while it was read: the next run tries again")


def calendar(connection: Connection, entra_id: str, calendar_id: str) -> Row | None:
    """A calendar as it is now; None where it, or its mailbox, is gone."""
    path = f"users/{part(entra_id)}/calendars/{part(calendar_id)}"
    return connection.one("entra_calendars", path, _FIELDS, gone=NOT_FOUND, headers=HEADERS)


def has_mailbox(connection: Connection, entra_id: str) -> bool:
    """Whether somebody has a mailbox that the application may open (C7)."""
    source, path = "entra_calendars", f"users/{part(entra_id)}/calendars"
    answer = connection.get(source, path, {"$select": "id", "$top": "1"}, headers=HEADERS)
    if says(answer, NOT_OPEN):
        return False
    if answer.status != OK:
        raise unreadable(source, answer)
    return "value" in page(source, answer)


def _etag_of(reading: Reading, user: str) -> Talk[str | None]:
    answer = yield Ask(user, f"/users/{part(user)}/photo")
    pages = Pages(reading.source)
    pages.add(answer, [])
    reading.accept(pages)
    if answer.status == FORBIDDEN:
        reading.connection.forbidden(f"read {reading.source}", "users")
    return _etag(reading.source, answer)


def _etag(source: str, answer: Answer) -> str | None:
    """The etag of a photo; None where Graph has none: it says so, or gives one pixel without an etag."""
    if answer.status == _NOT_FOUND and answer.error_code:
        return None
    if answer.status != OK:
        raise unreadable(source, answer)
    etag = page(source, answer).get("@odata.mediaEtag")
    if not isinstance(etag, str | None):
        raise SourceUnreadable(source, "an etag is no text: the answer is not Graph's")
    return etag or None


def _calendars_of(reading: Reading, user: str) -> Talk[list[Row] | str]:
    """A person's calendars, or the code by which Graph says that there is no mailbox to open.

    Every mailbox has a default calendar: a list without one is asked for again before it is believed. What is taken
    away because of it is looked for by its id first (rules.md, "Applying" 4).
    """
    url = f"/users/{part(user)}/calendars?$select={_FIELDS['$select']}&$top={_PAGE}"
    believed: tuple[Pages, list[Row]] | None = None
    for _ in range(_TRIES):
        pages = Pages(reading.source)
        try:
            last = yield from reading.collect(pages, user, url, HEADERS, none=NOT_OPEN)
            rows = pages.distinct()
        except ReadAgain:
            continue
        if last.status != OK:
            reading.accept(pages)
            return last.error_code.casefold()
        believed = pages, rows
        if any(isinstance(row, dict) and row.get("isDefaultCalendar") is True for row in rows):
            break
    if believed is None:
        raise SourceUnreadable(reading.source, f"the calendars of {user} changed while they were read, {_TRIES} times")
    reading.accept(believed[0])
    return believed[1]
