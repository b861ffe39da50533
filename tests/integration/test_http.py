"""The HTTP layer against a real server on a socket: what is tried again, what is waited for, what never gets out."""

import logging
import socket
import struct
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import Mock

import pytest

from entra_emply import clock
from entra_emply.connectors.answer import RequestFailed
from entra_emply.connectors.http import ATTEMPTS, LONGEST_WAIT, Service
from entra_emply.connectors.session import session
from entra_emply.connectors.throttle import Gate, retry_after, writing_only_if
from entra_emply.errors import LedgerError
from tests.fake_time import FakeTime
from tests.waiting import wait_until

KEY = "canary-key-4711"


@dataclass
class Reply:
    """What the server does with one request; `cut` breaks the connection before or inside the answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"ok": true}'
    cut: str = ""


@dataclass
class Server:
    """Answers with the replies in turn, the last one for ever.

    `seen` are method, path and body of each request, `times` when it came.
    """

    url: str
    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, method: str, path: str, body: bytes) -> Reply:
        with self.lock:
            self.seen.append((method, path, body))
            self.times.append(time.monotonic())
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = running.next(self.command, self.path, body)
            if reply.cut == "before":
                self._reset()
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
            if reply.cut:
                self._reset()

        do_GET = do_POST = do_PATCH = answer  # noqa: N815

        def _reset(self) -> None:
            self.wfile.flush()
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Server(f"http://127.0.0.1:{httpd.server_port}/list?apiKey={KEY}")
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


@pytest.fixture
def service(fake: FakeTime) -> Iterator[Service]:
    made = Service("Testly", ca_bundle=None, timing=fake.timing(), variable="TESTLY_URL")
    yield made
    made.session.close()


def test_an_answer_is_counted_and_parsed(server: Server, service: Service) -> None:
    assert service.request("GET", server.url).json() == {"ok": True}
    assert (service.requests, service.bytes) == (1, 12)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_transient_status_is_tried_again(server: Server, service: Service, status: int) -> None:
    server.replies = [Reply(status), Reply(status), Reply()]
    assert service.request("GET", server.url).status == 200
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 410, 422, 501])
def test_a_permanent_status_is_the_answer(server: Server, service: Service, status: int) -> None:
    server.replies = [Reply(status, {"Location": "/elsewhere"})]
    assert service.request("GET", server.url).status == status
    assert len(server.seen) == 1


@pytest.mark.parametrize("cut", ["before", "mid-body"])
def test_a_broken_connection_is_tried_again(server: Server, service: Service, cut: str) -> None:
    server.replies = [Reply(cut=cut), Reply()]
    assert service.request("GET", server.url).status == 200
    assert len(server.seen) == 2


@pytest.mark.parametrize("body", [b'{"value": [{"id": "a"}, {"i', b"", b"<html>gateway</html>", b'{"a": "\xff"}'])
def test_a_success_that_is_no_json_is_tried_again_and_never_believed(
    server: Server, service: Service, body: bytes
) -> None:
    server.replies = [Reply(body=body)]
    with pytest.raises(RequestFailed, match="no JSON"):
        service.request("GET", server.url)
    assert len(server.seen) == ATTEMPTS


def test_attempts_are_bounded_and_back_off(server: Server, service: Service, fake: FakeTime) -> None:
    server.replies = [Reply(500)]
    with pytest.raises(RequestFailed, match="answered 500, also at attempt 6") as failed:
        service.request("GET", server.url)
    assert failed.value.status == 500
    assert len(server.seen) == ATTEMPTS
    assert len(fake.slept) == ATTEMPTS - 1
    for n, seconds in enumerate(fake.slept):
        assert 0.5 * 2**n <= seconds <= 0.5 * 2**n + 0.5


def test_the_backoff_has_jitter(server: Server, service: Service, fake: FakeTime) -> None:
    server.replies = [Reply(500)]
    for _ in range(3):
        with pytest.raises(RequestFailed):
            service.request("GET", server.url)
    assert len(set(fake.slept)) == len(fake.slept)


def test_retry_after_seconds_are_waited(server: Server, service: Service, fake: FakeTime) -> None:
    server.replies = [Reply(429, {"Retry-After": "7"}), Reply()]
    service.request("GET", server.url)
    assert sum(fake.slept) == pytest.approx(7)


def test_retry_after_as_a_date_is_waited_by_the_servers_clock(server: Server, service: Service, fake: FakeTime) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    server.replies = [Reply(503, {"Retry-After": later}), Reply()]
    service.request("GET", server.url)
    assert sum(fake.slept) == pytest.approx(30, abs=2)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}, {"Retry-After": "soon"}, {"Retry-After": "-5"}])
def test_a_429_that_does_not_say_how_long_backs_off(
    server: Server, service: Service, fake: FakeTime, headers: dict[str, str]
) -> None:
    server.replies = [Reply(429, headers), Reply()]
    service.request("GET", server.url)
    assert 0.5 <= sum(fake.slept) <= 1.0


def test_a_wait_that_is_absurdly_long_is_given_up_on(server: Server, service: Service, fake: FakeTime) -> None:
    server.replies = [Reply(429, {"Retry-After": "86400"})]
    with pytest.raises(RequestFailed, match="asks to wait for 86400 s; a later run tries again"):
        service.request("GET", server.url)
    assert fake.slept == []


def test_nothing_more_is_sent_to_a_service_that_asked_for_a_long_wait(server: Server, service: Service) -> None:
    server.replies = [Reply(429, {"Retry-After": "86400"}), Reply()]
    for _ in range(2):
        with pytest.raises(RequestFailed):
            service.request("GET", server.url)
    assert len(server.seen) == 1


def test_all_waits_of_a_request_together_are_bounded(server: Server, service: Service, fake: FakeTime) -> None:
    server.replies = [Reply(429, {"Retry-After": "50"})]
    with pytest.raises(RequestFailed):
        service.request("GET", server.url)
    assert sum(fake.slept) <= LONGEST_WAIT


def test_no_thread_sends_before_a_throttled_service_allows_it(server: Server) -> None:
    service = Service("Testly", ca_bundle=None)
    server.replies = [Reply(429, {"Retry-After": "1"}), Reply()]
    first = threading.Thread(target=service.request, args=("GET", server.url))
    first.start()
    wait_until(lambda: service._gate._closed_until != float("-inf"), every=0.005)
    others = [threading.Thread(target=service.request, args=("GET", server.url)) for _ in range(4)]
    for thread in others:
        thread.start()
    for thread in [first, *others]:
        thread.join()
    throttled, *later = server.times
    assert len(later) == 5
    assert min(later) - throttled >= 1
    service.session.close()


def test_a_request_that_must_not_be_repeated_is_sent_once_when_its_answer_is_lost(
    server: Server, service: Service
) -> None:
    server.replies = [Reply(cut="before")]
    with pytest.raises(RequestFailed) as failed:
        service.request("POST", server.url, body={}, repeatable=False)
    assert failed.value.uncertain
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_servers_error_on_it_is_uncertain_and_not_repeated(server: Server, service: Service, status: int) -> None:
    server.replies = [Reply(status)]
    with pytest.raises(RequestFailed) as failed:
        service.request("POST", server.url, body={}, repeatable=False)
    assert failed.value.uncertain
    assert len(server.seen) == 1


def test_a_429_on_it_is_certain_and_repeated(server: Server, service: Service) -> None:
    server.replies = [Reply(429), Reply(201)]
    assert service.request("POST", server.url, body={"a": 1}, repeatable=False).status == 201
    assert server.seen[1][2] == b'{"a":1}'


def test_a_write_needs_permission_each_time_it_is_sent(server: Server, service: Service) -> None:
    permission = Mock(side_effect=[None, LedgerError("the lock was lost")])
    with writing_only_if(permission):
        service.request("GET", server.url + "/read", repeatable=True)
        server.replies = [Reply(429, {"Retry-After": "5"}), Reply(201)]
        with pytest.raises(LedgerError):
            service.request("POST", server.url, body={"a": 1}, repeatable=False)
    assert [method for method, _, _ in server.seen].count("POST") == 1


def test_a_server_that_cannot_be_reached_has_certainly_not_acted(service: Service, fake: FakeTime) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/?apiKey={KEY}"
    with pytest.raises(RequestFailed, match=r"the connection failed \(check TESTLY_URL and the network\)") as failed:
        service.request("POST", address, body={}, repeatable=False)
    assert not failed.value.uncertain
    assert len(fake.slept) == ATTEMPTS - 1


def test_headers_are_made_again_for_each_attempt(server: Server, service: Service) -> None:
    server.replies = [Reply(500), Reply()]
    headers = Mock(return_value={"X": "1"})
    service.request("GET", server.url, headers=headers)
    assert headers.call_count == 2


def test_no_more_requests_in_any_second_than_allowed() -> None:
    fake = FakeTime()
    gate = Gate(fake.timing(), per_second=45)
    sent = []
    for _ in range(200):
        assert gate.pass_within(10)
        sent.append(fake.now)
        fake.now += 0.001
    assert max(sum(at <= each < at + 1 for each in sent) for at in sent) <= 45
    assert sent[44] - sent[0] < 0.1  # a short burst does not wait
    assert sent[-1] - sent[0] == pytest.approx(200 / 45, abs=0.6)


def test_retry_after_dates_are_measured_from_the_answers_own_date() -> None:
    headers = {"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert retry_after(headers) == 30


def test_retry_after_dates_without_a_date_are_measured_from_now() -> None:
    with clock.frozen(datetime(2026, 10, 21, 7, 28, tzinfo=UTC)):
        assert retry_after({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT"}) == 30
        assert retry_after({"Retry-After": "Wed, 21 Oct 2026 07:00:00 GMT"}) == 0


@pytest.mark.parametrize("text", ["", " ", "soon", "1e9", "٣", "nan", "Wed, 99 Oct 2026 07:28:30 GMT"])
def test_retry_after_that_means_nothing_is_none(text: str) -> None:
    assert retry_after({"Retry-After": text}) is None


@pytest.mark.parametrize(
    "reply", [Reply(500), Reply(429), Reply(cut="before"), Reply(cut="mid-body"), Reply(body=b"{"), Reply(301)]
)
def test_the_address_is_in_no_error_and_no_log(
    server: Server, service: Service, caplog: pytest.LogCaptureFixture, reply: Reply
) -> None:
    for logger in (None, "urllib3"):  # which has a level of its own
        caplog.set_level(logging.DEBUG, logger)
    server.replies = [reply]
    text = ""
    try:
        service.request("GET", server.url)
    except RequestFailed as error:
        text = _everything(error)
    assert KEY not in text + caplog.text
    assert any(record.name.startswith("urllib3") for record in caplog.records)


def _everything(error: BaseException) -> str:
    """The error as tracebacks show it and beyond: every cause and every context, hidden or not."""
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    return shown + "".join(_everything(each) for each in (error.__cause__, error.__context__) if each)


def test_the_environments_ca_bundle_does_not_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    made = session("/our/authority.pem")
    assert made.verify == "/our/authority.pem"
    assert not made.trust_env


def test_the_standard_proxy_variables_are_used_but_for_this_machine(
    server: Server, monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.url.split("/list", maxsplit=1)[0])
    assert service.request("GET", "http://graph.example/there").status == 200
    assert server.seen == [("GET", "http://graph.example/there", b"")]
    service.request("GET", server.url)
    assert server.seen[1][1].startswith("/list")


def test_connections_are_kept_between_requests(
    server: Server, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    server.replies = [Reply(), Reply(429), Reply(404), Reply(204, body=b""), Reply()]
    for _ in range(4):
        service.request("PATCH", server.url, body={})
    assert caplog.text.count("Starting new HTTP connection") == 1
