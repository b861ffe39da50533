"""The crew: what runs side by side, what never does, and how it ends."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from unittest.mock import Mock

import pytest

from entra_emply import clock
from entra_emply.errors import CredentialsError, LedgerError
from entra_emply.provisioning import crew
from entra_emply.provisioning.crew import WORKERS, Crew
from tests.waiting import PATIENCE


def _run(lanes: list[list[int]], do: Callable[[int], object]) -> list[int]:
    """The numbers in the order in which they were done."""
    done: list[int] = []
    Crew(lanes, do, left_behind=lambda: None).run(lambda number, _: done.append(number))
    return done


def test_everything_is_done_and_told_with_its_result() -> None:
    told: dict[int, int] = {}
    Crew([[0, 2], [1]], lambda number: number * 2, left_behind=lambda: None).run(told.__setitem__)
    assert told == {0: 0, 1: 2, 2: 4}


def test_so_many_lanes_are_worked_on_at_the_same_time() -> None:
    together = threading.Barrier(WORKERS)
    _run([[number] for number in range(WORKERS)], lambda _: together.wait(PATIENCE))


def test_one_lane_is_worked_on_by_one_at_a_time_in_its_order() -> None:
    lanes = [[lane + 20 * place for place in range(10)] for lane in range(20)]
    busy = [threading.Lock() for _ in lanes]

    def do(number: int) -> None:
        assert busy[number % 20].acquire(blocking=False)
        busy[number % 20].release()

    done = _run(lanes, do)
    for lane in lanes:
        assert [number for number in done if number in lane] == lane


def test_of_all_that_wait_the_least_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "WORKERS", 1)
    assert _run([[0, 4, 5], [1, 3], [2, 6]], lambda _: None) == list(range(7))


def test_time_stands_still_in_the_threads_too() -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    with clock.frozen(at):
        assert _run([[0]], lambda _: clock.now() == at or pytest.fail("a thread has another clock")) == [0]


def test_after_an_error_nothing_more_is_begun_and_what_is_under_way_is_waited_for() -> None:
    begun, finished, refused = threading.Event(), threading.Event(), threading.Event()
    done = []

    def do(number: int) -> None:
        if number == 0:
            assert begun.wait(PATIENCE)
            refused.set()
            raise CredentialsError("no")
        begun.set()
        assert refused.wait(PATIENCE)
        finished.set()
        done.append(number)

    with pytest.raises(CredentialsError):
        _run([[0, 2], [1, 3]], do)
    assert finished.is_set()
    assert 2 not in done


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LedgerError("lost")])
def test_an_interruption_does_not_wait_for_long(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(crew, "LEAVE_SECONDS", 0.0)
    waiting, end, left_behind = threading.Event(), threading.Event(), Mock()

    def do(number: int) -> None:
        if number == 0:
            assert waiting.wait(PATIENCE)
            raise error
        waiting.set()
        end.wait(PATIENCE)

    with pytest.raises(type(error)):
        Crew([[0], [1]], do, left_behind=left_behind).run(lambda *_: None)
    left_behind.assert_called_once_with()
    end.set()


def test_an_interruption_of_whoever_waits_stops_the_others() -> None:
    def interrupted(_number: int, _result: object) -> None:
        raise KeyboardInterrupt

    done: list[int] = []
    left_behind = Mock()
    lanes = [[number] for number in range(1000)]
    with pytest.raises(KeyboardInterrupt):
        Crew(lanes, done.append, left_behind=left_behind).run(interrupted)
    left_behind.assert_not_called()
    threads = [thread.name for thread in threading.enumerate()]
    assert not [name for name in threads if name.startswith("applying-")]
