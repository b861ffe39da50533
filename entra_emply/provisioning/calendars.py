"""Emply's calendars that come from Entra: adding, attaching, changing, detaching and removing them. (rules.md, C)

A plan names a calendar by its Emply user (none for a room) and its Entra calendar; here the Emply calendar is found.
"""

from functools import partial

from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning import users, write_back
from entra_emply.provisioning.effect import EMPLY, Context, Done, Effect, Write
from entra_emply.provisioning.values import changed, given, holds, text_of

NAMING = ("kind", "externalId")
"""The properties that identify a calendar; they are never changed."""


def calendar_of(action: Action, external_id: object, context: Context) -> JsonObject | None:
    """The Emply calendar of the action's user, or room, that came from this Entra calendar."""
    return next(iter(context.calendars.find(action.emply_user_id, str(external_id))), None)


def _prepare_adding(action: Action, context: Context) -> Write:
    """If the calendar exists already, an earlier run added it without learning that it had."""
    there = calendar_of(action, action.fields["externalId"], context)
    if there is not None:
        calendar_id = str(there["id"])
        return lambda: Done(calendar_id)
    return partial(_add, given(action.fields), context)


def _add(fields: JsonObject, context: Context) -> Done:
    calendar_id = context.emply.add_calendar(fields)
    context.calendars.changed(calendar_id, fields)
    return Done(calendar_id)


def _look_for_added(action: Action, context: Context) -> Done | None:
    context.calendars.read_again()
    there = calendar_of(action, action.fields["externalId"], context)
    return Done(str(there["id"])) if there is not None else None


def _prepare_attaching(action: Action, context: Context) -> Write | None:
    """Attach the calendar that was detached, if it still exists, is still this user's and is not attached elsewhere.

    One that has an Entra calendar in `before` gets the new id of it (C1a).
    """
    if text_of(action.before or {}, "externalId") is not None:
        renewed = _as_before(action, context)
        return None if renewed is None else _attachment(action, renewed, context)
    for row in _recorded(action, context, action.fields, detached=True):
        if text_of(row, "externalId") is None:
            return _attachment(action, row, context)
    return None


def _attachment(action: Action, row: JsonObject, context: Context) -> Write:
    fields = {name: value for name, value in action.fields.items() if name != "kind"}
    return partial(_change, str(row["id"]), fields, context)


def _look_for_attached(action: Action, context: Context) -> Done | None:
    context.calendars.read_again()
    there = calendar_of(action, action.fields["externalId"], context)
    if text_of(action.before or {}, "externalId") is not None:
        return Done(str(there["id"])) if there is not None else None
    for row in _recorded(action, context, action.fields, detached=True):
        if holds(action.fields, row, without=["kind"]):
            return Done(str(row["id"]))
    return None


def _prepare_change(action: Action, context: Context) -> Write | None:
    """Change only properties that still are as in `before`, or already as in `after`: attaching gives the new name."""
    row = calendar_of(action, action.fields["externalId"], context)
    if row is None:
        return None
    before, calendar_id = action.before or {}, str(row["id"])
    left = changed(action.fields, row)
    if not holds({name: before.get(name) for name in left}, row, without=NAMING):
        return None
    fields = {name: value for name, value in left.items() if name not in NAMING}
    return partial(_change, calendar_id, fields, context) if fields else lambda: Done(calendar_id)


def _look_for_change(action: Action, context: Context) -> Done | None:
    context.calendars.read_again()
    row = calendar_of(action, action.fields["externalId"], context)
    return Done(str(row["id"])) if row is not None and holds(action.fields, row, without=NAMING) else None


def _prepare_removal(action: Action, context: Context) -> Write | None:
    """Only if the calendar holds no event that was made in Emply."""
    row = _to_take_away(action, context)
    if row is None or any(event.get("origin") == "emply" for event in context.emply.calendar_events(str(row["id"]))):
        return None
    return partial(_remove, str(row["id"]), context)


def _remove(calendar_id: str, context: Context) -> Done:
    context.emply.delete_calendar(calendar_id)
    context.calendars.removed(calendar_id)
    return Done(calendar_id)


def _look_for_removed(action: Action, context: Context) -> Done | None:
    context.calendars.read_again()
    return Done() if calendar_of(action, (action.before or {})["externalId"], context) is None else None


def _prepare_detaching(action: Action, context: Context) -> Write | None:
    row = _to_take_away(action, context)
    return None if row is None else partial(_change, str(row["id"]), {"externalId": None}, context)


def _look_for_detached(action: Action, context: Context) -> Done | None:
    """The calendar that is recorded for the Entra calendar and no longer attached to it."""
    context.calendars.read_again()
    for row in _recorded(action, context, action.before or {}, detached=False):
        if text_of(row, "externalId") is None:
            return Done(str(row["id"]))
    return None


def _to_take_away(action: Action, context: Context) -> JsonObject | None:
    row = _as_before(action, context)
    return row if row is not None and (action.rule == "C6" or _is_out(action, row, context)) else None


def _is_out(action: Action, row: JsonObject, context: Context) -> bool:
    """C4's cause, the cheapest check first. A calendar whose owner is unknown has no Entra calendar any more."""
    login, external_id = action.emply_user_id, str(row["externalId"])
    linked = context.sync_state.linked_to(login) if login is not None else None
    owner = action.entra_id or linked
    if owner is None:
        return True
    if (action.before or {}).get("kind") == "room":
        return _is_not_of_room(owner, external_id, context)
    return linked != owner or _cannot_log_in(login, context) or _is_not_of_user(owner, external_id, context)


def _cannot_log_in(login: str | None, context: Context) -> bool:
    user = context.emply.user(login) if login is not None else None
    return user is None or not holds({"active": True}, user)


def _is_not_of_user(entra_id: str, external_id: str, context: Context) -> bool:
    """Whether the Entra user is out of scope, or cannot edit the calendar. Without a mailbox it stays (C7)."""
    user = context.graph.directory.user(entra_id)
    if user is None or users.is_disabled(entra_id, user, context):
        return True
    if _lacks(entra_id, external_id, "canEdit", context):
        return True
    return users.is_in_no_group(entra_id, user, context) or users.is_room(entra_id, user, context)


def _is_not_of_room(entra_id: str, external_id: str, context: Context) -> bool:
    """Whether it is not the default calendar of a room, or this plan deletes the room's user. (C5, C7)"""
    deletion = context.deletions.get(entra_id)
    if deletion is not None and write_back.deletion_is_due(deletion, context):
        return True
    user = context.graph.directory.user(entra_id)
    if user is None or not users.is_room(entra_id, user, context):
        return True
    return _lacks(entra_id, external_id, "isDefaultCalendar", context)


def _lacks(entra_id: str, external_id: str, what: str, context: Context) -> bool:
    """Whether the calendar lost the property `what`, or is gone from a mailbox that still exists. (C4, C7)"""
    calendar = context.graph.mailboxes.calendar(entra_id, external_id)
    return context.graph.mailboxes.has_mailbox(entra_id) if calendar is None else calendar.get(what) is not True


def _change(calendar_id: str, fields: JsonObject, context: Context) -> Done:
    context.emply.update_calendar(calendar_id, fields)
    context.calendars.changed(calendar_id, fields)
    return Done(calendar_id)


def _as_before(action: Action, context: Context) -> JsonObject | None:
    """The calendar, if it still is as in `before`."""
    before = action.before or {}
    found = context.calendars.find(action.emply_user_id, str(before["externalId"]))
    return next((row for row in found if holds(before, row, without=NAMING)), None)


def _recorded(action: Action, context: Context, named: JsonObject, *, detached: bool) -> list[JsonObject]:
    """The calendars of the action's user that the sync state has for the Entra calendar, as they are in Emply now."""
    if action.entra_id is None:
        return []
    ids = context.sync_state.calendars_of(action.entra_id, str(named["externalId"]), detached=detached)
    rows = (context.calendars.one(calendar_id) for calendar_id in ids)
    return [row for row in rows if row is not None and text_of(row, "userId") == action.emply_user_id]


ADD = Effect(_prepare_adding, _look_for_added, [EMPLY])
ATTACH = Effect(_prepare_attaching, _look_for_attached, [EMPLY])
CHANGE = Effect(_prepare_change, _look_for_change, [EMPLY])
REMOVE = Effect(_prepare_removal, _look_for_removed)
DETACH = Effect(_prepare_detaching, _look_for_detached)
