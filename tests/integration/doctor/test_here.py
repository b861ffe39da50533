"""`doctor` as a whole, the settings, and this machine: what is wrong is named, with what to do; nothing is changed."""

from datetime import timedelta

import pytest
from fsspec import get_filesystem_class

from entra_emply import clock
from entra_emply.connectors.throttle import Timing
from tests.fake_time import FakeTime
from tests.integration.doctor.clinic import LEAST, Clinic


def test_with_the_least_permissions_all_is_well_and_nothing_is_changed(clinic: Clinic) -> None:
    before = clinic.sandbox.state()
    clinic.sandbox.clear_requests()
    assert clinic.failing() == []
    assert clinic.sandbox.state() == before
    asked = {entry["method"] for entry in clinic.sandbox.requests() if "/token" not in entry["path"]}
    assert asked == {"GET"}
    assert not (clinic.folder / "home").exists()


def test_mistakes_in_the_settings_are_named_by_line(clinic: Clinic) -> None:
    (clinic.folder / "settings.yaml").write_text("enabled: true\nsyncronize_roles: true\n")
    found = clinic.examine()
    assert "line 2: syncronize_roles: unknown key" in found["settings"].said
    assert found["entra: permissions"].status == "skipped"
    assert found["names in the settings (R8)"].status == "skipped"


@pytest.mark.parametrize(
    ("variable", "value", "because"),
    [
        ("EMPLY_URL", "https://127.0.0.1:9/v1", "emply: list_roles was not looked at"),
        ("EMPLY_CUSTOMER", "fabrikam", "emply: list_roles failed"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none", "database failed"),
    ],
)
def test_names_are_not_looked_up_where_a_side_is_out_of_reach(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, because: str
) -> None:
    time = FakeTime()
    monkeypatch.setattr(Timing.__init__, "__defaults__", (lambda: time.now, time.sleep))
    clinic.variables[variable] = value
    found = clinic.examine()["names in the settings (R8)"]
    assert (found.status, found.said) == ("skipped", f"not looked at, because {because}")


def test_a_name_that_does_not_exist_is_named(clinic: Clinic) -> None:
    clinic.settings(groups=[{"group": "Çalışanlar", "default_role": "Employee"}])
    found = clinic.examine()["names in the settings (R8)"]
    assert (found.status, "'Çalışanlar'" in found.said) == ("failed", True)


def test_one_group_is_told_in_the_singular(clinic: Clinic) -> None:
    found = clinic.examine()["names in the settings (R8)"]
    assert (found.status, found.said) == ("ok", "1 group with its role and department exists")


def test_a_clock_that_is_wrong_is_told_with_how_much(clinic: Clinic) -> None:
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        found = clinic.examine()
    assert "seconds ahead of Graph's" in found["clock: Graph"].said
    assert found["clock: Emply"].status == "failed"


@pytest.mark.parametrize("name", ["ENTRA_TENANT_ID", "EMPLY_API_KEY"])
def test_a_variable_that_is_not_set_is_named(clinic: Clinic, name: str) -> None:
    clinic.variables[name] = ""
    (environment,) = [check for check in clinic.examine().values() if check.status == "failed"]
    assert name in environment.said


def test_a_database_that_does_not_answer_is_told(clinic: Clinic) -> None:
    clinic.variables["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    assert clinic.failing()[0] == "database"


@pytest.mark.skipif("os.geteuid() == 0", reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_told(clinic: Clinic) -> None:
    clinic.folder.chmod(0o500)
    assert {"home", "frames"} <= set(clinic.failing())


def test_a_home_that_can_not_be_one_is_told(clinic: Clinic) -> None:
    clinic.variables["ENTRA_EMPLY_HOME"] = "/dev/null/home"
    assert {"home", "frames"} <= set(clinic.failing())


def test_nothing_is_advised_by_settings_that_are_not_valid(clinic: Clinic) -> None:
    """What is granted may be what they need, and what is off may be off on purpose."""
    clinic.sandbox.change_settings(permissions=[*LEAST, "Calendars.ReadWrite"])
    clinic.settings(nonsense=True)
    assert clinic.failing() == ["settings"]
    assert not [name for name in clinic.examine() if "Calendars" in name]


def test_frames_kept_elsewhere_are_tried_by_writing_and_nothing_stays(clinic: Clinic) -> None:
    memory = get_filesystem_class("memory")()
    before = memory.find("/")
    clinic.variables["FRAMES_URL"] = "memory://frames"
    assert clinic.examine()["frames"].status == "ok"
    assert memory.find("/") == before
    clinic.variables["FRAMES_URL"] = "nonsense://frames"
    assert clinic.failing() == ["frames"]


def test_frames_kept_where_nobody_answers_are_told_without_the_password(clinic: Clinic) -> None:
    clinic.variables["FRAMES_URL"] = "ftp://frames:secret@127.0.0.1:9/frames"
    check = clinic.examine()["frames"]
    assert (check.status, "secret" in check.said) == ("failed", False)
    assert check.said.startswith("FRAMES_URL: ftp cannot be used (Connection refused)")
