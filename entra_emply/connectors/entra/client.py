"""Microsoft Graph as the pipeline asks it: what is read for a plan, what is looked at when it is applied, what is
written. Nothing is done here.

The directory is `directory`, mailboxes are `mailboxes` and `events`, writing is `writes`; HTTP is `connection`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from entra_emply.connectors.entra import directory, events, frames, mailboxes, writes
from entra_emply.connectors.entra.connection import Connection, signature
from entra_emply.connectors.entra.event_deltas import Window
from entra_emply.connectors.frames import MultiRead, Read
from entra_emply.connectors.throttle import Timing
from entra_emply.environment import Environment

JsonObject = Mapping[str, object]


class GraphClient:
    """A tenant's directory and mailboxes.

    Every method may raise CredentialsError; reads raise SourceUnreadable, writes TargetRefused.
    """

    def __init__(self, environment: Environment, timing: Timing | None = None) -> None:
        self._connection = Connection(environment.entra, timing)
        self.base, self.service = self._connection.base, self._connection.service

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def headers(self) -> Mapping[str, str]:
        """What every request carries: a token that is good for a while."""
        return signature(self._connection.token())

    # --- lists, for a plan --------------------------------------------------------------------------------------------

    def tenant(self) -> Read:
        """The organization: frame `Tenant`."""
        return directory.listed(
            self._connection, "entra_tenant", "organization", frames.Tenant, frames.tenant, top=None
        )

    def users(self) -> Read:
        """Every user: frame `Users`."""
        return directory.listed(self._connection, "entra_users", "users", frames.Users, frames.users)

    def groups(self) -> Read:
        """Every group: frame `Groups`."""
        return directory.listed(
            self._connection, "entra_groups", "groups", frames.Groups, frames.groups, more=["groupTypes"]
        )

    def members(self, group_ids: Sequence[str], *, transitive: bool) -> Read:
        """The members of these groups (of members too, with `transitive`): frame `GroupMembers`."""
        return directory.members(self._connection, group_ids, transitive=transitive)

    def deleted_users(self) -> Read:
        """The users deleted in the last 30 days: frame `DeletedUsers`."""
        path = "directory/deletedItems/microsoft.graph.user"
        return directory.listed(
            self._connection, "entra_deleted_users", path, frames.DeletedUsers, frames.deleted_users
        )

    def application(self, service_principal_id: str) -> MultiRead:
        """An enterprise application and who is assigned to it: frames `entra_application` (without a row where there is
        none) and `entra_assigned`."""
        return directory.application(self._connection, service_principal_id)

    def photos(self, entra_ids: Iterable[str]) -> Read:
        """The photos' etags of these people: frame `Photos`."""
        return mailboxes.photos(self._connection, entra_ids)

    def calendars(self, entra_ids: Iterable[str]) -> MultiRead:
        """These people's mailboxes and calendars: frames `entra_mailboxes` and `entra_calendars`."""
        return mailboxes.calendars(self._connection, entra_ids)

    def events(
        self, wanted: pd.DataFrame, window: Window, previous: Mapping[str, pd.DataFrame] | None, paired: pd.DataFrame
    ) -> MultiRead:
        """The events of the `wanted` calendars in the window and the `paired` ones out of it, by delta where `previous`
        allows: frames `entra_events` and `entra_cursors`. The frames' columns: see `events.events`."""
        return events.events(self._connection, wanted, window, previous, paired)

    # --- single objects, as they are now ------------------------------------------------------------------------------

    def user(self, entra_id: str) -> JsonObject | None:
        """The user; None where it is gone."""
        return directory.user(self._connection, entra_id)

    def find_user(self, user_principal_name: str) -> JsonObject | None:
        """The user of this sign-in name."""
        return directory.user(self._connection, user_principal_name)

    def users_named(self, names: Collection[str]) -> Read:
        """The users who have one of these texts as id, sign-in name or mail address: frame `Users`."""
        return directory.users_named(self._connection, names)

    def deleted_user(self, entra_id: str) -> bool:
        """Whether the user is among the deleted."""
        return directory.deleted_user(self._connection, entra_id)

    def member_of(self, entra_id: str) -> frozenset[str]:
        """The groups (and directory roles) the user is a direct member of; none where the user is gone."""
        return directory.member_of(self._connection, entra_id)

    def transitive_groups(self, group_id: str) -> frozenset[str]:
        """The groups inside a group, at any depth; none where the group is gone."""
        return directory.transitive_groups(self._connection, group_id)

    def photo(self, entra_id: str) -> tuple[str, bytes] | None:
        """The person's photo: etag and content; None without one."""
        return mailboxes.photo(self._connection, entra_id)

    def calendar(self, entra_id: str, calendar_id: str) -> JsonObject | None:
        """The calendar (id, name, canEdit, isDefaultCalendar); None where it, or the mailbox, is gone."""
        return mailboxes.calendar(self._connection, entra_id, calendar_id)

    def has_mailbox(self, entra_id: str) -> bool:
        """Whether the person has a mailbox that the application may open."""
        return mailboxes.has_mailbox(self._connection, entra_id)

    def event(self, entra_id: str, event_id: str) -> JsonObject | None:
        """The event, in the words of a plan's `after` (and id, changeKey, sensitivity, transactionId); None where it is
        gone."""
        return events.event(self._connection, entra_id, event_id)

    def shows_event(self, entra_id: str, calendar_id: str, event_id: str, start: str, end: str) -> bool:
        """Whether this calendar has the event about this time: one that was moved to another calendar keeps its id."""
        return events.shows_event(self._connection, entra_id, calendar_id, event_id, start, end)

    def find_event(
        self, entra_id: str, calendar_id: str, transaction_id: str, start: str, end: str
    ) -> JsonObject | None:
        """The event that was made with this transaction id, looked for about this time; in the words of `event`."""
        return events.find_event(self._connection, entra_id, calendar_id, transaction_id, start, end)

    # --- writes -------------------------------------------------------------------------------------------------------

    def create_event(self, entra_id: str, calendar_id: str, fields: JsonObject) -> str:
        """Make an event of a plan's `after` and a `transactionId`; its id."""
        return writes.create_event(self._connection, entra_id, calendar_id, fields)

    def update_event(self, entra_id: str, event_id: str, fields: JsonObject) -> None:
        """Change an event to a plan's `after`."""
        writes.update_event(self._connection, entra_id, event_id, fields)

    def delete_event(self, entra_id: str, event_id: str) -> None:
        """Delete an event."""
        writes.delete_event(self._connection, entra_id, event_id)

    def create_user(self, fields: JsonObject) -> str:
        """Make a user, with a random password that is kept nowhere; its id."""
        return writes.create_user(self._connection, fields)

    def update_user(self, entra_id: str, fields: JsonObject) -> None:
        """Change fields of a user."""
        writes.update_user(self._connection, entra_id, fields)

    def delete_user(self, entra_id: str) -> None:
        """Delete a user; Entra keeps it for 30 days."""
        writes.delete_user(self._connection, entra_id)
