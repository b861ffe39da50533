"""Graph: how Outlook lists: `$top`, `$skip`, `$select`, `$orderby`, `$count`, and the preferences it honours."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import unquote

import orjson

from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call
from sandbox.graph.errors import bad_request
from sandbox.graph.odata import check_select
from sandbox.graph.outlook.event import span
from sandbox.graph.paging import ODATA_JSON, Kind

PAGE, LARGEST_PAGE = 10, 1000
_KNOWN = frozenset({"$select", "$top", "$skip", "$orderby", "$count"})
_HONOURED = ("outlook.timezone", "idtype", "odata.maxpagesize")
_SPELLED = {"idtype": "IdType"}
_ORDER = re.compile(r"\s*start/dateTime(?:\s+(asc|desc))?\s*", re.IGNORECASE)

Show = Callable[[Row], Row]


def entity(call: Call, kind: Kind, row: Row, context: str, status: int = 200) -> Answer:
    """The answer with one object, which already is as it is shown."""
    body = {"@odata.context": f"{call.root}/$metadata#{context}/$entity", **selected(call, kind)(row)}
    return answer(call, body, status)


def collection(call: Call, kind: Kind, rows: Sequence[Row], context: str, show: Show = dict) -> Answer:
    """The answer with one page of these rows; `show` makes of a stored row what is shown."""
    query = call.request.query
    for name in query:
        if name.startswith("$") and name not in _KNOWN:
            raise bad_request(f"The query option '{name}' is not supported.", "ErrorInvalidUrlQuery")
    skip, top = _number(query, "$skip", 0), _number(query, "$top", PAGE)
    if not 1 <= top <= LARGEST_PAGE:
        raise bad_request("Invalid value for the $top query option.", "ErrorInvalidUrlQueryTop")
    rows = _ordered(query.get("$orderby"), rows)
    end = skip if call.request.wants_empty_page else skip + top
    body: Row = {"@odata.context": f"{call.root}/$metadata#{context}"}
    if query.get("$count", "").lower() == "true":
        body["@odata.count"] = len(rows)
    choose = selected(call, kind)
    body["value"] = [choose(show(row)) for row in rows[skip:end]]
    if end < len(rows) or call.request.wants_empty_page:
        body["@odata.nextLink"] = link(call, f"$skip={end}", without=("$skip",))
    return answer(call, body)


def _ordered(order: str | None, rows: Sequence[Row]) -> Sequence[Row]:
    if order is None:
        return rows
    match = _ORDER.fullmatch(order)
    if match is None:
        raise bad_request(f"The $orderby '{order}' is not supported.", "ErrorInvalidUrlQuery")
    beginning = datetime.min.replace(tzinfo=UTC)
    return sorted(rows, key=lambda row: (span(row) or (beginning,))[0], reverse=(match[1] or "").lower() == "desc")


def _number(query: dict[str, str], name: str, absent: int) -> int:
    text = query.get(name, str(absent))
    if not text.isascii() or not text.isdigit():
        raise bad_request(f"Invalid value '{text}' for {name} query option found.", "ErrorInvalidUrlQuery")
    return int(text)


def selected(call: Call, kind: Kind) -> Show:
    """Of a shown row what `$select` asks for, and always the id and what OData says of it."""
    select = tuple(name.strip() for name in call.request.query.get("$select", "").split(",") if name.strip())
    check_select(select, kind.known, kind.name)
    if not select:
        return dict
    wanted = {"id", *select}
    return lambda row: {name: value for name, value in row.items() if name in wanted or name.startswith("@")}


def link(call: Call, more: str, without: Sequence[str] = ()) -> str:
    """The address of this request with another parameter, and without some."""
    request = call.request
    kept = [part for part in request.raw_query.split("&") if part and unquote(part.split("=")[0]) not in without]
    return f"https://{request.host}{request.raw_path}?{'&'.join([*kept, more])}"


def answer(call: Call, body: Row, status: int = 200) -> Answer:
    """The answer with this body, which says the preferences that were honoured."""
    asked = call.request.preferences
    applied = [f'{_SPELLED.get(name, name)}="{asked[name]}"' for name in _HONOURED if name in asked]
    headers = {"Preference-Applied": ", ".join(applied)} if applied else {}
    return Answer(status, orjson.dumps(body), headers, content_type=ODATA_JSON)
