"""Reading what follows the join: photos, mailboxes, events and the rest of `world.FOLLOWING`, each once the one before
says of whom. What is called for is `reconciliation.reach`; how it is read is the clients' business.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.frames import Certificate, MultiRead
from entra_emply.errors import CredentialsError
from entra_emply.reconciliation import completeness as full_read
from entra_emply.reconciliation import read_scope as reach
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.join import join
from entra_emply.reconciliation.mapping import nothing_configured
from entra_emply.reconciliation.plan import mapping_of
from entra_emply.reconciliation.rules.events import window

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Reading:
    """What reading needs: the systems, what an earlier run of the day read of events, and the sources whose shrinking a
    person accepts (G5)."""

    graph: GraphClient
    emply: EmplyClient
    earlier_events: Frames | None = None
    accepted: Collection[str] = ()


def read_following(inputs: Inputs, reading: Reading) -> Iterator[tuple[str, Frames, Certificate | None]]:
    """Asset by asset its frames, and the certificate of the read; None where nothing was called for.

    Raises SourceUnreadable, CredentialsError, SettingsError.
    """
    mapping = mapping_of(inputs) if inputs.settings.enabled else nothing_configured()
    identities = Identities(inputs, mapping, join(inputs, mapping))
    for name, read in _READS.items():
        done = read(identities, reading)
        frames = {} if done is None else done.frames
        identities = replace(identities, inputs=identities.inputs.with_frames(frames))
        yield name, frames, None if done is None else done.certificate


def _deleted_users(identities: Identities, reading: Reading) -> MultiRead | None:
    """W1."""
    settings = identities.inputs.settings
    if not (settings.enabled and settings.entra_write_back.create):
        return None
    read = reading.graph.directory.deleted_users()
    return MultiRead({"entra_deleted_users": read.frame}, read.certificate)


def _application(identities: Identities, reading: Reading) -> MultiRead | None:
    """S."""
    settings = identities.inputs.settings
    wanted = settings.sso.service_principal_id
    return reading.graph.directory.application(wanted) if settings.enabled and wanted is not None else None


def _photos(identities: Identities, reading: Reading) -> MultiRead | None:
    """P."""
    wanted = reach.photos_of(identities)
    if not wanted:
        return None
    read = reading.graph.mailboxes.photos(wanted)
    return MultiRead({"entra_photos": read.frame}, read.certificate)


def _mailboxes(identities: Identities, reading: Reading) -> MultiRead | None:
    """C."""
    wanted = reach.mailboxes_of(identities)
    return reading.graph.mailboxes.calendars(wanted) if wanted else None


def _emply_calendars(identities: Identities, reading: Reading) -> MultiRead | None:
    """C; also with the calendars off, for what came from Entra before (C6): then a key without access has none."""
    settings = identities.inputs.settings
    try:
        read = reading.emply.calendars()
    except CredentialsError:
        if settings.enabled and settings.synchronize_calendars:
            raise
        return None
    if "emply_calendars" not in reading.accepted:
        full_read.require_recorded_calendars(identities.inputs, read.frame)
    return MultiRead({"emply_calendars": read.frame}, read.certificate)


def _emply_events(identities: Identities, reading: Reading) -> MultiRead | None:
    """C4 and E."""
    wanted = reach.emply_calendars_with_events(identities.inputs)
    if not wanted:
        return None
    read = reading.emply.events(wanted)
    if "emply_events" not in reading.accepted:
        full_read.require_recorded_events(identities.inputs, read.frame)
    return MultiRead({"emply_events": read.frame}, read.certificate)


def _events(identities: Identities, reading: Reading) -> MultiRead | None:
    """E."""
    wanted, paired = reach.events_of(identities)
    if wanted.empty:
        return None
    of = window(identities.inputs.now, identities.inputs.settings.calendar_window)
    return reading.graph.events.read(wanted, of, reading.earlier_events, paired)


_READS: Mapping[str, Callable[[Identities, Reading], MultiRead | None]] = {
    "entra_deleted_users": _deleted_users,
    "entra_app": _application,
    "entra_photos": _photos,
    "entra_calendars": _mailboxes,
    "emply_calendars": _emply_calendars,
    "emply_events": _emply_events,
    "entra_events": _events,
}
