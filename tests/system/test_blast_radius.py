"""`sync` where one object or a whole source cannot be read (P5, C7, G5b): a leaver does not wait for it, nothing of it
is touched, and the line and exit code say so.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.mailbox_scenario import edited, in_outlook, mailbox_scenario, meeting, row
from tests.postgres import Server
from tests.system.installation import Installation, Row
from tests.system.snapshots import Snapshot, kept, opened

FAULTS: dict[str, tuple[Row, str]] = {
    "a photo": (
        {"path": "/users/cagla/photo$", "fault": {"odd": "photo_403_guest"}},
        "1 photo (403 ErrorAccessDenied)",
    ),
    "a mailbox": (
        {"path": "/users/cagla/calendars$", "fault": {"odd": "mailbox_move"}},
        "1 mailbox (503 ErrorMailboxMoveInProgress)",
    ),
    "a mailbox's 401": (
        {"path": "/users/cagla/calendars$", "fault": {"odd": "mailbox_401"}},
        "1 mailbox (401 InvalidAuthenticationToken)",
    ),
    "events": ({"path": "/cagla-own/calendarView", "fault": {"odd": "cut_off"}}, "1 mailbox (no_answer)"),
}


@pytest.fixture(scope="module")
def settled(running_sandbox: Sandbox, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """After two syncs; since then Søren left, and Çağla has a new photo and a new meeting."""
    folder = tmp_path_factory.mktemp("settled")
    with opened(running_sandbox, server, folder, Snapshot(mailbox_scenario())) as installation:
        installation.sync()
        installation.sync()
        with edited(running_sandbox) as state:
            row(state["entra"]["users"], "soren")["accountEnabled"] = False
            state["entra"]["photos"]["cagla"]["mediaEtag"] = '"foto-2"'
            in_outlook(state, "cagla")["events"].append(meeting("izin", "İzin", 7))
        yield kept(server, installation)


@pytest.fixture
def installation(running_sandbox: Sandbox, server: Server, tmp_path: Path, settled: Snapshot) -> Iterator[Installation]:
    with opened(running_sandbox, server, tmp_path / "home", settled) as made:
        yield made


def of_cagla(state: Row) -> Row:
    """What Emply has of her photo, calendars and events."""
    theirs = [each for each in state["emply"]["calendars"] if each["userId"] == "login-cagla"]
    ids = {each["id"] for each in theirs}
    events = [each for each in state["emply"]["events"] if each["calendarId"] in ids]
    photo = row(state["emply"]["users"], "login-cagla")["photoEtag"]
    return {"photo": photo, "calendars": theirs, "events": sorted(events, key=lambda each: str(each["id"]))}


@pytest.mark.parametrize("part", FAULTS)
def test_a_leaver_does_not_wait_for_somebodys_mailbox_or_photo(
    installation: Installation, settled: Snapshot, part: str
) -> None:
    fault, said = FAULTS[part]
    installation.sandbox.put_faults(fault)
    done = installation.run("sync", hurried=True)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (3, f"not read: {said}"), done
    state = installation.sandbox.state()
    assert row(state["emply"]["users"], "login-soren")["active"] is False
    before, after = of_cagla(settled.state), of_cagla(state)
    untouched = ["photo"] if part == "a photo" else ["calendars", "events"]
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}

    installation.sandbox.put_faults()
    installation.sync()
    healed = of_cagla(installation.sandbox.state())
    assert healed["photo"] == '"foto-2"'
    assert "İzin" in {event["title"] for event in healed["events"]}


def test_plan_says_what_it_could_not_read_and_changes_nothing(installation: Installation) -> None:
    fault, said = FAULTS["a mailbox"]
    installation.sandbox.put_faults(fault)
    done = installation.run("plan", hurried=True)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"not read: {said}"), done
    assert installation.writes() == []
