"""C, explained: which of the person's calendars are in Emply, and why the others are not."""

from collections.abc import Iterator, Sequence

from entra_emply.reconciliation.explain.facts import Facts, Row
from entra_emply.reconciliation.explain.statement import Statement, decided, first_of, listed, might_have, no_part

_SAID = {"link_user": "the link between the two users", "deactivate_user": "the deactivation of the login"}
_ADDING, _LEAVING = ("add_calendar", "attach_calendar"), ("remove_calendar", "detach_calendar")


def statements(facts: Facts) -> Iterator[Statement]:
    """C1 to C8, in order."""
    yield from (_added(facts), _enabled(facts), _updated(facts), _taken(facts))
    yield from (_room(facts), _switched_off(facts), _unavailable(facts), _waiting(facts))


def why_none(facts: Facts) -> str | None:
    """Why nothing of this person's calendars is synchronised, as a half sentence; None where something is."""
    closed = facts.finding("mailbox_unavailable") or facts.mailbox.available is False
    off = first_of(
        (not facts.settings.enabled, "the integration is switched off"),
        (not facts.settings.synchronize_calendars, "synchronize_calendars is off"),
        (facts.left_alone, "the user is left alone (M4)"),
    )
    if off or facts.rooms:
        return off or ("the room's mailbox does not exist, or the application may not open it" if closed else None)
    return first_of(
        (not facts.reconcilable, str(facts.not_reconciled)),
        (_held(facts), f"{_SAID.get(_held(facts) or '')} waits for a person (C8)"),
        (not facts.becomes_active, "the login in Emply is not active"),
        (closed, "the mailbox does not exist, or the application may not open it"),
    )


def of_entra(facts: Facts) -> list[Row]:
    """The calendars in Emply that came from Entra."""
    return [row for row in facts.mailbox.emply if row["external_id"] is not None]


def off_in_emply(facts: Facts) -> list[str]:
    """The names of the calendars from Entra that are disabled under the user in Emply."""
    return _names([row for row in of_entra(facts) if not row["enabled"]])


def not_editable(facts: Facts) -> list[str]:
    """The names of the Entra calendars that the user may not edit."""
    return _names([row for row in facts.mailbox.calendars if not row["can_edit"]])


def _added(facts: Facts) -> Statement:
    added = [row for row in facts.planned("C1") if row["kind"] in _ADDING]
    if added:
        on = [str(row["after"]["name"]) for row in added if row["after"].get("enabled")]
        off = [str(row["after"]["name"]) for row in added if not row["after"].get("enabled")]
        parts = [f"{listed(on)} is added and stays on"] if on else []
        parts += [f"{listed(off)} is added disabled, until the user enables it in the user settings"] if off else []
        return decided("C1", f"Calendars of Entra come to Emply: {'; '.join(parts)}.")
    why = why_none(facts)
    if why:
        return no_part("C1", f"No calendar is added: {why}.")
    if facts.rooms:
        return no_part("C1", "It is a meeting room (C5).")
    barred = not_editable(facts)
    barred_too = f" Not added, because the user may not edit it: {listed(barred)}." if barred else ""
    return might_have(
        "C1", f"Every calendar the user may edit is in Emply: {listed(_names(of_entra(facts)))}.{barred_too}"
    )


def _enabled(facts: Facts) -> Statement:
    if not of_entra(facts):
        return no_part("C2", "No calendar of this user in Emply came from Entra.")
    off = off_in_emply(facts)
    if off:
        return might_have(
            "C2",
            f"{listed(off)} is disabled under the user in Emply, so its events are not synchronised. The user clicks "
            "Enable in the user settings; the integration never does.",
        )
    return might_have("C2", "All calendars of Entra are enabled in Emply.")


def _updated(facts: Facts) -> Statement:
    updates = list(facts.planned(kind="update_calendar"))
    if updates:
        fields = sorted({name for row in updates for name in row["after"]} - {"kind", "externalId"})
        return decided("C3", f"{len(updates)} calendar(s) change: {listed(fields)}.")
    return no_part("C3", "No calendar's name or sharing changes.")


def _taken(facts: Facts) -> Statement:
    leaving = [row for row in facts.planned("C4") if row["kind"] in _LEAVING]
    if leaving:
        removed = [str(row["before"]["name"]) for row in leaving if row["kind"] == "remove_calendar"]
        detached = [str(row["before"]["name"]) for row in leaving if row["kind"] == "detach_calendar"]
        parts = [f"{listed(removed)} is removed"] if removed else []
        parts += [f"{listed(detached)} keeps the events made in Emply and loses Outlook's"] if detached else []
        return decided("C4", f"In Entra the calendar is gone or no longer this user's to edit: {'; '.join(parts)}.")
    return no_part("C4", "No calendar of Entra leaves Emply.")


def _room(facts: Facts) -> Statement:
    planned = list(facts.planned("C5"))
    if planned:
        return decided("C5", f"The room's default calendar comes to Emply as {planned[0]['after']['name']}.")
    if facts.rooms:
        return might_have("C5", f"It is a room of {listed(facts.rooms)}; nothing of its calendar is to be added.")
    return no_part("C5", "It is no meeting room.")


def _switched_off(facts: Facts) -> Statement:
    going = list(facts.planned("C6"))
    if going:
        return decided("C6", f"Calendars are switched off, so {len(going)} that came from Entra leave Emply.")
    if not facts.settings.synchronize_calendars:
        return might_have("C6", "synchronize_calendars is off; no calendar of this person came from Entra.")
    return no_part("C6", "synchronize_calendars is on.")


def _unavailable(facts: Facts) -> Statement:
    if facts.finding("mailbox_unavailable"):
        return decided("C7", "The mailbox does not exist or the application may not open it: what is in Emply stays.")
    if facts.mailbox.available is False:
        usual = ", as is usual for a guest" if facts.guest else ""
        return might_have("C7", f"The mailbox does not exist or may not be opened{usual}.")
    return no_part("C7", "The mailbox was opened, or was not asked for.")


def _waiting(facts: Facts) -> Statement:
    held = _held(facts)
    if facts.left_alone or facts.finding("unmanaged") or held:
        why = f"{held} waits for a person" if held else "the user is left alone or unmanaged"
        return decided("C8", f"Calendars and events stay as they are for now: {why}.")
    return no_part("C8", "Neither a link nor a deactivation of this person waits.")


def _held(facts: Facts) -> str | None:
    """The kind of the person's held link or deactivation, for which calendars wait."""
    kinds = (row["kind"] for row in facts.actions if row["kind"] in _SAID and row["held_by"])
    return next(kinds, None)


def _names(rows: Sequence[Row]) -> list[str]:
    return [str(row["name"] or row["calendar_id"]) for row in rows]
