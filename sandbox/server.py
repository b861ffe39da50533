"""The process around the app: sockets, TLS, start and stop. What is answered is `app`."""

import asyncio
import gc
import logging
import os
import shlex
import signal
import socket
import tempfile
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

import orjson
import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.app import App
from sandbox.churn import Churn
from sandbox.company import make_company
from sandbox.settings import Settings
from sandbox.state import ScenarioError, State
from sandbox.tls import make_certificates

Environment = dict[str, str]
Life = Callable[[], Coroutine[None, None, None]]


class _Protocol(HttpToolsProtocol):
    """HTTP whose application may break the connection: a fault's work."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("dict[str, object]", self.scope)["sandbox.transport"] = self.transport


class _Server(uvicorn.Server):
    """A server that leaves signals to its owner."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def run(
    *,
    scenario: Path | None = None,
    users: int | None = None,
    seed: int = 0,
    port: int = 0,
    env_file: Path | None = None,
    certificate: Path | None = None,
    die_with_parent: bool = False,
    churn: float | None = None,
    ready: Callable[[Environment], None] | None = None,
    **settings: Any,  # noqa: ANN401 - as many types as settings
) -> None:
    """Serve a sandbox on this machine until Ctrl-C or SIGTERM.

    The people are those of the `scenario` file, or a made-up company of `users` people that is the same for every
    run with one `seed`; with neither, nobody. `port` 0 takes any free one. `env_file` is written, whole, once
    requests are answered: one `NAME=value` a line, all that a client needs; `ready` is called with the same.
    `settings` are any of `sandbox.settings`, such as `emply_style` or `graph_ms`.
    `certificate` is a PEM file to register on the app beside its secret. With `die_with_parent` the sandbox stops
    when the process that started it is gone. With `churn` something happens every so many seconds.

    Raises `ScenarioError` for a scenario that cannot be read, `SettingsError` for settings that cannot be, `OSError`
    where the port is taken or the env file cannot be written.
    """
    known = Settings(certificate=None if certificate is None else certificate.read_text())
    known.change(settings)
    state = State(_document(scenario, users, seed))
    # A large company is many small objects that stay: the collector need not look at them again and again.
    gc.collect()
    gc.freeze()

    def announce(environment: Environment) -> None:
        if env_file is not None:
            write_environment(env_file, environment)
        if ready is not None:
            ready(environment)

    parent = os.getppid() if die_with_parent else None
    with uvloop_runner() as runner:
        runner.run(
            serve(
                App(known, state), port=port, ready=announce, parent=parent, signals=True,
                life=None if churn is None else partial(Churn(state, seed).go_on, churn),
            )
        )  # fmt: skip


def uvloop_runner() -> asyncio.Runner:
    """A runner with the fast event loop."""
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def _document(scenario: Path | None, users: int | None, seed: int) -> object:
    if scenario is not None:
        try:
            return orjson.loads(scenario.read_bytes())
        except OSError as error:
            raise ScenarioError(f"{scenario} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise ScenarioError(f"{scenario} is not JSON: {error}") from None
    return make_company(users, seed) if users else {}


def write_environment(path: Path, environment: Environment) -> None:
    """Write an env file for a shell, so that nobody sees a part of it; only the owner may read it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in environment.items())
    try:
        partial.touch(mode=0o600)
        partial.write_text(lines, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OSError(error.errno, f"cannot be written ({error.strerror})", str(path)) from None


async def serve(
    app: App,
    *,
    port: int,
    ready: Callable[[Environment], None],
    stop: asyncio.Event | None = None,
    parent: int | None = None,
    signals: bool = False,
    life: Life | None = None,
) -> None:
    """Serve until `stop` is set, a signal came (with `signals`), or the process `parent` is no longer ours.

    `life` goes on beside the requests meanwhile; where it fails, serving ends with its failure.
    """
    stop = stop or asyncio.Event()
    if signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sockets = _listen(port)
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        authority, context = make_certificates(Path(folder))
        config = uvicorn.Config(
            app, http=_Protocol, ws="none", lifespan="off", log_config=None, access_log=False, date_header=True,
            server_header=False, timeout_keep_alive=120, timeout_graceful_shutdown=1,
            ssl_context_factory=lambda _config, _default: context,
        )  # fmt: skip
        logging.getLogger("uvicorn.error").addFilter(_is_mistake)
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=sockets))
        while not server.started and not serving.done():
            await asyncio.sleep(0.002)
        if server.started:
            ready(environment_of(app, sockets[0].getsockname()[1], authority))
            async with _beside(life, stop):
                await _until(stop, parent)
        server.should_exit = True
        # Clients keep connections open; to wait until each has said goodbye would take seconds.
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await serving


@asynccontextmanager
async def _beside(life: Life | None, stop: asyncio.Event) -> AsyncGenerator[None, None]:
    if life is None:
        yield
        return
    living = asyncio.create_task(life())
    living.add_done_callback(lambda _task: stop.set())
    try:
        yield
    finally:
        living.cancel()
        with suppress(asyncio.CancelledError):
            await living


def _is_mistake(record: logging.LogRecord) -> bool:
    """Whether a report is of a mistake in the sandbox: answers broken off are what faults are for."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is not None and not issubclass(kind, asyncio.CancelledError)


async def _until(stop: asyncio.Event, parent: int | None) -> None:
    while not stop.is_set() and (parent is None or os.getppid() == parent):
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=None if parent is None else 0.5)


def _listen(port: int) -> list[socket.socket]:
    """Loopback only; IPv6 beside IPv4 where the machine has it."""
    first = _socket(socket.AF_INET, "127.0.0.1", port)
    sockets = [first]
    with suppress(OSError):
        sockets.append(_socket(socket.AF_INET6, "::1", first.getsockname()[1]))
    return sockets


def _socket(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
    except OSError:
        listener.close()
        raise
    return listener


def environment_of(app: App, port: int, authority: Path) -> Environment:
    """What a client needs to know, by the names of its environment. Emply's key may be an access token of API2."""
    settings = app.settings
    url = f"https://localhost:{port}"
    return {
        "ENTRA_TENANT_ID": settings.tenant_id,
        "ENTRA_CLIENT_ID": settings.client_id,
        "ENTRA_CLIENT_SECRET": settings.client_secret,
        "ENTRA_AUTHORITY": url,
        "GRAPH_URL": url,
        "EMPLY_URL": f"{url}/emply/v1",
        "EMPLY_CUSTOMER": settings.customer,
        "EMPLY_API_KEY": app.tokens.credential(),
        "CA_BUNDLE": str(authority),
        "SANDBOX_URL": url,
    }
