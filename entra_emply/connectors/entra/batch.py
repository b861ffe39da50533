"""One `$batch` of Graph's on its way: what is answered is kept, and only what failed is asked again, after the longest
wait that an item asks for.

Which items go together is `batching`' business, how often is tried and how long is waited `connectors.http`'s.
Limits: https://learn.microsoft.com/graph/json-batching
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from requests.structures import CaseInsensitiveDict

from entra_emply.connectors.entra.connection import OK, UNAUTHORIZED, Connection, signature, token_refused
from entra_emply.connectors.http import SUCCESS, TRANSIENT, Answer, RequestFailed

SIZE = 20
"""Items in one batch, at most."""

_FAILED_DEPENDENCY, _THROTTLED = 424, 429
_PASSES = frozenset({"errormailboxmoveinprogress", "errormailboxstoreunavailable", "errorserverbusy"})


@dataclass(frozen=True)
class Ask:
    """One GET of a batch: whose mailbox it goes to, its address below Graph's version, its headers."""

    mailbox: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Batch:
    """One batch on its way: what is answered stays so, and only what failed is asked again."""

    def __init__(self, connection: Connection, asks: Sequence[Ask], token: str) -> None:
        self._connection = connection
        self._asks = asks
        self._token = token
        self.answers: dict[int, Answer] = {}

    def send(self) -> None:
        """One attempt at all that is open. Raises RequestFailed, with the longest wait that an item asks for."""
        open_items = [n for n in range(len(self._asks)) if n not in self.answers]
        got = self._post(open_items)
        refused = [n for n, answer in got.items() if answer.status == UNAUTHORIZED]
        if refused:
            self._token = self._connection.token(instead_of=self._token)
            got |= self._post(refused)
            if all(answer.status == UNAUTHORIZED for answer in got.values()):
                raise token_refused()
        failed = [answer for answer in got.values() if _passes(answer)]
        self.answers |= {n: answer for n, answer in got.items() if not _passes(answer)}
        if failed:
            raise self._trouble(failed)

    def _post(self, items: Sequence[int]) -> dict[int, Answer]:
        """The answers by item; a batch that is refused as a whole is one whose items all are."""
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
            raise RequestFailed("Graph: a batch was not answered whole", status=answer.status, transient=True)
        return found

    def _trouble(self, failed: Sequence[Answer]) -> RequestFailed:
        """What is wrong with all of these together."""
        troubles = [self._connection.service.trouble(answer) for answer in failed]
        worst = max(troubles, key=lambda each: (each.status == _THROTTLED, each.wait or 0))
        worst.wait = max((each.wait for each in troubles if each.wait), default=None)
        return worst


def _items(answer: Answer) -> dict[int, Answer]:
    """The answers inside a batch's; none where it is no batch's, or one of them came twice."""
    document = answer.json() if answer.is_json else None
    responses = document.get("responses") if isinstance(document, dict) else None
    found: dict[int, Answer] = {}
    for each in responses if isinstance(responses, list) else ():
        if not isinstance(each, dict) or not str(each.get("id")).isdecimal() or type(each.get("status")) is not int:
            return {}
        headers = each.get("headers")
        own = {str(name): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {}
        # An item has no Date of its own, and a date in Retry-After is measured from one.
        inside = CaseInsensitiveDict({"Date": answer.headers.get("Date", ""), **own})
        if (n := int(each["id"])) in found:
            return {}
        found[n] = Answer.of(each["status"], each.get("body"), inside)
    return found


def _passes(answer: Answer) -> bool:
    """Whether another attempt may do better: also where a body is no object, or a mailbox is just being moved."""
    sound = (dict, type(None)) if answer.status not in SUCCESS else (dict,)
    return (
        answer.status in TRANSIENT
        or answer.status == _FAILED_DEPENDENCY
        or answer.error_code.casefold() in _PASSES
        or not isinstance(answer.json(), sound)
    )
