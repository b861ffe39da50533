"""A small HTTPS server on this machine that answers as a test says: for services that the sandbox does not imitate."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import orjson

from sandbox.tls import make_certificates

Query = Mapping[str, str]
Reply = tuple[int, object] | tuple[int, object, Mapping[str, str]]
"""Status, document (bytes as they are), headers."""


@dataclass
class Loopback:
    """`reply` answers (method, path, query); `asked` are the requests so far, `bodies`, `headers` what came along."""

    reply: Callable[[str, str, Query], Reply] = lambda *_: (200, [])
    url: str = ""
    ca_bundle: str = ""
    asked: list[tuple[str, str, Query]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What an Emply client needs."""
        return {
            "EMPLY_URL": self.url,
            "EMPLY_CUSTOMER": "contoso",
            "EMPLY_API_KEY": "canary-key",
            "CA_BUNDLE": self.ca_bundle,
        }


@contextmanager
def loopback(folder: Path) -> Iterator[Loopback]:
    """The server, with an authority of its own in `folder`."""
    authority, context = make_certificates(folder)
    served = Loopback(ca_bundle=str(authority))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one piece

        def answer(self) -> None:
            served.bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            served.headers.append(dict(self.headers))
            parts = urlsplit(self.path)
            asked = (self.command, parts.path, dict(parse_qsl(parts.query)))
            served.asked.append(asked)
            status, document, *more = served.reply(*asked)
            content = document if isinstance(document, bytes) else orjson.dumps(document)
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = _secured(server, context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served.url = f"https://127.0.0.1:{server.server_port}/v1"
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _secured(server: ThreadingHTTPServer, context: ssl.SSLContext) -> ssl.SSLSocket:
    return context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
