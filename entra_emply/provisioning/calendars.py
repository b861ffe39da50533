"""Emply's calendars that come from Entra: added, attached, changed, detached, removed. (rules.md, C)

A plan names a calendar by its Emply user (none for a room) and the Entra calendar; which one that is in Emply is
looked up here.
"""

from functools import partial

from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning import users, write_back
from entra_emply.provisioning.effect import Context, Done, Effect, Write
from entra_emply.provisioning.values import holds, text_of

NAMING = ("kind", "externalId")
"""What says which calendar it is, and is not changed."""


def calendar_of(action: Action, external_id: object, targets: Context) -> JsonObject | None:
    """The Emply calendar of the action's user, or room, that came from this Entra calendar."""
    return next(iter(targets.calendars.find(action.emply_user_id, str(external_id))), None)


# Giving


def _prepare_adding(action: Action, targets: Context) -> Write:
    """One that is there already was added by a run that could not tell."""
    there = calendar_of(action, action.fields["externalId"], targets)
    if there is not None:
        calendar_id = str(there["id"])
        return lambda: Done(calendar_id)
    fields = {name: value for name, value in action.fields.items() if value is not None}
    return partial(_add, fields, targets)


def _add(fields: JsonObject, targets: Context) -> Done:
    calendar_id = targets.emply.add_calendar(fields)
    targets.calendars.changed(calendar_id, fields)
    return Done(calendar_id)


def _look_for_added(action: Action, targets: Context) -> Done | None:
    targets.calendars.read_again()
    there = calendar_of(action, action.fields["externalId"], targets)
    return Done(str(there["id"])) if there is not None else None


def _prepare_attaching(action: Action, targets: Context) -> Write | None:
    """The calendar that was detached from this one, while it is there, is still this user's and nobody else's."""
    for row in _recorded(action, targets, action.fields, detached=True):
        if text_of(row, "externalId") is None:
            fields = {name: value for name, value in action.fields.items() if name != "kind"}
            return partial(_change, str(row["id"]), fields, targets)
    return None


def _look_for_attached(action: Action, targets: Context) -> Done | None:
    targets.calendars.read_again()
    for row in _recorded(action, targets, action.fields, detached=True):
        if holds(action.fields, row, without=["kind"]):
            return Done(str(row["id"]))
    return None


def _prepare_change(action: Action, targets: Context) -> Write | None:
    """Of what is as before; a calendar that was attached just now has its new name already."""
    row = calendar_of(action, action.fields["externalId"], targets)
    if row is None:
        return None
    before, calendar_id = action.before or {}, str(row["id"])
    left = {name: value for name, value in action.fields.items() if not holds({name: value}, row)}
    if not holds({name: before.get(name) for name in left}, row, without=NAMING):
        return None
    fields = {name: value for name, value in left.items() if name not in NAMING}
    return partial(_change, calendar_id, fields, targets) if fields else lambda: Done(calendar_id)


def _look_for_change(action: Action, targets: Context) -> Done | None:
    targets.calendars.read_again()
    row = calendar_of(action, action.fields["externalId"], targets)
    return Done(str(row["id"])) if row is not None and holds(action.fields, row, without=NAMING) else None


# Taking away


def _prepare_removal(action: Action, targets: Context) -> Write | None:
    """Only while nothing of Emply's own is in it."""
    row = _to_take_away(action, targets)
    if row is None or any(event.get("origin") == "emply" for event in targets.emply.calendar_events(str(row["id"]))):
        return None
    return partial(_remove, str(row["id"]), targets)


def _remove(calendar_id: str, targets: Context) -> Done:
    targets.emply.delete_calendar(calendar_id)
    targets.calendars.removed(calendar_id)
    return Done(calendar_id)


def _look_for_removed(action: Action, targets: Context) -> Done | None:
    targets.calendars.read_again()
    return Done() if calendar_of(action, (action.before or {})["externalId"], targets) is None else None


def _prepare_detaching(action: Action, targets: Context) -> Write | None:
    row = _to_take_away(action, targets)
    return None if row is None else partial(_change, str(row["id"]), {"externalId": None}, targets)


def _look_for_detached(action: Action, targets: Context) -> Done | None:
    """The one that is recorded for the Entra calendar, and no longer comes from it."""
    targets.calendars.read_again()
    for row in _recorded(action, targets, action.before or {}, detached=False):
        if text_of(row, "externalId") is None:
            return Done(str(row["id"]))
    return None


def _to_take_away(action: Action, targets: Context) -> JsonObject | None:
    row = _as_before(action, targets)
    return row if row is not None and (action.rule == "C6" or _is_out(action, row, targets)) else None


def _is_out(action: Action, row: JsonObject, targets: Context) -> bool:
    """C4's cause, the cheapest to see first. Whose calendar nobody knows can have none."""
    login, external_id = action.emply_user_id, str(row["externalId"])
    linked = targets.records.linked_to(login) if login is not None else None
    owner = action.entra_id or linked
    if owner is None:
        return True
    if (action.before or {}).get("kind") == "room":
        return _is_no_rooms(owner, external_id, targets)
    return linked != owner or _cannot_log_in(login, targets) or _is_no_users(owner, external_id, targets)


def _cannot_log_in(login: str | None, targets: Context) -> bool:
    user = targets.emply.user(login) if login is not None else None
    return user is None or not holds({"active": True}, user)


def _is_no_users(entra_id: str, external_id: str, targets: Context) -> bool:
    """Whether the Entra user has no such calendar to edit, or is out of scope. Without a mailbox all stays (C7)."""
    user = targets.graph.user(entra_id)
    if user is None or users.is_disabled(entra_id, user, targets):
        return True
    if _lacks(entra_id, external_id, "canEdit", targets):
        return True
    return users.is_in_no_group(entra_id, user, targets) or users.is_room(entra_id, user, targets)


def _is_no_rooms(entra_id: str, external_id: str, targets: Context) -> bool:
    """Whether it is not the default calendar of a room, or of one that this plan deletes. (C5, C7)"""
    deletion = targets.deletions.get(entra_id)
    if deletion is not None and write_back.may_go(deletion, targets):
        return True
    user = targets.graph.user(entra_id)
    if user is None or not users.is_room(entra_id, user, targets):
        return True
    return _lacks(entra_id, external_id, "isDefaultCalendar", targets)


def _lacks(entra_id: str, external_id: str, what: str, targets: Context) -> bool:
    """Whether the calendar is no longer what it has to be, or gone from a mailbox that is there. (C4, C7)"""
    calendar = targets.graph.calendar(entra_id, external_id)
    return targets.graph.has_mailbox(entra_id) if calendar is None else calendar.get(what) is not True


# Both


def _change(calendar_id: str, fields: JsonObject, targets: Context) -> Done:
    targets.emply.update_calendar(calendar_id, fields)
    targets.calendars.changed(calendar_id, fields)
    return Done(calendar_id)


def _as_before(action: Action, targets: Context) -> JsonObject | None:
    """The calendar that `before` still describes."""
    before = action.before or {}
    found = targets.calendars.find(action.emply_user_id, str(before["externalId"]))
    return next((row for row in found if holds(before, row, without=NAMING)), None)


def _recorded(action: Action, targets: Context, named: JsonObject, *, detached: bool) -> list[JsonObject]:
    """The calendars of the action's user that the ledger has recorded for the Entra calendar, as Emply has them."""
    if action.entra_id is None:
        return []
    ids = targets.records.calendars_of(action.entra_id, str(named["externalId"]), detached=detached)
    rows = (targets.calendars.one(calendar_id) for calendar_id in ids)
    return [row for row in rows if row is not None and text_of(row, "userId") == action.emply_user_id]


ADD = Effect(_prepare_adding, _look_for_added)
ATTACH = Effect(_prepare_attaching, _look_for_attached)
CHANGE = Effect(_prepare_change, _look_for_change)
REMOVE = Effect(_prepare_removal, _look_for_removed)
DETACH = Effect(_prepare_detaching, _look_for_detached)
