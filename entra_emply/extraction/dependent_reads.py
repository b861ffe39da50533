"""The dependent sources: photos, mailboxes, events and the rest of `inputs.DEPENDENT_SOURCES`, each read once the one
before says of whom. What cannot be read of them is a row of its frame `unreadable`, and no failure of the run: a leaver
does not wait for somebody's calendar (G5b). What is asked for is `reconciliation.read_scope`; how it is read is the
clients' business.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd
import pandera.pandas as pandera

from entra_emply.connectors.emply import calendar_frames
from entra_emply.connectors.entra import frames as directory
from entra_emply.connectors.entra import mailbox_frames
from entra_emply.connectors.reads import Certificate, MultiRead, Read
from entra_emply.errors import CredentialsError, SourceUnreadable
from entra_emply.extraction.side_by_side import Announced, in_turn
from entra_emply.extraction.sources import Systems
from entra_emply.reconciliation.completeness import require_recorded_calendars, require_recorded_events
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.read_scope import ReadScope, emply_calendars_with_events, events_of
from entra_emply.reconciliation.rules.event_window import window
from entra_emply.reconciliation.settings import Settings
from entra_emply.reconciliation.unreadable_frame import SOURCES_OF, UNREADABLE, merged, sources_of, unreadable

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
    def identities(self) -> Identities:
        """Those whose mailboxes are read, with what was read before."""
        identities = self.scope.identities
        return replace(identities, inputs=identities.inputs.with_frames(self.frames))

    def has(self, *sources: str) -> bool:
        """Whether these sources, read before, could be read."""
        return UNREADABLE not in self.frames or sources_of(self.frames[UNREADABLE]).isdisjoint(sources)


@dataclass(frozen=True)
class SourceRead:
    """What came of reading a source: its frames, `unreadable` included; none where nothing was asked for.

    certificate: of a read that came to its end. why: else, why it did not.
    """

    frames: Frames
    certificate: Certificate | None = None
    why: str = ""


@dataclass(frozen=True)
class DependentSource:
    """A source that is read of some people, or where the settings ask for it.

    model: of the frame that is shown of it. about: what is read. needs: the dependent sources that are read before.
    ask: None where nothing asks for it; raises SourceUnreadable, CredentialsError. of: what of people it consists of.
    """

    name: str
    model: type[pandera.DataFrameModel]
    about: str
    ask: Callable[[Reading], MultiRead | None]
    needs: tuple[str, ...] = ()
    of: Literal["photos", "mailboxes"] | None = None

    @property
    def system(self) -> str:
        """Which system it is read from: `entra` or `emply`."""
        return self.name.partition("_")[0]

    def read(self, reading: Reading) -> SourceRead:
        """Read it as far as it can be read; nothing is raised for what cannot (G5b)."""
        try:
            done = self.ask(reading)
        except (SourceUnreadable, CredentialsError) as trouble:
            return SourceRead({UNREADABLE: unreadable(SOURCES_OF, {self.name: trouble.code})}, why=str(trouble))
        if done is None:
            return SourceRead({})
        return SourceRead(
            {**done.frames, UNREADABLE: unreadable(self.of or SOURCES_OF, done.unreadable)}, done.certificate
        )


def read_dependents(reading: Reading) -> Iterator[tuple[str, SourceRead]]:
    """Source by source what came of it; they are read side by side."""
    return in_turn(announced_dependents(reading), reading.systems.stop)


def announced_dependents(reading: Reading) -> dict[str, Announced]:
    """The dependent sources, to be read side by side, each once those that it needs are.

    Events wait for the photos, too: a mailbox answers only so many requests at a time.
    """

    def announced(source: DependentSource) -> Announced:
        def read(before: Mapping[str, SourceRead]) -> SourceRead:
            frames = (before[needed].frames for needed in source.needs)
            return source.read(replace(reading, frames=merged([reading.frames, *frames])))

        return Announced(read, (*source.needs, *(("entra_photos",) if source.name == "entra_events" else ())))

    return {source.name: announced(source) for source in DEPENDENT}


def _deleted_users(reading: Reading) -> MultiRead | None:
    """Frame `entra_deleted_users`, for W1; None unless people may be created in Entra."""
    if not reading.scope.asks_for("entra_deleted_users"):
        return None
    return _one("entra_deleted_users", reading.systems.graph.directory.deleted_users())


def _application(reading: Reading) -> MultiRead | None:
    """Frames `entra_application` and `entra_assigned`, for S; None unless the settings name an application."""
    wanted = reading.scope.ids_of("entra_app")
    return reading.systems.graph.directory.application(wanted[0]) if wanted else None


def _photos(reading: Reading) -> MultiRead | None:
    """Frame `entra_photos`, for P; None where nobody's photo counts, or Emply takes none."""
    wanted = reading.scope.ids_of("entra_photos")
    if not wanted or reading.systems.emply.cannot("photos"):
        return None
    return _one("entra_photos", reading.systems.graph.mailboxes.photos(wanted))


def _mailboxes(reading: Reading) -> MultiRead | None:
    """Frames `entra_mailboxes` and `entra_calendars`, for C; None where nobody's count, or Emply has no calendars."""
    wanted = reading.scope.ids_of("entra_calendars")
    if not wanted or reading.systems.emply.cannot("calendars"):
        return None
    return reading.systems.graph.mailboxes.calendars(wanted)


def _emply_calendars(reading: Reading) -> MultiRead | None:
    """Frame `emply_calendars`, for C; also with the calendars off, for what came from Entra before (C6).

    None where Emply has none to read. Raises SourceUnreadable where too many that the ledger has are missing.
    """
    emply, inputs = reading.systems.emply, reading.identities.inputs
    if emply.cannot("calendars"):
        return None
    read = _if_there_is_access(inputs.settings, emply.calendars)
    if read is None:
        return None
    if "emply_calendars" not in reading.accepted:
        require_recorded_calendars(inputs, read.frame)
    return _one("emply_calendars", read)


def _emply_events(reading: Reading) -> MultiRead | None:
    """Frame `emply_events`, for C4 and E; None where there is no calendar to read them of.

    Raises SourceUnreadable where too many that the ledger has are missing.
    """
    emply, inputs = reading.systems.emply, reading.identities.inputs
    if emply.cannot("calendars") or emply.cannot("events") or not reading.has("emply_calendars"):
        return None
    wanted = emply_calendars_with_events(inputs)
    read = _if_there_is_access(inputs.settings, lambda: emply.events(wanted)) if wanted else None
    if read is None:
        return None
    if "emply_events" not in reading.accepted:
        require_recorded_events(inputs, read.frame)
    return _one("emply_events", read)


def _if_there_is_access(settings: Settings, read: Callable[[], Read]) -> Read | None:
    """What `read` gives; with the calendars off, a key without access has nothing of them to take away (G5b)."""
    try:
        return read()
    except CredentialsError:
        if settings.enabled and settings.synchronize_calendars:
            raise
        return None


def _events(reading: Reading) -> MultiRead | None:
    """Frames `entra_events` and `entra_cursors`, for E; None where no calendar counts, or what E needs was not read."""
    emply, identities = reading.systems.emply, reading.identities
    if emply.cannot("calendars") or emply.cannot("events"):
        return None
    if not reading.has("entra_calendars", "emply_calendars", "emply_events"):
        return None
    wanted, paired = events_of(identities)
    if wanted.empty:
        return None
    of = window(identities.inputs.now, identities.inputs.settings.calendar_window)
    return reading.systems.graph.events.read(wanted, of, reading.earlier_events, paired)


def _one(name: str, read: Read) -> MultiRead:
    return MultiRead({name: read.frame}, read.certificate, read.unreadable)


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
    DependentSource(
        "entra_photos", mailbox_frames.Photos, "Of those whose photo may go to Emply.", _photos, of="photos"
    ),
    DependentSource(
        "entra_calendars",
        mailbox_frames.Calendars,
        "Of the people whose calendars may go to Emply, and of the meeting rooms; and whether each has a mailbox.",
        _mailboxes,
        of="mailboxes",
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
        of="mailboxes",
    ),
)
"""All of `inputs.DEPENDENT_SOURCES`, in the order of reading."""
