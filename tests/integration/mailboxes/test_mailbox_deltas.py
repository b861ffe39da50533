"""The Graph client against the sandbox: a delta of events is as good as a whole read."""

import random
from pathlib import Path

import pandas as pd
import pytest

from entra_emply.connectors.entra import event_tasks
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.entra.event_deltas import IN_MAILBOX
from entra_emply.storage.frame_store import FrameStore
from sandbox import Sandbox
from tests.integration.mailboxes.scenario import (
    IDS,
    NO_PAIRS,
    WINDOW,
    Row,
    calendars_of,
    event,
    items,
    read_events,
    some_series,
    wanted_calendars,
)


def _days(chance: random.Random) -> Row:
    """Sometimes within the window, sometimes out of it, sometimes over its end."""
    day = chance.choice(["2026-10-31", "2026-11-01", "2026-11-15", "2026-11-30", "2026-12-01", "2026-12-24"])
    hours = chance.choice([("00", "00:30"), ("09", "10:00"), ("23", "23:59")])
    return {"start": f"{day}T{hours[0]}:00:00Z", "end": f"{day}T{hours[1]}:00Z"}


def _changed(chance: random.Random, rows: list[Row], number: int) -> list[Row]:  # noqa: PLR0911 - one for each deed
    """A calendar's events after one thing that its owner did."""
    new = f"n{number}"
    key = {"changeKey": new}
    singles = [row for row in rows if row.get("type") != "seriesMaster"]
    series = [row for row in rows if row.get("type") == "seriesMaster"]
    one = chance.choice(singles) if singles else None
    of = chance.choice(series) if series else None
    occurrences = of["occurrences"] if of else []
    do = chance.choice(["add", "add series", "change", "move", "remove", "retitle", "cancel", "except", "end"])
    match do:
        case "add":
            return [*rows, event(new) | _days(chance)]
        case "add series":
            return [*rows, some_series(new, *chance.sample(range(1, 28), 3))]
        case "change" if one:
            return [one | {"subject": f"Ændret {number}"} | key if row is one else row for row in rows]
        case "move" if one:
            return [one | _days(chance) | key if row is one else row for row in rows]
        case "remove" if one:
            return [row for row in rows if row is not one]
        case "retitle" if of:
            return [of | {"subject": f"Seria {number}"} | key if row is of else row for row in rows]
        case "cancel" if len(occurrences) > 1:
            return [of | {"occurrences": occurrences[1:]} if of and row is of else row for row in rows]
        case "except" if occurrences:
            first = occurrences[0] | {"subject": f"Wyjątek {number}"} | key
            return [of | {"occurrences": [first, *occurrences[1:]]} if of and row is of else row for row in rows]
        case "end" if of:
            return [row for row in rows if row is not of]
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_whatever_its_owners_do_a_delta_comes_to_what_a_whole_read_does(
    server: Sandbox, client: GraphClient, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    few = chance.choice([2, 50])
    monkeypatch.setattr(event_tasks, "_DELTA", {"Prefer": f"{event_tasks._PREFER}, odata.maxpagesize={few}"})
    owners = IDS[:6]
    rows = {user: calendars_of(user)[0]["events"] for user in owners}
    pairs = [(user, f"n{n}") for user in owners for n in range(0, 60, 3)]
    paired = pd.DataFrame(pairs, columns=IN_MAILBOX, dtype="str")
    wanted = wanted_calendars(*owners)
    read, number = client.events.read(wanted, WINDOW, None, paired), 0
    for _ in range(6):
        for _ in range(chance.randrange(8)):
            user, number = chance.choice(owners), number + 1
            rows[user] = _changed(chance, rows[user], number)
        calendars = {user: [calendars_of(user)[0] | {"events": rows[user]}, calendars_of(user)[1]] for user in owners}
        server.change_state({"entra": {"calendars": calendars}})
        server.change_settings(delta_lifetime=0 if chance.random() < 0.1 else 1000)  # 0: every token has expired
        whole = client.events.read(wanted, WINDOW, None, paired)
        read = client.events.read(wanted, WINDOW, read.frames, paired)
        pd.testing.assert_frame_equal(read.frames["entra_events"], whole.frames["entra_events"])


def test_a_read_goes_on_from_stored_frames(server: Sandbox, client: GraphClient, tmp_path: Path) -> None:
    first = read_events(client)
    store = FrameStore(str(tmp_path))
    store.write("run", "entra_events", first.frames)
    server.change_state({"entra": {"calendars": {"u00": [calendars_of("u00")[0] | {"events": [event("new")]}]}}})
    stored = store.read("run", "entra_events")
    assert isinstance(stored, dict)
    wanted = wanted_calendars().loc[lambda frame: frame["calendar_id"] != "u00-team"]
    second = client.events.read(wanted, WINDOW, stored, NO_PAIRS).frames["entra_events"]
    assert len(second) == 160
    assert list(second.loc[second["entra_id"] == "u00", "event_id"]) == ["new"]
    pd.testing.assert_frame_equal(second, client.events.read(wanted, WINDOW, None, NO_PAIRS).frames["entra_events"])


def test_what_has_not_changed_costs_one_item_a_calendar(server: Sandbox, client: GraphClient) -> None:
    first = read_events(client)
    server.clear_requests()
    second = read_events(client, first)
    assert second.frames["entra_events"].equals(first.frames["entra_events"])
    assert len(items(server)) == 80
    assert all("deltatoken" in item["url"] for item in items(server))


@pytest.mark.parametrize("code", ["syncStateNotFound", "RESYNCREQUIRED"])
@pytest.mark.parametrize("status", [400, 410])
def test_an_expired_delta_is_a_whole_read_of_that_calendar(
    server: Sandbox, client: GraphClient, status: int, code: str
) -> None:
    first = read_events(client)
    server.change_state({"entra": {"calendars": {"u00": []}}})
    server.change_state({"entra": {"calendars": {"u00": calendars_of("u00")}}})
    body = {"error": {"code": code}}
    server.put_faults({"path": "u00-own/calendarView/delta", "times": 1, "fault": {"status": status, "body": body}})
    server.clear_requests()
    assert read_events(client, first).frames["entra_events"].equals(first.frames["entra_events"])
    assert sum("startDateTime" in item["url"] for item in items(server)) == 1


def test_paired_events_out_of_the_window_come_too(server: Sandbox, client: GraphClient) -> None:
    far = event("far") | {"start": "2027-05-01T09:00:00Z", "end": "2027-05-01T10:00:00Z"}
    server.change_state({"entra": {"calendars": {"u00": [calendars_of("u00")[0] | {"events": [far]}]}}})
    keys = [("u00", "far"), ("u00", "gone"), ("u42", "no mailbox"), ("u41", "closed")]
    paired = pd.DataFrame(keys, columns=IN_MAILBOX, dtype="str")
    read = client.events.read(wanted_calendars("u01"), WINDOW, None, paired).frames["entra_events"]
    assert list(read["event_id"]) == ["far", "u01-1", "u01-2", "u01-3", "u01-4"]
