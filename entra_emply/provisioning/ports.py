"""The ports: what provisioning needs of the clients of both systems, as interfaces. Nothing is implemented here.

Outlook's events have the properties of a plan's `after` (title, start, end, isAllDay, showAs, changeKey; times in UTC,
to the second, with Z). All other objects have those of their service.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from entra_emply.ledger.action import JsonObject

if TYPE_CHECKING:
    from entra_emply.connectors.frames import (
        Read,  # slow to import, and not needed by commands that only ask the ledger
    )


class Directory(Protocol):
    """Entra's users and groups. Reads raise SourceUnreadable, writes TargetRefused."""

    def tenant(self) -> "Read":
        """One row: the tenant."""
        ...

    def user(self, entra_id: str) -> JsonObject | None:
        """The user as it is now; None where it is gone."""
        ...

    def deleted_user(self, entra_id: str) -> bool:
        """Whether the user is in deletedItems."""
        ...

    def find_user(self, user_principal_name: str) -> JsonObject | None:
        """The user of this name as it is now; None where nobody has it."""
        ...

    def member_of(self, entra_id: str) -> frozenset[str]:
        """The groups it is a direct member of."""
        ...

    def transitive_groups(self, group_id: str) -> frozenset[str]:
        """The groups inside a group, at any depth."""
        ...

    def create_user(self, fields: JsonObject) -> str:
        """Make a user with a password that nobody knows; its id."""
        ...

    def update_user(self, entra_id: str, fields: JsonObject) -> None:
        """Change these fields of a user."""
        ...

    def delete_user(self, entra_id: str) -> None:
        """Delete a user, so that it can be restored for 30 days."""
        ...


class Mailboxes(Protocol):
    """Outlook's photos, calendars and events. Reads raise SourceUnreadable, writes TargetRefused."""

    def photo(self, entra_id: str) -> tuple[str, bytes] | None:
        """The etag and the content of the photo; None without one."""
        ...

    def calendar(self, entra_id: str, calendar_id: str) -> JsonObject | None:
        """The calendar as it is now; None where it, or the mailbox, is gone."""
        ...

    def has_mailbox(self, entra_id: str) -> bool:
        """Whether there is a mailbox, and it may be opened."""
        ...

    def event(self, entra_id: str, event_id: str) -> JsonObject | None:
        """The event as it is now; None where it is gone."""
        ...

    def shows_event(self, entra_id: str, calendar_id: str, event_id: str, start: str, end: str) -> bool:
        """Whether this calendar has the event about this time. One that was moved to another calendar keeps its id."""
        ...

    def find_event(
        self, entra_id: str, calendar_id: str, transaction_id: str, start: str, end: str
    ) -> JsonObject | None:
        """The event that was made with this transaction id, looked for between these times."""
        ...

    def create_event(self, entra_id: str, calendar_id: str, fields: JsonObject) -> str:
        """Make an event, with `transactionId` among the fields; its id."""
        ...

    def update_event(self, entra_id: str, event_id: str, fields: JsonObject) -> None:
        """Change these fields of an event."""
        ...

    def delete_event(self, entra_id: str, event_id: str) -> None:
        """Delete an event."""
        ...


class Graph(Directory, Mailboxes, Protocol):
    """What applying needs of the Graph client."""


class Users(Protocol):
    """Emply's users and employees. Reads raise SourceUnreadable, writes TargetRefused."""

    @property
    def customer(self) -> str:
        """Whose Emply it is."""
        ...

    def user(self, emply_user_id: str) -> JsonObject | None:
        """The user as it is now; None where there is none."""
        ...

    def find_user(self, username: str | None, email: str | None) -> JsonObject | None:
        """The user of this username or, failing that, e-mail."""
        ...

    def employee(self, employee_id: str) -> JsonObject | None:
        """The employee as it is now; None where there is none."""
        ...

    def create_user(self, fields: JsonObject) -> str:
        """Make a user; its id."""
        ...

    def update_user(self, emply_user_id: str, fields: JsonObject) -> None:
        """Change these fields of a user."""
        ...

    def set_photo(self, emply_user_id: str, etag: str, content: bytes) -> None:
        """Give a user this picture, and remember its etag with it."""
        ...


class Calendars(Protocol):
    """Emply's calendars and events. Reads raise SourceUnreadable, writes TargetRefused."""

    def list_calendars(self) -> Sequence[JsonObject]:
        """Every calendar as it is now."""
        ...

    def calendar_events(self, calendar_id: str) -> Sequence[JsonObject]:
        """Every event of a calendar as it is now."""
        ...

    def add_calendar(self, fields: JsonObject) -> str:
        """Make a calendar; its id."""
        ...

    def update_calendar(self, calendar_id: str, fields: JsonObject) -> None:
        """Change these fields of a calendar. Outlook's events leave one that loses its `externalId`."""
        ...

    def delete_calendar(self, calendar_id: str) -> None:
        """Delete a calendar and all that is in it."""
        ...

    def put_event(self, calendar_id: str, external_id: str, fields: JsonObject) -> None:
        """Make Outlook's event of this id in the calendar, or replace it."""
        ...

    def update_event(self, event_id: str, fields: JsonObject) -> None:
        """Change these fields of an event."""
        ...

    def delete_event(self, event_id: str) -> None:
        """Delete an event."""
        ...


class Emply(Users, Calendars, Protocol):
    """What applying needs of the Emply client."""
