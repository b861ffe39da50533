"""The sync state of an example: what the ledger would remember, from the short form of interfaces.md.

The ledger records whose a calendar and a pair of events is; an example does not say so, because its calendars do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from entra_emply.offline.example import Done, Example, Sync
from entra_emply.reconciliation.inputs import STATE_COLUMNS, SyncState

_STILL_VALID = timedelta(hours=1)
_NO_GROUP = ""
"""In a role state without groups: there is a role state, which is not the same as none (L7, L8)."""


def state_of(example: Example, now: datetime) -> SyncState:
    """The sync state at `now`."""
    sync = example.sync
    owners = _Owners(example)
    rows: dict[str, Iterable[Sequence[Any]]] = {
        "links": sync.links.items(),
        "role_states": _role_states(sync),
        "group_ids": sync.group_ids.items(),
        "deactivations": _done(sync.deactivations, sync.links),
        "grants": _done(sync.recent_grants, {login: user for user, login in sync.links.items()}),
        "group_counts": ((group, count) for group, count in sync.member_counts.items() if count),
        "photo_etags": ((sync.links[user], etag) for user, etag in sync.photos.items() if user in sync.links),
        "calendars": owners.calendars(),
        "event_pairs": owners.event_pairs(),
        "deleted_users": sync.deleted_for,
        "refused": sync.refused,
        "holds": ((action, " ".join(sorted(set(guards)))) for action, guards in sync.held.items()),
        "approvals": ((action, now + _STILL_VALID) for action in dict.fromkeys(sync.approved)),
    }
    given = {name: list(each) for name, each in rows.items()}
    frames = {name: pd.DataFrame(each, columns=list(STATE_COLUMNS[name])) for name, each in given.items() if each}
    return SyncState.of(frames, read_at=now)


def _role_states(sync: Sync) -> Iterator[tuple[str, str, str | None]]:
    for user, state in sync.roles.items():
        if user in sync.links:
            yield from ((sync.links[user], group, state.mapping.get(group)) for group in state.groups or [_NO_GROUP])


def _done(done: Mapping[str, Done], other_id: Mapping[str, str]) -> Iterator[tuple[str, datetime, bool]]:
    """What was done to whom: each may be named by the id in either system."""
    return ((other_id.get(whom, whom), each.at, each.approved) for whom, each in done.items())


class _Owners:
    """Whose the calendars of a scenario are."""

    def __init__(self, example: Example) -> None:
        sync, emply = example.sync, example.scenario.emply
        self._sync = sync
        self._calendars = {row["id"]: row for row in emply.calendars}
        self._calendar_of_event = {row["id"]: row.get("calendarId") for row in emply.events}
        self._user_of_login = {login: user for user, login in sync.links.items()}
        self._external_id = {row["id"]: row.get("externalId") for row in emply.calendars}
        self._external_id |= {calendar: external for external, calendar in sync.detached.items()}
        self._mailboxes: dict[str, str] = {}
        self._events: dict[str, str] = {}
        for user, calendars in sorted(example.scenario.entra.calendars.items()):
            for row in calendars if isinstance(calendars, list) else ():
                self._mailboxes.setdefault(row["id"], user)
                self._events |= {event["id"]: user for event in row.get("events") or [] if "id" in event}

    def calendars(self) -> Iterator[tuple[str, str | None, str | None, bool]]:
        """Rooms' calendars and detached ones; whose any other is, Emply says."""
        detached = set(self._sync.detached.values())
        for calendar, external_id in self._external_id.items():
            if calendar in detached or external_id in self._sync.room_calendars:
                yield calendar, self._of_calendar(calendar), external_id, calendar in detached

    def event_pairs(self) -> Iterator[tuple[str, str, str | None, str | None]]:
        """The recorded pairs, each with the mailbox that it is in."""
        named = {external: calendar for calendar, external in self._external_id.items() if external}
        for event, pair in self._sync.event_pairs.items():
            emply = self._calendar_of_event.get(event) or named.get(pair.calendarExternalId or "")
            owner = self._of_calendar(emply) or self._mailboxes.get(pair.calendarExternalId or "")
            yield event, pair.externalId, owner or self._events.get(pair.externalId), pair.calendarExternalId

    def _of_calendar(self, calendar: str | None) -> str | None:
        """The Entra id of the owner of an Emply calendar: its login's user, the recorded room, whose mailbox has it."""
        login = self._calendars.get(calendar or "", {}).get("userId")
        external_id = self._external_id.get(calendar or "") or ""
        room = self._sync.room_calendars.get(external_id)
        return self._user_of_login.get(login or "") or room or self._mailboxes.get(external_id)
