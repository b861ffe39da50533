"""Users' photos and calendars in Graph: of many users in batches for a plan, of one when an action is checked again.

Not here: the events of calendars (`events`), and the form of the frames (`mailbox_frames`).
"""

from collections.abc import Iterable

from entra_emply.connectors.answer import Answer
from entra_emply.connectors.entra import mailbox_frames as frames
from entra_emply.connectors.entra.batch import Ask
from entra_emply.connectors.entra.batching import BatchedRead, ReadTask
from entra_emply.connectors.entra.connection import MAILBOXES, OK, Connection, page, part, says, unreadable
from entra_emply.connectors.frames import Row
from entra_emply.connectors.pages import Pages, ReadAgain
from entra_emply.connectors.reads import MultiRead, Read
from entra_emply.errors import SourceUnreadable

_DENIED = "erroraccessdenied"
NO_MAILBOX = frozenset(
    {
        "mailboxnotenabledforrestapi",
        "mailboxnotsupportedforrestapi",
        "mailboxnothostedinexchangeonline",
        "restapinotenabledforuser",
        "errornonexistentmailbox",
        "errormailboxnotfound",
        "errorinvaliduser",
        "resourcenotfound",
        "request_resourcenotfound",
    }
)
"""The codes by which Graph says that a user has no mailbox that it can open."""
NO_ITEM = frozenset({"erroritemnotfound"})
NOT_FOUND = NO_MAILBOX | NO_ITEM
NOT_OPEN = NOT_FOUND | {_DENIED}
"""No mailbox, or one outside the application's access policy (C7)."""

IMMUTABLE = 'IdType="ImmutableId"'
HEADERS = {"Prefer": IMMUTABLE}

_FIELDS = {"$select": "id,name,canEdit,isDefaultCalendar"}
_PAGE = "100"
_TRIES = 3
_NOT_FOUND, _BAD_REQUEST = 404, 400
_NO_PHOTO = frozenset({"authenticationerror"})
"""By this code of a 400 Graph says that a user without mailbox in the cloud has no photo (P5)."""


class Mailboxes:
    """Reads Outlook's mailboxes. Every method may raise SourceUnreadable and CredentialsError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def photos(self, entra_ids: Iterable[str]) -> Read:
        """The etags of these users' photos: frame `Photos`. Unreadable are the photos of single users (P5)."""
        read = BatchedRead(self._connection, "entra_photos")
        found = dict(read.run((user, _etag_of(read, user)) for user in sorted(set(entra_ids))))
        etags = {user: etag for user, etag in found.items() if etag}
        frame = read.framed(frames.photos, etags, str)
        return Read(frame, read.certificate(len(frame)), read.unreadable)

    def calendars(self, entra_ids: Iterable[str]) -> MultiRead:
        """The mailboxes of these users and their calendars: frames `entra_mailboxes` and `entra_calendars`.

        Unreadable are the mailboxes of single users (C7), of whom nothing is in the frames.
        """
        read = BatchedRead(self._connection, "entra_calendars")
        found = dict(read.run((user, _calendars_of(read, user)) for user in sorted(set(entra_ids))))
        there = {user: rows for user, rows in found.items() if isinstance(rows, list)}
        if not there and _DENIED in found.values():
            self._connection.forbidden(f"read {read.source}", MAILBOXES, code="403 ErrorAccessDenied")
        calendars = read.framed(frames.calendars, there, str)
        known = found.keys() - read.unreadable.keys()
        made = {
            "entra_mailboxes": frames.mailboxes({user: user in there for user in known}),
            "entra_calendars": calendars,
        }
        return MultiRead(made, read.certificate(len(calendars)), read.unreadable)

    def photo(self, entra_id: str) -> tuple[str, bytes] | None:
        """The etag and the content of a user's photo, which belong together; None without a photo."""
        source, path = "entra_photos", f"users/{part(entra_id)}/photo"
        etag = _etag(source, self._connection.get(source, path))
        for _ in range(_TRIES):
            if etag is None:
                return None
            answer = self._connection.get(source, f"{path}/$value", binary=True)
            before, etag = etag, _etag(source, self._connection.get(source, path))
            if etag == before and answer.status == OK and answer.content and not answer.is_page:
                return etag, answer.content
        raise SourceUnreadable(source, f"the photo of {entra_id} changed while it was read: the next run tries again")

    def calendar(self, entra_id: str, calendar_id: str) -> Row | None:
        """The calendar (id, name, canEdit, isDefaultCalendar) as it is now; None where it or the mailbox is missing."""
        path = f"users/{part(entra_id)}/calendars/{part(calendar_id)}"
        return self._connection.one("entra_calendars", path, _FIELDS, gone=NOT_FOUND, headers=HEADERS)

    def has_mailbox(self, entra_id: str) -> bool:
        """Whether the user has a mailbox that the application may open (C7)."""
        source, path = "entra_calendars", f"users/{part(entra_id)}/calendars"
        answer = self._connection.get(source, path, {"$select": "id", "$top": "1"}, headers=HEADERS)
        if says(answer, NOT_OPEN):
            return False
        if answer.status != OK:
            raise unreadable(source, answer)
        return "value" in page(source, answer)


def _etag_of(read: BatchedRead, user: str) -> ReadTask[str | None]:
    answer = yield Ask(user, f"/users/{part(user)}/photo")
    pages = Pages(read.source)
    pages.add(answer, [])
    read.accept(pages)
    return _etag(read.source, answer)


def _etag(source: str, answer: Answer) -> str | None:
    """The etag of a photo; None where Graph says that there is none, or returns one pixel without an etag (P5)."""
    if answer.status == _NOT_FOUND or (answer.status == _BAD_REQUEST and says(answer, _NO_PHOTO)):
        return None
    if answer.status != OK:
        raise unreadable(source, answer)
    etag = page(source, answer).get("@odata.mediaEtag")
    if not isinstance(etag, str):
        raise SourceUnreadable(source, "there is no etag: the answer is not Graph's")
    return etag or None


def _calendars_of(read: BatchedRead, user: str) -> ReadTask[list[Row] | str]:
    """A user's calendars, or the code by which Graph says that there is no mailbox to open.

    Every mailbox has a default calendar: a list without one is read again before it is used. Before an action takes a
    calendar away, the calendar is looked up by its id (rules.md, "Applying" 4).
    """
    url = f"/users/{part(user)}/calendars?$select={_FIELDS['$select']}&$top={_PAGE}"
    believed: tuple[Pages, list[Row]] | None = None
    for _ in range(_TRIES):
        pages = Pages(read.source)
        try:
            last = yield from read.collect(pages, user, url, HEADERS, none=NOT_OPEN)
            rows = pages.distinct()
        except ReadAgain:
            continue
        if last.status != OK:
            read.accept(pages)
            return last.error_code.casefold()
        believed = pages, rows
        if any(isinstance(row, dict) and row.get("isDefaultCalendar") is True for row in rows):
            break
    if believed is None:
        raise SourceUnreadable(read.source, f"the calendars of {user} changed while they were read, {_TRIES} times")
    read.accept(believed[0])
    return believed[1]
