"""One `$batch` of Graph: answers are kept, and only failed items are sent again, after the longest wait they ask for.

Not here: which items go together (`batching`), and the number of attempts and the waits (`connectors.http`).
Limits: https://learn.microsoft.com/graph/json-batching
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from requests.structures import CaseInsensitiveDict

from entra_emply.connectors.answer import SUCCESS, Answer, RequestFailed
from entra_emply.connectors.entra.connection import OK, UNAUTHORIZED, Connection, signature, token_refused
from entra_emply.connectors.http import LONGEST_WAIT, TRANSIENT
from entra_emply.connectors.throttle import retry_after

SIZE = 20
"""The most items in one batch."""

_ITEM = re.compile(r"[0-9]{1,4}")
_NONE, _FAILED_DEPENDENCY, _THROTTLED = 0, 424, 429
_TRANSIENT_CODES = frozenset({"errormailboxmoveinprogress", "errormailboxstoreunavailable", "errorserverbusy"})


@dataclass(frozen=True)
class Ask:
    """One GET of a batch: the id of the mailbox's owner, the address after Graph's version, the headers."""

    mailbox: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Batch:
    """One batch, by the numbers of its items: `answers` has those that are final, `failed` those of the last attempt
    after which it is worth to ask again.

    `renewed`: the token replaces one that was refused, so that an item which refuses it, too, means itself.
    """

    def __init__(self, connection: Connection, asks: Sequence[Ask], token: str, *, renewed: bool = False) -> None:
        self._connection = connection
        self._asks = asks
        self.token, self.renewed = token, renewed
        self.answers: dict[int, Answer] = {}
        self.failed: dict[int, Answer] = {}

    @property
    def unanswered(self) -> list[int]:
        """The items without a final answer."""
        return [n for n in range(len(self._asks)) if n not in self.answers]

    def send(self) -> None:
        """Send the items without answer once. Raises RequestFailed, with the longest wait that an item asks for, and
        CredentialsError where the batch itself is refused with a new token, too.

        An item that asks for a longer wait than a request may have is answered by that: the others go on.
        """
        self.failed = {}
        got = self._post(self.unanswered)
        refused = [n for n, answer in got.items() if answer.status == UNAUTHORIZED]
        if refused and not self.renewed:
            self._renew()
            got |= self._post(refused)
        self.failed = {n: each for n, each in got.items() if is_transient(each) and not _waits_too_long(each)}
        self.answers |= {n: answer for n, answer in got.items() if n not in self.failed}
        if self.failed:
            raise self._trouble([*self.failed.values()])

    def _renew(self) -> None:
        self.token, self.renewed = self._connection.token(instead_of=self.token), True

    def _post(self, items: Sequence[int]) -> dict[int, Answer]:
        """The answers by item."""
        answer = self._once(items)
        if answer.status == UNAUTHORIZED:
            self._renew()
            answer = self._once(items)
        if answer.status == UNAUTHORIZED:
            raise token_refused(answer)
        if answer.status != OK:
            raise RequestFailed(
                f"Graph: answered {answer.status} to a batch", status=answer.status, code=answer.error_code
            )
        found = _items(answer)
        if found.keys() != set(items):
            raise RequestFailed("Graph: the answer to a batch is incomplete", status=answer.status, transient=True)
        return found

    def _once(self, items: Sequence[int]) -> Answer:
        requests = [
            {"id": str(n), "method": "GET", "url": self._asks[n].url, "headers": dict(self._asks[n].headers)}
            for n in items
        ]
        return self._connection.service.once(
            "POST",
            f"{self._connection.base}/$batch",
            data=orjson.dumps({"requests": requests}),
            headers=signature(self.token) | {"Content-Type": "application/json"},
        )

    def _trouble(self, failed: Sequence[Answer]) -> RequestFailed:
        """One error for all failed items: throttling comes first, then the longest wait."""
        troubles = [self._connection.service.trouble(answer) for answer in failed]
        worst = max(troubles, key=lambda each: (each.status == _THROTTLED, each.wait or 0))
        worst.wait = max((each.wait for each in troubles if each.wait), default=None)
        return worst


def _items(answer: Answer) -> dict[int, Answer]:
    """The answers inside the answer to a batch; none where it is malformed, or an item was answered twice."""
    document = answer.json() if answer.is_json else None
    responses = document.get("responses") if isinstance(document, dict) else None
    found: dict[int, Answer] = {}
    for each in responses if isinstance(responses, list) else ():
        if not isinstance(each, dict) or type(each.get("status")) is not int:
            return {}
        number = _ITEM.fullmatch(str(each.get("id")))
        if number is None:
            return {}
        headers = each.get("headers")
        own = {str(name): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {}
        # An item has no Date of its own, from which a date in Retry-After is measured.
        inside = CaseInsensitiveDict({"Date": answer.headers.get("Date", ""), **own})
        if (n := int(number[0])) in found:
            return {}
        found[n] = Answer.of(each["status"], each.get("body"), inside)
    return found


def is_transient(answer: Answer) -> bool:
    """Whether another attempt may succeed; also for a body that is not an object, and for a mailbox that is moving."""
    sound = (dict, type(None)) if answer.status not in SUCCESS else (dict,)
    return (
        answer.status in TRANSIENT
        or answer.status in (_NONE, _FAILED_DEPENDENCY)
        or answer.error_code.casefold() in _TRANSIENT_CODES
        or not isinstance(answer.json(), sound)
    )


def no_answer(failure: RequestFailed) -> Answer:
    """In place of the answer to an item that broke its batch."""
    return Answer.of(failure.status or _NONE, {"error": {"code": failure.code}} if failure.code else None, {})


def _waits_too_long(answer: Answer) -> bool:
    return (retry_after(answer.headers) or 0) > LONGEST_WAIT
