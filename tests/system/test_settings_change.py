"""The settings change between two runs, or while one reads: nothing is mistaken for a half-read source, and nothing is
planned from reads of two mappings.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.system.installation import Installation, Row
from tests.system.snapshots import Snapshots


@pytest.fixture
def installation(snapshots: Snapshots, tmp_path: Path) -> Iterator[Installation]:
    """Synced once; since then people came and went."""
    with snapshots.started(tmp_path, 1) as installation:
        yield installation


def changed(settings: Path, **keys: object) -> None:
    """Set these keys."""
    document: Row = yaml.safe_load(settings.read_text())
    settings.write_text(yaml.safe_dump(document | keys, allow_unicode=True))


def only_managers(settings: Path) -> list[Row]:
    groups: list[Row] = yaml.safe_load(settings.read_text())["groups"]
    return [each for each in groups if each["group"] == "Managers"]


def test_most_groups_can_be_taken_out_of_the_settings(installation: Installation) -> None:
    draft = installation.settings.with_name("draft.yaml")
    draft.write_text(installation.settings.read_text())
    changed(draft, groups=only_managers(draft))
    assert installation.run("plan", "--settings", str(draft)).returncode == 0
    changed(installation.settings, groups=only_managers(draft))
    installation.sync()


def test_the_integration_can_be_switched_off_with_all_groups_taken_out(installation: Installation) -> None:
    logins = installation.logins()
    changed(installation.settings, enabled=False, groups=[])
    assert installation.sync().returncode == 0
    assert installation.logins() == logins


def test_settings_that_change_while_a_run_reads_are_left_to_the_next_one(installation: Installation) -> None:
    writes = len(installation.writes())
    command = installation.start_waiting("sync", {"path": "/employees$"})
    changed(installation.settings, calendar_window={"days_back": 1, "days_ahead": 10})
    installation.let_go()
    done = command.wait()
    assert (done.returncode, done.stdout) == (1, "")
    assert "the settings changed while the run read its sources" in done.stderr
    assert len(installation.writes()) == writes
    installation.sync()
