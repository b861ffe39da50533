"""The first day: recorded once, however many processes start together and whatever a crash left."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from assets.partitions import first_day, record_first_day
from entra_emply import clock
from entra_emply.environment import Environment
from tests.reference.builders import NOW


def at(home: Path, frames: Path | None = None) -> Environment:
    """An installation with this home folder, and its frames there unless they have an address of their own."""
    return Environment({"ENTRA_EMPLY_HOME": str(home)} | ({} if frames is None else {"FRAMES_URL": str(frames)}))


@pytest.fixture(autouse=True)
def no_midnight() -> Iterator[None]:
    """It is one day in each test."""
    with clock.frozen(NOW):
        yield


def test_looking_for_the_day_records_nothing(tmp_path: Path) -> None:
    assert first_day(at(tmp_path / "home")) == NOW.date()
    assert list(tmp_path.iterdir()) == []


def test_the_day_is_recorded_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert record_first_day(at(home)) == NOW.date()
    (home / "first-day").write_text("2026-05-01\n")
    assert record_first_day(at(home)) == first_day(at(home)) == date(2026, 5, 1)
    assert [path.name for path in home.iterdir()] == ["first-day"]


@pytest.mark.parametrize("left", ["", "2026-0", "\0\0\0"])
def test_half_a_file_of_an_earlier_crash_is_written_again(tmp_path: Path, left: str) -> None:
    (tmp_path / "first-day").write_text(left)
    assert record_first_day(at(tmp_path)) == NOW.date()
    assert first_day(at(tmp_path)) == date.fromisoformat((tmp_path / "first-day").read_text().strip())


def test_who_is_overtaken_takes_the_day_of_who_was_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linked = Path.hardlink_to

    def overtaken(self: Path, target: Path) -> None:
        self.write_text("2026-05-01\n")
        linked(self, target)

    monkeypatch.setattr(Path, "hardlink_to", overtaken)
    assert record_first_day(at(tmp_path)) == date(2026, 5, 1)


def test_where_there_are_no_links_the_day_is_recorded_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_self: Path, _target: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refused)
    assert record_first_day(at(tmp_path)) == NOW.date()
    assert [path.name for path in tmp_path.iterdir()] == ["first-day"]


def test_those_that_start_together_agree(tmp_path: Path) -> None:
    def record(environment: Environment) -> date:
        with clock.frozen(NOW):  # a thread has its own clock
            return record_first_day(environment)

    with ThreadPoolExecutor(8) as together:
        days = set(together.map(record, [at(tmp_path / str(number // 8)) for number in range(800)]))
    assert days == {first_day(at(tmp_path / "0"))}
    assert {path.name for path in tmp_path.glob("*/*")} == {"first-day"}


def test_machines_that_share_frames_share_the_day(tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    (frames / "first-day").write_text("2026-05-01\n")
    another = at(tmp_path / "another", frames)
    assert record_first_day(another) == first_day(another) == date(2026, 5, 1)
    assert not (tmp_path / "another").exists()


def test_a_day_that_was_recorded_at_home_goes_where_the_frames_are(tmp_path: Path) -> None:
    (tmp_path / "first-day").write_text("2026-05-01\n")
    assert record_first_day(at(tmp_path, tmp_path / "frames")) == date(2026, 5, 1)
    assert first_day(at(tmp_path / "another", tmp_path / "frames")) == date(2026, 5, 1)


def test_an_address_that_cannot_be_used_keeps_nobody_from_importing() -> None:
    assert first_day(Environment({"FRAMES_URL": "unknown://frames"})) == NOW.date()
