"""Calendars, events and photos between Outlook and Emply, told by `sync` in a small scenario.

More of them, without the command: `tests/integration/ledger/test_runs_with_mailboxes.py`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.mailbox_scenario import (
    SETTINGS,
    at,
    edited,
    in_emply,
    in_outlook,
    mailbox_scenario,
    meeting,
    own_event,
    row,
    subjects,
    titles,
)
from tests.postgres import Server
from tests.system.installation import Installation, Row
from tests.system.snapshots import Snapshot, kept, opened

LUNCH = "Frokost på Østerbro"


@dataclass
class Settled:
    """The scenario after three syncs, and what each of them wrote."""

    sandbox: Sandbox
    server: Server
    after: Snapshot = field(default_factory=lambda: Snapshot(mailbox_scenario()))
    writes: list[list[str]] = field(default_factory=list)

    def opened(self, folder: Path) -> AbstractContextManager[Installation]:
        return opened(self.sandbox, self.server, folder, self.after)


@pytest.fixture(scope="module")
def settled(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settled]:
    with Sandbox() as sandbox:
        settled = Settled(sandbox, server)
        with settled.opened(tmp_path_factory.mktemp("scenario")) as installation:
            for _ in range(3):
                sandbox.clear_requests()
                assert installation.sync().returncode == 0
                settled.writes.append([entry["path"] for entry in installation.writes()])
            settled.after = kept(server, installation)
        yield settled


@pytest.fixture
def installation(settled: Settled, tmp_path: Path) -> Iterator[Installation]:
    """The scenario, settled."""
    with settled.opened(tmp_path / "scenario") as installation:
        yield installation


def state_after(installation: Installation) -> Row:
    """What there is after one more sync."""
    assert installation.sync().returncode == 0
    return installation.sandbox.state()


def add_own_event(installation: Installation) -> None:
    with edited(installation.sandbox) as state:
        state["emply"]["events"].append(own_event(in_emply(state, "cagla-own")["id"]))


def own(state: Row) -> Row:
    return row(state["emply"]["events"], "frokost")


# --- the first runs ---------------------------------------------------------------------------------------------------


def test_calendars_of_people_and_rooms_are_added_and_no_others(settled: Settled) -> None:
    there = {row["externalId"]: row for row in settled.after.state["emply"]["calendars"]}
    assert {name: (row["name"], row["kind"], row["enabled"], row["canDisable"]) for name, row in there.items()} == {
        "cagla-own": ("Takvim", "user", True, False),
        "cagla-projects": ("Projeler", "user", False, True),
        "lucja-own": ("Kalendarz", "user", True, False),
        "room-own": ("Mødelokale Øst", "room", True, False),
    }


def test_events_of_enabled_calendars_come_to_emply_and_private_ones_without_their_title(settled: Settled) -> None:
    state = settled.after.state
    assert titles(state, "cagla-own") == {"Toplantı", "Private"}
    assert titles(state, "cagla-projects") == set()
    assert titles(state, "lucja-own") == {"Szkolenie BHP"}
    assert titles(state, "room-own") == {"Bestyrelsesmøde"}


def test_a_photo_comes_to_emply_once(settled: Settled) -> None:
    assert row(settled.after.state["emply"]["users"], "login-cagla")["photoEtag"] == '"foto-1"'
    assert [path for run in settled.writes for path in run if path.endswith("/photo")] == [
        "/emply/v1/contoso/users/login-cagla/photo"
    ]


def test_the_second_run_does_what_waited_for_an_id_and_the_third_nothing(settled: Settled) -> None:
    created = next(user["id"] for user in settled.after.state["emply"]["users"] if user["firstName"] == "Łucja")
    calendar = in_emply(settled.after.state, "lucja-own")
    assert calendar["userId"] == created
    assert settled.writes[1:] == [
        ["/emply/v1/contoso/calendars", f"/emply/v1/contoso/calendars/{calendar['id']}/events/bhp"],
        [],
    ]


# --- from Outlook to Emply --------------------------------------------------------------------------------------------


def test_emply_follows_what_changes_in_outlook(installation: Installation) -> None:
    """An event is changed, one moves out of the window, one is deleted, one is new, a calendar gets another name, and
    a photo is exchanged."""
    with edited(installation.sandbox) as state:
        calendar = in_outlook(state, "cagla")
        row(calendar["events"], "standup").update(subject="Kısa toplantı", changeKey="2")
        row(calendar["events"], "doctor").update(start=at(400, 9), end=at(400, 10), changeKey="2")
        calendar["events"].append(meeting("izin", "İzin", 7))
        in_outlook(state, "lucja").update(name="Kalendarz Łucji", events=[])
        state["entra"]["photos"]["cagla"]["mediaEtag"] = '"foto-2"'
    state = state_after(installation)
    assert titles(state, "cagla-own") == {"Kısa toplantı", "İzin"}
    assert titles(state, "lucja-own") == set()
    assert in_emply(state, "lucja-own")["name"] == "Kalendarz Łucji"
    assert row(state["emply"]["users"], "login-cagla")["photoEtag"] == '"foto-2"'


# --- from Emply to Outlook --------------------------------------------------------------------------------------------


def test_an_event_of_emplys_is_one_event_in_outlook_until_it_is_deleted(installation: Installation) -> None:
    add_own_event(installation)
    for _ in range(2):
        state = state_after(installation)
        calendar = in_outlook(state, "cagla")
        assert subjects(calendar).count(LUNCH) == 1
        assert own(state)["externalId"] == row(calendar["events"], LUNCH, by="subject")["id"]
    with edited(installation.sandbox) as state:
        own(state).update(title="Frokost med Łucja", end=at(3, 13))
    state = state_after(installation)
    changed = row(in_outlook(state, "cagla")["events"], own(state)["externalId"])
    assert (changed["subject"], changed["end"]["dateTime"] + "Z") == ("Frokost med Łucja", at(3, 13))
    with edited(installation.sandbox) as state:
        state["emply"]["events"].remove(own(state))
    state = state_after(installation)
    assert subjects(in_outlook(state, "cagla")) == ["Doktor randevusu", "Eğitim", "Toplantı"]
    assert titles(state, "cagla-own") == {"Toplantı", "Private"}


# --- calendars that go and come back ----------------------------------------------------------------------------------


def test_switched_off_what_came_from_outlook_goes_and_switched_on_it_comes_back(
    settled: Settled, installation: Installation
) -> None:
    installation.settings.write_text(f"{SETTINGS}enabled: false\n")
    users = installation.logins()
    state = state_after(installation)
    assert (state["emply"]["calendars"], state["emply"]["events"]) == ([], [])
    assert state["entra"] == settled.after.state["entra"]
    installation.settings.write_text(SETTINGS)
    state = state_after(installation)
    assert _by_owner(state) == _by_owner(settled.after.state)
    assert installation.logins() == users


def _by_owner(state: Row) -> dict[str, set[str]]:
    return {row["externalId"]: titles(state, row["externalId"]) for row in state["emply"]["calendars"]}
