"""The embedded PostgreSQL, with real servers: who starts it, who stops it, and what a killed user leaves."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from entra_emply.errors import SettingsError
from entra_emply.storage import postgres as module
from entra_emply.storage.postgres import EmbeddedPostgres, database
from tests.waiting import PATIENCE

HOLDER = """
import sys
from pathlib import Path
from entra_emply.storage.postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])).used() as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def answer(url: str, query: str) -> object:
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        result = connection.execute(sqlalchemy.text(query))
        return result.scalar() if result.returns_rows else None


def is_running(home: Path) -> bool:
    return EmbeddedPostgres(home)._answers()


@pytest.fixture(autouse=True)
def no_database_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that uses the server of `tmp_path` until its standard input closes."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql+psycopg2://")
        yield process


def test_the_server_serves_while_it_is_used_and_keeps_its_data(tmp_path: Path) -> None:
    with database(tmp_path, None) as url:
        assert url == os.environ["DATABASE_URL"]
        answer(url, "create table kept (n int)")
    assert "DATABASE_URL" not in os.environ
    assert not is_running(tmp_path)
    with database(tmp_path, None) as url:
        assert url is not None
        assert answer(url, "select count(*) from kept") == 0
    assert not is_running(tmp_path)


def test_only_the_last_user_stops_the_server(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    with EmbeddedPostgres(tmp_path).used():
        pass
    assert is_running(tmp_path)
    holder.communicate("", timeout=PATIENCE)
    assert not is_running(tmp_path)


def test_what_a_killed_user_leaves_is_used_and_then_stopped(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait(timeout=PATIENCE)
    assert is_running(tmp_path)
    with EmbeddedPostgres(tmp_path).used() as url:
        assert answer(url, "select 1") == 1
    assert not is_running(tmp_path)


def test_users_that_come_and_go_together_are_all_served(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import psycopg2\n"
        "from entra_emply.storage.postgres import EmbeddedPostgres\n"
        "for turn in range(4):\n"
        "    with EmbeddedPostgres(Path(sys.argv[1])).used() as url:\n"
        "        psycopg2.connect(url.replace('+psycopg2', '')).close()\n"
    )
    users = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(4)]
    assert [user.wait(timeout=PATIENCE) for user in users] == [0, 0, 0, 0]
    assert not is_running(tmp_path)


def test_a_killed_server_recovers(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    with server.used() as url:
        answer(url, "create table kept (n int)")
        os.kill(int((server.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    with server.used() as url:
        assert answer(url, "select count(*) from kept") == 0


def test_a_path_too_long_for_a_socket_works(tmp_path: Path) -> None:
    home = tmp_path / ("søjle" * 20)
    server = EmbeddedPostgres(home)
    with server.used() as url:
        assert answer(url, "select 1") == 1
    server._socket_folder().rmdir()


def test_the_socket_is_private_and_nothing_listens_on_the_network(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path).used() as url:
        assert answer(url, "show listen_addresses") == ""
    assert (tmp_path / "postgres").stat().st_mode & 0o077 == 0


def test_no_cluster_is_made_for_a_reader(tmp_path: Path) -> None:
    with database(tmp_path / "home", None, create=False) as url:
        assert url is None
    assert not (tmp_path / "home").exists()


def test_where_it_cannot_run_the_operator_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_binaries", lambda: tmp_path / "nowhere")
    with pytest.raises(SettingsError, match="set DATABASE_URL"), EmbeddedPostgres(tmp_path).used():
        pass
