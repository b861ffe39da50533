"""Emply's users: creating, changing and deactivating them, and the causes that must still hold. (rules.md, L, R, A)"""

from collections.abc import Callable
from functools import partial

from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning import write_back
from entra_emply.provisioning.effect import EMPLY, Context, Done, Effect, Write
from entra_emply.provisioning.values import given, holds, text_of
from entra_emply.reconciliation.kinds import UNDO_RULES


def _prepare_creation(action: Action, context: Context) -> Write:
    fields = given(action.fields)
    return lambda: Done(context.emply.create_user(fields))


def _look_for_created(action: Action, context: Context) -> Done | None:
    after = action.fields
    found = context.emply.find_user(text_of(after, "username"), text_of(after, "email"))
    return Done(str(found["id"])) if found is not None and holds(after, found) else None


def _prepare_change(action: Action, context: Context) -> Write | None:
    """It takes nothing away, so there is no cause to check; but of an undo what was set must still be there."""
    if action.rule in UNDO_RULES and not _subject_is(action.before, action, context):
        return None
    return partial(_change, action, context)


def _prepare_roles(action: Action, context: Context) -> Write | None:
    return partial(_change, action, context) if _subject_is(action.before, action, context) else None


def _prepare_deactivation(action: Action, context: Context) -> Write | None:
    called_for = _cause_of_deactivation(action, context) and _subject_is(action.before, action, context)
    return partial(_change, action, context) if called_for else None


def _change(action: Action, context: Context) -> Done:
    if action.emply_user_id is None:
        raise ValueError(f"{action.name} without an Emply user")
    context.emply.update_user(action.emply_user_id, action.fields)
    return Done(action.emply_user_id)


def _look(action: Action, context: Context) -> Done | None:
    return Done(action.emply_user_id) if _subject_is(action.after, action, context) else None


def _subject_is(values: JsonObject | None, action: Action, context: Context) -> bool:
    user = context.emply.user(action.emply_user_id) if action.emply_user_id is not None else None
    return user is not None and holds(values or {}, user)


def _cause_of_deactivation(action: Action, context: Context) -> bool:
    if action.rule == "W3":
        return write_back.deletion_is_due(action, context)
    if action.entra_id is None:
        return False
    user = context.graph.directory.user(action.entra_id)
    if action.reason == "deleted_in_entra":
        return user is None or context.graph.directory.deleted_user(action.entra_id)
    cause = _CAUSES.get(action.reason or "")
    return user is not None and cause is not None and cause(action.entra_id, user, context)


def is_disabled(_entra_id: str, user: JsonObject, _targets: Context) -> bool:
    """L6: the account is disabled in Entra."""
    return not holds({"accountEnabled": True}, user)


def is_in_no_group(entra_id: str, _user: JsonObject, context: Context) -> bool:
    """L7: the user is a member of no configured group."""
    return not context.is_member(entra_id, context.configured_groups)


def is_room(entra_id: str, _user: JsonObject, context: Context) -> bool:
    """L7a: the user is a member of a group of meeting rooms."""
    return context.is_member(entra_id, context.room_groups)


_CAUSES: dict[str, Callable[[str, JsonObject, Context], bool]] = {
    "account_disabled": is_disabled,
    "removed_from_group": is_in_no_group,
    "is_room": is_room,
}

CREATE = Effect(_prepare_creation, _look_for_created, [EMPLY])
CHANGE = Effect(_prepare_change, _look, [EMPLY])
SET_ROLES = Effect(_prepare_roles, _look, [EMPLY])
DEACTIVATE = Effect(_prepare_deactivation, _look)
