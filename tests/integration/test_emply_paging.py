"""How Emply's lists page is found out, whatever service it is: a list is whole, or it is refused; never short."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.environment import Environment
from entra_emply.errors import SourceUnreadable
from tests.emply_api import changed
from tests.fake_time import FakeTime
from tests.loopback import Loopback, Query, Reply, loopback

Rows = list[dict[str, Any]]
Service = Callable[[Rows, Query], Reply]
SIZES = [0, 1, 2, 3, 49, 50, 99, 100, 101, 500, 900, 1000, 1001]


def _number(query: Query, name: str, absent: int) -> int:
    return int(query.get(name, absent))


def _skip_take(cap: int | None, default: int | None = None) -> Service:
    """Honours both, with so many rows a page at the most, and so many where nothing is asked for."""

    def answer(rows: Rows, query: Query) -> Reply:
        skip = _number(query, "skip", 0)
        take = _number(query, "take", default or len(rows))
        return 200, rows[skip : skip + min(take, cap or take)]

    return answer


def _whole(rows: Rows, _: Query) -> Reply:
    return 200, rows


def _take_only(cap: int) -> Service:
    return lambda rows, query: (200, rows[: min(cap, _number(query, "take", cap))])


def _skip_only(cap: int) -> Service:
    return lambda rows, query: (200, rows[_number(query, "skip", 0) :][:cap])


def _by(place: str, size: str, default: int, *, by_rows: bool = False) -> Service:
    """Pages in words of its own; what it does not know it ignores."""

    def answer(rows: Rows, query: Query) -> Reply:
        length = _number(query, size, default)
        first = _number(query, place, 0 if by_rows else 1)
        skip = first if by_rows else (first - 1) * length
        return 200, rows[skip : skip + length]

    return answer


def _first(count: int, header: Callable[[int], dict[str, str]] = lambda _: {}) -> Service:
    """The first rows, whatever is asked for."""
    return lambda rows, _: (200, rows[:count], header(len(rows)))


def _strict(service: Service, *known: str) -> Service:
    """Refuses what it does not know."""

    def answer(rows: Rows, query: Query) -> Reply:
        unknown = query.keys() - {*known, "apiKey"}
        return (400, {"error": {"code": "unknown_parameter"}}) if unknown else service(rows, query)

    return answer


READ = {
    "honours both": _skip_take(None),
    "500 at the most": _skip_take(500),
    "100 at the most": _skip_take(100),
    "7 at the most": _skip_take(7),
    "50 by default": _skip_take(None, default=50),
    "50 by default and at the most": _skip_take(50, default=50),
    "honours both, refuses others": _strict(_skip_take(500), "skip", "take"),
    "skip alone": _skip_only(100),
    "ignores both": _whole,
}
UNSURE = {
    "1 at the most": _skip_take(1),
    "take alone": _take_only(500),
    "take alone, 50 at the most": _take_only(50),
    "take alone, without a limit": _take_only(10_000),
    "page and pageSize": _by("page", "pageSize", 50),
    "page and size of 500": _by("page", "per_page", 500),
    "offset and limit": _by("offset", "limit", 100, by_rows=True),
    "start and a fixed size": _by("startIndex", "none", 25, by_rows=True),
    "refuses all parameters": _strict(_whole),
    "refuses others, ignores both": _strict(_whole, "skip", "take"),
    "first 50 for ever": _first(50),
    "first 77, with a total": _first(77, lambda total: {"X-Total-Count": str(total)}),
    "first 77, with a link": _first(77, lambda total: {"Link": '<next>; rel="next"'} if total > 77 else {}),
    "first 77, with a range": _first(77, lambda total: {"Content-Range": f"items 0-76/{total}"}),
}


def _rows(count: int) -> Rows:
    return [{"id": f"u{n:04}", "username": f"Müller-{n}"} for n in range(count)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    with loopback(tmp_path_factory.mktemp("tls")) as served:
        yield served


@pytest.fixture
def server(running: Loopback) -> Loopback:
    running.asked.clear()
    return running


@pytest.fixture
def client(server: Loopback) -> Iterator[EmplyClient]:
    yield from _client(server)


def _client(server: Loopback, **variables: str) -> Iterator[EmplyClient]:
    made = EmplyClient(Environment.load(server.environment | variables), FakeTime().timing())
    yield made
    made.close()


def _serve(server: Loopback, service: Service, rows: Rows, others: Rows | None = None) -> None:
    """Users are these rows; every other list is as long, or these others."""

    def reply(_method: str, path: str, query: Query) -> Reply:
        return service(rows if path.endswith("/users") or others is None else others, query)

    server.reply = reply


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", READ)
def test_a_list_that_can_be_read_is_read_whole(server: Loopback, client: EmplyClient, name: str, size: int) -> None:
    rows = _rows(size)
    longer = _rows(1500)  # where one answer is the list: so that 50, 100 or 1,000 rows are known not to be a first page
    _serve(server, READ[name], rows, longer)
    assert list(client.users().frame["emply_user_id"]) == [row["id"] for row in rows]


@pytest.mark.parametrize("size", [*range(9), 49, 50, 99, 100, 101])
def test_two_rows_a_page_are_enough(server: Loopback, client: EmplyClient, size: int) -> None:
    _serve(server, _skip_take(2), _rows(size))
    assert len(client.users().frame) == size


@pytest.mark.parametrize("size", [*range(9), *SIZES[4:]])
@pytest.mark.parametrize("name", UNSURE)
def test_a_list_is_never_short(server: Loopback, client: EmplyClient, name: str, size: int) -> None:
    _serve(server, UNSURE[name], _rows(size))
    read: int | str = ""
    try:
        read = len(client.users().frame)
    except SourceUnreadable as error:
        read = str(error)
    assert read == size or "set lists.style to whole (" in str(read)


@pytest.mark.parametrize("name", UNSURE)
def test_a_long_list_that_cannot_be_judged_is_refused(server: Loopback, client: EmplyClient, name: str) -> None:
    _serve(server, UNSURE[name], _rows(1001))
    with pytest.raises(SourceUnreadable):
        client.users()


@pytest.mark.parametrize("count", [20, 50, 100, 1000])
def test_as_many_rows_as_a_customary_first_page_are_refused_with_what_to_do(
    server: Loopback, client: EmplyClient, count: int
) -> None:
    _serve(server, _whole, _rows(count))
    with pytest.raises(SourceUnreadable, match=f"{count:,} rows may be a first page only; compare with what"):
        client.users()


def test_a_longer_answer_of_another_list_shows_that_it_is_no_first_page(server: Loopback, client: EmplyClient) -> None:
    _serve(server, _whole, _rows(60), _rows(10))
    assert len(client.roles().frame) == 10
    assert len(client.departments().frame) == 10
    assert sum(path.endswith("/users") for _, path, _ in server.asked) == 1  # asked once for both


def test_what_the_description_says_is_not_doubted(server: Loopback, tmp_path: Path) -> None:
    _serve(server, _whole, _rows(50))
    for client in _client(server, EMPLY_API=changed(tmp_path, lists={"style": "whole"})):
        assert len(client.users().frame) == 50
    assert [set(query) for _, _, query in server.asked] == [{"apiKey"}]


@pytest.mark.parametrize("service", [_skip_take(500), _whole])
def test_a_list_is_judged_once_for_each_client(server: Loopback, client: EmplyClient, service: Service) -> None:
    _serve(server, service, _rows(1001))
    client.users()
    first = len(server.asked)
    client.users()
    assert first - (len(server.asked) - first) == 1


def test_a_row_on_two_pages_means_that_another_one_may_be_on_none(server: Loopback, client: EmplyClient) -> None:
    """As where pages are sorted by what is equal in many rows, and each page by itself."""

    def reply(_method: str, _path: str, query: Query) -> Reply:
        rows, second = _rows(30), int(query["skip"]) == 9
        if second:
            rows[12], rows[5] = rows[5], rows[12]
        return _skip_take(10)(rows, query)

    server.reply = reply
    with pytest.raises(SourceUnreadable, match="a row is on two pages, so another one may be on none"):
        client.users()


def test_a_list_that_changes_while_it_is_judged_is_read_again(server: Loopback, client: EmplyClient) -> None:
    def reply(_method: str, _path: str, query: Query) -> Reply:
        return _whole(_rows(60 if len(server.asked) == 1 else 61), query)

    server.reply = reply
    assert len(client.users().frame) == 61


def test_events_of_calendars_with_more_rows_than_a_page_are_whole(server: Loopback, client: EmplyClient) -> None:
    def reply(_method: str, path: str, query: Query) -> Reply:
        calendar = path.split("/")[-2]
        rows = [{"id": f"{calendar}-{n}"} for n in range(int(calendar))]
        return _skip_take(40, default=40)(rows, query)

    server.reply = reply
    counts = [0, 1, 2, 39, 40, 41, 80, 120]
    assert len(client.events(map(str, counts)).frame) == sum(counts)


def test_short_lists_of_events_cost_one_request_each(server: Loopback, client: EmplyClient) -> None:
    def reply(_method: str, path: str, query: Query) -> Reply:
        calendar = path.split("/")[-2]
        return _skip_take(500)([{"id": f"{calendar}-{n}"} for n in range(30 if calendar == "c0" else 3)], query)

    server.reply = reply
    client.events(["c0"])
    server.asked.clear()
    client.events([f"c{n}" for n in range(1, 41)])
    assert len(server.asked) == 40


def test_rows_inside_an_object_are_found_by_lists_rows(server: Loopback, tmp_path: Path) -> None:
    def reply(_method: str, _path: str, query: Query) -> Reply:
        _, rows = _skip_take(500)(_rows(1001), query)[:2]
        return 200, {"data": {"items": rows}}

    server.reply = reply
    for client in _client(server, EMPLY_API=changed(tmp_path, lists={"rows": "data.items"})):
        assert len(client.users().frame) == 1001
