"""`explain`, `history` and `plan --html`: what a help desk sees, through the command line, after real syncs."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.company import make_company
from tests.postgres import Server
from tests.system.installation import Installation
from tests.system.snapshots import Snapshot, after_sync, started
from tests.system.tables import dump

Row = dict[str, Any]

SCENARIO = make_company(60, 1)


@pytest.fixture
def scenario() -> Row:
    """A few people: what is asked here does not depend on how many there are."""
    return SCENARIO


@pytest.fixture(scope="module")
def after(running_sandbox: Sandbox, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return after_sync(running_sandbox, server, tmp_path_factory.mktemp("synced") / "first", Snapshot(SCENARIO))


@pytest.fixture
def synced(running_sandbox: Sandbox, server: Server, tmp_path: Path, after: Snapshot) -> Iterator[Installation]:
    """An installation after its first sync."""
    with started(running_sandbox, server, tmp_path, after) as installation:
        yield installation


def explain(installation: Installation, *arguments: str) -> Row:
    done = installation.run("explain", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def people(installation: Installation) -> list[Row]:
    return installation.sandbox.state()["entra"]["users"]


def test_a_person_is_explained_by_address_username_and_id_alike(synced: Installation) -> None:
    person = next(row for row in people(synced) if row.get("mail"))
    by_mail = explain(synced, person["mail"].upper())
    assert explain(synced, person["id"])["people"] == by_mail["people"]
    assert by_mail["people"][0]["found"]["entra"]["user"]["entra_id"] == person["id"]
    short, whole = (synced.run("explain", person["mail"], *more).stdout for more in ((), ("--all",)))
    assert by_mail["people"][0]["scope"]["sentence"] in short
    assert "What people ask" in whole
    assert "What people ask" not in short


def test_one_question_is_answered_alone(synced: Installation) -> None:
    person = next(row for row in people(synced) if row.get("mail"))
    questions = explain(synced, person["id"])["people"][0]["questions"]
    text = synced.run("explain", person["id"], "--question", "often").stdout
    assert [each["answer"] in text for each in questions] == [each["name"] == "often" for each in questions]
    wrong = synced.run("explain", person["id"], "--question", "oftener")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1)
    assert "there is no question 'oftener': the questions are employees_first, " in wrong.stderr


def test_whom_an_action_is_about_is_explained_by_its_id(synced: Installation) -> None:
    planned = json.loads(synced.run("plan", "--json").stdout)["actions"]
    action = next(row for row in planned if row["held_by"] and row["entra_id"])
    assert explain(synced, action["action_id"][:12])["people"] == explain(synced, action["entra_id"])["people"]
    text = synced.run("history", action["action_id"][:12]).stdout
    assert text.splitlines()[0] == action["subject"]


def test_a_part_of_the_plan_is_shown_with_the_id_and_counts_of_all(synced: Installation) -> None:
    whole = json.loads(synced.run("plan", "--json").stdout)
    held = json.loads(synced.run("plan", "--json", "--held").stdout)
    assert held["actions"] == [row for row in whole["actions"] if row["held_by"]]
    assert {held[name] == whole[name] for name in ("plan_id", "status", "summary")} == {True}
    subject = held["actions"][0]["subject"]
    text = synced.run("plan", "--person", subject.upper(), "--kind", held["actions"][0]["kind"]).stdout
    assert text.splitlines()[-1] == f"1 of {len(whole['actions'])} actions is shown"
    none = synced.run("plan", "--person", "nobody@contoso.com").stdout
    assert none.splitlines()[-1] == f"No action fits; the plan has {len(whole['actions'])} actions"
    for wrong in (("--kind", "roles"), ("--department", "Nowhere")):
        done = synced.run("plan", *wrong)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_a_department_of_the_plan_is_shown(synced: Installation) -> None:
    whole = json.loads(synced.run("plan", "--json").stdout)
    titles = [row["title"] for row in synced.sandbox.state()["emply"]["departments"]]
    of_each = [json.loads(synced.run("plan", "--json", "--department", title).stdout) for title in titles]
    shown = [row["action_id"] for part in of_each for row in part["actions"]]
    assert shown
    assert len(shown) == len(set(shown))
    assert set(shown) <= {row["action_id"] for row in whole["actions"]}
    assert {(part["plan_id"], len(part["findings"])) for part in of_each} == {(whole["plan_id"], 0)}


def test_the_plan_of_a_draft_says_that_it_is_one_and_how_it_comes_into_force(synced: Installation) -> None:
    draft = synced.settings.with_name("draft.yaml")
    shutil.copy(synced.settings, draft)
    last = synced.run("plan", "--settings", str(draft)).stdout.splitlines()[-1]
    assert last.startswith(f"This is a draft: {draft} is not in force")
    assert f"replace {synced.settings} with it" in last


def test_what_is_held_says_how_to_approve_it_and_afterwards_who_did(synced: Installation) -> None:
    held = next(row for row in json.loads(synced.run("plan", "--json").stdout)["actions"] if row["held_by"])
    (action,) = [row for row in explain(synced, held["subject"])["people"][0]["actions"] if row["held_by"]]
    assert action["state"] == "held"
    command = re.search(r"entra-emply (approve .*) --by NAME --reason TEXT", action["sentence"])
    assert command
    words = [word.strip('"') for word in command[1].split()]
    assert synced.run(*words, "--by", "Ada", "--reason", "known").returncode == 0
    approved = explain(synced, held["subject"])["people"][0]
    assert [row["state"] for row in approved["actions"] if row["held_by"]] == ["approved"]
    synced.sync()
    history = json.loads(synced.run("history", held["subject"], "--json").stdout)
    told = [(event["event"], event["by"]) for event in history if event["action_id"] == held["action_id"]]
    assert told == [("applied", None), ("approved", "Ada"), ("planned", None)]
    table = synced.run("history").stdout
    assert "approved" in table
    assert "Ada: known" in table


@pytest.mark.parametrize("command", ["explain", "history"])
def test_nobody_is_asked_for_by_a_blank(synced: Installation, command: str) -> None:
    done = synced.run(command, " ")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert "EMAIL is blank" in done.stderr


@pytest.mark.parametrize("lost", ["sync_state/clock.parquet", "settings.parquet", "emply_users.parquet", ""])
def test_frames_that_are_gone_are_said_to_be(synced: Installation, lost: str) -> None:
    (day,) = (synced.home / "frames" / "days").iterdir()
    frame = synced.home / "frames" / "runs" / day.read_text() / lost
    shutil.rmtree(frame) if frame.is_dir() else frame.unlink()
    done = synced.run("explain", "nobody@contoso.com")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert "the frames of the last run are not all there" in done.stderr


def test_read_now_a_settled_person_is_explained_as_the_last_run_read_it(synced: Installation) -> None:
    synced.sync()
    for person in people(synced)[::11]:
        stored, live = (explain(synced, person["id"], *more)["people"] for more in ((), ("--live",)))
        for one, other in zip(stored, live, strict=True):
            for name in ("found", "match", "scope", "groups", "roles", "statements", "findings"):
                assert one[name] == other[name]


def test_read_now_a_change_since_the_last_run_is_seen_and_called_new(synced: Installation) -> None:
    synced.sync()
    state = synced.sandbox.state()
    linked = {user["username"] for user in state["emply"]["users"] if user["active"]}
    person = next(
        row for row in state["entra"]["users"] if row["userPrincipalName"] in linked and row["accountEnabled"]
    )
    person["accountEnabled"] = False
    synced.sandbox.put_state(state)
    synced.sandbox.clear_requests()
    (action,) = explain(synced, person["id"], "--live")["people"][0]["actions"]
    assert (action["rule"], action["state"]) == ("L6", "new")
    assert {entry["method"] for entry in synced.sandbox.requests() if "/token" not in entry["path"]} == {"GET"}
    assert explain(synced, person["id"])["people"][0]["actions"] == []


def test_nobody_is_told_with_what_is_nearly_the_same(synced: Installation) -> None:
    person = next(row for row in people(synced) if row.get("mail"))
    typed = person["mail"][0] + person["mail"]
    done = synced.run("explain", typed, "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["people"], document["near"]) == (1, [], [person["mail"].casefold()])
    text = synced.run("explain", typed)
    assert (text.returncode, text.stdout, text.stderr.count("\n")) == (1, "", 1)
    assert f"Nearly the same: {person['mail'].casefold()}" in text.stderr


def test_questions_leave_no_trace(installation: Installation) -> None:
    """With the embedded database, which the others go without."""
    installation.sync()
    before, state = dump(installation), installation.sandbox.state()
    frames = sorted((installation.home / "frames").rglob("*"))
    installation.sandbox.clear_requests()
    explain(installation, people(installation)[0]["id"])
    installation.run("history")
    assert installation.sandbox.requests() == []
    explain(installation, people(installation)[0]["id"], "--live")
    assert installation.run("doctor").returncode == 0
    assert (dump(installation), installation.sandbox.state()) == (before, state)
    assert sorted((installation.home / "frames").rglob("*")) == frames


@pytest.mark.parametrize("command", [("explain", "megan@contoso.com"), ("history",)])
def test_before_the_first_sync_there_is_nothing_to_tell(installation: Installation, command: tuple[str, ...]) -> None:
    done = installation.run(*command)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "nothing was planned here yet" in done.stderr
    assert not installation.home.exists()


def test_the_plan_as_html_is_one_file_that_asks_nobody_for_anything(installation: Installation) -> None:
    file = installation.home.parent / "plan.html"
    done = installation.run("plan", "--html", str(file))
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stderr
    page = file.read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href|url\()\s*=?\s*["\'(]?(?:https?:|//)', page) == []
    assert "<svg" in page
    both = installation.run("plan", "--json", "--html", str(file))
    assert json.loads(both.stdout)["plan_id"][:12] in file.read_text(encoding="utf-8")
    wrong = installation.run("plan", "--html", "/nowhere/plan.html")
    assert (wrong.returncode, wrong.stderr.count("\n"), "cannot be written" in wrong.stderr) == (1, 1, True)
