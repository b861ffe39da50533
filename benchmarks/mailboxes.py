"""`benchmark mailboxes`: how long many mailboxes take to be read, whole and by delta, from a sandbox beside."""

import resource
import time
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.entra.event_deltas import EVENT
from entra_emply.connectors.reads import MultiRead, Read
from entra_emply.environment import Environment
from sandbox import Sandbox

_WINDOW = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
_NO_PAIRS = pd.DataFrame(columns=EVENT, dtype="str")


def benchmark_mailboxes(mailboxes: int, events: int, delay_ms: int) -> dict[str, object]:
    """Requests, rows and seconds of each read, and peak memory (MiB); each batch is held up for `delay_ms`.

    Every mailbox has one calendar with so many events; the second read of events finds nothing changed.
    """
    company, owners = _company(mailboxes, events), [f"u{n:07}" for n in range(mailboxes)]
    with Sandbox({"entra": company}, process=True) as sandbox:
        sandbox.put_faults({"path": r"\$batch$", "fault": {"delay_ms": delay_ms}})
        graph = GraphClient(Environment.load(sandbox.environment))
        graph.headers()
        results: dict[str, object] = {}

        def measured(name: str, read: Callable[[], Read | MultiRead]) -> Mapping[str, pd.DataFrame]:
            requests, start = graph.service.requests, time.perf_counter()
            done = read()
            seconds = round(time.perf_counter() - start, 2)
            requests = graph.service.requests - requests
            results[name] = {"rows": done.certificate.rows, "requests": requests, "seconds": seconds}
            return done.frames if isinstance(done, MultiRead) else {}

        measured("photos", lambda: graph.mailboxes.photos(owners))
        calendars = measured("calendars", lambda: graph.mailboxes.calendars(owners))["entra_calendars"]
        first = measured("events_whole", lambda: graph.events.read(calendars, _WINDOW, None, _NO_PAIRS))
        measured("events_unchanged", lambda: graph.events.read(calendars, _WINDOW, first, _NO_PAIRS))
        graph.close()
    return results | {"peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def _company(mailboxes: int, events: int) -> dict[str, Any]:
    owners = [f"u{n:07}" for n in range(mailboxes)]
    calendars = {
        owner: [
            {
                "id": f"{owner}-own",
                "isDefaultCalendar": True,
                "canEdit": True,
                "events": [_event(f"{owner}-{n}", n) for n in range(events)],
            }
        ]
        for owner in owners
    }
    return {"users": [{"id": owner, "userPrincipalName": f"{owner}@contoso.com"} for owner in owners],
            "calendars": calendars}  # fmt: skip


def _event(name: str, n: int) -> dict[str, Any]:
    day = f"2026-11-{1 + n % 28:02}"
    times = {"start": f"{day}T09:00:00Z", "end": f"{day}T10:00:00Z"}
    return {"id": name, "subject": f"Møde {n}", "changeKey": name, "showAs": "busy", **times}
