"""E: events between Outlook and Emply, on the calendars that C keeps. Times are text in UTC to the second (E3).

Outlook leads its own events (E1), Emply its own (E2): an event of Emply's that was made in Outlook is one of a pair,
and a pair is never imported. What is asked about is in `outlook_events`, `emply_events` and `recorded_pairs`, what is
done about it in `event_actions`.
"""

from typing import Any

import numpy as np

from entra_emply.reconciliation.arrays import Mask, Rows, among, is_among, is_text, same_text, take, take_flag
from entra_emply.reconciliation.rule import Condition, Rule, Values, any_of, any_row, columns
from entra_emply.reconciliation.rules.calendar_owners import synchronised
from entra_emply.reconciliation.rules.calendars import C4
from entra_emply.reconciliation.rules.emply_events import EmplyEvents, emply_events, in_emply, paired
from entra_emply.reconciliation.rules.event_differences import CONTENT
from entra_emply.reconciliation.rules.event_window import window
from entra_emply.reconciliation.rules.outlook_events import OutlookEvents
from entra_emply.reconciliation.rules.recorded_pairs import RecordedPairs
from entra_emply.text import trimmed

# --- conditions -------------------------------------------------------------------------------------------------------


def _window(of: Any, _row: int) -> Values:  # noqa: ANN401 (of any of the subjects)
    start, end = window(of.places.inputs.now, of.places.inputs.settings.calendar_window)
    return {"start": start[:10], "end": end[:10]}


def _is_new(outlook: OutlookEvents, rows: Rows) -> Mask:
    return in_emply(outlook)[rows] < 0


def _has_another_key(outlook: OutlookEvents, rows: Rows) -> Mask:
    theirs = trimmed(take(outlook.frame["change_key"], rows))
    ours = trimmed(take(emply_events(outlook.places).frame["change_key"], in_emply(outlook)[rows]))
    return ~same_text(theirs, ours)


def _in_window(emply: EmplyEvents, rows: Rows, which: Mask) -> Mask:
    """In the window, where this calendar in Outlook has one of `which` in the window."""
    outlook = emply.outlook
    return emply.within[rows] & take_flag(outlook.within & which, emply.here[rows])


def _is_cancelled(emply: EmplyEvents, rows: Rows) -> Mask:
    return _in_window(emply, rows, emply.outlook.cancelled)


def _is_declined(emply: EmplyEvents, rows: Rows) -> Mask:
    return _in_window(emply, rows, emply.outlook.declined)


def _is_missing(emply: EmplyEvents, rows: Rows) -> Mask:
    """In the window, where this calendar in Outlook has none in the window."""
    return emply.within[rows] & ~take_flag(emply.outlook.within, emply.here[rows])


def _is_gone(emply: EmplyEvents, rows: Rows) -> Mask:
    """Missing, and nowhere else in the owner's mailbox."""
    return _is_missing(emply, rows) & (emply.there[rows] < 0)


def _is_elsewhere(emply: EmplyEvents, rows: Rows) -> Mask:
    """Missing, while the owner's mailbox has it in another calendar, or outside the window."""
    return _is_missing(emply, rows) & (emply.there[rows] >= 0)


def _stays_with_calendar(emply: EmplyEvents, rows: Rows) -> Mask:
    """Whose calendar C4 neither removes nor detaches."""
    here = emply.places.calendars.of_emply
    leaves = take(here.frame["calendar_id"], np.flatnonzero(C4.acts(here)))
    return ~is_among(take(emply.given["calendar_id"], rows), leaves)


def _differences(emply: EmplyEvents, rows: Rows) -> Mask:
    return among(rows, emply.differences.differing)


def _differing(emply: EmplyEvents, row: int) -> Values:
    """The fields of an event that are others in Outlook."""
    at = emply.differences.rows == row
    return {"differing": [CONTENT[name] for name, mask in emply.differences.fields.items() if mask[at].any()]}


def _is_there(emply: EmplyEvents, rows: Rows) -> Mask:
    return among(rows, emply.differences.rows)


def _either_within(emply: EmplyEvents, rows: Rows) -> Mask:
    return emply.within[rows] | emply.outlook.within[emply.there[rows]]


def _is_private(outlook: OutlookEvents, rows: Rows) -> Mask:
    sensitivity = trimmed(take(outlook.frame["sensitivity"], rows))
    return sensitivity.notna().to_numpy(dtype=bool) & ~is_text(sensitivity, "normal")


def _pair_within(pairs: RecordedPairs, rows: Rows) -> Mask:
    return take_flag(pairs.outlook.within, pairs.there[rows])


def _pair_may_be_written(of: EmplyEvents | RecordedPairs, rows: Rows) -> Mask:
    return take_flag(of.outlook.may_be_written, of.there[rows])


_SYNCHRONISED: Condition[Any] = synchronised.of(lambda of: of.places.calendars, lambda of: of.person)
_ENABLED = Condition[Any](
    "calendar_enabled",
    lambda of, rows: of.places.open_at(of.place[rows]),
    lambda of, row: {"enabled": bool(of.places.open_at(of.place[[row]])[0])},
)
_DISABLED = _ENABLED.negated("calendar_disabled")
_ON_CALENDAR = Condition[Any]("on_synchronised_calendar", lambda of, rows: of.synchronised[rows])
_READ = Condition[Any]("calendar_events_read", lambda of, rows: of.place[rows] >= 0)
_WITHIN = Condition[Any]("in_window", lambda of, rows: of.within[rows], _window)


def _of_emply(emply: EmplyEvents, rows: Rows) -> Mask:
    return emply.own[rows]


made_in_emply = Condition("made_in_emply", _of_emply, columns("origin"))
made_in_outlook = made_in_emply.negated("made_in_outlook")
not_cancelled = Condition[OutlookEvents](
    "not_cancelled", lambda outlook, rows: ~outlook.cancelled[rows], columns("cancelled")
)
not_declined = Condition[OutlookEvents](
    "not_declined", lambda outlook, rows: ~outlook.declined[rows], columns("declined")
)
not_paired = Condition[OutlookEvents]("not_paired", lambda outlook, rows: ~paired(outlook)[rows])
new_in_outlook = Condition("new_in_outlook", _is_new)
another_change_key = Condition("another_change_key", _has_another_key, columns("change_key"))
gone_in_outlook = Condition("gone_in_outlook", _is_gone, _window)
leaves_emply = any_of(
    "leaves_emply",
    gone_in_outlook,
    Condition("elsewhere_in_outlook", _is_elsewhere, _window),
    Condition("cancelled_in_outlook", _is_cancelled),
    Condition("declined_in_outlook", _is_declined),
    _DISABLED,
)
calendar_stays = Condition("calendar_stays", _stays_with_calendar)
names_no_event = Condition[EmplyEvents](
    "names_no_outlook_event",
    lambda emply, rows: emply.external_id.isna().to_numpy(dtype=bool)[rows],
    columns("external_id"),
)
no_pair = Condition[EmplyEvents]("no_recorded_pair", lambda emply, rows: emply.recorded_row[rows] < 0)
private = Condition("private", _is_private, columns("sensitivity"))
pair_may_be_written = Condition[Any]("pair_may_be_written", _pair_may_be_written)

# --- rules ------------------------------------------------------------------------------------------------------------


E1 = Rule[OutlookEvents](
    "E1",
    (_SYNCHRONISED,),
    (
        any_row("has_outlook_event"),
        _ON_CALENDAR,
        _READ,
        _ENABLED,
        _WITHIN,
        not_cancelled,
        not_declined,
        not_paired,
        any_of("new_or_changed", new_in_outlook, another_change_key),
    ),
    how=(new_in_outlook,),
)
E1_GONE = Rule[EmplyEvents](
    "E1 gone",
    (_SYNCHRONISED,),
    (
        any_row("has_emply_event"),
        made_in_outlook,
        calendar_stays,
        _ON_CALENDAR,
        _READ,
        leaves_emply,
    ),
)
E2 = Rule[EmplyEvents](
    "E2",
    (_SYNCHRONISED,),
    (any_row("has_emply_event"), made_in_emply, _ON_CALENDAR, _READ, _ENABLED, _WITHIN, names_no_event, no_pair),
)
E2_CHANGED = Rule[EmplyEvents](
    "E2 changed",
    (_SYNCHRONISED,),
    (
        any_row("has_emply_event"),
        _ON_CALENDAR,
        _READ,
        _ENABLED,
        Condition("pair_in_outlook", _is_there),
        pair_may_be_written,
        Condition("pair_in_window", _either_within, _window),
        Condition("own_fields_differ", _differences, _differing),
    ),
)
E2_GONE = Rule[RecordedPairs](
    "E2 gone",
    (_SYNCHRONISED,),
    (
        any_row("has_pair"),
        _ON_CALENDAR,
        _READ,
        _ENABLED,
        Condition("gone_in_emply", lambda pairs, rows: pairs.gone_from_emply[rows]),
        Condition("pair_there_in_window", _pair_within, _window),
        pair_may_be_written,
    ),
)
E3 = Rule[OutlookEvents]("E3", E1.conditions, (private,))
