"""`sync`, `plan`, `approve`: what an operator sees, through the command line, over real HTTP and a real PostgreSQL."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.installation import Installation, Row
from tests.system.snapshots import Snapshots
from tests.system.tables import dump


@pytest.fixture
def synced(snapshots: Snapshots, tmp_path: Path) -> Iterator[Installation]:
    """Synced twice; nothing happened since, and something is held."""
    with snapshots.started(tmp_path, 2) as installation:
        yield installation


def plan(installation: Installation, *arguments: str) -> Row:
    done = installation.run("plan", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_second_sync_finds_nothing_to_do_but_what_is_held(synced: Installation) -> None:
    synced.sandbox.clear_requests()
    done = synced.sync()
    assert synced.writes() == []
    assert done.returncode == 2
    assert {tuple(action["held_by"]) for action in plan(synced)["actions"]} == {("G3",)}


def test_approving_what_is_held_lets_the_next_sync_apply_it(synced: Installation) -> None:
    waiting = plan(synced)
    assert waiting["status"] == "held"
    done = synced.run("approve", waiting["plan_id"][:12], "--by", "Ada", "--reason", "checked")
    assert done.returncode == 0, done.stderr
    assert synced.sync().returncode == 0
    assert plan(synced)["status"] == "empty"


def test_a_plan_leaves_no_trace(synced: Installation) -> None:
    before = synced.sandbox.state()
    frames = sorted((synced.home / "frames").rglob("*"))
    ledger = dump(synced)
    synced.sandbox.clear_requests()
    plan(synced)
    assert {entry["method"] for entry in synced.sandbox.requests() if "/token" not in entry["path"]} == {"GET"}
    assert synced.sandbox.state() == before
    assert sorted((synced.home / "frames").rglob("*")) == frames
    assert dump(synced) == ledger


def test_a_plan_works_where_nothing_exists_yet_and_makes_nothing(installation: Installation) -> None:
    assert plan(installation)["actions"]
    assert not (installation.home / "postgres").exists()


def test_a_draft_is_planned_without_touching_the_settings_in_force(synced: Installation) -> None:
    draft = synced.settings.with_name("draft.yaml")
    draft.write_text(synced.settings.read_text().replace("role: Employee\n", "role: Consultant\n"))
    reasons = {action["reason"] for action in plan(synced, "--settings", str(draft))["actions"]}
    assert "mapping_changed" in reasons
    assert "mapping_changed" not in {action["reason"] for action in plan(synced)["actions"]}


def test_the_plan_reads_by_kind_with_counts_last(installation: Installation) -> None:
    done = installation.run("plan")
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert any(line.startswith("ledger.link_user") for line in lines)
    assert lines[-1].endswith("3 held: entra-emply sync records them, and prints the id of the plan to approve")


def test_the_approval_that_a_plan_names_is_accepted_also_after_a_part_was_approved(synced: Installation) -> None:
    first, *others = [action["subject"] for action in plan(synced)["actions"] if action["held_by"]]
    one = synced.run(*approval(synced), "--by", "Ada", "--reason", "known", "--person", first)
    assert (one.returncode, one.stdout[:2]) == (0, "1 "), one.stderr
    rest = synced.run(*approval(synced), "--by", "Ada", "--reason", "known, too")
    assert (rest.returncode, rest.stdout.split()[0]) == (0, str(len(others))), rest.stderr
    assert synced.sync().returncode == 0


def approval(installation: Installation) -> list[str]:
    """The command that the last line of a plan says, without `--by` and `--reason`."""
    named = re.search(r"held: entra-emply (approve \w+) --by NAME --reason TEXT$", installation.run("plan").stdout)
    assert named
    return named[1].split()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("approve", "--by", "x"), "Missing"),
        (("plan", "--nonsense"), "No such option"),
        (("plan", "--settings", "/nowhere/settings.yaml"), "cannot be read"),
        (("approve", "abcdef12", "--by", "Ada", "--reason", "x"), "nothing was planned here yet"),
        (("release", "abcdef12"), "nothing was planned here yet"),
    ],
)
def test_a_mistake_is_one_line_and_exit_1(installation: Installation, command: tuple[str, ...], said: str) -> None:
    done = installation.run(*command)
    assert (done.returncode, done.stderr.count("\n"), said in done.stderr) == (1, 1, True), done.stderr


@pytest.mark.timeout(600)  # against hanging; the figure is `benchmark sync`'s
def test_an_unchanged_company_syncs_without_a_write(installation: Installation) -> None:
    installation.sync()
    written = len(installation.writes())
    installation.sync()
    assert len(installation.writes()) == written
