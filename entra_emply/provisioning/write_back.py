"""Entra's users: creating, changing and deleting them as Emply's employees demand. (rules.md, W)"""

from functools import partial

from entra_emply.ledger.action import Action
from entra_emply.provisioning.effect import ENTRA, Context, Done, Effect, Write
from entra_emply.provisioning.values import given, holds, text_of


def _prepare_creation(action: Action, context: Context) -> Write:
    fields = given(action.fields)
    return lambda: Done(context.graph.writes.create_user(fields))


def _look_for_created(action: Action, context: Context) -> Done | None:
    """A user of this name with other values was created by somebody else."""
    found = context.graph.directory.user(str(action.fields["userPrincipalName"]))
    return Done(str(found["id"])) if found is not None and holds(action.fields, found) else None


def _prepare_change(action: Action, context: Context) -> Write:
    entra_id = _entra_id(action)

    def write() -> Done:
        context.graph.writes.update_user(entra_id, action.fields)
        return Done(entra_id)

    return write


def _look_for_change(action: Action, context: Context) -> Done | None:
    entra_id = _entra_id(action)
    found = context.graph.directory.user(entra_id)
    return Done(entra_id) if found is not None and holds(action.fields, found) else None


def deletion_is_due(action: Action, context: Context) -> bool:
    """W3's cause: the employee is archived, and the two users are still linked."""
    if action.employee_id is None or action.emply_user_id is None:
        return False
    employee = context.emply.employee(action.employee_id)
    archived = employee is not None and (text_of(employee, "status") or "").lower() == "archived"
    return archived and context.sync_state.linked_to(action.emply_user_id) == action.entra_id


def _prepare_deletion(action: Action, context: Context) -> Write | None:
    """Only if the user still is as in `before`, and their Emply login was deactivated first."""
    entra_id, emply_user_id = _entra_id(action), action.emply_user_id
    if emply_user_id is None or not deletion_is_due(action, context):
        return None
    login = context.emply.user(emply_user_id)
    if login is not None and holds({"active": True}, login):
        return None
    user = context.graph.directory.user(entra_id)
    if user is None or user.get("onPremisesSyncEnabled") is True or not holds(action.before or {}, user):
        return None
    return partial(_delete, entra_id, context)


def _delete(entra_id: str, context: Context) -> Done:
    context.graph.writes.delete_user(entra_id)
    return Done(entra_id)


def _look_for_deletion(action: Action, context: Context) -> Done | None:
    entra_id = _entra_id(action)
    gone = context.graph.directory.user(entra_id) is None or context.graph.directory.deleted_user(entra_id)
    return Done(entra_id) if gone else None


def _entra_id(action: Action) -> str:
    if action.entra_id is None:
        raise ValueError(f"{action.name} without an Entra user")
    return action.entra_id


CREATE = Effect(_prepare_creation, _look_for_created, [ENTRA])
CHANGE = Effect(_prepare_change, _look_for_change, [ENTRA])
DELETE = Effect(_prepare_deletion, _look_for_deletion)
