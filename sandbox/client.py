"""A sandbox as an object: started beside its user, set and read over its own HTTP. Serving is `server`."""

import asyncio
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from requests import Response, Session

from sandbox.app import App
from sandbox.churn import Churn
from sandbox.company import make_company
from sandbox.exchange import Row
from sandbox.server import Environment, serve, uvloop_runner
from sandbox.settings import Settings
from sandbox.state import State

_START_SECONDS = 120
_STOP_SECONDS = 10


class Sandbox:
    """A running sandbox; stops at the end of a `with`, or by `stop`.

    It serves the `scenario` (in the scenario's form), or a company of `users` people made from `seed`, or nobody.
    With `churn`, every so many seconds something happens to its people (see `sandbox.churn`).
    `settings` are any of `sandbox.settings` (in a process: those that its command line has), such as `emply_style`.
    It runs in a thread of this process, or with `process=True` in a process of its own, which does not share this
    one's interpreter (for measuring) and ends with it. `environment` is what a client needs; `url` is the server's.
    """

    def __init__(
        self,
        scenario: Row | None = None,
        *,
        users: int | None = None,
        seed: int = 0,
        port: int = 0,
        certificate: str | None = None,
        churn: float | None = None,
        process: bool = False,
        **settings: Any,  # noqa: ANN401 - as many types as settings
    ) -> None:
        kind = _Process if process else _Thread
        self._runner = kind(scenario, users, seed, port, certificate, churn, settings)
        self.environment = self._runner.environment
        self.url = self.environment["SANDBOX_URL"]
        self._http = Session()
        # Else REQUESTS_CA_BUNDLE of the environment wins over the sandbox's own authority.
        self._http.trust_env = False
        self._http.verify = self.environment["CA_BUNDLE"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop serving; does nothing the second time."""
        self._http.close()
        self._runner.stop()

    def state(self) -> Row:
        """The whole state in the scenario's form."""
        state: Row = self._ask("GET", "state").json()
        return state

    def put_state(self, scenario: Row) -> None:
        """Replace the whole state; raises `ValueError` with the sandbox's words where it is no scenario."""
        self._ask("PUT", "state", scenario)

    def change_state(self, part: Row) -> None:
        """Add or replace the rows of a part of a scenario, by their ids; what others write meanwhile stays."""
        self._ask("PATCH", "state", part)

    def drag_event(self, user: str, event: str, calendar: str) -> None:
        """Move an event into another calendar of its owner, as people do in Outlook; its id stays."""
        self._ask("POST", "drag", {"user": user, "event": event, "calendar": calendar})

    def renew_calendar(self, user: str, calendar: str, to: str) -> None:
        """Give a calendar another id, as a move or a restore of its mailbox may."""
        self._ask("POST", "renew", {"user": user, "calendar": calendar, "to": to})

    def requests(self) -> list[Row]:
        """The log: all requests since the start or the last `clear_requests`."""
        entries: list[Row] = self._ask("GET", "requests").json()
        return entries

    def clear_requests(self) -> None:
        """Empty the log."""
        self._ask("DELETE", "requests")

    def undocumented(self) -> list[Row]:
        """The requests to Graph, since the same, that Microsoft does not document: each with `why`."""
        noted: list[Row] = self._ask("GET", "undocumented").json()
        return noted

    def faults(self) -> list[Row]:
        """The faults with what is left of their counts."""
        faults: list[Row] = self._ask("GET", "faults").json()
        return faults

    def put_faults(self, *faults: Row) -> None:
        """Replace all faults, which ends their delays; without arguments there are none any more."""
        self._ask("PUT", "faults", list(faults))

    def change_settings(self, **settings: Any) -> None:  # noqa: ANN401 - as many types as settings
        """Change what the sandbox knows of its callers: permissions, areas, lifetimes (see `sandbox.settings`)."""
        self._ask("PUT", "settings", settings)

    def emply_token(self, **asked: Any) -> str:  # noqa: ANN401 - access by area, seconds
        """An access token of API2: `access` by area (`{"users": ["read"]}`; else as the settings have), `seconds`."""
        return str(self._ask("POST", "emply-token", asked).json()["token"])

    def reset(self) -> None:
        """Everything but the state as at the start: log, faults, settings, what throttling counted."""
        self._ask("POST", "reset")

    def _ask(self, method: str, name: str, document: object = None) -> Response:
        body = None if method in ("GET", "DELETE") else orjson.dumps(document)
        response = self._http.request(method, f"{self.url}/_sandbox/{name}", data=body, timeout=_START_SECONDS)
        if not response.ok:
            raise ValueError(response.json()["error"])
        return response


class _Thread:
    """A sandbox in a thread of this process."""

    def __init__(
        self, scenario: Row | None, users: int | None, seed: int, port: int, certificate: str | None,
        churn: float | None, settings: Row,
    ) -> None:  # fmt: skip
        document = scenario if users is None else make_company(users, seed)
        known = Settings(certificate=certificate)
        known.change(settings)
        self._app = App(known, State(orjson.loads(orjson.dumps(document or {}))))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self.environment: Environment = {}
        self._life = None if churn is None else partial(Churn(self._app.state, seed).go_on, churn)
        self._thread = threading.Thread(target=self._serve, args=(port,), name="sandbox", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def _serve(self, port: int) -> None:
        try:
            with uvloop_runner() as runner:
                self._loop = runner.get_loop()
                runner.run(serve(self._app, port=port, ready=self._announce, stop=self._stop, life=self._life))
        except BaseException as error:  # noqa: BLE001 - told to who started the thread
            self._failure = error
        finally:
            self._ready.set()

    def _announce(self, environment: Environment) -> None:
        self.environment = environment
        self._ready.set()

    def stop(self) -> None:
        if self._thread.is_alive() and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(_STOP_SECONDS)


class _Process:
    """A sandbox in a process of its own, which ends with this one."""

    def __init__(
        self, scenario: Row | None, users: int | None, seed: int, port: int, certificate: str | None,
        churn: float | None, settings: Row,
    ) -> None:  # fmt: skip
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-")
        folder = Path(self._folder.name)
        arguments = ["--port", str(port), "--env-file", str(folder / "env"), "--die-with-parent"]
        if users is not None:
            arguments += ["--users", str(users), "--seed", str(seed)]
        elif scenario is not None:
            (folder / "scenario.json").write_bytes(orjson.dumps(scenario))
            arguments += ["--scenario", str(folder / "scenario.json")]
        if churn is not None:
            arguments += ["--churn", str(churn)]
        for name, value in settings.items():
            arguments += [f"--{name.replace('_', '-')}", str(value)]
        if certificate is not None:
            (folder / "certificate.pem").write_text(certificate)
            arguments += ["--certificate", str(folder / "certificate.pem")]
        self._process = subprocess.Popen([sys.executable, "-m", "sandbox", *arguments], stdout=subprocess.DEVNULL)  # noqa: S603
        self.environment = self._wait(folder / "env")

    def _wait(self, env_file: Path) -> Environment:
        deadline = time.monotonic() + _START_SECONDS
        while not env_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.02)
        return read_environment(env_file)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._folder.cleanup()


def read_environment(env_file: Path) -> Environment:
    """The variables of an env file, as a shell reads it."""
    pairs = (line.split("=", 1) for line in env_file.read_text(encoding="utf-8").splitlines())
    return {name: "".join(shlex.split(value)) for name, value in pairs}
