"""The history on a terminal: 80 columns are enough, no word is broken, and a file has one line an event."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from entra_emply.person.history import show_history
from entra_emply.person.history_table import history_table

Row = dict[str, Any]
LONG = "wolfgang.brzęczyszczykiewicz-ågård@vertrieb.niederlassung.contoso.com"
OTHER = "işıl.çağlayan-öztürk@satış.contoso-holding.com.tr"
REASON = "HR bekræfter, at medarbejderen er fratrådt, og vi har aftalt det med Łucja Żółć og hendes afdeling i Århus"


def event(subject: str, **changed: object) -> Row:
    return {
        "at": datetime(2026, 11, 26, 9, 30, tzinfo=UTC),
        "event": "interrupted",
        "plan_id": "0123456789abcdef",
        "kind": "emply.deactivate_user",
        "by": None,
        "why": None,
        "code": None,
        "action_id": "a" * 64,
        "subject": subject,
        "rule": "L6",
        "held_because": {},
    } | changed


def counted(count: int, **changed: object) -> Row:
    row = event("", count=count, **changed)
    return {name: value for name, value in row.items() if name not in {"action_id", "subject", "rule", "held_because"}}


def shown(events: list[Row], width: int) -> list[str]:
    written = StringIO()
    Console(file=written, width=width, force_terminal=True, color_system=None).print(history_table(events))
    return [line.rstrip() for line in written.getvalue().splitlines()]


def words_of(events: list[Row]) -> set[str]:
    """Every word that has to be in the text: the subject, too, unless all events are about one person."""
    cells = [row.get(name) or "" for row in events for name in ("event", "kind", "by", "why", "code")]
    subjects = {row.get("subject") or "" for row in events}
    return {word for cell in [*cells, *(subjects if len(subjects) > 1 else ())] for word in cell.split()}


EVENTS = {
    "of one person": [
        event(LONG, event="approved", by="Ada Øster", why=REASON),
        event(LONG, held_because={"G1": "too many"}),
    ],
    "of several": [event(LONG, code="Request_ResourceNotFound"), event(OTHER, event="approved", by="Ada", why=REASON)],
    "of everybody": [counted(1_000_000, event="approved", by="Ada Øster", why=REASON), counted(7)],
}


@pytest.mark.parametrize("events", EVENTS.values(), ids=EVENTS)
def test_eighty_columns_are_enough_and_no_word_is_broken(events: list[Row]) -> None:
    lines = shown(events, 80)
    assert max(map(len, lines)) <= 80
    assert words_of(events) <= {word.rstrip(":") for line in lines for word in line.split()}


@pytest.mark.parametrize("events", EVENTS.values(), ids=EVENTS)
def test_where_there_is_room_an_event_is_one_line(events: list[Row]) -> None:
    assert len(shown(events, 10_000)) == 1 + len(events)


def test_a_person_who_is_the_only_one_is_not_named_in_every_line() -> None:
    assert LONG not in "\n".join(shown(EVENTS["of one person"], 80))


def test_what_is_below_an_event_is_set_off() -> None:
    first = shown(EVENTS["of several"], 80)[1:4]
    assert first == [
        "2026-11-26 09:30  interrupted  emply.deactivate_user  aaaaaaaaaaaa  0123456789ab",
        f"  {LONG}",
        "  Request_ResourceNotFound",
    ]


def test_what_changes_and_why_is_told_in_words() -> None:
    said = {"changes": ["roles: Łącznik → Medarbejder", "active: yes → no"], "because": "R5: a role was taken away"}
    lines = shown([event(LONG, **said), event(OTHER, **said, code="422_invalid")], 80)
    assert lines[3:5] == ["  roles: Łącznik → Medarbejder; active: yes → no", "  R5: a role was taken away"]
    assert lines[7:] == ["  roles: Łącznik → Medarbejder; active: yes → no", "  422_invalid"]


def test_what_was_held_when_it_was_planned_says_why() -> None:
    held = event(LONG, event="planned", because="L6: the Entra account is disabled", held_because={"G1": "too many"})
    assert shown([held], 200)[-1].endswith("L6: the Entra account is disabled; held by G1 (too many)")


@pytest.mark.parametrize(("events", "more"), [(100, False), (101, True)])
def test_a_hundred_events_are_shown_and_that_there_are_more(events: int, more: bool) -> None:
    written = StringIO()
    show_history([event(LONG if number % 2 else OTHER) for number in range(events)], Console(file=written, width=200))
    lines = written.getvalue().splitlines()
    assert sum("interrupted" in line for line in lines) == 100
    assert ("… and more (--json shows all)" in lines) == more
