"""Emply: what is only read. Lists are bare arrays; where the style has pages, `skip` and `take` cut them out."""

from collections.abc import Callable, Iterable
from itertools import islice

import orjson

from sandbox.emply.call import Call, Handler, Route
from sandbox.emply.errors import EmplyError
from sandbox.exchange import Answer, Row, json_answer

LARGEST_TAKE = 500


def listing(call: Call, table: str, keep: Callable[[Row], bool] | None = None) -> Answer:
    """The answer with a list, or the part of it that `skip` and `take` ask for."""
    skip, end = _part(call)
    if call.request.wants_empty_page:
        return json_answer(200, [])
    pages: dict[object, bytes] = call.emply.memo(("pages", table), dict, of=(table,))
    key = (call.style, skip, end, call.request.query.get("active"))
    if key not in pages:
        rows = (call.style.titled(row) for row in call.emply[table].values() if keep is None or keep(row))
        pages[key] = orjson.dumps(list(islice(rows, skip, end)))
    return Answer(200, pages[key])


def part_of(call: Call, rows: Iterable[Row]) -> Answer:
    """The answer with these rows, or the part of them that `skip` and `take` ask for."""
    skip, end = _part(call)
    return json_answer(200, [] if call.request.wants_empty_page else list(islice(rows, skip, end)))


def _part(call: Call) -> tuple[int, int | None]:
    if not call.style.pages:
        return 0, None
    query = call.request.query
    skip, take = _number(query, "skip", 0) or 0, _number(query, "take", None)
    return skip, None if take is None else skip + take


def _number(query: dict[str, str], name: str, absent: int | None) -> int | None:
    text = query.get(name)
    if text is None:
        return absent
    if not text.isascii() or not text.isdigit():
        raise EmplyError(422, fields={name: "must be a whole number, not negative"})
    if name == "take" and not 1 <= int(text) <= LARGEST_TAKE:
        raise EmplyError(422, fields={name: f"must be between 1 and {LARGEST_TAKE}"})
    return int(text)


def one(call: Call, table: str) -> Row:
    """The row whose id is in the path; raises `EmplyError` 404."""
    row = call.emply[table].get(call.variables["id"])
    if row is None:
        raise EmplyError(404, f"There is no {call.variables['id']} in {table}.")
    return row


def _list_of(table: str) -> Handler:
    return lambda call: listing(call, table)


def _employee(call: Call) -> Answer:
    return json_answer(200, one(call, "employees"))


ROUTES = (
    Route("GET", "employees", _list_of("employees"), "employees", gives="Employee", is_list=True),
    Route("GET", "employees/{id}", _employee, "employees", gives="Employee"),
    Route("GET", "roles", _list_of("roles"), "roles", gives="Role", is_list=True),
    Route("GET", "departments", _list_of("departments"), "departments", gives="Department", is_list=True),
)
