"""`benchmark read`: how fast the configured tenant and Emply are read, beside a plain loop that makes no frames."""

import resource
import statistics
import time
from collections.abc import Callable

import orjson

from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra import frames
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.frames import properties
from entra_emply.connectors.reads import Read
from entra_emply.environment import Environment

_RUNS = 3


def benchmark_read(environment: Environment) -> dict[str, object]:
    """Rows, requests, bytes and seconds of each list, peak memory (MiB), and the ratio to the plain loop.

    Memberships are those of all groups. The plain loop reads the users with requests and orjson, page by page, with
    nothing else; both are run in turns, and medians are given.
    """
    graph, emply = GraphClient(environment), EmplyClient(environment)
    lists: dict[str, Callable[[], Read]] = {
        "entra_users": graph.directory.users,
        "entra_groups": graph.directory.groups,
        "emply_users": emply.users,
        "emply_employees": emply.employees,
    }
    result: dict[str, object] = {name: _measured(graph, emply, read) for name, read in lists.items()}
    groups = list(graph.directory.groups().frame["group_id"])
    result["entra_group_members"] = _measured(graph, emply, lambda: graph.directory.members(groups, transitive=False))
    ours, plain = zip(*(_side_by_side(graph) for _ in range(_RUNS)), strict=True)
    rates = {"ours": statistics.median(ours), "plain_loop": statistics.median(plain)}
    return result | {
        "users_per_second": {name: round(rate) for name, rate in rates.items()},
        "ratio_to_plain_loop": round(statistics.median(a / b for a, b in zip(ours, plain, strict=True)), 3),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _measured(graph: GraphClient, emply: EmplyClient, read: Callable[[], Read]) -> dict[str, object]:
    """One list: rows, requests, bytes, seconds."""
    before = [(service.requests, service.bytes) for service in (graph.service, emply.service)]
    start = time.perf_counter()
    rows = len(read().frame)
    seconds = time.perf_counter() - start
    after = [(service.requests, service.bytes) for service in (graph.service, emply.service)]
    requests, size = (sum(b[i] - a[i] for a, b in zip(before, after, strict=True)) for i in (0, 1))
    return {"rows": rows, "requests": requests, "bytes": size, "seconds": round(seconds, 3)}


def _side_by_side(graph: GraphClient) -> tuple[float, float]:
    """Users a second of the client and of the plain loop."""
    start = time.perf_counter()
    ours = len(graph.directory.users().frame) / (time.perf_counter() - start)
    start = time.perf_counter()
    return ours, _plain_loop(graph) / (time.perf_counter() - start)


def _plain_loop(graph: GraphClient) -> int:
    """Read all users and count them."""
    count = 0
    params: dict[str, str] | None = {"$select": ",".join(properties(frames.Users)), "$top": "999"}
    url: str | None = f"{graph.base}/users"
    while url:
        answer = graph.service.session.get(url, params=params, headers=graph.headers(), timeout=60)
        page = orjson.loads(answer.content)
        count += len(page["value"])
        url, params = page.get("@odata.nextLink"), None
    return count
