"""Batches and the tasks that fill them: which requests go together, what is asked again, and how many are started."""

import threading
from collections import Counter
from collections.abc import Iterator

import orjson
import pytest

from entra_emply.connectors.answer import Answer
from entra_emply.connectors.entra.batch import SIZE, Ask
from entra_emply.connectors.entra.batching import BATCHES, PER_MAILBOX, BatchedRead, ReadTask
from entra_emply.connectors.entra.mailboxes import Mailboxes
from entra_emply.connectors.http import ATTEMPTS, LONGEST_WAIT
from entra_emply.errors import CredentialsError, SourceUnreadable
from tests.scripted_graph import Item, Reply, ScriptedGraph, error
from tests.waiting import PATIENCE

Answered = tuple[int, object]
"""Status and body."""


def _said(item: Item) -> Reply:
    return 200, {"id": item["url"]}


def _once(mailbox: str, times: int = 1, url: str = "") -> ReadTask[list[Answered]]:
    answers: list[Answered] = []
    for n in range(times):
        answer = yield Ask(mailbox, url or f"/users/{mailbox}/{n}")
        answers.append((answer.status, answer.json()))
    return answers


def _all(graph: ScriptedGraph, tasks: Iterator[tuple[str, ReadTask[list[Answered]]]]) -> dict[str, list[Answered]]:
    return dict(BatchedRead(graph.connection(), "entra_photos").run(tasks))


def _people(count: int, times: int = 1) -> Iterator[tuple[str, ReadTask[list[Answered]]]]:
    return ((f"u{n}", _once(f"u{n}", times)) for n in range(count))


# --- filling ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("people", [0, 1, SIZE - 1, SIZE, SIZE + 1, 1003])
def test_everybody_is_answered_in_as_few_batches_as_hold_them(people: int) -> None:
    graph = ScriptedGraph(_said)
    found = _all(graph, _people(people))
    assert found == {f"u{n}": [(200, {"id": f"/users/u{n}/0"})] for n in range(people)}
    assert len(graph.batches) == -(-people // SIZE)


def test_a_batch_has_twenty_items_at_most_and_each_id_once() -> None:
    graph = ScriptedGraph(_said)
    _all(graph, _people(200, times=3))
    assert max(map(len, graph.batches)) == SIZE
    assert all(len({item["id"].lower() for item in batch}) == len(batch) for batch in graph.batches)


def test_answers_reach_who_asked_whatever_their_order() -> None:
    found = _all(ScriptedGraph(_said), _people(50, times=4))
    assert all(found[f"u{n}"] == [(200, {"id": f"/users/u{n}/{k}"}) for k in range(4)] for n in range(50))


def test_several_batches_are_on_their_way_at_a_time_and_no_more() -> None:
    together = threading.Barrier(BATCHES)
    graph = ScriptedGraph(_said, serving=lambda: together.wait(PATIENCE))
    _all(graph, _people(SIZE * BATCHES * 5))
    assert graph.most_batches == BATCHES


def test_a_mailbox_is_asked_for_four_things_at_a_time_in_all_batches_together() -> None:
    graph = ScriptedGraph(_said)
    tasks = ((f"{mailbox}-{n}", _once(f"u{mailbox}")) for mailbox in range(3) for n in range(40))
    assert len(_all(graph, tasks)) == 120
    assert graph.most_of_a_mailbox == PER_MAILBOX


def test_one_busy_mailbox_does_not_keep_the_others_waiting() -> None:
    graph = ScriptedGraph(_said)
    tasks = [*((f"busy-{n}", _once("busy")) for n in range(60)), *_people(80)]
    assert len(_all(graph, iter(tasks))) == 140
    first = Counter(item["url"].split("/")[2] for batch in graph.batches[:4] for item in batch)
    assert first["busy"] < 20
    assert len(first) > 40


def test_however_many_mailboxes_there_are_only_a_few_tasks_are_started() -> None:
    open_now, most = 0, 0

    def counted(n: int) -> ReadTask[list[Answered]]:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        answers = yield from _once(f"u{n}")
        open_now -= 1
        return answers

    graph = ScriptedGraph(_said)
    ended = BatchedRead(graph.connection(), "entra_photos").run((n, counted(n)) for n in range(10_000))
    assert sum(1 for _ in ended) == 10_000
    assert most <= 4 * BATCHES * SIZE
    assert len(graph.batches) == 500


def test_a_task_that_asks_nothing_finishes_at_once() -> None:
    graph = ScriptedGraph(_said)
    assert _all(graph, iter([("silent", _once("u", times=0))])) == {"silent": []}
    assert graph.batches == []


def test_items_carry_their_headers() -> None:
    def task() -> ReadTask[int]:
        answer = yield Ask("u", "/users/u/calendars", {"Prefer": 'IdType="ImmutableId"'})
        return answer.status

    graph = ScriptedGraph(_said)
    assert dict(BatchedRead(graph.connection(), "entra_calendars").run([("u", task())])) == {"u": 200}
    assert graph.batches[0][0]["headers"] == {"Prefer": 'IdType="ImmutableId"'}
    assert graph.batches[0][0]["method"] == "GET"


# --- asking again -----------------------------------------------------------------------------------------------------


def _failing(times: int, reply: Reply) -> ScriptedGraph:
    """A Graph that fails so often at the third, seventh and eleventh person."""
    left = Counter({f"/users/u{n}/0": times for n in (3, 7, 11)})

    def answer(item: Item) -> Reply:
        if left[item["url"]] > 0:
            left[item["url"]] -= 1
            return reply
        return _said(item)

    return ScriptedGraph(answer)


PASSING: dict[str, Reply] = {
    "429": (429, error("ApplicationThrottled")),
    "429 with a wait": (429, error("ApplicationThrottled"), {"Retry-After": "7"}),
    "500": (500, error("InternalServerError")),
    "503 with a wait": (503, error("ErrorServerBusy"), {"retry-after": "7"}),
    "504": (504, None),
    "a failed dependency": (424, error("FailedDependency")),
    "a mailbox that is being moved": (404, error("ErrorMailboxMoveInProgress")),
    "a success that is no object": (200, "PGh0bWw+"),
    "nothing": (200, None),
}


@pytest.mark.parametrize("trouble", PASSING)
def test_only_what_failed_is_asked_again(trouble: str) -> None:
    graph = _failing(2, PASSING[trouble])
    found = _all(graph, _people(SIZE))
    assert all(each == [(200, {"id": f"/users/{name}/0"})] for name, each in found.items())
    assert [sorted(item["url"] for item in batch) for batch in graph.batches[1:]] == [
        ["/users/u11/0", "/users/u3/0", "/users/u7/0"]
    ] * 2


def test_the_longest_wait_that_an_item_asks_for_is_kept() -> None:
    waits = {"/users/u3/0": "5", "/users/u7/0": "31", "/users/u11/0": "2"}
    first: set[str] = set()

    def answer(item: Item) -> Reply:
        wait = waits.get(item["url"])
        if wait is None or item["url"] in first:
            return _said(item)
        first.add(item["url"])
        return 429, error("ApplicationThrottled"), {"Retry-After": wait}

    graph = ScriptedGraph(answer)
    _all(graph, _people(SIZE))
    assert len(graph.batches) == 2
    assert sum(graph.time.slept) == pytest.approx(31)


def test_a_date_in_an_items_retry_after_is_measured_from_the_batchs_own_date() -> None:
    asked = threading.Event()

    def whole(items: list[Item]) -> Answer | None:
        if asked.is_set():
            return None
        asked.set()
        late = {"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT"}
        rows = [{"id": item["id"], "status": 429, "headers": late} for item in items]
        return Answer(200, orjson.dumps({"responses": rows}), {"Date": "Wed, 21 Oct 2026 07:28:10 GMT"})

    graph = ScriptedGraph(_said, whole=whole)
    _all(graph, _people(3))
    assert sum(graph.time.slept) == pytest.approx(20)


def test_a_longer_wait_beside_a_throttled_item_is_the_wait_of_all() -> None:
    answers: dict[str, Reply] = {
        "/users/u0/0": (429, error("ApplicationThrottled"), {"Retry-After": "7"}),
        "/users/u1/0": (503, error("ErrorServerBusy"), {"Retry-After": "31"}),
    }
    graph = ScriptedGraph(lambda item: answers.pop(item["url"], None) or _said(item))
    _all(graph, _people(3))
    assert len(graph.batches) == 2
    assert sum(graph.time.slept) == pytest.approx(31)


def test_where_some_were_answered_any_number_of_silent_ones_is_theirs_alone() -> None:
    def answer(item: Item) -> Reply:
        return _said(item) if int(item["url"].split("/")[2][1:]) < SIZE else (500, error("InternalServerError"))

    found = _all(ScriptedGraph(answer), _people(10 * SIZE))
    statuses = Counter(found[name][0][0] for name in found)
    assert statuses == {200: SIZE, 500: 9 * SIZE}


def test_an_item_that_is_throttled_for_a_day_is_given_up_and_the_others_go_on() -> None:
    def answer(item: Item) -> Reply:
        return (429, error("ApplicationThrottled"), {"Retry-After": "86400"}) if "/u0/" in item["url"] else _said(item)

    graph = ScriptedGraph(answer)
    found = _all(graph, _people(3))
    assert [found[f"u{n}"][0][0] for n in range(3)] == [429, 200, 200]
    assert len(graph.batches) == 1
    assert sum(graph.time.slept) == 0


def test_attempts_and_waits_are_bounded_and_the_last_answer_is_that_of_the_task() -> None:
    graph = _failing(1000, (500, error("InternalServerError")))
    found = _all(graph, _people(SIZE))
    assert found["u3"] == [(500, error("InternalServerError"))]
    assert found["u4"] == [(200, {"id": "/users/u4/0"})]
    assert len(graph.batches) == ATTEMPTS
    assert sum(graph.time.slept) <= LONGEST_WAIT


def test_what_is_wrong_for_good_is_the_answer_of_the_task() -> None:
    graph = _failing(1000, (404, error("ErrorItemNotFound")))
    found = _all(graph, _people(SIZE))
    assert found["u3"] == [(404, error("ErrorItemNotFound"))]
    assert len(graph.batches) == 1


# --- a batch as a whole -----------------------------------------------------------------------------------------------


def _at_first(answer: Answer, times: int = 1) -> ScriptedGraph:
    left = [answer] * times
    return ScriptedGraph(_said, whole=lambda _: left.pop() if left else None)


def _answered(items: list[dict[str, object]]) -> Answer:
    return Answer(200, orjson.dumps({"responses": items}), {})


WHOLE: dict[str, Answer] = {
    "500": Answer(500, b"", {}),
    "429": Answer(429, b"", {"Retry-After": "3"}),
    "no JSON": Answer(200, b'{"responses": [{"id"', {}),
    "no batch": Answer(200, b'{"value": []}', {}),
    "a list": Answer(200, b"[]", {}),
    "an item is missing": _answered([{"id": "0", "status": 200, "body": {}}]),
    "an item came twice": _answered([{"id": n, "status": 200, "body": {}} for n in ("0", "1", "2", "2")]),
    "an item nobody asked for": _answered([{"id": n, "status": 200, "body": {}} for n in ("0", "1", "2", "3")]),
    "an item with an endless id": _answered([{"id": n, "status": 200, "body": {}} for n in ("0", "1", "9" * 5000)]),
    "an item without a status": _answered([{"id": n, "body": {}} for n in ("0", "1", "2")]),
    "an item that is none": Answer(200, b'{"responses": ["x"]}', {}),
}


@pytest.mark.parametrize("trouble", WHOLE)
def test_trouble_of_a_whole_batch_that_passes_changes_nothing(trouble: str) -> None:
    graph = _at_first(WHOLE[trouble])
    assert len(_all(graph, _people(3))) == 3
    assert [len(batch) for batch in graph.batches] == [3, 3]


LASTING = [trouble for trouble in WHOLE if trouble != "an item is missing"]  # alone, none is


def test_half_a_character_in_an_item_is_the_items_own_trouble() -> None:
    answer = Answer(200, b'{"responses": [{"id": "0", "status": 200, "body": {"name": "\\ud83d"}}]}', {})
    assert _all(ScriptedGraph(_said, whole=lambda _: answer), _people(1)) == {"u0": [(200, {"name": "\ud83d"})]}


@pytest.mark.parametrize("trouble", LASTING)
def test_trouble_of_a_whole_batch_that_stays_makes_the_source_unreadable(trouble: str) -> None:
    graph = _at_first(WHOLE[trouble], times=1000)
    with pytest.raises(SourceUnreadable, match="entra_photos could not be read: Graph"):
        _all(graph, _people(3))
    assert [len(batch) for batch in graph.batches] == [3] * ATTEMPTS + [1] * 6


@pytest.mark.parametrize("trouble", LASTING)
def test_an_item_that_breaks_every_batch_it_is_in_is_the_only_one_without_an_answer(trouble: str) -> None:
    def whole(items: list[Item]) -> Answer | None:
        return WHOLE[trouble] if any("/u7/" in item["url"] for item in items) else None

    read = BatchedRead(ScriptedGraph(_said, whole=whole).connection(), "entra_photos")
    found = dict(read.run((f"u{n}", _strictly(f"u{n}")) for n in range(50)))
    assert found.keys() == {f"u{n}" for n in range(50)} - {"u7"}
    assert read.unreadable == {"u7": str(WHOLE[trouble].status) if WHOLE[trouble].status != 200 else "no_answer"}


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ("429", "429 ApplicationThrottled"),
        ("500", "500 InternalServerError"),
        ("503 with a wait", "503 ErrorServerBusy"),
        ("504", "504"),
        ("nothing", "no_answer"),
    ],
)
def test_where_nothing_is_ever_answered_the_rest_is_not_asked_for(trouble: str, code: str) -> None:
    graph = ScriptedGraph(lambda _: PASSING[trouble])
    with pytest.raises(SourceUnreadable, match="answers nothing") as raised:
        _all(graph, _people(1000))
    assert raised.value.code == code
    assert len({item["url"] for batch in graph.batches for item in batch}) <= SIZE * (BATCHES + 4)


def _strictly(mailbox: str) -> ReadTask[None]:
    """A task that takes nothing but what was asked for."""
    answer = yield Ask(mailbox, f"/users/{mailbox}/0")
    if answer.said != "no_answer" or not isinstance(answer.json(), dict):
        raise SourceUnreadable("entra_photos", "it is not so", code=answer.said)


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_a_batch_that_is_refused_makes_the_source_unreadable_at_once(status: int) -> None:
    graph = _at_first(Answer(status, orjson.dumps(error("BadRequest")), {}), times=1000)
    with pytest.raises(SourceUnreadable, match=f"answered {status} to a batch"):
        _all(graph, _people(3))
    assert len(graph.batches) == 1


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_a_token_that_is_refused_for_one_item_is_replaced_and_that_item_asked_again() -> None:
    graph = _failing(1, (401, error("InvalidAuthenticationToken")))
    assert len(_all(graph, _people(SIZE))) == SIZE
    assert [len(batch) for batch in graph.batches] == [SIZE, 3]
    assert graph.tokens[-1] == "token-1"
    assert graph.time.slept == []


def test_a_token_that_is_refused_for_the_batch_is_replaced() -> None:
    graph = _at_first(Answer(401, orjson.dumps(error("InvalidAuthenticationToken")), {}))
    assert len(_all(graph, _people(3))) == 3


def test_a_new_token_that_is_refused_too_is_the_credentials_fault() -> None:
    graph = _at_first(Answer(401, b"", {}), times=1000)
    with pytest.raises(CredentialsError, match="refuses the token"):
        _all(graph, _people(3))
    assert len(graph.batches) == 2


def test_a_mailbox_that_refuses_every_token_is_no_fault_of_the_credentials() -> None:
    graph = _failing(1000, (401, error("ErrorTokenNotValidHere")))
    assert _all(graph, _people(SIZE))["u7"] == [(401, error("ErrorTokenNotValidHere"))]


def test_mailboxes_that_refuse_every_token_cost_one_new_token_for_all_of_them() -> None:
    graph = ScriptedGraph(
        lambda item: (401, error("UnknownError")) if item["url"].endswith("7/0") else (200, {"id": "x"})
    )
    found = _all(graph, _people(1000))
    assert sum(status == 401 for (status, _), *_ in found.values()) == 100
    assert len(set(graph.tokens)) <= 1 + BATCHES


# --- one mailbox -----------------------------------------------------------------------------------------------------


def test_a_failure_in_a_task_is_that_of_its_mailbox_alone() -> None:
    def task(code: str) -> ReadTask[None]:
        yield Ask("u", "/users/u/0")
        raise SourceUnreadable("entra_photos", "it is not so", code=code)

    read = BatchedRead(ScriptedGraph(_said).connection(), "entra_photos")
    tasks = [*enumerate(map(task, ["503", "500", "500"])), (3, _once("other"))]
    assert dict(read.run(tasks)) == {3: [(200, {"id": "/users/other/0"})]}
    assert read.unreadable == {"u": "500"}


# --- photos -----------------------------------------------------------------------------------------------------------


def test_a_photo_with_an_empty_etag_is_none_and_one_without_an_etag_is_unreadable() -> None:
    graph = ScriptedGraph(lambda item: (200, {"@odata.mediaEtag": ""} if "/none/" in item["url"] else {"id": "1x1"}))
    read = Mailboxes(graph.connection()).photos(["none", "odd"])
    assert (len(read.frame), read.unreadable) == (0, {"odd": "no_answer"})
