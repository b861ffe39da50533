"""The demo's folder between two demos: its company is kept, one demo at a time is in it, a shell reads its env file."""

import json
import subprocess
from pathlib import Path

import pytest

from pipelines.commands.demo_company import Company, DemoFailed, alone, demo_home
from sandbox import Sandbox
from sandbox.client import read_environment
from sandbox.server import write_environment


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "min mappe æ" / "demo"


def keep(company: Company, sandbox: Sandbox) -> None:
    company.home.mkdir(parents=True, exist_ok=True)
    with company.kept(sandbox.url, sandbox.environment["CA_BUNDLE"]):
        assert not company.file.exists()


def test_a_demo_goes_on_with_the_company_and_the_history_of_the_last(home: Path, sandbox: Sandbox) -> None:
    company = Company(home, 200, 1)
    assert company.prepare(fresh=False) == ""
    assert company.arguments == ["--users", "200", "--seed", "1"]
    (home / "history").touch()
    sandbox.put_state({"entra": {"users": [{"id": "søren", "userPrincipalName": "søren@contoso.com"}]}})
    keep(company, sandbox)
    assert company.prepare(fresh=False).startswith("Going on where the demo")
    assert (home / "history").exists()
    assert company.arguments == ["--scenario", str(company.file)]
    with Sandbox(json.loads(company.file.read_text())) as next_one:
        assert next_one.state() == sandbox.state()


@pytest.mark.parametrize(
    ("next_one", "fresh", "said"),
    [((200, 1), True, ""), ((200, 2), False, "Starting over"), ((50, 1), False, "Starting over")],
)
def test_a_fresh_one_and_one_of_another_company_start_over(
    home: Path, sandbox: Sandbox, next_one: tuple[int, int], fresh: bool, said: str
) -> None:
    keep(Company(home, 200, 1), sandbox)
    assert Company(home, *next_one).prepare(fresh=fresh)[:13] == said
    assert list(home.iterdir()) == []


def test_a_demo_that_was_killed_starts_over_because_its_company_is_not_known(home: Path) -> None:
    company = Company(home, 200, 1)
    company.prepare(fresh=False)
    assert "was killed" in company.prepare(fresh=False)


def test_a_second_demo_does_not_start_in_the_same_folder(home: Path) -> None:
    with alone(home), pytest.raises(DemoFailed, match=r"is running in .*min mappe æ.* already"), alone(home):
        pass
    with alone(home):
        pass


def test_a_shell_with_the_demos_variables_means_the_same_demo(home: Path) -> None:
    assert demo_home(home.parent) == home
    with alone(home):
        assert demo_home(home.parent) == demo_home(home) == home


def test_the_variables_are_read_by_a_shell_as_they_were_written(tmp_path: Path) -> None:
    given = {"HOME_OF_IT": "/min mappe/æøå", "QUOTED": 'it\'s $HOME `x` "y"', "PLAIN": "https://localhost:8443"}
    file = tmp_path / "env æ.env"
    write_environment(file, given)
    assert read_environment(file) == given
    assert "PLAIN=https://localhost:8443\n" in file.read_text()
    script = 'set -a; . "$1"; printf "%s\\n" "$HOME_OF_IT" "$QUOTED" "$PLAIN"'
    shell = subprocess.run(["sh", "-c", script, "sh", str(file)], check=True, capture_output=True, text=True)
    assert shell.stdout.splitlines() == list(given.values())
