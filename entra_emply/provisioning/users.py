"""Emply's users: creating, changing, deactivating them, and why that is still called for."""

from collections.abc import Callable
from functools import partial

from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning import write_back
from entra_emply.provisioning.effect import Context, Done, Effect, Write
from entra_emply.provisioning.values import holds, text_of


def _prepare_creation(action: Action, targets: Context) -> Write:
    fields = {name: value for name, value in action.fields.items() if value is not None}
    return lambda: Done(targets.emply.create_user(fields))


def _look_for_created(action: Action, targets: Context) -> Done | None:
    after = action.fields
    found = targets.emply.find_user(text_of(after, "username"), text_of(after, "email"))
    return Done(str(found["id"])) if found is not None and holds(after, found) else None


def _prepare_change(action: Action, targets: Context) -> Write:
    """What takes nothing away is simply done."""
    return partial(_change, action, targets)


def _prepare_roles(action: Action, targets: Context) -> Write | None:
    return partial(_change, action, targets) if _subject_is(action.before, action, targets) else None


def _prepare_deactivation(action: Action, targets: Context) -> Write | None:
    called_for = _cause_of_deactivation(action, targets) and _subject_is(action.before, action, targets)
    return partial(_change, action, targets) if called_for else None


def _change(action: Action, targets: Context) -> Done:
    if action.emply_user_id is None:
        raise ValueError(f"{action.name} without an Emply user")
    targets.emply.update_user(action.emply_user_id, action.fields)
    return Done(action.emply_user_id)


def _look(action: Action, targets: Context) -> Done | None:
    return Done(action.emply_user_id) if _subject_is(action.after, action, targets) else None


def _subject_is(values: JsonObject | None, action: Action, targets: Context) -> bool:
    user = targets.emply.user(action.emply_user_id) if action.emply_user_id is not None else None
    return user is not None and holds(values or {}, user)


def _cause_of_deactivation(action: Action, targets: Context) -> bool:
    if action.rule == "W3":
        return write_back.may_go(action, targets)
    if action.entra_id is None:
        return False
    user = targets.graph.user(action.entra_id)
    if action.reason == "deleted_in_entra":
        return user is None or targets.graph.deleted_user(action.entra_id)
    cause = _CAUSES.get(action.reason or "")
    return user is not None and cause is not None and cause(action.entra_id, user, targets)


def is_disabled(_entra_id: str, user: JsonObject, _targets: Context) -> bool:
    """L6."""
    return not holds({"accountEnabled": True}, user)


def is_in_no_group(entra_id: str, _user: JsonObject, targets: Context) -> bool:
    """L7."""
    return not targets.is_member(entra_id, targets.configured_groups)


def is_room(entra_id: str, _user: JsonObject, targets: Context) -> bool:
    """L7a."""
    return targets.is_member(entra_id, targets.room_groups)


_CAUSES: dict[str, Callable[[str, JsonObject, Context], bool]] = {
    "account_disabled": is_disabled,
    "removed_from_group": is_in_no_group,
    "is_room": is_room,
}

CREATE = Effect(_prepare_creation, _look_for_created)
CHANGE = Effect(_prepare_change, _look)
SET_ROLES = Effect(_prepare_roles, _look)
DEACTIVATE = Effect(_prepare_deactivation, _look)
