"""Emply's own events in Outlook: creating, changing and deleting them. (rules.md, E2)"""

import logging
import uuid
from contextlib import suppress
from functools import partial

from entra_emply.errors import NO_ANSWER, CredentialsError, SourceUnreadable, TargetRefused
from entra_emply.ledger.action import Action, JsonObject
from entra_emply.provisioning.calendars import calendar_of
from entra_emply.provisioning.effect import ENTRA, Context, Done, Effect, Write
from entra_emply.provisioning.events import NAMING, TIMES, contents, enabled_calendar, in_outlook
from entra_emply.provisioning.values import holds, text_of

log = logging.getLogger(__name__)

_NOT_FOUND = 404
_WHEN = (*TIMES, "isAllDay")
_TRANSACTIONS = uuid.UUID("6a2e0d3c-8b5f-5e0a-9d41-2f7c1b9a4e86")


def transaction_id(emply_event_id: str) -> str:
    """Graph creates only one event for a transaction id, however often a creation is repeated."""
    return str(uuid.uuid5(_TRANSACTIONS, emply_event_id))


def _prepare_creation(action: Action, context: Context) -> Write:
    """Look first for an event that an earlier try made, so that there is only one."""
    made = _find_made(action, context)
    if made is None:
        return partial(_create, action, context)
    return (
        (lambda: Done(made))
        if _emply_has_id(action, made, context)
        else partial(_write_id_to_emply, action, made, context)
    )


def _create(action: Action, context: Context) -> Done:
    after = action.fields
    fields = contents(after) | {"transactionId": transaction_id(str(after["emplyEventId"]))}
    calendar_id = str(after["calendarExternalId"])
    made = context.graph.writes.create_event(str(action.entra_id), calendar_id, fields, action.zone)
    return _write_id_to_emply(action, made, context)


def _look_for_created(action: Action, context: Context) -> Done | None:
    made = _find_made(action, context)
    if made is None or _emply_has_id(action, made, context):
        return None if made is None else Done(made)
    return _write_id_to_emply(action, made, context)


def _find_made(action: Action, context: Context) -> str | None:
    after = action.fields
    found = context.graph.events.find_event(
        str(action.entra_id),
        str(after["calendarExternalId"]),
        transaction_id(str(after["emplyEventId"])),
        str(after["start"]),
        str(after["end"]),
    )
    return None if found is None else str(found["id"])


def _write_id_to_emply(action: Action, made: str, context: Context) -> Done:
    """The second step: write the Outlook id to Emply's event. A lost answer is followed by one repetition.

    If Emply refuses, the next run finds Outlook's event and repeats this step. If Emply's event was deleted meanwhile,
    the action is done: recording the pair is all that is left.
    """
    refused = _refusal(action, made, context)
    if refused is not None and refused.uncertain:
        with suppress(CredentialsError):  # what came of it must not be read: it stays open
            refused = None if _emply_has_id(action, made, context) else _refusal(action, made, context)
    if refused is None or refused.status == _NOT_FOUND:
        return Done(made)
    log.warning("%s %s: Emply refuses the Outlook id: %s", action.name, action.action_id, refused.code)
    return Done(made, left=refused)


def _emply_has_id(action: Action, made: str, context: Context) -> bool:
    """Whether Emply's event has the Outlook id."""
    calendar = calendar_of(action, action.fields["calendarExternalId"], context)
    events = context.emply.calendar_events(str(calendar["id"])) if calendar is not None else ()
    expected = {"id": action.fields["emplyEventId"], "externalId": made}
    return any(holds(expected, event) for event in events)


def _refusal(action: Action, made: str, context: Context) -> TargetRefused | None:
    """Why Emply does not take the Outlook id.

    Also where it does not allow this: Outlook's event is there, and without its pair the next plan would import it.
    """
    try:
        context.emply.update_event(str(action.fields["emplyEventId"]), {"externalId": made})
    except TargetRefused as refused:
        return refused
    except CredentialsError as refused:
        if refused.code == NO_ANSWER:
            raise
        status = int(refused.code.split()[0])
        return TargetRefused(str(refused), status=status, code=refused.code, transient=False, uncertain=False)
    return None


def _prepare_update(action: Action, context: Context) -> Write | None:
    found = in_outlook(action, context)
    if found is None or not _holds(action.before, found):
        return None
    entra_id, external_id = str(action.entra_id), str(action.fields["externalId"])
    fields = {name: value for name, value in action.fields.items() if name not in NAMING}
    if not fields.keys().isdisjoint(_WHEN):  # both times and `isAllDay` are true together
        fields = {name: found[name] for name in _WHEN if found.get(name) is not None} | fields

    def write() -> Done:
        context.graph.writes.update_event(entra_id, external_id, fields, action.zone)
        return Done(external_id)

    return write


def _look_for_update(action: Action, context: Context) -> Done | None:
    found = in_outlook(action, context)
    return Done(str(action.fields["externalId"])) if found is not None and _holds(action.after, found) else None


def _holds(values: JsonObject | None, found: JsonObject) -> bool:
    return holds(values or {}, found, without=NAMING)


def _prepare_deletion(action: Action, context: Context) -> Write | None:
    """Only if Emply has no event of this id: no calendar of its owner lists it, and it cannot be changed by its id."""
    before = action.before or {}
    calendar = _calendar_of_pair(action, before, context)
    if calendar is None or in_outlook(action, context) is None:
        return None
    for each in context.calendars.of_same_owner(calendar):
        events = context.emply.calendar_events(str(each["id"]))
        if any(event.get("id") == before["emplyEventId"] for event in events):
            return None
    if _emply_has_event(before, context):
        return None
    return partial(_delete, str(action.entra_id), str(before["externalId"]), context)


def _calendar_of_pair(action: Action, before: JsonObject, context: Context) -> JsonObject | None:
    """The enabled Emply calendar that decides about a pair: that of the recorded Entra calendar, wherever Outlook's
    event stands now; where Emply has none of it, that of the Entra calendar where the event stands.
    """
    recorded = context.sync_state.calendar_of_pair(str(before["emplyEventId"]))
    known = recorded is not None and calendar_of(action, recorded, context) is not None
    return enabled_calendar(action, {"calendarExternalId": recorded} if known else before, context)


def _emply_has_event(before: JsonObject, context: Context) -> bool:
    """Whether Emply accepts a change to the event; it refuses one that is gone. The change writes the same value again.

    Emply cannot read a single event. Without this check a wrongly empty list of events would delete them from Outlook.
    """
    try:
        context.emply.update_event(str(before["emplyEventId"]), {"externalId": before["externalId"]})
    except TargetRefused as refused:
        if refused.status == _NOT_FOUND:
            return False
        why = f"Emply answered {refused.code} when asked whether an event is gone"
        raise SourceUnreadable("emply_events", why, down=refused.transient) from refused
    return True


def _delete(entra_id: str, external_id: str, context: Context) -> Done:
    context.graph.writes.delete_event(entra_id, external_id)
    return Done(external_id)


def _look_for_deleted(action: Action, context: Context) -> Done | None:
    return Done(text_of(action.before or {}, "externalId")) if in_outlook(action, context) is None else None


CREATE = Effect(_prepare_creation, _look_for_created)
UPDATE = Effect(_prepare_update, _look_for_update, [ENTRA])
DELETE = Effect(_prepare_deletion, _look_for_deleted)
