"""Provisioning: the actions of a plan, carried out in Entra and Emply. No other package changes either system.

`apply` applies a plan; a module for each subject says how its kinds of action are done. Not here: how attempts are
recorded (`ledger.attempts`), and what an applied action changes in the sync state (`ledger.sync_state`).
"""

import time
from collections.abc import Mapping
from datetime import datetime

from entra_emply import clock
from entra_emply.errors import NO_ANSWER, CredentialsError, SourceUnreadable, TargetRefused
from entra_emply.ledger.action import Action
from entra_emply.provisioning import calendars, imported_events, own_events, photos, users, write_back
from entra_emply.provisioning.effect import Context, Done, Effect, Write

EFFECTS: Mapping[str, Effect] = {
    "emply.deactivate_user": users.DEACTIVATE,
    "emply.create_user": users.CREATE,
    "emply.activate_user": users.CHANGE,
    "emply.set_roles": users.SET_ROLES,
    "emply.update_user": users.CHANGE,
    "emply.set_photo": photos.SET,
    "emply.remove_calendar": calendars.REMOVE,
    "emply.detach_calendar": calendars.DETACH,
    "emply.add_calendar": calendars.ADD,
    "emply.attach_calendar": calendars.ATTACH,
    "emply.update_calendar": calendars.CHANGE,
    "emply.delete_event": imported_events.DELETE,
    "emply.upsert_event": imported_events.UPSERT,
    "entra.create_event": own_events.CREATE,
    "entra.update_event": own_events.UPDATE,
    "entra.delete_event": own_events.DELETE,
    "entra.create_user": write_back.CREATE,
    "entra.update_user": write_back.CHANGE,
    "entra.delete_user": write_back.DELETE,
}
"""Every kind of action but `ledger.link_user`, which changes the ledger alone."""

_PAUSES = (1.0, 4.0)
"""Seconds to wait before each repetition after a lost answer. `connectors.http` waits where a service asks for it."""
_CREATIONS = frozenset({"emply.create_user", "emply.add_calendar", "entra.create_user"})
"""What would exist twice if it were repeated. Reads may lag behind writes: both pauses come before one repetition."""


def prepare(action: Action, context: Context) -> Write | None:
    """The write of an action; None where its cause, or the object it changes, is no longer as planned.

    Only actions that take something away check their cause. Raises SourceUnreadable where the check cannot be made.
    """
    return EFFECTS[action.name].prepare(action, context)


def carry_out(write: Write, action: Action, context: Context) -> Done | None:
    """Make the change; None where it is no longer called for.

    After a lost answer the target is read: only a change that was not made, and is still called for, is tried again.
    Raises TargetRefused where the target refused the change, CredentialsError where nothing was changed because it is
    not allowed, and SourceUnreadable where the target cannot be read, or must not be.
    """
    try:
        return write()
    except TargetRefused as refused:
        if not refused.uncertain:
            raise
        lost = refused
    try:
        return _after_lost_answer(lost, action, context)
    except CredentialsError as refused:
        if refused.code == NO_ANSWER:
            raise
        why = f"what came of {action.name} must not be read ({refused.code})"
    raise SourceUnreadable(action.target, why)


def _after_lost_answer(lost: TargetRefused, action: Action, context: Context) -> Done | None:
    """What the lost answer was about, if it was done; else the change once more. A repetition may be refused because
    the first try succeeded after all: its address is now in use."""
    for pause in [sum(_PAUSES)] if action.name in _CREATIONS else _PAUSES:
        done = look(action, context)
        if done is not None:
            return done
        if not lost.uncertain:
            raise lost
        time.sleep(pause)
        done = look(action, context)
        if done is not None:
            return done
        again = prepare(action, context)
        if again is None:
            return look(action, context)
        try:
            return again()
        except TargetRefused as refused:
            lost = refused
    done = look(action, context)
    if done is None:
        raise lost
    return done


def look_back(action: Action, context: Context, began: datetime) -> Done | None:
    """As `look`, of a try that nobody saw the end of. Reads may lag behind writes: what would exist twice is looked for
    again when both pauses have passed since the try began, by whichever clock.
    """
    done = look(action, context)
    passed = max(0.0, (clock.now() - began).total_seconds())
    if done is not None or action.name not in _CREATIONS or passed >= sum(_PAUSES):
        return done
    time.sleep(sum(_PAUSES) - passed)
    return look(action, context)


def look(action: Action, context: Context) -> Done | None:
    """What the action did, if the target already is as in `after`; else None. Raises SourceUnreadable."""
    return EFFECTS[action.name].look(action, context)
