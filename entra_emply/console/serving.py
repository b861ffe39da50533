"""Serving the console from this process, until it is stopped. Not here: printing, which the command does."""

import getpass
import logging
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import uvicorn

from entra_emply.console import audit
from entra_emply.console.app import create_app
from entra_emply.console.console import Console, Security
from entra_emply.environment import Environment
from entra_emply.errors import SettingsError
from entra_emply.ledger import migrate
from entra_emply.ledger.installed import existing_ledger
from entra_emply.storage.postgres import database

LOCAL = ("127.0.0.1", "localhost", "::1")


def serve(environment: Environment, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve on this host and port (0: any free one) until SIGINT or SIGTERM. `say` is called with the lines to print.

    Raises SettingsError where nothing was planned yet, the ledger is of another version, the port is taken, or others
    than this machine would be served without a sign-in.
    """
    where = environment.console_environment
    if host not in LOCAL and not where.for_a_team:
        raise SettingsError(
            f"--host {host}: only this machine is served without a sign-in; "
            "set CONSOLE_URL to the https address of the console, and people sign in with Entra"
        )
    # While this context lasts, DATABASE_URL is the database's address, also of the embedded one.
    with database(environment.home, environment.database_url, create=False) as url, _listening(host, port) as listening:
        if url is not None:  # also of the embedded one, which nobody has to look for again
            environment = Environment({**environment.variables, "DATABASE_URL": url})
        address = where.url or f"http://localhost:{listening.getsockname()[1]}"
        with existing_ledger(environment) as ledger:
            if not ledger.read(migrate.fits):
                raise SettingsError(
                    "the ledger is of an older version: the next entra-emply sync brings it to this one"
                )
            security = Security.of(environment, _account(), lambda token: say(f"{address}/sign-in?token={token}"))
            if where.for_a_team:
                say(address)
            logging.getLogger(audit.__name__).setLevel(logging.INFO)
            app = create_app(Console(environment, ledger, security), [*LOCAL, *_names(where.url), host])
            # No access log: addresses name people by their ids.
            config = uvicorn.Config(
                app, log_level="warning", access_log=False, server_header=False, proxy_headers=False, ws="none"
            )
            uvicorn.Server(config).run([listening])


def _listening(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise SettingsError(f"--port {port}: {error.strerror}; choose another one") from None
    return listening


def _names(url: str | None) -> list[str]:
    name = urlsplit(url or "").hostname
    return [name] if name else []


def _account() -> str:
    """Who decides, where no sign-in says it: the account that runs the console."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "the console"
