"""Emply's own events in Outlook. (rules.md, E2)"""

import logging
import uuid
from functools import partial

from entra_emply.errors import SourceUnreadable, TargetRefused
from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning.calendars import calendar_of
from entra_emply.provisioning.effect import Context, Done, Effect, Write
from entra_emply.provisioning.events import NAMING, contents, enabled_calendar, in_outlook
from entra_emply.provisioning.values import holds, text_of

log = logging.getLogger(__name__)

_NOT_FOUND = 404
_TRANSACTIONS = uuid.UUID("6a2e0d3c-8b5f-5e0a-9d41-2f7c1b9a4e86")


def transaction_id(emply_event_id: str) -> str:
    """Graph makes one event of an Emply event, however often it is asked to with this."""
    return str(uuid.uuid5(_TRANSACTIONS, emply_event_id))


def _prepare_creation(action: Action, targets: Context) -> Write:
    """Looks first for what an earlier try may have made: whatever became of it, there will be one event."""
    made = _find_made(action, targets)
    if made is None:
        return partial(_create, action, targets)
    return (lambda: Done(made)) if _emply_knows(action, made, targets) else partial(_tell_emply, action, made, targets)


def _create(action: Action, targets: Context) -> Done:
    after = action.fields
    fields = contents(after) | {"transactionId": transaction_id(str(after["emplyEventId"]))}
    made = targets.graph.create_event(str(action.entra_id), str(after["calendarExternalId"]), fields)
    return _tell_emply(action, made, targets)


def _look_for_created(action: Action, targets: Context) -> Done | None:
    made = _find_made(action, targets)
    if made is None or _emply_knows(action, made, targets):
        return None if made is None else Done(made)
    return _tell_emply(action, made, targets)


def _find_made(action: Action, targets: Context) -> str | None:
    after = action.fields
    found = targets.graph.find_event(
        str(action.entra_id),
        str(after["calendarExternalId"]),
        transaction_id(str(after["emplyEventId"])),
        str(after["start"]),
        str(after["end"]),
    )
    return None if found is None else str(found["id"])


def _tell_emply(action: Action, made: str, targets: Context) -> Done:
    """The second step: Emply's event learns its Outlook id; once more where only the answer was lost.

    While Emply does not take it this is left to the next run, which finds Outlook's event and goes on from there. Where
    Emply's event was deleted meanwhile, the pair is all there is to remember.
    """
    refused = _refusal(action, made, targets)
    if refused is not None and refused.uncertain:
        refused = None if _emply_knows(action, made, targets) else _refusal(action, made, targets)
    if refused is None or refused.status == _NOT_FOUND:
        return Done(made)
    log.warning("%s %s: Emply does not take the Outlook id: %s", action.name, action.action_id, refused.code)
    return Done(made, left=refused)


def _emply_knows(action: Action, made: str, targets: Context) -> bool:
    """Whether the second step was made."""
    calendar = calendar_of(action, action.fields["calendarExternalId"], targets)
    events = targets.emply.calendar_events(str(calendar["id"])) if calendar is not None else ()
    told = {"id": action.fields["emplyEventId"], "externalId": made}
    return any(holds(told, event) for event in events)


def _refusal(action: Action, made: str, targets: Context) -> TargetRefused | None:
    try:
        targets.emply.update_event(str(action.fields["emplyEventId"]), {"externalId": made})
    except TargetRefused as refused:
        return refused
    return None


def _prepare_update(action: Action, targets: Context) -> Write | None:
    if not _outlook_has(action.before, action, targets):
        return None
    entra_id, external_id = str(action.entra_id), str(action.fields["externalId"])
    fields = {name: value for name, value in action.fields.items() if name not in NAMING}

    def write() -> Done:
        targets.graph.update_event(entra_id, external_id, fields)
        return Done(external_id)

    return write


def _look_for_update(action: Action, targets: Context) -> Done | None:
    return Done(str(action.fields["externalId"])) if _outlook_has(action.after, action, targets) else None


def _outlook_has(values: JsonObject | None, action: Action, targets: Context) -> bool:
    found = in_outlook(action, targets)
    return found is not None and holds(values or {}, found, without=NAMING)


def _prepare_deletion(action: Action, targets: Context) -> Write | None:
    """Where Emply really has no event of this id: no calendar of its owner shows it, nor does it answer to its id."""
    before = action.before or {}
    calendar = enabled_calendar(action, before, targets)
    if calendar is None or in_outlook(action, targets) is None:
        return None
    for each in targets.calendars.beside(calendar):
        events = targets.emply.calendar_events(str(each["id"]))
        if any(event.get("id") == before["emplyEventId"] for event in events):
            return None
    if _emply_keeps(before, targets):
        return None
    return partial(_delete, str(action.entra_id), str(before["externalId"]), targets)


def _emply_keeps(before: JsonObject, targets: Context) -> bool:
    """Emply has no reading of one event, but refuses to change one that is gone; what it is told here it knows.

    So a calendar whose list of events is wrongly empty takes nothing from Outlook.
    """
    try:
        targets.emply.update_event(str(before["emplyEventId"]), {"externalId": before["externalId"]})
    except TargetRefused as refused:
        if refused.status == _NOT_FOUND:
            return False
        why = f"whether an event is gone was answered {refused.code}"
        raise SourceUnreadable("emply_events", why, down=refused.transient) from refused
    return True


def _delete(entra_id: str, external_id: str, targets: Context) -> Done:
    targets.graph.delete_event(entra_id, external_id)
    return Done(external_id)


def _look_for_deleted(action: Action, targets: Context) -> Done | None:
    return Done(text_of(action.before or {}, "externalId")) if in_outlook(action, targets) is None else None


CREATE = Effect(_prepare_creation, _look_for_created)
UPDATE = Effect(_prepare_update, _look_for_update)
DELETE = Effect(_prepare_deletion, _look_for_deleted)
