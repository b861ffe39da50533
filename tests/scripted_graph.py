"""A Graph that answers each item of a batch as a test says, without sockets: for what a sandbox does not do."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from entra_emply.connectors.answer import Answer
from entra_emply.connectors.entra.connection import Connection
from entra_emply.environment import EntraEnvironment
from tests.fake_time import FakeTime

BASE = "https://graph.example/v1.0"
Item = Mapping[str, Any]
Reply = tuple[int, object] | tuple[int, object, Mapping[str, str]]


@dataclass
class ScriptedGraph:
    """`reply` answers one item: status, body, headers; `whole` a batch instead, where it gives anything.

    `batches` are the items of each batch as they came, `at_once` the most batches and the most items of a mailbox that
    were being served at a time.
    """

    reply: Callable[[Item], Reply]
    whole: Callable[[list[Item]], Answer | None] = lambda _items: None
    batches: list[list[Item]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    time: FakeTime = field(default_factory=FakeTime)
    serving: Callable[[], object] = lambda: None
    most_batches: int = 0
    most_of_a_mailbox: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._now: list[str] = []
        self._batches_now = 0

    def connection(self) -> Connection:
        """A connection that is signed in and asks this Graph."""
        environment = EntraEnvironment(
            "t", "c", "https://sign-in.example", BASE, None, "secret", None, None, None, None
        )
        connection = Connection(environment, self.time.timing())
        connection.token = self._token  # type: ignore[method-assign]
        connection.service._send = self._send  # type: ignore[method-assign]
        return connection

    def asked(self) -> list[str]:
        """The addresses of all items, in order."""
        return [item["url"] for batch in self.batches for item in batch]

    def _token(self, *, instead_of: str | None = None) -> str:
        self.tokens.append(f"token-{len(self.tokens)}" if not self.tokens or instead_of else self.tokens[-1])
        return self.tokens[-1]

    def _send(self, method: str, url: str, **how: Any) -> Answer:  # noqa: ANN401
        assert (method, url) == ("POST", f"{BASE}/$batch")
        items: list[Item] = orjson.loads(how["data"])["requests"]
        with self._served(items):
            self.serving()
            answer = self.whole(items)
            if answer is not None:
                return answer
            # Any order is allowed.
            responses = [self._response(item) for item in reversed(items)]
        return Answer(200, orjson.dumps({"responses": responses}), {})

    def _response(self, item: Item) -> dict[str, object]:
        status, body, *headers = self.reply(item)
        return {"id": item["id"], "status": status, "body": body, "headers": headers[0] if headers else {}}

    @contextmanager
    def _served(self, items: list[Item]) -> Iterator[None]:
        mailboxes = [item["url"].split("/")[2] for item in items]
        with self._lock:
            self.batches.append(items)
            self._now += mailboxes
            self._batches_now += 1
            self.most_batches = max(self.most_batches, self._batches_now)
            self.most_of_a_mailbox = max(self.most_of_a_mailbox, *map(self._now.count, mailboxes))
        yield
        with self._lock:
            self._batches_now -= 1
            for mailbox in mailboxes:
                self._now.remove(mailbox)


def error(code: str) -> dict[str, object]:
    """The body of an error of Graph's."""
    return {"error": {"code": code, "message": code}}
