"""Lists of the directory in pages: links, counts, page tokens, and pages kept as bytes until the tenant changes."""

import base64
import binascii
import hashlib
import hmac
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from urllib.parse import unquote

import orjson

from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call
from sandbox.graph.errors import bad_request
from sandbox.graph.odata import check_select, matcher, unsupported_filter

_KEPT_BYTES = 256_000_000
_SIGNATURE = 12
ODATA_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


@dataclass(frozen=True)
class Kind:
    """A kind of directory object: its OData name, all properties, and what comes without `$select`."""

    name: str
    known: frozenset[str]
    default: tuple[str, ...]
    lists: frozenset[str]

    def typed(self, row: Row) -> Row:
        """The row, saying its kind: for answers that could be of any."""
        return {"@odata.type": f"#microsoft.graph.{self.name}", **row}

    def project(self, rows: Iterable[Row], select: Sequence[str] | None) -> list[Row]:
        """The selected properties of the rows; what a row lacks is null (a list: empty)."""
        wanted: list[tuple[str, object]] = [(n, [] if n in self.lists else None) for n in select or self.default]
        return [{name: row.get(name, absent) for name, absent in wanted} for row in rows]


class Pages(dict[object, bytes]):
    """Pages as bytes, of one state of the tenant; all are forgotten when they become too many."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = 0

    def keep(self, key: object, body: bytes) -> None:
        """Keep one page."""
        self._bytes += len(body)
        if self._bytes > _KEPT_BYTES:
            self.clear()
            self._bytes = len(body)
        self[key] = body


Project = Callable[[list[Row]], list[Row]]


def entity(call: Call, kind: Kind, row: Row, context: str, status: int = 200) -> Answer:
    """The answer with one object."""
    select = call.options.select
    check_select(select, kind.known, kind.name)
    suffix = f"({','.join(select)})" if select else ""
    head = {"@odata.context": f"{call.root}/$metadata#{context}{suffix}/$entity"}
    if "@odata.type" in row:
        head["@odata.type"] = row["@odata.type"]
    body = {**head, **kind.project([row], select)[0]}
    return Answer(status, orjson.dumps(body), content_type=ODATA_JSON)


def collection(
    call: Call, context: str, kinds: Sequence[Kind], rows: Callable[[], Iterable[Row]], project: Project | None = None
) -> Answer:
    """The answer with one page of a list.

    `rows` gives the whole list in any order (asked once until the tenant changes); pages go by id, so nobody is
    skipped or repeated when others come or go between two pages. `project` replaces the first kind's projection.
    """
    request, options = call.request, call.options
    pages = call.entra.memo("pages", Pages)
    key = (
        request.host,
        request.raw_path,
        request.raw_query,
        options.eventual,
        call.permissions,
        request.wants_empty_page,
    )
    body = pages.get(key)
    if body is None:
        known = frozenset[str]().union(*(kind.known for kind in kinds))
        check_select(options.select, known, kinds[0].name)
        body = _page(call, context, _ordered(call, kinds, rows, known), project or _plain(kinds[0], options.select))
        pages.keep(key, body)
    return Answer(200, body, content_type=ODATA_JSON)


def _plain(kind: Kind, select: Sequence[str] | None) -> Project:
    return lambda rows: kind.project(rows, select)


def _ordered(
    call: Call, kinds: Sequence[Kind], rows: Callable[[], Iterable[Row]], known: frozenset[str]
) -> tuple[list[str], list[Row]]:
    options, path = call.options, (call.segments, call.sees_hidden)

    def every() -> tuple[list[str], list[Row]]:
        ordered = sorted(rows(), key=itemgetter("id"))
        return [row["id"] for row in ordered], ordered

    if options.filter is None:
        return call.entra.memo(("rows", path), every)
    if len(kinds) > 1:
        raise unsupported_filter("members", kinds[0].name)
    test = matcher(options.filter, known, kinds[0].name, eventual=options.eventual)

    def some() -> tuple[list[str], list[Row]]:
        kept = [row for row in call.entra.memo(("rows", path), every)[1] if test(row)]
        return [row["id"] for row in kept], kept

    return call.entra.memo(("rows", path, options.filter), some)


def _page(call: Call, context: str, ordered: tuple[list[str], list[Row]], project: Project) -> bytes:
    ids, rows = ordered
    options = call.options
    after = None if options.skiptoken is None else _read_token(call, options.skiptoken)
    start = 0 if after is None else bisect_right(ids, after)
    end = start if call.request.wants_empty_page else start + options.top
    select = f"({','.join(options.select)})" if options.select else ""
    head: Row = {"@odata.context": f"{call.root}/$metadata#{context}{select}"}
    if options.count and options.eventual and after is None:
        head["@odata.count"] = len(ids)
    if end < len(ids) or call.request.wants_empty_page:
        head["@odata.nextLink"] = _link(call, ids[end - 1] if end > start else after or "")
    return orjson.dumps({**head, "value": project(rows[start:end])})


def count(call: Call, rows: Iterable[Row]) -> Answer:
    """The answer to `…/$count`: the number as text; only with `ConsistencyLevel: eventual`."""
    need_eventual(call)
    return Answer(200, str(sum(1 for _ in rows)).encode(), content_type="text/plain")


def need_eventual(call: Call) -> None:
    """Raise `GraphError` where the header `ConsistencyLevel: eventual` is missing."""
    if not call.options.eventual:
        raise bad_request("$count is not currently supported.")


def need_advanced(call: Call) -> None:
    """Raise `GraphError` unless this is an advanced query: `ConsistencyLevel: eventual` and `$count=true`."""
    if not (call.options.eventual and (call.options.count or call.options.skiptoken)):
        raise bad_request(
            "The specified cast is only supported with the header ConsistencyLevel: eventual and $count=true.",
            "Request_UnsupportedQuery",
        )


def _link(call: Call, after: str) -> str:
    request = call.request
    kept = [part for part in request.raw_query.split("&") if part and unquote(part.split("=")[0]) != "$skiptoken"]
    # What follows a query with a count stays one: the header is needed again.
    advanced = call.options.count and call.options.eventual
    payload = f"{'e' if advanced else '-'}{after}".encode()
    token = base64.urlsafe_b64encode(_signature(call, payload) + payload).decode().rstrip("=")
    return f"https://{request.host}{request.raw_path}?{'&'.join([*kept, f'$skiptoken={token}'])}"


def _read_token(call: Call, token: str) -> str:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if not payload or not hmac.compare_digest(signature, _signature(call, payload)):
        raise bad_request(
            "The specified page token value has expired and cannot be included in your request.",
            "Directory_ExpiredPageToken",
        )
    if payload[:1] == b"e" and not call.options.eventual:
        raise bad_request(
            "The header ConsistencyLevel: eventual is needed on every page of this query.", "Request_UnsupportedQuery"
        )
    return payload[1:].decode()


def _signature(call: Call, payload: bytes) -> bytes:
    message = "/".join(call.segments).encode() + b"\0" + payload
    return hmac.new(call.secret, message, hashlib.sha256).digest()[:_SIGNATURE]
