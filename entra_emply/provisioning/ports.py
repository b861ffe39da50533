"""The ports: what provisioning needs of the clients of both systems, as interfaces. Nothing is implemented here.

Outlook's events have the properties of a plan's `after` (title, start, end, isAllDay, showAs, changeKey; times in UTC,
to the second, with Z). All other objects have those of their service.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from entra_emply.ledger.action import JsonObject

if TYPE_CHECKING:
    from entra_emply.connectors.reads import Read


class Directory(Protocol):
    """Entra's users and groups. Every method may raise SourceUnreadable."""

    def tenant(self) -> "Read":
        """One row: the tenant."""
        ...

    def user(self, name: str) -> JsonObject | None:
        """The user with this id or sign-in name, as they are now; None where there is none."""
        ...

    def deleted_user(self, entra_id: str) -> bool:
        """Whether the user is among the deleted users."""
        ...

    def all_groups_of(self, entra_id: str) -> frozenset[str]:
        """The ids of the groups that the user is a member of, directly or through groups."""
        ...

    def direct_members(self, group_id: str) -> frozenset[str]:
        """The ids of the direct members of a group."""
        ...


class Mailboxes(Protocol):
    """Outlook's photos and calendars. Every method may raise SourceUnreadable."""

    def photo(self, entra_id: str) -> tuple[str, bytes] | None:
        """The etag and the content of the user's photo; None without a photo."""
        ...

    def calendar(self, entra_id: str, calendar_id: str) -> JsonObject | None:
        """The calendar as it is now; None where it or its mailbox does not exist."""
        ...

    def has_mailbox(self, entra_id: str) -> bool:
        """Whether the user has a mailbox that the application may open."""
        ...


class Events(Protocol):
    """Outlook's events. Every method may raise SourceUnreadable."""

    def event(self, entra_id: str, event_id: str) -> JsonObject | None:
        """The event as it is now; None where it or its mailbox does not exist."""
        ...

    def shows_event(self, entra_id: str, calendar_id: str, event_id: str, start: str, end: str) -> bool:
        """Whether this calendar shows the event around these times. An event keeps its id in another calendar."""
        ...

    def find_event(
        self, entra_id: str, calendar_id: str, transaction_id: str, start: str, end: str
    ) -> JsonObject | None:
        """The event that was created with this transaction id, searched around these times."""
        ...


class Writes(Protocol):
    """Writing users to Entra and events to Outlook. Every method may raise TargetRefused."""

    def create_user(self, fields: JsonObject) -> str:
        """Create a user with a password that nobody knows; returns their id."""
        ...

    def update_user(self, entra_id: str, fields: JsonObject) -> None:
        """Change these fields of a user."""
        ...

    def delete_user(self, entra_id: str) -> None:
        """Delete a user, whom Entra can restore for 30 days."""
        ...

    def create_event(self, entra_id: str, calendar_id: str, fields: JsonObject, zone: str) -> str:
        """Create an event, with `transactionId` among the fields; returns its id. zone: of its dates (E0)."""
        ...

    def update_event(self, entra_id: str, event_id: str, fields: JsonObject, zone: str) -> None:
        """Change these fields of an event; both times and `isAllDay` go together. zone: of its dates (E0)."""
        ...

    def delete_event(self, entra_id: str, event_id: str) -> None:
        """Delete an event."""
        ...


class Graph(Protocol):
    """The parts of the Graph client that provisioning needs."""

    @property
    def directory(self) -> Directory:
        """Entra's users and groups."""
        ...

    @property
    def mailboxes(self) -> Mailboxes:
        """Outlook's photos and calendars."""
        ...

    @property
    def events(self) -> Events:
        """Outlook's events."""
        ...

    @property
    def writes(self) -> Writes:
        """All writing."""
        ...


class Users(Protocol):
    """Emply's users and employees. Reads may raise SourceUnreadable, writes TargetRefused."""

    @property
    def customer(self) -> str:
        """The customer whose Emply it is."""
        ...

    def roles(self) -> "Read":
        """Every role."""
        ...

    def user(self, emply_user_id: str) -> JsonObject | None:
        """The user as they are now; None where there is none."""
        ...

    def find_user(self, username: str | None, email: str | None) -> JsonObject | None:
        """The user with this username, else with this e-mail; None where there is none."""
        ...

    def employee(self, employee_id: str) -> JsonObject | None:
        """The employee as they are now; None where there is none."""
        ...

    def create_user(self, fields: JsonObject) -> str:
        """Create a user; returns their id."""
        ...

    def update_user(self, emply_user_id: str, fields: JsonObject) -> None:
        """Change these fields of a user."""
        ...

    def set_photo(self, emply_user_id: str, etag: str, content: bytes) -> None:
        """Give a user this picture; Emply stores the etag with it."""
        ...


class Calendars(Protocol):
    """Emply's calendars and events. Reads may raise SourceUnreadable, writes TargetRefused."""

    def list_calendars(self) -> Sequence[JsonObject]:
        """Every calendar as it is now."""
        ...

    def calendar_events(self, calendar_id: str) -> Sequence[JsonObject]:
        """Every event of a calendar as it is now."""
        ...

    def add_calendar(self, fields: JsonObject) -> str:
        """Create a calendar; returns its id."""
        ...

    def update_calendar(self, calendar_id: str, fields: JsonObject) -> None:
        """Change these fields of a calendar. A calendar that loses its `externalId` loses Outlook's events."""
        ...

    def delete_calendar(self, calendar_id: str) -> None:
        """Delete a calendar and its events."""
        ...

    def put_event(self, calendar_id: str, external_id: str, fields: JsonObject) -> None:
        """Create Outlook's event of this id in the calendar, or replace it."""
        ...

    def update_event(self, event_id: str, fields: JsonObject) -> None:
        """Change these fields of an event."""
        ...

    def delete_event(self, event_id: str) -> None:
        """Delete an event."""
        ...


class Emply(Users, Calendars, Protocol):
    """The Emply client, as provisioning needs it."""

    def cannot(self, part: str) -> Collection[str]:
        """What a part of the pipeline (users, photos, calendars, events) needs and this Emply does not have."""
        ...

    def why_not(self, part: str) -> str:
        """Which operations are absent, with their lines in the API description."""
        ...
