"""Many small reads in few requests: batches that are filled from all tasks that wait for an answer.

A task (`ReadTask`) is a generator: it yields a request, is sent the answer, and returns its result. Only as many tasks
are started as fill the batches on the way, whatever the number of mailboxes. A mailbox's trouble stays its own: a task
that fails makes its mailbox unreadable (P5, C7), the others go on. Not here: what a task asks (`mailboxes`, `events`),
and sending one batch (`batch`). Limits of mailboxes: https://learn.microsoft.com/graph/throttling-limits
"""

import hashlib
import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

import pandas as pd

from entra_emply import clock
from entra_emply.connectors.answer import Answer, RequestFailed
from entra_emply.connectors.entra.batch import SIZE, Ask, Batch, is_transient, no_answer
from entra_emply.connectors.entra.connection import OK, Connection, Trail, page, says, unreadable
from entra_emply.connectors.frames import Row
from entra_emply.connectors.pages import Pages
from entra_emply.connectors.reads import Certificate
from entra_emply.errors import UNFORESEEN, SourceUnreadable, failed_line

_log = logging.getLogger(__name__)

PER_MAILBOX = 4
"""Requests of one mailbox that are on the way at a time, in all batches together."""
BATCHES = 4
"""Batches that are on the way at a time."""

_STARTED = 2 * BATCHES * SIZE
_HOPELESS = 3 * SIZE
"""So many answers of trouble that may pass, and did not, and no other: the rest is not asked for."""
_ALONE = 3
"""So many items of a batch without an answer are tried alone before the service is said to be down."""

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
        self._codes: dict[str, list[str]] = {}
        self._troubles: list[str] = []
        self._answered = False
        self._renewed: str | None = None

    @property
    def unreadable(self) -> dict[str, str]:
        """The mailboxes that could not be read, by their owners' ids, with what Graph said: the most frequent code."""
        return {mailbox: most_frequent(codes) for mailbox, codes in self._codes.items()}

    def run(self, tasks: Iterable[tuple[Key, ReadTask[Result]]]) -> Iterator[tuple[Key, Result]]:
        """Run the tasks; yields the result of each as it finishes, of none whose mailbox is `unreadable` by it.

        Raises SourceUnreadable where Graph answers nothing at all, and CredentialsError.
        """
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
                    answers = done.result()
                    for waiting, answer in zip(on_the_way.pop(done), answers, strict=True):
                        try:
                            queue.answer(waiting, answer)
                        except SourceUnreadable as trouble:
                            self.give_up(waiting.ask.mailbox, trouble)
                        except UNFORESEEN as odd:
                            self.give_up(waiting.ask.mailbox, self._of_no_known_form(odd))
                    self._require_hope(answers)

    def give_up(self, mailbox: str, trouble: SourceUnreadable) -> None:
        """The mailbox is unreadable because of this."""
        self._codes.setdefault(mailbox, []).append(trouble.code)

    def framed(
        self,
        build: Callable[[Mapping[Key, Result]], pd.DataFrame],
        found: Mapping[Key, Result],
        mailbox_of: Callable[[Key], str],
    ) -> pd.DataFrame:
        """The frame of what was found, but for what makes none: its mailbox is unreadable. Raises SourceUnreadable."""
        try:
            return build(found)
        except (SourceUnreadable, *UNFORESEEN):
            return build({key: each for key, each in found.items() if self._makes_one(build, key, each, mailbox_of)})

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
        refused: Collection[int] = (),
        keep: Callable[[Row], Row] = lambda row: row,
    ) -> ReadTask[Answer]:
        """Read all pages of a list into `pages`, each row as `keep` returns it. Returns the last page.

        Returns the answer instead where Graph says, by a code of `none` or a status of `refused`, that the list does
        not exist. Raises ReadAgain where the chain of pages has expired.
        """
        trail, link = Trail(self.source, self.connection), url
        while True:
            answer = yield Ask(mailbox, link, headers)
            if not trail.followed and (answer.status in refused or says(answer, none)):
                pages.add(answer, [])
                return answer
            if answer.status != OK:
                raise unreadable(self.source, answer, chain=bool(trail.followed), whose=mailbox)
            body = page(self.source, answer)
            rows = body.get("value")
            pages.add(answer, list(map(keep, rows)) if isinstance(rows, list) else rows)
            link = self.connection.below(trail.next(body)) or ""
            if not link:
                return answer

    def _answers(self, asks: Sequence[Ask]) -> list[Answer]:
        """The answer to each, of trouble that stays, too. Raises SourceUnreadable where the batch itself has none."""
        try:
            token = self.connection.token()
        except RequestFailed as failure:
            raise self._down(failure) from None
        batch = Batch(self.connection, asks, token, renewed=token == self._renewed)
        try:
            self.connection.service.insist(batch.send)
        except RequestFailed as failure:
            if not batch.failed:
                self._ask_alone(asks, batch, failure)
        self._renewed = batch.token if batch.renewed else self._renewed
        answers = batch.answers | batch.failed
        return [answers[n] for n in range(len(asks))]

    def _ask_alone(self, asks: Sequence[Ask], batch: Batch, failure: RequestFailed) -> None:
        """Ask for each item of a batch that gets no answer by itself: one of them may be what breaks it.

        Raises SourceUnreadable where none of the first few gets one either, and nothing did before.
        """
        if not failure.transient:
            raise self._down(failure) from None
        silent = 0
        for n in batch.unanswered:
            batch.answers[n], heard = self._alone(asks[n], batch)
            silent += not heard
            nothing = silent == len(batch.answers) and not self._answered
            if nothing and (silent == _ALONE or not batch.unanswered):
                raise self._down(failure) from None

    def _alone(self, ask: Ask, of: Batch) -> tuple[Answer, bool]:
        """What comes of an item by itself, and whether that is an answer. The first attempt may meet a connection that
        the batch has broken."""
        alone, nothing = Batch(self.connection, [ask], of.token, renewed=of.renewed), Answer.of(0, None, {})
        for _ in ("this connection", "another one"):
            try:
                alone.send()
            except RequestFailed as failure:
                nothing = no_answer(failure)
            if heard := alone.answers | alone.failed:
                return heard[0], True
        return nothing, False

    def _down(self, failure: RequestFailed) -> SourceUnreadable:
        return SourceUnreadable(self.source, str(failure), down=failure.transient, code=failure.said)

    def _require_hope(self, answers: Sequence[Answer]) -> None:
        """Raise SourceUnreadable once a lot was asked for, each again and again, and nothing was ever answered."""
        troubles = [answer.said for answer in answers if is_transient(answer)]
        self._troubles += troubles
        self._answered = self._answered or len(troubles) < len(answers)
        if not self._answered and len(self._troubles) >= _HOPELESS:
            code = most_frequent(self._troubles)
            raise SourceUnreadable(self.source, f"Graph answers nothing of it ({code})", down=True, code=code)

    def _makes_one(
        self,
        build: Callable[[Mapping[Key, Result]], pd.DataFrame],
        key: Key,
        found: Result,
        mailbox_of: Callable[[Key], str],
    ) -> bool:
        try:
            build({key: found})
        except SourceUnreadable as trouble:
            self.give_up(mailbox_of(key), trouble)
            return False
        except UNFORESEEN as odd:
            self.give_up(mailbox_of(key), self._of_no_known_form(odd))
            return False
        return True

    def _of_no_known_form(self, odd: Exception) -> SourceUnreadable:
        trouble = SourceUnreadable(self.source, "an answer has a form that was not foreseen")
        _log.warning("%s (%s)", trouble, failed_line(odd))
        return trouble


def most_frequent(codes: Iterable[str]) -> str:
    """The most frequent code; of equals the least."""
    counted = Counter(codes)
    return min(counted, key=lambda code: (-counted[code], code))


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
            if self._on_the_way[waiting.ask.mailbox] < PER_MAILBOX:
                chosen.append(waiting)
                self._on_the_way[waiting.ask.mailbox] += 1
            else:
                passed_over.append(waiting)
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
