"""The sandbox as a process of its own: how it starts, what it writes, how it ends."""

import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
import requests

from sandbox import Sandbox
from sandbox.client import read_environment
from tests.integration.sandbox.processes import process, session
from tests.waiting import PATIENCE, wait_until


def answers(environment: dict[str, str]) -> bool:
    with session(environment) as http:
        try:
            return http.get(f"{environment['SANDBOX_URL']}/_sandbox/requests", timeout=PATIENCE).ok
        except requests.RequestException:
            return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    with process(env_file=tmp_path / "env") as started:
        environment = read_environment(tmp_path / "env")
        assert answers(environment)
        started.send_signal(number)
        _, complaints = started.communicate(timeout=PATIENCE)

    assert (started.returncode, complaints) == (0, "")
    assert not Path(environment["CA_BUNDLE"]).exists()


def test_it_stops_cleanly_while_somebody_still_waits_for_an_answer(tmp_path: Path) -> None:
    with process(env_file=tmp_path / "env") as started:
        environment = read_environment(tmp_path / "env")
        faults = f"{environment['SANDBOX_URL']}/_sandbox/faults"
        slow = [{"path": "/v1.0", "times": 1, "fault": {"delay_ms": 1000 * PATIENCE}}]
        with session(environment) as http, session(environment) as waiting, ThreadPoolExecutor(1) as threads:
            http.put(faults, json=slow, timeout=PATIENCE)
            asked = threads.submit(waiting.get, f"{environment['SANDBOX_URL']}/v1.0/users", timeout=PATIENCE)
            wait_until(lambda: http.get(faults, timeout=PATIENCE).json()[0]["times"] == 0, "the request")
            started.terminate()
            _, complaints = started.communicate(timeout=PATIENCE)
            assert isinstance(asked.exception(), requests.ConnectionError)

    assert (started.returncode, complaints) == (0, "")


def test_the_env_file_has_everything_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    with process(env_file=tmp_path / "env"):
        environment = read_environment(tmp_path / "env")

    assert set(environment) == {
        "ENTRA_TENANT_ID", "ENTRA_CLIENT_ID", "ENTRA_CLIENT_SECRET", "ENTRA_AUTHORITY", "GRAPH_URL", "EMPLY_URL",
        "EMPLY_CUSTOMER", "EMPLY_API_KEY", "CA_BUNDLE", "SANDBOX_URL",
    }  # fmt: skip
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600


def test_it_serves_the_scenario_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "scenario.json").write_bytes(orjson.dumps({"entra": {"users": [{"id": "u"}]}}))

    with process("--scenario", str(tmp_path / "scenario.json"), env_file=tmp_path / "env"):
        environment = read_environment(tmp_path / "env")
        with session(environment) as http:
            state = http.get(f"{environment['SANDBOX_URL']}/_sandbox/state", timeout=PATIENCE).json()

    assert state["entra"]["users"] == [{"id": "u"}]


def test_a_child_process_has_the_settings_it_was_given() -> None:
    with Sandbox(process=True, emply_style="whole", emply_auth="bearer", graph_ms=5) as sandbox:
        (environment, sandbox_url) = sandbox.environment, sandbox.url
        with session(environment) as http:
            settings = http.get(f"{sandbox_url}/_sandbox/settings", timeout=PATIENCE).json()

    assert (settings["emply_style"], settings["emply_auth"], settings["graph_ms"]) == ("whole", "bearer", 5)


def test_the_command_serves_emply_as_its_options_say(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "pipelines.commands.cli", "sandbox", "--env-file", str(tmp_path / "env"),
        "--emply-style", "whole", "--emply-auth", "bearer", "--graph-ms", "1", "--emply-ms", "2", "--page-ms", "3",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as started:
        try:
            wait_until((tmp_path / "env").exists)
            environment = read_environment(tmp_path / "env")
            with session(environment) as http:
                http.headers["Authorization"] = f"Bearer {environment['EMPLY_API_KEY']}"
                roles = http.get(f"{environment['EMPLY_URL']}/contoso/roles?take=0", timeout=PATIENCE)
                settings = http.get(f"{environment['SANDBOX_URL']}/_sandbox/settings", timeout=PATIENCE).json()
        finally:
            started.terminate()

    assert (roles.status_code, roles.json()) == (200, [])
    assert [settings[name] for name in ("graph_ms", "emply_ms", "page_ms")] == [1, 2, 3]


@pytest.mark.parametrize("content", ["{", '{"entra": {"user": []}}'])
def test_a_scenario_that_cannot_be_read_is_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "scenario.json").write_text(content)
    command = [sys.executable, "-m", "sandbox", "--scenario", str(tmp_path / "scenario.json")]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)

    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_one_line(sandbox: Sandbox) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", sandbox.url.rpartition(":")[2]]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)

    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    starter = (
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-m', 'sandbox', '--die-with-parent',"
        f" '--env-file', {str(tmp_path / 'env')!r}]); time.sleep({PATIENCE})"
    )
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.DEVNULL) as parent:
        wait_until((tmp_path / "env").exists)
        environment = read_environment(tmp_path / "env")
        assert answers(environment)
        parent.kill()

    wait_until(lambda: not Path(environment["CA_BUNDLE"]).exists())


def test_a_child_process_serves_like_a_thread() -> None:
    with Sandbox({"emply": {"roles": [{"id": "r"}]}}, process=True) as sandbox:
        assert sandbox.state()["emply"]["roles"] == [{"id": "r"}]


def test_stopping_twice_does_no_harm() -> None:
    sandbox = Sandbox()
    sandbox.stop()
    sandbox.stop()

    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) != 0
