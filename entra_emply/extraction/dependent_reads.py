"""The dependent sources: photos, mailboxes, events and the rest of `inputs.DEPENDENT_SOURCES`, each read once the one
before says of whom. What is asked for is `reconciliation.read_scope`; how it is read is the clients' business.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd
import pandera.pandas as pandera

from entra_emply.connectors.emply import calendar_frames
from entra_emply.connectors.entra import frames as directory
from entra_emply.connectors.entra import mailbox_frames
from entra_emply.connectors.frames import Certificate, MultiRead, Read
from entra_emply.errors import CredentialsError
from entra_emply.extraction.sources import Systems
from entra_emply.reconciliation.completeness import require_recorded_calendars, require_recorded_events
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.read_scope import ReadScope, emply_calendars_with_events, events_of
from entra_emply.reconciliation.rules.events import window

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Reading:
    """What a dependent source is read with: the systems, what to read, and the frames that it needs of those before.

    earlier_events: what the day's last complete run read of events. accepted: the sources whose shrinking a person
    accepts (G5).
    """

    systems: Systems
    scope: ReadScope
    frames: Frames = field(default_factory=dict)
    earlier_events: Frames | None = None
    accepted: Collection[str] = ()

    @property
    def people(self) -> Identities:
        """The people whose mailboxes are read, with what was read before."""
        people = self.scope.people
        return replace(people, inputs=people.inputs.with_frames(self.frames))


@dataclass(frozen=True)
class DependentSource:
    """A source that is read of some people, or where the settings ask for it.

    model: of the frame that is shown of it. about: what is read. needs: the dependent sources that are read before.
    read: None where nothing asks for it; raises SourceUnreadable, CredentialsError.
    """

    name: str
    model: type[pandera.DataFrameModel]
    about: str
    read: Callable[[Reading], MultiRead | None]
    needs: tuple[str, ...] = ()

    @property
    def system(self) -> str:
        """Which system it is read from: `entra` or `emply`."""
        return self.name.partition("_")[0]


def read_dependents(reading: Reading) -> Iterator[tuple[str, Frames, Certificate | None]]:
    """Source by source its frames and the certificate of the read; None where nothing was asked for."""
    for source in DEPENDENT:
        done = source.read(reading)
        frames = {} if done is None else done.frames
        reading = replace(reading, frames={**reading.frames, **frames})
        yield source.name, frames, None if done is None else done.certificate


def _deleted_users(reading: Reading) -> MultiRead | None:
    """W1."""
    if not reading.scope.asks_for("entra_deleted_users"):
        return None
    return _one("entra_deleted_users", reading.systems.graph.directory.deleted_users())


def _application(reading: Reading) -> MultiRead | None:
    """S."""
    wanted = reading.scope.ids_of("entra_app")
    return reading.systems.graph.directory.application(wanted[0]) if wanted else None


def _photos(reading: Reading) -> MultiRead | None:
    """P."""
    wanted = reading.scope.ids_of("entra_photos")
    return _one("entra_photos", reading.systems.graph.mailboxes.photos(wanted)) if wanted else None


def _mailboxes(reading: Reading) -> MultiRead | None:
    """C."""
    wanted = reading.scope.ids_of("entra_calendars")
    return reading.systems.graph.mailboxes.calendars(wanted) if wanted else None


def _emply_calendars(reading: Reading) -> MultiRead | None:
    """C; also with the calendars off, for what came from Entra before (C6): then a key without access has none."""
    inputs = reading.people.inputs
    try:
        read = reading.systems.emply.calendars()
    except CredentialsError:
        if inputs.settings.enabled and inputs.settings.synchronize_calendars:
            raise
        return None
    if "emply_calendars" not in reading.accepted:
        require_recorded_calendars(inputs, read.frame)
    return _one("emply_calendars", read)


def _emply_events(reading: Reading) -> MultiRead | None:
    """C4 and E."""
    inputs = reading.people.inputs
    wanted = emply_calendars_with_events(inputs)
    if not wanted:
        return None
    read = reading.systems.emply.events(wanted)
    if "emply_events" not in reading.accepted:
        require_recorded_events(inputs, read.frame)
    return _one("emply_events", read)


def _events(reading: Reading) -> MultiRead | None:
    """E."""
    people = reading.people
    wanted, paired = events_of(people)
    if wanted.empty:
        return None
    of = window(people.inputs.now, people.inputs.settings.calendar_window)
    return reading.systems.graph.events.read(wanted, of, reading.earlier_events, paired)


def _one(name: str, read: Read) -> MultiRead:
    return MultiRead({name: read.frame}, read.certificate)


DEPENDENT = (
    DependentSource(
        "entra_deleted_users", directory.DeletedUsers, "Only with `entra_write_back.create`.", _deleted_users
    ),
    DependentSource(
        "entra_app",
        directory.Assigned,
        "And the application itself. Only with `sso.service_principal_id`.",
        _application,
    ),
    DependentSource("entra_photos", mailbox_frames.Photos, "Of those whose photo may go to Emply.", _photos),
    DependentSource(
        "entra_calendars",
        mailbox_frames.Calendars,
        "Of the people whose calendars may go to Emply, and of the meeting rooms; and whether each has a mailbox.",
        _mailboxes,
    ),
    DependentSource(
        "emply_calendars",
        calendar_frames.Calendars,
        "With calendars off as well: what came from Entra goes.",
        _emply_calendars,
    ),
    DependentSource(
        "emply_events", calendar_frames.Events, "In the window and out of it.", _emply_events, ("emply_calendars",)
    ),
    DependentSource(
        "entra_events",
        mailbox_frames.Events,
        "What changed since the day's last run, else all of them; and where the next read goes on.",
        _events,
        ("entra_calendars", "emply_calendars", "emply_events"),
    ),
)
"""All of `inputs.DEPENDENT_SOURCES`, in the order of reading."""
