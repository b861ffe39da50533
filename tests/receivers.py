"""Receivers of alerts on this machine: a mail server, a webhook that answers as a test says; and a sender to kill."""

import json
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.context import ForkServerProcess
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from apprise import NotifyBase

from entra_emply import clock
from entra_emply.alerts.due import FailedRun
from entra_emply.alerts.tell import tell
from entra_emply.environment import Environment
from entra_emply.ledger.ledger import Ledger
from tests.ports import kept_port
from tests.waiting import PATIENCE


@dataclass
class Webhook:
    """`got`: the messages it took, in their order; `status`: what it answers; `before`: what happens before that."""

    port: int
    got: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    status: int = 200
    before: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        """Its address, with a secret in it."""
        return f"json://127.0.0.1:{self.port}/canary-hook"

    @property
    def titles(self) -> list[str]:
        """The titles of what it took."""
        return [message["title"] for message in self.got]


@contextmanager
def webhook(port: int = 0) -> Iterator[Webhook]:
    """A webhook that is there while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            served.asked += 1
            served.before()
            if served.status == 200:
                served.got.append(body)
            self.send_response(served.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    served = Webhook(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Mail:
    """`got`: the mails it took, in their order."""

    port: int
    got: list[EmailMessage] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address, with a password in it."""
        sender = "entra-emply%40contoso.com:canary-password@127.0.0.1"
        return (
            f"mailto://{sender}:{self.port}?mode=insecure&from=entra-emply@contoso.com&to=ops@contoso.com&format=text"
        )

    @property
    def subjects(self) -> list[str]:
        """The subjects of what it took."""
        return [str(mail["Subject"]) for mail in self.got]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        self.got.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@contextmanager
def mail_server(port: int | None = None) -> Iterator[Mail]:
    """A mail server that wants a password, and is there while the context lasts."""

    def known(*_: object) -> AuthResult:
        return AuthResult(success=True)

    with nullcontext(port) if port else kept_port() as its_own:
        mail = Mail(its_own)
        controller = Controller(
            mail,
            hostname="127.0.0.1",
            port=mail.port,
            authenticator=known,
            auth_require_tls=False,
            ready_timeout=PATIENCE,
        )
        controller.start()
        try:
            yield mail
        finally:
            controller.stop()


def sender(database: str, url: str, at: datetime, *failed: FailedRun) -> ForkServerProcess:
    """A process that tells this receiver what is due, and ends; not started yet."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context.Process(target=_send, args=(database, url, at, failed))


def without_pauses() -> None:
    """Apprise rests for some seconds between two mails of a process; nothing here has to be spared."""
    NotifyBase.request_rate_per_sec = 0


def _send(database: str, url: str, at: datetime, failed: tuple[FailedRun, ...]) -> None:
    without_pauses()
    with clock.frozen(at):
        tell(Ledger.open(database), Environment.load({"ALERT_URLS": url}), lambda _: {}, failed, seconds=30)
