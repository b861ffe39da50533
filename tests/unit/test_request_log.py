"""What `benchmark sync` says of a run's requests, from the log of a sandbox."""

from datetime import UTC, datetime
from typing import Any

import pytest

from benchmarks.request_log import asked, at_limit, under_way


def _entry(path: str, at: float, ms: float | None = 100, status: int = 200) -> dict[str, Any]:
    return {"path": path, "at": datetime.fromtimestamp(at, UTC).isoformat(), "ms": ms, "status": status}


def test_requests_are_counted_by_service() -> None:
    log = [_entry("/v1.0/users", 0), _entry("/v1.0/$batch", 1, status=429), _entry("/emply/v1/contoso/users", 2),
           _entry("/t/oauth2/v2.0/token", 3)]  # fmt: skip
    said = asked(log, 10, 45)
    assert said["requests"] == {"emply": 1, "graph": 2, "sign_in": 1}
    assert said["throttled"] == {"emply": 0, "graph": 1, "sign_in": 0}
    assert said["lasted"] == {"emply": 0.1, "graph": 1.1, "sign_in": 0.1}
    assert said["at_limit"] == 0


def test_a_run_that_asks_for_nothing_has_no_requests() -> None:
    assert asked([], 1, 45)["requests"] == {}


def test_requests_one_after_the_other_are_one_at_a_time() -> None:
    assert under_way([(0, 1), (1, 2), (5, 6)]) == {"median": 1, "most": 1}


def test_the_median_counts_each_moment_as_long_as_it_lasts() -> None:
    assert under_way([(0, 1), (0, 1), (0, 1), (2, 8)]) == {"median": 1, "most": 3}
    assert under_way([(0, 8), (0, 8), (0, 8), (9, 10)]) == {"median": 3, "most": 3}


def test_a_request_without_an_answer_was_under_way() -> None:
    assert asked([_entry("/emply/v1/contoso/users", 0, ms=None)], 1, 45)["under_way"]["emply"]["most"] == 1


@pytest.mark.parametrize(
    ("starts", "seconds"),
    [
        ([0.0, 0.1], 0.0),  # fewer than allowed
        ([0.0, 0.1, 0.2], 0.8),  # the fourth has to wait for the end of the first one's second
        ([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], 2.0),
        ([0.0, 0.5, 1.0], 0.0),
        ([0.0, 0.4, 0.8, 1.1], 0.2 + 0.3),  # overlapping spans count once
    ],
)
def test_the_limit_is_reached_where_so_many_started_in_a_second(starts: list[float], seconds: float) -> None:
    assert at_limit(starts, 3) == pytest.approx(seconds)
