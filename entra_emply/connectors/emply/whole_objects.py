"""Objects as Emply has them, for a change that is sent as a whole object (PUT): read just before it is written.

Where Emply has no reading of one calendar or event, it is looked for in the lists. An event's calendar is remembered
from the first search: its id says nothing of where it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from entra_emply.connectors.emply.description import Description
from entra_emply.connectors.emply.lists import Lists
from entra_emply.connectors.emply.operations import NEEDS, READ_BEFORE_WRITTEN
from entra_emply.connectors.frames import Row
from entra_emply.errors import SourceUnreadable


@dataclass
class WholeObjects:
    """The objects of one client. Raises SourceUnreadable, CredentialsError."""

    description: Description
    lists: Lists
    """Lists as Emply has them, untranslated."""
    one: Callable[[str, str, str], Row | None]
    """(source, operation, id): an object as Emply has it."""
    identity_of: Callable[[str, Row], object]
    """(operation, object): its id."""
    _calendars: dict[str, str] = field(default_factory=dict)
    """By event its calendar, as it was at the last search."""

    def find(self, operation: str, identity: str) -> Mapping[str, object] | None:
        """What this operation is going to change, as it is now; None where it is not to be found."""
        reader, source = READ_BEFORE_WRITTEN[operation], f"emply_{NEEDS[operation].record}s"
        if self.description.operation(reader) is not None:
            return self.one(source, reader, identity)
        if operation == "update_calendar":
            return self._among(operation, self.lists.pages(source, "list_calendars").rows, identity)
        return self._event(source, identity)

    def _event(self, source: str, identity: str) -> Row | None:
        known = self._calendars.get(identity)
        found = self._among("list_events", self._events(source, known), identity) if known is not None else None
        return found or self._searched(source, identity)

    def _searched(self, source: str, identity: str) -> Row | None:
        """The event, in whichever calendar it is; all of them are looked through, and remembered."""
        found = None
        for calendar in self.lists.pages(source, "list_calendars").rows:
            place = str(self.identity_of("list_calendars", calendar))
            for event in self._events(source, place):
                self._calendars[str(self.identity_of("list_events", event))] = place
                found = event if self.identity_of("list_events", event) == identity else found
        return found

    def _events(self, source: str, calendar: str) -> Sequence[Row]:
        """The events of a calendar; none where Emply says that it is gone. The same run removes calendars of others."""
        try:
            return self.lists.pages(source, "list_events", calendar).rows
        except SourceUnreadable as unreadable:
            if unreadable.gone:
                return ()
            raise

    def _among(self, operation: str, rows: Sequence[Row], identity: str) -> Row | None:
        return next((row for row in rows if self.identity_of(operation, row) == identity), None)
