"""What each kind of action does: is it still called for, how it is written, and whether it holds already.

The only package that changes Entra or Emply; a module for each subject. It knows no database: what came of an
action is `outcomes`, what the ledger remembers of it `memory`.
"""

import time
from collections.abc import Mapping

from entra_emply.errors import TargetRefused
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
"""All but `ledger.link_user`, which is done in the ledger alone."""

_PAUSES = (1.0, 4.0)
"""Seconds before what got lost is tried again; what a service asks for itself is waited for in `connectors.http`."""


def prepare(action: Action, targets: Context) -> Write | None:
    """The write that the action is; None where its cause or its subject is not as planned any more.

    Only what takes something away looks at its cause. Raises SourceUnreadable where it cannot be told.
    """
    return EFFECTS[action.name].prepare(action, targets)


def carry_out(write: Write, action: Action, targets: Context) -> Done | None:
    """Make the change; None where it turned out not to be called for any more.

    An answer that was lost is followed by a look at the target, never by a blind repetition: only what was not done,
    and still is called for, is tried again. Raises TargetRefused where the target said no, and SourceUnreadable where
    it would not tell whether it was done.
    """
    pauses, unsure = iter(_PAUSES), False
    while True:
        try:
            return write()
        except TargetRefused as refused:
            # A later try may also be refused because an earlier one came through after all: an address in use.
            unsure = unsure or refused.uncertain
            done = look(action, targets) if unsure else None
            if done is not None:
                return done
            pause = next(pauses, None)
            if pause is None or not refused.uncertain:
                raise
        time.sleep(pause)
        again = prepare(action, targets)
        if again is None:
            return look(action, targets)
        write = again


def look(action: Action, targets: Context) -> Done | None:
    """What the action did, where its `after` already holds, read anew; else None. Raises SourceUnreadable."""
    return EFFECTS[action.name].look(action, targets)
