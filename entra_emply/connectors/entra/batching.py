"""Many small reads in few requests: batches that are filled from all tasks that wait for an answer.

A task (`ReadTask`) is a generator: it yields a request, is sent the answer, and returns its result. Only as many tasks
are started as fill the batches on the way, whatever the number of mailboxes. Not here: what a task asks (`mailboxes`,
`events`), and sending one batch (`batch`). Limits of mailboxes: https://learn.microsoft.com/graph/throttling-limits
"""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from entra_emply import clock
from entra_emply.connectors.entra.batch import SIZE, Ask, Batch
from entra_emply.connectors.entra.connection import FORBIDDEN, MAILBOXES, OK, Connection, Trail, page, says, unreadable
from entra_emply.connectors.frames import Certificate, Row
from entra_emply.connectors.http import Answer, RequestFailed
from entra_emply.connectors.pages import Pages
from entra_emply.errors import SourceUnreadable

PER_MAILBOX = 4
"""Requests of one mailbox that are on the way at a time, in all batches together."""
BATCHES = 4
"""Batches that are on the way at a time."""

_STARTED = 2 * BATCHES * SIZE

Key = TypeVar("Key")
Result = TypeVar("Result")

ReadTask = Generator[Ask, Answer, Result]


class BatchedRead:
    """One source that is read through batches; its certificate covers the pages of all tasks."""

    def __init__(self, connection: Connection, source: str) -> None:
        self.connection = connection
        self.source = source
        self._started_at = clock.now()
        self._pages = 0
        self._digests: list[bytes] = []

    def run(self, tasks: Iterable[tuple[Key, ReadTask[Result]]]) -> Iterator[tuple[Key, Result]]:
        """Run the tasks; yields the result of each as it finishes. Raises SourceUnreadable, CredentialsError."""
        queue = _TaskQueue(tasks)
        on_the_way: dict[Future[list[Answer]], list[_Waiting[Key, Result]]] = {}
        with ThreadPoolExecutor(max_workers=BATCHES) as threads:
            while True:
                while len(on_the_way) < BATCHES and (batch := queue.next_batch()):
                    asks = [waiting.ask for waiting in batch]
                    on_the_way[threads.submit(self._answers, asks)] = batch
                yield from queue.take_finished()
                if not on_the_way:
                    return
                for done in wait(on_the_way, return_when=FIRST_COMPLETED).done:
                    for waiting, answer in zip(on_the_way.pop(done), done.result(), strict=True):
                        queue.answer(waiting, answer)

    def accept(self, pages: Pages) -> None:
        """Certify these pages with the others. Their order does not matter: tasks finish in any order."""
        self._pages += pages.pages
        self._digests.append(pages.digest.digest())

    def certificate(self, rows: int) -> Certificate:
        """The certificate that all of the source has been read now."""
        digest = hashlib.sha256(b"".join(sorted(self._digests))).hexdigest()
        return Certificate(self.source, self._pages, rows, digest, self._started_at, clock.now())

    def collect(
        self,
        pages: Pages,
        mailbox: str,
        url: str,
        headers: Mapping[str, str],
        *,
        none: Collection[str] = (),
        keep: Callable[[Row], Row] = lambda row: row,
    ) -> ReadTask[Answer]:
        """Read all pages of a list into `pages`, each row as `keep` returns it. Returns the last page.

        Returns the answer instead where Graph says, by a code of `none`, that the list does not exist. Raises ReadAgain
        where the chain of pages has expired.
        """
        trail, link = Trail(self.source, self.connection), url
        while True:
            answer = yield Ask(mailbox, link, headers)
            if not trail.followed and says(answer, none):
                pages.add(answer, [])
                return answer
            if answer.status != OK:
                raise self.unreadable(answer, mailbox, chain=bool(trail.followed))
            body = page(self.source, answer)
            rows = body.get("value")
            pages.add(answer, list(map(keep, rows)) if isinstance(rows, list) else rows)
            link = self.connection.below(trail.next(body)) or ""
            if not link:
                return answer

    def unreadable(self, answer: Answer, mailbox: str, *, chain: bool = False) -> Exception:
        """The error for an answer of another status than 200; it names the mailbox's owner by id."""
        if answer.status == FORBIDDEN:
            self.connection.forbidden(f"read {self.source}", MAILBOXES)
        return unreadable(self.source, answer, chain=chain, whose=mailbox)

    def _answers(self, asks: Sequence[Ask]) -> list[Answer]:
        try:
            batch = Batch(self.connection, asks, self.connection.token())
            self.connection.service.insist(batch.send)
        except RequestFailed as failure:
            raise SourceUnreadable(self.source, str(failure), down=failure.transient) from None
        return [batch.answers[n] for n in range(len(asks))]


@dataclass(frozen=True)
class _Waiting(Generic[Key, Result]):
    """A task that waits for the answer to its request."""

    key: Key
    task: ReadTask[Result]
    ask: Ask


class _TaskQueue(Generic[Key, Result]):
    """The started tasks: those that wait for a place in a batch, and the requests of each mailbox on the way."""

    def __init__(self, tasks: Iterable[tuple[Key, ReadTask[Result]]]) -> None:
        self._not_started = iter(tasks)
        self._waiting: deque[_Waiting[Key, Result]] = deque()
        self._on_the_way: Counter[str] = Counter()
        self._finished: list[tuple[Key, Result]] = []

    def next_batch(self) -> "list[_Waiting[Key, Result]]":
        """As many waiting tasks as a batch holds and the limit of each mailbox allows; they are on the way now."""
        self._start()
        chosen: list[_Waiting[Key, Result]] = []
        passed_over: list[_Waiting[Key, Result]] = []
        while self._waiting and len(chosen) < SIZE:
            waiting = self._waiting.popleft()
            free = self._on_the_way[waiting.ask.mailbox] < PER_MAILBOX
            (chosen if free else passed_over).append(waiting)
            self._on_the_way[waiting.ask.mailbox] += free
        self._waiting.extendleft(reversed(passed_over))
        return chosen

    def answer(self, waiting: "_Waiting[Key, Result]", answer: Answer) -> None:
        """Continue a task with its answer."""
        self._on_the_way[waiting.ask.mailbox] -= 1
        if not self._on_the_way[waiting.ask.mailbox]:
            del self._on_the_way[waiting.ask.mailbox]
        self._advance(waiting.key, waiting.task, answer)

    def take_finished(self) -> list[tuple[Key, Result]]:
        """The results of the tasks that have finished since the last call."""
        finished, self._finished = self._finished, []
        return finished

    def _start(self) -> None:
        while len(self._waiting) < _STARTED and (task := next(self._not_started, None)):
            self._advance(*task, None)

    def _advance(self, key: Key, task: ReadTask[Result], answer: Answer | None) -> None:
        try:
            ask = next(task) if answer is None else task.send(answer)
            self._waiting.append(_Waiting(key, task, ask))
        except StopIteration as end:
            self._finished.append((key, end.value))
