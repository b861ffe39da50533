"""One `$batch` of Graph: answers are kept, and only failed items are sent again, after the longest wait they ask for.

Not here: which items go together (`batching`), and the number of attempts and the waits (`connectors.http`).
Limits: https://learn.microsoft.com/graph/json-batching
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from requests.structures import CaseInsensitiveDict

from entra_emply.connectors.entra.connection import OK, UNAUTHORIZED, Connection, signature, token_refused
from entra_emply.connectors.http import SUCCESS, TRANSIENT, Answer, RequestFailed

SIZE = 20
"""The most items in one batch."""

_FAILED_DEPENDENCY, _THROTTLED = 424, 429
_TRANSIENT_CODES = frozenset({"errormailboxmoveinprogress", "errormailboxstoreunavailable", "errorserverbusy"})


@dataclass(frozen=True)
class Ask:
    """One GET of a batch: the id of the mailbox's owner, the address after Graph's version, the headers."""

    mailbox: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Batch:
    """One batch: `answers` has those that came so far, by the number of the item."""

    def __init__(self, connection: Connection, asks: Sequence[Ask], token: str) -> None:
        self._connection = connection
        self._asks = asks
        self._token = token
        self.answers: dict[int, Answer] = {}

    def send(self) -> None:
        """Send the items without answer once. Raises RequestFailed, with the longest wait that an item asks for."""
        unanswered = [n for n in range(len(self._asks)) if n not in self.answers]
        got = self._post(unanswered)
        refused = [n for n, answer in got.items() if answer.status == UNAUTHORIZED]
        if refused:
            self._token = self._connection.token(instead_of=self._token)
            got |= self._post(refused)
            if all(answer.status == UNAUTHORIZED for answer in got.values()):
                raise token_refused()
        failed = [answer for answer in got.values() if _transient(answer)]
        self.answers |= {n: answer for n, answer in got.items() if not _transient(answer)}
        if failed:
            raise self._trouble(failed)

    def _post(self, items: Sequence[int]) -> dict[int, Answer]:
        """The answers by item. If the batch itself is refused, so is every item."""
        requests = [
            {"id": str(n), "method": "GET", "url": self._asks[n].url, "headers": dict(self._asks[n].headers)}
            for n in items
        ]
        answer = self._connection.service.once(
            "POST",
            f"{self._connection.base}/$batch",
            data=orjson.dumps({"requests": requests}),
            headers=signature(self._token) | {"Content-Type": "application/json"},
        )
        if answer.status == UNAUTHORIZED:
            return dict.fromkeys(items, answer)
        if answer.status != OK:
            raise RequestFailed(f"Graph: answered {answer.status} to a batch", status=answer.status)
        found = _items(answer)
        if found.keys() != set(items):
            raise RequestFailed("Graph: the answer to a batch is incomplete", status=answer.status, transient=True)
        return found

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
        if not isinstance(each, dict) or not str(each.get("id")).isdecimal() or type(each.get("status")) is not int:
            return {}
        headers = each.get("headers")
        own = {str(name): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {}
        # An item has no Date of its own, from which a date in Retry-After is measured.
        inside = CaseInsensitiveDict({"Date": answer.headers.get("Date", ""), **own})
        if (n := int(each["id"])) in found:
            return {}
        found[n] = Answer.of(each["status"], each.get("body"), inside)
    return found


def _transient(answer: Answer) -> bool:
    """Whether another attempt may succeed; also for a body that is not an object, and for a mailbox that is moving."""
    sound = (dict, type(None)) if answer.status not in SUCCESS else (dict,)
    return (
        answer.status in TRANSIENT
        or answer.status == _FAILED_DEPENDENCY
        or answer.error_code.casefold() in _TRANSIENT_CODES
        or not isinstance(answer.json(), sound)
    )
