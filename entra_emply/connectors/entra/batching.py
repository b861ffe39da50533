"""Many small reads in few requests: batches filled from all conversations that wait for an answer.

A conversation (`Talk`) is a generator: it yields what it asks, is sent the answer, and returns what it came to. As many
are open as fill the batches on their way, whatever the number of mailboxes. What is asked is the callers' business, a
batch on its way `batch`'s. Limits of mailboxes: https://learn.microsoft.com/graph/throttling-limits
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
"""Items of one mailbox that are on their way at a time, in all batches together."""
BATCHES = 4
"""Batches that are on their way at a time."""

_OPEN = 2 * BATCHES * SIZE

Key = TypeVar("Key")
Result = TypeVar("Result")

Talk = Generator[Ask, Answer, Result]


class Reading:
    """One source read through batches: conversations held, and certified when all have ended."""

    def __init__(self, connection: Connection, source: str) -> None:
        self.connection = connection
        self.source = source
        self._started_at = clock.now()
        self._pages = 0
        self._digests: list[bytes] = []

    def hold(self, talks: Iterable[tuple[Key, Talk[Result]]]) -> Iterator[tuple[Key, Result]]:
        """What each conversation came to, as they end. Raises SourceUnreadable, CredentialsError."""
        desk = _Desk(talks)
        on_their_way: dict[Future[list[Answer]], list[_Turn[Key, Result]]] = {}
        with ThreadPoolExecutor(max_workers=BATCHES) as threads:
            while True:
                while len(on_their_way) < BATCHES and (turns := desk.next_turns()):
                    asks = [turn.ask for turn in turns]
                    on_their_way[threads.submit(self._answers, asks)] = turns
                yield from desk.ended()
                if not on_their_way:
                    return
                for done in wait(on_their_way, return_when=FIRST_COMPLETED).done:
                    for turn, answer in zip(on_their_way.pop(done), done.result(), strict=True):
                        desk.answer(turn, answer)

    def accept(self, pages: Pages) -> None:
        """Certify these pages with the rest. Their order says nothing: conversations end as they like."""
        self._pages += pages.pages
        self._digests.append(pages.digest.digest())

    def certificate(self, rows: int) -> Certificate:
        """That all of it was read, now."""
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
    ) -> Talk[Answer]:
        """All pages of a list into `pages`, of each row what `keep` makes of it; the last page.

        Or the answer by which Graph says (by a code of `none`) that there is no such list. Raises ReadAgain where the
        chain of pages expired.
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
        """The error for an answer that is none; it names the mailbox's owner by id."""
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


# --- whose turn it is -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Turn(Generic[Key, Result]):
    """A conversation that waits for the answer to what it asked."""

    key: Key
    talk: Talk[Result]
    ask: Ask


class _Desk(Generic[Key, Result]):
    """The open conversations: those that wait for their turn, and how much of each mailbox is on its way."""

    def __init__(self, talks: Iterable[tuple[Key, Talk[Result]]]) -> None:
        self._coming = iter(talks)
        self._waiting: deque[_Turn[Key, Result]] = deque()
        self._busy: Counter[str] = Counter()
        self._ended: list[tuple[Key, Result]] = []

    def next_turns(self) -> "list[_Turn[Key, Result]]":
        """As many as a batch holds and their mailboxes serve."""
        self._let_in()
        chosen: list[_Turn[Key, Result]] = []
        passed_over: list[_Turn[Key, Result]] = []
        while self._waiting and len(chosen) < SIZE:
            turn = self._waiting.popleft()
            free = self._busy[turn.ask.mailbox] < PER_MAILBOX
            (chosen if free else passed_over).append(turn)
            self._busy[turn.ask.mailbox] += free
        self._waiting.extendleft(reversed(passed_over))
        return chosen

    def answer(self, turn: "_Turn[Key, Result]", answer: Answer) -> None:
        """Give a conversation its answer."""
        self._busy[turn.ask.mailbox] -= 1
        if not self._busy[turn.ask.mailbox]:
            del self._busy[turn.ask.mailbox]
        self._go_on(turn.key, turn.talk, answer)

    def ended(self) -> list[tuple[Key, Result]]:
        """What came of the conversations that have ended since this was asked last."""
        ended, self._ended = self._ended, []
        return ended

    def _let_in(self) -> None:
        while len(self._waiting) < _OPEN and (coming := next(self._coming, None)):
            self._go_on(*coming, None)

    def _go_on(self, key: Key, talk: Talk[Result], answer: Answer | None) -> None:
        try:
            ask = next(talk) if answer is None else talk.send(answer)
            self._waiting.append(_Turn(key, talk, ask))
        except StopIteration as end:
            self._ended.append((key, end.value))
