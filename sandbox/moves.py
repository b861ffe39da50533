"""What happens to calendars without a call to Graph: people drag events, Exchange moves mailboxes. No requests."""

from typing import cast

from sandbox import moments
from sandbox.exchange import Row
from sandbox.state import ScenarioError, State


def drag_event(state: State, user: str, event: str, calendar: str) -> None:
    """Move an event (of a series all of it) into another calendar of its owner. Its immutable id stays.

    Raises `ScenarioError` where there is no such event or calendar.
    """
    calendars = _calendars_of(state, user)
    dragged = next((row for held in calendars for row in held.get("events") or () if row["id"] == event), None)
    if dragged is None:
        raise ScenarioError(f"{user} has no event {event}")
    _need(calendars, user, calendar)

    moved = {**dragged, "changeKey": moments.change_key()}

    def after(held: Row) -> Row:
        rest = [row for row in held.get("events") or () if row["id"] != event]
        return {**held, "events": [*rest, moved] if held["id"] == calendar else rest}

    _save(state, user, [after(held) for held in calendars])


def renew_calendar(state: State, user: str, calendar: str, to: str) -> None:
    """Give a calendar another id, as a move or a restore of its mailbox may; its events keep theirs.

    Raises `ScenarioError` where there is no such calendar, or another has the new id.
    """
    calendars = _calendars_of(state, user)
    _need(calendars, user, calendar)
    if to != calendar and any(held["id"] == to for held in calendars):
        raise ScenarioError(f"{user} has a calendar {to} already")
    _save(state, user, [{**held, "id": to} if held["id"] == calendar else held for held in calendars])


def _calendars_of(state: State, user: str) -> list[Row]:
    held: object = state.entra["calendars"].get(user)
    if not isinstance(held, list):
        raise ScenarioError(f"{user} has no calendars")
    return cast("list[Row]", held)


def _need(calendars: list[Row], user: str, calendar: str) -> None:
    if all(held["id"] != calendar for held in calendars):
        raise ScenarioError(f"{user} has no calendar {calendar}")


def _save(state: State, user: str, calendars: list[Row]) -> None:
    state.before_change()
    state.entra.put_of_user("calendars", user, calendars)
