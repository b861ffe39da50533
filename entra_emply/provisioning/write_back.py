"""Entra's users: made, changed and deleted for what Emply's employees say. (rules.md, W)"""

from functools import partial

from entra_emply.ledger.action import Action
from entra_emply.provisioning.effect import Context, Done, Effect, Write
from entra_emply.provisioning.values import holds, text_of


def _prepare_creation(action: Action, targets: Context) -> Write:
    fields = {name: value for name, value in action.fields.items() if value is not None}
    return lambda: Done(targets.graph.create_user(fields))


def _look_for_created(action: Action, targets: Context) -> Done | None:
    """Somebody of this name who differs was made by somebody else."""
    found = targets.graph.find_user(str(action.fields["userPrincipalName"]))
    return Done(str(found["id"])) if found is not None and holds(action.fields, found) else None


def _prepare_change(action: Action, targets: Context) -> Write:
    entra_id = _entra_id(action)

    def write() -> Done:
        targets.graph.update_user(entra_id, action.fields)
        return Done(entra_id)

    return write


def _look_for_change(action: Action, targets: Context) -> Done | None:
    entra_id = _entra_id(action)
    found = targets.graph.user(entra_id)
    return Done(entra_id) if found is not None and holds(action.fields, found) else None


def may_go(action: Action, targets: Context) -> bool:
    """W3's cause: the employee is archived, and the two users are still linked."""
    if action.employee_id is None or action.emply_user_id is None:
        return False
    employee = targets.emply.employee(action.employee_id)
    archived = employee is not None and (text_of(employee, "status") or "").lower() == "archived"
    return archived and targets.records.linked_to(action.emply_user_id) == action.entra_id


def _prepare_deletion(action: Action, targets: Context) -> Write | None:
    """Only of whom `before` still describes, and who cannot log in to Emply any more: that goes first."""
    entra_id, emply_user_id = _entra_id(action), action.emply_user_id
    if emply_user_id is None or not may_go(action, targets):
        return None
    login = targets.emply.user(emply_user_id)
    if login is not None and holds({"active": True}, login):
        return None
    user = targets.graph.user(entra_id)
    if user is None or user.get("onPremisesSyncEnabled") is True or not holds(action.before or {}, user):
        return None
    return partial(_delete, entra_id, targets)


def _delete(entra_id: str, targets: Context) -> Done:
    targets.graph.delete_user(entra_id)
    return Done(entra_id)


def _look_for_deletion(action: Action, targets: Context) -> Done | None:
    entra_id = _entra_id(action)
    gone = targets.graph.user(entra_id) is None or targets.graph.deleted_user(entra_id)
    return Done(entra_id) if gone else None


def _entra_id(action: Action) -> str:
    if action.entra_id is None:
        raise ValueError(f"{action.name} without an Entra user")
    return action.entra_id


CREATE = Effect(_prepare_creation, _look_for_created)
CHANGE = Effect(_prepare_change, _look_for_change)
DELETE = Effect(_prepare_deletion, _look_for_deletion)
