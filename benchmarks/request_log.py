"""What a run asked both systems for, from the sandbox's log: how many requests, how many at a time, and how long
Emply's limit let no more of them pass. The runs themselves are `sync`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

_SERVICES = {"/v1.0/": "graph", "/emply/": "emply"}
_ELSE = "sign_in"
_THROTTLED = 429
_SECOND = 1.0

Entry = Mapping[str, Any]
"""One request of the log: `at` (ISO 8601), `ms` and `status` (None without an answer), `path`."""
Span = tuple[float, float]
"""From when to when, in seconds."""


def asked(log: Iterable[Entry], seconds: float, per_second: int) -> dict[str, Any]:
    """What a run of so many seconds asked for, by service.

    requests; throttled: how many were answered by 429; under_way: see `under_way`; lasted: the seconds from the first
    of them to the last answer. at_limit: the share of the run's time in which Emply, asked `per_second` times a second
    at most, was asked no more because of that.
    """
    by_service: dict[str, list[Entry]] = {}
    for entry in log:
        by_service.setdefault(_service(entry), []).append(entry)
    spans = {service: [_span(entry) for entry in by_service[service]] for service in sorted(by_service)}
    starts = [start for start, _ in spans.get("emply", ())]
    return {
        "requests": {service: len(each) for service, each in spans.items()},
        "throttled": {service: sum(e["status"] == _THROTTLED for e in by_service[service]) for service in spans},
        "under_way": {service: under_way(each) for service, each in spans.items()},
        "lasted": {service: round(lasted(each), 2) for service, each in spans.items()},
        "at_limit": round(at_limit(starts, per_second) / seconds, 2),
    }


def under_way(spans: Iterable[Span]) -> dict[str, int]:
    """How many requests are under way while any is: `median`, each moment counting as long as it lasts, and `most`."""
    lasting: Counter[int] = Counter()  # microseconds
    count, most = 0, 0
    changes = sorted(change for start, end in spans for change in ((start, 1), (end, -1)))
    for (at, change), (following, _) in pairwise(changes):
        count += change
        most = max(most, count)
        lasting[count] += round((following - at) * 1e6)
    del lasting[0]
    half, passed, median = lasting.total() / 2, 0, most
    for median in sorted(lasting):
        passed += lasting[median]
        if passed >= half:
            break
    return {"median": median, "most": most}


def lasted(spans: Sequence[Span]) -> float:
    """The seconds from the start of the first request to the end of the last answer."""
    return max(end for _, end in spans) - min(start for start, _ in spans)


def at_limit(starts: Sequence[float], per_second: int) -> float:
    """The seconds in which no request could start, because `per_second` others had in the second before."""
    total, until = 0.0, float("-inf")
    for closed, opened in _closed(sorted(starts), per_second):
        total += max(0.0, opened - max(closed, until))
        until = max(until, opened)
    return total


def _closed(starts: Sequence[float], per_second: int) -> Iterator[Span]:
    for first, last in zip(starts, starts[per_second - 1 :], strict=False):
        if last < first + _SECOND:
            yield last, first + _SECOND


def _service(entry: Entry) -> str:
    return next((name for prefix, name in _SERVICES.items() if entry["path"].startswith(prefix)), _ELSE)


def _span(entry: Entry) -> Span:
    """One without an answer counts for a millisecond."""
    start = datetime.fromisoformat(entry["at"]).timestamp()
    return start, start + (entry["ms"] or 1) / 1000
