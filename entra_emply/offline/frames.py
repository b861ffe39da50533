"""The frames of a scenario: what the clients would make of both systems' answers, by the same functions.

Here: where in a scenario each frame's rows are. Not here: what their properties mean (`connectors`). Everything is read
of everybody; the rules take what they ask for.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from entra_emply.connectors.emply import calendar_frames
from entra_emply.connectors.emply import frames as emply
from entra_emply.connectors.entra import frames as entra
from entra_emply.connectors.entra import mailbox_frames
from entra_emply.connectors.frames import Row
from entra_emply.offline.events import as_answered
from entra_emply.offline.example import Emply, Entra, Example
from entra_emply.reconciliation.settings import Settings

Frames = dict[str, pd.DataFrame]

_GROUP = "#microsoft.graph.group"
_REMEMBERED = 500


def frames_of(example: Example) -> Frames:
    """Every frame of `Inputs` by name. Raises SourceUnreadable for a property that is not what it has to be."""
    tenant, customer, settings = example.scenario.entra, example.scenario.emply, example.settings
    return {
        "entra_tenant": _frame(entra.tenant, [{"id": "tenant"} | tenant.organization]),
        "entra_users": _frame(entra.users, tenant.users),
        "entra_groups": _frame(entra.groups, tenant.groups),
        "entra_group_members": entra.members(_members(tenant, nested=settings.nested_groups)),
        "entra_deleted_users": _frame(entra.deleted_users, tenant.deletedUsers),
        **_application(tenant, settings),
        **_mailboxes(tenant),
        **_customer(customer),
    }


def _frame(read: Callable[[Any], pd.DataFrame], rows: Sequence[Row]) -> pd.DataFrame:
    """What `read` makes of the rows; made once for all examples in which they are the same. Frames never change."""
    return _remembered(read, json.dumps(rows))


@lru_cache(maxsize=_REMEMBERED)
def _remembered(read: Callable[[Any], pd.DataFrame], rows: str) -> pd.DataFrame:
    return read(json.loads(rows))


def _customer(customer: Emply) -> Frames:
    events: dict[str, list[Row]] = {}
    for row in customer.events:
        events.setdefault(row.get("calendarId", ""), []).append(row)
    return {
        "emply_users": _frame(emply.users, customer.users),
        "emply_employees": _frame(emply.employees, customer.employees),
        "emply_roles": _frame(emply.roles, customer.roles),
        "emply_departments": _frame(emply.departments, customer.departments),
        "emply_calendars": _frame(calendar_frames.calendars, customer.calendars),
        "emply_events": calendar_frames.events(events),
    }


def _members(tenant: Entra, *, nested: bool) -> dict[str, list[Row]]:
    """What `members`, or with `nested` `transitiveMembers`, lists of each group."""
    direct = {group["id"]: group.get("members") or [] for group in tenant.groups}
    kinds = dict.fromkeys(direct, _GROUP)
    found = {group: _reached(group, direct) if nested else dict.fromkeys(each) for group, each in direct.items()}
    return {
        group: [{"id": member, "@odata.type": kinds.get(member, entra.A_USER)} for member in each]
        for group, each in found.items()
    }


def _reached(group: str, direct: Mapping[str, Sequence[str]]) -> dict[str, None]:
    reached: dict[str, None] = {}
    queue = list(direct[group])
    while queue:
        member = queue.pop(0)
        if member not in reached:
            reached[member] = None
            queue += direct.get(member, ())
    return reached


def _application(tenant: Entra, settings: Settings) -> Frames:
    """The enterprise application of the settings, and everybody who is assigned, directly or by a group."""
    found = [row for row in tenant.servicePrincipals if row["id"] == settings.sso.service_principal_id]
    principals = [each.get("principalId") for row in found for each in row.get("appRoleAssignedTo") or []]
    groups = {group["id"]: group.get("members") or [] for group in tenant.groups}
    assigned = [member for each in principals for member in groups.get(each, [each])]
    return {"entra_application": entra.application(found), "entra_assigned": entra.assigned(assigned)}


def _mailboxes(tenant: Entra) -> Frames:
    """What the clients read of each user: photos, mailboxes, calendars, events."""
    calendars = {user: each for user, each in tenant.calendars.items() if isinstance(each, list)}
    etags = {user: (photo or {}).get("mediaEtag") for user, photo in tenant.photos.items()}
    places = {(user, row["id"]): row for user, each in calendars.items() for row in each}
    opened = {place: as_answered(row.get("events") or ()) for place, row in places.items() if not row.get("closed")}
    cursors = [
        {
            "id": None,
            "entra_id": user,
            "calendar_id": calendar,
            "delta_link": "" if (user, calendar) in opened else None,
            "window_start": "",
            "window_end": "",
        }
        for user, calendar in places
    ]
    return {
        "entra_photos": mailbox_frames.photos({user: etag for user, etag in etags.items() if etag not in (None, "")}),
        "entra_mailboxes": mailbox_frames.mailboxes({row["id"]: row["id"] in calendars for row in tenant.users}),
        "entra_calendars": mailbox_frames.calendars(calendars),
        "entra_events": mailbox_frames.events(opened),
        "entra_cursors": mailbox_frames.cursors(cursors),
    }
